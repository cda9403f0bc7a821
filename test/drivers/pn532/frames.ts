/** Frames as a chip sends them, built here without the driver's encoder, for the tests of the driver. */
import { concat } from "../../../src/bytes/bytes.ts";
import { hex } from "../../../src/bytes/hex.ts";

export const ACK_FRAME = hex("0000FF00FF00");
export const NACK_FRAME = hex("0000FFFF0000");
export const ERROR_FRAME = hex("0000FF01FF7F8100");

/** A frame around `body` (identifier first), normal up to 255 bytes, extended above. */
export function frame(body: Uint8Array): Uint8Array {
  const sum = body.reduce((total, value) => total + value, 0);
  const high = body.length >> 8;
  const low = body.length & 0xff;
  const length = high === 0 ? [low, -low & 0xff] : [0xff, 0xff, high, low, -(high + low) & 0xff];
  return concat(Uint8Array.of(0, 0, 0xff, ...length), body, Uint8Array.of(-sum & 0xff, 0));
}

/** The frame of a response given as hexadecimal text, response code first: `frameOf("03 32 01 06 07")`. */
export const response = (text: string): Uint8Array => frame(concat(Uint8Array.of(0xd5), hex(text)));
/** The frame of a command given as hexadecimal text, command code first. */
export const command = (text: string): Uint8Array => frame(concat(Uint8Array.of(0xd4), hex(text)));
