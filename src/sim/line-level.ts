/** Electrical levels of a line, and what a state means on a line of given polarity. */
import type { ActiveLevel, LineState } from "../ports/bus.ts";

export type LineLevel = "high" | "low";

/** The level of an output in a state. */
export function levelOf(state: LineState, activeLevel: ActiveLevel): LineLevel {
  const other = activeLevel === "high" ? "low" : "high";
  return state === "active" ? activeLevel : other;
}
