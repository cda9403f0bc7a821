/**
 * How far the back end is behind, and what may be sent: numbers only, no input or output. Rows go out in
 * order, a few batches ahead of the acknowledgement; without progress they go out again from the first
 * one not acknowledged. Governing text: fleet interface, §4.
 */
import { after, type Millis } from "../time/time.ts";

const MAX_BATCHES = 4;
const FIRST_RETRY_MS = 30_000;
const MAX_RETRY_MS = 600_000;

export class OutboxWindow {
  #acked: number;
  /** The last row sent since the last rewind. */
  #sent: number;
  /** Last rows of the batches not yet acknowledged, ascending; at most `MAX_BATCHES`. */
  #batchEnds: readonly number[] = [];
  #retryMs = FIRST_RETRY_MS;
  #retryAt: Millis | undefined;

  constructor(acked: number) {
    this.#acked = acked;
    this.#sent = acked;
  }

  /** The row after which sending goes on. */
  get sent(): number {
    return this.#sent;
  }

  get acked(): number {
    return this.#acked;
  }

  /** When to send again unless an acknowledgement comes; `undefined` while nothing is outstanding. */
  get retryAt(): Millis | undefined {
    return this.#retryAt;
  }

  hasRoom(): boolean {
    return this.#batchEnds.length < MAX_BATCHES;
  }

  /** A batch that ends with row `lastSeq` went out. */
  batchSent(lastSeq: number, now: Millis): void {
    this.#sent = lastSeq;
    this.#batchEnds = [...this.#batchEnds, lastSeq];
    this.#retryAt ??= after(now, this.#retryMs);
  }

  /** The back end has all rows up to `seq`; returns whether that is news. */
  acknowledged(seq: number, now: Millis): boolean {
    if (seq <= this.#acked) return false;
    this.#acked = seq;
    this.#sent = Math.max(this.#sent, seq);
    this.#batchEnds = this.#batchEnds.filter((lastSeq) => lastSeq > seq);
    this.#retryMs = FIRST_RETRY_MS;
    this.#retryAt = this.#batchEnds.length === 0 ? undefined : after(now, this.#retryMs);
    return true;
  }

  /** Nobody answered: begin again at the first row not acknowledged, and wait twice as long this time. */
  rewind(): void {
    this.#sent = this.#acked;
    this.#batchEnds = [];
    this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
    this.#retryAt = undefined;
  }
}
