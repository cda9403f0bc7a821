// The service side as the published readers use it: each flow in the commands and lengths of one of them. Together they
// are what a card has to bear; the gate's own flow is only one of many.
import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/bytes/hex.ts";
import { EF_DH, serviceSodOf } from "../../../src/sim/cards/cie-chip.ts";
import type { CieSpec } from "../../../src/sim/cards/cie-spec.ts";
import { cardKey } from "../../../src/sim/pki/test-key.ts";
import { authenticate, NIS, SELECT_CIE, SELECT_IAS, SET_KEY, Talk } from "./cie-talk.ts";

const NIS_TEXT = "313233343536373839303132";
const KEY = 4;
const PROOF = /^[0-9A-F]{512}$/;
const sodOf = (generation: 1 | 2): string => toHex(serviceSodOf({ nis: NIS, generation, key: KEY }));
const PUBLIC_KEY = toHex(cardKey(KEY).publicKey);
const DEVICE_KEY = toHex(cardKey(KEY + 1).publicKey);

/** A card with the key that the expectations name. */
const cardWith = (spec: Partial<CieSpec> = {}): Talk => new Talk({ key: KEY, ...spec });

const word = (value: number): string => toHex(Uint8Array.of(value >> 8, value & 0xff));
/** No file needs as many reads. */
const MAX_READS = 60;

/** Reads `step` bytes at a time until the card says that the end has come; the answer to each offset by `ask`. */
function readUntilEnd(talk: Talk, step: number, ask: (offset: number) => string): string {
  let content = "";
  for (let read = 0; read < MAX_READS; read += 1) {
    const response = talk.collectWithStatus(ask(read * step));
    content += response.data;
    if (response.sw !== "9000" || response.data.length < 2 * step) break;
  }
  return content;
}

/** The value of tag 53, its header checked. */
function unwrapped(data: string): string {
  const long = data.startsWith("5381");
  const [headerDigits, length] = long ? [6, data.slice(4, 6)] : [4, data.slice(2, 4)];
  expect(data.slice(0, 2)).toBe("53");
  expect(data.length).toBe(headerDigits + 2 * Number.parseInt(length, 16));
  return data.slice(headerDigits);
}

describe.each([1, 2] as const)("generation %i", (generation) => {
  test("PN532: everything by odd READ BINARY in parts of 228, root files from the master file", () => {
    const talk = cardWith({ generation });
    talk.say(SELECT_IAS);
    expect(talk.say("00A4000C023F00")).toBe("9000");
    const odd = (file: string, offset: number, le: string) => `00B100${file}045402${word(offset)}${le}`;
    expect(unwrapped(talk.collect(odd("1C", 0, "18")))).toMatch(/^31143012060A04007F0007/);
    expect(unwrapped(talk.collect(odd("1D", 0, "3F")))).toMatch(/^80004301B8/);
    talk.say("00A4020C02D003");
    expect(talk.say("00B000000C")).toBe("5A0A9380001234567890123F9000");
    talk.say(SELECT_IAS);
    talk.say(SELECT_CIE);
    expect(unwrapped(talk.collect(odd("01", 0, "0E")))).toBe(NIS_TEXT);
    const read = (file: string, lengthBytes: number): string => {
      let content = "";
      for (let offset = 0; offset < lengthBytes; offset += 228) {
        const part = Math.min(228, lengthBytes - offset);
        const header = part < 0x80 ? 2 : 3;
        content += unwrapped(talk.collect(odd(file, offset, toHex(Uint8Array.of(part + header)))));
      }
      return content;
    };
    const sod = sodOf(generation);
    expect([read("04", 270), read("05", 270), read("06", sod.length / 2)]).toEqual([
      DEVICE_KEY,
      PUBLIC_KEY,
      sod,
    ]);
    expect(talk.prove("0102030405060708")).toMatch(PROOF);
    expect(talk.application.unexpected).toEqual([]);
  });

  test("PY: the NIS by short file identifier, whatever the first selection said", () => {
    const talk = cardWith({ generation, family: "itj4d" });
    expect(talk.say(SELECT_IAS)).toBe("6A82");
    expect(talk.say(SELECT_CIE)).toBe("9000");
    expect(talk.say("00B081000C")).toBe(`${NIS_TEXT}9000`);
  });

  test.each(["6282", "6B00"] as const)("CPP: SELECT 02 0C and reads of 128 bytes up to %s", (eof) => {
    const talk = cardWith({ generation, eof }).open();
    const read = (file: string): string => {
      expect(talk.say(`00A4020C02${file}`)).toBe("9000");
      return readUntilEnd(talk, 128, (offset) => `00B0${word(offset)}80`);
    };
    expect([read("1001"), read("1005"), read("1006")]).toEqual([NIS_TEXT, PUBLIC_KEY, sodOf(generation)]);
    expect(talk.prove("00".repeat(32))).toMatch(PROOF);
  });

  test.each([
    ["as it comes", {}],
    ["with 61 xx", { sw61: true }],
    ["with 6C xx", { sw6C: true }],
  ] as const)("JAVA: SELECT 02 04 and Le 00, %s", (_name, variant) => {
    const talk = cardWith({ generation, ...variant }).open();
    const read = (file: string): string => {
      expect(talk.collect(`00A4020402${file}`)).toMatch(new RegExp(`^6208.*8302${file}$`));
      return readUntilEnd(talk, 256, (offset) => `00B0${word(offset)}00`);
    };
    expect([read("1001"), read("1005"), read("1006")]).toEqual([NIS_TEXT, PUBLIC_KEY, sodOf(generation)]);
    expect(talk.prove("AB".repeat(16))).toMatch(PROOF);
  });

  test("NET: odd READ BINARY of 231 bytes, which bring 228", () => {
    const talk = cardWith({ generation }).open();
    expect(talk.say("00B081" + "0000")).toBe(`${NIS_TEXT}9000`);
    let sod = "";
    for (let read = 0; read < MAX_READS && !sod.endsWith("end"); read += 1) {
      const { data, sw } = talk.collectWithStatus(`00B10006045402${word(read * 228)}E7`);
      sod += data === "" ? "end" : unwrapped(data);
      expect(["9000", "6282", "6B00"]).toContain(sw);
    }
    expect(sod).toBe(`${sodOf(generation)}end`);
    expect(talk.prove("0011223344556677")).toMatch(PROOF);
  });

  test("AND and PAGO: SELECT 04 04 with FCI, key in 231 and the rest, proof by 61 00", () => {
    const talk = cardWith({ generation, leZero: 231 });
    talk.say(SELECT_IAS);
    expect(talk.say("00A4040406A00000000039")).toBe("6F088406A000000000399000");
    expect(talk.collect("00A40204021001")).toMatch(/^6208/);
    expect(talk.say("00B000000C")).toBe(`${NIS_TEXT}9000`);
    const [first, rest] = [talk.collect("00B0850000"), talk.collect("00B085E700")];
    expect(first).toHaveLength(2 * 231);
    expect(first + rest).toBe(PUBLIC_KEY);
    const chaining = cardWith({ generation, sw61: true }).open();
    chaining.say(SET_KEY);
    expect(chaining.say(authenticate("00".repeat(32)))).toBe("6100");
    expect(chaining.say("00C0000000")).toMatch(/^[0-9A-F]{512}9000$/);
  });
});

describe("files of the service side", () => {
  test("with a filler keys and SOD are longer than their content, the SOD up to 3072 bytes", () => {
    const talk = cardWith({ generation: 1, filler: true }).open();
    const read = (file: string) => {
      talk.say(`00A4020C02${file}`);
      return readUntilEnd(talk, 128, (offset) => `00B0${word(offset)}80`);
    };
    const sod = sodOf(1);
    expect(read("1006")).toBe(sod + "00".repeat(3_072 - sod.length / 2));
    expect(read("1005")).toBe(PUBLIC_KEY + "00".repeat(18));
    expect(read("1001")).toBe(`${NIS_TEXT}002200`);
  });

  test("EF.DH is the group of RFC 5114 §2.3: the base has the order that is named", () => {
    const talk = cardWith();
    const content = readUntilEnd(talk, 128, (offset) =>
      offset === 0 ? "00B09B0080" : `00B0${word(offset)}80`,
    );
    expect(content).toBe(toHex(EF_DH));
    const numbers = content.slice(8).match(/^02820100(.{512})0282010100(.{512})022100(.{64})$/);
    const [base, modulus, order] = (numbers ?? []).slice(1).map((digits) => BigInt(`0x${digits}`));
    if (base === undefined || modulus === undefined || order === undefined)
      throw new Error("not three numbers");
    expect(power(base, order, modulus)).toBe(1n);
  });

  test("EF.DIR names the applications", () => {
    const directory = cardWith().collect("00B09E0000");
    for (const aid of ["A0000000308000000009816001", "A00000000039", "A0000002471001"])
      expect(directory).toContain(aid);
  });

  test("cards of one key index have one key, others another", () => {
    const keyOf = (spec: Partial<CieSpec>) => new Talk(spec).open().collect("00B0850000");
    expect(keyOf({ key: 1 })).toBe(keyOf({ key: 1, nis: "999999999999" }));
    expect(keyOf({ key: 1 })).not.toBe(keyOf({ key: 2 }));
    expect(keyOf({})).toBe(keyOf({ key: Number(NIS) % 8 }));
  });
});

/** Square and multiply. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
