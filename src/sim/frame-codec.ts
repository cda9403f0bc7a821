/**
 * PN532 frames as the chip sees them (UM0701-02 §6.2.1): takes apart what a host writes, puts together
 * what the chip answers. Written apart from the driver's codec on purpose: a mistake shared by both ends
 * would pass unseen.
 */
import { concat } from "../bytes/bytes.ts";
import { hex } from "../bytes/hex.ts";

export type HostFrame =
  | { readonly kind: "ack" }
  | { readonly kind: "nack" }
  | { readonly kind: "command"; readonly code: number; readonly parameters: Uint8Array };

export const ACK_FRAME = hex("00 00 FF 00 FF 00");
export const NACK_FRAME = hex("00 00 FF FF 00 00");
/** Syntax error at application level. */
export const ERROR_FRAME = hex("00 00 FF 01 FF 7F 81 00");

const TFI_TO_CHIP = 0xd4;
const TFI_TO_HOST = 0xd5;
/** Longest packet the firmware takes or sends, with the direction byte (TFI). */
const MAX_PACKET_BYTES = 265;
const MAX_NORMAL_PACKET_BYTES = 255;

/** Frames in one write of the host, in order. Damaged and foreign bytes are skipped without a word, as the chip does. */
export function decodeHostFrames(bytes: Uint8Array): readonly HostFrame[] {
  const frames: HostFrame[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const found = frameAt(bytes, offset);
    const whole = typeof found === "string" ? undefined : found;
    if (whole !== undefined) frames.push(whole.value);
    offset = whole?.end ?? offset + 1;
  }
  return frames;
}

/** The same for a stream: what may become a frame when more bytes come begins at `restAt`. */
export function takeHostFrames(bytes: Uint8Array): {
  readonly frames: readonly HostFrame[];
  readonly restAt: number;
} {
  const frames: HostFrame[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const found = frameAt(bytes, offset);
    if (found === "incomplete") break;
    if (found !== "nothing") frames.push(found.value);
    offset = found === "nothing" ? offset + 1 : found.end;
  }
  return { frames, restAt: offset };
}

/** A response frame for `code` (of the command) with `data` behind the response code; extended above 255 bytes. */
export const encodeResponse = (code: number, data: Uint8Array): Uint8Array =>
  encodePacket(concat(Uint8Array.of(TFI_TO_HOST, code + 1), data));

/** A frame round any packet, direction byte first; `form` is that of the shortest head unless it is asked for. */
export function encodePacket(
  packet: Uint8Array,
  form: "normal" | "extended" = packet.length <= MAX_NORMAL_PACKET_BYTES ? "normal" : "extended",
): Uint8Array {
  const head = form === "normal" ? normalHead(packet.length) : extendedHead(packet.length);
  return concat(hex("00 00 FF"), head, packet, Uint8Array.of(-sum(packet) & 0xff, 0));
}

interface Located {
  readonly value: HostFrame;
  readonly end: number;
}

/** `incomplete`: these bytes may begin a frame that goes on behind their end. */
type Found = Located | "incomplete" | "nothing";

/** The frame whose start code `00 FF` is at `offset`. */
function frameAt(bytes: Uint8Array, offset: number): Found {
  const [zero, start, first, second] = bytes.subarray(offset, offset + 4);
  if (zero !== 0x00) return "nothing";
  if (start === undefined) return "incomplete";
  if (start !== 0xff) return "nothing";
  if (first === undefined || second === undefined) return "incomplete";
  if (first === 0x00 && second === 0xff) return { value: { kind: "ack" }, end: offset + 4 };
  if (first === 0xff && second === 0x00) return { value: { kind: "nack" }, end: offset + 4 };
  if (first === 0xff && second === 0xff) return extendedAt(bytes, offset + 4);
  return ((first + second) & 0xff) === 0 ? packetAt(bytes, offset + 4, first) : "nothing";
}

function extendedAt(bytes: Uint8Array, offset: number): Found {
  const [high, low, check] = bytes.subarray(offset, offset + 3);
  if (high === undefined || low === undefined || check === undefined) return "incomplete";
  return ((high + low + check) & 0xff) === 0 ? packetAt(bytes, offset + 3, high * 256 + low) : "nothing";
}

function packetAt(bytes: Uint8Array, start: number, lengthBytes: number): Found {
  const end = start + lengthBytes;
  if (lengthBytes < 2 || lengthBytes > MAX_PACKET_BYTES) return "nothing";
  if (end >= bytes.length) return "incomplete";
  const packet = bytes.subarray(start, end);
  if (packet[0] !== TFI_TO_CHIP || (sum(bytes.subarray(start, end + 1)) & 0xff) !== 0) return "nothing";
  return { value: { kind: "command", code: packet[1] ?? 0, parameters: packet.slice(2) }, end: end + 1 };
}

const normalHead = (lengthBytes: number): Uint8Array => Uint8Array.of(lengthBytes, -lengthBytes & 0xff);

function extendedHead(lengthBytes: number): Uint8Array {
  const high = lengthBytes >> 8;
  const low = lengthBytes & 0xff;
  return Uint8Array.of(0xff, 0xff, high, low, -(high + low) & 0xff);
}

function sum(bytes: Uint8Array): number {
  let total = 0;
  for (const byte of bytes) total += byte;
  return total;
}
