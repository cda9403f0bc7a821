/** Many line tests in a row and what they come to: errors by kind, and how long a round trip takes. */
import type { Diagnostics } from "../../../drivers/pn532/diagnostics.ts";
import type { ReaderError } from "../../ports/card.ts";
import { ok, type Result } from "../../result.ts";

/** Each byte value once, in frames of the long kind, both ways. */
export const WHOLE_FRAME_BYTES = 256;
/** So many without any answer, one after another, are a chip that is gone. */
const SILENT_AFTER = 5;
/** Over the median: a missed interrupt, a refused address, a machine that was elsewhere. */
const SLOW_MS = 5;

export interface LineReport {
  readonly tests: number;
  readonly damaged: number;
  readonly lost: number;
  readonly slow: number;
  /** Of the intact ones; absent when there was none. */
  readonly medianMs: number | undefined;
  readonly p99Ms: number | undefined;
  /** The chip answered nothing any more, and the rest was not tried. */
  readonly fellSilent: boolean;
}

export interface LineTester {
  readonly chip: Pick<Diagnostics, "lineTest">;
  /** Ends the series early; what was done counts. */
  readonly signal: AbortSignal;
}

export async function testLines(
  { chip, signal }: LineTester,
  { count, dataBytes }: { readonly count: number; readonly dataBytes: number },
): Promise<Result<LineReport, ReaderError>> {
  const timesMs: number[] = [];
  let [tests, damaged, lost, silent] = [0, 0, 0, 0];
  while (tests < count && silent < SILENT_AFTER && !signal.aborted) {
    const tested = await chip.lineTest(dataBytes);
    if (!tested.ok) return tested;
    tests += 1;
    silent = tested.value.kind === "lost" ? silent + 1 : 0;
    if (tested.value.kind === "damaged") damaged += 1;
    else if (tested.value.kind === "lost") lost += 1;
    else timesMs.push(tested.value.roundTripMs);
  }
  timesMs.sort((one, other) => one - other);
  const at = (share: number): number | undefined => timesMs[Math.floor(timesMs.length * share)];
  const medianMs = at(0.5);
  const slow = timesMs.filter((timeMs) => timeMs > (medianMs ?? 0) + SLOW_MS).length;
  const fellSilent = silent === SILENT_AFTER;
  return ok({ tests, damaged, lost, slow, medianMs: tenths(medianMs), p99Ms: tenths(at(0.99)), fellSilent });
}

const tenths = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : Math.round(ms * 10) / 10;

/** Damaged and lost ones among all. */
export const errorShare = ({ tests, damaged, lost }: LineReport): number =>
  tests === 0 ? 0 : (damaged + lost) / tests;
