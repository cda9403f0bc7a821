/**
 * Turns what SQLite throws into the journal's error kinds, each with what the operator can do about it.
 */
import { SqliteError } from "better-sqlite3";
import type { JournalError } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";

/** Uses the open database `file`; what SQLite throws becomes a value here and nowhere else. */
export function attempt<T>(file: string, use: () => T): Result<T, JournalError> {
  try {
    return ok(use());
  } catch (cause) {
    return err(journalError(file, cause));
  }
}

/** The kind for an error thrown while using an open database; a foreign error that is not SQLite's is a defect. */
export function journalError(file: string, cause: unknown): JournalError {
  if (!(cause instanceof SqliteError)) throw cause;
  if (cause.code === "SQLITE_FULL") {
    return { kind: "diskFull", remedy: "free space on the state partition; nobody passes until then", cause };
  }
  if (cause.code.startsWith("SQLITE_CORRUPT") || cause.code === "SQLITE_NOTADB") {
    return corruptDatabase(file, cause);
  }
  return { kind: "unavailable", file, remedy: remedyFor(cause.code), cause };
}

/** Whether another process holds the write lock: trying again a little later may help. */
export function isBusy(error: JournalError): boolean {
  return (
    error.kind === "unavailable" &&
    error.cause instanceof SqliteError &&
    error.cause.code.startsWith("SQLITE_BUSY")
  );
}

/** The file is kept as evidence: the program never deletes or overwrites a damaged journal. */
export function corruptDatabase(file: string, cause?: unknown): JournalError {
  const remedy = `stop the service and move ${file} and its -wal and -shm files away together; a new journal begins at the next start, credentials must be imported again`;
  return { kind: "corrupt", file, remedy, cause };
}

function remedyFor(code: string): string {
  // A sound file in which a table or column is missing, or there already: another program's, or tampered with.
  if (code === "SQLITE_ERROR")
    return "its tables are not those of this program; give the path of its own database, or restore that from a backup";
  if (code.startsWith("SQLITE_BUSY")) return "another process is writing; let it finish and try again";
  if (code.startsWith("SQLITE_READONLY"))
    return "mount the state partition read-write and let the service user own the file";
  if (code.startsWith("SQLITE_IOERR"))
    return "the disk reports errors; check it and replace the card if they persist";
  return "check that the service user may read and write the file and its directory";
}
