/**
 * A broker in virtual time, between the gate's publisher and the back end: connections that take time, break
 * before or after a confirmation, or swallow what they are given. Messages of one connection stay in order,
 * as on TCP; what is lost takes its connection with it, or shows no sign at all.
 */
import type {
  Connect,
  ConnectError,
  ConnectRequest,
  LinkEnd,
  MqttLink,
  OutgoingMessage,
} from "../../src/mqtt/mqtt-link.ts";
import { err, ok } from "../../src/result.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import type { Timeline } from "../../src/sim/timeline.ts";
import { type BackEnd, parseBatch } from "./back-end.ts";
import { between } from "./day-plan.ts";
import type { Weather } from "./swarm.ts";

const MAX_PAYLOAD_BYTES = 65_536;
const ACK_INTERVAL_MS = 1_000;
const LATE_ACK_MS = 90_000;
const FAR_AHEAD = 1_000_000;
const SERVER_UNAVAILABLE = 0x88;
const QUOTA_EXCEEDED = 0x97;

interface Surroundings {
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly weather: Weather;
  readonly backEnd: BackEnd;
}

interface Session {
  readonly request: ConnectRequest;
  readonly waiting: Set<(confirmed: boolean) => void>;
  readonly ended: Promise<LinkEnd>;
  readonly end: (reason: LinkEnd) => void;
  open: boolean;
  /** Messages do not overtake one another. */
  lastArrivalUs: number;
  /** The highest row offered over this connection. */
  offered: number;
}

export class VirtualBroker {
  /** Orders that a gate must never show. */
  readonly complaints: string[] = [];
  readonly #s: Surroundings;
  #session: Session | undefined;
  #acked = 0;
  #ackDue = false;

  constructor(surroundings: Surroundings) {
    this.#s = surroundings;
  }

  /** How one process reaches the broker; after `die` that process hears nothing more. */
  dial(): { readonly connect: Connect; die(): void } {
    let alive = true;
    const connect: Connect = async (request) => {
      await this.#pass(between(this.#s.random, 5, 60));
      if (!alive) return new Promise(() => undefined);
      const refusal = this.#refusal();
      if (refusal !== undefined) return err(refusal);
      this.cut("taken over");
      const session = newSession(request);
      this.#session = session;
      return ok(this.#link(session));
    };
    const die = (): void => {
      alive = false;
      if (this.#session !== undefined) this.#session.open = false;
      this.#session = undefined;
    };
    return { connect, die };
  }

  /** Breaks the present connection. */
  cut(reason: string): void {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) endSession(session, { reason });
  }

  #link(session: Session): MqttLink {
    return {
      maxPayloadBytes: MAX_PAYLOAD_BYTES,
      ended: session.ended,
      publish: (message) => this.#publish(session, message),
      subscribe: async () => session.open,
      close: async () => endSession(session, { reason: "closed by the gate" }),
    };
  }

  #refusal(): ConnectError | undefined {
    const { random, weather } = this.#s;
    if (!weather.isOn("brokerGone")) return undefined;
    weather.count("brokerGone");
    return random.pick<ConnectError>([
      { kind: "unreachable", cause: new Error("nobody listens") },
      { kind: "closedEarly" },
      { kind: "refused", code: SERVER_UNAVAILABLE, reason: "server unavailable" },
      { kind: "refused", code: QUOTA_EXCEEDED, reason: "quota exceeded" },
    ]);
  }

  #pass(durationMs: number): Promise<void> {
    const { timeline } = this.#s;
    return new Promise((resolve) => {
      timeline.at(timeline.nowUs() + durationMs * 1_000, resolve);
    });
  }

  #publish(session: Session, message: OutgoingMessage): Promise<boolean> {
    const { timeline, random } = this.#s;
    if (!session.open) return Promise.resolve(false);
    if (message.qos === 0) return Promise.resolve(true);
    this.#examine(session, message);
    session.lastArrivalUs = Math.max(
      session.lastArrivalUs,
      timeline.nowUs() + between(random, 2, 40) * 1_000,
    );
    return new Promise((resolve) => {
      session.waiting.add(resolve);
      timeline.at(session.lastArrivalUs, () => this.#arrive(session, message, resolve));
    });
  }

  /** Rows go out without gaps, in batches that each begin right behind what was offered or acknowledged. */
  #examine(session: Session, { topic, payload }: OutgoingMessage): void {
    if (!isEvents(topic)) return;
    const events = parseBatch(payload);
    const expected = Math.max(session.offered, this.#acked) + 1;
    const first = events[0]?.seq ?? 0;
    if (first > expected) this.complaints.push(`row ${first} was sent where ${expected} was due`);
    if (events.some(({ seq }, index) => seq !== first + index))
      this.complaints.push(`a batch from row ${first} on has a gap`);
    session.offered = Math.max(session.offered, events.at(-1)?.seq ?? 0);
  }

  #arrive(session: Session, message: OutgoingMessage, confirm: (confirmed: boolean) => void): void {
    const { weather, backEnd } = this.#s;
    if (!session.open) return;
    if (weather.strikes("messageSwallowed")) return;
    if (weather.strikes("messageLost")) {
      this.cut("lost before the message");
      return;
    }
    if (isEvents(message.topic)) {
      if (weather.isOn("backEndAbsent")) weather.count("backEndAbsent");
      else backEnd.receive(message.payload);
      this.#scheduleAck();
    }
    if (weather.strikes("pubackLost")) {
      this.cut("lost before PUBACK");
      return;
    }
    session.waiting.delete(confirm);
    confirm(true);
  }

  #scheduleAck(): void {
    if (this.#ackDue) return;
    this.#ackDue = true;
    void this.#pass(between(this.#s.random, 20, ACK_INTERVAL_MS)).then(() => this.#acknowledge());
  }

  #acknowledge(): void {
    this.#ackDue = false;
    const { weather, backEnd } = this.#s;
    if (backEnd.journal === "" || weather.isOn("backEndAbsent")) return;
    if (weather.isOn("backEndMute")) {
      weather.count("backEndMute");
      return;
    }
    this.#send(backEnd.journal, backEnd.contiguous);
    if (weather.strikes("strangeAck")) this.#acknowledgeStrangely(backEnd.journal, backEnd.contiguous);
  }

  #acknowledgeStrangely(journal: string, acked: number): void {
    const kind = this.#s.random.pick(["twice", "late", "future", "unknownJournal", "noise"] as const);
    if (kind === "twice") this.#send(journal, acked);
    if (kind === "late") void this.#pass(LATE_ACK_MS).then(() => this.#send(journal, acked));
    if (kind === "future") this.#send(journal, acked + FAR_AHEAD);
    if (kind === "unknownJournal") this.#send("00000000000000000000000000000000", acked);
    if (kind === "noise") this.#deliver(new Uint8Array(this.#s.random.bytes(40)));
  }

  #send(journal: string, acked: number): void {
    if (acked < FAR_AHEAD) this.#acked = Math.max(this.#acked, acked);
    this.#deliver(new TextEncoder().encode(JSON.stringify({ v: 1, journal, acked })));
  }

  #deliver(payload: Uint8Array): void {
    const session = this.#session;
    if (session === undefined) return;
    const topic = session.request.will.topic.replace(/status$/, "ack");
    session.request.onMessage({ topic, payload });
  }
}

const isEvents = (topic: string): boolean => topic.includes("/event/");

function newSession(request: ConnectRequest): Session {
  let end: (reason: LinkEnd) => void = () => undefined;
  const ended = new Promise<LinkEnd>((resolve) => {
    end = resolve;
  });
  return { request, waiting: new Set(), ended, end, open: true, lastArrivalUs: 0, offered: 0 };
}

function endSession(session: Session, reason: LinkEnd): void {
  if (!session.open) return;
  session.open = false;
  for (const answer of session.waiting) answer(false);
  session.end(reason);
}
