/**
 * Seeded faults of one reader, injected at the level of bytes, lines and radio blocks. All rates are
 * zero and all lines free by default. Every fault that strikes is counted, so that a test can insist
 * that what it provoked has happened.
 */
import { damagedBy, FRAME_FAULTS, type FrameFault } from "./frame-faults.ts";
import type { SlotContent } from "./host-slot.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Probabilities from 0 to 1, each rolled once for the thing named; those of `FrameFault` once for each frame. */
export interface FaultRates extends Readonly<Record<FrameFault, number>> {
  /** Per command: the ACK never comes; the work is done all the same. */
  readonly lostAck: number;
  /** Per command: ACK, then silence; the next command works. */
  readonly lostResponse: number;
  /** Per read of a frame: one byte arrives with flipped bits. */
  readonly corruptRead: number;
  /** Per status read on SPI: 08, AA, FF or 00 instead of the truth, as seen on real chips. */
  readonly garbledStatus: number;
  /** Per transaction on I2C: from now on no acknowledge of the address, for up to `MAX_NACK_BURST_US`. */
  readonly nackBurst: number;
  /** Per frame on I2C: the ready byte stays 00 for up to `MAX_LATE_READY_US` after the interrupt line fell. */
  readonly lateReady: number;
  /** Per write and per frame on a serial line, either way: one byte is missing. */
  readonly lostByte: number;
  /** Per frame from a serial chip: it arrives in two chunks. */
  readonly splitChunk: number;
  /** Per frame from a serial chip: it is held back for `GLUE_US` and arrives with what follows it. */
  readonly gluedChunk: number;
  /** Per falling edge of the interrupt line: it does not happen. */
  readonly lostEdge: number;
  /** Per command: a falling edge with nothing behind it. */
  readonly spuriousEdge: number;
  /** Per command: from now on ACK and then silence, until reset. */
  readonly hang: number;
  /** Per command: the supply dips; the chip is back in its power-on state, all settings lost. */
  readonly brownOut: number;
  /** Per command: the ACK comes twice. */
  readonly doubledAck: number;
  /** Per command: an ACK follows the response. */
  readonly ackAfterResponse: number;
  /** Per command: a NACK, which is the host's alone to send, follows the ACK. */
  readonly strayNack: number;
  /** Per command: the last response stands once more where the ACK is expected. */
  readonly staleResponse: number;
  /** Per command: the response comes only behind the ACK of the next command, also when the host has given up. */
  readonly lateResponse: number;
  /** Per command: it is done, and answered by the error frame. */
  readonly errorFrame: number;
  /** Per transaction of the host, on a serial line per write: the controller fails. */
  readonly busError: number;
  /** Per transaction on I2C: from now on the chip holds the clock line low, until reset. */
  readonly heldClock: number;
  /** Per block to a card: the card takes `SLOW_CARD_US` longer. */
  readonly slowCard: number;
  /** Per block to a card: CRC, parity, framing or protocol error. */
  readonly radioError: number;
  /** Per block to a card: the card leaves the field. */
  readonly cardTorn: number;
  /** Per block to a card: the card has heard it and acted on it, and its answer meets a `radioError`. */
  readonly answerLost: number;
}

export type FaultKind = keyof FaultRates;

/** A defect of the wiring, for as long as it is set. */
export type StuckLine = "free" | "high" | "low";

export const NO_FAULTS: FaultRates = {
  lostAck: 0,
  lostResponse: 0,
  corruptRead: 0,
  garbledStatus: 0,
  nackBurst: 0,
  lateReady: 0,
  lostByte: 0,
  splitChunk: 0,
  gluedChunk: 0,
  lostEdge: 0,
  spuriousEdge: 0,
  hang: 0,
  brownOut: 0,
  slowCard: 0,
  radioError: 0,
  cardTorn: 0,
  doubledAck: 0,
  ackAfterResponse: 0,
  strayNack: 0,
  staleResponse: 0,
  lateResponse: 0,
  errorFrame: 0,
  busError: 0,
  heldClock: 0,
  extraPreamble: 0,
  missingPreamble: 0,
  junkBefore: 0,
  wrongLengthChecksum: 0,
  wrongDataChecksum: 0,
  wrongDirection: 0,
  wrongCode: 0,
  wrongPostamble: 0,
  needlesslyExtended: 0,
  illegalLength: 0,
  truncatedFrame: 0,
  answerLost: 0,
};

export const SLOW_CARD_US = 200_000;
export const MAX_NACK_BURST_US = 20_000;
/** As late as the chip may be with an ACK. */
export const MAX_LATE_READY_US = 15_000;
/** What a common USB serial adapter waits before it hands over a few bytes. */
export const GLUE_US = 16_000;
/** More than a polling round asks for, also one in which the host looks at the chip each millisecond. */
const MAX_ASKED = 4_096;

const GARBLED_STATUS = [0x08, 0xaa, 0xff, 0x00];
/** CRC, parity, framing and protocol error in the chip's status byte. */
const RADIO_ERRORS = [0x02, 0x03, 0x05, 0x0b];

/** Makes another frame of one on its way to the host, or hands it back as it is. */
type Tamper = (frame: Uint8Array, content: SlotContent) => Uint8Array;

export class FaultPlan {
  readonly #random: SeededRandom;
  readonly #counts = new Map<FaultKind | "tampered", number>();
  readonly #scripts = new Map<FaultKind, boolean[]>();
  #rates: FaultRates = NO_FAULTS;
  #tamper: Tamper | undefined;
  #statuses: readonly number[] = GARBLED_STATUS;
  #asked: FaultKind[] = [];
  /**
   * The longest raw frame, CRC included, that the chip's processor carries past its buffer of 64 bytes at more than
   * 106 kbit/s; what real chips can do there is not known. Without end by default.
   */
  longestFastFrameBytes = Number.POSITIVE_INFINITY;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** As they were set last; another object whenever they were set anew. */
  get rates(): FaultRates {
    return this.#rates;
  }

  /** Rates that are not named become zero. */
  set(rates: Partial<FaultRates>): void {
    this.#rates = { ...NO_FAULTS, ...rates };
  }

  /** At the next occasions the fault strikes or not as given, without dice; after them by its rate again. */
  script(kind: FaultKind, occasions: readonly boolean[]): void {
    this.#scripts.set(kind, [...occasions]);
  }

  /** Every frame goes through `tamper`, until another one or none is given; those it changes are counted. */
  setTamper(tamper: Tamper | undefined): void {
    this.#tamper = tamper;
  }

  /** What a garbled status reads as: one of these; without any, what chips were seen to say. */
  setGarbledStatus(...statuses: readonly number[]): void {
    this.#statuses = statuses.length === 0 ? GARBLED_STATUS : statuses;
  }

  /** A frame as its host will see it: as it is, or with one kind of damage, and then through a test's hands. */
  onWire(content: SlotContent, frame: Uint8Array): Uint8Array {
    const kind = content === "stray" ? undefined : FRAME_FAULTS[content].find((each) => this.strikes(each));
    const seen = kind === undefined ? frame : damagedBy(kind, frame, this.#random);
    const tampered = this.#tamper?.(seen, content) ?? seen;
    if (tampered !== seen) this.#count("tampered");
    return tampered;
  }

  /** Whether the fault strikes now. */
  strikes(kind: FaultKind): boolean {
    const scripted = this.#scripts.get(kind)?.shift();
    if (scripted === true) this.#count(kind);
    return scripted ?? this.#strikesByChance(kind);
  }

  #strikesByChance(kind: FaultKind): boolean {
    const rate = this.#rates[kind];
    if (rate === 0) return false;
    if (this.#asked.length < MAX_ASKED) this.#asked.push(kind);
    if (!this.#random.chance(rate)) return false;
    this.#count(kind);
    return true;
  }

  #count(kind: FaultKind | "tampered"): void {
    this.#counts.set(kind, this.count(kind) + 1);
  }

  /** For which faults the dice were thrown since this was last called, in order; the earliest if there were many. */
  takeAsked(): readonly FaultKind[] {
    const asked = this.#asked;
    this.#asked = [];
    return asked;
  }

  /** How often the dice were thrown since `takeAsked`. */
  get askedCount(): number {
    return this.#asked.length;
  }

  /** How many times, up to `limit`, all of `kinds` would be asked for in a row without a single strike. */
  roundsWithoutStrike(kinds: readonly FaultKind[], limit: number): number {
    if ([...this.#scripts.values()].some((occasions) => occasions.length > 0)) return 0;
    if (kinds.length === 0) return limit;
    const dice = this.#random.copy();
    for (let round = 0; round < limit; round++) {
      for (const kind of kinds) if (dice.chance(this.#rates[kind])) return round;
    }
    return limit;
  }

  /** Throws the dice as often as `rounds` rounds of `kinds` would. */
  passRounds(kinds: readonly FaultKind[], rounds: number): void {
    for (let round = 0; round < rounds; round++) {
      for (const kind of kinds) this.#random.chance(this.#rates[kind]);
    }
  }

  /** How often the fault struck; `tampered` counts the frames that a test changed. */
  count(kind: FaultKind | "tampered"): number {
    return this.#counts.get(kind) ?? 0;
  }

  garbledStatus(): number {
    return this.#random.pick(this.#statuses);
  }

  radioError(): number {
    return this.#random.pick(RADIO_ERRORS);
  }

  /** A duration from 1 to `limitUs`. */
  durationUs(limitUs: number): number {
    return 1 + this.#random.below(limitUs);
  }

  /** Bytes that mean nothing, as a line heard at the wrong speed gives them. */
  noise(lengthBytes: number): Uint8Array {
    return this.#random.bytes(lengthBytes);
  }

  /** A place within `bytes`, from 0 to their number less one. */
  placeIn(bytes: Uint8Array): number {
    return this.#random.below(Math.max(1, bytes.length));
  }

  /** The bytes with one of them missing. */
  shortened(bytes: Uint8Array): Uint8Array {
    const place = this.placeIn(bytes);
    return bytes.filter((_, index) => index !== place);
  }

  /** The bytes with one of them changed. */
  corrupted(bytes: Uint8Array): Uint8Array {
    const damaged = bytes.slice();
    const index = this.placeIn(bytes);
    damaged[index] = (damaged[index] ?? 0) ^ (1 + this.#random.below(255));
    return damaged;
  }
}
