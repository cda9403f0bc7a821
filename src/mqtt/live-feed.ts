/**
 * The live feed: each event at once and without its personal part, for dashboards. Lossy by design: what
 * the connection cannot take now is dropped, the journal still carries it (fleet interface, §2).
 */
import type { JournalEvent } from "../ports/journal.ts";
import type { MqttLink } from "./mqtt-link.ts";
import { liveMessage } from "./payloads.ts";
import type { Topics } from "./topics.ts";

/** Messages handed to a connection and not yet written: a broker that reads slowly must not fill our memory. */
const PENDING_LIMIT = 64;

export class LiveFeed {
  readonly #topics: Topics;
  readonly #link: MqttLink;
  #pending = 0;

  constructor(topics: Topics, link: MqttLink) {
    this.#topics = topics;
    this.#link = link;
  }

  /** Sends the events of one commit, or as many of them as there is room for. */
  publish(events: readonly JournalEvent[]): void {
    for (const event of events) {
      if (this.#pending >= PENDING_LIMIT) return;
      this.#pending++;
      void this.#link.publish(liveMessage(this.#topics, event)).then(() => {
        this.#pending--;
      });
    }
  }
}
