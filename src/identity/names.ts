/**
 * The names of a document's holder as people write them: those of DG11, which have accents and are whole, else those of
 * the machine readable zone. Nothing is restored that a document has lost. Governing text: identity claims sheet, 4.
 */
import type { PersonalDetails } from "../emrtd/lds/dg11.ts";
import type { Mrz } from "../emrtd/lds/mrz.ts";
import type { Names } from "../emrtd/lds/names.ts";
import type { HolderNote } from "./holder-note.ts";

export interface HolderNames {
  readonly family: string;
  /** Absent for a person of one name. */
  readonly given?: string;
}

/** Names with capital initials, and what there is to note of them; none from a zone of fillers. */
export function holderNames(
  { names: zoneNames, namesMayBeCut }: Pick<Mrz, "names" | "namesMayBeCut">,
  fullName: PersonalDetails["fullName"],
): { readonly names?: HolderNames; readonly notes: readonly HolderNote[] } {
  const names = presented(fullName ?? zoneNames);
  const notes: HolderNote[] = [];
  if (fullName === undefined) notes.push("names.from_mrz");
  else if (namesMayBeCut) notes.push("names.mrz_truncated");
  if (names === undefined) return { notes };
  if (names.given === undefined) notes.push("names.single_identifier");
  return { names, notes };
}

/** A name that stands alone is the family name, on whichever side of the fillers it was written. */
function presented({ primary, secondary }: Names): HolderNames | undefined {
  if (primary === "" && secondary === "") return undefined;
  if (primary === "" || secondary === "") return { family: capitalised(primary + secondary) };
  return { family: capitalised(primary), given: capitalised(secondary) };
}

const TYPOGRAPHIC_APOSTROPHES = /[’ʼ]/g;
/** The first letter, and each behind a blank or one of these signs; particles make no exception. */
const INITIALS = /(?<=^|[ '\-./(])\p{L}/gu;

const capitalised = (name: string): string =>
  name
    .normalize("NFC")
    .replace(TYPOGRAPHIC_APOSTROPHES, "'")
    .toLowerCase()
    .replace(INITIALS, (letter) => letter.toUpperCase())
    .normalize("NFC");
