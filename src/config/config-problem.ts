/**
 * One thing that is wrong, or risky, in a configuration: where, what was found, what is allowed and what to
 * do. Values are shown only where they cannot be a secret: a key or a password that was typed in the place
 * of its file name must not come out in a log.
 */

/** Keys and list positions from the root to the place. */
export type ConfigPath = readonly (string | number)[];

/** What a check found, before its place is put into words. */
export interface Finding {
  /** An error keeps the gate from starting; a warning does not. */
  readonly severity: "error" | "warning";
  readonly path: ConfigPath;
  readonly found: string;
  readonly allowed: string;
  readonly remedy: string;
}

export interface ConfigProblem extends Omit<Finding, "path"> {
  /** For example `doors[0].relay.line`; empty for the file as a whole. */
  readonly path: string;
  /** Line of the file, from 1, where it is known. */
  readonly line?: number;
}

export const errorAt = (path: ConfigPath, found: string, allowed: string, remedy: string): Finding => ({
  severity: "error",
  path,
  found,
  allowed,
  remedy,
});

/** `["doors", 0, "relay"]` as `doors[0].relay`. */
export function pathText(path: ConfigPath): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
    .join("")
    .replace(/^\./, "");
}

/** Sections whose texts lead to secrets; their values are never shown. */
const GUARDED_SECTIONS: readonly (string | number)[] = ["siteKey", "mqtt"];
const SHOWN_CHARACTERS = 40;

/** What stands at `path`, in words; the value itself only where it cannot be a secret. */
export function describeFound(path: ConfigPath, value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "an empty value";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "a section";
  if (typeof value !== "string") return String(value);
  if (GUARDED_SECTIONS.includes(path[0] ?? "")) return `text of ${value.length} characters (not shown)`;
  return JSON.stringify(value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value);
}

/** The known key that a mistyped one most likely stands for; `undefined` when none is close. */
export function nearestKey(typed: string, known: readonly string[]): string | undefined {
  const farthest = Math.max(1, Math.floor(typed.length / 3));
  const ranked = known
    .map((key) => ({ key, distance: editDistance(typed.toLowerCase(), key.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= farthest ? best.key : undefined;
}

/** A name that ought to be one of `known`, which stand in the part of the file that `where` names. */
export function unknownName(
  path: ConfigPath,
  name: string,
  known: readonly string[],
  where: string,
): readonly Finding[] {
  if (known.includes(name)) return [];
  const meant = nearestKey(name, known);
  const allowed = known.length === 0 ? `a name of ${where}, which has none` : `one of ${known.join(", ")}`;
  const remedy = meant === undefined ? `add it to ${where}` : `did you mean ${meant}?`;
  return [errorAt(path, describeFound(path, name), allowed, remedy)];
}

/** A key longer than this resembles nothing that we know, and would only cost time. */
const LONGEST_COMPARED = 40;

/** Levenshtein distance by rows. */
function editDistance(left: string, right: string): number {
  if (left.length > LONGEST_COMPARED) return LONGEST_COMPARED;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const change = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
