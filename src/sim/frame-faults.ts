/**
 * What can become of a frame between the chip and its host: one pure function of bytes for each kind of damage
 * (UM0701-02 §6.2.1). `faults.ts` lets them strike by chance; a test that wants one exactly calls it by name.
 * All of them expect a frame as `frame-codec.ts` makes it and give another one, never a throw.
 */
import { concat } from "../bytes/bytes.ts";
import { encodePacket } from "./frame-codec.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Preamble 00 and start code 00 FF. */
const HEAD_BYTES = 3;
const START_CODE = [0x00, 0xff] as const;
const TFI_TO_CHIP = 0xd4;
/** Longer preambles than this are nobody's. */
export const MAX_EXTRA_PREAMBLE_BYTES = 20;
const MAX_JUNK_BYTES = 4;
/** One more than the firmware takes or sends. */
const ILLEGAL_PACKET_BYTES = 266;

/** The frame behind `extraBytes` more bytes of preamble. */
export const withPreamble = (frame: Uint8Array, extraBytes: number): Uint8Array =>
  concat(new Uint8Array(extraBytes), frame);

/** `00 FF` comes first. */
export const withoutPreamble = (frame: Uint8Array): Uint8Array => frame.slice(1);

/** The frame behind bytes that are none of it. */
export const behindJunk = (frame: Uint8Array, junk: Uint8Array): Uint8Array => concat(junk, frame);

/** LEN and LCS do not add up to zero. */
const withWrongLengthChecksum = (frame: Uint8Array): Uint8Array => changed(frame, packetStart(frame) - 1);

/** TFI to DCS do not add up to zero. */
const withWrongDataChecksum = (frame: Uint8Array): Uint8Array => changed(frame, frame.length - 2);

/** What follows DCS is not 00. */
const withWrongPostamble = (frame: Uint8Array): Uint8Array => changed(frame, frame.length - 1);

/** As if the host had sent it, its checksum right. */
const withWrongDirection = (frame: Uint8Array): Uint8Array =>
  encodePacket(concat(Uint8Array.of(TFI_TO_CHIP), packetOf(frame).slice(1)));

/** The answer to another command, its checksum right. */
const withWrongCode = (frame: Uint8Array): Uint8Array => encodePacket(changed(packetOf(frame), 1));

/** The extended form, which is allowed for short packets also. */
export const inExtendedForm = (frame: Uint8Array): Uint8Array => encodePacket(packetOf(frame), "extended");

/** A packet of zeros behind TFI, of so many bytes: what fits no buffer, or nobody's answer. */
export const ofLength = (frame: Uint8Array, packetBytes: number): Uint8Array => {
  const packet = new Uint8Array(packetBytes);
  packet.set(packetOf(frame).subarray(0, Math.min(1, packetBytes)));
  return encodePacket(packet);
};

/** The beginning alone. */
export const truncated = (frame: Uint8Array, lengthBytes: number): Uint8Array => frame.slice(0, lengthBytes);

function packetStart(frame: Uint8Array): number {
  const isExtended = frame[HEAD_BYTES] === 0xff && frame[HEAD_BYTES + 1] === 0xff;
  return HEAD_BYTES + (isExtended ? 5 : 2);
}

/** TFI and what follows, without DCS. */
const packetOf = (frame: Uint8Array): Uint8Array => frame.slice(packetStart(frame), -2);

/** One byte differs in its lowest bit. */
function changed(bytes: Uint8Array, index: number): Uint8Array {
  const damaged = bytes.slice();
  damaged[index] = (damaged[index] ?? 0) ^ 0x01;
  return damaged;
}

/** Damage that strikes a frame by chance. */
export type FrameFault = keyof typeof DAMAGE;

interface Damage {
  /** An acknowledgement has no packet to be damaged. */
  readonly strikes: "anyFrame" | "responses";
  readonly apply: (frame: Uint8Array, random: SeededRandom) => Uint8Array;
}

const DAMAGE = {
  extraPreamble: {
    strikes: "anyFrame",
    apply: (frame, random) => withPreamble(frame, 1 + random.below(MAX_EXTRA_PREAMBLE_BYTES)),
  },
  missingPreamble: { strikes: "anyFrame", apply: withoutPreamble },
  junkBefore: {
    strikes: "anyFrame",
    apply: (frame, random) => behindJunk(frame, junk(random)),
  },
  wrongLengthChecksum: { strikes: "responses", apply: withWrongLengthChecksum },
  wrongDataChecksum: { strikes: "responses", apply: withWrongDataChecksum },
  wrongDirection: { strikes: "responses", apply: withWrongDirection },
  wrongCode: { strikes: "responses", apply: withWrongCode },
  wrongPostamble: { strikes: "anyFrame", apply: withWrongPostamble },
  needlesslyExtended: { strikes: "responses", apply: inExtendedForm },
  illegalLength: {
    strikes: "responses",
    apply: (frame, random) => ofLength(frame, random.pick([0, 1, ILLEGAL_PACKET_BYTES])),
  },
  truncatedFrame: {
    strikes: "anyFrame",
    apply: (frame, random) => truncated(frame, random.below(frame.length)),
  },
} as const satisfies Record<string, Damage>;

/** Bytes without a start code, nor the beginning of one. */
const junk = (random: SeededRandom): Uint8Array =>
  random
    .bytes(1 + random.below(MAX_JUNK_BYTES))
    .map((byte) => (START_CODE.some((part) => part === byte) ? 0xa5 : byte));

const isFrameFault = (name: string): name is FrameFault => name in DAMAGE;
const ALL = Object.keys(DAMAGE).filter(isFrameFault);

/** The kinds that can befall a frame of this content, always in the same order. */
export const FRAME_FAULTS: Readonly<Record<"ack" | "response", readonly FrameFault[]>> = {
  ack: ALL.filter((kind) => DAMAGE[kind].strikes === "anyFrame"),
  response: ALL,
};

/** The frame as that kind of damage leaves it. */
export const damagedBy = (kind: FrameFault, frame: Uint8Array, random: SeededRandom): Uint8Array =>
  DAMAGE[kind].apply(frame, random);
