import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  activationTries,
  type Command,
  communicateThru,
  dataExchange,
  getFirmwareVersion,
  lineTest,
  listPassiveTarget,
  rfField,
  rfTimings,
  samConfiguration,
  setParameters,
} from "../../../drivers/pn532/commands.ts";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import vectors from "../../vectors/pn532-frames.json" with { type: "json" };

const exchange = (data: Uint8Array, part: "more" | "last" = "last") =>
  dataExchange({ target: 1, data, part, responseMs: 550 });

const SELECT_EMRTD = hex("00A4040C07A0000002471001");

/** What the command puts into its frame. */
const payloadOf = (command: Command<unknown>): string =>
  toHex(concat(Uint8Array.of(command.code), command.parameters));

const worked = (what: string): string => {
  const vector = vectors.find((candidate) => candidate.what === what);
  if (vector?.payload === undefined) throw new Error(`no worked frame ${what}`);
  return vector.payload.replaceAll(" ", "");
};

/** The data of a worked answer, without its response code. */
const workedAnswer = (what: string): Uint8Array => hex(worked(what)).slice(1);

describe("commands as in the worked frames", () => {
  test.each([
    ["GetFirmwareVersion", getFirmwareVersion()],
    ["SAMConfiguration normal, timeout 14, interrupt", samConfiguration()],
    ["SetParameters 14", setParameters()],
    ["RFConfiguration MaxRetries FF 01 01", activationTries(2)],
    ["RFConfiguration MaxRetries FF 01 00", activationTries(1)],
    ["RFConfiguration field on", rfField("on")],
    ["RFConfiguration field off", rfField("off")],
    ["InListPassiveTarget one 106A", listPassiveTarget(1000)],
    ["InDataExchange SELECT eMRTD", exchange(SELECT_EMRTD)],
    ["InCommunicateThru R(NAK)", communicateThru(hex("B2"), 100)],
  ])("%s", (what, command) => {
    expect(payloadOf(command)).toBe(worked(what));
  });

  test("RF timings keep the default of ATR_RES and set the retry timeout", () => {
    expect(payloadOf(rfTimings(0x09))).toBe("3202000B09");
  });

  test("a part of a longer command carries the more-information bit", () => {
    expect(payloadOf(exchange(hex("00"), "more"))).toBe("404100");
  });

  test("more card data than a frame holds is a defect of the caller", () => {
    expect(() => exchange(new Uint8Array(263))).toThrow();
    expect(() => communicateThru(new Uint8Array(264), 100)).toThrow();
  });

  test("only the first may be sent again when the chip is silent, for a silent chip may have lost its settings; an APDU never", () => {
    expect(samConfiguration().repeat).toBe("always");
    const later = [getFirmwareVersion(), lineTest(), rfField("on"), activationTries(2), listPassiveTarget(1)];
    expect(new Set(later.map(({ repeat }) => repeat))).toEqual(new Set(["afterDamage"]));
    expect(exchange(hex("00")).repeat).toBe("never");
  });
});

describe("answers as in the worked frames", () => {
  test("firmware", () => {
    const firmware = getFirmwareVersion().decode(workedAnswer("GetFirmwareVersion, answer"));
    expect(firmware).toEqual({ ic: 0x32, version: 1, revision: 6 });
  });

  test("settings", () => {
    expect(samConfiguration().decode(workedAnswer("SAMConfiguration, answer"))).toBe(true);
    expect(setParameters().decode(workedAnswer("SetParameters, answer"))).toBe(true);
    expect(rfField("on").decode(workedAnswer("RFConfiguration, answer"))).toBe(true);
  });

  test("no card", () => {
    const list = listPassiveTarget(1).decode(workedAnswer("InListPassiveTarget, nothing found"));
    expect(list).toEqual({ target: undefined });
  });

  test("a DESFire card with seven-byte identifier and ATS", () => {
    const list = listPassiveTarget(1).decode(workedAnswer("InListPassiveTarget, DESFire with ATS"));
    expect(list?.target).toEqual({
      number: 1,
      sak: 0x20,
      uid: hex("047368A2C72280"),
      ats: hex("067577810280"),
    });
  });

  test("status words, and the chip's timeout", () => {
    const decode = exchange(hex("00")).decode;
    expect(decode(workedAnswer("InDataExchange, answer 9000"))).toEqual({
      status: 0,
      more: false,
      data: hex("9000"),
    });
    expect(decode(workedAnswer("InDataExchange, status 01"))).toMatchObject({ status: 1, data: hex("") });
  });

  test("the more-information bit is no part of the status", () => {
    expect(exchange(hex("00")).decode(hex("40AABB"))).toEqual({ status: 0, more: true, data: hex("AABB") });
  });

  test("the line test passes for the same bytes alone", () => {
    const { decode, parameters } = lineTest();
    expect(decode(parameters)).toBe(true);
    for (let index = 0; index < parameters.length; index++) {
      expect(decode(parameters.map((value, at) => (at === index ? value ^ 1 : value)))).toBeUndefined();
    }
    expect(decode(parameters.subarray(1))).toBeUndefined();
  });
});

describe("hostile answers", () => {
  test.each([
    ["empty", ""],
    ["target without data", "01"],
    ["cut before the length of the identifier", "0101034420"],
    ["identifier longer than the answer", "010103442007047368A2C722"],
    ["identifier of 255 bytes", "0101034420FF00"],
  ])("a target list that is %s is refused", (_, text) => {
    expect(listPassiveTarget(1).decode(hex(text))).toBeUndefined();
  });

  test("an identifier without bytes is a card all the same", () => {
    expect(listPassiveTarget(1).decode(hex("010103442000"))?.target).toMatchObject({ uid: hex("") });
  });

  test.each([
    ["firmware of three bytes", getFirmwareVersion(), "320106"],
    ["firmware of five bytes", getFirmwareVersion(), "3201060700"],
    ["settings with data", setParameters(), "00"],
    ["an exchange without status", exchange(hex("00")), ""],
  ])("%s is refused", (_, command, text) => {
    expect(command.decode(hex(text))).toBeUndefined();
  });

  test("no bytes make a decoder throw", () => {
    const commands: readonly Command<unknown>[] = [
      getFirmwareVersion(),
      samConfiguration(),
      lineTest(),
      listPassiveTarget(1),
      exchange(hex("00")),
      communicateThru(hex("B2"), 100),
    ];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 264 }), fc.constantFrom(...commands), (data, command) => {
        command.decode(data);
      }),
    );
  });
});
