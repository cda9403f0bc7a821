/** From a document's data to a card for the antenna: files and secrets, the chip that holds them, and its transport. */
import { type Conduct, IsoDepCard } from "../cards/iso-dep.ts";
import { fixed, randomUid, TypeACard } from "../cards/type-a.ts";
import { SeededRandom } from "../seeded-random.ts";
import { behaviourOf, type ChipBehaviour, isChipFault } from "./chip-faults.ts";
import { type ChipLatency, DEFAULT_LATENCY, NO_LATENCY } from "./chip-latency.ts";
import type { ChipContent } from "./content.ts";
import { contentOf } from "./documents/content-of.ts";
import { EmrtdApplication } from "./emrtd-application.ts";
import type { EmrtdSpec } from "./emrtd-spec.ts";

const DEFAULT_SEED = 1;
const DEFAULT_FWI = 8;
/** Code of the frame size. */
const FRAMES_OF_256 = 8;
/** What a card that never comes to an end asks for, or gives, each time. */
const ENDLESS: Readonly<Record<NonNullable<ChipBehaviour["transport"]>, Conduct>> = {
  wtxFlood: { wtxFlood: 59 },
  endlessChain: { endlessChain: 100 },
};

/** The card for the antenna, and its application for whoever wants to look at the records. Throws where a fault cannot befall the profile. */
export function makeEmrtd(spec: EmrtdSpec): {
  readonly card: TypeACard;
  readonly application: EmrtdApplication;
} {
  const content = specifiedContent(spec);
  const { application, conduct } = makeDocumentChip(content, spec);
  const { historicalBytes } = content;
  const { fwi = DEFAULT_FWI } = spec;
  const isoDep = new IsoDepCard({ historicalBytes, fsci: FRAMES_OF_256, fwi, ...conduct }, application);
  const uid = fixed(spec.uid) ?? randomUid;
  return { card: new TypeACard({ sensRes: 0x0008, selRes: 0x20, uid, isoDep }), application };
}

/** Files and secrets of the document that is meant. Throws where a fault cannot befall the profile. */
export function specifiedContent({ profile, holder, fault }: EmrtdSpec): ChipContent {
  return contentOf(profile, {
    ...(holder === undefined ? {} : { holder }),
    ...(fault === undefined || isChipFault(fault) ? {} : { fault }),
  });
}

/** The chip that holds `content`, and how its transport departs from the ordinary. */
export function makeDocumentChip(
  content: ChipContent,
  spec: EmrtdSpec,
): { readonly application: EmrtdApplication; readonly conduct: Conduct } {
  const { fault, seed = DEFAULT_SEED } = spec;
  const behaviour = behaviourOf(fault !== undefined && isChipFault(fault) ? fault : undefined);
  const random = new SeededRandom(seed);
  const application = new EmrtdApplication(content, { ...spec, behaviour, latency: latencyOf(spec), random });
  return { application, conduct: behaviour.transport === undefined ? {} : ENDLESS[behaviour.transport] };
}

function latencyOf({ latency }: EmrtdSpec): ChipLatency {
  return latency === "none" ? NO_LATENCY : { ...DEFAULT_LATENCY, ...latency };
}
