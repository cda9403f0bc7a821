import fc from "fast-check";
import { expect, test } from "vitest";
import { parseBase64Url, toBase64Url } from "../../src/bytes/base64url.ts";

test.each([
  // RFC 4648 §10, without padding.
  ["", ""],
  ["f", "Zg"],
  ["fo", "Zm8"],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg"],
  ["fooba", "Zm9vYmE"],
  ["foobar", "Zm9vYmFy"],
])("%j is written %j", (text, encoded) => {
  expect(toBase64Url(new TextEncoder().encode(text))).toBe(encoded);
});

test("any bytes come back, in the platform's own spelling", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const text = toBase64Url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64url"));
      expect(parseBase64Url(text)).toEqual(bytes);
    }),
  );
});

test.each(["A", "AAAAA", "AA=", "A+AA", "A/AA", "AA A", "AB", "AAB"])(
  "%j is refused: not base64url, or not the one spelling",
  (text) => {
    expect(parseBase64Url(text)).toBeUndefined();
  },
);
