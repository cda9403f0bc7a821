/**
 * DG11, further personal details. Everything in it is optional, and States write it with some freedom: other names stand
 * inside a counted template or bare, dates in ASCII or packed, fields empty.
 * Governing text: ICAO Doc 9303-10 §4.7.11; document sheet, 12, row 29.
 */
import { ok, type Result } from "../../result.ts";
import { type CardImage, cardImage } from "./card-image.ts";
import type { PartialDate } from "./dates.ts";
import {
  componentsOf,
  dateOf,
  type ItemReader,
  inTemplate,
  item,
  type Leftovers,
  namesAfter,
  namesOf,
  readItems,
  skipped,
  TAG_LIST,
  textOf,
} from "./items.ts";
import { fileObjects, type LdsMalformed } from "./lds-object.ts";
import type { Names } from "./names.ts";

/** What an object says in components has as many as were written, be they empty. */
export interface PersonalDetails {
  readonly fullName?: Names;
  readonly otherNames?: readonly Names[];
  readonly personalNumber?: string;
  readonly dateOfBirth?: PartialDate;
  readonly placeOfBirth?: readonly string[];
  readonly address?: readonly string[];
  readonly telephone?: string;
  readonly profession?: string;
  readonly title?: string;
  readonly summary?: string;
  readonly proofOfCitizenship?: CardImage;
  readonly otherDocumentNumbers?: readonly string[];
  readonly custody?: string;
}

type Reader = ItemReader<PersonalDetails>;

const otherName: Reader = item("otherNames", (value, { otherNames = [] }) => namesAfter(otherNames, value));
const OTHER_NAME = 0x5f0f;

const READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [TAG_LIST, skipped],
  [0x5f0e, item("fullName", namesOf)],
  [0xa0, inTemplate(OTHER_NAME, otherName)],
  [OTHER_NAME, otherName],
  [0x5f10, item("personalNumber", textOf)],
  [0x5f2b, item("dateOfBirth", dateOf)],
  [0x5f11, item("placeOfBirth", componentsOf)],
  [0x5f42, item("address", componentsOf)],
  [0x5f12, item("telephone", textOf)],
  [0x5f13, item("profession", textOf)],
  [0x5f14, item("title", textOf)],
  [0x5f15, item("summary", textOf)],
  [0x5f16, item("proofOfCitizenship", cardImage)],
  [0x5f17, item("otherDocumentNumbers", componentsOf)],
  [0x5f18, item("custody", textOf)],
]);

/** Reads `6B L {5C tags, items…}`. A bad item is put aside and costs none of the others. */
export function parseDg11(file: Uint8Array): Result<PersonalDetails & Leftovers, LdsMalformed> {
  const objects = fileObjects("DG11", file);
  return objects.ok ? ok(readItems(objects.value, READERS, {})) : objects;
}
