/**
 * DG12, further details of the document: who issued it, when and how it was made. Everything in it is optional.
 * Governing text: ICAO Doc 9303-10 §4.7.12; document sheet, 12, row 29.
 */
import { ok, type Result } from "../../result.ts";
import { type CardImage, cardImage } from "./card-image.ts";
import { digitsOf, type PartialDate } from "./dates.ts";
import {
  dateOf,
  type ItemReader,
  inTemplate,
  item,
  type Leftovers,
  namesAfter,
  readItems,
  skipped,
  TAG_LIST,
  textOf,
} from "./items.ts";
import { fileObjects, type LdsMalformed } from "./lds-object.ts";
import type { Names } from "./names.ts";

export interface DocumentDetails {
  readonly issuingAuthority?: string;
  readonly dateOfIssue?: PartialDate;
  /** Others whom the document names, such as children. */
  readonly otherPersons?: readonly Names[];
  readonly endorsements?: string;
  readonly taxOrExitRequirements?: string;
  readonly frontImage?: CardImage;
  readonly rearImage?: CardImage;
  /** Local time of personalisation, fourteen digits YYYYMMDDhhmmss. */
  readonly personalizedAt?: string;
  readonly personalizationSystem?: string;
}

type Reader = ItemReader<DocumentDetails>;

const TIME_DIGITS = 14;
const OTHER_PERSON = 0x5f1a;
const otherPerson: Reader = item("otherPersons", (value, { otherPersons = [] }) =>
  namesAfter(otherPersons, value),
);
const timeOf = (value: Uint8Array): string | undefined => digitsOf(value, TIME_DIGITS);

const READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [TAG_LIST, skipped],
  [0x5f19, item("issuingAuthority", textOf)],
  [0x5f26, item("dateOfIssue", dateOf)],
  [0xa0, inTemplate(OTHER_PERSON, otherPerson)],
  [OTHER_PERSON, otherPerson],
  [0x5f1b, item("endorsements", textOf)],
  [0x5f1c, item("taxOrExitRequirements", textOf)],
  [0x5f1d, item("frontImage", cardImage)],
  [0x5f1e, item("rearImage", cardImage)],
  [0x5f55, item("personalizedAt", timeOf)],
  [0x5f56, item("personalizationSystem", textOf)],
]);

/** Reads `6C L {5C tags, items…}`. A bad item is put aside and costs none of the others. */
export function parseDg12(file: Uint8Array): Result<DocumentDetails & Leftovers, LdsMalformed> {
  const objects = fileObjects("DG12", file);
  return objects.ok ? ok(readItems(objects.value, READERS, {})) : objects;
}
