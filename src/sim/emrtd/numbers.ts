/** Between byte strings and the integers they stand for, most significant byte first, as all of a document's protocols have it. */
import { toHex } from "../../bytes/hex.ts";

/** The number that the bytes write; zero for none. */
export const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x0${toHex(bytes)}`);

/** The number in so many bytes, zeros in front; what does not fit loses its highest bytes. */
export function bytesOf(number: bigint, lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  let rest = number;
  for (let index = lengthBytes - 1; index >= 0; index--) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** `base^exponent mod modulus`, by squaring. Neither constant in time nor meant to be: the chip's secrets are worth nothing. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
