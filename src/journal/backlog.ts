/** How far the back end has acknowledged the journal: what an operator looks at when events are missing there. */
import type { JournalError } from "../ports/journal.ts";
import type { Result } from "../result.ts";
import type { OpenDatabase } from "./database.ts";
import { attempt } from "./sqlite-error.ts";

/** Numbers of rows; 0 stands for none. */
export interface Backlog {
  readonly last: number;
  readonly acked: number;
}

/** The newest row, and the newest that was acknowledged. Errors as for any use of the database. */
export function readBacklog({ connection, file }: OpenDatabase): Result<Backlog, JournalError> {
  return attempt(file, () => {
    const row = connection
      .prepare<[], { last: number | null; acked: number | null }>(
        `SELECT (SELECT max(seq) FROM event) AS last,
                (SELECT value FROM counter WHERE name = 'acked') AS acked`,
      )
      .get();
    return { last: row?.last ?? 0, acked: row?.acked ?? 0 };
  });
}
