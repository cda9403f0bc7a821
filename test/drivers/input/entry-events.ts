/** What a source told, for tests that look at it: entries as text, everything else as it is. */
import type { EntryEvent } from "../../../src/ports/entry.ts";

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

export class Told {
  readonly events: EntryEvent[] = [];
  #wanted: readonly { readonly kind: EntryEvent["kind"]; readonly resolve: () => void }[] = [];

  readonly listener = (event: EntryEvent): void => {
    this.events.push(event);
    const met = this.#wanted.filter(({ kind }) => kind === event.kind);
    this.#wanted = this.#wanted.filter(({ kind }) => kind !== event.kind);
    for (const { resolve } of met) resolve();
  };

  /** Resolves at the next event of a kind. */
  next(kind: EntryEvent["kind"]): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted = [...this.#wanted, { kind, resolve }];
    });
  }

  get entries(): readonly string[] {
    return this.events.flatMap((event) => (event.kind === "entry" ? [text(event.entry)] : []));
  }

  get losses(): readonly string[] {
    return this.events.flatMap((event) => (event.kind === "lost" ? [event.why] : []));
  }

  /** `up`, or the kind of the fault. */
  get health(): readonly string[] {
    return this.events.flatMap((event) => {
      if (event.kind === "up") return ["up"];
      return event.kind === "down" ? [event.fault.kind] : [];
    });
  }
}
