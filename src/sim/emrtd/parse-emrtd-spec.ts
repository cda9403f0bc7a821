/** The one place where foreign JSON becomes the specification of a virtual travel document. */
import { parseHex } from "../../bytes/hex.ts";
import { err, type Result } from "../../result.ts";
import { type Checks, isAmount, isBitFlip, isUid, wholeFrom, withOptions } from "../cards/card-json.ts";
import type { CieDocument } from "../cards/cie-spec.ts";
import { isJsonObject } from "../json-object.ts";
import { isChipFault } from "./chip-faults.ts";
import { DEFAULT_LATENCY } from "./chip-latency.ts";
import { canBefall, isContentFault } from "./documents/content-faults.ts";
import { PERSONS } from "./documents/holders.table.ts";
import { hasRoomFor, isZoneLength } from "./documents/mrz.ts";
import { PROFILES, type ProfileName } from "./documents/profiles.table.ts";
import type { EmrtdSpec } from "./emrtd-spec.ts";

const isProfile = (name: string): name is ProfileName => Object.hasOwn(PROFILES, name);

/** All kinds of virtual documents, by name. */
export const PROFILE_NAMES: readonly ProfileName[] = Object.keys(PROFILES).filter(isProfile);

const MAX_SEED = 0xffff_ffff;
/** Members of a `DetailValue` that is no text. */
const CODINGS: readonly string[] = ["bcd", "hex"];

/** Those that the document on a CIE's chip has too; the others are the card's. */
const DOCUMENT_MEMBERS: Checks = {
  holder: isHolder,
  fault: (value) => typeof value === "string" && (isChipFault(value) || isContentFault(value)),
  soundAnswers: isAmount,
  seed: wholeFrom(0, MAX_SEED),
  latency: isLatency,
};
const MEMBERS: Checks = {
  ...DOCUMENT_MEMBERS,
  uid: isUid,
  fwi: wholeFrom(0, 14),
  tearAfterApdu: isAmount,
  delay: isDelay,
  flip: isBitFlip,
};

/** Optional members pass when their type fits; the error is a sentence. */
export function parseEmrtdSpec(json: object): Result<EmrtdSpec, string> {
  const name = "profile" in json ? String(json.profile) : "";
  if (!isProfile(name)) return err(`profile must be one of ${PROFILE_NAMES.join(", ")}`);
  return possible(name, withOptions<EmrtdSpec>({ card: "emrtd", profile: name }, json, MEMBERS));
}

/** The same for the document on a CIE's chip. */
export function parseCieDocument(json: unknown): Result<CieDocument, string> {
  if (!isJsonObject(json)) return err("document has an impossible value");
  const members = { ...DOCUMENT_MEMBERS, can: isAccessNumber };
  return possible("cie", withOptions<CieDocument>({}, json, members));
}

/** The document, if there can be one with this fault and of this holder. */
function possible<T extends Pick<EmrtdSpec, "fault" | "holder">>(
  profile: ProfileName,
  spec: Result<T, string>,
): Result<T, string> {
  if (!spec.ok) return spec;
  const { fault, holder } = spec.value;
  if (fault !== undefined && !isChipFault(fault) && !canBefall(fault, profile))
    return err(`fault ${fault} cannot befall ${profile}`);
  if (typeof holder !== "string") return spec;
  const hasRoom = hasRoomFor(PROFILES[profile].zone.format, PERSONS[holder].documentNumber);
  return hasRoom ? spec : err(`the document number of ${holder} has no room on ${profile}`);
}

/** A specimen's name, or a zone with or without what else the document says of its holder. */
function isHolder(value: unknown): boolean {
  if (typeof value === "string") return Object.hasOwn(PERSONS, value);
  if (!isJsonObject(value)) return false;
  const { can, mrz, dg11 = {}, dg12 = {} } = value;
  if (can !== undefined && !isAccessNumber(can)) return false;
  return typeof mrz === "string" && isZoneLength(mrz.length) && [dg11, dg12].every(isDetails);
}

const isAccessNumber = (value: unknown): boolean => typeof value === "string" && /^[0-9]{6}$/.test(value);

const isHex = (value: unknown): boolean => typeof value === "string" && parseHex(value) !== undefined;

function isLatency(value: unknown): boolean {
  if (value === "none") return true;
  return (
    isJsonObject(value) &&
    Object.entries(value).every(([name, us]) => Object.hasOwn(DEFAULT_LATENCY, name) && isAmount(us))
  );
}

function isDelay(value: unknown): boolean {
  return isJsonObject(value) && isAmount(value["answer"]) && isAmount(value["us"]);
}

/** A whole file; or tags, each with a text or with bytes. */
function isDetails(value: unknown): boolean {
  if (typeof value === "string") return isHex(value);
  if (!isJsonObject(value)) return false;
  return Object.entries(value).every(
    ([tag, content]) => DETAIL_TAG.test(tag) && (typeof content === "string" || isCoded(content)),
  );
}

const DETAIL_TAG = /^[0-9A-F]{4}$/i;

function isCoded(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const [coded, ...more] = Object.entries(value);
  return coded !== undefined && more.length === 0 && CODINGS.includes(coded[0]) && isHex(coded[1]);
}
