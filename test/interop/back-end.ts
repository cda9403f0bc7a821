/**
 * A back end behind a real broker, by the mqtt package: its session outlives its absence, it keeps every
 * event once by journal and sequence number, and acknowledges what it has without gaps.
 */
import { connect, type MqttClient } from "mqtt";

/** What is compared with the journal. */
export interface ReceivedEvent {
  readonly journal: string;
  readonly seq: number;
  readonly type: string;
  readonly hash: string;
}

const SESSION_SECONDS = 3600;
const RECONNECT_MS = 200;
/** Several batches share an acknowledgement; what is killed meanwhile has to be sent again. */
const ACK_AFTER_MS = 400;

export class BackEnd {
  readonly #base: string;
  readonly #port: number;
  readonly #events = new Map<string, ReceivedEvent>();
  #client: MqttClient | undefined;
  #deliveries = 0;
  #contradictions = 0;
  #ackIsDue = false;

  constructor(base: string, port: number) {
    this.#base = base;
    this.#port = port;
  }

  /** Events once each, in the order of their arrival. */
  events(): readonly ReceivedEvent[] {
    return [...this.#events.values()];
  }

  /** Events that came again. */
  get doubled(): number {
    return this.#deliveries - this.#events.size;
  }

  /** Events that came again with another content. */
  get contradictions(): number {
    return this.#contradictions;
  }

  /** The last sequence number before the first gap. */
  contiguous(journal: string): number {
    let seq = 0;
    while (this.#events.has(`${journal}/${seq + 1}`)) seq += 1;
    return seq;
  }

  /** Comes, or comes back; resolves when it is subscribed. */
  async come(): Promise<void> {
    const client = connect({
      host: "127.0.0.1",
      port: this.#port,
      clientId: "back-end",
      protocolVersion: 5,
      clean: false,
      reconnectPeriod: RECONNECT_MS,
      properties: { sessionExpiryInterval: SESSION_SECONDS },
    });
    this.#client = client;
    client.on("error", () => undefined);
    client.on("message", (_, payload) => this.#keep(JSON.parse(String(payload)) as readonly ReceivedEvent[]));
    await new Promise<void>((resolve) => client.once("connect", () => resolve()));
    await client.subscribeAsync(`${this.#base}/event/#`, { qos: 1 });
  }

  /** Goes away; the broker keeps its session. */
  async leave(): Promise<void> {
    await this.#client?.endAsync(true);
    this.#client = undefined;
  }

  #keep(batch: readonly ReceivedEvent[]): void {
    for (const event of batch) {
      const key = `${event.journal}/${event.seq}`;
      const known = this.#events.get(key);
      if (known !== undefined && known.hash !== event.hash) this.#contradictions += 1;
      this.#deliveries += 1;
      this.#events.set(key, event);
    }
    const journal = batch[0]?.journal;
    if (journal === undefined || this.#ackIsDue) return;
    this.#ackIsDue = true;
    setTimeout(() => this.#acknowledge(journal), ACK_AFTER_MS);
  }

  /** An acknowledgement that gets lost is made good by the next one. */
  #acknowledge(journal: string): void {
    this.#ackIsDue = false;
    const ack = JSON.stringify({ v: 1, journal, acked: this.contiguous(journal) });
    this.#client?.publishAsync(`${this.#base}/ack`, ack, { qos: 1 }).catch(() => undefined);
  }
}
