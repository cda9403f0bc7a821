/**
 * The form in which an event leaves the device, CloudEvents 1.0 in JSON, and the hash over it. What is
 * hashed is what is sent, so a back end verifies the chain from the messages alone (fleet interface, §4).
 */
import { toBase64Url } from "../bytes/base64url.ts";
import { concat } from "../bytes/bytes.ts";
import { isJsonObject } from "../bytes/json-object.ts";
import { sha256 } from "../crypto/hash.ts";
import type { ClockState } from "../ports/clock.ts";
import type { EventType, JournalEvent, Json } from "../ports/journal.ts";
import { toIso8601 } from "../time/iso-8601.ts";
import { instant } from "../time/time.ts";
import { canonicalJson } from "./canonical-json.ts";

export type JsonObject = { readonly [key: string]: Json };

/** An event before its hash is known and without its personal part. */
export type UnsealedEvent = Omit<JournalEvent, "hash" | "personal">;

/** The members that the hash covers. */
export function hashedMembers(event: UnsealedEvent): JsonObject {
  return {
    specversion: "1.0",
    id: event.id,
    source: event.source,
    type: event.type,
    time: toIso8601(event.time),
    journal: event.journal,
    seq: event.seq,
    boot: event.boot,
    mono: event.mono,
    clock: event.clock,
    prev: event.prev,
    data: event.data,
  };
}

/** The whole event as published to the back end that acknowledges; `personal` is there until erased. */
export function cloudEvent(event: JournalEvent): JsonObject {
  const sealed = { ...hashedMembers(event), hash: event.hash };
  return event.personal === undefined ? sealed : { ...sealed, personal: { ...event.personal } };
}

/** The event's line in the journal: the canonical JSON of what the hash covers. */
export function eventLine(event: UnsealedEvent): string {
  return canonicalJson(hashedMembers(event));
}

/** 32 bytes: SHA-256(prev, 32 raw bytes ‖ line in UTF-8). */
export function lineHash(prev: Uint8Array, line: string): Uint8Array {
  return sha256(concat(prev, new TextEncoder().encode(line)));
}

/** The salted commitment to a holder that the chain keeps: `h:` + base64url SHA-256(salt, 16 bytes ‖ pseudonym). */
export function credentialRef(salt: Uint8Array, pseudonym: Uint8Array): string {
  return `h:${toBase64Url(sha256(concat(salt, pseudonym)))}`;
}

/**
 * Reads a line back. `time` is the row's own column in milliseconds. `undefined` when the text is not an
 * event: the row was damaged or tampered with.
 */
export function parseLine(line: string, time: number): UnsealedEvent | undefined {
  const members = parseObject(line);
  if (members === undefined) return undefined;
  const { id, source, type, journal, seq, boot, mono, clock, prev, data } = members;
  if (!isText(id) || !isText(source) || !isText(journal) || !isText(boot) || !isText(prev)) return undefined;
  if (typeof seq !== "number" || typeof mono !== "number" || !isEventType(type) || !isClockState(clock))
    return undefined;
  if (!isJsonObject(data) || members["time"] !== toIso8601(instant(time))) return undefined;
  return { id, source, type, time: instant(time), journal, seq, boot, mono, clock, prev, data };
}

function parseObject(line: string): JsonObject | undefined {
  try {
    const value = JSON.parse(line) as Json;
    return isJsonObject(value) ? value : undefined;
  } catch {
    // The damaged text itself is the evidence; the words of the parser add nothing to it.
    return undefined;
  }
}

const EVENT_TYPE = /^acs\.(access|door|system|security|config)\.[A-Za-z.]+$/;

const isText = (value: Json | undefined): value is string => typeof value === "string";
const isEventType = (value: Json | undefined): value is EventType => isText(value) && EVENT_TYPE.test(value);
const isClockState = (value: Json | undefined): value is ClockState =>
  value === "synced" || value === "holdover" || value === "unsynced";
