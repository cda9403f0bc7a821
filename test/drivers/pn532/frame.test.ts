import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ACK,
  type Decoded,
  decodeFrame,
  encodeFrame,
  MAX_COMMAND_BYTES,
  NACK,
} from "../../../drivers/pn532/frame.ts";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import vectors from "../../vectors/pn532-frames.json" with { type: "json" };

/** The chip's side of a frame: same shape, other identifier and so another checksum. */
function fromChip(payload: Uint8Array): Uint8Array {
  const frame = encodeFrame(payload);
  const at = frame.length - 2 - payload.length - 1;
  frame[at] = 0xd5;
  frame[frame.length - 2] = ((frame[frame.length - 2] ?? 0) - 1) & 0xff;
  return frame;
}

/** All frames of a stream, with what was corrupt left out, as a reader of a serial line would see them. */
function framesOf(stream: Uint8Array): readonly string[] {
  const seen: string[] = [];
  let offset = 0;
  for (;;) {
    const decoded = decodeFrame(stream, offset);
    if (decoded.kind === "needMore") return seen;
    offset += decoded.used;
    if (decoded.kind !== "corrupt") seen.push(describeFrame(decoded));
  }
}

const describeFrame = (decoded: Decoded): string =>
  decoded.kind === "data" ? `${decoded.direction} ${toHex(decoded.payload)}` : decoded.kind;

const payload = fc.uint8Array({ minLength: 1, maxLength: MAX_COMMAND_BYTES });
/** A frame of one byte after the identifier stays a frame; anything shorter cannot be encoded. */
const chipFrame = fc.oneof(payload.map(fromChip), fc.constant(ACK), fc.constant(hex("0000FF01FF7F8100")));

describe("worked frames", () => {
  const data = vectors.filter((vector) => vector.kind === "data");

  test.each(data)("decodes $what ($source)", ({ frame, direction, payload: text }) => {
    const bytes = hex(frame);
    expect(decodeFrame(bytes, 0)).toEqual({
      kind: "data",
      used: bytes.length,
      direction,
      payload: hex(text ?? ""),
    });
  });

  test.each(data.filter((vector) => vector.direction === "toChip"))("encodes $what ($source)", (vector) => {
    expect(toHex(encodeFrame(hex(vector.payload ?? "")))).toBe(vector.frame.replaceAll(" ", ""));
  });

  test.each(vectors.filter((vector) => vector.kind !== "data"))(
    "decodes $what ($source)",
    ({ frame, kind }) => {
      expect(decodeFrame(hex(frame), 0).kind).toBe(kind);
    },
  );

  test("ACK and NACK of the host are those of the manual", () => {
    expect([toHex(ACK), toHex(NACK)]).toEqual(["0000FF00FF00", "0000FFFF0000"]);
  });
});

describe("lengths", () => {
  test.each([1, 2, 253, 254])("a payload of %i bytes makes a normal frame", (lengthBytes) => {
    const frame = encodeFrame(new Uint8Array(lengthBytes));
    expect([frame.length, frame[3]]).toEqual([lengthBytes + 8, lengthBytes + 1]);
  });

  test.each([255, 264])("a payload of %i bytes makes an extended frame", (lengthBytes) => {
    const frame = encodeFrame(new Uint8Array(lengthBytes));
    expect(frame.length).toBe(lengthBytes + 11);
    expect([...frame.subarray(3, 5)]).toEqual([0xff, 0xff]);
  });

  test("the longest frame begins as the line test of 262 bytes is seen on the wire: FF FF 01 09 F6", () => {
    expect(toHex(encodeFrame(new Uint8Array(264)).subarray(3, 8))).toBe("FFFF0109F6");
  });

  test.each([0, 265])("a payload of %i bytes is a defect of the caller", (lengthBytes) => {
    expect(() => encodeFrame(new Uint8Array(lengthBytes))).toThrow();
  });

  test("an extended frame with a length that a normal one could carry is legal", () => {
    const frame = hex("0000FF FFFF 0003 FD D50390 98 00");
    expect(decodeFrame(frame, 0)).toMatchObject({ kind: "data", payload: hex("0390") });
  });

  test.each([
    ["length 0", "0000FF 0000 00", "length"],
    ["length 1 that is no error frame", "0000FF 01FF D5 2B 00", "length"],
    ["extended length 266", "0000FF FFFF 010A F5 D5", "length"],
    ["extended length 65535", "0000FF FFFF FFFF 02 D5", "length"],
    ["length checksum", "0000FF 02FF D4022A00", "lengthChecksum"],
    ["extended length checksum", "0000FF FFFF 0109F7 D5", "lengthChecksum"],
    ["data checksum", "0000FF 02FE D4022B00", "dataChecksum"],
    ["identifier", "0000FF 02FE D6022800", "identifier"],
    ["postamble", "0000FF 02FE D4022A01", "postamble"],
  ])("refuses a wrong %s", (_, frame, why) => {
    expect(decodeFrame(hex(frame), 0)).toMatchObject({ kind: "corrupt", why });
  });
});

describe("finding a frame", () => {
  const answer = hex("00FF06FAD50332010607E800");

  test.each(Array.from({ length: 21 }, (_, count) => count))("after %i bytes of preamble", (count) => {
    const bytes = concat(new Uint8Array(count), answer);
    expect(decodeFrame(bytes, 0)).toMatchObject({ kind: "data", used: bytes.length });
  });

  test("after junk of the status phase", () => {
    expect(decodeFrame(concat(hex("01AA80FF"), answer), 0)).toMatchObject({ kind: "data" });
  });

  test("inside the rubble of a damaged one, one byte later", () => {
    expect(framesOf(concat(hex("00FF06FBD503"), answer, hex("00")))).toEqual(["toHost 0332010607"]);
  });

  test("says how many bytes are missing once the length is known", () => {
    expect(decodeFrame(answer.subarray(0, 6), 0)).toEqual({ kind: "needMore", missingBytes: 6 });
    expect(decodeFrame(hex("000000"), 0)).toEqual({ kind: "needMore", missingBytes: 0 });
  });

  test("cut at every byte, a frame is never taken for a whole one", () => {
    for (let length = 0; length < answer.length; length++) {
      expect(decodeFrame(answer.subarray(0, length), 0).kind).toBe("needMore");
    }
  });
});

describe("properties", () => {
  test("decoding an encoded payload gives the payload", () => {
    fc.assert(
      fc.property(
        payload.filter((bytes) => bytes.length > 0),
        (bytes) => {
          const frame = encodeFrame(bytes);
          expect(decodeFrame(frame, 0)).toEqual({
            kind: "data",
            used: frame.length,
            direction: "toChip",
            payload: bytes,
          });
        },
      ),
    );
  });

  test("any chunking of a stream gives the same frames", () => {
    fc.assert(
      fc.property(fc.array(chipFrame, { maxLength: 4 }), fc.array(fc.nat(64)), (frames, chunkBytes) => {
        const stream = concat(...frames);
        const whole = framesOf(stream);
        expect(whole).toHaveLength(frames.length);
        expect(readInChunks(stream, chunkBytes)).toEqual(whole);
      }),
    );
  });

  test("no input throws, and every step moves on", () => {
    const hostile = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(
          hex("00FF"),
          hex("00FFFFFF"),
          hex("FFFF0109F6"),
          hex("00FF01FF"),
          hex("0000FF00FF00"),
        ),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(hostile, fc.nat(8), (parts, offset) => {
        const bytes = concat(...parts);
        const decoded = decodeFrame(bytes, offset);
        if (decoded.kind === "needMore") expect(decoded.missingBytes).toBeLessThanOrEqual(275);
        else {
          expect(decoded.used).toBeGreaterThan(0);
          expect(offset + decoded.used).toBeLessThanOrEqual(bytes.length);
        }
        framesOf(bytes);
      }),
    );
  });

  test("one flipped bit is never taken for the frame that was sent", () => {
    fc.assert(
      fc.property(payload, fc.nat(), (bytes, where) => {
        const frame = fromChip(bytes);
        const bit = where % (frame.length * 8);
        const damaged = frame.map((value, index) => (index === bit >> 3 ? value ^ (1 << (bit & 7)) : value));
        const decoded = decodeFrame(damaged, 0);
        // A flip in the preamble is harmless; anywhere else the frame must not come through.
        if (bit >= 8) expect(decoded).not.toMatchObject({ kind: "data", used: frame.length, payload: bytes });
      }),
    );
  });
});

/** Feeds a growing buffer, as a serial line does, and takes each frame as soon as it is whole. */
function readInChunks(stream: Uint8Array, chunkBytes: readonly number[]): readonly string[] {
  const seen: string[] = [];
  let buffer: Uint8Array = new Uint8Array(0);
  let offset = 0;
  for (const size of [...chunkBytes, stream.length]) {
    buffer = concat(buffer, stream.subarray(offset, offset + size));
    offset += size;
    for (;;) {
      const decoded = decodeFrame(buffer, 0);
      if (decoded.kind === "needMore") break;
      buffer = buffer.slice(decoded.used);
      if (decoded.kind !== "corrupt") seen.push(describeFrame(decoded));
    }
  }
  return seen;
}
