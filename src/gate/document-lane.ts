/**
 * Travel documents at a door: where the password comes from, and whom the card that it opens may stand for on the lists. The
 * number of a CIE is read first: the card that opens by enrolment is found by it, its holder only taps, and who is refused by
 * his number does not pass by his document. Cards of a kind that has no number are not asked for it again. Of the holder
 * nothing leaves but keyed pseudonyms. Governing text: ICAO Doc 9303-11 §4.2; privacy rules, 2.
 */
import { run } from "../apdu/exchange.ts";
import { equalBytes } from "../bytes/bytes.ts";
import { unseal } from "../crypto/sealed.ts";
import type { SiteKey } from "../crypto/site-key.ts";
import { looksLikeDocument } from "../emrtd/application.ts";
import type { DocumentError } from "../emrtd/document-request.ts";
import { type Level, type Proofs, reaches } from "../identity/proofs.ts";
import type { Denial } from "../policy/question.ts";
import type { CardReader, DetectedCard, LinkError } from "../ports/card.ts";
import type { Clock } from "../ports/clock.ts";
import type { CredentialLookup } from "../ports/credentials.ts";
import type { DocumentEnrolments } from "../ports/document-enrolments.ts";
import type { JournalError, PersonalPart } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import { err, ok, type Result } from "../result.ts";
import { after, type Millis } from "../time/time.ts";
import { activateAnew } from "./activate-anew.ts";
import { awaitEntry, ENTRY_PATIENCE_MS, PRESENCE_INTERVAL_MS } from "./await-entry.ts";
import type { DocumentExaminer, DocumentFinding, ShownNumber } from "./document-examiner.ts";
import { type EnteredPasswords, wipePasswords } from "./entered-password.ts";
import { wipeEnteredSeal } from "./entered-seal.ts";
import { REARM_MS } from "./lane.ts";
import type { NumberlessKinds } from "./numberless-kinds.ts";
import type { Left, Passage, PassageFailure } from "./passage.ts";
import type { PasswordEntry } from "./password-entry.ts";
import type { SealAlone } from "./seal-alone.ts";
import type { SealCheck } from "./seal-check.ts";

/** What the lamps tell while a document lies there, or is taken away to be shown to the scanner. */
export type DocumentProgress = "enterPassword" | "holdStill" | "showSeal";

export interface DocumentLaneContext {
  readonly clock: Clock;
  readonly siteKey: SiteKey;
  readonly reader: Pick<CardReader, "drop" | "poll" | "isPresent">;
  readonly entry: PasswordEntry;
  readonly enrolments: DocumentEnrolments;
  readonly credentials: CredentialLookup;
  readonly examiner: DocumentExaminer;
  /** Where documents that bear a seal are taken with it alone. */
  readonly seals?: SealCheck | undefined;
  /** Where a seal may do by itself: whoever lays his document down may show that in place of typing. */
  readonly sealAlone?: SealAlone | undefined;
  /** What the door demands now of a holder of this group, or of a stranger. */
  readonly demanded: (group: string | undefined) => readonly Level[];
  /** Kinds of cards that have turned out to have no number. */
  readonly numberless: NumberlessKinds;
  readonly log: Log;
  readonly onProgress: (progress: DocumentProgress) => void;
  /** While a document waits for its password the lane is not stuck, as long as its reader answers. */
  readonly onWaiting: () => void;
  /** The gate is being stopped: nobody is waited for any longer. */
  readonly stopping: AbortSignal;
}

/** What was entered for a document that slipped away is good for its coming back. */
const INTERRUPTED_MS = 5_000;
/** Many times what a card takes to say whether it is a document. */
const RECOGNITION_MS = 1_000;
/** Who has left and is back so soon is leaving still, and is not asked for a password. */
const LEAVING_MS = REARM_MS;

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

/** Behind these a card may come back and be read after all. */
const UNDECIDED: ReadonlySet<(PassageFailure | Left)["kind"]> = new Set<(PassageFailure | Left)["kind"]>([
  "cardLost",
  "readerFailed",
  "left",
]);

type Read = Promise<Result<Passage, PassageFailure>>;
type DocumentRead = Promise<Result<Passage, PassageFailure | Left>>;
/** Reads and proves the card's number, for whoever is known by that. */
type ByNumber = (card: DetectedCard) => Read;

/** One per door. */
export class DocumentLane {
  readonly #context: DocumentLaneContext;
  #interrupted: { readonly passwords: EnteredPasswords; readonly gone: AbortController } | undefined;
  #examined = 0;
  #isExamining = false;

  constructor(context: DocumentLaneContext) {
    this.#context = context;
  }

  /** Whether a document is being read at this moment. */
  get isExamining(): boolean {
    return this.#isExamining;
  }

  /** The card in the field. `leftAt`: when the last who was decided on here left. */
  async read(card: DetectedCard, byNumber: ByNumber, leftAt: Millis | undefined): DocumentRead {
    const { seals } = this.#context;
    const read = await this.#read(card, byNumber, leftAt);
    // Of a card that slipped away it is still the seal; of one that is decided on it was.
    if (read.ok || !UNDECIDED.has(read.error.kind)) seals?.forget();
    return read;
  }

  async #read(card: DetectedCard, byNumber: ByNumber, leftAt: Millis | undefined): DocumentRead {
    if (card.kind !== "isoDep") return err({ kind: "notIsoDep" });
    const { numberless } = this.#context;
    const entered = numberless.has(card.historicalBytes) ? this.#takeEntered() : undefined;
    if (entered !== undefined) return this.#readNumberless(card, entered, byNumber);
    const number = await byNumber(card);
    if (!number.ok) {
      if (!mayBeDocument(number.error)) return number;
      numberless.add(card.historicalBytes);
      return this.#readDocument(number, undefined, leftAt);
    }
    numberless.remove(card.historicalBytes);
    const known = this.#knownBy(number.value);
    if (!known.ok) return err({ kind: "pinsFailed", error: known.error });
    if (known.value !== "settled") return this.#readDocument(number, known.value, leftAt);
    this.#forgetEntered();
    return number;
  }

  /** What was entered was for the card laid down next, and this one needs it not: it must not be tried on whose comes then. */
  #forgetEntered(): void {
    this.#context.entry.clear();
    this.forgetInterrupted();
  }

  /** Wipes what is kept for a document that has not come back. */
  forgetInterrupted(): void {
    const passwords = this.#takeInterrupted();
    if (passwords !== undefined) wipePasswords(passwords);
  }

  /**
   * A card of a kind that has no number, as far as is known: a document of the one State whose cards have one is asked for it
   * after all.
   */
  async #readNumberless(card: DetectedCard, entered: Entered, byNumber: ByNumber): DocumentRead {
    const found = await this.#examine(card, entered);
    if (!found.ok) return found;
    if (entered.isAgain && isOfAnother(found.value)) return this.#askAndRead(undefined);
    if (found.value.mayHaveNumber !== true) return ok(this.#alone(found.value));
    const anew = await this.#activateAnew();
    if (!anew.ok) return anew;
    const number = await byNumber(anew.value);
    if (!number.ok) return mayBeDocument(number.error) ? ok(this.#alone(found.value)) : number;
    this.#context.numberless.remove(card.historicalBytes);
    const known = this.#knownBy(number.value);
    if (!known.ok) return err({ kind: "pinsFailed", error: known.error });
    if (known.value === "settled") return number;
    known.value.enrolled?.key.fill(0);
    return ok(this.#together(known.value, found.value));
  }

  /** With the password of its enrolment, or the one that was entered, or the one that is entered now. */
  async #readDocument(
    number: Awaited<Read>,
    known: KnownNumber | undefined,
    leftAt: Millis | undefined,
  ): DocumentRead {
    const entered = this.#takeEntered();
    const key = known?.enrolled?.key;
    if (known !== undefined && key !== undefined) {
      if (entered !== undefined) wipePasswords(entered.passwords);
      const passwords: EnteredPasswords = [{ password: { reference: "CAN", key } }];
      return this.#readAnew({ passwords, isEnrolled: true }, known);
    }
    if (entered === undefined) return this.#askWhoStays(number, known, leftAt);
    const read = await this.#readAnew(entered, known);
    const isOthers = entered.isAgain === true && read.ok && isOfAnother(read.value.chip);
    return isOthers ? this.#askAndRead(known) : read;
  }

  /** Asks for a password where one would help: a document lies there, to stay, and such documents are wanted. */
  async #askWhoStays(
    number: Awaited<Read>,
    known: KnownNumber | undefined,
    leftAt: Millis | undefined,
  ): DocumentRead {
    const { demanded } = this.#context;
    if (known === undefined && !demanded(undefined).some(isOfDocument)) return number;
    const staying = await this.#seeOff(leftAt);
    if (!staying.ok) return staying;
    const travel = known === undefined ? await this.#isTravelDocument() : ok(true);
    if (!travel.ok) return travel;
    return travel.value ? this.#askAndRead(known) : number;
  }

  /** What the lists and the enrolments know of a number; `settled`: a document would change nothing. */
  #knownBy(passage: Passage): Result<KnownNumber | "settled", JournalError> {
    const [holder] = passage.holders;
    const { decided, detail } = passage.chip;
    // Whoever is on no list by his number may be on one by his document.
    const isDecided = decided !== undefined && decided.reason !== "CredentialNotFound";
    const isRefuted = decided === undefined && detail !== undefined;
    if (isDecided || isRefuted || holder === undefined) return ok("settled");
    const standing = this.#context.credentials.standing(holder.pseudonym);
    if (!standing.ok) return standing;
    const { denyListed, credential } = standing.value;
    const levels = this.#context.demanded(credential?.group);
    const isProven = credential !== undefined && levels.some((level) => reaches(passage.proofs, level));
    if (denyListed || isProven || !levels.some(isOfDocument)) return ok("settled");
    const enrolled = this.#enrolled(holder);
    return enrolled.ok ? ok({ passage, enrolled: enrolled.value }) : enrolled;
  }

  /** The password and the identity that were kept when the holder of this number was enrolled. */
  #enrolled({ pseudonym }: PersonalPart): Result<Enrolled | undefined, JournalError> {
    const { enrolments, log, siteKey } = this.#context;
    const enrolment = enrolments.enrolmentOf(pseudonym);
    if (!enrolment.ok) return enrolment;
    const { sealedCan, document } = enrolment.value ?? {};
    if (sealedCan === undefined) return ok(undefined);
    const key = unseal(sealedCan, { siteKey, purpose: "cardAccessNumber", pseudonym });
    if (key === undefined) log.warn("enrolmentUnreadable", { remedy: "enrol the card anew" });
    return ok(key && { key, ...(document === undefined ? {} : { document }) });
  }

  async #askAndRead(known: KnownNumber | undefined): DocumentRead {
    const { clock, examiner, sealAlone, onProgress } = this.#context;
    const blocked = examiner.blocked(shownNumber(known));
    if (!blocked.ok) return blocked;
    if (blocked.value !== undefined) return ok(this.#together(known, blocked.value));
    onProgress("enterPassword");
    const waitFor = (signal: AbortSignal) => this.#waitForAnswer(signal);
    const until = after(clock.monotonicMs(), ENTRY_PATIENCE_MS);
    const answer = await awaitEntry(waitFor, { card: "stays", until }, this.#context);
    // Whoever is to show a seal in place of typing takes the card away to do so: it was not he who broke off.
    if (!answer.ok && answer.error.kind === "cardLost" && sealAlone !== undefined)
      return err({ kind: "left" });
    if (!answer.ok) return answer;
    const { passwords, passage } = answer.value ?? {};
    if (passage !== undefined) return ok(passage);
    if (passwords === undefined) return ok(refusal(known?.passage, PASSWORD_MISSING, "passwordMissing"));
    return this.#readAnew({ passwords }, known);
  }

  /** A password, or whoever is shown by a seal where the door goes by that; of both at once the password. */
  async #waitForAnswer(signal: AbortSignal): Promise<Answer | undefined> {
    const { entry, sealAlone } = this.#context;
    const over = new AbortController();
    const end = (): void => over.abort();
    signal.addEventListener("abort", end);
    const [passwords, seal] = await Promise.all([
      entry.waitFor(over.signal).finally(end),
      sealAlone?.waitFor(over.signal).finally(end),
    ]);
    signal.removeEventListener("abort", end);
    if (seal === undefined) return passwords && { passwords };
    if (passwords === undefined) return { passage: sealAlone?.passage(seal) };
    wipeEnteredSeal(seal);
    return { passwords };
  }

  /** Waits as long as whoever was decided on just now may still be leaving; `left` if he is. */
  async #seeOff(leftAt: Millis | undefined): Promise<Result<void, LinkError | Left>> {
    const { clock, reader } = this.#context;
    const until = leftAt === undefined ? undefined : after(leftAt, LEAVING_MS);
    while (until !== undefined && clock.monotonicMs() < until) {
      await clock.sleep(PRESENCE_INTERVAL_MS, this.#context.stopping);
      const present = await reader.isPresent();
      if (!present.ok) return err({ kind: "readerFailed", error: present.error });
      if (!present.value) return err({ kind: "left" });
    }
    return ok(undefined);
  }

  /** Whether anything that could be opened lies there: who holds a telephone to the reader is not asked for digits. */
  async #isTravelDocument(): Promise<Result<boolean, LinkError>> {
    const { clock, log } = this.#context;
    const anew = await this.#activateAnew();
    if (!anew.ok) return anew;
    const until = after(clock.monotonicMs(), RECOGNITION_MS);
    return run(looksLikeDocument(), anew.value.channel, { clock, log, until });
  }

  /** Power off and on, since the card has been asked for other things before. */
  async #readAnew(entered: Entered, known: KnownNumber | undefined): Read {
    const anew = await this.#activateAnew();
    if (!anew.ok) {
      this.#giveBack(entered);
      return anew;
    }
    const found = await this.#examine(anew.value, entered, known);
    return found.ok ? ok(this.#together(known, found.value)) : found;
  }

  async #examine(
    card: DetectedCard,
    entered: Entered,
    known?: KnownNumber,
  ): Promise<Result<DocumentFinding, PassageFailure>> {
    const { examiner, seals, onProgress } = this.#context;
    onProgress("holdStill");
    this.#isExamining = true;
    // The password of an enrolment is no guess, if the chip of that enrolment lies there.
    const shown = shownNumber(known);
    const isCounted = entered.isEnrolled !== true || shown?.isProven !== true;
    const trial = { passwords: entered.passwords, number: shown, isCounted };
    const found = await examiner.examine(card, trial, () => this.#activateAnew());
    this.#isExamining = false;
    if (found.ok || found.error.kind === "pinsFailed") wipePasswords(entered.passwords);
    else this.#giveBack(entered);
    return found.ok && seals !== undefined ? seals.complete(found.value) : found;
  }

  #activateAnew(): Promise<Result<DetectedCard, LinkError>> {
    return activateAnew(this.#context.reader, this.#context.stopping);
  }

  #alone(finding: DocumentFinding): Passage {
    return this.#together(undefined, finding);
  }

  /** Every password that was tried is an attempt of its own: two refusals one after the other are two. */
  #together(known: KnownNumber | undefined, finding: DocumentFinding): Passage {
    this.#examined += 1;
    return { ...together(known, finding), attempt: this.#examined };
  }

  /** What was entered for the card that lies there now, else what was entered for one that may have come back. */
  #takeEntered(): Entered | undefined {
    const passwords = this.#context.entry.take();
    if (passwords !== undefined) {
      this.forgetInterrupted();
      return { passwords };
    }
    const interrupted = this.#takeInterrupted();
    return interrupted && { passwords: interrupted, isAgain: true };
  }

  /** A card that slipped away finds what was entered for it; what is kept of its holder is found by its number. */
  #giveBack({ passwords, isEnrolled }: Entered): void {
    if (isEnrolled === true) wipePasswords(passwords);
    else this.#keepInterrupted(passwords);
  }

  #keepInterrupted(passwords: EnteredPasswords): void {
    this.forgetInterrupted();
    const gone = new AbortController();
    this.#interrupted = { passwords, gone };
    void this.#forgetLater(gone.signal);
  }

  /** By a timer of its own: a reader that fails now finds nobody for hours. */
  async #forgetLater(gone: AbortSignal): Promise<void> {
    await this.#context.clock.sleep(INTERRUPTED_MS, gone);
    if (!gone.aborted) this.forgetInterrupted();
  }

  #takeInterrupted(): EnteredPasswords | undefined {
    const interrupted = this.#interrupted;
    this.#interrupted = undefined;
    interrupted?.gone.abort();
    return interrupted?.passwords;
  }
}

/** What came of waiting: one of the two. */
interface Answer {
  readonly passwords?: EnteredPasswords;
  readonly passage?: Passage | undefined;
}

interface Entered {
  readonly passwords: EnteredPasswords;
  /** Of a presentation that broke off. */
  readonly isAgain?: true;
  /** Of the holder's enrolment. */
  readonly isEnrolled?: true;
}

interface Enrolled {
  readonly key: Uint8Array;
  readonly document?: Uint8Array;
}

/** What the number of the same card has shown, and what was enrolled with it. */
interface KnownNumber {
  readonly passage: Passage;
  readonly enrolled: Enrolled | undefined;
}

/** A seal can be shown in place of the document, but the document does for it. */
const isOfDocument = (level: Level): boolean =>
  level === "documentSeal" || level === "authenticDocument" || level === "verifiedDocument";

/** What a document cannot say for which the password was good enough to be kept. */
const OF_ANOTHER_CARD: ReadonlySet<string | undefined> = new Set<DocumentError["kind"]>([
  ...(["wrongPassword", "noAccessProtocol", "notTravelDocument"] as const),
]);

const isOfAnother = ({ detail }: { readonly detail?: string }): boolean => OF_ANOTHER_CARD.has(detail);

const mayBeDocument = (failure: PassageFailure): boolean =>
  failure.kind === "notCie" && failure.application !== "payment";

function shownNumber(number: KnownNumber | undefined): ShownNumber | undefined {
  const [holder] = number?.passage.holders ?? [];
  return holder && { holder, isProven: number?.passage.proofs.has("chipKey") === true };
}

/** Number and document are one card only if they were enrolled as one; else the document stands for its holder alone. */
function together(known: KnownNumber | undefined, finding: DocumentFinding): Passage {
  const { proofs, holders } = finding;
  if (known === undefined) return passageOf(finding, proofs, holders);
  const { passage, enrolled } = known;
  if (finding.decided !== undefined) return passageOf(finding, proofs, [...passage.holders, ...holders]);
  if (enrolled?.document === undefined) return passageOf(finding, proofs, holders);
  if (finding.document === undefined || !equalBytes(finding.document, enrolled.document))
    return { ...refusal(passage, OTHER_DOCUMENT, "otherDocument"), alarm: "cloneSuspected" };
  const both = new Set([...passage.proofs, ...proofs]);
  return { ...passageOf(finding, both, [...passage.holders, ...holders]), chip: passage.chip };
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
