import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameInbox, MAX_INBOX_BYTES } from "../../../drivers/pn532/frame-inbox.ts";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { ACK_FRAME, ERROR_FRAME, frame, NACK_FRAME, response } from "./frames.ts";

const VERSION = response("03 32010607");

/** What a stream holds, frame by frame, as an owner that always takes what is there would see it. */
function framesOf(chunks: readonly Uint8Array[]): readonly string[] {
  const inbox = new FrameInbox();
  const taken: string[] = [];
  for (const chunk of chunks) {
    inbox.push(chunk);
    while (inbox.state === "frame") taken.push(withoutPreamble(inbox.take()));
  }
  return taken;
}

/** From the start code on. */
const withoutPreamble = (bytes: Uint8Array): string => {
  const start = bytes.findIndex((value, index) => value === 0 && bytes[index + 1] === 0xff);
  return toHex(bytes.subarray(start));
};

/** The bytes cut into pieces of the given sizes, the rest in one. */
function cut(bytes: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...pieces, bytes.subarray(at)];
}

describe("frames out of a stream", () => {
  test("acknowledgement and response glued together are two", () => {
    expect(framesOf([concat(ACK_FRAME, VERSION)])).toEqual([
      withoutPreamble(ACK_FRAME),
      withoutPreamble(VERSION),
    ]);
  });

  test.each(Array.from({ length: 21 }, (_, count) => count))(
    "%i bytes of preamble are none of it",
    (count) => {
      const preamble = new Uint8Array(count);
      const stream = concat(preamble, ACK_FRAME.subarray(1), preamble, VERSION.subarray(1));
      expect(framesOf([stream])).toHaveLength(2);
    },
  );

  test("junk before a frame, between frames and behind them does no harm", () => {
    const junk = hex("55AA 00 FF 12 0102");
    expect(framesOf([concat(junk, ACK_FRAME, junk, VERSION, junk)])).toHaveLength(2);
  });

  test("any chunking gives the same frames", () => {
    const body = fc
      .uint8Array({ minLength: 1, maxLength: 264 })
      .map((data) => frame(concat(hex("D5"), data)));
    const one = fc.oneof(fc.constantFrom(ACK_FRAME, NACK_FRAME, ERROR_FRAME), body);
    fc.assert(
      fc.property(
        fc.array(one, { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat({ max: 40 }), { maxLength: 40 }),
        (frames, sizes) => {
          // A host never lets more than two of the longest wait.
          fc.pre(frames.reduce((total, { length }) => total + length, 0) <= MAX_INBOX_BYTES);
          expect(framesOf(cut(concat(...frames), sizes))).toEqual(frames.map(withoutPreamble));
        },
      ),
    );
  });
});

describe("bytes that are no whole frame", () => {
  const stateOf = (bytes: Uint8Array) => {
    const inbox = new FrameInbox();
    inbox.push(bytes);
    return inbox.state;
  };

  test("nothing at all, and preamble and junk without a start code, are nothing", () => {
    for (const text of ["", "00", "000000", "55AA12", "FF"]) expect(stateOf(hex(text))).toBe("nothing");
  });

  test("an answer that lost a byte of its start code has started, so that its end is not waited for", () => {
    expect(stateOf(hex("0000 03FD D54B00 E000"))).toBe("started");
    expect(stateOf(hex("00FF 0000 0000"))).toBe("started");
    expect(stateOf(hex("00 00 12 13 14 15"))).toBe("nothing");
  });

  test("a response cut at any byte behind its start code has started", () => {
    for (let length = 3; length < VERSION.length; length++)
      expect(stateOf(VERSION.subarray(0, length))).toBe("started");
  });

  test("a damaged frame has started, and is taken as it is", () => {
    const damaged = VERSION.map((value, index) => (index === 8 ? value ^ 1 : value));
    const inbox = new FrameInbox();
    inbox.push(damaged);
    expect(inbox.state).toBe("started");
    expect(inbox.take()).toEqual(damaged);
    expect(inbox.state).toBe("nothing");
  });

  test("a frame behind a damaged or broken-off one is found", () => {
    const damaged = VERSION.map((value, index) => (index === 4 ? value ^ 1 : value));
    expect(framesOf([concat(damaged, VERSION)])).toEqual([withoutPreamble(VERSION)]);
  });

  test("are forgotten when the owner says so", () => {
    const inbox = new FrameInbox();
    inbox.push(VERSION.subarray(0, 9));
    inbox.clear();
    inbox.push(VERSION);
    expect(inbox.take()).toEqual(VERSION);
  });

  test("beyond two of the longest frames the oldest are lost", () => {
    const inbox = new FrameInbox();
    inbox.push(new Uint8Array(10 * MAX_INBOX_BYTES).fill(0x55));
    expect(inbox.take()).toHaveLength(MAX_INBOX_BYTES);
  });

  test("never throw, whatever they are", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (chunks) => {
        const inbox = new FrameInbox();
        for (const chunk of chunks) inbox.push(chunk);
        for (let taken = 0; inbox.state === "frame"; taken++) {
          expect(taken).toBeLessThan(MAX_INBOX_BYTES);
          inbox.take();
        }
        expect(inbox.take().length).toBeLessThanOrEqual(MAX_INBOX_BYTES);
      }),
    );
  });
});
