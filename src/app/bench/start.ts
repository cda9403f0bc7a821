/**
 * Process start to first poll, by the board's own clock: a card waits for the first activation try, so the
 * instant at which it is laid down is the instant of the first poll.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Director } from "../../sim/director-client.ts";
import { LINES, NODE } from "../demo/site.ts";
import { openStage, type StageOptions } from "../demo/stage.ts";
import { type Figure, quantile, rounded } from "./figure.ts";

const ANSWER_MS = 5_000;

/** `start.firstPoll`: the median of some starts. */
export async function measureStart(
  stage: Omit<StageOptions, "beforeGate">,
  options: { readonly count: number; readonly clock: Clock },
): Promise<Figure> {
  const startsMs: number[] = [];
  for (let turn = 0; turn < options.count; turn++) startsMs.push(await startOnce(stage, options.clock));
  return {
    name: "start.firstPoll",
    value: rounded(quantile(startsMs, 0.5)),
    unit: "ms",
    note: `median of ${options.count} starts, slowest ${rounded(Math.max(...startsMs))}`,
  };
}

/** Starts a gate and stops it again; the time in ms from process start to first poll. */
export async function startOnce(options: StageOptions, clock: Clock): Promise<number> {
  let begunUs = 0;
  const beforeGate = async (director: Director): Promise<void> => {
    await options.beforeGate?.(director);
    await director.ask({ do: "place", node: NODE, card: { card: "phone" }, when: "nextTry" });
    const now = await director.ask({ do: "now" });
    if (now.ok) begunUs = now.value;
  };
  const stage = await openStage({ ...options, beforeGate });
  if (!stage.ok) throw new Error(stage.error);
  try {
    return (await firstTryUs(stage.value.director, clock)) / 1_000 - begunUs / 1_000;
  } finally {
    await stage.value.close();
  }
}

/** The phone is turned down with the red lamp; the record of that edge says when the phone was laid down. */
async function firstTryUs(director: Director, clock: Clock): Promise<number> {
  const until = clock.monotonicMs() + ANSWER_MS;
  while (clock.monotonicMs() < until) {
    const edges = await director.ask({ do: "edges", sinceUs: 0 });
    const red = edges.ok
      ? edges.value.find(({ line, level }) => line === LINES.red && level === "high")
      : undefined;
    const tap = red?.taps.find(({ node }) => node === NODE);
    if (tap !== undefined) return tap.placedAtUs;
    await clock.sleep(20);
  }
  throw new Error("the gate did not poll");
}
