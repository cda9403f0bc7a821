/**
 * What a file brings to the trust store, verified against what the store holds: certificates and revocation lists
 * given by hand, a master list, or a directory of the ICAO with lists of many States. All or nothing, save that in
 * a directory, which nobody can mend, single lists that fail are left out and told.
 * Governing text: ICAO Doc 9303-12; eMRTD notes, sources of anchors.
 */
import { toHex } from "../../bytes/hex.ts";
import { sha256 } from "../../crypto/hash.ts";
import type {
  StoredRevocationList,
  StoredSigner,
  TrustContent,
  TrustSource,
} from "../../journal/trust-content.ts";
import type { TrustImport } from "../../journal/trust-register.ts";
import type { PublishedList } from "../../journal/trust-writer.ts";
import type { Certificate } from "../../pki/certificate.ts";
import { parseRevocationList } from "../../pki/crl.ts";
import { ldifValues } from "../../pki/ldif.ts";
import { readMasterList } from "../../pki/master-list.ts";
import { readTrustFile } from "../../pki/pem.ts";
import { err, ok, type Result } from "../../result.ts";
import type { Instant } from "../../time/time.ts";
import { AnchorBook, isLaboratory, storedAnchor } from "./anchor-book.ts";
import { anchorsByHand, verifiedRevocationList } from "./trust-by-hand.ts";
import type { TrustFile } from "./trust-file.ts";
import type { TrustRefusal } from "./trust-refusal.ts";

/** What a file is verified against. */
export interface ExamineContext {
  readonly held: TrustContent;
  /** Signers of lists, or country signers above them, that the operator has pinned, earlier or now. */
  readonly pinned: readonly Certificate[];
  readonly testAuthorities: "refused" | "accepted";
  readonly at: Instant;
}

/** A part of a directory that was left out. */
export interface LeftOut {
  readonly what: "master list" | "revocation list";
  readonly refusal: TrustRefusal;
}

/** What is ready to be stored, and what is told of the rest. */
export interface Examined extends Pick<TrustImport, "byHand" | "lists" | "revocationLists" | "signers"> {
  readonly leftOut: readonly LeftOut[];
  /** Document signers in a directory: each card brings its own, so they are not stored. */
  readonly documentSigners: number;
  /** Parts of lists and directories that cannot be read. */
  readonly unreadable: number;
  /** Certificates of test authorities in a list that is not taken for tests. */
  readonly testAuthorities: number;
}

const NOTHING: Examined = {
  byHand: [],
  lists: [],
  revocationLists: [],
  signers: [],
  leftOut: [],
  documentSigners: 0,
  unreadable: 0,
  testAuthorities: 0,
};

/** Certificates and revocation lists in DER or PEM, all of which must be good. */
export function examinePlain(bytes: Uint8Array, context: ExamineContext): Result<Examined, TrustRefusal> {
  const { certificates, revocationLists, skipped } = readTrustFile(bytes);
  if (skipped > 0) return err({ kind: "partsUnreadable", count: skipped });
  if (certificates.length + revocationLists.length === 0) return err({ kind: "fileUnknown" });
  const book = new AnchorBook(context.held.anchors);
  const anchors = anchorsByHand(certificates, { ...context, book });
  if (!anchors.ok) return anchors;
  const verified: StoredRevocationList[] = [];
  for (const list of revocationLists) {
    const one = verifiedRevocationList(list, book, context.held.revocationLists);
    if (!one.ok) return one;
    verified.push(one.value);
  }
  return ok({ ...NOTHING, byHand: anchors.value, revocationLists: verified });
}

/** One master list. */
export function examineList(bytes: Uint8Array, context: ExamineContext): Result<Examined, TrustRefusal> {
  const verified = verifiedList(bytes, context, context.held.sources);
  if (!verified.ok) return verified;
  const { list, signer, unreadable, testAuthorities } = verified.value;
  return ok({ ...NOTHING, lists: [list], signers: [signer], unreadable, testAuthorities });
}

interface VerifiedList {
  readonly list: PublishedList;
  /** The pin that it was verified to. */
  readonly signer: StoredSigner;
  readonly unreadable: number;
  readonly testAuthorities: number;
}

/** A list under a pin, no older than the one that is held of the same publisher. */
function verifiedList(
  bytes: Uint8Array,
  { pinned, at, testAuthorities }: ExamineContext,
  sources: readonly Pick<TrustSource, "publisher" | "signedAt">[],
): Result<VerifiedList, TrustRefusal> {
  const read = readMasterList({ bytes, pinned, at });
  if (!read.ok) return err({ kind: "listUnverified", failure: read.error });
  const { certificates, signedAt, skipped, pinned: pin } = read.value;
  const publisher = publisherOf(pin);
  const held = sources.find((source) => source.publisher === publisher)?.signedAt;
  // Without a date it could be an old list, given to bring back what a newer one withdrew.
  if (held !== undefined && (signedAt === undefined || signedAt < held))
    return err({ kind: "listOlder", publisher, held });
  // A pinned test signer may bring test authorities only: nobody would know the others for what they are.
  const taken = certificates.filter((certificate) =>
    isLaboratory(certificate) ? testAuthorities === "accepted" : !isLaboratory(pin),
  );
  if (taken.length === 0) return err({ kind: "nothingUsable" });
  return ok({
    list: { publisher, fingerprint: toHex(sha256(bytes)), signedAt, anchors: taken.map(storedAnchor) },
    signer: { der: pin.der, fingerprint: pin.fingerprint, subject: pin.subject.text },
    unreadable: skipped,
    testAuthorities: certificates.length - taken.length,
  });
}

/** A State publishes one list, whose signer changes more often than its country signer, and that than its country. */
function publisherOf(pin: Certificate): string {
  const name = pin.subject.country === "" ? pin.subject.text : pin.subject.country;
  return isLaboratory(pin) ? `${name} (test)` : name;
}

/** Gives others their turn; `stop` ends the work. */
export type Turn = (doneBytes: number) => Promise<"go on" | "stop">;

/**
 * A directory: its master lists, each under a pin, then its revocation lists, each under an anchor of the store or
 * of those lists. `undefined` when `turn` ended the work.
 */
export async function examineDirectory(
  file: TrustFile,
  context: ExamineContext,
  turn: Turn,
): Promise<Result<Examined, TrustRefusal> | undefined> {
  const reading = new DirectoryReading(context);
  let doneBytes = 0;
  const counted = function* () {
    for (const piece of file.pieces()) {
      doneBytes += piece.length;
      yield piece;
    }
  };
  for (const value of ldifValues(counted())) {
    reading.take(value);
    if ((await turn(doneBytes)) === "stop") return undefined;
  }
  return file.failure === undefined ? ok(reading.result()) : err(file.failure);
}

type DirectoryValue = ReturnType<typeof ldifValues> extends Generator<infer Value> ? Value : never;

/** What was found in a directory so far. */
class DirectoryReading {
  readonly #context: ExamineContext;
  readonly #lists = new Map<string, VerifiedList>();
  readonly #revocationLists: Uint8Array[] = [];
  readonly #leftOut: LeftOut[] = [];
  #documentSigners = 0;
  #unreadable = 0;

  constructor(context: ExamineContext) {
    this.#context = context;
  }

  take(value: DirectoryValue): void {
    switch (value.kind) {
      case "masterList":
        this.#takeList(value.der);
        return;
      case "revocationList":
        this.#revocationLists.push(value.der);
        return;
      case "certificate":
        this.#documentSigners++;
        return;
      case "malformed":
        this.#unreadable++;
        return;
    }
  }

  result(): Examined {
    const lists = [...this.#lists.values()];
    return {
      byHand: [],
      lists: lists.map(({ list }) => list),
      signers: lists.map(({ signer }) => signer),
      revocationLists: this.#verifiedRevocationLists(lists),
      leftOut: this.#leftOut,
      documentSigners: this.#documentSigners,
      unreadable: lists.reduce((sum, list) => sum + list.unreadable, this.#unreadable),
      testAuthorities: lists.reduce((sum, list) => sum + list.testAuthorities, 0),
    };
  }

  #takeList(der: Uint8Array): void {
    // Two lists of one publisher in one directory: the newer counts, as between two imports.
    const before = [...this.#lists.values()].map(({ list }) => list);
    const verified = verifiedList(der, this.#context, [...before, ...this.#context.held.sources]);
    if (verified.ok) this.#lists.set(verified.value.list.publisher, verified.value);
    else this.#leftOut.push({ what: "master list", refusal: verified.error });
  }

  #verifiedRevocationLists(lists: readonly VerifiedList[]): readonly StoredRevocationList[] {
    const { held } = this.#context;
    const book = new AnchorBook([...held.anchors, ...lists.flatMap(({ list }) => list.anchors)]);
    const verified: StoredRevocationList[] = [];
    for (const der of this.#revocationLists) {
      const list = parseRevocationList(der);
      if (!list.ok) {
        this.#unreadable++;
        continue;
      }
      const one = verifiedRevocationList(list.value, book, [...verified, ...held.revocationLists]);
      if (one.ok) verified.push(one.value);
      else this.#leftOut.push({ what: "revocation list", refusal: one.error });
    }
    return verified;
  }
}
