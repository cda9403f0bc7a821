import {
  begin,
  type LaneEffect,
  type LaneInput,
  type Recent,
  step,
  type Verdict,
} from "../../src/gate/lane.ts";
import type { RecoveryStep } from "../../src/ports/card.ts";
import { millis } from "../../src/time/time.ts";

export type Row = string;
export type Input = LaneInput<Row>;
export const at = (ms: number) => millis(ms);
export const verdict = (who: string, outcome: Verdict<Row>["outcome"]): Verdict<Row> => ({
  who,
  outcome,
  row: `${who}:${outcome}`,
});

/** Walks a lane from its beginning through inputs; returns where it ends and all that was asked for. */
export function walk(inputs: readonly Input[], recents: readonly Recent[] = []) {
  let [lane, effects] = begin<Row>(recents);
  const done: LaneEffect<Row>[] = [...effects];
  for (const input of inputs) {
    [lane, effects] = step(lane, input);
    done.push(...effects);
  }
  return { lane, done, last: effects, names: effects.map((effect) => effect.do) };
}

export const started: Input = { kind: "readerStarted", now: at(0) };
export const found = (ms: number): Input => ({ kind: "cardFound", now: at(ms) });
export const nothing = (ms: number): Input => ({ kind: "nothingFound", now: at(ms) });
export const notLooked = (ms: number, forMs: number): Input => ({ kind: "notLooked", now: at(ms), forMs });
export const lost = (ms: number): Input => ({ kind: "cardLost", now: at(ms) });
export const gone = (ms: number): Input => ({ kind: "cardGone", now: at(ms) });
export const still = (ms: number): Input => ({ kind: "cardPresent", now: at(ms) });
export const committed = (ms: number): Input => ({ kind: "committed", now: at(ms) });
export const restarted = (now: number, by: RecoveryStep): Input => ({
  kind: "readerStarted",
  now: at(now),
  by,
});
export const failed = (ms: number): Input => ({ kind: "readerFailed", now: at(ms), reason: "chipSilent" });
export const says = (ms: number, value: Verdict<Row>): Input => ({
  kind: "verdict",
  now: at(ms),
  verdict: value,
});
export const granted = (ms: number, who = "anna") => [
  found(ms),
  says(ms + 60, verdict(who, "granted")),
  committed(ms + 62),
];
