/**
 * Which ISO-DEP engine a card is read by, and in frames of what size: as large as the chip and cards of its kind have shown
 * to carry. Nobody has measured whether every chip keeps up with frames past its buffer of 64 bytes, so what fails there
 * is tried smaller, and in the end left to the firmware's engine, which never asks for more.
 * Governing documents: ISO/IEC 14443-4 §5.1 (FSDI); NXP UM0701-02 §7.3.9 (InCommunicateThru).
 */

/** FSD, the longest frame that the card may send, CRC included; or the firmware's engine. */
export type FrameChoice = 256 | 128 | 64 | "firmware";

/** From the best to the surest. */
const CHOICES: readonly FrameChoice[] = [256, 128, 64, "firmware"];
const SUREST = CHOICES.length - 1;
/** Proves nothing: whoever selects an application gets so much over any link. */
const SHORT_BLOCK_BYTES = 32;
/** One of damaged frames may be noise, or a card that was taken away just then; an overflow is neither. */
const MAX_FAILURES = 2;
/** A card that is taken away while it is selected is one; so many in a row are the chip's. */
const MAX_SELECTIONS_FAILED = 5;
/** What so many kinds of cards cannot carry is the chip's limit and not theirs. */
const KINDS_OF_PROOF = 2;
/** Products of which it is remembered; the oldest makes room. */
const MAX_FAMILIES = 64;

interface Standing {
  /** Index of the choice for cards of this kind. */
  readonly level: number;
  /** At that choice, since a long block last arrived whole. */
  readonly failures: number;
}

/** Begins with the best; one for each chip. */
export class IsoDepChoice {
  readonly #standings = new Map<string, Standing>();
  #chipLevel: number;
  /** In a row. */
  #selectionsFailed = 0;

  constructor(engine: "firmware" | "software") {
    this.#chipLevel = engine === "firmware" ? SUREST : 0;
  }

  /** For a card of which nothing is known yet. */
  get first(): FrameChoice {
    return choiceAt(this.#chipLevel);
  }

  /** For a card of this family. */
  of(family: string): FrameChoice {
    return choiceAt(this.#levelOf(family));
  }

  /** Card after card selected by the chip has not answered our own request: whoever it is, the next one is asked for less. */
  selectionFailed(): void {
    this.#selectionsFailed += 1;
    if (this.#selectionsFailed < MAX_SELECTIONS_FAILED) return;
    this.#selectionsFailed = 0;
    this.#chipLevel = Math.min(this.#chipLevel + 1, SUREST);
  }

  selectionWorked(): void {
    this.#selectionsFailed = 0;
  }

  /** A block arrived whole that the next smaller frames could not have held. */
  worked(family: string, blockBytes: number): void {
    const standing = this.#standings.get(family);
    if (standing === undefined || standing.failures === 0) return;
    if (blockBytes > smallerThan(standing.level)) this.#set(family, { ...standing, failures: 0 });
  }

  /**
   * A reading broke off with frames that arrived damaged again and again, or that the chip says it could not hold. `blockBytes`
   * is the longest that was sent or waited for: shorter ones speak of noise, not of the size of frames.
   */
  failed(family: string, how: "damaged" | "overflow", blockBytes: number): void {
    const level = this.#levelOf(family);
    if (how === "damaged" && blockBytes <= smallerThan(level)) return;
    const before = this.#standings.get(family);
    const earlier = before?.level === level ? before.failures : 0;
    const failures = how === "overflow" ? MAX_FAILURES : earlier + 1;
    if (failures < MAX_FAILURES || level === SUREST) {
      this.#set(family, { level, failures });
      return;
    }
    this.#set(family, { level: level + 1, failures: 0 });
    const limited = [...this.#standings.values()].filter((each) => each.level > this.#chipLevel).length;
    if (limited >= KINDS_OF_PROOF) this.#chipLevel += 1;
  }

  #levelOf(family: string): number {
    return Math.max(this.#chipLevel, this.#standings.get(family)?.level ?? 0);
  }

  #set(family: string, standing: Standing): void {
    this.#standings.delete(family);
    this.#standings.set(family, standing);
    const [oldest] = this.#standings.keys();
    if (this.#standings.size > MAX_FAMILIES && oldest !== undefined) this.#standings.delete(oldest);
  }
}

/** What the next smaller frames hold. */
function smallerThan(level: number): number {
  const next = choiceAt(level + 1);
  return next === "firmware" ? SHORT_BLOCK_BYTES : next;
}

const choiceAt = (level: number): FrameChoice => CHOICES[level] ?? "firmware";
