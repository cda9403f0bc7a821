/**
 * From the nonce to a generator that only those know who know the password: generic mapping, which chip authentication
 * mapping shares, and integrated mapping. Governing text: ICAO Doc 9303-11 §4.4.3.3, appendix B; BSI TR-03110-3 A.3.5.
 */
import type { Exchange } from "../apdu/exchange.ts";
import { concat, equalBytes } from "../bytes/bytes.ts";
import { hex } from "../bytes/hex.ts";
import { type DocumentSuite, suite } from "../crypto/document-suite.ts";
import { err, ok } from "../result.ts";
import { authenticate, type PaceClass, type PaceError, type Round } from "./pace-dialogue.ts";
import type { PaceKeys } from "./pace-keys.ts";
import type { PaceProfile } from "./pace-profile.ts";

export interface Mapped {
  readonly generator: Uint8Array;
  /** The chip's public key of a generic mapping: chip authentication mapping proves the chip by it. */
  readonly chipKey: Uint8Array | undefined;
}

const MAP: Round = { step: "map", sent: 0x81, expected: 0x82 };

/** 128 bits for the shorter keys, 256 for the longer ones. */
const SHORT_CONSTANTS = [
  hex("A668892A7C41E3CA739F40B057D85904"),
  hex("A4E136AC725F738B01C1F60217C188AD"),
] as const;
const LONG_CONSTANTS = [
  hex("D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676"),
  hex("54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517"),
] as const;
/** Bits beyond those of p that make the remainder modulo p as good as evenly spread. */
const SPARE_BITS = 64;

/**
 * Generic mapping: both sides agree on a point H, and the generator is s·G + H. Fails with `hostileChip` for a key of the
 * chip that is none, that is ours, or that leads to the neutral element.
 */
export function* mapGenerically(
  cla: PaceClass,
  { group }: PaceProfile,
  nonce: Uint8Array,
  keys: PaceKeys,
): Exchange<Mapped, PaceError> {
  const ours = keys.takePair(group);
  let ofNonce: Uint8Array | undefined;
  const meanwhile = () => {
    ofNonce ??= group.times(nonce, group.generator);
  };
  try {
    const answer = yield* authenticate(cla, { ...MAP, meanwhile }, ours.publicKey);
    if (!answer.ok) return answer;
    const theirs = answer.value.get(MAP.expected) ?? new Uint8Array(0);
    if (!group.isElement(theirs)) return err({ kind: "hostileChip", why: "publicKey" });
    if (equalBytes(theirs, ours.publicKey)) return err({ kind: "hostileChip", why: "reflectedKey" });
    meanwhile();
    const agreed = group.times(ours.secret, theirs);
    const generator = agreed && ofNonce && group.plus(ofNonce, agreed);
    agreed?.fill(0);
    return generator === undefined
      ? err({ kind: "hostileChip", why: "mapping" })
      : ok({ generator, chipKey: theirs });
  } finally {
    ours.secret.fill(0);
    ofNonce?.fill(0);
  }
}

/**
 * Integrated mapping: the generator is computed from both sides' random numbers alone, and the chip has nothing to add.
 * Fails with `paceMalformed` for a nonce shorter than the keys, or for a chip that adds something all the same.
 */
export function* mapIntegrated(
  cla: PaceClass,
  { group, suite: name }: PaceProfile,
  nonce: Uint8Array,
  keys: PaceKeys,
): Exchange<Mapped, PaceError> {
  const cipher = suite(name);
  if (nonce.length < cipher.keyBytes) return err({ kind: "paceMalformed", step: "nonce" });
  const challenge = keys.challenge(cipher.keyBytes);
  const answer = yield* authenticate(cla, { ...MAP, mayBeEmpty: true }, challenge);
  if (!answer.ok) return answer;
  if ((answer.value.get(MAP.expected)?.length ?? 0) > 0) return err({ kind: "paceMalformed", step: "map" });
  const number = pseudoRandom(cipher, { nonce, challenge, fieldBits: group.fieldBits });
  const generator = group.fromNumber(number);
  number.fill(0);
  return generator === undefined
    ? err({ kind: "hostileChip", why: "mapping" })
    : ok({ generator, chipKey: undefined });
}

/**
 * R(s, t): the nonce encrypted under the challenge becomes a key; each key encrypts one constant into output and the other
 * into the key that follows. At least 64 bits longer than the field (appendix B.1).
 */
export function pseudoRandom(
  cipher: DocumentSuite,
  {
    nonce,
    challenge,
    fieldBits,
  }: { readonly nonce: Uint8Array; readonly challenge: Uint8Array; readonly fieldBits: number },
): Uint8Array {
  const [forKey, forOutput] = cipher.keyBytes === 16 ? SHORT_CONSTANTS : LONG_CONSTANTS;
  const rounds = Math.ceil((fieldBits + SPARE_BITS) / (8 * forKey.length));
  const output: Uint8Array[] = [];
  let key = cipher.encryptCbc(challenge, nonce).subarray(0, cipher.keyBytes);
  for (let round = 0; round < rounds; round++) {
    output.push(cipher.encryptCbc(key, forOutput));
    key = cipher.encryptCbc(key, forKey).subarray(0, cipher.keyBytes);
  }
  return concat(...output);
}
