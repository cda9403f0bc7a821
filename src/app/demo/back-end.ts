/**
 * The demo's broker with the smallest possible back end inside: it keeps every event once, acknowledges
 * without gaps, and can be lost and come back. The broker speaks MQTT 3.1.1 only, so the demo also shows
 * the gate's fall-back from version 5.
 */
import { appendFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import type { JournalEvent } from "../../ports/journal.ts";

/** What the demo keeps of an event; the personal part above all is not for a screen. */
export type SeenEvent = Pick<JournalEvent, "journal" | "seq" | "type" | "data">;

export interface BackEndOptions {
  /** `acs/v1/{site}/{gate}`. */
  readonly base: string;
  /** Every message is appended here, as one JSON object per line. */
  readonly trafficFile: string;
}

export class BackEnd {
  readonly #options: BackEndOptions;
  readonly #events = new Map<number, SeenEvent>();
  readonly #listeners = new Set<() => void>();
  readonly #sockets = new Set<Socket>();
  #running: { readonly aedes: Aedes; readonly server: Server } | undefined;
  #port = 0;
  #doubled = 0;
  #births = 0;

  constructor(options: BackEndOptions) {
    this.#options = options;
  }

  /** Where the broker listens, on loopback; the same after it was lost. */
  get port(): number {
    return this.#port;
  }

  /** Connections that said they were ready. */
  get births(): number {
    return this.#births;
  }

  /** Events that were sent again although they had arrived: expected after a loss, harmless by design. */
  get doubled(): number {
    return this.#doubled;
  }

  /** All events by sequence number, once each. */
  events(): readonly SeenEvent[] {
    return [...this.#events.values()].sort((left, right) => left.seq - right.seq);
  }

  /** The first sequence number that is missing, as the acknowledgement needs it, less one. */
  contiguous(): number {
    let seq = 0;
    while (this.#events.has(seq + 1)) seq += 1;
    return seq;
  }

  /** Calls back after each message that came in. */
  onMessage(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    const aedes = await Aedes.createBroker();
    const { base } = this.#options;
    aedes.subscribe(
      `${base}/#`,
      (packet, done) => {
        this.#receive(packet.topic.slice(base.length + 1), packet.topic, String(packet.payload));
        done();
      },
      () => undefined,
    );
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      aedes.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    const address = server.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
    this.#running = { aedes, server };
  }

  /** The broker is gone: all connections cut, nobody listens. What the back end knows, it keeps. */
  async lose(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => running.server.close(() => resolve()));
    await new Promise<void>((resolve) => running.aedes.close(() => resolve()));
  }

  #receive(name: string, topic: string, payload: string): void {
    appendFileSync(this.#options.trafficFile, `${JSON.stringify({ topic, payload })}\n`);
    if (name === "status" && payload.includes('"state":"ready"')) this.#births += 1;
    if (name.startsWith("event/")) this.#keep(JSON.parse(payload) as readonly SeenEvent[]);
    for (const listener of this.#listeners) listener();
  }

  #keep(batch: readonly SeenEvent[]): void {
    for (const { journal, seq, type, data } of batch) {
      if (this.#events.has(seq)) this.#doubled += 1;
      this.#events.set(seq, { journal, seq, type, data });
    }
    const journal = batch[0]?.journal;
    if (journal !== undefined) this.#acknowledge(journal);
  }

  #acknowledge(journal: string): void {
    const payload = JSON.stringify({ v: 1, journal, acked: this.contiguous() });
    this.#running?.aedes.publish(
      { cmd: "publish", topic: `${this.#options.base}/ack`, payload, qos: 1, retain: false, dup: false },
      () => undefined,
    );
  }
}
