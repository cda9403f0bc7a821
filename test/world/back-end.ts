/**
 * The back end of a simulated day: keeps every event by journal and sequence number, removes duplicates, and
 * acknowledges as far as it has all. It judges what it sees and shares no code with the gate.
 */
import { isDeepStrictEqual } from "node:util";

export interface ReceivedEvent {
  readonly journal: string;
  readonly seq: number;
  readonly hash: string;
  readonly personal?: unknown;
}

export class BackEnd {
  readonly complaints: string[] = [];
  readonly #events = new Map<string, ReceivedEvent>();
  #journal = "";
  #contiguous = 0;

  /** Number of different events. */
  get size(): number {
    return this.#events.size;
  }

  /** The highest row up to which nothing is missing. */
  get contiguous(): number {
    return this.#contiguous;
  }

  get journal(): string {
    return this.#journal;
  }

  event(seq: number): ReceivedEvent | undefined {
    return this.#events.get(`${this.#journal}/${seq}`);
  }

  /** Takes one batch: the JSON array of a message. */
  receive(payload: string): void {
    for (const event of parseBatch(payload)) this.#keep(event);
    while (this.event(this.#contiguous + 1) !== undefined) this.#contiguous++;
  }

  #keep(event: ReceivedEvent): void {
    if (this.#journal === "") this.#journal = event.journal;
    if (event.journal !== this.#journal)
      this.complaints.push(`a second journal appeared at row ${event.seq}`);
    const key = `${event.journal}/${event.seq}`;
    const known = this.#events.get(key);
    if (known === undefined) this.#events.set(key, event);
    else if (!isDeepStrictEqual(known, event)) this.complaints.push(`row ${event.seq} came in two versions`);
  }
}

/** The events of a batch; throws when it is not one, since no part of this world may damage messages. */
export const parseBatch = (payload: string): readonly ReceivedEvent[] =>
  JSON.parse(payload) as readonly ReceivedEvent[];
