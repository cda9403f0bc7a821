import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { largestRead, protectedAnswerBytes, smallerRead } from "../../src/emrtd/secure-messaging-sizes.ts";
import { ends, SUITES } from "./session-ends.ts";

const SHORT_ANSWER_BYTES = 256;

describe("the protected answer", () => {
  test.each([
    ["AES-128", 4, 35],
    ["3DES", 4, 27],
    ["AES-128", 95, 115],
    ["3DES", 95, 115],
    ["AES-256", 112, 148],
    ["3DES", 112, 139],
    ["AES-192", 223, 244],
    ["3DES", 223, 244],
    ["3DES", 231, 252],
    ["AES-128", 1_000, 1_029],
    ["3DES", 1_000, 1_029],
  ] as const)("under %s of %i bytes takes %i", (name, plainBytes, bytes) => {
    expect(protectedAnswerBytes(name, plainBytes)).toBe(bytes);
  });

  test("is as long as the chip makes it", () => {
    fc.assert(
      fc.property(fc.constantFrom(...SUITES), fc.integer({ min: 1, max: 3_000 }), (name, plainBytes) => {
        const made = ends(name).chip.answer(new Uint8Array(plainBytes), 0x9000);
        expect(protectedAnswerBytes(name, plainBytes)).toBe(made.length);
      }),
    );
  });
});

describe("the largest read", () => {
  test.each([
    ["3DES", 231],
    ["AES-128", 223],
    ["AES-192", 223],
    ["AES-256", 223],
  ] as const)("under %s with a short Le is %i bytes", (name, bytes) => {
    expect(largestRead(name, SHORT_ANSWER_BYTES)).toBe(bytes);
  });

  test("fits, and one byte more would not", () => {
    fc.assert(
      fc.property(fc.constantFrom(...SUITES), fc.integer({ min: 64, max: 65_536 }), (name, dataBytes) => {
        const bytes = largestRead(name, dataBytes);
        expect(protectedAnswerBytes(name, bytes)).toBeLessThanOrEqual(dataBytes + 2);
        expect(protectedAnswerBytes(name, bytes + 1)).toBeGreaterThan(dataBytes + 2);
      }),
    );
  });

  test.each([0, 1, 14, 20])("is nothing where not even an empty block fits: %i bytes", (dataBytes) => {
    for (const name of SUITES) expect(largestRead(name, dataBytes)).toBe(0);
  });
});

test("a size that fails is followed by a smaller one, to an end", () => {
  const tried: number[] = [];
  for (let size: number | undefined = 2_000; size !== undefined; size = smallerRead(size)) tried.push(size);
  expect(tried).toEqual([2_000, 223, 192, 160, 128, 112, 96]);
  expect(smallerRead(231)).toBe(223);
});
