import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CommandApdu, encodeCommand, type Instruction } from "../../src/apdu/command.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { suite } from "../../src/crypto/document-suite.ts";
import { SecureSession } from "../../src/emrtd/secure-messaging.ts";
import { bad, good } from "../good.ts";
import { ChipSession, chipKey } from "./chip-session.ts";
import { asked, ends, READ, responseOf, SUITES } from "./session-ends.ts";

describe("with a chip that was written apart", () => {
  const header = {
    cla: fc.constantFrom(0x00, 0x10),
    ins: fc.constantFrom<Instruction>(0xa4, 0xb0, 0xb1, 0x22, 0x86, 0x88),
    p1: fc.nat(255),
    p2: fc.nat(255),
  };
  const data = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    fc.uint8Array({ minLength: 200, maxLength: 600 }),
  );
  const le = fc.oneof(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 257, max: 65_536 }));
  const commands: fc.Arbitrary<CommandApdu> = fc.oneof(
    fc.record({ ...header, data }),
    fc.record({ ...header, le }),
    fc.record({ ...header, data, le }),
  );
  const messages = fc.record({
    command: commands,
    answer: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ minLength: 250, maxLength: 2_000 })),
    sw: fc.constantFrom(0x9000, 0x6282, 0x6a82, 0x6982, 0x6300, 0x61ff, 0x6c10),
  });

  test.each(SUITES)("every command is understood and every answer read, in turn: %s", (name) => {
    fc.assert(
      fc.property(fc.array(messages, { minLength: 1, maxLength: 6 }), (exchanges) => {
        const { reader, chip } = ends(name);
        for (const { command: sent, answer: data, sw } of exchanges) {
          const opened = chip.open(encodeCommand(good(reader.protect(sent))));
          expect(opened.header).toEqual(Uint8Array.of(sent.cla, sent.ins, sent.p1, sent.p2));
          expect(opened.data).toEqual(sent.data ?? new Uint8Array(0));
          expect(opened.le).toBe(sent.le);
          const received = good(reader.unprotect(responseOf(chip.answer(data, sw, sent.ins % 2 === 1))));
          expect({ data: toHex(received.data), sw: received.sw }).toEqual({ data: toHex(data), sw });
        }
      }),
      { numRuns: 150 },
    );
  });

  test.each(SUITES)("a counter goes round its last value: %s", (name) => {
    const { kdf, blockBytes } = suite(name);
    const secret = new Uint8Array(16).fill(9);
    const reader = new SecureSession({
      suite: name,
      ksEnc: kdf(secret, 1),
      ksMac: kdf(secret, 2),
      ssc: new Uint8Array(blockBytes).fill(0xff),
    });
    const keys = { enc: chipKey(name, secret, 1), mac: chipKey(name, secret, 2), counter: -1n };
    const chip = new ChipSession(name, keys);
    chip.open(encodeCommand(good(reader.protect(READ))));
    expect(good(reader.unprotect(responseOf(chip.answer(hex("CAFE"), 0x9000)))).data).toEqual(hex("CAFE"));
  });

  test("an answer of the other parity's object is read too: the tag says what it holds", () => {
    const { reader, chip } = asked("AES-128");
    expect(toHex(good(reader.unprotect(responseOf(chip.answer(hex("CAFE"), 0x9000, true)))).data)).toBe(
      "CAFE",
    );
  });
});

describe("a session", () => {
  test("whose answer was never handed in is over: the counters have parted", () => {
    const { reader } = asked("AES-128");
    expect(bad(reader.protect(READ))).toEqual({ kind: "sessionEnded" });
  });

  test("takes no answer that nobody asked for", () => {
    const { reader, chip } = ends("AES-128");
    expect(bad(reader.unprotect(responseOf(chip.answer(hex("CAFE"), 0x9000))))).toEqual({
      kind: "sessionEnded",
    });
  });

  test("wipes what it was given, when it is ended and when it is broken", () => {
    const keys = () =>
      ({ suite: "3DES", ksEnc: new Uint8Array(16).fill(1), ksMac: new Uint8Array(16).fill(2) }) as const;
    const [ended, broken] = [keys(), keys()];
    new SecureSession(ended).end();
    const session = new SecureSession(broken);
    good(session.protect(READ));
    session.unprotect({ data: new Uint8Array(0), sw: 0x6988 });
    for (const { ksEnc, ksMac } of [ended, broken]) {
      expect(ksEnc).toEqual(new Uint8Array(16));
      expect(ksMac).toEqual(new Uint8Array(16));
    }
  });

  test("keeps the chaining bit and marks the class", () => {
    const { reader } = ends("AES-128");
    const command = { cla: 0x10, ins: 0x86, p1: 0, p2: 0, data: hex("7C00"), le: 256 } as const;
    expect(good(reader.protect(command)).cla).toBe(0x1c);
  });

  test("is not made with keys of another suite, nor used for a command that standards disagree on", () => {
    const short = { ksEnc: new Uint8Array(16), ksMac: new Uint8Array(16) };
    expect(() => new SecureSession({ suite: "AES-256", ...short })).toThrow(RangeError);
    expect(() => new SecureSession({ suite: "AES-128", ...short, ssc: new Uint8Array(8) })).toThrow(
      RangeError,
    );
    const session = new SecureSession({ suite: "AES-128", ...short });
    expect(() => session.protect({ cla: 0, ins: 0xa4, p1: 0, p2: 0 })).toThrow(RangeError);
  });
});
