/**
 * Idle polls by arithmetic. A reader that nobody uses does the same thing over and over: while it
 * waits in an empty field and nothing else is due, whole polling rounds are left out, and what its chip and its
 * host had under way happens later by as many periods. A run with and without is the same to the
 * microsecond and to the throw of the dice: rounds in which a fault would strike are never left out.
 *
 * A round lasts from one long wait for activation tries to the next. What is asked for in between belongs to
 * the reader (`VirtualTimeline.claim`); everything else on the timeline is a reason to be awake.
 */
import type { Antenna } from "./antenna.ts";
import type { EventOwner, PendingEvent } from "./event-heap.ts";
import type { FaultKind, FaultPlan, FaultRates, StuckLine } from "./faults.ts";
import type { VirtualTimeline } from "./virtual-timeline.ts";

/** What a reader on a board shows of itself. */
export interface IdleReader {
  readonly wiring: { readonly node: string };
  /** How often a transaction had to wait for another reader's on the same bus. */
  readonly busWaits: () => number;
  readonly antenna: Antenna;
  readonly faults: FaultPlan;
  readonly chip: { readonly stuckIrq: StuckLine };
}

export interface IdleSkipParts {
  readonly timeline: VirtualTimeline;
  readonly readers: readonly IdleReader[];
  /** Whether the world beside the readers leaves their rounds alone. */
  readonly isCalm: () => boolean;
}

/** A wait for tries, told apart from the single try for another kind of card within a round. */
const LEAST_TRIES = 2;
/** Rounds alike before they are believed to go on. */
const ROUNDS_ALIKE = 2;
/** Rounds that are lived through before anything else is due: what comes next finds everybody as it would have. */
const ROUNDS_BEFORE = 3;
/** A host that looks at its chip more often than this does not sleep: no need to look closer. */
const LEAST_PAUSE_US = 5_000;
/** From the end of a wait to the answer in the host's hands. */
const ANSWER_US = 5_000;

/** From now on skips rounds on this timeline. */
export function skipIdlePolls({ timeline, readers, isCalm }: IdleSkipParts): void {
  const all = readers.map((reader) => new Rounds(timeline, reader));
  const waiting = all.map((rounds) => ({ rounds, mates: all.filter(({ bus }) => bus === rounds.bus) }));
  timeline.onSettled = (limitUs) => {
    if (timeline.nextUs() - timeline.nowUs() < LEAST_PAUSE_US || !isCalm()) return;
    for (const { rounds, mates } of waiting) {
      if (mates.every((mate) => mate.isSteady())) skip(timeline, { rounds, mates, all, limitUs });
    }
  };
}

/**
 * Leaves out rounds of one reader; the others go on, since what happens at an idle reader concerns nobody else
 * but those on its bus: all of them must be idle and without a fault for as long. Those who keep each other
 * waiting there are left out together.
 */
function skip(
  timeline: VirtualTimeline,
  {
    rounds,
    mates,
    all,
    limitUs,
  }: {
    readonly rounds: Rounds;
    readonly mates: readonly Rounds[];
    readonly all: readonly Rounds[];
    readonly limitUs: number;
  },
): void {
  const pending = timeline.pending();
  const leaving = mates.some((mate) => mate.isInTheWay()) ? mates : [rounds];
  if (!leaving.every((each) => each.hasNothingBeforeItsEnd(pending))) return;
  if (leaving.some((each) => each.periodUs !== rounds.periodUs)) return;
  const idle = all.filter((each) => each.isSteady());
  const untilUs = pending
    .filter((event) => !idle.some((each) => each.owns(event)))
    .reduce((least, { timeUs }) => Math.min(least, timeUs), limitUs);
  const room = Math.min(...leaving.map((each) => each.countUntil(untilUs))) - ROUNDS_BEFORE;
  if (room < 1) return;
  const count = Math.min(...mates.map((mate) => mate.quietRounds(room)));
  if (count < 1) return;
  const isTheirs = (event: PendingEvent): boolean => leaving.some((each) => each.owns(event));
  timeline.postpone((event) => (isTheirs(event) ? rounds.periodUs * count : 0));
  for (const each of leaving) each.pass(count);
}

/** The polling rounds of one reader. */
class Rounds implements EventOwner {
  readonly #timeline: VirtualTimeline;
  readonly #reader: IdleReader;
  #beganUs = 0;
  /** The order number of the end of the present wait; everything of this round comes after it. */
  #firstOrder = 0;
  #kinds: readonly FaultKind[] = [];
  #rates: FaultRates | undefined;
  #busWaits = 0;
  #waited = false;
  #stuckIrq: StuckLine = "free";
  #periodUs = 0;
  #alike = 0;

  constructor(timeline: VirtualTimeline, reader: IdleReader) {
    this.#timeline = timeline;
    this.#reader = reader;
    reader.antenna.onVacancy = (tries) => {
      if (tries >= LEAST_TRIES) this.#begin();
    };
  }

  get periodUs(): number {
    return this.#periodUs;
  }

  #begin(): void {
    const nowUs = this.#timeline.nowUs();
    const periodUs = nowUs - this.#beganUs;
    const kinds = this.#reader.faults.takeAsked();
    const isAlike =
      periodUs === this.#periodUs && this.#isUndisturbed() && kinds.join() === this.#kinds.join();
    this.#alike = isAlike ? this.#alike + 1 : 0;
    this.#periodUs = periodUs;
    this.#kinds = kinds;
    this.#waited = this.#reader.busWaits() !== this.#busWaits;
    this.#busWaits = this.#reader.busWaits();
    this.#rates = this.#reader.faults.rates;
    this.#stuckIrq = this.#reader.chip.stuckIrq;
    this.#beganUs = nowUs;
    this.#firstOrder = this.#timeline.claim(this);
  }

  /** Without the chip select of an SPI node. */
  get bus(): string {
    return this.#reader.wiring.node.replace(/\.\d+$/, "");
  }

  /**
   * In a round after others that were all alike, with nobody there. What happened in this round beside it, such as a
   * timer of the host, may make the next one different.
   */
  isSteady(): boolean {
    return (
      this.#timeline.lastUnownedUs() < this.#beganUs &&
      this.#alike >= ROUNDS_ALIKE &&
      this.#isUndisturbed() &&
      !this.#reader.antenna.isOccupied() &&
      this.#timeline.nowUs() - this.#beganUs < this.#periodUs
    );
  }

  /** Whole rounds from the beginning of the present one to an instant. */
  countUntil(untilUs: number): number {
    return Math.floor((untilUs - this.#beganUs) / this.#periodUs);
  }

  /** Somebody on the bus was kept waiting in the round before or in this one. */
  isInTheWay(): boolean {
    return this.#waited || this.#reader.busWaits() !== this.#busWaits;
  }

  /** Nobody has changed what can go wrong since the round began. */
  #isUndisturbed(): boolean {
    const { faults, chip } = this.#reader;
    return faults.rates === this.#rates && chip.stuckIrq === this.#stuckIrq;
  }

  /** What was asked for before the present round is no part of it, whoever asked. */
  owns({ owner, order }: PendingEvent): boolean {
    return owner === this && order >= this.#firstOrder;
  }

  /**
   * The host sleeps until the wait has ended and its answer is there, so that it finds the answer and does not
   * ask how long it has slept.
   */
  hasNothingBeforeItsEnd(pending: readonly PendingEvent[]): boolean {
    const own = pending.filter((event) => this.owns(event));
    const end = own.find(({ order }) => order === this.#firstOrder);
    return end !== undefined && own.every((event) => event === end || event.timeUs >= end.timeUs + ANSWER_US);
  }

  /** How many rounds, up to `limit`, can be left out so that the one after them is without a fault, too. */
  quietRounds(limit: number): number {
    return this.#reader.faults.roundsWithoutStrike(this.#rest(), limit + 1) - 1;
  }

  pass(count: number): void {
    this.#reader.faults.passRounds(this.#rest(), count);
    this.#beganUs += count * this.#periodUs;
  }

  /** What a round asks the dice for, from where it stands now. */
  #rest(): readonly FaultKind[] {
    const asked = this.#reader.faults.askedCount;
    return [...this.#kinds.slice(asked), ...this.#kinds.slice(0, asked)];
  }
}
