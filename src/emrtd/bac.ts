/**
 * Basic Access Control: opens the travel application with a key from the MRZ, for documents without PACE. Its key
 * has little entropy and its exchange can be guessed offline from a recording, so it is never a fall-back for a
 * PACE that failed: policy names it, or it does not happen.
 * Governing text: ICAO Doc 9303-11 §4.3, §9.7.2; worked example in appendix D.3.
 */
import type { CommandApdu } from "../apdu/command.ts";
import type { Exchange } from "../apdu/exchange.ts";
import { SW_OK } from "../apdu/status-words.ts";
import { concat, equalBytes } from "../bytes/bytes.ts";
import { equalInConstantTime } from "../crypto/constant-time.ts";
import { DOCUMENT_MAC_BYTES, suite } from "../crypto/document-suite.ts";
import type { Random } from "../ports/random.ts";
import { err, ok, type Result } from "../result.ts";
import { SELECT_APPLICATION } from "./application.ts";
import type { SessionKeys } from "./secure-messaging.ts";

export type BacError =
  /** The chip does not know the key: wrong MRZ, or not this document. */
  | { readonly kind: "wrongPassword" }
  /** The chip offers PACE only: documents have been issued without BAC since about 2020. */
  | { readonly kind: "bacWithdrawn"; readonly sw: number }
  | { readonly kind: "bacRefused"; readonly step: BacStep; readonly sw: number }
  | { readonly kind: "bacMalformed"; readonly step: BacStep }
  /** It claims success without knowing the key, answers another question, or sends our own secret back. */
  | { readonly kind: "hostileChip"; readonly why: "mac" | "nonce" | "reflectedKey" };

export type BacStep = "selectApplication" | "getChallenge" | "externalAuthenticate";

const NONCE_BYTES = 8;
const KEY_BYTES = 16;
/** RND ‖ RND ‖ K of either side, encrypted. */
const CRYPTOGRAM_BYTES = 2 * NONCE_BYTES + KEY_BYTES;
const ANSWER_BYTES = CRYPTOGRAM_BYTES + DOCUMENT_MAC_BYTES;
const BAC_SUITE = "3DES";
const { kdf, encryptCbc, decryptCbc, mac } = suite(BAC_SUITE);

const GET_CHALLENGE = {
  cla: 0x00,
  ins: 0x84,
  p1: 0x00,
  p2: 0x00,
  le: NONCE_BYTES,
} as const satisfies CommandApdu;
const EXTERNAL_AUTHENTICATE = { cla: 0x00, ins: 0x82, p1: 0x00, p2: 0x00, le: ANSWER_BYTES } as const;
/** Key not found, conditions not satisfied, security status not satisfied: seen on documents without BAC. */
const WITHDRAWN: readonly number[] = [0x6a88, 0x6985, 0x6982];

/**
 * Selects the application and authenticates with `passwordKey`, the 20 bytes of `mrzPasswordKey`, which stay the
 * caller's. Draws 8 and 16 bytes of `random`: RND.IFD, then K.IFD. Three commands; the keys returned have the
 * counter that the session begins with.
 */
export function* basicAccess(passwordKey: Uint8Array, random: Random): Exchange<SessionKeys, BacError> {
  const selected = yield SELECT_APPLICATION;
  if (selected.sw !== SW_OK) return refused("selectApplication", selected.sw);
  const challenge = yield GET_CHALLENGE;
  if (challenge.sw !== SW_OK) return refused("getChallenge", challenge.sw);
  if (challenge.data.length !== NONCE_BYTES) return err({ kind: "bacMalformed", step: "getChallenge" });
  const ours = { nonce: random.bytes(NONCE_BYTES), key: random.bytes(KEY_BYTES) };
  const seed = passwordKey.subarray(0, KEY_BYTES);
  const keys = { enc: kdf(seed, 1), mac: kdf(seed, 2) };
  try {
    const data = question(keys, challenge.data, ours);
    const answer = yield { ...EXTERNAL_AUTHENTICATE, data };
    if (answer.sw !== SW_OK) return refused("externalAuthenticate", answer.sw);
    return judged(keys, answer.data, challenge.data, ours);
  } finally {
    for (const secret of [keys.enc, keys.mac, ours.key]) secret.fill(0);
  }
}

interface DocumentKeys {
  readonly enc: Uint8Array;
  readonly mac: Uint8Array;
}

/** What this side chose: RND.IFD and K.IFD. */
interface Contribution {
  readonly nonce: Uint8Array;
  readonly key: Uint8Array;
}

/** E_IFD ‖ M_IFD over RND.IFD ‖ RND.IC ‖ K.IFD: 32 and 8 bytes. */
function question(keys: DocumentKeys, chipNonce: Uint8Array, ours: Contribution): Uint8Array {
  const plain = concat(ours.nonce, chipNonce, ours.key);
  const cryptogram = encryptCbc(keys.enc, plain);
  plain.fill(0);
  return concat(cryptogram, mac(keys.mac, cryptogram));
}

/** Checks E_IC ‖ M_IC over RND.IC ‖ RND.IFD ‖ K.IC, and derives the session from both keys. */
function judged(
  keys: DocumentKeys,
  answer: Uint8Array,
  chipNonce: Uint8Array,
  ours: Contribution,
): Result<SessionKeys, BacError> {
  if (answer.length !== ANSWER_BYTES) return err({ kind: "bacMalformed", step: "externalAuthenticate" });
  const cryptogram = answer.subarray(0, CRYPTOGRAM_BYTES);
  if (!equalInConstantTime(mac(keys.mac, cryptogram), answer.subarray(CRYPTOGRAM_BYTES)))
    return err({ kind: "hostileChip", why: "mac" });
  const plain = decryptCbc(keys.enc, cryptogram);
  const chipKey = plain.subarray(2 * NONCE_BYTES);
  try {
    if (!equalBytes(plain.subarray(0, 2 * NONCE_BYTES), concat(chipNonce, ours.nonce)))
      return err({ kind: "hostileChip", why: "nonce" });
    if (equalInConstantTime(chipKey, ours.key)) return err({ kind: "hostileChip", why: "reflectedKey" });
    return ok(sessionOf(chipKey, chipNonce, ours));
  } finally {
    plain.fill(0);
  }
}

/** Seed = K.IFD ⊕ K.IC; counter = the last four bytes of RND.IC, then those of RND.IFD. */
function sessionOf(chipKey: Uint8Array, chipNonce: Uint8Array, ours: Contribution): SessionKeys {
  const seed = ours.key.map((byte, index) => byte ^ (chipKey[index] ?? 0));
  const ssc = concat(chipNonce.subarray(NONCE_BYTES / 2), ours.nonce.subarray(NONCE_BYTES / 2));
  const session = { suite: BAC_SUITE, ksEnc: kdf(seed, 1), ksMac: kdf(seed, 2), ssc } as const;
  seed.fill(0);
  return session;
}

function refused(step: BacStep, sw: number): Result<never, BacError> {
  const asked = step !== "selectApplication";
  if (asked && WITHDRAWN.includes(sw)) return err({ kind: "bacWithdrawn", sw });
  // Chips have many words for it: whoever guesses gets no try for nothing.
  if (step === "externalAuthenticate") return err({ kind: "wrongPassword" });
  return err({ kind: "bacRefused", step, sw });
}
