/**
 * Runs one lane: performs the effects that `lane.ts` asks for, on ports, and feeds back what came of them.
 * After every input all effects are performed before the next input, and the last effect is the one that
 * makes it. Whatever fails here, nothing opens.
 */
import type { CardReader, DetectedCard, ReaderError } from "../ports/card.ts";
import type { Clock } from "../ports/clock.ts";
import type { Journal, JournalError, NewEvent } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { Result } from "../result.ts";
import type { Millis } from "../time/time.ts";
import {
  type DoorFacts,
  journalRecoveredEvent,
  type LaneRows,
  noteEvent,
  relayEvent,
} from "./access-event.ts";
import type { Indicators } from "./indicators.ts";
import type { Judge } from "./judge.ts";
import {
  begin,
  type LaneEffect,
  type LaneInput,
  type LaneNote,
  type LaneStep,
  type NoteFacts,
  type Recents,
  step,
  type Verdict,
} from "./lane.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import type { Left, Passage, PassageFailure } from "./passage.ts";
import type { RelayFault, RelayPulse } from "./relay-pulse.ts";
import type { ShownSeal } from "./seal-alone.ts";

/** Something that keeps the door from working; published as its state. */
export type DoorFault = "reader" | "relay" | "journal";

export interface LaneContext {
  readonly facts: DoorFacts;
  readonly reader: CardReader;
  readonly relay: RelayPulse;
  readonly indicators: Indicators;
  readonly journal: Journal;
  readonly judge: Judge;
  /** Reads and proves the card in the field, see `readPassage`. */
  readonly read: (
    card: DetectedCard,
    leftAt: Millis | undefined,
  ) => Promise<Result<Passage, PassageFailure | Left>>;
  /** The seal that was shown alone since the last was asked for; absent where no seal suffices. */
  readonly seal?: (() => ShownSeal | undefined) | undefined;
  /** The lanes whose readers see the same cards; absent where the reader shares its field with nobody. */
  readonly neighbourhood?: Neighbourhood | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of every change, the empty set included. */
  readonly onFaults: (faults: ReadonlySet<DoorFault>) => void;
  /** Told at the first polling round: the moment from which the door serves people. */
  readonly onPolling: () => void;
  /** A little work that is better done while nobody is there, before each polling round. */
  readonly onIdle?: (() => void) | undefined;
  /** The machine; a parameter so that a test can plant a defect in it. */
  readonly step?: typeof step<LaneRows> | undefined;
}

type Input = LaneInput<LaneRows>;
type Effect = LaneEffect<LaneRows>;

/** While the journal is broken, an idle lane tries it again this often. */
const JOURNAL_RETRY_MS = 5_000;

/** Least time between two rows about recoveries of one reader. */
const RECOVERY_NOTES_MS = 60_000;

export class LaneRunner {
  readonly #context: LaneContext;
  readonly #faults = new Set<DoorFault>();
  #card: DetectedCard | undefined;
  /** Presentations that could not be written since the journal failed. */
  #unrecorded = 0;
  #journalFailedAt: Millis | undefined;
  #polled = false;
  /** Since the last that was noted. */
  #recoveries = 0;
  #recoveryNotedAt: Millis | undefined;
  #turnedAt: Millis;
  /** When the last who was decided on left. */
  #leftAt: Millis | undefined;

  constructor(context: LaneContext) {
    this.#context = context;
    this.#turnedAt = context.clock.monotonicMs();
  }

  /** When the lane last finished what it was doing, or its reader answered while it waited: evidence that it is not stuck. */
  get turnedAt(): Millis {
    return this.#turnedAt;
  }

  /** It waits for a person, and its reader has answered just now. */
  waiting(): void {
    this.#turnedAt = this.#now();
  }

  /**
   * Serves the lane until `signal` is aborted. `recents` are the presentations that the journal last saw here,
   * so that a card that lay on the reader during a restart is not admitted a second time.
   */
  async run(signal: AbortSignal, recents: Recents): Promise<void> {
    let [lane, effects]: LaneStep<LaneRows> = begin(recents);
    const { neighbourhood, facts } = this.#context;
    neighbourhood?.update(facts.door, lane);
    const next = this.#context.step ?? step;
    while (!signal.aborted) {
      const input = await this.#performAll(effects, lane, signal);
      if (input === undefined) break;
      [lane, effects] = next(lane, this.#askNextDoor(lane, input));
      neighbourhood?.update(facts.door, lane);
      this.#turnedAt = this.#now();
      this.#context.log.debug("lane", { door: this.#context.facts.door, input: input.kind, at: lane.at });
    }
    await this.#context.reader.stop();
    await this.#context.indicators.off();
    await this.#context.relay.release();
  }

  /** The relay's faults come at any time, not only as the answer to a pulse. */
  async relayFault(fault: RelayFault | undefined): Promise<void> {
    this.#setFault("relay", fault !== undefined);
    await this.#write([relayEvent(this.#context.facts, fault)]);
  }

  /** Asked in the very step that decides: between asking and deciding nobody may decide next door. */
  #askNextDoor(lane: LaneStep<LaneRows>[0], input: Input): Input {
    const { neighbourhood, judge } = this.#context;
    if (neighbourhood === undefined || input.kind !== "verdict") return input;
    const verdict = this.#isNextDoor(neighbourhood, lane, input.verdict)
      ? judge.admittedNextDoor(input.verdict)
      : input.verdict;
    return { ...input, verdict, hasNeighbours: true };
  }

  /** Nobody hides behind a neighbour that he was refused here; who could not be read may be the neighbour's. */
  #isNextDoor(
    neighbourhood: Neighbourhood,
    lane: LaneStep<LaneRows>[0],
    { outcome, who }: Verdict<LaneRows>,
  ): boolean {
    const { door } = this.#context.facts;
    if (lane.at === "searching") return neighbourhood.mayBeNextDoor(door, lane.foundAt);
    return (
      lane.at === "reading" && outcome === "granted" && neighbourhood.isNextDoor(door, who, lane.foundAt)
    );
  }

  /** Performs effects in order; the input is made by the last. `undefined` when the lane is being stopped. */
  async #performAll(
    effects: readonly Effect[],
    lane: LaneStep<LaneRows>[0],
    signal: AbortSignal,
  ): Promise<Input | undefined> {
    let input: Input | undefined;
    for (const effect of effects) input = await this.#perform(effect, lane, signal);
    return signal.aborted ? undefined : input;
  }

  async #perform(
    effect: Effect,
    lane: LaneStep<LaneRows>[0],
    signal: AbortSignal,
  ): Promise<Input | undefined> {
    switch (effect.do) {
      case "pulseRelay":
        return this.#pulse();
      case "signal":
        this.#context.indicators.show(effect.signal);
        return undefined;
      case "note":
        await this.#note(effect.note, effect);
        return undefined;
      case "dropCard":
        return this.#drop();
      case "startReader":
        return this.#startReader(effect.afterMs, signal);
      case "poll":
        return this.#sealShown(lane) ?? this.#poll(signal);
      case "read":
        return this.#read(effect.foundAt);
      case "commit":
        return this.#commit(effect.row);
      case "composeIncomplete":
        return this.#incomplete(effect.foundAt, effect.tries);
      case "watch":
        return this.#watch(effect.afterMs, signal);
      default:
        return effect satisfies never;
    }
  }

  async #note(note: LaneNote, facts: NoteFacts): Promise<void> {
    if (note === "readerDown" || note === "readerUp") this.#setFault("reader", note === "readerDown");
    if (note === "readerRecovered") await this.#noteRecovery(facts);
    else await this.#write([noteEvent(this.#context.facts, note, facts)]);
  }

  /** A reader that is helped again and again fills no journal: it is told by the minute, with the number of times. */
  async #noteRecovery(facts: NoteFacts): Promise<void> {
    this.#recoveries += 1;
    const last = this.#recoveryNotedAt;
    if (last !== undefined && this.#now() < last + RECOVERY_NOTES_MS) return;
    const event = noteEvent(this.#context.facts, "readerRecovered", { ...facts, times: this.#recoveries });
    this.#recoveryNotedAt = this.#now();
    this.#recoveries = 0;
    await this.#write([event]);
  }

  /** A relay that fails reports itself (`relayFault`); the presentation takes its course. */
  async #pulse(): Promise<undefined> {
    const pulse = await this.#context.relay.pulse();
    if (!pulse.ok)
      this.#context.log.error("relayPulseFailed", {
        door: this.#context.facts.door,
        fault: pulse.error.kind,
      });
  }

  /** A reader that cannot even drop a card will fail its next poll, which has a way to say so. */
  async #drop(): Promise<undefined> {
    this.#card = undefined;
    const dropped = await this.#context.reader.drop();
    if (!dropped.ok) this.#context.log.warn("dropFailed", { error: describeReaderError(dropped.error) });
  }

  async #startReader(afterMs: number, signal: AbortSignal): Promise<Input> {
    const { clock, reader, facts, log } = this.#context;
    if (afterMs > 0) await clock.sleep(afterMs, signal);
    const started = await reader.start();
    if (!started.ok) return this.#readerFailed(started.error);
    const { firmware, degraded, recoveredBy } = started.value;
    log.info("readerStarted", { door: facts.door, firmware, degraded: degraded.join("; ") });
    return { kind: "readerStarted", now: clock.monotonicMs(), by: recoveredBy };
  }

  async #poll(signal: AbortSignal): Promise<Input> {
    await this.#retryJournal();
    if (!this.#polled) this.#context.onPolling();
    this.#polled = true;
    this.#context.onIdle?.();
    const begunAt = this.#now();
    const found = await this.#context.reader.poll(signal);
    if (!found.ok) return this.#readerFailed(found.error);
    if (found.value === "notLooked") {
      const now = this.#now();
      return { kind: "notLooked", now, forMs: now - begunAt };
    }
    this.#card = found.value;
    return { kind: found.value === undefined ? "nothingFound" : "cardFound", now: this.#now() };
  }

  /** Taken by an idle lane alone, so that no card's reading is disturbed, and by none whose reader has still to show that it works. */
  #sealShown(lane: LaneStep<LaneRows>[0]): Input | undefined {
    if (lane.at !== "idle" || lane.unproven !== undefined) return undefined;
    const shown = this.#context.seal?.();
    if (shown === undefined) return undefined;
    const { shownAt, passage } = shown;
    const verdict = this.#verdictOn(passage, shownAt);
    return { kind: "sealShown", now: this.#now(), shownAt, verdict };
  }

  #verdictOn(passage: Passage, foundAt: Millis): Verdict<LaneRows> {
    const { judge } = this.#context;
    const verdict = judge.judge(passage, () => this.#now() - foundAt);
    if (verdict.ok) return verdict.value;
    this.#journalBroken(verdict.error.kind);
    return { ...judge.unjudged(this.#now() - foundAt), bySeal: passage.bySeal };
  }

  async #read(foundAt: Millis): Promise<Input> {
    const { read, judge } = this.#context;
    if (this.#card === undefined) throw new Error("a read without a card");
    const reading = await read(this.#card, this.#leftAt);
    if (reading.ok) {
      const verdict = this.#verdictOn(reading.value, foundAt);
      return { kind: "verdict", now: this.#now(), verdict };
    }
    const failure = reading.error;
    if (failure.kind === "pinsFailed") return this.#unjudged(failure.error, foundAt);
    if (failure.kind === "readerFailed") return this.#readerFailed(failure.error);
    if (failure.kind === "cardLost") return { kind: "cardLost", now: this.#now() };
    if (failure.kind === "left") return { kind: "cardLeft", now: this.#now() };
    return { kind: "verdict", now: this.#now(), verdict: judge.refuse(failure, this.#now() - foundAt) };
  }

  #unjudged(error: JournalError, foundAt: Millis): Input {
    this.#journalBroken(error.kind);
    const verdict = this.#context.judge.unjudged(this.#now() - foundAt);
    return { kind: "verdict", now: this.#now(), verdict };
  }

  #incomplete(foundAt: Millis, tries: number): Input {
    const verdict = this.#context.judge.incomplete(this.#now() - foundAt, tries);
    return { kind: "verdict", now: this.#now(), verdict };
  }

  async #commit(rows: LaneRows): Promise<Input> {
    const written = await this.#write(rows);
    if (!written) this.#unrecorded += 1;
    return { kind: written ? "committed" : "commitFailed", now: this.#now() };
  }

  async #watch(afterMs: number, signal: AbortSignal): Promise<Input> {
    await this.#context.clock.sleep(afterMs, signal);
    const present = await this.#context.reader.isPresent();
    if (!present.ok) return this.#readerFailed(present.error);
    if (!present.value) this.#leftAt = this.#now();
    return { kind: present.value ? "cardPresent" : "cardGone", now: this.#now() };
  }

  #readerFailed(error: ReaderError): Input {
    const reason = describeReaderError(error);
    this.#context.log.error("readerFailed", { door: this.#context.facts.door, reason, ...remedyOf(error) });
    this.#card = undefined;
    return { kind: "readerFailed", now: this.#now(), reason };
  }

  /** Commits; the first commit after a failure is preceded by the note of what went unrecorded. */
  async #write(events: readonly NewEvent[]): Promise<boolean> {
    const recovered =
      this.#journalFailedAt === undefined
        ? []
        : [journalRecoveredEvent(this.#context.facts, this.#unrecorded)];
    const written = await this.#context.journal.append([...recovered, ...events]);
    if (!written.ok) {
      this.#journalBroken(written.error.kind);
      return false;
    }
    this.#journalFailedAt = undefined;
    this.#unrecorded = 0;
    this.#setFault("journal", false);
    return true;
  }

  async #retryJournal(): Promise<void> {
    if (this.#journalFailedAt === undefined || this.#now() < this.#journalFailedAt + JOURNAL_RETRY_MS) return;
    await this.#write([]);
  }

  #journalBroken(error: string): void {
    this.#context.log.error("journalFailed", { door: this.#context.facts.door, error });
    this.#journalFailedAt = this.#now();
    this.#setFault("journal", true);
  }

  #setFault(fault: DoorFault, broken: boolean): void {
    if (broken === this.#faults.has(fault)) return;
    if (broken) this.#faults.add(fault);
    else this.#faults.delete(fault);
    this.#context.onFaults(new Set(this.#faults));
  }

  #now(): Millis {
    return this.#context.clock.monotonicMs();
  }
}

/** The kind, and where there is one the kind below it: enough for a row, without addresses or data. */
function describeReaderError(error: ReaderError): string {
  if (error.kind === "bus" || error.kind === "line") return `${error.kind}:${error.error.kind}`;
  return error.kind === "chipProtection" ? `${error.kind}:${error.cause}` : error.kind;
}

/** What a person can do about it. */
function remedyOf(error: ReaderError): { readonly remedy?: string } {
  const cause = error.kind === "bus" || error.kind === "line" ? error.error : error;
  return "remedy" in cause ? { remedy: cause.remedy } : {};
}
