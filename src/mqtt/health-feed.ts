/**
 * The gate's numbers, every minute while there is a broker: how its readers fare, how much of the journal waits to
 * be acknowledged, how much memory it takes. Lossy by design; whoever misses one gets the next (fleet interface, §2).
 */
import type { Clock, ClockState } from "../ports/clock.ts";
import type { Json } from "../ports/journal.ts";
import { toIso8601 } from "../time/iso-8601.ts";
import type { MqttLink, OutgoingMessage } from "./mqtt-link.ts";
import type { SessionName } from "./payloads.ts";
import type { Topics } from "./topics.ts";

/** Spread by a tenth either way, so that a fleet that came back together does not report together for ever. */
const INTERVAL_MS = 60_000;
const JITTER = 0.1;
/** The first comes within this time, behind the birth and beside whatever else a new connection has to say. */
const FIRST_MS = 5_000;
/** What was queued before is written first. */
const LEAST_MS = 500;
/** A message that nobody took in two intervals says nothing any more. */
const EXPIRY_SECONDS = 120;

export interface HealthFeedOptions {
  readonly topics: Topics;
  readonly clock: Clock;
  readonly clockState: () => ClockState;
  /** From 0 to just below 1. */
  readonly chance: () => number;
  /** What the gate says of itself now. */
  readonly facts: () => { readonly [key: string]: Json };
}

/** Publishes soon and then every interval, until `signal` is aborted. */
export async function publishHealth(
  link: MqttLink,
  session: SessionName,
  signal: AbortSignal,
  options: HealthFeedOptions,
): Promise<void> {
  const { clock, chance } = options;
  await clock.sleep(LEAST_MS + FIRST_MS * chance(), signal);
  while (!signal.aborted) {
    await link.publish(healthMessage(session, options));
    await clock.sleep(INTERVAL_MS * (1 + JITTER * (2 * chance() - 1)), signal);
  }
}

function healthMessage(session: SessionName, options: HealthFeedOptions): OutgoingMessage {
  const { topics, clock, clockState, facts } = options;
  const body = { v: 1, ...session, at: toIso8601(clock.wallTime()), clock: clockState(), ...facts() };
  return {
    topic: topics.health,
    payload: JSON.stringify(body),
    qos: 0,
    retain: false,
    contentType: "application/json",
    expirySeconds: EXPIRY_SECONDS,
  };
}
