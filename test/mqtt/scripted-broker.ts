/**
 * A broker and a back end by script, in virtual time: connections that confirm or swallow, a back end that
 * keeps what it gets and acknowledges when told. Nothing here is shared with the publisher's own code.
 */

import type {
  Connect,
  ConnectError,
  ConnectRequest,
  LinkEnd,
  MqttLink,
  OutgoingMessage,
} from "../../src/mqtt/mqtt-link.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { err, ok } from "../../src/result.ts";

export interface ReceivedEvent {
  readonly journal: string;
  readonly seq: number;
  readonly type: string;
}

export class ScriptedBroker {
  /** What connecting comes to while set. */
  refusal: ConnectError | undefined;
  /** Whether publications are confirmed; if not, they still arrive unless `loses`. */
  confirms = true;
  loses = false;
  maxPayloadBytes = 200_000;
  readonly requests: ConnectRequest[] = [];
  readonly attemptsAtMs: number[] = [];
  readonly messages: (OutgoingMessage & { readonly atMs: number })[] = [];
  /** What the gate handed over, whether or not it was lost. */
  readonly offered: (OutgoingMessage & { readonly atMs: number })[] = [];
  readonly subscriptions: string[] = [];
  readonly #clock: Clock;
  #hangUp: ((end: LinkEnd) => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly connect: Connect = async (request) => {
    this.requests.push(request);
    this.attemptsAtMs.push(this.#clock.monotonicMs());
    return this.refusal === undefined ? ok(this.#link()) : err(this.refusal);
  };

  /** Ends the present connection from the broker's side. */
  hangUp(end: LinkEnd = { reason: "gone" }): void {
    this.#hangUp?.(end);
  }

  get connected(): boolean {
    return this.#hangUp !== undefined;
  }

  send(topic: string, payload: string | Uint8Array): void {
    const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
    this.requests.at(-1)?.onMessage({ topic, payload: bytes });
  }

  /** Batches received, each with the time of its arrival and its events in order. */
  batches(which: "messages" | "offered" = "messages"): {
    readonly atMs: number;
    readonly topic: string;
    readonly bytes: number;
    readonly events: ReceivedEvent[];
  }[] {
    return this[which]
      .filter(({ topic }) => topic.includes("/event/"))
      .map(({ topic, payload, atMs }) => ({
        atMs,
        topic,
        bytes: payload.length,
        events: JSON.parse(payload) as ReceivedEvent[],
      }));
  }

  #link(): MqttLink {
    const waiting = new Set<(confirmed: boolean) => void>();
    let open = true;
    const ended = new Promise<LinkEnd>((resolve) => {
      this.#hangUp = (end) => {
        open = false;
        this.#hangUp = undefined;
        for (const answer of waiting) answer(false);
        resolve(end);
      };
    });
    return {
      maxPayloadBytes: this.maxPayloadBytes,
      ended,
      publish: (message) => {
        if (!open) return Promise.resolve(false);
        const stamped = { ...message, atMs: this.#clock.monotonicMs() };
        this.offered.push(stamped);
        if (!this.loses) this.messages.push(stamped);
        return this.confirms ? Promise.resolve(true) : new Promise((resolve) => waiting.add(resolve));
      },
      subscribe: async (topic) => {
        this.subscriptions.push(topic);
        return true;
      },
      close: async () => this.hangUp({ reason: "closed by the gate" }),
    };
  }
}
