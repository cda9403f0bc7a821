/** How late the virtual board woke so far, and what that says about figures that were taken in real time on it. */
import type { Director } from "../../sim/director-client.ts";
import { rounded } from "./figure.ts";

/** Above it the latencies of a run are void. */
const LATE_LIMIT_MS = 0.2;

export interface BoardLateness {
  /** NaN when the board did not say. */
  readonly p99Ms: number;
  /** For the end of a figure's note. */
  readonly note: string;
}

export async function askLateness(director: Director): Promise<BoardLateness> {
  const answer = await director.ask({ do: "lateness" });
  const p99Ms = answer.ok ? answer.value.p99Ms : Number.NaN;
  return { p99Ms, note: latenessNote(p99Ms) };
}

/** What a figure's note says of it; NaN when it is not known. */
export function latenessNote(p99Ms: number): string {
  if (Number.isNaN(p99Ms)) return "; VOID: the virtual board did not say how late it woke";
  const late = `; the board woke ${rounded(p99Ms)} ms late at p99`;
  return p99Ms > LATE_LIMIT_MS ? `${late}; VOID: too late on this machine` : late;
}
