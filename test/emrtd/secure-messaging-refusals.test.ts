import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeCommand } from "../../src/apdu/command.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import type { SecureSession } from "../../src/emrtd/secure-messaging.ts";
import { bad, good } from "../good.ts";
import { flipped } from "../pki/makers.ts";
import type { ChipSession } from "./chip-session.ts";
import { asked, ends, READ, responseOf, SUITES } from "./session-ends.ts";

describe("an answer is refused, and the session over,", () => {
  const expectOver = (reader: SecureSession) => {
    expect(bad(reader.protect(READ))).toEqual({ kind: "sessionEnded" });
    expect(bad(reader.unprotect({ data: new Uint8Array(0), sw: 0x9000 }))).toEqual({ kind: "sessionEnded" });
  };

  test.each(SUITES)("with any bit of it turned: %s", (name) => {
    const { chip } = asked(name);
    const whole = chip.answer(hex("60145F01"), 0x9000);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const { reader } = asked(name);
      expect(reader.unprotect(responseOf(flipped(whole, bit >> 3, bit & 7))).ok).toBe(false);
      expectOver(reader);
    }
    expect(good(asked(name).reader.unprotect(responseOf(whole))).data).toEqual(hex("60145F01"));
  });

  test.each(SUITES)("with any byte set otherwise, at any length and status: %s", (name) => {
    const changes = fc.record({
      data: fc.uint8Array({ maxLength: 300 }),
      sw: fc.constantFrom(0x9000, 0x6282, 0x6a82),
      at: fc.nat(),
      by: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(changes, ({ data, sw, at, by }) => {
        const { reader, chip } = asked(name);
        const whole = chip.answer(data, sw);
        const offset = at % whole.length;
        whole[offset] = (whole[offset] ?? 0) ^ by;
        expect(reader.unprotect(responseOf(whole)).ok).toBe(false);
        expectOver(reader);
      }),
      { numRuns: 200 },
    );
  });

  test.each(SUITES)("cut short or made longer anywhere: %s", (name) => {
    const whole = asked(name).chip.answer(hex("0102030405060708090A"), 0x9000);
    for (let length = 2; length < whole.length; length++) {
      const start = whole.subarray(0, length);
      expect(asked(name).reader.unprotect(responseOf(start)).ok).toBe(false);
      expect(
        asked(name).reader.unprotect(responseOf(concat(start, hex("00"), whole.subarray(length)))).ok,
      ).toBe(false);
    }
  });

  test("of bytes at random", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 2, maxLength: 80 }),
        fc.constantFrom(...SUITES),
        (bytes, name) => {
          const { reader } = asked(name);
          expect(reader.unprotect(responseOf(bytes)).ok).toBe(false);
          expectOver(reader);
        },
      ),
    );
  });

  test.each([0x9000, 0x6987, 0x6988, 0x6982, 0x6700, 0x6a82, 0x6282])(
    "when it is a bare status, be it a good one: %i",
    (sw) => {
      const { reader } = asked("AES-256");
      expect(bad(reader.unprotect({ data: new Uint8Array(0), sw }))).toEqual({ kind: "sessionDropped", sw });
      expectOver(reader);
    },
  );

  test("when its code is wrong", () => {
    const { reader, chip } = asked("AES-128");
    const whole = chip.answer(hex("60145F01"), 0x9000);
    expect(bad(reader.unprotect(responseOf(flipped(whole, whole.length - 3))))).toEqual({
      kind: "answerForged",
      check: "mac",
    });
  });

  test("when the status outside is not the one under the code", () => {
    const { reader, chip } = asked("AES-128");
    const { data } = responseOf(chip.answer(hex("60145F01"), 0x6282));
    expect(bad(reader.unprotect({ data, sw: 0x9000 }))).toEqual({ kind: "answerForged", check: "status" });
  });

  test("when it is that of the message before", () => {
    const { reader, chip } = asked("AES-128");
    const first = responseOf(chip.answer(hex("60145F01"), 0x9000));
    good(reader.unprotect(first));
    chip.open(encodeCommand(good(reader.protect(READ))));
    expect(bad(reader.unprotect(first))).toEqual({ kind: "answerForged", check: "mac" });
  });

  test("when it is one of another session", () => {
    const other = ends("AES-128", new Uint8Array(32).fill(0x22));
    other.chip.open(encodeCommand(good(other.reader.protect(READ))));
    const foreign = responseOf(other.chip.answer(hex("60145F01"), 0x9000));
    expect(bad(asked("AES-128").reader.unprotect(foreign))).toEqual({ kind: "answerForged", check: "mac" });
  });

  const STATUS = "99029000";
  test.each<[name: string, objects: (chip: ChipSession) => Uint8Array]>([
    ["without a status", (chip) => chip.carrier(hex("CAFE"))],
    ["with its status twice", (chip) => concat(chip.carrier(hex("CAFE")), hex(STATUS), hex(STATUS))],
    ["with its status first", (chip) => concat(hex(STATUS), chip.carrier(hex("CAFE")))],
    ["with a status of three bytes", () => hex("9903900000")],
    ["with data in clear", () => hex(`8102CAFE${STATUS}`)],
    [
      "with an unknown padding",
      (chip) => concat(hex("870902"), chip.carrier(hex("CAFE")).subarray(3), hex(STATUS)),
    ],
    ["with an empty cryptogram object", () => hex(`8700${STATUS}`)],
    ["with an object more", (chip) => concat(hex("8100"), chip.carrier(hex("CAFE")), hex(STATUS))],
    ["of nothing but a code", () => new Uint8Array(0)],
  ])("when it is rightly coded but %s", (_, objects) => {
    const { reader, chip } = asked("3DES");
    chip.count();
    const whole = responseOf(chip.seal(objects(chip), 0x9000));
    expect(bad(reader.unprotect(whole))).toEqual({ kind: "answerMalformed", at: "objects" });
    expectOver(reader);
  });

  test.each<[name: string, blocks: string]>([
    ["no mark of padding", "00".repeat(16)],
    ["another byte behind the data", `CAFE${"80".padStart(26, "0")}01`],
    ["the mark a block too early", `80${"00".repeat(31)}`],
  ])("when it is rightly coded but decrypts to %s", (_, blocks) => {
    const { reader, chip } = asked("AES-192");
    chip.count();
    const whole = responseOf(chip.seal(concat(chip.carrierOfBlocks(hex(blocks)), hex(STATUS)), 0x9000));
    expect(bad(reader.unprotect(whole))).toEqual({ kind: "answerMalformed", at: "padding" });
  });

  test.each(["870101", `8708${"01".repeat(8)}`, `8500`])(
    "when it is rightly coded but its cryptogram is not whole blocks: %s",
    (object) => {
      const { reader, chip } = asked("AES-128");
      chip.count();
      const whole = responseOf(chip.seal(hex(object + STATUS), 0x9000));
      expect(bad(reader.unprotect(whole))).toEqual({ kind: "answerMalformed", at: "padding" });
    },
  );

  test("when its code is right but written in a longer form", () => {
    const { reader, chip } = asked("AES-128");
    const { data, sw } = responseOf(chip.answer(hex("CAFE"), 0x9000));
    const longer = concat(data.subarray(0, -10), hex("8E8108"), data.subarray(-8));
    expect(bad(reader.unprotect({ data: longer, sw }))).toEqual({ kind: "answerMalformed", at: "objects" });
  });

  test("with a byte behind its code", () => {
    const { reader, chip } = asked("AES-128");
    const { data, sw } = responseOf(chip.answer(hex("CAFE"), 0x9000));
    const at = { kind: "answerMalformed", at: "objects" };
    expect(bad(reader.unprotect({ data: concat(data, hex("00")), sw }))).toEqual(at);
  });
});
