/** Polls a reader of a measurement for the card that was laid on it, as an idle gate does. */
import type { DetectedCard, LoneReader } from "../../ports/card.ts";
import type { Clock } from "../../ports/clock.ts";
import { good } from "./good.ts";

/** Throws when no card was found for so long, as what must not fail in a measurement. */
export async function findCard(
  reader: Pick<LoneReader, "poll">,
  clock: Clock,
  withinMs: number,
): Promise<DetectedCard> {
  const until = clock.monotonicMs() + withinMs;
  const never = new AbortController().signal;
  while (clock.monotonicMs() < until) {
    const card = good(await reader.poll(never));
    if (card !== undefined) return card;
  }
  throw new Error(`the measurement failed: no card was found within ${withinMs} ms`);
}
