/**
 * What the journal remembers of the last card at a door, so that a card that lay on the reader while the
 * process was restarted is not admitted a second time.
 */
import { parseBase64Url } from "../bytes/base64url.ts";
import { holderKey } from "../gate/judge.ts";
import type { Recent } from "../gate/lane.ts";
import type { JournalEvent, Outbox } from "../ports/journal.ts";
import type { Instant, Millis } from "../time/time.ts";

/** A restart takes seconds; a card seen longer ago than this was taken away and is presented anew. */
const MEMORY_MS = 30_000;
/** Rows looked at from the end of the journal. */
const MAX_ROWS = 64;

/** The last presentation at `door`, when it was lately and its holder is known. */
export function recentPresentation(
  outbox: Outbox,
  door: string,
  now: { readonly monotonic: Millis; readonly wall: Instant },
): Recent | undefined {
  const range = outbox.range();
  if (!range.ok) return undefined;
  const rows = outbox.read(Math.max(0, range.value.last - MAX_ROWS), MAX_ROWS);
  if (!rows.ok) return undefined;
  const last = rows.value.findLast((row) => row.type.startsWith("acs.access.") && row.data["door"] === door);
  if (last === undefined || Math.abs(now.wall - last.time) > MEMORY_MS) return undefined;
  const who = holderOf(last);
  return who === undefined
    ? undefined
    : { who, goneAt: now.monotonic, since: now.monotonic, leftReported: false };
}

function holderOf({ personal }: JournalEvent): string | undefined {
  const pseudonym = personal === undefined ? undefined : parseBase64Url(personal.pseudonym);
  return pseudonym === undefined ? undefined : holderKey(pseudonym);
}
