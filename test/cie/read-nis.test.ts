import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Exchange, run } from "../../src/apdu/exchange.ts";
import type { ResponseApdu } from "../../src/apdu/response.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import type { RootRoute } from "../../src/cie/families.ts";
import { parseNis } from "../../src/cie/nis.ts";
import { readCieNis } from "../../src/cie/read-nis.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { silentLog } from "../../src/ports/log.ts";
import { instant, millis } from "../../src/time/time.ts";
import { type Script, ScriptedCard } from "./scripted-card.ts";

const IAS = "00A4040C0D A0000000308000000009816001";
const MASTER_FILE = "00A40000";
const MASTER_FILE_BY_ID = "00A4000C02 3F00";
const CIE = "00A4040C06 A00000000039";
const NIS = "00B081000C";
const PPSE = "00A404000E 325041592E5359532E444446303100";
const EMRTD = "00A4040C07 A0000002471001";
const DIGITS = "313233343536373839303132";
const ALL: readonly RootRoute[] = ["iasApplication", "masterFile", "masterFileById"];
const still: Clock = {
  monotonicMs: () => millis(0),
  wallTime: () => instant(0),
  sleep: async () => undefined,
};

const CONTEXT = { clock: still, log: silentLog, until: millis(1) };

async function read(script: Script, routes = ALL) {
  const card = new ScriptedCard(script);
  const result = await run(readCieNis(routes), card, CONTEXT);
  card.expectFinished();
  return result;
}

describe("the ways to the root (families of the CIE)", () => {
  test("a card that knows the IAS application: three commands", async () => {
    const reading = await read([
      [IAS, "9000"],
      [CIE, "9000"],
      [NIS, `${DIGITS} 9000`],
    ]);
    expect(reading.ok && toHex(reading.value.nis)).toBe(DIGITS);
    expect(reading.ok && reading.value.route).toBe("iasApplication");
  });

  test.each(["6A82", "6A86", "6D00", "6E00", "6999"])(
    "one that answers %s to it is asked for the master file",
    async (sw) => {
      const reading = await read([
        [IAS, sw],
        [MASTER_FILE, "9000"],
        [CIE, "9000"],
        [NIS, `${DIGITS} 9000`],
      ]);
      expect(reading.ok && reading.value.route).toBe("masterFile");
    },
  );

  test("and then for 3F00", async () => {
    const reading = await read([
      [IAS, "6A82"],
      [MASTER_FILE, "6A86"],
      [MASTER_FILE_BY_ID, "9000"],
      [CIE, "9000"],
      [NIS, `${DIGITS} 9000`],
    ]);
    expect(reading.ok && reading.value.route).toBe("masterFileById");
  });

  test("a known route spares the detour", async () => {
    const routes: readonly RootRoute[] = ["masterFile", "iasApplication", "masterFileById"];
    const reading = await read(
      [
        [MASTER_FILE, "9000"],
        [CIE, "9000"],
        [NIS, `${DIGITS} 9000`],
      ],
      routes,
    );
    expect(reading.ok).toBe(true);
  });

  test("with no root at all the application is tried by itself", async () => {
    const reading = await read([
      [IAS, "6A82"],
      [MASTER_FILE, "6D00"],
      [MASTER_FILE_BY_ID, "6D00"],
      [CIE, "9000"],
      [NIS, `${DIGITS} 9000`],
    ]);
    expect(reading.ok && reading.value.route).toBe(undefined);
  });
});

describe("chips that are no CIE are turned down with a name", () => {
  const refusals: Script = [
    [IAS, "6A82"],
    [MASTER_FILE, "6A82"],
    [MASTER_FILE_BY_ID, "6A82"],
    [CIE, "6A82"],
  ];

  test("a payment card or a wallet", async () => {
    const reading = await read([...refusals, [PPSE, "6F00 9000"]]);
    expect(reading).toEqual({ ok: false, error: { kind: "notCie", application: "payment" } });
  });

  test("a passport", async () => {
    const reading = await read([...refusals, [PPSE, "6A82"], [EMRTD, "9000"]]);
    expect(reading).toEqual({ ok: false, error: { kind: "notCie", application: "travelDocument" } });
  });

  test("anything else", async () => {
    const reading = await read([...refusals, [PPSE, "6A82"], [EMRTD, "6A82"]]);
    expect(reading).toEqual({ ok: false, error: { kind: "notCie", application: "unknown" } });
  });
});

describe("the file of the NIS", () => {
  const selected: Script = [
    [IAS, "9000"],
    [CIE, "9000"],
  ];

  test.each([
    ["filler behind the digits", `${DIGITS} 002200 9000`],
    ["end of file with data", `${DIGITS} 6282`],
  ])("%s is cut or accepted", async (_what, answer) => {
    const reading = await read([...selected, [NIS, answer]]);
    expect(reading.ok && toHex(reading.value.nis)).toBe(DIGITS);
  });

  test("61xx is fetched by GET RESPONSE, 6Cxx repeated with the right length", async () => {
    const more = await read([...selected, [NIS, "610C"], ["00C000000C", `${DIGITS} 9000`]]);
    expect(more.ok && toHex(more.value.nis)).toBe(DIGITS);
    const length = await read([...selected, [NIS, "6C0F"], ["00B081000F", `${DIGITS} 002200 9000`]]);
    expect(length.ok && toHex(length.value.nis)).toBe(DIGITS);
  });

  test("a card without short file identifiers is read by odd INS", async () => {
    const reading = await read([...selected, [NIS, "6A86"], ["00B1000104540200000E", `530C ${DIGITS} 9000`]]);
    expect(reading.ok && toHex(reading.value.nis)).toBe(DIGITS);
  });

  test("and one without odd INS by selecting the file", async () => {
    const reading = await read([
      ...selected,
      [NIS, "6A86"],
      ["00B1000104540200000E", "6D00"],
      ["00A4020C021001", "9000"],
      ["00B000000C", `${DIGITS} 9000`],
    ]);
    expect(reading.ok && toHex(reading.value.nis)).toBe(DIGITS);
  });

  test("a refusal keeps the first status", async () => {
    const reading = await read([
      ...selected,
      [NIS, "6982"],
      ["00B1000104540200000E", "6D00"],
      ["00A4020C021001", "6A82"],
    ]);
    expect(reading).toEqual({ ok: false, error: { kind: "nisRefused", sw: 0x6982 } });
  });

  test.each([
    ["too short", "3132333435363738393031 9000"],
    ["a letter among the digits", "313233343536373839304132 9000"],
    ["the hexadecimal of the digits is not unwrapped", "333133323333 9000"],
    ["nothing", "9000"],
  ])("%s is no NIS", async (_what, answer) => {
    const reading = await read([...selected, [NIS, answer]]);
    expect(reading).toEqual({ ok: false, error: { kind: "nisMalformed" } });
  });

  test("a card that leaves ends the reading there", async () => {
    const reading = await read([
      [IAS, "9000"],
      [CIE, { kind: "cardLost", status: 1 }],
    ]);
    expect(reading).toEqual({ ok: false, error: { kind: "cardLost", status: 1 } });
  });
});

test("only twelve digits make a NIS", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 16 }), (content) => {
      const digits =
        content.length >= 12 && content.subarray(0, 12).every((byte) => byte >= 0x30 && byte <= 0x39);
      expect(parseNis(content) !== undefined).toBe(digits);
    }),
  );
});

describe("hostile answers", () => {
  const anyAnswer = fc.uint8Array({ maxLength: 40 });

  test("no sequence of answers makes the protocol throw, and it ends within thirteen commands", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyAnswer, fc.nat(0xffff)), { minLength: 13, maxLength: 13 }),
        (answers) => {
          const protocol: Exchange<unknown, unknown> = readCieNis(ALL);
          let step = protocol.next();
          let used = 0;
          for (; step.done !== true && used < answers.length; used++) {
            const [data, sw] = answers[used] ?? [new Uint8Array(0), 0];
            const response: ResponseApdu = { data, sw };
            step = protocol.next(response);
          }
          expect(step.done).toBe(true);
        },
      ),
    );
  });

  test("61xx without end is cut off", async () => {
    const endless = { transceive: async () => ({ ok: true as const, value: hex("00 6100") }) };
    const result = await run(readCieNis(ALL), endless, CONTEXT);
    expect(result).toEqual({ ok: false, error: { kind: "cardGarbled", why: "61xx without end" } });
  });

  test("a card that takes its time with every answer is refused when the time for a reading is over", async () => {
    let now = 0;
    const slow: Clock = { ...still, monotonicMs: () => millis(now) };
    const ends: (number | undefined)[] = [];
    const card = {
      transceive: async (_command: Uint8Array, until?: number) => {
        now += 900;
        ends.push(until);
        return { ok: true as const, value: hex("6101") };
      },
    };
    const result = await run(readCieNis(ALL), card, { clock: slow, log: silentLog, until: millis(2_000) });
    expect(result).toMatchObject({ ok: false, error: { kind: "cardGarbled" } });
    // Each plain command has a second, and the last what is left.
    expect(ends).toEqual([1_000, 1_900, 2_000]);
  });

  test("an answer without a status is refused", async () => {
    const mute = { transceive: async () => ({ ok: true as const, value: hex("90") }) };
    const result = await run(readCieNis(ALL), mute, CONTEXT);
    expect(result).toMatchObject({ ok: false, error: { kind: "cardGarbled" } });
  });
});
