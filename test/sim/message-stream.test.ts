import fc from "fast-check";
import { expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { encodeMessage, MessageStream } from "../../src/sim/message-stream.ts";

test("any chunking of the stream gives the same messages", () => {
  const message = fc.record({
    type: fc.nat(255),
    request: fc.nat(0xffff),
    payload: fc.uint8Array({ maxLength: 40 }),
  });
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 30 })),
      (messages, sizes) => {
        let bytes = concat(...messages.map(encodeMessage));
        const stream = new MessageStream();
        const seen: unknown[] = [];
        for (const size of [...sizes, Number.POSITIVE_INFINITY]) {
          seen.push(...(stream.push(bytes.subarray(0, size)) ?? ["refused"]));
          bytes = bytes.subarray(Math.min(size, bytes.length));
        }
        expect(seen).toEqual(messages);
      },
    ),
  );
});

test("a length that no message has ends the stream", () => {
  expect(new MessageStream().push(Uint8Array.of(2, 0, 0, 0, 1, 0))).toBeUndefined();
  expect(new MessageStream().push(Uint8Array.of(0xff, 0xff, 0xff, 0xff))).toBeUndefined();
});
