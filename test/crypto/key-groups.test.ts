/** The groups of documents: their numbers against OpenSSL's, their arithmetic against @noble/curves, and hostile elements. */
import { createECDH, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readTlvs } from "../../src/bytes/ber-tlv.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { inverse, modulo, power, toFixedBytes, toInteger } from "../../src/crypto/big-endian.ts";
import { CURVES, type CurveName } from "../../src/crypto/curves.table.ts";
import { dhGroup } from "../../src/crypto/dh-group.ts";
import { DH_GROUPS } from "../../src/crypto/dh-groups.table.ts";
import { ecGroup } from "../../src/crypto/ec-group.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { NOBLE } from "../emrtd/noble-curves.ts";
import { CURVE_NAMES, DH_NAMES } from "./group-names.ts";

const integerOf = (digits: string) => toInteger(hex(digits));

/** The numbers of an elliptic curve as OpenSSL spells them out in a key of its own making. */
function opensslNumbers(namedCurve: CurveName) {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve, paramEncoding: "explicit" });
  const sequence = (content: Uint8Array | undefined) => {
    const parts = readTlvs(content ?? new Uint8Array(0));
    if (!parts.ok) throw new Error("OpenSSL writes DER");
    return parts.value.map(({ value }) => value);
  };
  const [key] = sequence(publicKey.export({ format: "der", type: "spki" }));
  const [algorithm] = sequence(key);
  const [, parameters] = sequence(algorithm);
  const [, field, coefficients, generator = new Uint8Array(0), n = new Uint8Array(0), h] =
    sequence(parameters);
  const [, p = new Uint8Array(0)] = sequence(field);
  const [a = new Uint8Array(0), b = new Uint8Array(0)] = sequence(coefficients);
  return { p, a, b, n, generator, cofactor: toInteger(h ?? new Uint8Array(0)) };
}

describe.each(CURVE_NAMES)("%s", (name) => {
  const group = ecGroup(name);
  const point = NOBLE[name];

  test("has the numbers that OpenSSL has for it", () => {
    const { p, a, b, n, generator, cofactor } = opensslNumbers(name);
    const row = CURVES[name];
    expect([row.p, row.a, row.b, row.n].map(integerOf)).toEqual([p, a, b, n].map(toInteger));
    expect(toHex(group.generator)).toBe(toHex(generator));
    expect(cofactor).toBe(1n);
  });

  test("multiplies and adds as @noble/curves does", () => {
    let element = group.generator;
    for (let run = 0; run < 50; run++) {
      const secret = group.newSecret(systemRandom);
      const theirs = point.fromBytes(element);
      const product = group.times(secret, element) ?? new Uint8Array(0);
      expect(toHex(product)).toBe(toHex(theirs.multiply(toInteger(secret)).toBytes(false)));
      const sum = group.plus(product, element) ?? new Uint8Array(0);
      expect(toHex(sum)).toBe(toHex(point.fromBytes(product).add(theirs).toBytes(false)));
      expect([group.isElement(product), group.isElement(sum)]).toEqual([true, true]);
      element = sum;
    }
  });

  test("doubles a point added to itself and has no sum of opposites", () => {
    const { generator } = group;
    const double = group.plus(generator, generator) ?? new Uint8Array(0);
    expect(toHex(double)).toBe(toHex(point.BASE.double().toBytes(false)));
    expect(group.plus(generator, point.BASE.negate().toBytes(false))).toBeUndefined();
  });

  test("takes secrets modulo the order", () => {
    const n = integerOf(CURVES[name].n);
    const longer = toFixedBytes(n + 5n, 80);
    expect(group.times(longer, group.generator)).toEqual(group.times(Uint8Array.of(5), group.generator));
    expect(group.times(toFixedBytes(n, 80), group.generator)).toBeUndefined();
    expect(group.times(new Uint8Array(16), group.generator)).toBeUndefined();
  });

  test("refuses what is no point of it", () => {
    const { generator } = group;
    const ours = createECDH(name).generateKeys();
    expect(group.isElement(ours)).toBe(true);
    const offCurve = generator.slice();
    offCurve[offCurve.length - 1] = (offCurve.at(-1) ?? 0) ^ 1;
    const compressed = point.BASE.toBytes(true);
    const hybrid = concat(Uint8Array.of(6 + ((generator.at(-1) ?? 0) & 1)), generator.subarray(1));
    const p = integerOf(CURVES[name].p);
    const fieldBytes = (generator.length - 1) / 2;
    const zeros = new Uint8Array(generator.length);
    const beyondField = concat(
      Uint8Array.of(4),
      toFixedBytes(p, fieldBytes),
      generator.subarray(1 + fieldBytes),
    );
    const longer = concat(generator, Uint8Array.of(0));
    const hostile = [
      offCurve,
      compressed,
      hybrid,
      zeros,
      Uint8Array.of(0),
      beyondField,
      longer,
      generator.slice(1),
    ];
    expect(hostile.map((bytes) => group.isElement(bytes))).toEqual(hostile.map(() => false));
  });
});

describe.each(DH_NAMES)("%s", (name) => {
  const group = dhGroup(name);
  const p = integerOf(DH_GROUPS[name].p);
  const q = integerOf(DH_GROUPS[name].q);
  const g = integerOf(DH_GROUPS[name].g);
  const lengthBytes = group.generator.length;
  const bytes = (value: bigint) => toFixedBytes(value, lengthBytes);

  test("is a subgroup of prime order", () => {
    expect((p - 1n) % q).toBe(0n);
    expect(power(g, q, p)).toBe(1n);
    expect(group.isElement(group.generator)).toBe(true);
  });

  test("raises and multiplies as plain integers do", () => {
    let element = group.generator;
    for (let run = 0; run < 10; run++) {
      const secret = group.newSecret(systemRandom);
      const expected = power(toInteger(element), toInteger(secret), p);
      const product = group.times(secret, element) ?? new Uint8Array(0);
      expect(toHex(product)).toBe(toHex(bytes(expected)));
      const sum = group.plus(product, element) ?? new Uint8Array(0);
      expect(toInteger(sum)).toBe((expected * toInteger(element)) % p);
      element = sum;
    }
  });

  test("takes secrets modulo the order", () => {
    expect(group.times(bytes(q + 5n), group.generator)).toEqual(
      group.times(Uint8Array.of(5), group.generator),
    );
    expect(group.times(bytes(q), group.generator)).toBeUndefined();
    expect(group.plus(bytes(g), bytes(inverse(g, p)))).toBeUndefined();
  });

  test("refuses what is not in the subgroup, above all elements of small order", () => {
    const outside = [0n, 1n, p - 1n, p, p + g].map((value) => toFixedBytes(value, lengthBytes + 1).slice(1));
    // Every power of the cofactor's complement has an order that divides the cofactor.
    const small = [2n, 3n, 5n].map((base) => bytes(power(base, q, p)));
    const shortened = group.generator.subarray(1);
    const longer = concat(Uint8Array.of(0), group.generator);
    const hostile = [...outside, ...small, bytes(p - g), shortened, longer, new Uint8Array(0)];
    expect(hostile.map((value) => group.isElement(value))).toEqual(hostile.map(() => false));
  });
});

test("secrets are spread over the whole order, with leading zeros kept", () => {
  const draws = [hex("0000000000000000000000000000000000000000"), hex("00".repeat(19).concat("07"))];
  const secret = dhGroup("modp1024-160").newSecret({ bytes: () => draws.shift() ?? new Uint8Array(20) });
  expect(toHex(secret)).toBe("00".repeat(19).concat("07"));
});

test("a broken random generator ends the program instead of giving a weak secret", () => {
  expect(() => ecGroup("brainpoolP256r1").newSecret({ bytes: (count) => new Uint8Array(count) })).toThrow();
});

test("the integrated mapping has no value where its formula divides by zero", () => {
  const group = ecGroup("brainpoolP256r1");
  expect(group.fromNumber(new Uint8Array(48))).toBeUndefined();
  expect(group.fromNumber(Uint8Array.of(1))).toBeUndefined();
  expect(dhGroup("modp1024-160").fromNumber(Uint8Array.of(1))).toBeUndefined();
  expect(() => ecGroup("secp224r1").fromNumber(Uint8Array.of(2))).toThrow();
});

test("inverses and remainders modulo a prime", () => {
  for (const value of [1n, 2n, 1_000n, 65_536n, -3n]) {
    expect(modulo(value * inverse(value, 65_537n), 65_537n)).toBe(1n);
  }
  expect(inverse(0n, 65_537n)).toBe(0n);
  expect(() => toFixedBytes(256n, 1)).toThrow();
});
