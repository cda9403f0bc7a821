/** Unsigned integers as fixed-length big-endian bytes (I2OSP and OS2IP of RFC 8017 §4), and their arithmetic modulo a prime. */
import { Buffer } from "node:buffer";

/** The number that the bytes write, 0 for none. */
export const toInteger = ({ buffer, byteOffset, length }: Uint8Array): bigint =>
  BigInt(`0x0${Buffer.from(buffer, byteOffset, length).toString("hex")}`);

/** Exactly `lengthBytes` bytes with leading zeros kept. A number that needs more is a defect and throws. */
export function toFixedBytes(value: bigint, lengthBytes: number): Uint8Array {
  const digits = value.toString(16).padStart(lengthBytes * 2, "0");
  if (digits.length !== lengthBytes * 2) throw new RangeError(`a number does not fit ${lengthBytes} bytes`);
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

/** The remainder between 0 and p - 1, of negative values too. */
export function modulo(value: bigint, p: bigint): bigint {
  const remainder = value % p;
  return remainder < 0n ? remainder + p : remainder;
}

/** 1 / value modulo the prime p, by Euclid's extended algorithm; 0 for 0. */
export function inverse(value: bigint, p: bigint): bigint {
  let [low, high] = [modulo(value, p), p];
  let [lowFactor, highFactor] = [1n, 0n];
  while (low > 1n) {
    const quotient = high / low;
    [low, high] = [high - quotient * low, low];
    [lowFactor, highFactor] = [highFactor - quotient * lowFactor, lowFactor];
  }
  return low === 0n ? 0n : modulo(lowFactor, p);
}

/** base^exponent modulo p by squaring: for numbers as long as a curve's field, at most 521 bits. */
export function power(base: bigint, exponent: bigint, p: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % p;
    if (bit === "1") result = (result * base) % p;
  }
  return result;
}
