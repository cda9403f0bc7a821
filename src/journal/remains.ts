/**
 * What an erasure leaves behind it. The write-ahead log has old pages until it is emptied. And SQLite overwrites what is
 * deleted, but where it has joined pages that grew empty a second copy may lie in the space between their cells, which no
 * statement reaches: only a file that is written anew is without it. Governing text: privacy rules, 5 ("no byte sequence of
 * the pseudonym is found in the database").
 */
import type { Database } from "better-sqlite3";
import type { Clock } from "../ports/clock.ts";
import type { JournalError } from "../ports/journal.ts";
import { ok, type Result } from "../result.ts";
import type { OpenDatabase } from "./database.ts";
import { isInFile } from "./marks-in-file.ts";
import { attempt, isBusy } from "./sqlite-error.ts";

/** Pages given back at a time, for which everybody waits. */
const PAGES_AT_ONCE = 1000;
/** A reader beside us is quick; one that is not is not waited for. */
const MOST_ATTEMPTS = 20;
const PAUSE_MS = 100;

/** Gives free pages back and empties the write-ahead log; returns whether the log is empty now. Throws SQLite's errors. */
export function releasePages(connection: Database): boolean {
  connection.pragma(`incremental_vacuum(${PAGES_AT_ONCE})`);
  const busy: unknown = connection.pragma("wal_checkpoint(TRUNCATE)", { simple: true });
  return busy === 0;
}

/** `left`: others use the database and have not made room for it. */
export type Remains = "none" | "overwritten" | "left";

/**
 * Sees to it that none of the marks, which no row has any more, is in the file or its log. Where one is, the file is written
 * anew, and a running gate cannot write meanwhile: a moment for a small one, half a minute for a million credentials.
 */
export async function overwriteRemains(
  database: OpenDatabase,
  marks: readonly Uint8Array[],
  clock: Clock,
): Promise<Result<Remains, JournalError>> {
  const looked = await untilFree(() => look(database, marks), clock);
  if (!looked.ok) return looked;
  if (looked.value !== "found") return ok(looked.value === "clean" ? "none" : "left");
  const anew = await untilFree(() => writeAnew(database), clock);
  if (!anew.ok) return anew;
  // Somebody may have written them again: he has come back meanwhile.
  const again = await untilFree(() => look(database, marks), clock);
  return again.ok ? ok(again.value === "clean" ? "overwritten" : "left") : again;
}

type Attempted<T> = Result<T | "busy", JournalError>;

async function untilFree<T>(step: () => Attempted<T>, clock: Clock): Promise<Attempted<T>> {
  for (let attempts = 1; ; attempts++) {
    const done = step();
    if (!done.ok || done.value !== "busy" || attempts >= MOST_ATTEMPTS) return done;
    await clock.sleep(PAUSE_MS);
  }
}

function look(
  { file, connection }: OpenDatabase,
  marks: readonly Uint8Array[],
): Attempted<"clean" | "found"> {
  const emptied = attempt(file, () => releasePages(connection));
  if (!emptied.ok) return emptied;
  if (!emptied.value) return ok("busy");
  const found = isInFile(file, marks);
  return found.ok ? ok(found.value ? "found" : "clean") : found;
}

function writeAnew({ file, connection }: OpenDatabase): Attempted<"done"> {
  const anew = attempt(file, () => void connection.exec("VACUUM"));
  if (anew.ok) return ok("done");
  return isBusy(anew.error) ? ok("busy") : anew;
}
