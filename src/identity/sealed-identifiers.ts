/**
 * By which identifiers the holder of a document may be on a list, as far as its seal says: by issuer and number, and by name
 * where the seal has the whole name and a date of birth, which those of identity cards today have not.
 * Governing text: privacy rules, 4; eMRTD sheet, 10.2.
 */
import { Secret } from "../bytes/secret.ts";
import { issuerOf } from "../emrtd/lds/countries.ts";
import type { SealedHolder, SealedNames } from "../seal/sealed-holder.ts";
import { holderIdentifiers, type Identifier } from "./match-keys.ts";

/** The surest first; none where the seal does not say which State issued the document. To be keyed and wiped by the caller. */
export function sealedIdentifiers(sealed: SealedHolder): readonly Identifier[] {
  const { documentNumber, names, birthDate, issuingCountry = "" } = sealed;
  const issuer = issuerOf(issuingCountry);
  if (issuer === undefined) return [];
  const byNumber = holderIdentifiers({ issuer, documentNumber, writtenNames: NOBODY });
  if (birthDate === undefined) return byNumber;
  const byName = writtenNames(names.reveal()).flatMap((zone) =>
    holderIdentifiers({ issuer, writtenNames: new Secret({ zone }), birthDate }),
  );
  return [...byNumber, ...byName];
}

const NOBODY = new Secret({ zone: { primary: "", secondary: "" } });

/** By the surname of birth, and by the one in use; none if the end of any name is missing. */
function writtenNames({ surname, usedSurname, givenNames }: SealedNames) {
  const surnames = usedSurname === undefined ? [surname] : [surname, usedSurname];
  if ([...surnames, ...givenNames].some(({ isTruncated }) => isTruncated)) return [];
  const secondary = givenNames.map(({ text }) => text).join(" ");
  return surnames.map(({ text: primary }) => ({ primary, secondary }));
}
