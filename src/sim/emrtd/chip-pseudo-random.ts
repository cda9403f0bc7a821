/**
 * The numbers that the integrated mapping of PACE makes a generator of.
 * Governing text: ICAO Doc 9303-11 §4.4.3.3.2, appendix B.1; BSI TR-03110-3 A.3.5.
 */
import { concat } from "../../bytes/bytes.ts";
import { hex } from "../../bytes/hex.ts";
import type { ChipCipher } from "./chip-cipher.ts";

/** c0, which makes the next key, and c1, which makes output: as long as the cipher's keys, 192 bits counting as 256. */
const SHORT = {
  forKey: hex("A668892A7C41E3CA739F40B057D85904"),
  forOutput: hex("A4E136AC725F738B01C1F60217C188AD"),
};
const LONG = {
  forKey: hex("D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676"),
  forOutput: hex("54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517"),
};
/** What the output has beyond the field. */
const SPARE_BITS = 64;

/** R(s, t) of the integrated mapping: the reader's number is the first key, and the chip's nonce what it encrypts. */
export function pseudoRandom(
  cipher: ChipCipher,
  {
    nonce,
    challenge,
    fieldBits,
  }: { readonly nonce: Uint8Array; readonly challenge: Uint8Array; readonly fieldBits: number },
): Uint8Array {
  const { forKey, forOutput } = cipher.keyBytes === 16 ? SHORT : LONG;
  let output: Uint8Array = new Uint8Array();
  let key = cipher.encrypt(challenge, nonce).subarray(0, cipher.keyBytes);
  while (output.length * 8 < fieldBits + SPARE_BITS) {
    output = concat(output, cipher.encrypt(key, forOutput));
    key = cipher.encrypt(key, forKey).subarray(0, cipher.keyBytes);
  }
  return output;
}
