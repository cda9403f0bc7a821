/**
 * How far a long command is, on standard error and only for a person: rows, share, rate and time left. On a
 * terminal that can, one line is written over and over; otherwise a new line now and then.
 */
import type { CommandIo } from "../command.ts";

/** Four lines a second can be read; lines that stay are rarer. */
const REWRITE_MS = 250;
const NEW_LINE_MS = 2_000;
/** Up to the line before, and empty it. */
const OVERWRITE = "\u001B[1A\u001B[2K";

/** What of a command's surroundings progress needs. */
export interface ProgressIo extends Pick<CommandIo, "environment" | "interactive" | "err"> {
  readonly clock: Pick<CommandIo["clock"], "monotonicMs">;
}

export interface ProgressTask {
  /** A participle, for example `checked`. */
  readonly what: string;
  /** What `done` will be at the end, 0 if unknown. */
  readonly total: number;
  readonly unit?: "rows" | "kB";
}

export class Progress {
  readonly #io: ProgressIo;
  readonly #task: ProgressTask;
  readonly #everyMs: number;
  readonly #overwrites: boolean;
  readonly #begunMs: number;
  #shownMs: number;
  #hasLine = false;

  constructor(io: ProgressIo, task: ProgressTask) {
    this.#io = io;
    this.#task = task;
    const { NO_COLOR: noColour = "", TERM: terminal = "" } = io.environment;
    this.#overwrites = noColour === "" && terminal !== "" && terminal !== "dumb";
    this.#everyMs = this.#overwrites ? REWRITE_MS : NEW_LINE_MS;
    this.#begunMs = io.clock.monotonicMs();
    this.#shownMs = this.#begunMs;
  }

  /** Shows how much is done, unless that was shown a moment ago. */
  show(done: number): void {
    const now = this.#io.clock.monotonicMs();
    if (!this.#io.interactive || now - this.#shownMs < this.#everyMs) return;
    this.#shownMs = now;
    const seconds = (now - this.#begunMs) / 1_000;
    const line = `${this.#task.what} ${describe(done, this.#task, seconds)}`;
    this.#io.err(this.#hasLine && this.#overwrites ? `${OVERWRITE}${line}` : line);
    this.#hasLine = true;
  }
}

function describe(done: number, { total, unit = "rows" }: ProgressTask, seconds: number): string {
  const perSecond = done / seconds;
  if (total === 0) return `${grouped(done)} ${unit}, ${grouped(perSecond)} ${unit}/s`;
  const percent = Math.floor((100 * done) / Math.max(1, total));
  const secondsLeft = perSecond > 0 ? Math.ceil((total - done) / perSecond) : 0;
  return `${grouped(done)} of ${grouped(total)} ${unit}, ${percent} %, ${grouped(perSecond)} ${unit}/s, ${duration(secondsLeft)} left`;
}

const grouped = (count: number): string =>
  Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");

const duration = (seconds: number): string =>
  seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
