/**
 * DG11, further personal details. Everything in it is optional, and States write it with some freedom: other names stand
 * inside a counted template or bare, dates in ASCII or packed, fields empty.
 * Governing text: ICAO Doc 9303-10 §4.7.11; document sheet, 12, row 29.
 */
import { ok, type Result } from "../../result.ts";
import type { PartialDate } from "./dates.ts";
import {
  componentsOf,
  dateOf,
  type ItemReader,
  inTemplate,
  item,
  type Leftovers,
  namesOf,
  readItems,
  skipped,
  TAG_LIST,
  textOf,
} from "./items.ts";
import { type CardImage, cardImage } from "./card-image.ts";
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

const otherName: Reader = item(namesOf, (names, { otherNames = [], ...items }) => ({
  ...items,
  otherNames: [...otherNames, names],
}));
const OTHER_NAME = 0x5f0f;

const READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [TAG_LIST, skipped],
  [0x5f0e, item(namesOf, (fullName, items) => ({ ...items, fullName }))],
  [0xa0, inTemplate(OTHER_NAME, otherName)],
  [OTHER_NAME, otherName],
  [0x5f10, item(textOf, (personalNumber, items) => ({ ...items, personalNumber }))],
  [0x5f2b, item(dateOf, (dateOfBirth, items) => ({ ...items, dateOfBirth }))],
  [0x5f11, item(componentsOf, (placeOfBirth, items) => ({ ...items, placeOfBirth }))],
  [0x5f42, item(componentsOf, (address, items) => ({ ...items, address }))],
  [0x5f12, item(textOf, (telephone, items) => ({ ...items, telephone }))],
  [0x5f13, item(textOf, (profession, items) => ({ ...items, profession }))],
  [0x5f14, item(textOf, (title, items) => ({ ...items, title }))],
  [0x5f15, item(textOf, (summary, items) => ({ ...items, summary }))],
  [0x5f16, item(cardImage, (proofOfCitizenship, items) => ({ ...items, proofOfCitizenship }))],
  [0x5f17, item(componentsOf, (otherDocumentNumbers, items) => ({ ...items, otherDocumentNumbers }))],
  [0x5f18, item(textOf, (custody, items) => ({ ...items, custody }))],
]);

/** Reads `6B L {5C tags, items…}`. A bad item is put aside and costs none of the others. */
export function parseDg11(file: Uint8Array): Result<PersonalDetails & Leftovers, LdsMalformed> {
  const objects = fileObjects("DG11", file);
  return objects.ok ? ok(readItems(objects.value, READERS, {})) : objects;
}
