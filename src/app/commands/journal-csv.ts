/** Journal rows for a spreadsheet: one line a row, fields quoted where they must be (RFC 4180). */
import { canonicalJson } from "../../journal/canonical-json.ts";
import type { JournalEvent, Json } from "../../ports/journal.ts";
import { toIso8601 } from "../../time/iso-8601.ts";

const COLUMNS = ["seq", "time", "clock", "type", "door", "direction", "level", "reason", "data", "hash"];
const PERSONAL_COLUMNS = ["salt", "pseudonym"];

/** Whether the columns that name a holder are there. */
export type CsvKind = "plain" | "personal";

export const csvHeader = (kind: CsvKind): string =>
  (kind === "personal" ? [...COLUMNS, ...PERSONAL_COLUMNS] : COLUMNS).join(",");

/** `data` is the event's own part as JSON, of which the commonest members have columns of their own too. */
export function csvLine(event: JournalEvent, kind: CsvKind): string {
  const { seq, time, clock, type, data, hash, personal } = event;
  const own = ["door", "direction", "level", "reason"].map((name) => text(data[name]));
  const fields = [String(seq), toIso8601(time), clock, type, ...own, canonicalJson(data), hash];
  const named = kind === "personal" ? [personal?.salt ?? "", personal?.pseudonym ?? ""] : [];
  return [...fields, ...named].map(quoted).join(",");
}

const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");
const quoted = (field: string): string =>
  /[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
