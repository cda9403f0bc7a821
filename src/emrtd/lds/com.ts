/**
 * EF.COM, the card's own account of what it holds. Nobody signed it, so nothing may rest on it: which data groups there
 * are is told by the security object. Governing text: ICAO Doc 9303-10 §4.6.1; document sheet, 12, row 31.
 */
import { readTagList } from "../../bytes/ber-tlv.ts";
import { ok, type Result } from "../../result.ts";
import { type DataGroupName, dataGroupOfTag } from "./data-groups.ts";
import { type ItemReader, item, type Leftovers, readItems, textOf } from "./items.ts";
import { fileObjects, type LdsMalformed } from "./lds-object.ts";

export interface CommonData {
  /** Four digits, `0107` for version 1.7. */
  readonly ldsVersion?: string;
  /** Six digits, `040000` for version 4.0.0. */
  readonly unicodeVersion?: string;
  /** Tags of the files that are said to be there, in the order given. */
  readonly tags?: readonly number[];
}

const READERS: ReadonlyMap<number, ItemReader<CommonData>> = new Map<number, ItemReader<CommonData>>([
  [0x5f01, item("ldsVersion", textOf)],
  [0x5f36, item("unicodeVersion", textOf)],
  [0x5c, item("tags", readTagList)],
]);

/** Reads `60 L {5F01 version, 5F36 version, 5C tags}`, each of which may be missing. */
export function parseCom(file: Uint8Array): Result<CommonData & Leftovers, LdsMalformed> {
  const objects = fileObjects("COM", file);
  return objects.ok ? ok(readItems(objects.value, READERS, {})) : objects;
}

/** The data groups announced, of those that this program reads; unknown tags are passed over. */
export const announcedGroups = ({ tags = [] }: CommonData): readonly DataGroupName[] =>
  tags.flatMap((tag) => dataGroupOfTag(tag) ?? []);
