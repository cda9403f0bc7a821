/**
 * What line tests at rising speeds say about the speed that is configured: pure, for buses whose speed the program
 * sets. Errors, a chip that fell silent and a speed that could not be had are kept apart, since each asks for
 * something else.
 */
import type { ReaderConfig } from "../../config/schema.ts";
import type { ReaderError } from "../../ports/card.ts";
import { whatIsWrong } from "../describe-error.ts";
import { bad, type Check, doubtful, failure, well } from "../doctor/check.ts";
import { MEND_WIRES, remedyForHang } from "./reader-test-remedies.ts";

export const SPEED_CHECK = "bus speed";

/** One speed, in Hz or bit/s, and what came of it. */
export type Trial = { readonly speed: number } & TrialOutcome;
export type TrialOutcome =
  | { readonly outcome: "clean" }
  | { readonly outcome: "errors" }
  /** The chip answered nothing any more; `isBack` when it did after it was started again. */
  | { readonly outcome: "silent"; readonly isBack: boolean }
  /** The speed could not be set, or the node not be opened. */
  | { readonly outcome: "untried"; readonly error: ReaderError };

/** A reader whose speed the program sets, and its trials from slow to fast; all but the last are clean. */
export interface SpeedTrials {
  readonly reader: Extract<ReaderConfig, { bus: "spi" | "hsu" }>;
  readonly trials: readonly Trial[];
  /** The line tests at the configured speed showed errors: then nothing from there on is trusted. */
  readonly lineErred: boolean;
}

/** What is clean at the fastest speed keeps a margin for heat, age and longer wires at this share of it. */
const MARGIN = 0.75;

/** The configured speed is `bad` only when it is not clean itself, or the chip does not come back. */
export function judgeSpeeds({ reader, trials, lineErred }: SpeedTrials): Check {
  const scale = scaleOf(reader);
  const end = trials.find(({ outcome }) => outcome !== "clean");
  if (end?.outcome === "silent" && (end.speed <= scale.configured || !end.isBack)) {
    const after = end.isBack ? "" : " and does not come back";
    return bad(
      SPEED_CHECK,
      `the chip fell silent at ${scale.show(end.speed)}${after}`,
      remedyForHang(reader),
    );
  }
  const clean = trials.filter(({ outcome }) => outcome === "clean").map(({ speed }) => speed);
  const fastest = clean.at(-1);
  if (fastest === undefined) return judgeNoneClean(scale, end, lineErred);
  if (!lineErred) return judgeClean(reader, clean, end);
  const slower = clean.filter((speed) => speed < scale.configured);
  return slower.length > 0
    ? judgeClean(reader, slower, undefined)
    : doubtful(
        SPEED_CHECK,
        `no error here up to ${scale.show(fastest)}, but the line test showed some`,
        `${MEND_WIRES}, then test again before a faster one is chosen`,
      );
}

interface Scale {
  readonly key: "clockHz" | "baud";
  readonly configured: number;
  readonly show: (speed: number) => string;
}

const scaleOf = (reader: SpeedTrials["reader"]): Scale =>
  reader.bus === "spi"
    ? { key: "clockHz", configured: reader.clockHz, show: (clockHz) => `${clockHz / 1_000_000} MHz` }
    : { key: "baud", configured: reader.baud, show: (baud) => `${baud} bit/s` };

/** A slow speed that errs, where the configured one did not in many more tests, is odd but does not stop the reader. */
function judgeNoneClean(scale: Scale, end: Trial | undefined, lineErred: boolean): Check {
  if (end?.outcome === "untried") return failure(SPEED_CHECK, end.error);
  const found = end === undefined ? "no speed was tried" : `errors at ${scale.show(end.speed)} already`;
  const judge = lineErred || end?.speed === scale.configured ? bad : doubtful;
  return judge(SPEED_CHECK, found, `${MEND_WIRES}, then test again`);
}

function judgeClean(reader: SpeedTrials["reader"], clean: readonly number[], end: Trial | undefined): Check {
  const { key, configured, show } = scaleOf(reader);
  const fastest = Math.max(...clean);
  const proposed = clean.findLast((speed) => speed <= fastest * MARGIN);
  const margin = proposed === undefined ? "no margin below" : `with a margin: ${key}: ${proposed}`;
  const found = `no error up to ${show(fastest)}${describeEnd(end, show)}; ${margin}`;
  const best = proposed ?? fastest;
  if (configured > best) return doubtful(SPEED_CHECK, found, `set ${key}: ${best} (it is ${configured})`);
  if (end?.outcome === "silent")
    return doubtful(
      SPEED_CHECK,
      found,
      `leave ${key} below ${end.speed}; if it happens there, ${remedyForHang(reader)}`,
    );
  if (proposed === undefined && end?.outcome === "errors") return doubtful(SPEED_CHECK, found, MEND_WIRES);
  return well(SPEED_CHECK, found);
}

/** Errors at the next step need no words: they are what "up to" means. */
function describeEnd(end: Trial | undefined, show: Scale["show"]): string {
  if (end?.outcome === "silent") return `; the chip fell silent at ${show(end.speed)}`;
  if (end?.outcome === "untried")
    return `; ${show(end.speed)} could not be tried (${whatIsWrong(end.error)})`;
  return "";
}
