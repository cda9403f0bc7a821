/**
 * The gate's presence at its broker: connects, says that it is there, carries the journal, tells the state
 * of the doors, and comes back after every loss. It runs beside the gate and owes it nothing: no method
 * throws or waits, and a broker that is away for days changes no decision.
 * Governing text: fleet interface, §3, §4, §12.
 */
import type { Clock, ClockState } from "../ports/clock.ts";
import type { Journal, Json, Outbox } from "../ports/journal.ts";
import type { Log, LogFields } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import {
  afterFailure,
  afterLink,
  type ConnectionPolicy,
  FIRST_ATTEMPT,
  type NextAttempt,
  SESSION_TAKEN_OVER,
} from "./connection.ts";
import { DoorStates } from "./door-states.ts";
import { publishHealth } from "./health-feed.ts";
import { LiveFeed } from "./live-feed.ts";
import type { Connect, ConnectError, IncomingMessage, LinkEnd, MqttLink } from "./mqtt-link.ts";
import { OutboxPublisher } from "./outbox-publisher.ts";
import {
  type BirthFacts,
  birthMessage,
  type DoorState,
  goodbyeMessage,
  infoMessage,
  type SessionName,
  willMessage,
} from "./payloads.ts";
import { type GateAddress, type Topics, topicsOf } from "./topics.ts";

/** The journal as the publisher needs it; `SqliteJournal` is one. */
export interface PublishedJournal extends Journal, Outbox {
  readonly boot: string;
  nextConnection(): Promise<number>;
}

export interface PublisherOptions {
  readonly address: GateAddress;
  /** Makes one connection; over the network it is `mqttConnect`. */
  readonly connect: Connect;
  readonly journal: PublishedJournal;
  readonly clock: Clock;
  readonly clockState: () => ClockState;
  readonly random: Random;
  readonly log: Log;
  readonly softwareVersion: string;
  /** Identity, hardware, capabilities, configuration schema, public key of the journal. */
  readonly info: { readonly [key: string]: Json };
  /** The gate's numbers at this moment, beside those of the journal. */
  readonly health: () => { readonly [key: string]: Json };
}

export interface Publisher {
  start(): void;
  setDoorState(door: string, state: DoorState): void;
  /** Says goodbye where there is a connection; resolves within a few seconds. */
  stop(): Promise<void>;
}

const GOODBYE_MS = 2000;

export function createPublisher(options: PublisherOptions): Publisher {
  return new BrokerSession(options);
}

class BrokerSession implements Publisher {
  readonly #options: PublisherOptions;
  readonly #topics: Topics;
  readonly #outbox: OutboxPublisher;
  readonly #doors: DoorStates;
  readonly #stopping = new AbortController();
  #current: { readonly link: MqttLink; readonly session: SessionName } | undefined;
  #lastFailure = "";
  #running: Promise<void> = Promise.resolve();

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#topics = topicsOf(options.address);
    const { journal, clock, log } = options;
    this.#outbox = new OutboxPublisher({ outbox: journal, journal, topics: this.#topics, clock, log });
    this.#doors = new DoorStates(this.#topics, log);
  }

  start(): void {
    this.#running = this.#run();
  }

  setDoorState(door: string, state: DoorState): void {
    this.#doors.set(door, { ...state, at: this.#options.clock.wallTime() });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#current !== undefined) {
      const { link, session } = this.#current;
      await Promise.race([
        link.publish(goodbyeMessage(this.#topics, session)),
        this.#options.clock.sleep(GOODBYE_MS),
      ]);
      await link.close();
    }
    await this.#running;
  }

  async #run(): Promise<void> {
    let policy = FIRST_ATTEMPT;
    while (!this.#stopping.signal.aborted) {
      const next = await this.#attempt(policy);
      policy = next.policy;
      await this.#options.clock.sleep(next.delayMs, this.#stopping.signal);
    }
  }

  async #attempt(policy: ConnectionPolicy): Promise<NextAttempt> {
    const { address, clock, connect } = this.#options;
    const session = { boot: this.#options.journal.boot, conn: await this.#options.journal.nextConnection() };
    const connected = await connect({
      level: policy.level,
      clientId: address.gate,
      will: willMessage(this.#topics, session),
      onMessage: (message) => this.#receive(message),
      signal: this.#stopping.signal,
    });
    if (!connected.ok) {
      this.#logFailure(connected.error);
      return afterFailure(policy, connected.error, { now: clock.monotonicMs(), chance: this.#chance() });
    }
    const since = clock.monotonicMs();
    this.#lastFailure = "";
    this.#options.log.info("brokerConnected", { mqtt: policy.level, conn: session.conn });
    const end = await this.#serve(connected.value, session);
    const now = clock.monotonicMs();
    return afterLink(policy, { ...end, livedMs: now - since }, { now, chance: this.#chance() });
  }

  /** One connection from birth to end. Messages leave in the order in which they are handed over. */
  async #serve(link: MqttLink, session: SessionName): Promise<LinkEnd> {
    const { journal, log } = this.#options;
    this.#current = { link, session };
    // A stop in the very moment of success found nothing to close yet.
    if (this.#stopping.signal.aborted) await link.close();
    this.#sayReady(link, session);
    this.#doors.attach(link);
    void link.subscribe(this.#topics.ack).then((granted) => {
      if (!granted) log.warn("ackSubscriptionRefused", { remedy: "let the gate's user read its ack topic" });
    });
    const live = new LiveFeed(this.#topics, link);
    const stopLive = journal.onCommit((events) => live.publish(events));
    const over = new AbortController();
    void this.#reportHealth(link, session, over.signal);
    await this.#outbox.run(link);
    const end = await link.ended;
    stopLive();
    over.abort("the connection has ended");
    this.#doors.detach();
    this.#current = undefined;
    this.#reportEnd(end);
    return end;
  }

  #reportHealth(link: MqttLink, session: SessionName, signal: AbortSignal): Promise<void> {
    const { clock, clockState, health } = this.#options;
    return publishHealth(link, session, signal, {
      topics: this.#topics,
      clock,
      clockState,
      chance: () => this.#chance(),
      facts: () => ({ journal: this.#journalNow(), ...health() }),
    });
  }

  #journalNow(): BirthFacts["journal"] {
    const { journal } = this.#options;
    const range = journal.range();
    const kept = range.ok ? range.value : { first: 0, last: 0, acked: 0 };
    return { id: journal.journal, ...kept };
  }

  #sayReady(link: MqttLink, session: SessionName): void {
    const { clock, clockState, softwareVersion, info } = this.#options;
    const facts = { at: clock.wallTime(), clock: clockState(), softwareVersion, journal: this.#journalNow() };
    void link.publish(birthMessage(this.#topics, session, facts));
    void link.publish(infoMessage(this.#topics, info));
  }

  #receive(message: IncomingMessage): void {
    if (message.topic === this.#topics.ack) this.#outbox.acknowledge(message.payload);
    else this.#options.log.debug("messageIgnored", { lengthBytes: message.payload.length });
  }

  #reportEnd(end: LinkEnd): void {
    const { journal, log } = this.#options;
    log.info("brokerLost", { reason: end.reason, code: end.code });
    if (end.code === SESSION_TAKEN_OVER) {
      void journal.append([{ type: "acs.security.sessionTakenOver", data: {} }]);
    }
  }

  /** The same failure again and again, for days, is told once. */
  #logFailure(error: ConnectError): void {
    const fields = failureFields(error);
    const sameAsBefore = this.#lastFailure === JSON.stringify(fields);
    this.#lastFailure = JSON.stringify(fields);
    if (sameAsBefore) this.#options.log.debug("brokerUnavailable", fields);
    else this.#options.log.warn("brokerUnavailable", fields);
  }

  #chance(): number {
    const [high = 0, low = 0] = this.#options.random.bytes(2);
    return (high * 256 + low) / 65_536;
  }
}

function failureFields(error: ConnectError): LogFields {
  switch (error.kind) {
    case "refused":
      return { why: error.kind, code: error.code, reason: error.reason };
    case "closedEarly":
      return { why: error.kind };
    case "unreachable":
      return { why: error.kind, cause: codeOf(error.cause) };
    case "tlsRefused":
      return { why: error.kind, cause: codeOf(error.cause), remedy: error.remedy };
    default:
      return { why: error.kind, file: error.file, remedy: error.remedy };
  }
}

/** The short code of a foreign error, such as ECONNREFUSED; its message may be long and is kept out of logs. */
function codeOf(cause: unknown): string {
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
  return cause instanceof Error ? cause.message.slice(0, 80) : "unknown";
}
