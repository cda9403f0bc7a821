/**
 * Opens the one database file of the device: durable settings, migrations, a look at what a decision needs.
 * Both the journal and the credential store live in it, and each process opens it once.
 * Governing text: Raspberry Pi notes, storage; privacy rules, retention (secure deletion).
 */
import { closeSync, openSync } from "node:fs";
import Sqlite from "better-sqlite3";
import type { JournalError } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";
import { type EventRow, ROW_COLUMNS } from "./event-rows.ts";
import { type ChainLink, examineRow } from "./examine-row.ts";
import { migrate, SCHEMA_VERSION, schemaVersion } from "./migrations.ts";
import { attempt, corruptDatabase, journalError } from "./sqlite-error.ts";

/** Why the database cannot be opened. */
export type OpenError =
  | JournalError
  | {
      readonly kind: "permissionDenied";
      readonly file: string;
      readonly remedy: string;
      readonly cause: unknown;
    }
  | { readonly kind: "newerSchema"; readonly file: string; readonly remedy: string };

/** An open database; `connection` is for this folder alone. */
export interface OpenDatabase {
  readonly file: string;
  readonly connection: Sqlite.Database;
  close(): void;
}

const PRIVATE_MODE = 0o600;
/** Rows at the end of the chain that are looked at when the database is opened. */
const NEWEST_ROWS = 100;

/**
 * Opens or creates the database. `busyTimeoutMs` is how long a call may block while another process
 * writes: short in the gate, whose event loop stands still meanwhile; long in a command.
 * What is looked at does not grow with the file, so that a gate starts as fast after years: header, tables,
 * the newest rows of the chain. Damage elsewhere is `corrupt` at use; `checkDatabase` looks for it.
 * Errors: `permissionDenied`; `unavailable` (no directory, read-only file system, locked); `diskFull`;
 * `corrupt` (damaged, or not a database at all); `newerSchema` (written by a later release).
 */
export function openDatabase(
  file: string,
  options: { readonly busyTimeoutMs: number },
): Result<OpenDatabase, OpenError> {
  const touched = touchPrivately(file);
  if (!touched.ok) return touched;
  let connection: Sqlite.Database | undefined;
  try {
    connection = new Sqlite(file, { timeout: options.busyTimeoutMs });
    const problem = prepare(connection, file);
    if (problem === undefined) return ok(handle(file, connection));
    connection.close();
    return err(problem);
  } catch (cause) {
    connection?.close();
    return err(journalError(file, cause));
  }
}

function handle(file: string, connection: Sqlite.Database): OpenDatabase {
  return { file, connection, close: () => void connection.close() };
}

/**
 * Opens an existing database for reading only, for a person who asks: nothing is migrated, and damage that
 * `openDatabase` refuses can be looked at. Errors as there; `unavailable` too when there is no file.
 */
export function openDatabaseReadOnly(
  file: string,
  options: { readonly busyTimeoutMs: number },
): Result<OpenDatabase, OpenError> {
  let connection: Sqlite.Database | undefined;
  try {
    connection = new Sqlite(file, { readonly: true, fileMustExist: true, timeout: options.busyTimeoutMs });
    const found = schemaVersion(connection);
    if (found <= SCHEMA_VERSION) return ok(handle(file, connection));
    connection.close();
    return err(newerSchema(file, found));
  } catch (cause) {
    connection?.close();
    return err(openFailure(file, cause));
  }
}

/** A missing folder is a `TypeError` of the package, not an error of SQLite. */
function openFailure(file: string, cause: unknown): OpenError {
  if (!(cause instanceof TypeError)) return journalError(file, cause);
  return { kind: "unavailable", file, remedy: "give the state directory of a gate that has run", cause };
}

/** SQLite would create the file readable by all; its -wal and -shm files take over this file's mode. */
function touchPrivately(file: string): Result<void, OpenError> {
  try {
    closeSync(openSync(file, "a", PRIVATE_MODE));
    return ok(undefined);
  } catch (cause) {
    return err(touchFailure(file, cause));
  }
}

function touchFailure(file: string, cause: unknown): OpenError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "EACCES":
    case "EPERM":
      return {
        kind: "permissionDenied",
        file,
        remedy: "let the service user own the file and its directory",
        cause,
      };
    case "ENOSPC":
      return { kind: "diskFull", remedy: "free space on the state partition", cause };
    case "EROFS":
      return { kind: "unavailable", file, remedy: "mount the state partition read-write", cause };
    case "ENOENT":
      return {
        kind: "unavailable",
        file,
        remedy: "create the state directory, owned by the service user",
        cause,
      };
    default:
      return {
        kind: "unavailable",
        file,
        remedy: "give the path of a regular file in the state directory",
        cause,
      };
  }
}

function prepare(connection: Sqlite.Database, file: string): OpenError | undefined {
  // Takes effect only before the first table exists, hence before everything else.
  connection.pragma("auto_vacuum = INCREMENTAL");
  connection.pragma("journal_mode = WAL");
  // better-sqlite3 builds SQLite so that WAL means NORMAL, which can lose the last commits at a power cut.
  connection.pragma("synchronous = FULL");
  connection.pragma("secure_delete = ON");
  connection.pragma("foreign_keys = ON");
  const found = schemaVersion(connection);
  if (found > SCHEMA_VERSION) return newerSchema(file, found);
  migrate(connection);
  for (const list of ["admitted", "denied"]) connection.prepare(`SELECT * FROM ${list} LIMIT 1`).get();
  return hasSoundEnd(connection) ? undefined : corruptDatabase(file);
}

function newerSchema(file: string, found: number): OpenError {
  const remedy = `the file has schema ${found}, this release knows ${SCHEMA_VERSION}: install the release that wrote it, or a later one`;
  return { kind: "newerSchema", file, remedy };
}

/** Whether the newest rows are events and chained to one another: the next row will be chained to them. */
function hasSoundEnd(connection: Sqlite.Database): boolean {
  const newest = connection.prepare<[number], EventRow>(
    `${ROW_COLUMNS} WHERE event.seq > (SELECT max(seq) FROM event) - ? ORDER BY event.seq`,
  );
  let before: ChainLink | undefined;
  for (const row of newest.all(NEWEST_ROWS)) {
    if (!examineRow(row, before).ok) return false;
    before = row;
  }
  return true;
}

/** Reads every page of the file, which takes minutes on a memory card: for a person who asks. */
export function checkDatabase({ connection, file }: OpenDatabase): Result<void, JournalError> {
  const verdict = attempt(file, (): unknown => connection.pragma("quick_check(1)", { simple: true }));
  if (!verdict.ok) return verdict;
  return verdict.value === "ok" ? ok(undefined) : err(corruptDatabase(file, verdict.value));
}
