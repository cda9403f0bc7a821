/**
 * What the journal remembers of the last card at a door, so that a card that lay on the reader while the
 * process was restarted is not admitted a second time.
 */
import { parseBase64Url } from "../bytes/base64url.ts";
import { holderKey } from "../gate/judge.ts";
import { type Recents, unseen } from "../gate/lane.ts";
import type { JournalEvent, Outbox } from "../ports/journal.ts";
import type { Millis } from "../time/time.ts";

/** Rows are looked at from the end of the journal, a page at a time, until the door is met. */
const PAGE_ROWS = 512;
/** A day of rows of a busy gate: a neighbour in trouble may write thousands between two presentations at this door. */
const MAX_ROWS = 65_536;

/**
 * The last presentation at `door`, when its holder is known. However long ago it was: the card may have
 * lain there ever since, and one that did not costs its holder nothing ten seconds after the start.
 */
export function recentPresentations(outbox: Outbox, door: string, now: Millis): Recents {
  const last = lastPresentation(outbox, door);
  const who = last === undefined ? undefined : holderOf(last);
  return who === undefined ? [] : [{ who, since: now, leftReported: false, ...unseen(now) }];
}

function lastPresentation(outbox: Outbox, door: string): JournalEvent | undefined {
  const range = outbox.range();
  if (!range.ok) return undefined;
  const first = Math.max(range.value.first, range.value.last - MAX_ROWS);
  for (let after = range.value.last - PAGE_ROWS; after >= first - PAGE_ROWS; after -= PAGE_ROWS) {
    const rows = outbox.read(Math.max(0, after), PAGE_ROWS + Math.min(0, after));
    if (!rows.ok) return undefined;
    const last = rows.value.findLast(
      (row) => row.type.startsWith("acs.access.") && row.data["door"] === door,
    );
    if (last !== undefined) return last;
  }
  return undefined;
}

function holderOf({ personal }: JournalEvent): string | undefined {
  const pseudonym = personal === undefined ? undefined : parseBase64Url(personal.pseudonym);
  return pseudonym === undefined ? undefined : holderKey(pseudonym);
}
