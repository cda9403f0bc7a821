/**
 * The parts of BER that DER forbids and that signers of some States use (ITU-T X.690 §8.1.3.6, §8.7.3): constructed
 * elements of indefinite length, and octet strings in pieces.
 */
import { concat } from "../../bytes/bytes.ts";
import { octetString } from "./der.ts";

const INDEFINITE = 0x80;
const END_OF_CONTENTS = Uint8Array.of(0, 0);
/** A power of two is what programs that stream use; small enough here for several pieces in a short content. */
const PIECE_BYTES = 64;

const indefinite = (tag: number, ...contents: readonly Uint8Array[]): Uint8Array =>
  concat(Uint8Array.of(tag, INDEFINITE), ...contents, END_OF_CONTENTS);

/** In place of the functions of `der.ts` that have these names; a set keeps the order it is given. */
export const ber = {
  sequence: (...members: readonly Uint8Array[]): Uint8Array => indefinite(0x30, ...members),
  setOf: (...members: readonly Uint8Array[]): Uint8Array => indefinite(0x31, ...members),
  context: (number: number, ...contents: readonly Uint8Array[]): Uint8Array =>
    indefinite(0xa0 | number, ...contents),
  octetString(content: Uint8Array): Uint8Array {
    const count = Math.ceil(content.length / PIECE_BYTES);
    const piece = (index: number) => content.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES);
    return indefinite(0x24, ...Array.from({ length: count }, (_, index) => octetString(piece(index))));
  },
};
