/**
 * The demo's broker with the smallest possible back end inside: it keeps every event once, acknowledges
 * without gaps, and can be lost and come back. The broker speaks MQTT 3.1.1 only, so the demo also shows
 * the gate's fall-back from version 5.
 */
import { appendFileSync, renameSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { isJsonObject } from "../../bytes/json-object.ts";

/** What the demo keeps of an event; the personal part above all is not for a screen. */
export interface SeenEvent {
  readonly journal: string;
  readonly seq: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface BackEndOptions {
  /** `acs/v1/{site}/{gate}`. */
  readonly base: string;
  /** Every message is appended here, as one JSON object per line; what is older than the newest is in the same name with `.old`. */
  readonly trafficFile: string;
}

/** Decisions kept, the newest; of those before them the number is known. */
export const MAX_DECISIONS = 4_096;
/** Then a new file is begun; of the old ones the last is kept. */
const MAX_TRAFFIC_BYTES = 16_000_000;
/** What the decision about a presentation is called, whatever it is. */
const DECISION = "acs.access.";

export class BackEnd {
  readonly #options: BackEndOptions;
  readonly #decisions: SeenEvent[] = [];
  /** How many there were of each type. */
  readonly #counts = new Map<string, number>();
  /** How many decisions there were at each door. */
  readonly #decidedAt = new Map<string, number>();
  /** Nothing up to this sequence number is missing. */
  #contiguous = 0;
  /** Numbers beyond the first gap: as many at most as the gate sends before it waits for an acknowledgement. */
  readonly #ahead = new Set<number>();
  readonly #listeners = new Set<() => void>();
  readonly #sockets = new Set<Socket>();
  #running: { readonly aedes: Aedes; readonly server: Server } | undefined;
  #port = 0;
  #doubled = 0;
  #births = 0;
  #trafficBytes = 0;

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

  /** The newest decisions by sequence number, once each. */
  decisions(): readonly SeenEvent[] {
    return this.#decisions;
  }

  /** Whether anybody listens at the moment. */
  get isUp(): boolean {
    return this.#running !== undefined;
  }

  /** The decision of this number at a door, counted from 1; nothing before it has come, and once it is kept no longer. */
  decisionAt(door: string, number: number): SeenEvent | undefined {
    const kept = this.#decisions.filter(({ data }) => data["door"] === door);
    return kept[number - 1 - (this.#decidedAt.get(door) ?? 0) + kept.length];
  }

  /** How many events have come whose type begins so; each was counted once. */
  count(type = ""): number {
    const counts = [...this.#counts].filter(([name]) => name.startsWith(type));
    return counts.reduce((sum, [, count]) => sum + count, 0);
  }

  /** How many decisions there were, those that are kept no longer among them. */
  get decided(): number {
    return this.count(DECISION);
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
    this.#record(`${JSON.stringify({ topic, payload })}\n`);
    if (name === "status" && payload.includes('"state":"ready"')) this.#births += 1;
    if (name.startsWith("event/")) this.#keep(parseBatch(payload));
    for (const listener of this.#listeners) listener();
  }

  #record(line: string): void {
    const { trafficFile } = this.#options;
    this.#trafficBytes += line.length;
    if (this.#trafficBytes > MAX_TRAFFIC_BYTES) {
      renameSync(trafficFile, `${trafficFile}.old`);
      this.#trafficBytes = line.length;
    }
    appendFileSync(trafficFile, line);
  }

  #keep(batch: readonly SeenEvent[]): void {
    for (const event of batch) {
      if (event.seq <= this.#contiguous || this.#ahead.has(event.seq)) this.#doubled += 1;
      else this.#keepNew(event);
    }
    const journal = batch[0]?.journal;
    if (journal !== undefined) this.#acknowledge(journal);
  }

  #keepNew(event: SeenEvent): void {
    const { seq, type } = event;
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
    this.#ahead.add(seq);
    while (this.#ahead.delete(this.#contiguous + 1)) this.#contiguous += 1;
    if (!type.startsWith(DECISION)) return;
    const door = String(event.data["door"]);
    this.#decidedAt.set(door, (this.#decidedAt.get(door) ?? 0) + 1);
    const later = this.#decisions.findLastIndex((decision) => decision.seq < seq) + 1;
    this.#decisions.splice(later, 0, event);
    if (this.#decisions.length > MAX_DECISIONS) this.#decisions.shift();
  }

  #acknowledge(journal: string): void {
    const payload = JSON.stringify({ v: 1, journal, acked: this.#contiguous });
    this.#running?.aedes.publish(
      { cmd: "publish", topic: `${this.#options.base}/ack`, payload, qos: 1, retain: false, dup: false },
      () => undefined,
    );
  }
}

/** The events of a batch, without what the demo does not keep. Throws when it is none: the gate is our own. */
function parseBatch(payload: string): readonly SeenEvent[] {
  const batch: unknown = JSON.parse(payload);
  if (!Array.isArray(batch)) throw new TypeError("a batch is a list");
  return batch.map((event: unknown) => {
    const { journal, seq, type, data } = isJsonObject(event) ? event : {};
    if (
      typeof journal !== "string" ||
      typeof seq !== "number" ||
      typeof type !== "string" ||
      !isJsonObject(data)
    )
      throw new TypeError("an event has a journal, a sequence number, a type and data");
    return { journal, seq, type, data };
  });
}
