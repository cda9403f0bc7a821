/**
 * A virtual travel document as data: which kind, whose, what is false about it and how its chip works. Plain enough for
 * JSON, so that it crosses to a simulator in another process.
 */
import type { BitFlip } from "../cards/bit-flip.ts";
import type { ChipFault } from "./chip-faults.ts";
import type { ChipLatency } from "./chip-latency.ts";
import type { ContentFault } from "./documents/content-faults.ts";
import type { ContentOptions } from "./documents/content-of.ts";
import type { ProfileName } from "./documents/profiles.table.ts";

/** Everything but the profile has the default of an ordinary card. */
export interface EmrtdSpec {
  readonly card: "emrtd";
  /** Which kind of document, see `documents/profiles.table.ts`. */
  readonly profile: ProfileName;
  /** Whose it is. Default the profile's own specimen. */
  readonly holder?: ContentOptions["holder"];
  /** What is false or odd about the chip (`chip-faults.ts`) or the files (`documents/content-faults.ts`). By default nothing. */
  readonly fault?: ChipFault | ContentFault;
  /** So many protected answers are sound before a fault of secure messaging begins. Default none. */
  readonly soundAnswers?: number;
  /** From what the chip's random numbers follow. Default 1. */
  readonly seed?: number;
  /** UID, 4 or 7 bytes in hexadecimal; a new one at each power-on when absent. */
  readonly uid?: string;
  /** Frame waiting integer that the card announces, 0 to 14. Default 8. */
  readonly fwi?: number;
  /** How long the chip works, where it differs from `DEFAULT_LATENCY`; `none` for no time at all. */
  readonly latency?: "none" | Partial<ChipLatency>;
  /** Taken away right after this many answers; after so many bytes it is taken by the antenna. */
  readonly tearAfterApdu?: number;
  /** One answer, counted from 1, takes so much longer: the card asks for waiting time. */
  readonly delay?: Delay;
  /** One bit is wrong in one answer. */
  readonly flip?: BitFlip;
}

export interface Delay {
  readonly answer: number;
  readonly us: number;
}
