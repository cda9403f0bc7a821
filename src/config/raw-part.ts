/** Parts of a file that was not checked yet, for rules that look at whatever is right by itself. */
import { isJsonObject } from "../bytes/json-object.ts";

export type RawSection = Readonly<Record<string, unknown>>;

/** The section that a value is; an empty one in place of anything else. */
export const sectionIn = (value: unknown): RawSection => (isJsonObject(value) ? value : {});

/** The list that a value is; an empty one in place of anything else. */
export const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The group of an admission, which is a name alone or one with a schedule. */
export function groupIn(admission: unknown): string | undefined {
  const group = typeof admission === "string" ? admission : sectionIn(admission)["group"];
  return typeof group === "string" ? group : undefined;
}
