import { createCipheriv, createDecipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeCommand } from "../../src/apdu/command.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { type BacError, basicAccess } from "../../src/emrtd/bac.ts";
import { mrzPasswordKey } from "../../src/emrtd/mrz-key.ts";
import { SecureSession, type SessionKeys } from "../../src/emrtd/secure-messaging.ts";
import { secured } from "../../src/emrtd/secure-messaging-exchange.ts";
import { ok, type Result } from "../../src/result.ts";
import { ChipCipher } from "../../src/sim/emrtd/chip-cipher.ts";
import { bad, good } from "../good.ts";
import { flipped } from "../pki/makers.ts";
import vector from "../vectors/bac.json" with { type: "json" };
import mrz from "../vectors/mrz-and-keys.json" with { type: "json" };
import { ChipSession, chipKey } from "./chip-session.ts";
import { type Chip, play } from "./play.ts";
import { READ } from "./session-ends.ts";

const SELECT = "00A4040C07A0000002471001";
const { rndIc, rndIfd, kIfd, kIc, kEnc, kMac } = vector.inputs;
const PASSWORD = mrzPasswordKey(new TextEncoder().encode(mrz.bacKeys.mrzInformation));

/** The bytes of the worked example, in the order in which they are drawn. */
function published() {
  const left = [hex(rndIfd), hex(kIfd)];
  return {
    bytes: (lengthBytes: number) => {
      const next = left.shift();
      if (next?.length !== lengthBytes) throw new Error("drawn otherwise than in the example");
      return next;
    },
  };
}

/** Answers by instruction; what is not named is answered as in the example. */
function chipSaying(
  answers: { select?: string; challenge?: string; authenticate?: string | Chip } = {},
): Chip {
  const { authenticate = vector.apdus[1]?.response ?? "" } = answers;
  return (command) => {
    if (command[1] === 0xa4) return hex(answers.select ?? "9000");
    if (command[1] === 0x84) return hex(answers.challenge ?? vector.apdus[0]?.response ?? "");
    return typeof authenticate === "string" ? hex(authenticate) : authenticate(command);
  };
}

const open = (chip: Chip): Result<SessionKeys, BacError> => play(basicAccess(PASSWORD, published()), chip);

/** What is under a cryptogram of 32 bytes. */
function opened(cryptogram: Uint8Array): Uint8Array {
  const decipher = createDecipheriv("des-ede3-cbc", hex(kEnc + kEnc.slice(0, 16)), new Uint8Array(8));
  return new Uint8Array(decipher.setAutoPadding(false).update(cryptogram));
}

/** Seals what a chip that knows the keys would say: 32 bytes, encrypted and coded with code of its own. */
function sealed(plain: Uint8Array): Uint8Array {
  const key = hex(kEnc + kEnc.slice(0, 16));
  const cipher = createCipheriv("des-ede3-cbc", key, new Uint8Array(8)).setAutoPadding(false);
  const cryptogram = new Uint8Array(cipher.update(plain));
  return concat(cryptogram, new ChipCipher("3DES").code(hex(kMac), cryptogram), hex("9000"));
}

describe("the worked example, Doc 9303-11 D.3", () => {
  test("is said command by command and gives its keys and counter", () => {
    const script = [{ command: SELECT, response: "9000" }, ...vector.apdus];
    const said: string[] = [];
    const keys = good(
      open((command) => {
        said.push(toHex(command));
        return hex(script[said.length - 1]?.response ?? "");
      }),
    );
    expect(said).toEqual(script.map(({ command }) => command));
    expect(said[2]).toBe(`0082000028${vector.eIfd}${vector.mIfd}28`);
    expect(toHex(opened(hex(said[2] ?? "").subarray(5, 37)))).toBe(vector.S);
    expect(keys.suite).toBe("3DES");
    expect(toHex(keys.ksEnc)).toBe(vector.ksEnc);
    expect(toHex(keys.ksMac)).toBe(vector.ksMac);
    expect(toHex(keys.ssc ?? new Uint8Array(0))).toBe(vector.ssc);
  });

  test("holds what this test's own chip says", () => {
    expect(toHex(sealed(hex(vector.R)))).toBe(`${vector.eIc}${vector.mIc}9000`);
  });

  test("goes on into secure messaging: EF.COM of D.4", () => {
    const session = new SecureSession(good(open(chipSaying())));
    const select = { cla: 0x00, ins: 0xa4, p1: 0x02, p2: 0x0c, data: hex("011E") } as const;
    const command = encodeCommand(good(session.protect(select)));
    expect(toHex(command)).toBe("0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800");
  });
});

test("any nonces and keys end in the same session on both sides", () => {
  const of = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(of(8), of(8), of(16), of(16), (chipNonce, nonce, key, chipSecret) => {
      fc.pre(toHex(key) !== toHex(chipSecret));
      const drawn = [nonce, key.slice()];
      const random = { bytes: () => drawn.shift() ?? new Uint8Array(0) };
      const seed = key.map((byte, index) => byte ^ (chipSecret[index] ?? 0));
      const counter = BigInt(`0x${toHex(chipNonce.slice(4))}${toHex(nonce.slice(4))}`);
      const chip = new ChipSession("3DES", {
        enc: chipKey("3DES", seed, 1),
        mac: chipKey("3DES", seed, 2),
        counter,
      });
      const keys = play(basicAccess(PASSWORD, random), (command) => {
        if (command[1] === 0xa4) return hex("9000");
        if (command[1] === 0x84) return concat(chipNonce, hex("9000"));
        expect(opened(command.slice(5, 37))).toEqual(concat(nonce, chipNonce, key));
        return sealed(concat(chipNonce, nonce, chipSecret));
      });
      const read = secured(
        new SecureSession(good(keys)),
        (function* () {
          return ok((yield READ).data);
        })(),
      );
      const answered = play(read, (command) => {
        expect(chip.open(command).le).toBe(4);
        return chip.answer(hex("60145F01"), 0x9000);
      });
      expect(toHex(good(answered))).toBe("60145F01");
    }),
    { numRuns: 50 },
  );
});

describe("each way to fail has its name", () => {
  test.each<[name: string, answers: Parameters<typeof chipSaying>[0], error: BacError]>([
    [
      "no travel application",
      { select: "6A82" },
      { kind: "bacRefused", step: "selectApplication", sw: 0x6a82 },
    ],
    [
      "no security to select it",
      { select: "6982" },
      { kind: "bacRefused", step: "selectApplication", sw: 0x6982 },
    ],
    ["no GET CHALLENGE", { challenge: "6D00" }, { kind: "bacRefused", step: "getChallenge", sw: 0x6d00 }],
    ["BAC withdrawn, at once", { challenge: "6985" }, { kind: "bacWithdrawn", sw: 0x6985 }],
    ["BAC withdrawn, German", { authenticate: "6A88" }, { kind: "bacWithdrawn", sw: 0x6a88 }],
    ["BAC withdrawn, Dutch", { authenticate: "6985" }, { kind: "bacWithdrawn", sw: 0x6985 }],
    ["BAC withdrawn, others", { authenticate: "6982" }, { kind: "bacWithdrawn", sw: 0x6982 }],
    ["another MRZ", { authenticate: "6300" }, { kind: "wrongPassword" }],
    ["another MRZ, with a count", { authenticate: "63C2" }, { kind: "wrongPassword" }],
    [
      "a failure at GET CHALLENGE",
      { challenge: "6300" },
      { kind: "bacRefused", step: "getChallenge", sw: 0x6300 },
    ],
    ["another MRZ, in other words", { authenticate: "6700" }, { kind: "wrongPassword" }],
    ["a short nonce", { challenge: "460819889000" }, { kind: "bacMalformed", step: "getChallenge" }],
    ["a long nonce", { challenge: `${rndIc}009000` }, { kind: "bacMalformed", step: "getChallenge" }],
    ["nothing but success", { authenticate: "9000" }, { kind: "bacMalformed", step: "externalAuthenticate" }],
    [
      "an answer a byte too long",
      { authenticate: `${vector.eIc}${vector.mIc}009000` },
      { kind: "bacMalformed", step: "externalAuthenticate" },
    ],
    [
      "success without the key",
      { authenticate: `${"00".repeat(40)}9000` },
      { kind: "hostileChip", why: "mac" },
    ],
    [
      "our own question back",
      { authenticate: `${vector.eIfd}${vector.mIfd}9000` },
      { kind: "hostileChip", why: "nonce" },
    ],
    [
      "the nonce of another run",
      { authenticate: () => sealed(hex(`${rndIc}FFFFFFFFFFFFFFFF${kIc}`)) },
      { kind: "hostileChip", why: "nonce" },
    ],
    [
      "another nonce of the chip's own",
      { authenticate: () => sealed(hex(`FFFFFFFFFFFFFFFF${rndIfd}${kIc}`)) },
      { kind: "hostileChip", why: "nonce" },
    ],
    [
      "our own key back, which would make the session's known to all",
      { authenticate: () => sealed(hex(rndIc + rndIfd + kIfd)) },
      { kind: "hostileChip", why: "reflectedKey" },
    ],
  ])("%s", (_, answers, error) => {
    expect(bad(open(chipSaying(answers)))).toEqual(error);
  });

  test("an answer with any bit turned", () => {
    const whole = hex(vector.eIc + vector.mIc);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const turned = toHex(flipped(whole, bit >> 3, bit & 7));
      expect(bad(open(chipSaying({ authenticate: `${turned}9000` })))).toEqual({
        kind: "hostileChip",
        why: "mac",
      });
    }
  });

  test("answers at random: a typed failure, never a session, never a throw", () => {
    const answer = fc
      .tuple(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(0x9000, 0x6300, 0x6a88, 0x6f00))
      .map(([data, sw]) => toHex(concat(data, Uint8Array.of(sw >> 8, sw & 0xff))));
    fc.assert(
      fc.property(answer, fc.option(answer, { nil: undefined }), (authenticate, challenge) => {
        const answers = challenge === undefined ? { authenticate } : { authenticate, challenge };
        expect(open(chipSaying(answers)).ok).toBe(false);
      }),
    );
  });
});

describe("secrets", () => {
  test("of ours are wiped, however it ends; the password stays the caller's", () => {
    for (const authenticate of [`${vector.eIc}${vector.mIc}9000`, "6300", "9000"]) {
      const key = hex(kIfd);
      const drawn = [hex(rndIfd), key];
      const password = PASSWORD.slice();
      play(
        basicAccess(password, { bytes: () => drawn.shift() ?? new Uint8Array(0) }),
        chipSaying({ authenticate }),
      );
      expect(key).toEqual(new Uint8Array(16));
      expect(password).toEqual(PASSWORD);
    }
  });

  test("are wiped too when the card is lost and the protocol given up", () => {
    const key = hex(kIfd);
    const drawn = [hex(rndIfd), key];
    const protocol = basicAccess(PASSWORD, { bytes: () => drawn.shift() ?? new Uint8Array(0) });
    protocol.next();
    protocol.next({ data: new Uint8Array(0), sw: 0x9000 });
    protocol.next({ data: hex(rndIc), sw: 0x9000 });
    expect(toHex(key)).toBe(kIfd);
    protocol.return({ ok: false, error: { kind: "bacRefused", step: "externalAuthenticate", sw: 0 } });
    expect(key).toEqual(new Uint8Array(16));
  });
});
