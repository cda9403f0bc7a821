/**
 * The virtual documents by name: profile, holder and fault. Each is made when first asked for and kept, because signing
 * takes time and nothing in it changes.
 */
import type { ChipContent } from "../content.ts";
import { type ContentFault, faultOf } from "./content-faults.ts";
import type { DocumentPlan, WrittenHolder } from "./document-plan.ts";
import { signedBy } from "./fault-facts.ts";
import { PERSONS, type PersonName } from "./holders.table.ts";
import { makeContent, zoneOf } from "./make-content.ts";
import { issuerOf } from "./mrz.ts";
import { PROFILES, type ProfileName } from "./profiles.table.ts";

export interface ContentOptions {
  /** One of the specimens, or anybody whose zone is given. Default the profile's own. */
  readonly holder?: PersonName | WrittenHolder;
  /** What is false or odd about the document; nothing by default. */
  readonly fault?: ContentFault;
}

/** More documents than any program here has in use at a time. */
const MAX_KEPT = 256;
const kept = new Map<string, ChipContent>();

/**
 * The document of this profile. Throws where a fault cannot befall it, see `CONTENT_FAULTS`, and where the holder's number
 * has no room in its zone.
 */
export function contentOf(profile: ProfileName, options: ContentOptions = {}): ChipContent {
  const key = JSON.stringify([profile, options.holder, options.fault]);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const content = make(profile, options);
  const oldest = kept.keys().next();
  if (kept.size >= MAX_KEPT && oldest.done !== true) kept.delete(oldest.value);
  kept.set(key, content);
  return content;
}

function make(profile: ProfileName, { holder, fault }: ContentOptions): ChipContent {
  const plan = planFor(profile, holder);
  if (fault === undefined) return makeContent(plan);
  const { on, plan: changed = (same) => same, content: altered = (same) => same } = faultOf(fault);
  if (on !== undefined && !on.includes(profile)) throw new RangeError(`${fault} cannot befall ${profile}`);
  const changedPlan = changed(plan);
  return altered(makeContent(changedPlan), changedPlan);
}

/** A zone that is given names its State, which has signed the document; one that signs nothing here has left it to the profile's. */
function planFor(profile: ProfileName, holder: ContentOptions["holder"]): DocumentPlan {
  const plan = PROFILES[profile];
  if (holder === undefined) return plan;
  if (typeof holder === "string") return { ...plan, holder: PERSONS[holder] };
  const given = { ...plan, holder };
  const issuer = issuerOf(zoneOf(given));
  return issuer === plan.zone.issuer ? given : signedBy(signerOf(issuer) ?? {})(given);
}

const UTOPIA = { authority: "UT-2019", kind: "P-256" } as const satisfies DocumentPlan["sod"]["signer"];

/** Who signs the documents of this State, by its code in the zone. */
function signerOf(issuer: string): DocumentPlan["sod"]["signer"] | undefined {
  if (issuer === "UTO") return UTOPIA;
  return Object.values(PROFILES).find(({ zone }) => zone.issuer === issuer)?.sod.signer;
}
