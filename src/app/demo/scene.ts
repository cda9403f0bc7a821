/**
 * One presentation of the demo's day, as data: who comes with what in hand to which lane, what is typed or shown there, what
 * is expected of the gate, and what happens meanwhile: with a card, or with a seal in place of any. Played by `performance.ts`.
 */
import type { Level } from "../../identity/proofs.ts";
import type { DenialReason } from "../../policy/question.ts";
import type { CardSpec } from "../../sim/cards/make-card.ts";

/**
 * The turnstile, which goes by the number; the door of the changing rooms, which wants the chip; the stadium lane; the bicycle
 * park before the stadium, which a seal opens by itself.
 */
export type LaneNumber = 1 | 2 | 3 | 4;
export type EntryPlace = "keypad" | "scanner";

/**
 * What the back end has to hear: that somebody passed, where it matters at which level and that a seal was among the proofs, or
 * why not, where it matters with the detail that its row has.
 */
export type Expected =
  | "granted"
  | `granted ${Level}`
  | `granted ${Level} + seal`
  | `denied ${DenialReason}`
  | `denied ${DenialReason} ${SealDetail}`;

/** What was held against a seal, as rows name it. */
type SealDetail = "sealNumberDiffers" | "sealSignatureInvalid";

/** What a holder types or shows; each line is ended as by Enter. */
export interface Entry {
  /** The seal on the back of his card, shown to the scanner before that. */
  readonly seal?: string;
  readonly at: EntryPlace;
  readonly lines: readonly string[];
  /** So long after the card was laid down, in ms; before it when absent. */
  readonly lyingMs?: number;
  /** Asked for it once more by the lamps, he shows the seal again so long after he has laid his card down. */
  readonly sealAgainMs?: number;
}

interface Presentation {
  readonly title: string;
  readonly lane: LaneNumber;
  readonly expected: Expected;
  /** What happens to the broker before this scene. */
  readonly broker?: "lost" | "back";
  /** Afterwards the operator asks the gate why, about the credential of this reference. */
  readonly explain?: string;
}

/** Somebody holds a card to the reader. */
export interface CardScene extends Presentation {
  readonly card: CardSpec;
  readonly entry?: Entry;
  /** How long the card stays after the gate has answered, in ms. */
  readonly holdMs: number;
}

/** Somebody shows a seal, or a copy of one, to the scanner of the bicycle park. */
export interface SealScene extends Presentation {
  readonly seal: string;
  /** How often the scanner reads it while it is there. */
  readonly sights: number;
  /** So long before, in ms, nobody comes. */
  readonly pauseMs: number;
}

export type Scene = CardScene | SealScene;

export const USUAL_HOLD_MS = 150;
