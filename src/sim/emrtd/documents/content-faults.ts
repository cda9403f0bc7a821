/**
 * The faults of virtual documents by name, those of attackers and those of States together. What the chip does falsely
 * is in `chip-faults.ts`.
 */
import type { FaultFacts, Outcome } from "./fault-facts.ts";
import { FORGERIES, type Forgery } from "./forged-content.ts";
import { ODDITIES, type Oddity } from "./odd-content.ts";
import type { ProfileName } from "./profiles.table.ts";

export type ContentFault = Forgery | Oddity;

const FAULTS: Readonly<Record<ContentFault, FaultFacts>> = { ...FORGERIES, ...ODDITIES };

/** Whether there is a fault of this name. */
export const isContentFault = (name: string): name is ContentFault => Object.hasOwn(FAULTS, name);

/** All names: first the documents that are refused, then those that are read. */
export const CONTENT_FAULTS: readonly ContentFault[] = Object.keys(FAULTS).filter(isContentFault);

export const faultOf = (fault: ContentFault): FaultFacts => FAULTS[fault];

/** Whether this fault can befall a document of this profile. */
export const canBefall = (fault: ContentFault, profile: ProfileName): boolean =>
  FAULTS[fault].on?.includes(profile) ?? true;

/** What a gate has to make of a document with this fault. */
export const outcomeOf = (fault: ContentFault): Outcome =>
  FAULTS[fault].outcome ?? (Object.hasOwn(FORGERIES, fault) ? "refused" : "read");
