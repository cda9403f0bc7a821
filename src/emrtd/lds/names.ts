/**
 * Names as documents write them, in the machine readable zone and in DG11, DG12 and DG16: the primary identifier, two
 * fillers, the secondary one, with a filler for each blank.
 * Governing text: ICAO Doc 9303-3 §4.6; 9303-10 §4.7.11.
 */
export interface Names {
  /** The surname, where the two are told apart; else the whole name. */
  readonly primary: string;
  /** Given names; "" for a person of one name. */
  readonly secondary: string;
}

/** Splits at the first `<<`. Fillers and blanks at either end are dropped, those between words are one blank. */
export function splitNames(written: string): Names {
  const end = written.indexOf("<<");
  if (end < 0) return { primary: inBlanks(written), secondary: "" };
  return { primary: inBlanks(written.slice(0, end)), secondary: inBlanks(written.slice(end)) };
}

/** As `splitNames`, but a name of fillers alone is none. */
export function namesIn(written: string): Names | undefined {
  const names = splitNames(written);
  return names.primary === "" && names.secondary === "" ? undefined : names;
}

const inBlanks = (written: string): string => written.replace(/[<\s]+/g, " ").trim();
