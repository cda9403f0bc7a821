/**
 * What the journal remembers of the last card at a door, so that a card that lay on the reader while the
 * process was restarted is not admitted a second time.
 */
import { parseBase64Url } from "../bytes/base64url.ts";
import { holderKey } from "../gate/judge.ts";
import { type Recents, unseen } from "../gate/lane.ts";
import type { JournalEvent, Outbox } from "../ports/journal.ts";
import type { Millis } from "../time/time.ts";

/** Rows looked at from the end of the journal. */
const MAX_ROWS = 256;

/**
 * The last presentation at `door`, when its holder is known. However long ago it was: the card may have
 * lain there ever since, and one that did not costs its holder nothing ten seconds after the start.
 */
export function recentPresentations(outbox: Outbox, door: string, now: Millis): Recents {
  const range = outbox.range();
  if (!range.ok) return [];
  const rows = outbox.read(Math.max(0, range.value.last - MAX_ROWS), MAX_ROWS);
  if (!rows.ok) return [];
  const last = rows.value.findLast((row) => row.type.startsWith("acs.access.") && row.data["door"] === door);
  const who = last === undefined ? undefined : holderOf(last);
  return who === undefined ? [] : [{ who, since: now, leftReported: false, ...unseen(now) }];
}

function holderOf({ personal }: JournalEvent): string | undefined {
  const pseudonym = personal === undefined ? undefined : parseBase64Url(personal.pseudonym);
  return pseudonym === undefined ? undefined : holderKey(pseudonym);
}
