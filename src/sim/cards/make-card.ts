/**
 * Cards as plain data, so that a test in this process and a director across a socket place the same
 * things. `parseCardSpec` is the one place where foreign JSON becomes a specification.
 */
import { parseHex } from "../../bytes/hex.ts";
import { err, ok, type Result } from "../../result.ts";
import type { EmrtdApplication } from "../emrtd/emrtd-application.ts";
import type { EmrtdSpec } from "../emrtd/emrtd-spec.ts";
import { makeEmrtd } from "../emrtd/make-emrtd.ts";
import { parseCieDocument, parseEmrtdSpec } from "../emrtd/parse-emrtd-spec.ts";
import { CARD_KEY_COUNT } from "../pki/test-key.ts";
import { type BulkApplication, type BulkSpec, MAX_FILE_BYTES, makeBulk } from "./bulk.ts";
import type { Card } from "./card.ts";
import { type Checks, isBitFlip, isUid, wholeFrom, withOptions } from "./card-json.ts";
import { type CieApplication, MAX_RESPONSE_BYTES } from "./cie.ts";
import { CIE_ATTACKS } from "./cie-attacks.ts";
import { CIE_FAMILY_NAMES } from "./cie-families.table.ts";
import type { CieSpec } from "./cie-spec.ts";
import { makeCie } from "./make-cie.ts";
import { makePaymentCard, makePhone, makeTransitPass, type Variation } from "./other-cards.ts";

export type CardSpec =
  | CieSpec
  | EmrtdSpec
  | BulkSpec
  | ({ readonly card: "phone" } & Variation)
  | ({ readonly card: "payment" } & Variation)
  /** `uid` is eight hexadecimal digits. */
  | { readonly card: "transit"; readonly uid: string };

/**
 * A card ready for an antenna; `cie`, `emrtd` and `bulk` give access to what a virtual card of that kind has on record. A
 * CIE that is a travel document too has two records.
 */
export interface MadeCard {
  readonly card: Card;
  readonly cie?: CieApplication;
  readonly emrtd?: EmrtdApplication;
  readonly bulk?: BulkApplication;
}

export function makeCard(spec: CardSpec): MadeCard {
  switch (spec.card) {
    case "cie":
      return makeCie(spec);
    case "emrtd": {
      const { card, application } = makeEmrtd(spec);
      return { card, emrtd: application };
    }
    case "bulk": {
      const { card, application } = makeBulk(spec);
      return { card, bulk: application };
    }
    case "phone":
      return { card: makePhone(spec) };
    case "payment":
      return { card: makePaymentCard(spec) };
    case "transit":
      return { card: makeTransitPass(spec.uid) };
  }
}

/** Checks JSON from outside; the error is a sentence. Optional members of a CIE pass when their type fits. */
export function parseCardSpec(json: unknown): Result<CardSpec, string> {
  if (typeof json !== "object" || json === null || !("card" in json))
    return err("a card needs a member card");
  switch (json.card) {
    case "bulk":
      return withOptions({ card: "bulk" }, json, BULK_MEMBERS);
    case "phone":
      return withOptions({ card: "phone" }, json, VARIATIONS);
    case "payment":
      return withOptions({ card: "payment" }, json, VARIATIONS);
    case "transit":
      return parseTransit(json);
    case "cie":
      return parseCie(json);
    case "emrtd":
      return parseEmrtdSpec(json);
    default:
      return err("card must be bulk, cie, emrtd, phone, payment or transit");
  }
}

function parseTransit(json: object): Result<CardSpec, string> {
  const uid = "uid" in json && typeof json.uid === "string" ? json.uid : "";
  return parseHex(uid)?.length === 4
    ? ok({ card: "transit", uid })
    : err("uid must be eight hexadecimal digits");
}

const VARIATIONS: Checks = {
  uid: isUid,
  fwi: wholeFrom(0, 14),
};
const BULK_MEMBERS: Checks = {
  ...VARIATIONS,
  fsci: wholeFrom(0, 15),
  fwi: wholeFrom(0, 15),
  ta: (value) => value === "absent" || wholeFrom(0, 0xff)(value),
  atsLength: (value) => value === "right" || value === "one" || value === "tooLarge",
  pps: (value) => value === "obeys" || value === "refuses" || value === "silentAfterwards",
  wtxFlood: wholeFrom(1, 59),
  endlessChain: wholeFrom(0, 253),
  fileBytes: wholeFrom(0, MAX_FILE_BYTES),
  apduUs: (value) => typeof value === "number" && value >= 0,
};

const CIE_MEMBERS: Checks = {
  ...VARIATIONS,
  uid: (value) => typeof value === "string" && parseHex(value)?.length === 4,
  generation: wholeFrom(1, 2),
  key: wholeFrom(0, CARD_KEY_COUNT - 1),
  attack: (value) => CIE_ATTACKS.some((name) => name === value),
  type: (value) => value === "A" || value === "B",
  filler: (value) => typeof value === "boolean",
  leZero: (value) => value === 256 || value === 231,
  eof: (value) => value === "6282" || value === "6B00" || value === "exact",
  sw61: (value) => typeof value === "boolean",
  sw6C: (value) => typeof value === "boolean",
  extended: (value) => value === "yes" || value === "6700",
  maxResponse: wholeFrom(1, MAX_RESPONSE_BYTES),
  apduUs: (value) => typeof value === "number" && value >= 0,
  rsaUs: (value) => typeof value === "number" && value >= 0,
  tearAfterApdu: (value) => typeof value === "number" && value >= 0,
  flip: isBitFlip,
};

function parseCie(json: object): Result<CardSpec, string> {
  const family = CIE_FAMILY_NAMES.find((name) => "family" in json && json.family === name);
  if (family === undefined) return err(`family must be one of ${CIE_FAMILY_NAMES.join(", ")}`);
  const nis = "nis" in json && typeof json.nis === "string" ? json.nis : "";
  if (!/^[0-9]{12}$/.test(nis)) return err("nis must be twelve digits");
  const card = withOptions<CieSpec>({ card: "cie", family, nis }, json, CIE_MEMBERS);
  if (!card.ok || !("document" in json)) return card;
  const document = parseCieDocument(json.document);
  return document.ok ? ok({ ...card.value, document: document.value }) : document;
}
