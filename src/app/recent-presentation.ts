/**
 * What the journal remembers of the last card at a door, so that a card that lay on the reader while the
 * process was restarted is not admitted a second time.
 */
import { parseBase64Url } from "../bytes/base64url.ts";
import { holderKey, isRefusal, isRefutation } from "../gate/judge.ts";
import { type Recents, unseen } from "../gate/lane.ts";
import type { JournalEvent, Outbox } from "../ports/journal.ts";
import type { Millis } from "../time/time.ts";

/** Rows are looked at from the end of the journal, a page at a time, until the door is met. */
const PAGE_ROWS = 512;
/** A day of rows of a busy gate: a neighbour in trouble may write thousands between two presentations at this door. */
const MAX_ROWS = 65_536;

/**
 * The last presentation at `door` whose holder is known: a card that could not be read says nothing of the one that
 * lay there before. If a chip was refuted in it, the one before too: what was taken for a copy may have been a holder
 * in trouble, who must not be admitted a second time for it. However long ago it was: the card may have lain there ever
 * since, and one that did not costs its holder nothing ten seconds after the start.
 */
export function recentPresentations(outbox: Outbox, door: string, now: Millis): Recents {
  return lastPresentations(outbox, door).flatMap((row) => {
    const who = holderOf(row);
    return who === undefined
      ? []
      : [{ who, since: now, leftReported: false, refused: isRefusal(row), ...unseen(now) }];
  });
}

/** The newest first: at most one with a refuted chip, and at most one without. */
function lastPresentations(outbox: Outbox, door: string): readonly JournalEvent[] {
  const range = outbox.range();
  if (!range.ok) return [];
  const first = Math.max(range.value.first, range.value.last - MAX_ROWS);
  let newest: JournalEvent | undefined;
  for (let after = range.value.last - PAGE_ROWS; after >= first - PAGE_ROWS; after -= PAGE_ROWS) {
    const rows = outbox.read(Math.max(0, after), PAGE_ROWS + Math.min(0, after));
    if (!rows.ok) break;
    const known = rows.value.filter((row) => isPresentation(row, door));
    newest ??= known.at(-1);
    if (newest !== undefined && !isRefutation(newest.data["reason"])) return [newest];
    const before = known.findLast(({ data }) => !isRefutation(data["reason"]));
    if (newest !== undefined && before !== undefined) return [newest, before];
  }
  return newest === undefined ? [] : [newest];
}

const isPresentation = ({ type, data, personal }: JournalEvent, door: string): boolean =>
  type.startsWith("acs.access.") && data["door"] === door && personal !== undefined;

function holderOf({ personal, data }: JournalEvent): string | undefined {
  const pseudonym = personal === undefined ? undefined : parseBase64Url(personal.pseudonym);
  return pseudonym === undefined
    ? undefined
    : holderKey(pseudonym, { refuted: isRefutation(data["reason"]) });
}
