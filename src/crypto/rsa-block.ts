/**
 * The chip's own proof, the terminal's half: the public key of a card's file, and the check that an answer to
 * INTERNAL AUTHENTICATE can only come from the chip that holds the private key. The card signs the bare challenge
 * in a PKCS#1 type 1 block, without hash or DigestInfo (RFC 8017 §9.2 read with an empty T prefix; card
 * specification, internal authentication with algorithm 02).
 */
import { type KeyObject, timingSafeEqual } from "node:crypto";
import { readTlv, readTlvs, type Tlv } from "../bytes/ber-tlv.ts";
import { err, ok, type Result } from "../result.ts";
import { importPublicKey, isSoundRsa, rsaPublicPower } from "./public-key.ts";

/** The public key of a chip; made only by `parseRsaPublicKey`. */
export interface RsaPublicKey {
  /** PKCS#1 `RSAPublicKey` in DER without the filler behind it: what is hashed and what is pinned. */
  readonly der: Uint8Array;
  readonly modulusBytes: number;
  readonly key: KeyObject;
}

/** `malformed`: no DER of exactly a modulus and an exponent. `strength`: a key that proves nothing. */
export type RsaKeyError = { readonly kind: "keyMalformed" } | { readonly kind: "keyStrength" };

export type ChipProofFailure =
  /** The answer is not as long as the modulus. */
  | { readonly kind: "responseLength" }
  /** The answer does not open to the challenge: another key (its number may be above this modulus), challenge or padding. */
  | { readonly kind: "responseWrong" };

const RSA_BITS = { least: 2_048, most: 4_096 };
const TAG_SEQUENCE = 0x30;
const TAG_INTEGER = 0x02;
/** `00 01`, at least eight `FF`, and `00` stand before the message (RFC 8017 §9.2, note on block type 1). */
const OVERHEAD_BYTES = 11;

/**
 * Reads the content of a public key file: `SEQUENCE { n, e }`, cut at its own length since some cards have filler
 * behind it. `keyMalformed`: anything else, also integers that are negative or longer than they need be.
 * `keyStrength`: n outside 2,048 to 4,096 bits or even; e even, below 3 or over 64 bits.
 */
export function parseRsaPublicKey(content: Uint8Array): Result<RsaPublicKey, RsaKeyError> {
  const outer = readTlv(content);
  if (!outer.ok || outer.value.tag !== TAG_SEQUENCE) return err({ kind: "keyMalformed" });
  const integers = readTlvs(outer.value.value);
  if (!integers.ok || integers.value.length !== 2) return err({ kind: "keyMalformed" });
  if (!integers.value.every(isShortestPositive)) return err({ kind: "keyMalformed" });
  const der = content.slice(0, outer.value.end);
  const modulus = integers.value[0]?.value ?? new Uint8Array(0);
  const isOdd = ((modulus.at(-1) ?? 0) & 1) === 1;
  const key = isOdd ? importPublicKey(der, "pkcs1") : undefined;
  // What is well formed but too long to be imported is a key beyond all sizes.
  if (key === undefined || !isSoundRsa(key, RSA_BITS)) return err({ kind: "keyStrength" });
  return ok({ der, modulusBytes: modulus[0] === 0 ? modulus.length - 1 : modulus.length, key });
}

/**
 * Judges the answer to a challenge. `response` is the signature as the card sent it, exactly as long as the
 * modulus. The block is rebuilt whole and compared over its full length in constant time: `00 01 FF … FF 00` and
 * the challenge, nothing more and nothing less. A challenge too long for the key is a defect and throws.
 */
export function judgeResponse(proof: {
  readonly publicKey: RsaPublicKey;
  readonly challenge: Uint8Array;
  readonly response: Uint8Array;
}): Result<"proven", ChipProofFailure> {
  const { publicKey, challenge, response } = proof;
  const expected = blockOf(challenge, publicKey.modulusBytes);
  if (response.length !== publicKey.modulusBytes) return err({ kind: "responseLength" });
  const opened = rsaPublicPower(publicKey.key, response);
  if (opened === undefined) return err({ kind: "responseWrong" });
  return timingSafeEqual(opened, expected) ? ok("proven") : err({ kind: "responseWrong" });
}

function blockOf(challenge: Uint8Array, lengthBytes: number): Uint8Array {
  if (challenge.length === 0 || challenge.length > lengthBytes - OVERHEAD_BYTES)
    throw new Error("a challenge has at least one byte and at most what the block holds");
  const block = new Uint8Array(lengthBytes).fill(0xff);
  block.set([0x00, 0x01]);
  block[lengthBytes - challenge.length - 1] = 0x00;
  block.set(challenge, lengthBytes - challenge.length);
  return block;
}

/** DER: the first nine bits of an INTEGER are not all alike (X.690 §8.3.2), and here its sign is plus. */
function isShortestPositive({ tag, value }: Tlv): boolean {
  const [first, second] = value;
  if (tag !== TAG_INTEGER || first === undefined || first >= 0x80) return false;
  return first !== 0 || (second !== undefined && second >= 0x80);
}
