/**
 * How much to ask for in one READ BINARY under secure messaging, whose answers carry padding, tags and a code
 * besides the data. Whoever reads files begins with the largest and steps down when a chip cannot follow.
 * Governing text: eMRTD sheet, 4.4 and 4.5.
 */
import { DOCUMENT_MAC_BYTES, type SuiteName, suite } from "../crypto/document-suite.ts";

/** Objects 99 (status) and 8E (code) behind the data. */
const TRAILING_BYTES = 4 + 2 + DOCUMENT_MAC_BYTES;
const STATUS_WORD_BYTES = 2;

/** The most that a short answer carries under every suite. */
export const LARGEST_SHORT_READ = 223;
/**
 * The most that is asked for at once of a chip that takes more: it holds the link for a fifth of a second, and all of
 * it is lost with the link; what larger reads would gain is little.
 */
export const LARGEST_EXTENDED_READ = 2_000;
/** Sizes to ask for, the first to begin with. Chips are known that stop at 192, 160, 112 and just below 100 bytes. */
const READ_SIZES = [LARGEST_SHORT_READ, 192, 160, 128, 112, 96] as const;

/** Bytes of the whole answer, status word included, that brings `plainBytes` bytes of file. */
export function protectedAnswerBytes(name: SuiteName, plainBytes: number): number {
  const { blockBytes } = suite(name);
  const content = 1 + (Math.floor(plainBytes / blockBytes) + 1) * blockBytes;
  return headerBytes(content) + content + TRAILING_BYTES + STATUS_WORD_BYTES;
}

/** Tag and length of an object with `content` bytes. */
function headerBytes(content: number): number {
  if (content < 0x80) return 2;
  return content <= 0xff ? 3 : 4;
}

/**
 * The most bytes of file whose protected answer keeps within `dataBytes` besides the status word: 256 for short
 * Le, or what the chip announces for extended ones. 0 when not even an empty file would fit.
 */
export function largestRead(name: SuiteName, dataBytes: number): number {
  let plainBytes = Math.max(0, dataBytes - TRAILING_BYTES);
  while (plainBytes > 0 && protectedAnswerBytes(name, plainBytes) - STATUS_WORD_BYTES > dataBytes)
    plainBytes -= 1;
  return plainBytes;
}

/**
 * The next size to try after a read of `bytes` failed or brought nothing; `undefined` when there is none smaller,
 * which is the end of the reading. Never more than six steps, whatever it begins with.
 */
export const smallerRead = (bytes: number): number | undefined => READ_SIZES.find((size) => size < bytes);
