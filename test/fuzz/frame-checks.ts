/** What must hold when frames are cut out of arbitrary bytes, whole or in pieces (drivers/pn532/frame.ts, frame-inbox.ts). */
import { decodeFrame, MAX_COMMAND_BYTES, MAX_FRAME_BYTES } from "../../drivers/pn532/frame.ts";
import { FrameInbox, MAX_INBOX_BYTES } from "../../drivers/pn532/frame-inbox.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { DECODERS, type Decode } from "./decoders.ts";
import type { Check } from "./fuzz.ts";
import type { Witness } from "./witness.ts";

/** A stream is handed over in one piece more. */
const MAX_CUTS = 8;

/** The driver's own parts, or such with a planted defect. */
interface Parts {
  readonly decode: typeof decodeFrame;
  readonly decoders: readonly Decode[];
}

/**
 * Steps through an input as `decode` says. The input as it is, and the data of every frame in it, go to each
 * decoder: as views, so that there are bytes beyond them to be looked at by mistake.
 */
export function framesCheck(parts: Partial<Parts> = {}): Check {
  const { decode = decodeFrame, decoders = DECODERS } = parts;
  return {
    name: "frames",
    run(input, witness) {
      for (const read of decoders) read(input, witness);
      walk({ decode, decoders }, input, witness);
    },
  };
}

function walk({ decode, decoders }: Parts, input: Uint8Array, witness: Witness): void {
  for (let offset = 0; offset <= input.length; ) {
    const decoded = decode(input, offset);
    witness.word(decoded.kind === "corrupt" ? decoded.why : decoded.kind);
    if (decoded.kind === "needMore") {
      witness.number(decoded.missingBytes, 0, MAX_FRAME_BYTES);
      return;
    }
    const { used } = decoded;
    witness.number(used, 1, input.length - offset);
    if (decoded.kind === "data") {
      const { direction, payload } = decoded;
      witness.word(direction);
      witness.bytes(payload, MAX_COMMAND_BYTES);
      const frame = input.subarray(offset, offset + used);
      witness.holds(isFrameAround(payload, frame), "data come from a whole frame with right checksums");
      const answer = frame.subarray(used - 1 - payload.length, used - 2);
      for (const read of decoders) read(answer, witness);
    }
    offset += used;
  }
}

/** Whether the bytes end in a frame with this payload. Reckoned from the end, apart from the driver's way. */
function isFrameAround(payload: Uint8Array, bytes: Uint8Array): boolean {
  const bodyBytes = payload.length + 1;
  const bodyAt = bytes.length - 2 - bodyBytes;
  const body = bytes.subarray(bodyAt, bytes.length - 1);
  const sums = total(body) % 256 === 0 && bytes[bytes.length - 1] === 0x00;
  const same = payload.every((byte, index) => byte === body[index + 1]);
  const low = bodyBytes % 256;
  const high = (bodyBytes - low) / 256;
  const normal = [0x00, 0xff, bodyBytes, 256 - bodyBytes];
  const extended = [0x00, 0xff, 0xff, 0xff, high, low, (512 - high - low) % 256];
  return (
    sums && same && (endsIn(bytes.subarray(0, bodyAt), normal) || endsIn(bytes.subarray(0, bodyAt), extended))
  );
}

const endsIn = (bytes: Uint8Array, end: readonly number[]): boolean =>
  bytes.length >= end.length && end.every((byte, index) => byte === bytes[bytes.length - end.length + index]);

function total(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum;
}

/** A serial stream gives the same frames in one piece and in many; `Inbox` may have a planted defect. */
export const inboxCheck = (Inbox: typeof FrameInbox = FrameInbox): Check => ({
  name: "inbox",
  turn: { at: 0, of: 8 },
  run(input, witness, random) {
    const stream = input.subarray(0, MAX_INBOX_BYTES);
    const whole = framesOf(new Inbox(), [stream], witness);
    const pieces = framesOf(new Inbox(), cut(stream, random), witness);
    witness.holds(whole.length === pieces.length, "as many frames in pieces as in one");
    whole.forEach((frame, index) => {
      witness.bytes(frame, MAX_INBOX_BYTES);
      witness.holds(equal(frame, pieces[index]), "the same frame in pieces as in one");
    });
  },
});

function framesOf(inbox: FrameInbox, chunks: readonly Uint8Array[], witness: Witness): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (const chunk of chunks) {
    inbox.push(chunk);
    while (inbox.state === "frame") {
      const frame = inbox.take();
      witness.holds(frame.length > 0, "a frame has bytes");
      frames.push(frame);
    }
  }
  return frames;
}

function cut(stream: Uint8Array, random: SeededRandom): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let left = random.below(MAX_CUTS + 1); left > 0 && at < stream.length; left--) {
    const next = at + 1 + random.below(random.chance(0.5) ? 8 : stream.length - at);
    chunks.push(stream.subarray(at, next));
    at = next;
  }
  return [...chunks, stream.subarray(at)];
}

const equal = (left: Uint8Array, right: Uint8Array | undefined): boolean =>
  right?.length === left.length && left.every((byte, index) => byte === right[index]);
