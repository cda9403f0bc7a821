/**
 * Travel documents at a door: where the password comes from, how often a wrong one may be tried, what of the document is
 * wanted, and whom it may stand for on the lists. The number of a CIE is read first where nobody has entered a password,
 * because the card that opens by enrolment is found by it; the holder only taps then. Of the holder nothing leaves but
 * keyed pseudonyms. Governing text: ICAO Doc 9303-11 §4.2; privacy rules, 2.
 */
import { equalBytes } from "../bytes/bytes.ts";
import { unseal } from "../crypto/sealed.ts";
import type { SiteKey } from "../crypto/site-key.ts";
import { type Level, type Proofs, reaches } from "../identity/proofs.ts";
import type { Denial } from "../policy/question.ts";
import type { CardReader, DetectedCard, LinkError } from "../ports/card.ts";
import type { Clock } from "../ports/clock.ts";
import type { CredentialLookup } from "../ports/credentials.ts";
import type { DocumentEnrolments } from "../ports/document-enrolments.ts";
import type { JournalError, PersonalPart } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";
import { after } from "../time/time.ts";
import { activateAnew } from "./activate-anew.ts";
import type { DocumentExaminer, DocumentFinding, ShownNumber } from "./document-examiner.ts";
import { type EnteredPasswords, wipePasswords } from "./entered-password.ts";
import type { Passage, PassageFailure } from "./passage.ts";
import type { PasswordEntry } from "./password-entry.ts";

/** What the lamps tell while a document lies there. */
export type DocumentProgress = "enterPassword" | "holdStill";

export interface DocumentLaneContext {
  readonly clock: Clock;
  readonly siteKey: SiteKey;
  readonly reader: Pick<CardReader, "drop" | "poll" | "isPresent">;
  readonly entry: PasswordEntry;
  readonly enrolments: DocumentEnrolments;
  readonly credentials: CredentialLookup;
  readonly examiner: DocumentExaminer;
  /** What the door demands now of a holder of this group, or of a stranger. */
  readonly demanded: (group: string | undefined) => readonly Level[];
  readonly onProgress: (progress: DocumentProgress) => void;
}

/** A document lies there and waits this long for its digits. */
const ENTRY_PATIENCE_MS = 20_000;
const PRESENCE_INTERVAL_MS = 250;
/** What was entered for a document that slipped away is good for its coming back. */
const INTERRUPTED_MS = 5_000;

/** As a PN532 says of a card that is not there any more. */
const GONE: LinkError = { kind: "cardLost", status: 0x2b };
const PASSWORD_MISSING: Denial = {
  outcome: "denied",
  reason: "acs:SecurityLevelTooLow",
  rule: "document/password",
  dated: false,
};

/** The document is not the one that was enrolled with the number: two cards, or a number that was copied. */
const OTHER_DOCUMENT: Denial = {
  outcome: "denied",
  reason: "acs:ChipAuthenticationFailed",
  rule: "document/enrolled",
  dated: false,
};

type Read = Promise<Result<Passage, PassageFailure>>;

/** One per door. */
export class DocumentLane {
  readonly #context: DocumentLaneContext;
  #interrupted: { readonly passwords: EnteredPasswords; readonly until: number } | undefined;

  constructor(context: DocumentLaneContext) {
    this.#context = context;
  }

  /** The card in the field. `byNumber` reads and proves its number, for whoever is known by that. */
  async read(card: DetectedCard, byNumber: () => Read): Read {
    if (card.kind !== "isoDep") return err({ kind: "notIsoDep" });
    const entered = this.#takeInterrupted() ?? this.#context.entry.take();
    if (entered !== undefined) return this.#withPasswords(card, entered, undefined);
    const number = await byNumber();
    if (!number.ok) return mayBeDocument(number.error) ? this.#askAndRead(undefined) : number;
    const passage = number.value;
    const enough = this.#isSettled(passage);
    if (!enough.ok) return err({ kind: "pinsFailed", error: enough.error });
    if (enough.value) return number;
    const enrolled = this.#enrolled(passage.holders[0]);
    if (!enrolled.ok) return err({ kind: "pinsFailed", error: enrolled.error });
    if (enrolled.value === undefined) return this.#askAndRead(passage);
    const { key, document } = enrolled.value;
    const passwords: EnteredPasswords = [{ password: { reference: "CAN", key } }];
    const anew = await this.#activateAnew();
    if (!anew.ok) return anew;
    return this.#withPasswords(anew.value, passwords, { passage, document });
  }

  /** Wipes what was kept for a document that has not come back; to be called while nobody is there. */
  forgetInterrupted(): void {
    const interrupted = this.#interrupted;
    if (interrupted === undefined || this.#context.clock.monotonicMs() < interrupted.until) return;
    this.#interrupted = undefined;
    wipePasswords(interrupted.passwords);
  }

  /** Whether a document would change nothing: the number proves enough, or its holder is refused whatever it proves. */
  #isSettled({ proofs, holders, chip }: Passage): Result<boolean, JournalError> {
    const [holder] = holders;
    if (chip.decided !== undefined || chip.detail !== undefined || holder === undefined) return ok(true);
    const standing = this.#context.credentials.standing(holder.pseudonym);
    if (!standing.ok) return standing;
    const { denyListed, credential } = standing.value;
    const levels = this.#context.demanded(credential?.group);
    const isProven = credential !== undefined && levels.some((level) => reaches(proofs, level));
    return ok(denyListed || isProven || !levels.some(isOfDocument));
  }

  /** The password and the identity that were kept when the holder of this number was enrolled. */
  #enrolled(
    holder: PersonalPart | undefined,
  ): Result<{ readonly key: Uint8Array; readonly document?: Uint8Array } | undefined, JournalError> {
    if (holder === undefined) return ok(undefined);
    const { enrolments, siteKey } = this.#context;
    const enrolment = enrolments.enrolmentOf(holder.pseudonym);
    if (!enrolment.ok) return enrolment;
    const { sealedCan, document } = enrolment.value ?? {};
    const { pseudonym } = holder;
    const key = sealedCan && unseal(sealedCan, { siteKey, purpose: "cardAccessNumber", pseudonym });
    return ok(key && { key, ...(document === undefined ? {} : { document }) });
  }

  async #askAndRead(number: Passage | undefined): Read {
    const { onProgress } = this.#context;
    onProgress("enterPassword");
    const entered = await this.#ask();
    if (!entered.ok) return entered;
    if (entered.value === undefined) return ok(refusal(number, PASSWORD_MISSING, "passwordMissing"));
    const anew = await this.#activateAnew();
    if (!anew.ok) {
      this.#keepInterrupted(entered.value);
      return anew;
    }
    return this.#withPasswords(anew.value, entered.value, number && { passage: number });
  }

  /** Waits for an entry while the document lies there. */
  async #ask(): Promise<Result<EnteredPasswords | undefined, LinkError>> {
    const { clock, entry, reader } = this.#context;
    const givingUp = new AbortController();
    const arrived = new AbortController();
    const entered = entry.waitFor(givingUp.signal).finally(() => arrived.abort());
    const until = after(clock.monotonicMs(), ENTRY_PATIENCE_MS);
    while (!arrived.signal.aborted && clock.monotonicMs() < until) {
      await clock.sleep(PRESENCE_INTERVAL_MS, arrived.signal);
      if (arrived.signal.aborted) break;
      const present = await reader.isPresent();
      if (present.ok && present.value) continue;
      givingUp.abort();
      const late = await entered;
      if (late !== undefined) return ok(late);
      return err(present.ok ? GONE : { kind: "readerFailed", error: present.error });
    }
    givingUp.abort();
    return ok(await entered);
  }

  async #withPasswords(
    card: DetectedCard,
    passwords: EnteredPasswords,
    number: KnownNumber | undefined,
  ): Read {
    const { examiner, onProgress, reader } = this.#context;
    onProgress("holdStill");
    const anew = () => activateAnew(reader, NEVER);
    const found = await examiner.examine(card, passwords, shownNumber(number), anew);
    if (!found.ok) {
      if (found.error.kind === "pinsFailed" || number?.document !== undefined) wipePasswords(passwords);
      else this.#keepInterrupted(passwords);
      return found;
    }
    wipePasswords(passwords);
    return ok(number === undefined ? alone(found.value) : together(number, found.value));
  }

  #activateAnew(): Promise<Result<DetectedCard, LinkError>> {
    return activateAnew(this.#context.reader, NEVER);
  }

  #keepInterrupted(passwords: EnteredPasswords): void {
    const until = after(this.#context.clock.monotonicMs(), INTERRUPTED_MS);
    this.#interrupted = { passwords, until };
  }

  /** A newer entry is meant for the card that lies there now. */
  #takeInterrupted(): EnteredPasswords | undefined {
    const interrupted = this.#interrupted;
    this.#interrupted = undefined;
    if (interrupted === undefined) return undefined;
    const newer = this.#context.entry.take();
    const isOver = this.#context.clock.monotonicMs() >= interrupted.until;
    if (newer === undefined && !isOver) return interrupted.passwords;
    wipePasswords(interrupted.passwords);
    return newer;
  }
}

/** A round of polling for a card that lies there is short, and is not broken off. */
const NEVER = new AbortController().signal;

/** What the number of the same card has shown, and the document that was enrolled with it. */
interface KnownNumber {
  readonly passage: Passage;
  readonly document?: Uint8Array | undefined;
}

const isOfDocument = (level: Level): boolean => level === "authenticDocument" || level === "verifiedDocument";

const mayBeDocument = (failure: PassageFailure): boolean =>
  failure.kind === "notCie" && failure.application !== "payment";

function shownNumber(number: KnownNumber | undefined): ShownNumber | undefined {
  const [holder] = number?.passage.holders ?? [];
  return holder && { holder, isProven: number?.passage.proofs.has("chipKey") === true };
}

const alone = (finding: DocumentFinding): Passage => passageOf(finding, finding.proofs, finding.holders);

/** Number and document are one card only if they were enrolled as one; else the document stands for its holder alone. */
function together({ passage, document }: KnownNumber, finding: DocumentFinding): Passage {
  if (finding.decided !== undefined) return passageOf(finding, finding.proofs, passage.holders);
  if (document === undefined) return alone(finding);
  if (finding.document === undefined || !equalBytes(finding.document, document))
    return { ...refusal(passage, OTHER_DOCUMENT, "otherDocument"), alarm: "cloneSuspected" };
  const proofs = new Set([...passage.proofs, ...finding.proofs]);
  return { ...passageOf(finding, proofs, [...passage.holders, ...finding.holders]), chip: passage.chip };
}

function passageOf(
  { alarm, decided, detail }: DocumentFinding,
  proofs: Proofs,
  holders: readonly PersonalPart[],
): Passage {
  const why = { ...(decided === undefined ? {} : { decided }), ...(detail === undefined ? {} : { detail }) };
  return {
    proofs,
    holders,
    chip: { standing: "unpinned", ...why },
    ...(alarm === undefined ? {} : { alarm }),
  };
}

const refusal = (number: Passage | undefined, decided: Denial, detail: string): Passage => ({
  proofs: number?.proofs ?? new Set(),
  holders: number?.holders ?? [],
  chip: { standing: "unpinned", decided, detail },
});
