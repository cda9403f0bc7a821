/**
 * The journal as the gate and the publisher see it: append durably, read what the back end lacks,
 * mark what it acknowledged. Implemented by `src/journal`.
 */
import type { Result } from "../result.ts";
import type { Instant, Millis } from "../time/time.ts";
import type { ClockState } from "./clock.ts";

/** The journal cannot keep or give a row. While this lasts the lane refuses everybody. */
export type JournalError =
  | { readonly kind: "diskFull"; readonly remedy: string; readonly cause?: unknown }
  | { readonly kind: "corrupt"; readonly file: string; readonly remedy: string; readonly cause?: unknown }
  | {
      readonly kind: "unavailable";
      readonly file: string;
      readonly remedy: string;
      readonly cause?: unknown;
    };

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** The class is the second word of a type `acs.<class>.<what>` and the last level of its topic. */
export type EventClass = "access" | "door" | "system" | "security" | "config";
export type EventType = `acs.${EventClass}.${string}`;

/** What a pseudonym was made of: NIS of a CIE, issuing state and number of a document, fiscal code, names with birth date. */
export type IdentifierKind = "nis" | "doc" | "cf" | "name";

/** The personal part of an event, kept apart so that it can be erased without breaking the chain. */
export interface PersonalPart {
  /** Keyed pseudonym, 32 bytes (privacy rules, pseudonyms); never a clear identifier. */
  readonly pseudonym: Uint8Array;
  /** Which site key made it. */
  readonly keyId: string;
  readonly kind: IdentifierKind;
}

/** What the gate wants written. `data` holds no personal data. */
export interface NewEvent {
  readonly type: EventType;
  readonly data: { readonly [key: string]: Json };
  readonly personal?: PersonalPart;
}

/** A committed row, in the members that leave the device (CloudEvents 1.0 names where they exist). */
export interface JournalEvent {
  /** UUIDv7. */
  readonly id: string;
  /** `acs:{site}/{gate}`, the device that wrote the row. */
  readonly source: string;
  readonly journal: string;
  /** From 1, no gaps; `(journal, seq)` is the key by which a back end removes duplicates. */
  readonly seq: number;
  readonly type: EventType;
  readonly time: Instant;
  readonly boot: string;
  /** Monotonic milliseconds since the process started. */
  readonly mono: number;
  readonly clock: ClockState;
  /** base64url SHA-256 of the row before, of 32 zero bytes at `seq` 1. */
  readonly prev: string;
  /** base64url SHA-256 of `prev` (raw) and the canonical JSON of the event as sent, without `hash` and `personal`. */
  readonly hash: string;
  readonly data: { readonly [key: string]: Json };
  /** Present until erased: salt and pseudonym, base64url. */
  readonly personal?: { readonly salt: string; readonly pseudonym: string };
}

/** Writing side. */
export interface Journal {
  /**
   * Commits the events in order, in one transaction, and resolves when they would survive a power cut.
   * On an error nothing of it is kept.
   */
  append(events: readonly NewEvent[]): Promise<Result<readonly JournalEvent[], JournalError>>;
}

/** The journal as the outbox of the back end. */
export interface Outbox {
  readonly journal: string;
  /** Rows with `seq` greater than `afterSeq`, in order, at most `limit`. */
  read(afterSeq: number, limit: number): Result<readonly JournalEvent[], JournalError>;
  /** First and last row kept, and the highest one that the back end has acknowledged (0 if none). */
  range(): Result<{ readonly first: number; readonly last: number; readonly acked: number }, JournalError>;
  /** Marks all rows up to `seq` as delivered; lower values than before change nothing. */
  acknowledge(seq: number): Result<void, JournalError>;
  /** Calls back some time after every commit, in order, until the returned function is called. */
  onCommit(listener: (events: readonly JournalEvent[]) => void): () => void;
}

/** What the journal asks of its surroundings when it stamps a row. */
export interface EventStamp {
  readonly time: Instant;
  readonly mono: Millis;
  readonly clock: ClockState;
}
