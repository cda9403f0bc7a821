/**
 * Chip authentication: an agreement with the static key that the State signed for this chip. Only the chip that holds
 * the private half can answer under the keys that come of it, so a copy of the files is found out, and secure messaging goes
 * on under stronger keys. Runs under the current session (`secured`), whose keys still protect the last answer.
 * Governing text: ICAO Doc 9303-11 §6.2; BSI TR-03110-1 §3.4, TR-03110-3 B.2.
 */
import type { CommandApdu } from "../apdu/command.ts";
import type { Exchange } from "../apdu/exchange.ts";
import { SW_OK } from "../apdu/status-words.ts";
import { readTlv } from "../bytes/ber-tlv.ts";
import { concat } from "../bytes/bytes.ts";
import { writeTlv } from "../bytes/write-tlv.ts";
import { toFixedBytes } from "../crypto/big-endian.ts";
import { suite } from "../crypto/document-suite.ts";
import { err, ok, type Result } from "../result.ts";
import type { ChipAuthenticationProfile } from "./chip-authentication-choice.ts";
import type { PaceKeys } from "./pace-keys.ts";
import type { SessionKeys } from "./secure-messaging.ts";

/** `set` is MSE:Set KAT or MSE:Set AT, `agree` is GENERAL AUTHENTICATE. */
export type ChipAuthenticationStep = "set" | "agree";

export type ChipAuthenticationError =
  /** The chip would not go on; `sw` is its status. */
  | { readonly kind: "chipAuthenticationRefused"; readonly step: ChipAuthenticationStep; readonly sw: number }
  /** The answer is not the empty template that belongs there. */
  | { readonly kind: "chipAuthenticationMalformed"; readonly step: "agree" };

/**
 * Keys are agreed, and nothing is shown yet. The proof is the first answer that opens under `session`, together with a
 * passive authentication that covers the DG14 from which `chipKey` came.
 */
export interface AgreedChipKeys {
  readonly state: "agreedNotProven";
  /** For a new session, which replaces the one that this ran under. */
  readonly session: SessionKeys;
  /** The chip's static public key, as it stands in its group. */
  readonly chipKey: Uint8Array;
}

const TAG_KAT_PUBLIC_KEY = 0x91;
const TAG_PROTOCOL = 0x80;
const TAG_KEY_ID = 0x84;
const TAG_DYNAMIC_DATA = 0x7c;
const TAG_GA_PUBLIC_KEY = 0x80;
const MAX_LE = 256;

/**
 * One agreement in the way that `profile` says: one or two plain commands. Every failure ends what can be done in this
 * session: access has to be established anew before another way is tried. Our secret is wiped whatever happens.
 */
export function* authenticateChip(
  profile: ChipAuthenticationProfile,
  keys: Pick<PaceKeys, "takePair">,
): Exchange<AgreedChipKeys, ChipAuthenticationError> {
  const ours = keys.takePair(profile.key.group);
  let session: SessionKeys | undefined;
  // All that goes into the agreement is known before the chip has reckoned its side of it.
  const meanwhile = () => {
    session ??= sessionKeys(profile, ours.secret);
  };
  let isAccepted = false;
  try {
    const sent = yield* sendPublicKey(profile, ours.publicKey, meanwhile);
    if (!sent.ok) return sent;
    isAccepted = true;
    session ??= sessionKeys(profile, ours.secret);
    return ok({ state: "agreedNotProven", session, chipKey: profile.key.element });
  } finally {
    ours.secret.fill(0);
    if (!isAccepted) wipe(session);
  }
}

function sessionKeys({ key, suite: name }: ChipAuthenticationProfile, secret: Uint8Array): SessionKeys {
  const agreed = key.group.times(secret, key.element);
  // The key is of prime order, which its parser has tested, and our secret is below that.
  if (agreed === undefined) throw new Error("a secret below the order has a product");
  const shared = key.group.sharedSecret(agreed);
  agreed.fill(0);
  const { kdf } = suite(name);
  const session = { suite: name, ksEnc: kdf(shared, 1), ksMac: kdf(shared, 2) };
  shared.fill(0);
  return session;
}

function wipe(session: SessionKeys | undefined): void {
  session?.ksEnc.fill(0);
  session?.ksMac.fill(0);
}

function* sendPublicKey(
  { form, keyId }: ChipAuthenticationProfile,
  publicKey: Uint8Array,
  meanwhile: () => void,
): Exchange<void, ChipAuthenticationError> {
  const key = keyId === undefined ? new Uint8Array(0) : writeTlv(TAG_KEY_ID, unsigned(keyId));
  if (form.kind === "keyAgreementTemplate") {
    const template = concat(writeTlv(TAG_KAT_PUBLIC_KEY, publicKey), key);
    return accepted("set", yield { ...setTemplate(0xa6, template), meanwhile });
  }
  const set = accepted("set", yield setTemplate(0xa4, concat(writeTlv(TAG_PROTOCOL, form.protocol), key)));
  if (!set.ok) return set;
  const answer = yield { ...generalAuthenticate(publicKey), meanwhile };
  if (answer.sw === SW_OK && !isEmptyTemplate(answer.data))
    return err({ kind: "chipAuthenticationMalformed", step: "agree" });
  return accepted("agree", answer);
}

/** MSE:Set for computation; without Le, which some documents refuse. */
const setTemplate = (p2: 0xa4 | 0xa6, data: Uint8Array): CommandApdu => ({
  cla: 0x00,
  ins: 0x22,
  p1: 0x41,
  p2,
  data,
});

const generalAuthenticate = (publicKey: Uint8Array): CommandApdu => ({
  cla: 0x00,
  ins: 0x86,
  p1: 0x00,
  p2: 0x00,
  data: writeTlv(TAG_DYNAMIC_DATA, writeTlv(TAG_GA_PUBLIC_KEY, publicKey)),
  le: MAX_LE,
});

function accepted(
  step: ChipAuthenticationStep,
  { sw }: { readonly sw: number },
): Result<void, ChipAuthenticationError> {
  return sw === SW_OK ? ok(undefined) : err({ kind: "chipAuthenticationRefused", step, sw });
}

/** `7C 00`; chips that answer with a status alone mean the same. */
function isEmptyTemplate(answer: Uint8Array): boolean {
  if (answer.length === 0) return true;
  const template = readTlv(answer);
  const isAll =
    template.ok && template.value.tag === TAG_DYNAMIC_DATA && template.value.end === answer.length;
  return isAll && template.value.value.length === 0;
}

/** A number in as many bytes as it takes. */
const unsigned = (number: number): Uint8Array =>
  toFixedBytes(BigInt(number), Math.ceil(number.toString(16).length / 2));
