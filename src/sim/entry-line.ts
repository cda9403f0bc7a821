/**
 * A serial line of the host with a keypad or a document scanner at its other end, as far as a gate sees one: characters that
 * arrive when somebody types or shows a document, at the speed to which the host has set the line. What the host sends goes
 * nowhere, as to a keypad that only speaks; what is typed while nobody listens is lost.
 */
import type { Timeline } from "./timeline.ts";
import { serialUs } from "./timing.ts";

/** A serial line as the host's end has it. */
export interface HostLine {
  /** The host's speed in bit/s. */
  setHostBaud(baud: number): void;
  listen(listener: (bytes: Uint8Array) => void): () => void;
  /** `done` is called when the last byte has left. */
  send(bytes: Uint8Array, done: () => void): void;
}

/** Of most keypads, until the host says otherwise. */
const USUAL_BAUD = 9_600;

export class EntryLine implements HostLine {
  readonly #timeline: Timeline;
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();
  #baud = USUAL_BAUD;
  #freeAtUs = 0;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  setHostBaud(baud: number): void {
    this.#baud = baud;
  }

  /** Each listener gets bytes of its own, which it may wipe. */
  listen(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  send(bytes: Uint8Array, done: () => void): void {
    this.#timeline.at(this.#timeline.nowUs() + serialUs(bytes.length, this.#baud), done);
  }

  /** Somebody types, or the scanner has read: the host has it in one piece, behind what is on the line still. */
  type(bytes: Uint8Array): void {
    const typed = bytes.slice();
    this.#freeAtUs = Math.max(this.#timeline.nowUs(), this.#freeAtUs) + serialUs(typed.length, this.#baud);
    this.#timeline.at(this.#freeAtUs, () => {
      for (const listener of this.#listeners) listener(typed.slice());
    });
  }
}
