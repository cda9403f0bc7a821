/**
 * What a door demands of a holder: its own levels, or in their place those of the first step-up that is for his group and
 * whose timetable covers the time. Any of the levels suffices. The gate asks the same before it reads, to read no more
 * than it needs.
 */
import { type Level, type Proofs, reaches, STRONGEST_FIRST } from "../identity/proofs.ts";
import type { DecisionTime, DoorPolicy, StepUp } from "./question.ts";
import { timetableWords } from "./timetable-words.ts";

export interface Demand extends StepUp {
  /** Where it stands in the list of step-ups, from 0; absent for the door's own levels. */
  readonly stepUp?: number;
}

/**
 * What the door demands of a holder of `group` (`undefined`: of whom no list knows a group). With an untrusted clock every
 * timetable may cover the time or not, so of all that may be demanded then the strictest counts: the one whose weakest
 * level is the strongest statement.
 */
export function demandOf(door: DoorPolicy, group: string | undefined, at: DecisionTime): Demand {
  const possible = possibleDemands(door, group);
  const demand =
    at.state === "unsynced"
      ? strictest(possible)
      : possible.find(({ timetable }) => timetable === undefined || timetable.covers(at.instant));
  return demand ?? ownDemand(door);
}

/** The levels alone: whoever reaches one of them has proven enough. */
export const demandedLevels = (
  door: DoorPolicy,
  group: string | undefined,
  at: DecisionTime,
): readonly Level[] => demandOf(door, group, at).levels;

/** Every demand that the door makes of a group at one time or another, as levels of which any suffices. */
export const everDemanded = (door: DoorPolicy, group: string): readonly (readonly Level[])[] =>
  possibleDemands(door, group).map(({ levels }) => levels);

/** Whether the time may change what is demanded of the group. */
export const demandHangsOnTime = (door: DoorPolicy, group: string | undefined): boolean =>
  possibleDemands(door, group).length > 1;

/** The strongest of the levels that the proofs reach; none where they prove too little. */
export const provenLevel = (levels: readonly Level[], proofs: Proofs): Level | undefined =>
  STRONGEST_FIRST.find((level) => levels.includes(level) && reaches(proofs, level));

/** What is demanded and why, for people, for example `the door demands originalChip or verifiedDocument`. */
export function demandWords(door: DoorPolicy, group: string | undefined, at: DecisionTime): string {
  const demand = demandOf(door, group, at);
  const levels = demand.levels.join(" or ") || "what nobody can prove";
  if (demand.stepUp === undefined) {
    const steps = door.stepUps.length === 0 ? "" : ", and no step-up holds";
    return `the door demands ${levels}${steps}`;
  }
  const whose = demand.groups === undefined ? "" : ` of ${demand.groups.join(", ")}`;
  return `a step-up demands ${levels}${whose}${timeWords(demand, at)}`;
}

function timeWords({ timetable }: Demand, { instant, state }: DecisionTime): string {
  if (timetable === undefined) return "";
  return state === "unsynced"
    ? ` (the clock is unsynced, so ${timetable.name} may hold)`
    : ` (${timetableWords(timetable, instant)})`;
}

/** In the order in which they count; the last of them holds at all times, and whatever stands behind it never. */
function possibleDemands(door: DoorPolicy, group: string | undefined): readonly Demand[] {
  const steps = door.stepUps
    .map((step, stepUp) => ({ ...step, stepUp }))
    .filter(({ groups }) => groups === undefined || (group !== undefined && groups.includes(group)));
  const always = steps.findIndex(({ timetable }) => timetable === undefined);
  return always === -1 ? [...steps, ownDemand(door)] : steps.slice(0, always + 1);
}

const ownDemand = ({ levels }: DoorPolicy): Demand => ({ levels });

/** Of equally strict ones the first. */
const strictest = ([first, ...others]: readonly Demand[]): Demand | undefined =>
  others.reduce((most, each) => (most && weakness(each) < weakness(most) ? each : most), first);

/** How weak a statement suffices: the place of the weakest one that is accepted; before all others where none is. */
const weakness = ({ levels }: Demand): number =>
  Math.max(...levels.map((level) => STRONGEST_FIRST.indexOf(level)));
