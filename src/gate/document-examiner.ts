/**
 * One document with the passwords that were entered for it: tries are counted before the chip is asked, the document is read
 * as far as the door wants it, and what it proves becomes pseudonyms of its holder. What an unwelcome document says is not
 * read to its end. Governing text: ICAO Doc 9303-11 §4.2; privacy rules, 1 to 4.
 */
import type { RunnerContext } from "../apdu/exchange.ts";
import { Secret } from "../bytes/secret.ts";
import type { ScopeKey } from "../crypto/pseudonym.ts";
import type { DocumentError, DocumentRequest, Objection } from "../emrtd/document-request.ts";
import { parseDg11 } from "../emrtd/lds/dg11.ts";
import type { Mrz } from "../emrtd/lds/mrz.ts";
import type { EphemeralKeys } from "../emrtd/pace-keys.ts";
import type { DocumentFamilies } from "../emrtd/read-manner.ts";
import { bearsFiscalCode, type HolderFiles, holderOf } from "../identity/document-holder.ts";
import { holderIdentifiers, type Identifier } from "../identity/match-keys.ts";
import type { Proofs } from "../identity/proofs.ts";
import { bearsSeal } from "../identity/seal-agreement.ts";
import type { TrustAnchors } from "../pki/trust-anchors.ts";
import type { Denial } from "../policy/question.ts";
import { type DetectedCard, isLinkError, type LinkError } from "../ports/card.ts";
import type { CredentialLookup } from "../ports/credentials.ts";
import type { JournalError, PersonalPart } from "../ports/journal.ts";
import type { PasswordTries, TryOutcome } from "../ports/password-tries.ts";
import type { Random } from "../ports/random.ts";
import { err, ok, type Result } from "../result.ts";
import type { CivilDate } from "../time/civil-date.ts";
import { after, type Instant, type Millis } from "../time/time.ts";
import { DOCUMENT_DENIALS, type DocumentAlarm } from "./document-denials.table.ts";
import type { DocumentPassword, EnteredPasswords } from "./entered-password.ts";
import { type ExaminedDocument, examineDocument } from "./examine-document.ts";
import { deniedAmong, type KeyedIdentifier, keyed } from "./keyed-holder.ts";

/** What a door wants of documents. */
export interface DocumentRules {
  /** By which of these a holder may be listed. */
  readonly match: ReadonlySet<Identifier["kind"]>;
  /** Issuing States by their ICAO codes; absent = all. */
  readonly countries?: ReadonlySet<string>;
  readonly bac: DocumentRequest["bac"];
  /** Whether a document that bears a seal is one with its seal alone. */
  readonly seal: "ignored" | "demanded";
}

export interface DocumentExaminerContext extends Omit<RunnerContext, "until"> {
  readonly door: string;
  readonly rules: DocumentRules;
  /** `fastest`: before its first command a document is asked for the fastest link that it and the reader sustain. */
  readonly link: "asFound" | "fastest";
  readonly scopeKey: ScopeKey;
  readonly credentials: CredentialLookup;
  readonly tries: PasswordTries;
  readonly families: DocumentFamilies;
  readonly keys: EphemeralKeys;
  readonly random: Random;
  /** The trust store as it is now; `undefined` when it cannot be used, which its owner has told. */
  readonly anchors: () => TrustAnchors | undefined;
  /** Now, for certificates, and the day at the gate's place. */
  readonly today: () => { readonly at: Instant; readonly today: CivilDate };
}

/** What a document came to. */
export interface DocumentFinding {
  readonly proofs: Proofs;
  /** By what the holder may be on the lists. */
  readonly holders: readonly PersonalPart[];
  /** The document's own pseudonym, if its number could be read. */
  readonly document?: Uint8Array;
  /** A document that failed, with what is to be told of it. */
  readonly decided?: Denial;
  readonly detail?: string;
  readonly alarm?: DocumentAlarm;
  /** Of the State whose cards have a number beside the document, and of that kind. */
  readonly mayHaveNumber?: true;
  /** What its seal has to repeat, and how long that is held: of a document that bears one, at a door that demands it. */
  readonly sealedBy?: { readonly zone: Secret<Mrz>; readonly until: Millis };
}

/** What is to be tried on the document that lies there. */
export interface Trial {
  /** One after the other; they stay the caller's. */
  readonly passwords: EnteredPasswords;
  /** What the same card has said before. */
  readonly number: ShownNumber | undefined;
  /** Not for what the gate knows itself: that is no guess. */
  readonly isCounted: boolean;
}

export type ExaminerFailure = LinkError | { readonly kind: "pinsFailed"; readonly error: JournalError };
type ActivateAnew = () => Promise<Result<DetectedCard, LinkError>>;
type Examined = Result<ExaminedDocument, DocumentError | LinkError>;

/** A document that takes longer is given up, and what it said is dropped: nothing of a holder is held for more (privacy rules, 5). */
const HELD_MS = 10_000;

const NOTHING: Pick<DocumentFinding, "proofs" | "holders"> = { proofs: new Set(), holders: [] };

export class DocumentExaminer {
  readonly #context: DocumentExaminerContext;

  constructor(context: DocumentExaminerContext) {
    this.#context = context;
  }

  /**
   * What the next document comes to while no password may be tried, here or with the card of this number: its holder need
   * enter none then. `undefined` when one may be.
   */
  blocked(number: ShownNumber | undefined): Result<DocumentFinding | undefined, ExaminerFailure> {
    const { tries, door } = this.#context;
    const allowed = tries.mayTry(door, number?.holder.pseudonym);
    if (!allowed.ok) return err({ kind: "pinsFailed", error: allowed.error });
    return ok(allowed.value === "yes" ? undefined : BLOCKED);
  }

  /**
   * Examines the document that was activated just now, for ten seconds at most. Fails when the card was lost or the counts of
   * tries cannot be kept.
   */
  async examine(
    card: DetectedCard,
    trial: Trial,
    activateAnew: ActivateAnew,
  ): Promise<Result<DocumentFinding, ExaminerFailure>> {
    const anchors = this.#context.anchors();
    if (anchors === undefined) return ok(refused({ kind: "noTrustAnchor" }, "trustStoreUnusable"));
    const { clock } = this.#context;
    const anew = async () => this.#ready(await activateAnew());
    const until = after(clock.monotonicMs(), HELD_MS);
    const course = { ...trial, anchors, activateAnew: anew, until };
    let finding: DocumentFinding = refused({ kind: "wrongPassword" });
    for (const [index, password] of trial.passwords.entries()) {
      const active = index === 0 ? await this.#ready(ok(card)) : await anew();
      if (!active.ok) return active;
      const examined = await this.#try(active.value, password, course);
      if (!examined.ok) return examined;
      finding = examined.value;
      if (finding.detail !== "wrongPassword") break;
    }
    return ok(finding);
  }

  /** A card that was activated, over the link that documents are read by here. */
  async #ready(activated: Result<DetectedCard, LinkError>): Promise<Result<DetectedCard, LinkError>> {
    if (!activated.ok || this.#context.link === "asFound") return activated;
    const linked = await activated.value.raiseSpeed();
    return linked.ok ? activated : linked;
  }

  /** A try is counted before the chip hears of it: whoever cuts the power then has lost it. */
  async #try(
    card: DetectedCard,
    password: DocumentPassword,
    course: Course,
  ): Promise<Result<DocumentFinding, ExaminerFailure>> {
    const { tries, door } = this.#context;
    if (!course.isCounted) return this.#examine(card, password, course).then(({ finding }) => finding);
    const { number } = course;
    const begun = await tries.begin(door, number?.holder.pseudonym);
    if (!begun.ok) return err({ kind: "pinsFailed", error: begun.error });
    if (begun.value === "blocked") return ok(BLOCKED);
    const { examined, finding } = await this.#examine(card, password, course);
    const ended = await tries.end(begun.value, verdictOn(examined, number));
    return ended.ok ? finding : err({ kind: "pinsFailed", error: ended.error });
  }

  async #examine(
    card: DetectedCard,
    { password, presented }: DocumentPassword,
    { anchors, activateAnew, until }: Course,
  ): Promise<{
    readonly examined: Examined;
    readonly finding: Result<DocumentFinding, ExaminerFailure>;
  }> {
    const { rules, keys, random, today, clock } = this.#context;
    let denied: readonly PersonalPart[] = [];
    let readAt = clock.monotonicMs();
    const request: DocumentRequest = {
      ...{ password, keys, random, anchors, bac: rules.bac, ...today() },
      ...(presented === undefined ? {} : { presented }),
      objection: (mrz) => {
        readAt = clock.monotonicMs();
        const found = this.#objection(mrz);
        denied = found?.holders ?? [];
        return found?.why;
      },
      // The fiscal code stands in DG11; whoever does not ask for it has no business there.
      wanted: rules.match.has("cf") ? ["DG11"] : [],
      isWantedOf: ({ issuer }) => bearsFiscalCode(issuer),
    };
    const examined = await examineDocument(card, request, { ...this.#context, activateAnew, until });
    if (examined.ok) return { examined, finding: ok(this.#found(examined.value, readAt)) };
    const { error } = examined;
    const finding = isLinkError(error) ? err(error) : ok({ ...refused(error), holders: denied });
    return { examined, finding };
  }

  #objection(mrz: Mrz): { readonly why: Objection; readonly holders: readonly PersonalPart[] } | undefined {
    const { rules, credentials } = this.#context;
    if (rules.countries?.has(mrz.issuer) === false) return { why: "country", holders: [] };
    const denied = deniedAmong(this.#keyed({ mrz }), credentials);
    return denied && { why: "denyListed", holders: [denied] };
  }

  #found({ proofs, signed, files }: ExaminedDocument, readAt: Millis): DocumentFinding {
    const { rules } = this.#context;
    const { mrz } = signed;
    const file = files.get("DG11");
    const dg11 = file === undefined ? undefined : parseDg11(file);
    const read = { mrz, ...(dg11?.ok === true ? { dg11: dg11.value } : {}) };
    const holders = this.#keyed(read);
    for (const bytes of files.values()) bytes.fill(0);
    const document = holders.find(({ kind }) => kind === "doc")?.pseudonym;
    return {
      proofs,
      holders: holders.filter(({ kind }) => rules.match.has(kind)),
      ...(document === undefined ? {} : { document }),
      ...(hasNumber(mrz) ? { mayHaveNumber: true } : {}),
      ...(rules.seal === "demanded" && bearsSeal(mrz)
        ? { sealedBy: { zone: new Secret(mrz), until: after(readAt, HELD_MS) } }
        : {}),
    };
  }

  /** All by which the holder may be on a list. */
  #keyed(files: HolderFiles): readonly KeyedIdentifier[] {
    const { scopeKey, today } = this.#context;
    return keyed(holderIdentifiers(holderOf(files, today().today)), scopeKey);
  }
}

/** Whose number the card gave, and whether its chip has proven that it is its own. */
export interface ShownNumber {
  readonly holder: PersonalPart;
  readonly isProven: boolean;
}

interface Course extends Trial {
  readonly anchors: TrustAnchors;
  readonly activateAnew: ActivateAnew;
  readonly until: Millis;
}

/** Identity cards of Italy, of which those of today have a number on the service side of the same chip. */
const hasNumber = ({ issuer, documentCode }: Mrz): boolean =>
  issuer === "ITA" && documentCode.startsWith("C");

/** The chip broke off before it had to show whether the password was right. */
const UNDECIDED: ReadonlySet<string> = new Set<DocumentError["kind"]>([
  ...(["noAccessProtocol", "notTravelDocument", "paceRefused", "paceMalformed", "hostileChip"] as const),
  ...(["bacWithdrawn", "bacRefused", "bacMalformed"] as const),
]);

/**
 * Whatever a chip says after it has taken the password: it was right. A lost link says nothing. Nor is anything said for a number
 * that nobody has proven: who copied it and lays another document down must not make the guesses at its own forgotten.
 */
function verdictOn(examined: Examined, number: ShownNumber | undefined): TryOutcome {
  if (!examined.ok && examined.error.kind === "wrongPassword") return "wrong";
  if (number?.isProven === false) return "unknown";
  if (examined.ok) return "right";
  return isLinkError(examined.error) || UNDECIDED.has(examined.error.kind) ? "unknown" : "right";
}

const BLOCKED: DocumentFinding = {
  ...NOTHING,
  detail: "passwordTries",
  decided: { outcome: "denied", reason: "acs:Blocked", rule: "document/tries", dated: false },
};

function refused(
  error: Pick<DocumentError, "kind"> & { readonly why?: unknown },
  detail?: string,
): DocumentFinding {
  const { reason, alarm } = DOCUMENT_DENIALS[error.kind];
  const why = error.kind === "unwanted" && typeof error.why === "string" ? error.why : error.kind;
  const decided: Denial = {
    outcome: "denied",
    reason: why === "denyListed" ? "acs:DenyListed" : reason,
    rule: "document",
    dated: error.kind === "documentExpired",
  };
  return { ...NOTHING, decided, detail: detail ?? why, ...(alarm === undefined ? {} : { alarm }) };
}
