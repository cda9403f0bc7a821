/**
 * Which ISO-DEP engine a card is read by, and in frames of what size: as large as the chip and cards of its kind have shown
 * to carry. Nobody has measured whether every chip keeps up with frames past its buffer of 64 bytes, so what fails there
 * is tried smaller, and in the end left to the firmware's engine, which never asks for more. The way back up is one trial
 * at a time, and ever more seldom; what breaks off in one ends it, so that nobody suffers two of them.
 * Governing documents: ISO/IEC 14443-4 §5.1 (FSDI); NXP UM0701-02 §7.3.9 (InCommunicateThru).
 */
import type { CardLink } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Log } from "../../src/ports/log.ts";
import type { Millis } from "../../src/time/time.ts";
import type { IsoDepEngine } from "./commands.ts";
import { chanceAfter, isDue, type SecondChance, sameAgain } from "./second-chance.ts";

/** FSD, the longest frame that the card may send, CRC included; or the firmware's engine. */
export type FrameChoice = 256 | 128 | 64 | "firmware";

/** What a card was activated with. */
interface Activated {
  readonly family: string;
  readonly frames: FrameChoice;
}

/** From the best to the surest. */
const CHOICES: readonly FrameChoice[] = [256, 128, 64, "firmware"];
const SUREST = CHOICES.length - 1;
/** The firmware asks for no longer ones. */
const FIRMWARE_FRAME_BYTES = 64;
/** Proves nothing: whoever selects an application gets so much over any link. */
const SHORT_BLOCK_BYTES = 32;
/** One of damaged frames may be noise, or a card that was taken away just then; an overflow is neither. */
const MAX_FAILURES = 2;
/** A card that is taken away while it is selected is one; so many in a row are the chip's. */
const MAX_SELECTIONS_FAILED = 5;
/** What so many kinds of cards cannot carry is the chip's limit and not theirs. */
const KINDS_OF_PROOF = 2;
/** APDUs with a long block each that a trial takes to succeed: about one document. */
const PROOFS = 16;
/** Products of which it is remembered; the oldest makes room. */
const MAX_FAMILIES = 64;

/** How far down the chip is, or a kind of card. */
interface Limit {
  /** Index of the choice. */
  readonly level: number;
  /** Of the next better choice; kept behind a success, since what falls again waits for longer. */
  readonly chance: SecondChance | undefined;
  /** APDUs in which that choice has held since its trial began. */
  readonly proofs: number;
}

interface Standing extends Limit {
  /** Since a long block last arrived whole, at this level of the chip's or its own. */
  readonly failures: { readonly level: number; readonly count: number };
  /** A trial was at its cost: no other is before one of its cards was read. */
  readonly isOwedReading: boolean;
}

const UNLIMITED: Limit = { level: 0, chance: undefined, proofs: 0 };
const SOUND = { failures: { level: 0, count: 0 }, isOwedReading: false } as const;
const UNKNOWN: Standing = { ...UNLIMITED, ...SOUND };

export interface IsoDepChoiceParts {
  readonly engine: IsoDepEngine;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly log: Pick<Log, "info" | "warn">;
}

/** Begins with the best; one for each chip. */
export class IsoDepChoice {
  readonly #parts: IsoDepChoiceParts;
  readonly #standings = new Map<string, Standing>();
  /** Families that fell since the chip rose last: what they showed before that holds no more. */
  readonly #fallen = new Set<string>();
  #chip: Limit;
  /** In a row. */
  #selectionsFailed = 0;

  constructor(parts: IsoDepChoiceParts) {
    this.#parts = parts;
    // Whoever chose the firmware's engine has no second chance to wait for.
    this.#chip = parts.engine === "firmware" ? { ...UNLIMITED, level: SUREST } : UNLIMITED;
  }

  /** What the chip has shown to carry, trials aside. */
  get chip(): FrameChoice {
    return choiceAt(this.#chip.level);
  }

  /** For a card of which nothing is known yet. */
  get first(): FrameChoice {
    return choiceAt(this.#levelIn(this.#chip));
  }

  /** For a card of this family. */
  of(family: string): FrameChoice {
    const limit = this.#limitOf(family);
    return choiceAt(this.#standingOf(family).isOwedReading ? limit.level : this.#levelIn(limit));
  }

  /**
   * Card after card selected by the chip has not answered our own request, which asked for these frames: whoever it is, the
   * next one is asked for less. One of them in a trial ends that, and proves nothing: it may have been taken away.
   */
  selectionFailed(frames: FrameChoice): void {
    const { level, chance } = this.#chip;
    if (CHOICES.indexOf(frames) < level && chance !== undefined) {
      this.#chip = withChance(this.#chip, sameAgain(chance, this.#now()));
      return;
    }
    this.#selectionsFailed += 1;
    if (this.#selectionsFailed < MAX_SELECTIONS_FAILED) return;
    this.#selectionsFailed = 0;
    if (level < SUREST) this.#lowerChip();
  }

  selectionWorked(): void {
    this.#selectionsFailed = 0;
  }

  /** An APDU was answered. It counts where a block arrived whole that the next smaller frames could not have held. */
  worked({ family, frames }: Activated, blockBytes: number): void {
    const level = CHOICES.indexOf(frames);
    if (blockBytes <= smallerThan(level)) return;
    const standing = this.#standingOf(family);
    if (level < this.#limitOf(family).level) this.#proved(family, level);
    else if (standing.failures.count > 0 || standing.isOwedReading)
      this.#set(family, { ...standing, ...SOUND });
  }

  /**
   * A reading broke off: with frames that arrived damaged again and again, that the chip says it could not hold, or for any
   * other reason, which is no frame's fault but ends a trial. `blockBytes` is the longest that was sent or waited for:
   * shorter ones speak of noise, not of the size of frames.
   */
  failed({ family, frames }: Activated, how: "damaged" | "overflow" | "other", blockBytes: number): void {
    const level = CHOICES.indexOf(frames);
    const isProof = how === "overflow" || (how === "damaged" && blockBytes > smallerThan(level));
    const limit = this.#limitOf(family);
    if (level < limit.level) this.#endTrial(family, limit, isProof ? chanceAfter : sameAgain);
    else if (isProof) this.#blame(family, how === "overflow" ? MAX_FAILURES : 1);
  }

  #endTrial(family: string, limit: Limit, next: (before: SecondChance, now: Millis) => SecondChance): void {
    if (limit.chance === undefined) return;
    this.#change(family, withChance(limit, next(limit.chance, this.#now())));
    this.#set(family, { ...this.#standingOf(family), isOwedReading: true });
  }

  #blame(family: string, failures: number): void {
    const { level } = this.#limitOf(family);
    const standing = this.#standingOf(family);
    const count = failures + (standing.failures.level === level ? standing.failures.count : 0);
    if (count < MAX_FAILURES || level === SUREST) {
      this.#set(family, { ...standing, failures: { level, count } });
      return;
    }
    const chance = chanceAfter(standing.chance, this.#now());
    this.#set(family, { level: level + 1, chance, proofs: 0, ...SOUND });
    this.#fallen.add(family);
    const limited = [...this.#fallen].filter((each) => this.#standingOf(each).level > this.#chip.level);
    if (limited.length >= KINDS_OF_PROOF) this.#lowerChip();
  }

  /** Often enough, and what was tried is what holds; the choice above it is tried later. */
  #proved(family: string, level: number): void {
    const limit = this.#limitOf(family);
    const proofs = limit.proofs + 1;
    if (proofs < PROOFS || limit.chance === undefined) {
      this.#change(family, { ...limit, proofs });
      return;
    }
    const raised = { level, chance: sameAgain(limit.chance, this.#now()), proofs: 0 };
    const isChips = this.#isLimitedByChip(family);
    if (this.#standings.has(family)) this.#set(family, { ...raised, ...SOUND });
    if (!isChips) return;
    this.#chip = raised;
    this.#fallen.clear();
    this.#parts.log.info("pn532.frames", framesOf(this.chip));
  }

  #lowerChip(): void {
    const { level, chance } = this.#chip;
    this.#chip = { level: level + 1, chance: chanceAfter(chance, this.#now()), proofs: 0 };
    this.#parts.log.warn("pn532.frames", framesOf(this.chip));
  }

  #now(): Millis {
    return this.#parts.clock.monotonicMs();
  }

  /** One better than the limit, while that is on trial. */
  #levelIn({ level, chance }: Limit): number {
    return level > 0 && chance !== undefined && isDue(chance, this.#now()) ? level - 1 : level;
  }

  #standingOf(family: string): Standing {
    return this.#standings.get(family) ?? UNKNOWN;
  }

  /** The chip's or the family's, whichever is worse: it is what a trial is about. */
  #limitOf(family: string): Limit {
    return this.#isLimitedByChip(family) ? this.#chip : this.#standingOf(family);
  }

  #isLimitedByChip(family: string): boolean {
    return this.#standingOf(family).level <= this.#chip.level;
  }

  #change(family: string, limit: Limit): void {
    if (this.#isLimitedByChip(family)) this.#chip = limit;
    else this.#set(family, { ...this.#standingOf(family), ...limit });
  }

  #set(family: string, standing: Standing): void {
    this.#standings.delete(family);
    this.#standings.set(family, standing);
    const [oldest] = this.#standings.keys();
    if (this.#standings.size <= MAX_FAMILIES || oldest === undefined) return;
    this.#standings.delete(oldest);
    this.#fallen.delete(oldest);
  }
}

/** The trial is over; the next one begins from nothing. */
const withChance = (limit: Limit, chance: SecondChance): Limit => ({ ...limit, chance, proofs: 0 });

/** What a choice comes to, as the gate and the fleet are told. */
export const framesOf = (choice: FrameChoice): Pick<CardLink, "isoDep" | "frameBytes"> =>
  choice === "firmware"
    ? { isoDep: "firmware", frameBytes: FIRMWARE_FRAME_BYTES }
    : { isoDep: "software", frameBytes: choice };

/** What the next smaller frames hold. */
function smallerThan(level: number): number {
  const next = choiceAt(level + 1);
  return next === "firmware" ? SHORT_BLOCK_BYTES : next;
}

const choiceAt = (level: number): FrameChoice => CHOICES[level] ?? "firmware";
