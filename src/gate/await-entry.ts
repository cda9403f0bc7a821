/**
 * A card lies on the reader and its holder has something to type, or to show to the scanner: how long he is waited for, and what
 * ends it. While it waits the lane is not stuck, as long as its reader answers.
 */
import type { CardReader, LinkError } from "../ports/card.ts";
import type { Clock } from "../ports/clock.ts";
import { err, ok, type Result } from "../result.ts";
import type { Millis } from "../time/time.ts";
import { GONE } from "./activate-anew.ts";

/** A holder has this long to type what he is asked for. */
export const ENTRY_PATIENCE_MS = 20_000;
/** Between two looks whether the card, or at least the reader, is there. */
export const PRESENCE_INTERVAL_MS = 250;

export interface AwaitEntryContext {
  readonly clock: Clock;
  readonly reader: Pick<CardReader, "isPresent">;
  /** Told at each look at the reader that was answered. */
  readonly onWaiting: () => void;
  /** The gate is being stopped: nobody is waited for any longer. */
  readonly stopping: AbortSignal;
}

/** What is waited for; nothing once `signal` is aborted. */
type WaitFor<T> = (signal: AbortSignal) => Promise<T | undefined>;

export interface Patience {
  /** `mayLeave`: whoever has to show its back to a scanner takes the card away. */
  readonly card: "stays" | "mayLeave";
  /** When nobody is waited for any longer. */
  readonly until: Millis;
}

/**
 * What was entered, or nothing when nobody did in time. Fails with the reader, and when the card is gone, unless it may leave.
 */
export async function awaitEntry<T>(
  waitFor: WaitFor<T>,
  { card, until }: Patience,
  { clock, reader, onWaiting, stopping }: AwaitEntryContext,
): Promise<Result<T | undefined, LinkError>> {
  const givingUp = new AbortController();
  const over = new AbortController();
  const end = (): void => over.abort();
  stopping.addEventListener("abort", end);
  const entered = waitFor(givingUp.signal).finally(end);
  let gone: LinkError | undefined;
  while (gone === undefined && !over.signal.aborted && !stopping.aborted && clock.monotonicMs() < until) {
    await clock.sleep(Math.min(PRESENCE_INTERVAL_MS, until - clock.monotonicMs()), over.signal);
    if (over.signal.aborted) break;
    const present = await reader.isPresent();
    if (!present.ok) gone = { kind: "readerFailed", error: present.error };
    else if (!present.value && card === "stays") gone = GONE;
    else onWaiting();
  }
  givingUp.abort();
  stopping.removeEventListener("abort", end);
  const last = await entered;
  return last === undefined && gone !== undefined ? err(gone) : ok(last);
}
