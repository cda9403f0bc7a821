/** From a document's data to a card for the antenna: files and secrets, the chip that holds them, and its transport. */
import { IsoDepCard, type IsoDepProfile } from "../cards/iso-dep.ts";
import { fixed, randomUid, TypeACard } from "../cards/type-a.ts";
import { SeededRandom } from "../seeded-random.ts";
import { behaviourOf, type ChipBehaviour, isChipFault } from "./chip-faults.ts";
import { type ChipLatency, DEFAULT_LATENCY, NO_LATENCY } from "./chip-latency.ts";
import { contentOf } from "./documents/content-of.ts";
import { EmrtdApplication } from "./emrtd-application.ts";
import type { EmrtdSpec } from "./emrtd-spec.ts";

const DEFAULT_SEED = 1;
const DEFAULT_FWI = 8;
/** Code of the frame size. */
const FRAMES_OF_256 = 8;
/** What a card that never comes to an end asks for, or gives, each time. */
const ENDLESS: Readonly<Record<NonNullable<ChipBehaviour["transport"]>, Partial<IsoDepProfile>>> = {
  wtxFlood: { wtxFlood: 59 },
  endlessChain: { endlessChain: 100 },
};

/** The card for the antenna, and its application for whoever wants to look at the records. Throws where a fault cannot befall the profile. */
export function makeEmrtd(spec: EmrtdSpec): {
  readonly card: TypeACard;
  readonly application: EmrtdApplication;
} {
  const { profile, holder, fault, fwi = DEFAULT_FWI } = spec;
  const isOfChip = fault !== undefined && isChipFault(fault);
  const behaviour = isOfChip ? behaviourOf(fault) : {};
  const content = contentOf(profile, {
    ...(holder === undefined ? {} : { holder }),
    ...(fault === undefined || isOfChip ? {} : { fault }),
  });
  const application = new EmrtdApplication(content, {
    ...spec,
    behaviour,
    latency: latencyOf(spec),
    random: new SeededRandom(spec.seed ?? DEFAULT_SEED),
  });
  const { historicalBytes } = content;
  const transport = behaviour.transport === undefined ? {} : ENDLESS[behaviour.transport];
  const isoDep = new IsoDepCard({ historicalBytes, fsci: FRAMES_OF_256, fwi, ...transport }, application);
  const uid = fixed(spec.uid) ?? randomUid;
  return { card: new TypeACard({ sensRes: 0x0008, selRes: 0x20, uid, isoDep }), application };
}

function latencyOf({ latency }: EmrtdSpec): ChipLatency {
  return latency === "none" ? NO_LATENCY : { ...DEFAULT_LATENCY, ...latency };
}
