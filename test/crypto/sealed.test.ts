import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Secret } from "../../src/bytes/secret.ts";
import { type SealContext, seal, unseal } from "../../src/crypto/sealed.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";

const key = (fill: number) => ({ keyId: "k1", key: new Secret(new Uint8Array(32).fill(fill)) });
const context: SealContext = {
  siteKey: key(1),
  purpose: "cardAccessNumber",
  pseudonym: new Uint8Array(32).fill(2),
};
const CAN = new TextEncoder().encode("123456");

test("what was sealed opens with the same key and holder", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(), (secret, seed) => {
      expect(unseal(seal(secret, context, new SeededRandom(seed)), context)).toEqual(secret);
    }),
  );
});

test("it shows nothing of the secret, and never the same twice", () => {
  const random = new SeededRandom(1);
  const sealed = [seal(CAN, context, random), seal(CAN, context, random)];
  for (const each of sealed) expect(Buffer.from(each).includes(Buffer.from(CAN))).toBe(false);
  expect(sealed[0]).not.toEqual(sealed[1]);
});

describe("it does not open", () => {
  const sealed = seal(CAN, context, new SeededRandom(1));

  test("for another holder, so that a row copied over another is worth nothing", () => {
    expect(unseal(sealed, { ...context, pseudonym: new Uint8Array(32).fill(3) })).toBeUndefined();
  });

  test("under another site key", () => {
    expect(unseal(sealed, { ...context, siteKey: key(9) })).toBeUndefined();
  });

  test("with any bit changed, or cut", () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unseal(changed, context)).toBeUndefined();
    }
    for (let length = 0; length < sealed.length; length++)
      expect(unseal(sealed.subarray(0, length), context)).toBeUndefined();
  });
});
