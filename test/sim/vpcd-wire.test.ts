import fc from "fast-check";
import { expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { encodeVpcdMessage, VpcdStream } from "../../src/sim/vpcd-wire.ts";

test("a message goes behind its length, the more significant byte first", () => {
  expect(encodeVpcdMessage(hex("04"))).toEqual(hex("0001 04"));
  expect(encodeVpcdMessage(new Uint8Array(0x1234)).subarray(0, 2)).toEqual(hex("1234"));
  expect(encodeVpcdMessage(new Uint8Array(0xffff)).subarray(0, 2)).toEqual(hex("FFFF"));
});

test("a message of nothing, or of more than two bytes can count, is none", () => {
  expect(() => encodeVpcdMessage(new Uint8Array(0))).toThrow(RangeError);
  expect(() => encodeVpcdMessage(new Uint8Array(0x1_0000))).toThrow(RangeError);
});

test("any chunking of the stream gives the same messages", () => {
  const message = fc.uint8Array({ minLength: 1, maxLength: 600 });
  const sizes = fc.array(fc.integer({ min: 1, max: 400 }));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), sizes, (messages, cuts) => {
      let bytes = concat(...messages.map(encodeVpcdMessage));
      const stream = new VpcdStream();
      const seen: unknown[] = [];
      for (const size of [...cuts, Number.POSITIVE_INFINITY]) {
        seen.push(...(stream.push(bytes.subarray(0, size)) ?? ["refused"]));
        bytes = bytes.subarray(Math.min(size, bytes.length));
      }
      expect(seen).toEqual(messages);
    }),
  );
});

test("a message of no bytes ends the stream", () => {
  const stream = new VpcdStream();
  expect(stream.push(hex("0001 04 00"))).toEqual([hex("04")]);
  expect(stream.push(hex("00"))).toBeUndefined();
});
