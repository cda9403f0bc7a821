/** Cuts the next batch out of the rows that wait: one class, consecutive rows, bounded in bytes. */
import { cloudEvent } from "../journal/cloud-event.ts";
import type { EventClass, EventType, JournalEvent } from "../ports/journal.ts";
import { classOf } from "./payloads.ts";

/** A batch ready to be sent. */
export interface Batch {
  readonly eventClass: EventClass;
  /** JSON text of each event. */
  readonly bodies: readonly string[];
  readonly lastSeq: number;
}

/** Brackets of the array, or the comma before an element. */
const FRAMING_BYTES = 2;

/**
 * The longest run of one class from the front of `events` whose JSON array fits into `maxBytes`; always at
 * least one event, since a row that never leaves would block all later ones. `undefined` when there is none.
 */
export function nextBatch(events: readonly JournalEvent[], maxBytes: number): Batch | undefined {
  const first = events[0];
  if (first === undefined) return undefined;
  const eventClass = classOf(first.type);
  const bodies: string[] = [];
  let lengthBytes = 0;
  let lastSeq = first.seq;
  for (const event of events) {
    if (classOf(event.type) !== eventClass) break;
    const body = JSON.stringify(cloudEvent(event));
    lengthBytes += new TextEncoder().encode(body).length + FRAMING_BYTES;
    if (lengthBytes > maxBytes && bodies.length > 0) break;
    bodies.push(body);
    lastSeq = event.seq;
  }
  return { eventClass, bodies, lastSeq };
}

/** Door-critical rows are never held back to fill a batch. */
export function isUrgent(type: EventType): boolean {
  return type.startsWith("acs.security.") || type === "acs.door.alarm" || type === "acs.door.tamper";
}
