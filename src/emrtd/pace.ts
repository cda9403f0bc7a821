/**
 * PACE: from a password that stands on the document to session keys that only reader and chip know. The first thing
 * that happens with a document after EF.CardAccess, and the proof that it was shown and not just overheard.
 * The words are in `pace-dialogue.ts`, the mappings in `pace-mapping.ts`, the groups in `crypto`.
 * Governing text: ICAO Doc 9303-11 §4.4, §9.7; BSI TR-03110-3 A.3.
 */
import type { Exchange } from "../apdu/exchange.ts";
import { equalBytes } from "../bytes/bytes.ts";
import { writeTlv } from "../bytes/write-tlv.ts";
import { equalInConstantTime } from "../crypto/constant-time.ts";
import { type DocumentSuite, suite } from "../crypto/document-suite.ts";
import { err, ok, type Result } from "../result.ts";
import { type ChipMapping, decryptChipData } from "./pace-cam.ts";
import {
  authenticate,
  type PaceClass,
  type PaceError,
  type PasswordReference,
  type Round,
  selectProtocol,
} from "./pace-dialogue.ts";
import type { PaceKeys } from "./pace-keys.ts";
import { mapGenerically, mapIntegrated } from "./pace-mapping.ts";
import type { PaceProfile } from "./pace-profile.ts";
import type { SessionKeys } from "./secure-messaging.ts";

export interface PacePassword {
  readonly reference: PasswordReference;
  /** The ASCII digits of the CAN, or what `mrzPasswordKey` makes of the MRZ. The caller wipes it. */
  readonly key: Uint8Array;
}

export interface PaceRequest {
  readonly profile: PaceProfile;
  readonly password: PacePassword;
  readonly keys: PaceKeys;
}

/** What a run that went well leaves: keys for secure messaging from a counter of zero on. */
export interface PaceSession extends SessionKeys {
  /** Of chip authentication mapping: to be judged once the chip's key has been read and its signature checked. */
  readonly chipMapping?: ChipMapping;
}

const NONCE: Round = { step: "nonce", expected: 0x80 };
const AGREE: Round = { step: "agree", sent: 0x83, expected: 0x84 };
const TAG_ENCRYPTED_CHIP_DATA = 0x8a;
/** Names of certification authorities (87, 88) come from cards with extended access control and serve nobody here. */
const TOKEN: Round = {
  step: "token",
  sent: 0x85,
  expected: 0x86,
  also: [0x87, 0x88, TAG_ENCRYPTED_CHIP_DATA],
};
/** Chaining first, as the document says; a chip that cannot stand the bit gets the same without it. */
const CLASS_CHAINED = 0x10;
const CLASS_PLAIN = 0x00;
const NONCE_BYTES: readonly number[] = [8, 16, 24, 32];
const TAG_PUBLIC_KEY = 0x7f49;
const TAG_OBJECT_IDENTIFIER = 0x06;
const TAG_OF_KEY = { DH: 0x84, ECDH: 0x86 } as const;

/**
 * One run of PACE in the state after activation: four rounds behind MSE:Set AT. All secrets but the session keys are wiped
 * when it ends. Errors as `PaceError` says; after each the chip must be activated anew.
 */
export function* establishPace(request: PaceRequest): Exchange<PaceSession, PaceError> {
  const { profile, password, keys } = request;
  const cipher = suite(profile.suite);
  const opened = yield* fetchNonce(profile, password.reference);
  if (!opened.ok) return opened;
  const { cla, encrypted } = opened.value;
  const nonce = decryptNonce(cipher, password, encrypted);
  if (!nonce.ok) return nonce;
  try {
    const isIntegrated = profile.mapping.endsWith("-IM");
    const map = isIntegrated ? mapIntegrated : mapGenerically;
    const mapped = yield* map(cla, profile, nonce.value, keys);
    if (!mapped.ok) return mapped;
    const { generator, chipKey } = mapped.value;
    const agreed = yield* agree(cla, profile, generator, keys);
    if (!agreed.ok) return agreed;
    return yield* confirm(profile, chipKey, agreed.value);
  } finally {
    nonce.value.fill(0);
  }
}

interface Opening {
  readonly cla: PaceClass;
  readonly encrypted: Uint8Array;
}

/** MSE:Set AT and the encrypted nonce. A refusal of the nonce in the first class brings both once more in the other. */
function* fetchNonce(profile: PaceProfile, password: PasswordReference): Exchange<Opening, PaceError> {
  const chained = yield* fetchNonceIn(CLASS_CHAINED, profile, password);
  if (chained.ok || chained.error.kind !== "paceRefused" || chained.error.step !== "nonce") return chained;
  return yield* fetchNonceIn(CLASS_PLAIN, profile, password);
}

function* fetchNonceIn(
  cla: PaceClass,
  profile: PaceProfile,
  password: PasswordReference,
): Exchange<Opening, PaceError> {
  const selected = yield* selectProtocol(profile, password);
  if (!selected.ok) return selected;
  const answer = yield* authenticate(cla, NONCE);
  if (!answer.ok) return answer;
  return ok({ cla, encrypted: answer.value.get(NONCE.expected) ?? new Uint8Array(0) });
}

/** s = D(K_pi, z). A wrong password goes unnoticed here: it gives another nonce, of which nobody can tell. */
function decryptNonce(
  cipher: DocumentSuite,
  password: PacePassword,
  encrypted: Uint8Array,
): Result<Uint8Array, PaceError> {
  const { length } = encrypted;
  if (!NONCE_BYTES.includes(length) || length % cipher.blockBytes !== 0) {
    return err({ kind: "paceMalformed", step: "nonce" });
  }
  const key = cipher.kdf(password.key, 3);
  const nonce = cipher.decryptCbc(key, encrypted);
  key.fill(0);
  return ok(nonce);
}

interface Agreement {
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
  readonly shared: Uint8Array;
}

/** The second agreement, over the mapped generator. */
function* agree(
  cla: PaceClass,
  { group }: PaceProfile,
  generator: Uint8Array,
  keys: PaceKeys,
): Exchange<Agreement, PaceError> {
  const secret = keys.newSecret(group);
  try {
    const ours = group.times(secret, generator);
    if (ours === undefined) return err({ kind: "hostileChip", why: "mapping" });
    const answer = yield* authenticate(cla, AGREE, ours);
    if (!answer.ok) return answer;
    const theirs = answer.value.get(AGREE.expected) ?? new Uint8Array(0);
    if (!group.isElement(theirs)) return err({ kind: "hostileChip", why: "publicKey" });
    if (equalBytes(theirs, ours)) return err({ kind: "hostileChip", why: "reflectedKey" });
    const element = group.times(secret, theirs);
    if (element === undefined) return err({ kind: "hostileChip", why: "publicKey" });
    const shared = group.sharedSecret(element);
    element.fill(0);
    return ok({ ours, theirs, shared });
  } finally {
    secret.fill(0);
    generator.fill(0);
  }
}

/** Keys and the exchange of tokens; the keys are wiped unless the chip has proved that it has the same. */
function* confirm(
  profile: PaceProfile,
  chipKey: Uint8Array | undefined,
  { ours, theirs, shared }: Agreement,
): Exchange<PaceSession, PaceError> {
  const cipher = suite(profile.suite);
  const session = { suite: profile.suite, ksEnc: cipher.kdf(shared, 1), ksMac: cipher.kdf(shared, 2) };
  shared.fill(0);
  let established = false;
  try {
    const token = cipher.mac(session.ksMac, publicKeyObject(profile, theirs));
    const answer = yield* authenticate(CLASS_PLAIN, TOKEN, token);
    if (!answer.ok) return answer;
    const expected = cipher.mac(session.ksMac, publicKeyObject(profile, ours));
    const received = answer.value.get(TOKEN.expected) ?? new Uint8Array(0);
    if (!equalInConstantTime(received, expected)) return err({ kind: "hostileChip", why: "token" });
    const isChipMapping = profile.mapping === "ECDH-CAM" && chipKey !== undefined;
    const result = isChipMapping
      ? withChipMapping(session, profile, chipKey, answer.value.get(TAG_ENCRYPTED_CHIP_DATA))
      : ok(session);
    established = result.ok;
    return result;
  } finally {
    if (!established) for (const key of [session.ksEnc, session.ksMac]) key.fill(0);
  }
}

function withChipMapping(
  session: SessionKeys,
  { group, parameterId }: PaceProfile,
  chipKey: Uint8Array,
  encrypted: Uint8Array | undefined,
): Result<PaceSession, PaceError> {
  const chipData = decryptChipData(suite(session.suite), session.ksEnc, encrypted);
  if (chipData === undefined) return err({ kind: "paceMalformed", step: "token" });
  return ok({ ...session, chipMapping: { group, parameterId, chipKey, chipData } });
}

/** What a token is made over: the protocol and the public key of the other side (ICAO Doc 9303-11 §9.4.5, BSI TR-03110-3 D.3). */
function publicKeyObject({ protocol, group }: PaceProfile, publicKey: Uint8Array): Uint8Array {
  const name = writeTlv(TAG_OBJECT_IDENTIFIER, protocol);
  return writeTlv(TAG_PUBLIC_KEY, name, writeTlv(TAG_OF_KEY[group.kind], publicKey));
}
