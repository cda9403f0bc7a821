/**
 * RSA signatures that carry part of what was signed, as chips make them in active authentication: digital signature
 * scheme 1 of ISO/IEC 9796-2. Opened, they are `6A ‖ M1 ‖ H(M1 ‖ challenge) ‖ trailer`, M1 being the chip's own choice.
 * ICAO Doc 9303-11 §6.1.2.2; ISO/IEC 9796-2 §8, §9.
 */
import { concat } from "../bytes/bytes.ts";
import { toFixedBytes, toInteger } from "./big-endian.ts";
import { equalInConstantTime } from "./constant-time.ts";
import { digest, type HashName } from "./digest.ts";

const HEADER = 0x6a;
/** One byte for SHA-1, or CC behind a byte that names the hash (ISO/IEC 10118-3). */
const TRAILER_SHA1 = 0xbc;
const TRAILER_NAMED = 0xcc;
const NAMED_HASHES: ReadonlyMap<number, HashName> = new Map([
  [0x33, "sha1"],
  [0x38, "sha224"],
  [0x34, "sha256"],
  [0x36, "sha384"],
  [0x35, "sha512"],
]);
/** Every trailer ends in this half byte, and so tells the number from its complement. */
const LAST_NIBBLE = 0x0c;
/**
 * Zeros that some chips leave before the header. More are not passed over: a short number is easier to come by than
 * one as long as the modulus.
 */
const MAX_LEADING_ZEROS = 8;

/** What a signature opens to. */
export interface RecoveredMessage {
  readonly hash: HashName;
  /** M1, the part that the chip chose. */
  readonly chosen: Uint8Array;
  readonly digest: Uint8Array;
}

/**
 * Takes apart F = S^e modulo n, given as long as the modulus. Chips may sign the smaller of two numbers that add up to
 * n, so what does not end as a trailer does is taken from n. `undefined` for anything of another form.
 */
export function recoverMessage(opened: Uint8Array, modulus: bigint): RecoveredMessage | undefined {
  const block = isTrailerEnd(opened) ? opened : toFixedBytes(modulus - toInteger(opened), opened.length);
  const start = block.findIndex((byte) => byte !== 0);
  if (start < 0 || start > MAX_LEADING_ZEROS || block[start] !== HEADER) return undefined;
  const trailer = trailerOf(block);
  if (trailer === undefined) return undefined;
  const { hash, lengthBytes } = trailer;
  const digestEnd = block.length - lengthBytes;
  const digestStart = digestEnd - HASH_BYTES[hash];
  if (digestStart <= start) return undefined;
  return {
    hash,
    chosen: block.slice(start + 1, digestStart),
    digest: block.slice(digestStart, digestEnd),
  };
}

/** Whether the digest recovered is that of M1 and this challenge. */
export const isOver = (
  { hash, chosen, digest: recovered }: RecoveredMessage,
  challenge: Uint8Array,
): boolean => equalInConstantTime(digest(hash, concat(chosen, challenge)), recovered);

const HASH_BYTES: Readonly<Record<HashName, number>> = {
  sha1: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
};

const isTrailerEnd = (block: Uint8Array): boolean => ((block.at(-1) ?? 0) & 0x0f) === LAST_NIBBLE;

function trailerOf(block: Uint8Array): { readonly hash: HashName; readonly lengthBytes: number } | undefined {
  const last = block.at(-1);
  if (last === TRAILER_SHA1) return { hash: "sha1", lengthBytes: 1 };
  const hash = last === TRAILER_NAMED ? NAMED_HASHES.get(block.at(-2) ?? 0) : undefined;
  return hash === undefined ? undefined : { hash, lengthBytes: 2 };
}
