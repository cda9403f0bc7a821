/**
 * Carries the journal to the back end: everything, in order, until the back end itself says that it has
 * it. The broker's confirmation is no delivery (it confirms messages that nobody subscribed to).
 * Governing text: fleet interface, §1 rules 2 and 3, §4.
 */
import type { Clock } from "../ports/clock.ts";
import type { Journal, JournalEvent, Outbox } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import { after, type Millis } from "../time/time.ts";
import { Waker } from "../time/waker.ts";
import { isUrgent, nextBatch } from "./batch.ts";
import type { MqttLink } from "./mqtt-link.ts";
import { OutboxWindow } from "./outbox-window.ts";
import { type Acknowledgement, batchMessage, parseAcknowledgement } from "./payloads.ts";
import type { Topics } from "./topics.ts";

export interface OutboxPublisherOptions {
  readonly outbox: Outbox;
  readonly journal: Journal;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly log: Log;
}

const BATCH_EVENTS = 16;
const BATCH_WAIT_MS = 200;
const BATCH_BYTES = 65_536;
/** Rows looked at for one batch: about as many as 64 KiB hold. */
const READ_LIMIT = 128;
/** Commands that change the lists write rows too, from processes of their own, and nothing announces those. */
const LOOK_AGAIN_MS = 30_000;
/** At most one journal row per minute about acknowledgements that cannot be true. */
const BAD_ACK_INTERVAL_MS = 60_000;

/** The part of the state that lives and dies with one connection. */
interface Session {
  readonly link: MqttLink;
  readonly window: OutboxWindow;
  /** Batches that the broker has not confirmed. */
  unconfirmed: number;
  /** Rows up to here go out without waiting for company. */
  flushTo: number;
  /** Since when the first unsent row waits. */
  waitingSince: Millis | undefined;
  over: boolean;
}

export class OutboxPublisher {
  readonly #options: OutboxPublisherOptions;
  readonly #waker: Waker;
  #session: Session | undefined;
  #quietUntil: Millis | undefined;
  #suppressed = 0;

  constructor(options: OutboxPublisherOptions) {
    this.#options = options;
    this.#waker = new Waker(options.clock);
  }

  /** Publishes over one connection and resolves when that has ended. */
  async run(link: MqttLink): Promise<void> {
    const { outbox } = this.#options;
    const range = outbox.range();
    const session = newSession(link, range.ok ? range.value.acked : 0);
    const stopListening = outbox.onCommit(() => this.#waker.wake());
    void link.ended.then(() => {
      session.over = true;
      this.#waker.wake();
    });
    this.#session = session;
    while (!session.over) {
      this.#pump(session);
      await this.#waker.sleep(this.#idleMs(session));
    }
    this.#session = undefined;
    stopListening();
  }

  /** Takes in what arrived on the acknowledgement topic, however malformed. */
  acknowledge(payload: Uint8Array): void {
    const acknowledgement = parseAcknowledgement(payload);
    if (acknowledgement === undefined) {
      this.#options.log.warn("ackMalformed", { lengthBytes: payload.length });
      return;
    }
    const range = this.#options.outbox.range();
    if (!range.ok) return;
    if (acknowledgement.journal !== this.#options.outbox.journal)
      this.#reportBadAck("unknownJournal", acknowledgement);
    else if (acknowledgement.acked > range.value.last) this.#reportBadAck("neverIssued", acknowledgement);
    else this.#accept(acknowledgement.acked);
  }

  #accept(seq: number): void {
    const { outbox, clock, log } = this.#options;
    const marked = outbox.acknowledge(seq);
    // A mark that cannot be kept costs a repetition after a restart; the back end removes duplicates.
    if (!marked.ok) log.warn("ackNotKept", { why: marked.error.kind });
    if (this.#session?.window.acknowledged(seq, clock.monotonicMs()) === true) this.#waker.wake();
  }

  #reportBadAck(why: string, { acked }: Acknowledgement): void {
    const { clock, journal, log } = this.#options;
    const now = clock.monotonicMs();
    if (this.#quietUntil !== undefined && now < this.#quietUntil) {
      this.#suppressed++;
      return;
    }
    const data = { why, acked, suppressed: this.#suppressed };
    this.#quietUntil = after(now, BAD_ACK_INTERVAL_MS);
    this.#suppressed = 0;
    log.warn("badAck", data);
    void journal.append([{ type: "acs.security.badAck", data }]);
  }

  /** Sends all that may be sent now. */
  #pump(session: Session): void {
    this.#retryIfDue(session);
    while (!session.over && session.window.hasRoom()) {
      const rows = this.#options.outbox.read(session.window.sent, READ_LIMIT);
      if (!rows.ok) {
        this.#options.log.error("outboxUnreadable", { why: rows.error.kind, remedy: rows.error.remedy });
        return;
      }
      if (!this.#mayGo(session, rows.value)) return;
      this.#send(session, rows.value);
    }
  }

  /** No acknowledgement in time: send again, or give up a connection that swallows what is sent. */
  #retryIfDue(session: Session): void {
    const { clock, log } = this.#options;
    const { window, link, unconfirmed } = session;
    if (window.retryAt === undefined || clock.monotonicMs() < window.retryAt) return;
    log.info("outboxRetry", { from: window.acked + 1, to: window.sent, unconfirmed });
    session.flushTo = window.sent;
    window.rewind();
    if (unconfirmed === 0) return;
    session.over = true;
    void link.close();
  }

  /** Whether the rows at the front are due: enough of them, urgent, old enough, or sent before. */
  #mayGo(session: Session, rows: readonly JournalEvent[]): boolean {
    const last = rows.at(-1);
    if (last === undefined) {
      session.waitingSince = undefined;
      return false;
    }
    const now = this.#options.clock.monotonicMs();
    session.waitingSince ??= now;
    const isFull = rows.length >= BATCH_EVENTS;
    const isOld = now >= after(session.waitingSince, BATCH_WAIT_MS);
    if (isFull || isOld || rows.some((row) => isUrgent(row.type)))
      session.flushTo = Math.max(session.flushTo, last.seq);
    return session.window.sent < session.flushTo;
  }

  #send(session: Session, rows: readonly JournalEvent[]): void {
    const { topics, clock, log } = this.#options;
    const batch = nextBatch(rows, Math.min(BATCH_BYTES, session.link.maxPayloadBytes));
    if (batch === undefined) return;
    session.window.batchSent(batch.lastSeq, clock.monotonicMs());
    session.waitingSince = undefined;
    session.unconfirmed++;
    void session.link.publish(batchMessage(topics, batch.eventClass, batch.bodies)).then((confirmed) => {
      session.unconfirmed--;
      if (!confirmed && !session.over) log.warn("batchRefused", { lastSeq: batch.lastSeq });
    });
  }

  #idleMs({ window, waitingSince }: Session): number {
    const now = this.#options.clock.monotonicMs();
    const deadlines = [after(now, LOOK_AGAIN_MS)];
    if (window.retryAt !== undefined) deadlines.push(window.retryAt);
    if (waitingSince !== undefined && window.hasRoom()) deadlines.push(after(waitingSince, BATCH_WAIT_MS));
    return Math.max(0, Math.min(...deadlines) - now);
  }
}

const newSession = (link: MqttLink, acked: number): Session => ({
  link,
  window: new OutboxWindow(acked),
  unconfirmed: 0,
  flushTo: acked,
  waitingSince: undefined,
  over: false,
});
