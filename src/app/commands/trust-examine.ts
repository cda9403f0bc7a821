/**
 * What a file brings to the trust store, verified against what the store holds: certificates and revocation lists
 * given by hand, or a master list. All or nothing, save that of a list certificates are left out, and told, that may not be
 * what it says. Directories are in `directory-examine.ts`, lists of those who make visible seals in `sealer-examine.ts`.
 * Governing text: ICAO Doc 9303-12; eMRTD notes, sources of anchors.
 */
import { toHex } from "../../bytes/hex.ts";
import { sha256 } from "../../crypto/hash.ts";
import type {
  Provenance,
  StoredRevocationList,
  StoredSigner,
  TrustContent,
  TrustSource,
} from "../../journal/trust-content.ts";
import type { TrustImport } from "../../journal/trust-register.ts";
import type { PublishedList } from "../../journal/trust-writer.ts";
import type { Certificate } from "../../pki/certificate.ts";
import type { RevocationList } from "../../pki/crl.ts";
import { readMasterList } from "../../pki/master-list.ts";
import { readTrustFile } from "../../pki/pem.ts";
import { err, ok, type Result } from "../../result.ts";
import type { SealerNames } from "../../seal/sealer.ts";
import type { Instant } from "../../time/time.ts";
import { AnchorBook, isLaboratory, storedAnchor } from "./anchor-book.ts";
import { HeldKeys } from "./held-keys.ts";
import { SealerBook } from "./sealer-book.ts";
import { sealersByHand } from "./sealers-by-hand.ts";
import { anchorsByHand, verifiedRevocationList } from "./trust-by-hand.ts";
import type { TrustRefusal } from "./trust-refusal.ts";

/** What a file is verified against. */
export interface ExamineContext {
  readonly held: TrustContent;
  /** Signers of lists, or country signers above them, that the operator has pinned, earlier or now. */
  readonly pinned: readonly Certificate[];
  readonly testAuthorities: "refused" | "accepted";
  /** Whose certificates the operator says that he gives by hand. */
  readonly certificatesOf: "countrySigners" | "sealers";
  /** What seals call the one maker that is given. */
  readonly sealerNames: SealerNames | undefined;
  /** SHA-256 of the trusted list that the operator means, upper-case hex. */
  readonly confirmed: string | undefined;
  readonly at: Instant;
}

/** Keys that vouch for chips: of country signers, and of those who sign lists of them. */
export const chipKeysOf = ({ anchors, signers }: TrustContent): HeldKeys =>
  new HeldKeys([...anchors, ...signers]);

/** A part of a list or directory that was left out. */
export interface LeftOut {
  readonly what: "master list" | "revocation list" | "authority" | "certificate";
  readonly refusal: TrustRefusal;
}

/** What is ready to be stored, and what is told of the rest. */
export interface Examined extends Omit<TrustImport, keyof Provenance> {
  readonly leftOut: readonly LeftOut[];
  /** Document signers in a directory: each card brings its own, so they are not stored. */
  readonly documentSigners: number;
  /** Parts of lists and directories that cannot be read. */
  readonly unreadable: number;
  /** Certificates of test authorities in a list that is not taken for tests. */
  readonly testAuthorities: number;
  /** Services of a trusted list that are no authorities of seals, or not in force. */
  readonly notInForce: number;
}

export const NOTHING: Examined = {
  byHand: [],
  lists: [],
  revocationLists: [],
  signers: [],
  sealers: [],
  sealerLists: [],
  sealerRevocationLists: [],
  leftOut: [],
  documentSigners: 0,
  unreadable: 0,
  testAuthorities: 0,
  notInForce: 0,
};

/** Certificates and revocation lists in DER or PEM, all of which must be good. */
export function examinePlain(bytes: Uint8Array, context: ExamineContext): Result<Examined, TrustRefusal> {
  const { certificates, revocationLists, skipped } = readTrustFile(bytes);
  if (skipped > 0) return err({ kind: "partsUnreadable", count: skipped });
  if (certificates.length + revocationLists.length === 0) return err({ kind: "fileUnknown" });
  const { held } = context;
  const books = { anchors: new AnchorBook(held.anchors), sealers: new SealerBook(held.sealers) };
  const certified = certificatesByHand(certificates, context, books);
  if (!certified.ok) return certified;
  const lists = revocationListsByHand(revocationLists, context.held, books);
  return lists.ok ? ok({ ...NOTHING, ...certified.value, ...lists.value }) : lists;
}

interface Books {
  readonly anchors: AnchorBook;
  readonly sealers: SealerBook;
}

/** An issuer may be known for chips, for seals or for both; what it takes back is taken back wherever it is known. */
function revocationListsByHand(
  lists: readonly RevocationList[],
  held: TrustContent,
  books: Books,
): Result<Pick<Examined, "revocationLists" | "sealerRevocationLists">, TrustRefusal> {
  const revocationLists: StoredRevocationList[] = [];
  const sealerRevocationLists: StoredRevocationList[] = [];
  for (const list of lists) {
    const one = verifiedRevocationList(list, books.anchors, held.revocationLists);
    const other = verifiedRevocationList(list, books.sealers, held.sealerRevocationLists);
    if (!one.ok && !other.ok) return one.error.kind === "crlIssuerUnknown" ? other : one;
    if (one.ok) revocationLists.push(one.value);
    if (other.ok) sealerRevocationLists.push(other.value);
  }
  return ok({ revocationLists, sealerRevocationLists });
}

/** Whose certificates they are only the operator can say: roots of seals and country signers look alike. */
function certificatesByHand(
  certificates: readonly Certificate[],
  { held, testAuthorities, certificatesOf, sealerNames }: ExamineContext,
  books: Books,
): Result<Partial<Examined>, TrustRefusal> {
  if (certificatesOf === "sealers") {
    const options = { book: books.sealers, chipKeys: chipKeysOf(held), testAuthorities, names: sealerNames };
    const sealers = sealersByHand(certificates, options);
    return sealers.ok ? ok({ sealers: sealers.value }) : sealers;
  }
  const options = { book: books.anchors, sealKeys: new HeldKeys(held.sealers), testAuthorities };
  const byHand = anchorsByHand(certificates, options);
  return byHand.ok ? ok({ byHand: byHand.value }) : byHand;
}

/** One master list. */
export function examineList(bytes: Uint8Array, context: ExamineContext): Result<Examined, TrustRefusal> {
  const { sources, sealers } = context.held;
  const verified = verifiedList(bytes, context, { sources, sealKeys: new HeldKeys(sealers) });
  if (!verified.ok) return verified;
  const { list, signer, ...told } = verified.value;
  return ok({ ...NOTHING, lists: [list], signers: [signer], ...told });
}

/** A list that was verified, and what is told of it. */
export interface VerifiedList extends Pick<Examined, "leftOut" | "unreadable" | "testAuthorities"> {
  readonly list: PublishedList;
  /** The pin that it was verified to. */
  readonly signer: StoredSigner;
}

/** What a list may not contradict. */
interface KnownBefore {
  readonly sources: readonly Pick<TrustSource, "publisher" | "signedAt">[];
  /** Of makers of visible seals, who vouch for no chip, whoever says so. */
  readonly sealKeys: HeldKeys;
}

/** A list under a pin, no older than the one that is held of the same publisher. */
export function verifiedList(
  bytes: Uint8Array,
  { pinned, at, testAuthorities }: ExamineContext,
  { sources, sealKeys }: KnownBefore,
): Result<VerifiedList, TrustRefusal> {
  const read = readMasterList({ bytes, pinned, at });
  if (!read.ok) return err({ kind: "listUnverified", failure: read.error });
  const { certificates, signedAt, skipped, pinned: pin } = read.value;
  if (sealKeys.has(pin)) return err({ kind: "sealAuthority", subject: pin.subject.text });
  const publisher = publisherOf(pin);
  const held = sources.find((source) => source.publisher === publisher)?.signedAt;
  // Without a date it could be an old list, given to bring back what a newer one withdrew.
  if (held !== undefined && (signedAt === undefined || signedAt < held))
    return err({ kind: "listOlder", publisher, held });
  const sealers = certificates.filter((certificate) => sealKeys.has(certificate));
  const leftOut = sealers.map(
    ({ subject }): LeftOut => ({
      what: "certificate",
      refusal: { kind: "sealAuthority", subject: subject.text },
    }),
  );
  const others = certificates.filter((certificate) => !sealers.includes(certificate));
  // A pinned test signer may bring test authorities only: nobody would know the others for what they are.
  const taken = others.filter((certificate) =>
    isLaboratory(certificate) ? testAuthorities === "accepted" : !isLaboratory(pin),
  );
  if (taken.length === 0) return err(leftOut[0]?.refusal ?? { kind: "nothingUsable" });
  return ok({
    list: { publisher, fingerprint: toHex(sha256(bytes)), signedAt, anchors: taken.map(storedAnchor) },
    signer: { der: pin.der, fingerprint: pin.fingerprint, subject: pin.subject.text },
    leftOut,
    unreadable: skipped,
    testAuthorities: others.length - taken.length,
  });
}

/** A State publishes one list, whose signer changes more often than its country signer, and that than its country. */
function publisherOf(pin: Certificate): string {
  const name = pin.subject.country === "" ? pin.subject.text : pin.subject.country;
  return isLaboratory(pin) ? `${name} (test)` : name;
}
