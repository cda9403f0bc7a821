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
  setSerialBaudRate,
} from "../../../drivers/pn532/commands.ts";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import vectors from "../../vectors/pn532-frames.json" with { type: "json" };

const exchange = (data: Uint8Array, part: "more" | "last" = "last") =>
  dataExchange({ target: 1, data, part, cardBytes: 14, responseMs: 550 });

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
    ["SetParameters 14", setParameters("firmware")],
    ["RFConfiguration MaxRetries FF 01 01", activationTries(2)],
    ["RFConfiguration MaxRetries FF 01 00", activationTries(1)],
    ["RFConfiguration field on", rfField("on")],
    ["RFConfiguration field off", rfField("off")],
    ["InListPassiveTarget one 106A", listPassiveTarget("typeA", 1000)],
    ["InListPassiveTarget one 106B, AFI 00", listPassiveTarget("typeB", 1000)],
    ["SetSerialBaudRate 921600", setSerialBaudRate(921_600)],
    ["InDataExchange SELECT eMRTD", exchange(SELECT_EMRTD)],
    ["InCommunicateThru R(NAK)", communicateThru(hex("B2"), 100)],
  ])("%s", (what, command) => {
    expect(payloadOf(command)).toBe(worked(what));
  });

  test.each([
    ["GetFirmwareVersion", "GetFirmwareVersion, answer", getFirmwareVersion()],
    ["SAMConfiguration", "SAMConfiguration, answer", samConfiguration()],
    ["RFConfiguration", "RFConfiguration, answer", rfField("on")],
    ["InListPassiveTarget", "InListPassiveTarget, DESFire with ATS", listPassiveTarget("typeA", 1000)],
  ])("%s: the first read holds its answer", (_, what, command) => {
    expect(command.answerBytes).toBeGreaterThanOrEqual(workedAnswer(what).length);
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

  test("a speed that the chip does not have is a defect of the caller", () => {
    expect(() => setSerialBaudRate(57_600)).toThrow();
  });

  test("only the first may be sent again when the chip is silent, for a silent chip may have lost its settings; an APDU never", () => {
    expect(samConfiguration().repeat).toBe("always");
    const field = [rfField("on"), activationTries(2), listPassiveTarget("typeA", 1)];
    for (const { repeat } of [getFirmwareVersion(), lineTest(), ...field]) expect(repeat).toBe("afterDamage");
    expect([exchange(hex("00")), setSerialBaudRate(115_200)].map(({ repeat }) => repeat)).toEqual([
      "never",
      "never",
    ]);
  });
});

describe("answers as in the worked frames", () => {
  test("firmware", () => {
    const firmware = getFirmwareVersion().decode(workedAnswer("GetFirmwareVersion, answer"));
    expect(firmware).toEqual({ ic: 0x32, version: 1, revision: 6 });
  });

  test("settings", () => {
    expect(samConfiguration().decode(workedAnswer("SAMConfiguration, answer"))).toBe(true);
    expect(setParameters("firmware").decode(workedAnswer("SetParameters, answer"))).toBe(true);
    expect(rfField("on").decode(workedAnswer("RFConfiguration, answer"))).toBe(true);
  });

  test("no card", () => {
    const list = listPassiveTarget("typeA", 1).decode(workedAnswer("InListPassiveTarget, nothing found"));
    expect(list).toEqual({ target: undefined });
  });

  test("a DESFire card with seven-byte identifier and ATS", () => {
    const list = listPassiveTarget("typeA", 1).decode(workedAnswer("InListPassiveTarget, DESFire with ATS"));
    expect(list?.target).toEqual({
      protocol: "typeA",
      number: 1,
      sak: 0x20,
      uid: hex("047368A2C72280"),
      ats: hex("067577810280"),
    });
  });

  test("a type B card: PUPI, application data, protocol info with FWI 8, and the number that it was given", () => {
    const list = listPassiveTarget("typeB", 1).decode(hex("01 01 50 11223344 AABBCCDD 00 81 81 01 05"));
    expect(list?.target).toEqual({
      protocol: "typeB",
      number: 1,
      pupi: hex("11223344"),
      isoDep: true,
      frameWaitingExponent: 8,
      deviceId: 5,
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
    expect(listPassiveTarget("typeA", 1).decode(hex(text))).toBeUndefined();
  });

  test.each([
    ["empty", ""],
    ["target without data", "01"],
    ["cut in the ATQB", "01 01 50 11223344 AABBCCDD 00 81"],
    ["cut before the length of ATTRIB_RES", "01 01 50 11223344 AABBCCDD 00 81 81"],
  ])("a list of type B targets that is %s is refused", (_, text) => {
    expect(listPassiveTarget("typeB", 1).decode(hex(text))).toBeUndefined();
  });

  test.each([
    ["an ATTRIB_RES longer than the answer", "01 01 50 11223344 AABBCCDD 00 81 81 02 05"],
    ["bytes behind ATTRIB_RES", "01 01 50 11223344 AABBCCDD 00 81 81 01 05 00"],
    ["an ATQB of 13 bytes", "01 01 50 11223344 AABBCCDD 00 81 81 00 01 05"],
    ["an ATQB of another mark", "01 01 51 11223344 AABBCCDD 00 81 81 01 05"],
  ])("%s is the card's oddity: a card without ISO-DEP", (_, text) => {
    expect(listPassiveTarget("typeB", 1).decode(hex(text))?.target).toMatchObject({
      protocol: "typeB",
      pupi: hex("11223344"),
      isoDep: false,
    });
  });

  test("an identifier without bytes is a card all the same", () => {
    expect(listPassiveTarget("typeA", 1).decode(hex("010103442000"))?.target).toMatchObject({ uid: hex("") });
  });

  test.each([
    ["firmware of three bytes", getFirmwareVersion(), "320106"],
    ["firmware of five bytes", getFirmwareVersion(), "3201060700"],
    ["settings with data", setParameters("firmware"), "00"],
    ["an exchange without status", exchange(hex("00")), ""],
  ])("%s is refused", (_, command, text) => {
    expect(command.decode(hex(text))).toBeUndefined();
  });

  test("no bytes make a decoder throw", () => {
    const commands: readonly Command<unknown>[] = [
      getFirmwareVersion(),
      samConfiguration(),
      lineTest(),
      listPassiveTarget("typeA", 1),
      listPassiveTarget("typeB", 1),
      setSerialBaudRate(115_200),
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
