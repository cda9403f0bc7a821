/**
 * DG16, persons to notify in an emergency. Governing text: ICAO Doc 9303-10 §4.7.16.
 */
import { readTlvs, type Tlv } from "../../bytes/ber-tlv.ts";
import { ok, type Result } from "../../result.ts";
import type { PartialDate } from "./dates.ts";
import {
  componentsOf,
  dateOf,
  type ItemReader,
  item,
  type Leftovers,
  namesOf,
  readItems,
  textOf,
} from "./items.ts";
import { fileObjects, type LdsMalformed } from "./lds-object.ts";
import type { Names } from "./names.ts";

export interface PersonToNotify {
  readonly recordedOn?: PartialDate;
  readonly name?: Names;
  readonly telephone?: string;
  readonly address?: readonly string[];
}

const READERS: ReadonlyMap<number, ItemReader<PersonToNotify>> = new Map<number, ItemReader<PersonToNotify>>([
  [0x5f50, item("recordedOn", dateOf)],
  [0x5f51, item("name", namesOf)],
  [0x5f52, item("telephone", textOf)],
  [0x5f53, item("address", componentsOf)],
]);
/** Persons stand in templates A1, A2 and so on, behind their number. */
const FIRST_PERSON = 0xa1;
const LAST_PERSON = 0xaf;

/** Reads `70 L {02 01 n, A1 L person…}`; templates that are no rows of objects are left out. */
export function parseDg16(file: Uint8Array): Result<readonly (PersonToNotify & Leftovers)[], LdsMalformed> {
  const objects = fileObjects("DG16", file);
  if (!objects.ok) return objects;
  return ok(objects.value.filter(isPerson).flatMap(person));
}

const isPerson = ({ tag }: Tlv): boolean => tag >= FIRST_PERSON && tag <= LAST_PERSON;

function person({ value }: Tlv): readonly (PersonToNotify & Leftovers)[] {
  const objects = readTlvs(value);
  return objects.ok ? [readItems(objects.value, READERS, {})] : [];
}
