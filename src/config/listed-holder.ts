/**
 * Who a row of a list, or a person at the keyboard, means: by the number of a card, by a document, by fiscal code, or by
 * name and birth date. Any of them will do, and of several each is a way to meet the same holder. What comes out is for
 * the caller to key and to wipe. A problem names the column, never a value.
 */
import { parseHex } from "../bytes/hex.ts";
import {
  type ListedPersonError,
  listedDocumentIdentifier,
  listedFiscalCodeIdentifier,
  listedPersonIdentifiers,
} from "../identity/match-keys.ts";
import type { IdentifierKind } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";

/** The fields that name a holder, "" or absent where nothing was given. */
export interface ListedHolder {
  readonly identifier?: string;
  readonly issuer?: string;
  readonly document_number?: string;
  readonly fiscal_code?: string;
  readonly family_name?: string;
  readonly given_name?: string;
  readonly birth_date?: string;
}

export interface HolderOptions {
  /** Numbers may also be written as 24 hex digits of their ASCII codes, as some enrolment tools export them. */
  readonly hexIdentifiers: "accepted" | "refused";
}

/** ASCII text as bytes: twelve digits of a NIS, or what `src/identity/match-keys.ts` makes of the rest. */
export interface HolderIdentifier {
  readonly kind: IdentifierKind;
  readonly bytes: Uint8Array;
}

/** The one that a holder is known by, then all others under which he may be met. */
export type HolderIdentifiers = readonly [HolderIdentifier, ...HolderIdentifier[]];

type Found = Result<readonly HolderIdentifier[], string>;

const NONE: Found = ok([]);
const ENCODER = new TextEncoder();

/** All identifiers of a holder, the surest first; else what is wrong, in words. */
export function identifiersOf(
  holder: ListedHolder,
  options: HolderOptions,
): Result<HolderIdentifiers, string> {
  const all: HolderIdentifier[] = [];
  for (const found of [byNumber(holder, options), byDocument(holder), byFiscalCode(holder), byName(holder)]) {
    if (!found.ok) return found;
    all.push(...found.value);
  }
  const [first, ...others] = all;
  return first === undefined ? err(NOBODY) : ok([first, ...others]);
}

const NOBODY =
  "nobody is named: give identifier, issuer and document_number, fiscal_code, or family_name and birth_date";

function byNumber({ identifier = "" }: ListedHolder, options: HolderOptions): Found {
  if (identifier === "") return NONE;
  const bytes = digitsOf(identifier, options);
  return bytes === undefined ? err(`identifier: ${numberForm(options)}`) : ok([{ kind: "nis", bytes }]);
}

function numberForm({ hexIdentifiers }: HolderOptions): string {
  const plain = "exactly 12 digits (a spreadsheet may have cut leading zeros or written an exponent)";
  return hexIdentifiers === "accepted" ? `${plain}, or 24 hex digits of their ASCII codes` : plain;
}

function digitsOf(text: string, { hexIdentifiers }: HolderOptions): Uint8Array | undefined {
  if (/^\d{12}$/.test(text)) return ENCODER.encode(text);
  return hexIdentifiers === "accepted" && /^(?:3\d){12}$/.test(text) ? parseHex(text) : undefined;
}

function byDocument({ issuer = "", document_number: number = "" }: ListedHolder): Found {
  if (issuer === "" && number === "") return NONE;
  if (number === "") return err("document_number: it goes with issuer");
  const identifier = listedDocumentIdentifier({ issuer, number });
  return identifier === undefined
    ? err(
        "issuer, document_number: the State's code in the machine readable zone, such as ITA, and A-Z and 0-9",
      )
    : ok([identifier]);
}

function byFiscalCode({ fiscal_code: code = "" }: ListedHolder): Found {
  if (code === "") return NONE;
  const identifier = listedFiscalCodeIdentifier(code);
  if (identifier.ok) return ok([identifier.value]);
  return identifier.error.kind === "fiscalCodeShape"
    ? err("fiscal_code: 16 characters, as on the card")
    : err("fiscal_code: its last letter does not belong to the others");
}

function byName({
  family_name: family = "",
  given_name: given = "",
  birth_date: birthDate = "",
}: ListedHolder): Found {
  if (family === "" && given === "" && birthDate === "") return NONE;
  const identifiers = listedPersonIdentifiers({ family, given, birthDate });
  return identifiers.ok ? identifiers : err(NAME_PROBLEMS[identifiers.error.kind]);
}

const NAME_PROBLEMS: Readonly<Record<ListedPersonError["kind"], string>> = {
  listedName: "family_name, given_name: a name in Latin letters, as documents transcribe it, with birth_date",
  listedBirthDate: "birth_date: a day of the calendar as YYYY-MM-DD, with family_name",
};
