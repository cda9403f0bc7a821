/**
 * Who comes to a stadium: people with cards and documents, what is printed on these, and what the lists of a gate know of
 * them. Everything follows from a seed. Every kind of document is that of somebody in `src/sim/arrivals.ts`, with another
 * number, name and access number.
 */
import { readFiscalCode } from "../../src/identity/fiscal-code.ts";
import { listedPersonIdentifiers } from "../../src/identity/match-keys.ts";
import type { Credential } from "../../src/ports/credentials.ts";
import { ARRIVALS, type ArrivalFacts } from "../../src/sim/arrivals.table.ts";
import type { Arrival, ArrivalName } from "../../src/sim/arrivals.ts";
import { CIE_FAMILY_NAMES } from "../../src/sim/cards/cie-families.table.ts";
import type { CieDocument, CieSpec } from "../../src/sim/cards/cie-spec.ts";
import { type CardSpec, type MadeCard, makeCard } from "../../src/sim/cards/make-card.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { good } from "../good.ts";
import type { Act } from "./match-acts.ts";
import type { MatchWord } from "./match-gates.table.ts";

/** A name on a list, as it is keyed: of what kind, and the text. */
export interface Listing {
  readonly kind: "nis" | "doc" | "cf" | "name";
  readonly text: string;
}

/** What is kept of somebody who was at the desk with his identity card. */
export interface Enrolment {
  readonly nis: string;
  readonly generation: 1 | 2;
  /** Absent where the chip alone is pinned. */
  readonly can?: string;
  readonly document?: string;
}

/** What somebody holds in his hand. */
export interface Holding {
  readonly card: () => MadeCard;
  readonly can?: string;
  /** Its machine readable zone. */
  readonly zone?: string;
}

export interface Guest extends Holding {
  readonly kind: string;
  readonly name: string;
  /** What else is laid down. */
  readonly second?: () => MadeCard;
  /** What he is on the list by; nothing for strangers. */
  readonly listed: readonly Listing[];
  readonly credential?: Partial<Credential>;
  readonly denied?: Listing;
  readonly enrolment?: Enrolment;
  /** What the gate has to say to a proper presentation, as `answerOf` writes it. */
  readonly due: string;
  /** What the journal has to say besides; nothing may be said of others. */
  readonly alarm?: string;
}

/** Somebody who comes to do something. `answers` are what an undisturbed lane says to it, where that is definite. */
export interface Errand {
  readonly guest: Guest;
  readonly acts: readonly Act[];
  /** What he does when he was not let in and does not see why. */
  readonly again?: readonly Act[];
  readonly answers?: readonly string[];
  /** Answers that his own mistakes explain, besides what is due. */
  readonly mistakes: readonly string[];
  /** More wrong passwords than these are tried at no card that says who it is. */
  readonly mostWrong?: number;
}

const ISSUER_POSITIONS = 3;
const SERIAL_DIGITS = 6;
const LETTERS = "ABCDEFGHIJKLMNPQRSTUVWXYZ";
const GIVEN_NAMES = [
  "ANNA",
  "BIRGIT",
  "CARLO",
  "DENIS",
  "ELISE",
  "FABIO",
  "GIULIA",
  "HANNE",
  "IVAN",
  "LUCIE",
];

/** Facts of somebody new with the kind of document that `pattern` has. No two of one serial number are alike. */
export function variantOf(pattern: ArrivalName, serial: number, random: SeededRandom): ArrivalFacts {
  const { cie, personalNumber, ...facts }: ArrivalFacts = ARRIVALS[pattern];
  const digits = String(serial).padStart(SERIAL_DIGITS, "0");
  return {
    ...facts,
    documentNumber: facts.documentNumber.slice(0, -SERIAL_DIGITS) + digits,
    familyNames: `SPECIMEN<${wordOf(serial)}`,
    givenNames: random.pick(GIVEN_NAMES),
    ...(facts.can === undefined ? {} : { can: drawnCan(random) }),
    ...(cie === undefined
      ? {}
      : { cie: { nis: `4${digits.padStart(11, "0")}`, family: random.pick(CIE_FAMILY_NAMES) } }),
    ...(personalNumber === undefined ? {} : { personalNumber: fiscalCodeOf(personalNumber, serial) }),
  };
}

const drawnCan = (random: SeededRandom): string => String(100_000 + random.below(900_000));

/** Four letters that stand for a number. */
function wordOf(serial: number): string {
  let [word, left] = ["", serial];
  while (word.length < 4) {
    word += LETTERS.charAt(left % LETTERS.length);
    left = Math.floor(left / LETTERS.length);
  }
  return word;
}

/** Other letters for the name, and the check character that they make. */
function fiscalCodeOf(code: string, serial: number): string {
  const begun = wordOf(serial) + code.slice(4, 15);
  const whole = [...LETTERS, "O"].map((letter) => begun + letter).find((each) => readFiscalCode(each).ok);
  if (whole === undefined) throw new Error("a fiscal code has a check character");
  return whole;
}

/** What the holder of a document would be listed by. */
export function listingOf({ holder }: Arrival, word: MatchWord): Listing {
  if (word === "document") return { kind: "doc", text: documentText(holder) };
  if (word === "fiscalCode") return { kind: "cf", text: holder.fiscalCode ?? "" };
  const { familyNames: family, givenNames: given, birth: birthDate } = holder;
  const [key] = good(listedPersonIdentifiers({ family, given, birthDate }));
  return { kind: "name", text: new TextDecoder().decode(key?.bytes) };
}

const SEED = 1;

function seeded(spec: CardSpec): CardSpec {
  if (spec.card === "emrtd") return { ...spec, seed: SEED };
  if (spec.card !== "cie" || spec.document === undefined) return spec;
  return { ...spec, document: { ...spec.document, seed: SEED } };
}

export const documentText = ({
  issuer,
  documentNumber,
}: Pick<Arrival["holder"], "issuer" | "documentNumber">): string =>
  issuer.padEnd(ISSUER_POSITIONS, "<") + documentNumber;

/**
 * A document in the hand, made anew for each visit. All chips draw their secrets from one seed: what one has reckoned, the
 * next one need not.
 */
export const holding = ({ spec, can, mrzLines }: Arrival): Holding => ({
  card: () => makeCard(seeded(spec)),
  zone: mrzLines.join("\r"),
  ...(can === undefined ? {} : { can }),
});

/** The service side of somebody's identity card, with his document or another one. */
export const cieOf = (
  nis: string,
  change: Partial<CieSpec> & { readonly document?: CieDocument } = {},
): CardSpec => ({
  ...{ card: "cie", family: "gemalto", nis },
  ...change,
});
