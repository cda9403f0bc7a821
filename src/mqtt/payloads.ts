/**
 * The messages of a gate as JSON, and the one message that it takes in: the acknowledgement.
 * Governing text: fleet interface, §2 to §4.
 */
import { cloudEvent } from "../journal/cloud-event.ts";
import type { ClockState } from "../ports/clock.ts";
import type { EventClass, EventType, JournalEvent, Json } from "../ports/journal.ts";
import { toIso8601 } from "../time/iso-8601.ts";
import type { Instant } from "../time/time.ts";
import type { OutgoingMessage } from "./mqtt-link.ts";
import type { Topics } from "./topics.ts";

/** Names one connection of one process lifetime: a `lost` with a lower `conn` than the last `ready` is stale. */
export interface SessionName {
  readonly boot: string;
  readonly conn: number;
}

/** What the birth message tells besides the session. */
export interface BirthFacts {
  readonly at: Instant;
  readonly clock: ClockState;
  readonly softwareVersion: string;
  readonly journal: {
    readonly id: string;
    readonly first: number;
    readonly last: number;
    readonly acked: number;
  };
}

/** What is known of a door, in ONVIF's words (Door Control, DoorMode and DoorFault). */
export interface DoorState {
  readonly mode: "Locked" | "Accessed";
  readonly fault: "NotInFault" | "FaultDetected";
  /** What is out of order, comma between: `reader`, `relay`, `journal`. */
  readonly faultReason?: string;
}

/** A back end's cumulative acknowledgement. */
export interface Acknowledgement {
  readonly journal: string;
  readonly acked: number;
}

const JSON_TYPE = "application/json";
const EVENT_TYPE = "application/cloudevents+json";
const BATCH_TYPE = "application/cloudevents-batch+json";
const LIVE_EXPIRY_SECONDS = 5;
const MAX_ACK_BYTES = 1024;
const VERSION = 1;

/** Published by the broker when the gate vanishes. */
export function willMessage(topics: Topics, session: SessionName): OutgoingMessage {
  return retained(topics.status, { v: VERSION, state: "lost", ...session });
}

/** The first message of a connection. */
export function birthMessage(topics: Topics, session: SessionName, facts: BirthFacts): OutgoingMessage {
  return retained(topics.status, {
    v: VERSION,
    state: "ready",
    ...session,
    at: toIso8601(facts.at),
    clock: facts.clock,
    sw: facts.softwareVersion,
    journal: facts.journal,
  });
}

/** The last message of a connection that ends in order. */
export function goodbyeMessage(topics: Topics, session: SessionName): OutgoingMessage {
  return retained(topics.status, { v: VERSION, state: "disconnected", reason: "stop", ...session });
}

export function infoMessage(topics: Topics, info: { readonly [key: string]: Json }): OutgoingMessage {
  return retained(topics.info, { v: VERSION, ...info });
}

export function doorStateMessage(
  topics: Topics,
  door: string,
  state: DoorState & { readonly at: Instant },
): OutgoingMessage {
  return retained(topics.state(door), { v: VERSION, door, ...state, at: toIso8601(state.at) });
}

/** One event at once, lossy, without its personal part. */
export function liveMessage(topics: Topics, event: JournalEvent): OutgoingMessage {
  const { personal: _, ...impersonal } = event;
  return {
    topic: topics.live(classOf(event.type)),
    payload: JSON.stringify(cloudEvent(impersonal)),
    qos: 0,
    retain: false,
    contentType: EVENT_TYPE,
    expirySeconds: LIVE_EXPIRY_SECONDS,
  };
}

/** A batch of events of one class; `bodies` are their JSON texts. */
export function batchMessage(
  topics: Topics,
  eventClass: EventClass,
  bodies: readonly string[],
): OutgoingMessage {
  return {
    topic: topics.event(eventClass),
    payload: `[${bodies.join(",")}]`,
    qos: 1,
    retain: false,
    contentType: BATCH_TYPE,
  };
}

const CLASSES = ["access", "door", "system", "security", "config"] as const satisfies readonly EventClass[];

/** The second word of a type. */
export function classOf(type: EventType): EventClass {
  const word = type.split(".")[1];
  return CLASSES.find((known) => known === word) ?? "system";
}

/** Reads `{"v":1,"journal":…,"acked":…}`; `undefined` for anything else, of any size. */
export function parseAcknowledgement(payload: Uint8Array): Acknowledgement | undefined {
  if (payload.length > MAX_ACK_BYTES) return undefined;
  const value = parseJson(payload);
  if (typeof value !== "object" || value === null || !("v" in value) || value.v !== VERSION) return undefined;
  if (!("journal" in value) || !("acked" in value)) return undefined;
  const { journal, acked } = value;
  if (typeof journal !== "string" || typeof acked !== "number") return undefined;
  return Number.isSafeInteger(acked) && acked >= 0 ? { journal, acked } : undefined;
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    // Anybody who may write the topic can send anything: that it is not JSON is all there is to know.
    return undefined;
  }
}

function retained(topic: string, body: { readonly [key: string]: Json }): OutgoingMessage {
  return { topic, payload: JSON.stringify(body), qos: 1, retain: true, contentType: JSON_TYPE };
}
