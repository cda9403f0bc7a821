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
  while (offset + 4 <= bytes.length) {
    const frame = frameAt(bytes, offset);
    if (frame !== undefined) frames.push(frame.value);
    offset = frame?.end ?? offset + 1;
  }
  return frames;
}

/** A response frame for `code` (of the command) with `data` behind the response code; extended above 255 bytes. */
export function encodeResponse(code: number, data: Uint8Array): Uint8Array {
  const packet = concat(Uint8Array.of(TFI_TO_HOST, code + 1), data);
  const head =
    packet.length <= MAX_NORMAL_PACKET_BYTES ? normalHead(packet.length) : extendedHead(packet.length);
  return concat(hex("00 00 FF"), head, packet, Uint8Array.of(-sum(packet) & 0xff, 0));
}

interface Located {
  readonly value: HostFrame;
  readonly end: number;
}

/** The frame whose start code `00 FF` is at `offset`. */
function frameAt(bytes: Uint8Array, offset: number): Located | undefined {
  if (bytes[offset] !== 0x00 || bytes[offset + 1] !== 0xff) return undefined;
  const first = bytes[offset + 2] ?? 0;
  const second = bytes[offset + 3] ?? 0;
  if (first === 0x00 && second === 0xff) return { value: { kind: "ack" }, end: offset + 4 };
  if (first === 0xff && second === 0x00) return { value: { kind: "nack" }, end: offset + 4 };
  if (first === 0xff && second === 0xff) return extendedAt(bytes, offset + 4);
  return ((first + second) & 0xff) === 0 ? packetAt(bytes, offset + 4, first) : undefined;
}

function extendedAt(bytes: Uint8Array, offset: number): Located | undefined {
  const [high = 0, low = 0, check = 1] = bytes.subarray(offset, offset + 3);
  return ((high + low + check) & 0xff) === 0 ? packetAt(bytes, offset + 3, high * 256 + low) : undefined;
}

function packetAt(bytes: Uint8Array, start: number, lengthBytes: number): Located | undefined {
  const end = start + lengthBytes;
  if (lengthBytes < 2 || lengthBytes > MAX_PACKET_BYTES || end >= bytes.length) return undefined;
  const packet = bytes.subarray(start, end);
  if (packet[0] !== TFI_TO_CHIP || (sum(bytes.subarray(start, end + 1)) & 0xff) !== 0) return undefined;
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
