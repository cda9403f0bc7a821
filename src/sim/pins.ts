/**
 * The header pins of the virtual board: who drives them, what they read, and a record of every edge of an
 * output. Outputs keep their level when the host goes away, as real pins do.
 */
import type { LineLevel } from "./line-level.ts";
import type { Timeline } from "./timeline.ts";

/** One change of an output pin. */
export interface OutputEdge {
  readonly line: number;
  readonly level: LineLevel;
  readonly timeUs: number;
}

/** BCM lines below this are pulled up while nobody drives them, the others down. */
const FIRST_PULLED_DOWN = 9;
/** Oldest edges are dropped beyond this; a long day at a turnstile has some thousands. */
const MAX_EDGES = 1_000_000;

type Listener = (level: LineLevel) => void;

export class Pins {
  readonly #timeline: Timeline;
  readonly #levels = new Map<number, LineLevel>();
  readonly #listeners = new Map<number, Set<Listener>>();
  readonly #edgeListeners = new Set<(edge: OutputEdge) => void>();
  readonly #edges: OutputEdge[] = [];

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  level(line: number): LineLevel {
    return this.#levels.get(line) ?? (line < FIRST_PULLED_DOWN ? "high" : "low");
  }

  /** The board's side drives a line that is an input of the host. */
  driveInput(line: number, level: LineLevel): void {
    if (this.level(line) !== level) this.#set(line, level);
    else this.#levels.set(line, level);
  }

  /** The host drives an output. */
  driveOutput(line: number, level: LineLevel): void {
    if (this.level(line) === level) {
      this.#levels.set(line, level);
      return;
    }
    const edge: OutputEdge = { line, level, timeUs: this.#timeline.nowUs() };
    if (this.#edges.length === MAX_EDGES) this.#edges.shift();
    this.#edges.push(edge);
    this.#set(line, level);
    for (const listener of this.#edgeListeners) listener(edge);
  }

  /** Edges of outputs at or after `fromUs`, oldest first. */
  edges(fromUs = 0): readonly OutputEdge[] {
    return this.#edges.filter(({ timeUs }) => timeUs >= fromUs);
  }

  onOutputEdge(listener: (edge: OutputEdge) => void): () => void {
    this.#edgeListeners.add(listener);
    return () => this.#edgeListeners.delete(listener);
  }

  /** Calls back at every change of a line, whoever drives it. */
  watch(line: number, listener: Listener): () => void {
    const listeners = this.#listeners.get(line) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(line, listeners);
    return () => listeners.delete(listener);
  }

  /** How many are called back at a change of the line: those of a host that has gone must not be among them. */
  watchers(line: number): number {
    return this.#listeners.get(line)?.size ?? 0;
  }

  #set(line: number, level: LineLevel): void {
    this.#levels.set(line, level);
    for (const listener of this.#listeners.get(line) ?? []) listener(level);
  }
}
