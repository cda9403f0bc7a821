/**
 * Signed checkpoints: every so often the journal's head is signed, so that somebody who rewrites the whole
 * chain, hashes and all, is found out by whoever holds the public key. Governing text: fleet interface, §4.
 */
import { toBase64Url } from "../bytes/base64url.ts";
import type { Signer } from "../crypto/signing-key.ts";
import type { Clock } from "../ports/clock.ts";
import type { Journal, JournalError, Outbox } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import { ok, type Result } from "../result.ts";
import { Waker } from "../time/waker.ts";
import { canonicalJson } from "./canonical-json.ts";

export interface CheckpointOptions {
  readonly journal: Journal & Outbox;
  readonly clock: Clock;
  readonly signer: Signer;
  readonly log: Log;
}

/** The row that a checkpoint signs. */
export interface SignedHead {
  readonly journal: string;
  readonly seq: number;
  /** base64url, as in the row itself. */
  readonly hash: string;
}

export const CHECKPOINT_TYPE = "acs.system.checkpoint";
const EVERY_EVENTS = 1000;
const EVERY_MS = 15 * 60_000;

/** What the signature covers: the canonical JSON of journal, sequence number and hash, in UTF-8. */
export function checkpointMessage({ journal, seq, hash }: SignedHead): Uint8Array {
  return new TextEncoder().encode(canonicalJson({ journal, seq, hash }));
}

/** Writes a checkpoint every 1,000 rows or 15 minutes until `signal` is aborted; never rejects. */
export async function runCheckpoints(options: CheckpointOptions, signal: AbortSignal): Promise<void> {
  const { journal, clock, log } = options;
  const waker = new Waker(clock);
  let unsignedCount = 0;
  const stopCounting = journal.onCommit((events) => {
    unsignedCount += events.length;
    if (unsignedCount >= EVERY_EVENTS) waker.wake();
  });
  signal.addEventListener("abort", () => waker.wake(), { once: true });
  while (!signal.aborted) {
    await waker.sleep(EVERY_MS);
    if (signal.aborted) break;
    const written = await writeCheckpoint(options);
    unsignedCount = 0;
    if (!written.ok) log.warn("checkpointFailed", { why: written.error.kind });
  }
  stopCounting();
}

/** Signs the newest row, unless there is none or it is a checkpoint itself. */
export async function writeCheckpoint({
  journal,
  signer,
}: CheckpointOptions): Promise<Result<void, JournalError>> {
  const range = journal.range();
  if (!range.ok) return range;
  const newest = journal.read(range.value.last - 1, 1);
  if (!newest.ok) return newest;
  const head = newest.value[0];
  if (head === undefined || head.type === CHECKPOINT_TYPE) return ok(undefined);
  const { seq, hash } = head;
  const signature = toBase64Url(signer.sign(checkpointMessage(head)));
  const written = await journal.append([{ type: CHECKPOINT_TYPE, data: { seq, hash, signature } }]);
  return written.ok ? ok(undefined) : written;
}
