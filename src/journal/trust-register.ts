/**
 * The trust store in an operator's hands: every change is one transaction with the journal row that tells of it
 * (`acs.config.trust`), so that an auditor sees whom the gate believed when. A damaged store is never changed,
 * because the new seal would hide the damage; all that can be done with it is to empty it.
 */
import type { JournalError, Json } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";
import type { OpenDatabase } from "./database.ts";
import { attempt } from "./sqlite-error.ts";
import type { SqliteJournal } from "./sqlite-journal.ts";
import type {
  Provenance,
  StoredAnchor,
  StoredRevocationList,
  StoredSealer,
  StoredSigner,
  TrustContent,
  TrustReadError,
} from "./trust-content.ts";
import { countChanges, type TrustCounts, trustChanged } from "./trust-event.ts";
import { TrustReader } from "./trust-reader.ts";
import { trustStoreDamaged } from "./trust-store.ts";
import { type PublishedList, type PublishedSealerList, TrustWriter } from "./trust-writer.ts";

/** What one file brings, all of it verified by whoever read the file. */
export interface TrustImport extends Provenance {
  readonly byHand: readonly StoredAnchor[];
  readonly lists: readonly PublishedList[];
  readonly revocationLists: readonly StoredRevocationList[];
  readonly signers: readonly StoredSigner[];
  /** Makers of seals, given by hand. */
  readonly sealers: readonly StoredSealer[];
  readonly sealerLists: readonly PublishedSealerList[];
  readonly sealerRevocationLists: readonly StoredRevocationList[];
}

/** Why nothing was changed. */
export type TrustChangeError =
  | TrustReadError
  /** What the file was verified against is not what the store holds any more. */
  | { readonly kind: "trustStoreChanged"; readonly remedy: string };

/** What a removal is about: see `NamedEntry` for digits; all that files of a name brought; or everything. */
export type TrustName =
  | { readonly by: "digits"; readonly digits: string }
  | { readonly by: "source"; readonly name: string }
  | { readonly by: "everything" };

/** What digits may stand for: one certificate or pinned signer, or a key with all the certificates it is in. */
export interface NamedEntry {
  readonly what: "fingerprint" | "keyId";
  /** All its digits. */
  readonly digits: string;
  readonly subject: string;
  readonly fingerprints: readonly string[];
}

export type TrustRemoval =
  | ({
      readonly kind: "removed";
      /** Certificates that are left and carry a key of one that went: it is trusted as before. */
      readonly sameKeyLeft: number;
    } & TrustCounts)
  | { readonly kind: "notFound" }
  /** Nothing was removed: the digits begin the names of all of these. */
  | { readonly kind: "ambiguous"; readonly candidates: readonly NamedEntry[] };

/** What a step inside the transaction comes to; without `details` the journal has nothing to tell. */
interface StepDone {
  readonly details?: { readonly [key: string]: Json };
}
type Step = Result<StepDone, TrustChangeError>;

const EMPTY: TrustContent = {
  seal: "",
  anchors: [],
  revocationLists: [],
  signers: [],
  sealers: [],
  sealerRevocationLists: [],
  sources: [],
};

export class TrustRegister {
  readonly #database: OpenDatabase;
  readonly #journal: SqliteJournal;
  readonly #reader: TrustReader;
  readonly #writer: TrustWriter;

  /** Prepares the statements. Errors as for any use of the database. */
  static open(database: OpenDatabase, journal: SqliteJournal): Result<TrustRegister, JournalError> {
    return attempt(database.file, () => new TrustRegister(database, journal));
  }

  private constructor(database: OpenDatabase, journal: SqliteJournal) {
    this.#database = database;
    this.#journal = journal;
    this.#reader = new TrustReader(database.connection);
    this.#writer = new TrustWriter(database.connection, this.#reader);
  }

  /**
   * Takes over all that a file brings, or nothing. `basedOn` is the seal of the store that the file was
   * verified against. `undefined` when the store had it all: then the journal has no row either.
   */
  import(file: TrustImport, basedOn: string): Promise<Result<TrustCounts | undefined, TrustChangeError>> {
    return this.#change((before) => {
      if (before === undefined) return this.#damaged();
      if (before.seal !== basedOn)
        return err({
          kind: "trustStoreChanged",
          remedy: "another command changed the store meanwhile: run this one again",
        });
      this.#write(file);
      const lists = [...file.lists, ...file.sealerLists].map(({ fingerprint }) => fingerprint);
      return ok({ details: lists.length === 0 ? { file: file.name } : { file: file.name, lists } });
    });
  }

  /** Takes out what goes by a name. Everything can be taken out of a damaged store too. */
  async remove(name: TrustName): Promise<Result<TrustRemoval, TrustChangeError>> {
    let candidates: readonly NamedEntry[] = [];
    let sameKeyLeft = 0;
    const changed = await this.#change((before) => {
      if (name.by === "everything") {
        this.#writer.clear();
        return ok({ details: { everything: true, damaged: before === undefined } });
      }
      if (before === undefined) return this.#damaged();
      if (name.by === "source") {
        this.#writer.removeSource(name.name);
        return ok({ details: { source: name.name } });
      }
      candidates = named(before, name.digits);
      sameKeyLeft = sharingKey(before, candidates[0]?.fingerprints ?? []);
      return ok(this.#removeOnly(candidates));
    });
    if (!changed.ok) return changed;
    if (changed.value !== undefined) return ok({ kind: "removed", sameKeyLeft, ...changed.value });
    return ok(candidates.length > 1 ? { kind: "ambiguous", candidates } : { kind: "notFound" });
  }

  /** Removes the candidate if there is one and no other. */
  #removeOnly([only, ...others]: readonly NamedEntry[]): StepDone {
    if (only === undefined || others.length > 0) return {};
    for (const fingerprint of only.fingerprints) this.#writer.remove(fingerprint);
    return { details: { [only.what]: only.digits } };
  }

  #write(file: TrustImport): void {
    for (const list of file.lists) this.#writer.replaceList(list, file);
    this.#writer.addByHand(file.byHand, file);
    for (const list of file.revocationLists) this.#writer.putRevocationList(list, file);
    for (const signer of file.signers) this.#writer.pin(signer, file);
    for (const list of file.sealerLists) this.#writer.replaceSealerList(list, file);
    this.#writer.addSealersByHand(file.sealers, file);
    for (const list of file.sealerRevocationLists) this.#writer.putSealerRevocationList(list, file);
  }

  #damaged(): Step {
    return err(trustStoreDamaged(this.#database));
  }

  /**
   * One step with its row; `before` is absent when the store is damaged. `undefined` when the store is as it
   * was, which its seal tells.
   */
  async #change(
    step: (before: TrustContent | undefined) => Step,
  ): Promise<Result<TrustCounts | undefined, TrustChangeError>> {
    let outcome: Result<TrustCounts | undefined, TrustChangeError> = ok(undefined);
    const written = await this.#journal.appendAfter(() => {
      outcome = ok(undefined);
      const before = this.#reader.read();
      const done = step(before);
      if (!done.ok) outcome = done;
      if (!done.ok || done.value.details === undefined) return [];
      this.#writer.seal();
      const seal = this.#reader.seal();
      if (seal === before?.seal) return [];
      const counts = countChanges(before ?? EMPTY, this.#reader.read() ?? EMPTY);
      outcome = ok(counts);
      return [trustChanged(counts, { ...done.value.details, seal })];
    });
    return written.ok ? outcome : written;
  }
}

/** What these digits begin the fingerprint or key identifier of. */
function named(content: TrustContent, digits: string): readonly NamedEntry[] {
  const start = digits.toUpperCase();
  const certificates = certificatesOf(content);
  const found = new Map<string, NamedEntry>();
  for (const { fingerprint, subject } of [...content.signers, ...certificates])
    if (fingerprint.startsWith(start))
      found.set(fingerprint, {
        what: "fingerprint",
        digits: fingerprint,
        subject,
        fingerprints: [fingerprint],
      });
  for (const { fingerprint, subjectKeyId, subject } of certificates) {
    if (subjectKeyId?.startsWith(start) !== true) continue;
    const fingerprints = [...(found.get(subjectKeyId)?.fingerprints ?? []), fingerprint];
    found.set(subjectKeyId, { what: "keyId", digits: subjectKeyId, subject, fingerprints });
  }
  return [...found.values()];
}

/** Country signers and makers of seals. */
const certificatesOf = ({ anchors, sealers }: TrustContent): readonly (StoredAnchor | StoredSealer)[] => [
  ...anchors,
  ...sealers,
];

/** How many other certificates carry the key of one of these. */
function sharingKey(content: TrustContent, fingerprints: readonly string[]): number {
  const certificates = certificatesOf(content);
  const gone = certificates.filter(({ fingerprint }) => fingerprints.includes(fingerprint));
  const keys = new Set(gone.map(({ subjectKeyId }) => subjectKeyId ?? ""));
  const sharing = certificates.filter(
    ({ subjectKeyId }) => subjectKeyId !== undefined && keys.has(subjectKeyId),
  );
  return sharing.length - gone.filter(({ subjectKeyId }) => subjectKeyId !== undefined).length;
}
