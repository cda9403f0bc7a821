import fc from "fast-check";
import { expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import {
  CARD_OBJECT,
  children,
  octets,
  oid,
  parseAsn1,
  parseWhole,
  rawBytes,
  time,
} from "../../src/pki/asn1.ts";
import { scanAsn1 } from "../../src/pki/asn1-scan.ts";
import { parseInstant } from "../../src/time/parse-iso-8601.ts";
import { bad, good } from "../good.ts";
import { ascii } from "./makers.ts";

const why = (bytes: Uint8Array, limits = CARD_OBJECT) => bad(parseAsn1(bytes, limits)).why;
const nested = (levels: number): Uint8Array => concat(...Array<Uint8Array>(levels).fill(hex("3080")));

test("an element ends at its own length, and what lies behind it is filler", () => {
  const element = good(parseAsn1(hex("3003020105 FFFF00"), CARD_OBJECT));
  expect(toHex(rawBytes(element))).toBe("3003020105");
  expect(bad(parseWhole(hex("3003020105 00"), CARD_OBJECT))).toEqual({
    kind: "asn1",
    why: "malformed",
    offset: 5,
  });
});

test("indefinite lengths and strings in parts are read, and the original bytes are kept", () => {
  const bytes = hex("3080 2480 0402 0102 0401 03 0000 020105 0000");
  const element = good(parseAsn1(bytes, CARD_OBJECT));
  expect(rawBytes(element)).toEqual(bytes);
  const [string, number] = children(element);
  expect(octets(string)).toEqual(hex("010203"));
  expect(number && toHex(rawBytes(number))).toBe("020105");
});

test.each([
  ["nothing", "", "truncated"],
  ["a tag alone", "30", "truncated"],
  ["a length cut off", "3082 01", "truncated"],
  ["less content than announced", "3004 0201", "truncated"],
  ["a part that reaches over its whole", "3004 3005 020105 0500", "overrun"],
  ["a part that reaches over its whole, deeper", "3006 3004 0403 0102 0500", "overrun"],
  ["a length of five bytes", "3085 0000000001 00", "unsupported"],
  ["a reserved length", "30FF 00", "unsupported"],
  ["a tag of five bytes", "3F FFFFFFFF01 00", "unsupported"],
  ["a primitive without an end", "0480 0000", "unsupported"],
  ["an end that nobody waits for", "3002 0000", "malformed"],
  ["an indefinite length without its end", "3080 020105", "truncated"],
  ["a constructed number", "2203 020105", "malformed"],
])("%s is refused", (_, text, expected) => {
  expect(why(hex(text))).toBe(expected);
});

test("bombs are refused before anything is built", () => {
  const started = performance.now();
  expect(why(nested(10_000))).toBe("tooDeep");
  expect(why(new Uint8Array(65_537))).toBe("tooLong");
  const million = concat(
    hex("30831E8480"),
    new Uint8Array(2_000_000).map((_, at) => (at % 2 === 0 ? 0x30 : 0)),
  );
  expect(why(million, { maxBytes: 4_000_000, maxElements: 50_000 })).toBe("tooMany");
  expect(performance.now() - started).toBeLessThan(2_000);
});

test("an identifier of more than 64 bytes, each of which would be an object of the parser's, is refused", () => {
  const identifier = (bytes: number) => concat(Uint8Array.of(0x06, bytes), new Uint8Array(bytes).fill(0x2a));
  expect(good(parseAsn1(identifier(64), CARD_OBJECT))).toBeDefined();
  expect(why(identifier(65))).toBe("unsupported");
});

test("32 levels are taken and 33 are not", () => {
  const levels = (count: number): Uint8Array => {
    let element = hex("0500");
    for (let level = 0; level < count; level++)
      element = concat(Uint8Array.of(0x30, element.length), element);
    return element;
  };
  expect(parseAsn1(levels(32), CARD_OBJECT).ok).toBe(true);
  expect(why(levels(33))).toBe("tooDeep");
});

test("exactly as many elements as the limit says are taken", () => {
  const three = hex("3004 0500 0500");
  expect(scanAsn1(three, { maxBytes: 100, maxElements: 3 })).toEqual({ ok: true, value: 6 });
  expect(bad(scanAsn1(three, { maxBytes: 100, maxElements: 2 })).why).toBe("tooMany");
});

test.each([
  ["UTCTime of this century", 0x17, "260528062845Z", "2026-05-28T06:28:45Z"],
  ["UTCTime of the last", 0x17, "500101000000Z", "1950-01-01T00:00:00Z"],
  ["UTCTime without seconds and with an offset", 0x17, "1001010230+0100", "2010-01-01T02:30:00+01:00"],
  ["GeneralizedTime", 0x18, "20500725080000Z", "2050-07-25T08:00:00Z"],
])("%s is read", (_, tag, written, expected) => {
  const element = good(parseAsn1(concat(Uint8Array.of(tag, written.length), ascii(written)), CARD_OBJECT));
  expect(time(element)).toBe(parseInstant(expected));
});

test.each(["261328062845Z", "260230000000Z", "2605280628", "", "260528062845", "yymmddhhmmssZ"])(
  "%s is no time",
  (written) => {
    const element = parseAsn1(concat(Uint8Array.of(0x17, written.length), ascii(written)), CARD_OBJECT);
    expect(element.ok ? time(element.value) : undefined).toBeUndefined();
  },
);

test("an object identifier that is none is no name for anything", () => {
  const empty = parseAsn1(hex("0600"), CARD_OBJECT);
  expect(empty.ok ? oid(empty.value) : "").toBe("");
});

test("any bytes are answered without a throw, and what is accepted was walked to its end", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const element = parseAsn1(bytes, CARD_OBJECT);
      if (element.ok)
        expect(rawBytes(element.value)).toEqual(bytes.subarray(0, good(scanAsn1(bytes, CARD_OBJECT))));
    }),
    { numRuns: 2_000 },
  );
});
