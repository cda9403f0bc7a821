/** The one place where foreign JSON becomes the specification of a virtual travel document. */
import { err, ok, type Result } from "../../result.ts";
import { type Checks, isAmount, isBitFlip, isUid, wholeFrom, withOptions } from "../cards/card-json.ts";
import { isJsonObject } from "../json-object.ts";
import { isChipFault } from "./chip-faults.ts";
import { DEFAULT_LATENCY } from "./chip-latency.ts";
import { canBefall, isContentFault } from "./documents/content-faults.ts";
import { PERSONS } from "./documents/holders.table.ts";
import { PROFILES, type ProfileName } from "./documents/profiles.table.ts";
import type { EmrtdSpec } from "./emrtd-spec.ts";

const isProfile = (name: string): name is ProfileName => Object.hasOwn(PROFILES, name);

/** All kinds of virtual documents, by name. */
export const PROFILE_NAMES: readonly ProfileName[] = Object.keys(PROFILES).filter(isProfile);

const MAX_SEED = 0xffff_ffff;
/** Three lines of 30 characters, two of 36 or of 44. */
const ZONE_CHARACTERS = new Set([90, 72, 88]);

const MEMBERS: Checks = {
  holder: isHolder,
  fault: (value) => typeof value === "string" && (isChipFault(value) || isContentFault(value)),
  soundAnswers: isAmount,
  seed: wholeFrom(0, MAX_SEED),
  uid: isUid,
  fwi: wholeFrom(0, 14),
  latency: isLatency,
  tearAfterApdu: isAmount,
  delay: isDelay,
  flip: isBitFlip,
};

/** Optional members pass when their type fits; the error is a sentence. */
export function parseEmrtdSpec(json: object): Result<EmrtdSpec, string> {
  const name = "profile" in json ? String(json.profile) : "";
  if (!isProfile(name)) return err(`profile must be one of ${PROFILE_NAMES.join(", ")}`);
  const spec = withOptions<EmrtdSpec>({ card: "emrtd", profile: name }, json, MEMBERS);
  if (!spec.ok) return spec;
  const { fault } = spec.value;
  const isPossible = fault === undefined || isChipFault(fault) || canBefall(fault, name);
  return isPossible ? ok(spec.value) : err(`fault ${fault} cannot befall ${name}`);
}

/** A specimen's name, or a zone with or without what else the document says of its holder. */
function isHolder(value: unknown): boolean {
  if (typeof value === "string") return Object.hasOwn(PERSONS, value);
  if (!isJsonObject(value) || typeof value["mrz"] !== "string") return false;
  const { can = "", dg11 = {}, dg12 = {} } = value;
  return ZONE_CHARACTERS.has(value["mrz"].length) && typeof can === "string" && [dg11, dg12].every(isText);
}

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

const isText = (value: unknown): boolean =>
  isJsonObject(value) && Object.values(value).every((text) => typeof text === "string");
