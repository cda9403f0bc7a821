/**
 * One row of the journal against the row before it: does the text still say what was written, and does the
 * chain hold? Shared by the look at the newest rows when the database is opened and by the verification of
 * a whole journal. Governing text: fleet interface, §4.
 */
import { parseBase64Url } from "../bytes/base64url.ts";
import { equalBytes } from "../bytes/bytes.ts";
import { isJsonObject } from "../bytes/json-object.ts";
import { err, ok, type Result } from "../result.ts";
import { credentialRef, type JsonObject, lineHash, parseLine, type UnsealedEvent } from "./cloud-event.ts";
import type { EventRow } from "./event-rows.ts";

/** A row that others can be chained to; `hash` is 32 bytes. */
export interface ChainLink {
  readonly seq: number;
  readonly hash: Uint8Array;
}

export type RowFault =
  /** The text is no event, or does not name its own place. */
  | "line"
  /** A row is missing before this one. */
  | "gap"
  /** `prev` is not the hash of the row before. */
  | "link"
  | "hash"
  /** The personal part does not match the commitment in the row. */
  | "personal";

/** The event in a row that follows `before`; the first row that is looked at is taken at its own word. */
export function examineRow(row: EventRow, before: ChainLink | undefined): Result<UnsealedEvent, RowFault> {
  const event = parseLine(row.line, row.time);
  const prev = event === undefined ? undefined : parseBase64Url(event.prev);
  if (event === undefined || prev === undefined || event.seq !== row.seq) return err("line");
  if (before !== undefined && row.seq !== before.seq + 1) return err("gap");
  if (before !== undefined && !equalBytes(prev, before.hash)) return err("link");
  if (!equalBytes(row.hash, lineHash(prev, row.line))) return err("hash");
  return personalMatches(row, event.data) ? ok(event) : err("personal");
}

/** A row without a personal part, or one whose part was erased, has nothing to compare. */
function personalMatches(row: EventRow, data: JsonObject): boolean {
  if (row.salt === null || row.pseudonym === null) return true;
  const { credential } = data;
  return isJsonObject(credential) && credential["ref"] === credentialRef(row.salt, row.pseudonym);
}
