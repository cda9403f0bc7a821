/** The configuration's rules in the form in which the policy asks them. */
import type { Config, DoorConfig } from "../config/schema.ts";
import type { Level } from "../identity/proofs.ts";
import type { Admission, DoorPolicy, StepUp } from "../policy/question.ts";
import { Timetable } from "../policy/timetable.ts";
import { TimeZone } from "../time/time-zone.ts";

/** Makes the policy of each door of a configuration; doors share the timetables of their schedules. */
export function policiesOf(config: Config): (door: DoorConfig) => DoorPolicy {
  const timetables = timetablesOf(config);
  const inTimesOf = (schedule: string | undefined): { readonly timetable?: Timetable } => {
    if (schedule === undefined) return {};
    const timetable = timetables.get(schedule);
    // The configuration was checked for this; a schedule that is lost must never come to mean "always".
    if (timetable === undefined) throw new Error(`no schedule ${schedule}`);
    return { timetable };
  };
  const admissionOf = ({ group, schedule }: DoorConfig["groups"][number]): Admission => ({
    group,
    ...inTimesOf(schedule),
  });
  const stepUpOf = ({ level, schedule, groups }: DoorConfig["stepUp"][number]): StepUp => ({
    levels: [level],
    ...(groups === undefined ? {} : { groups }),
    ...inTimesOf(schedule),
  });
  return ({ id, level, alsoAccepts, stepUp, groups }) => ({
    door: id,
    levels: [level, ...alsoAccepts],
    stepUps: stepUp.map(stepUpOf),
    admissions: new Map(groups.map((admission) => [admission.group, admissionOf(admission)])),
    unsyncedClock: config.unsyncedClock,
  });
}

/** All levels that the door may ever go by, whoever comes and whatever time it is. */
export const possibleLevels = ({ level, alsoAccepts, stepUp }: DoorConfig): readonly Level[] => [
  level,
  ...alsoAccepts,
  ...stepUp.map((step) => step.level),
];

/** Whether a seal alone may open the door. */
export const takesSealAlone = (config: DoorConfig): boolean =>
  possibleLevels(config).includes("documentSeal");

/** Whether seals are shown at the door, alone or beside the chip of a document. */
export const looksAtSeals = (config: DoorConfig): boolean =>
  takesSealAlone(config) || config.document?.seal === "demanded";

/** The zone in whose local time the schedules are written. */
export function zoneOf({ timeZone = "UTC" }: Config): TimeZone {
  const zone = TimeZone.named(timeZone);
  if (zone === undefined) throw new Error(`no time zone ${timeZone}`);
  return zone;
}

function timetablesOf(config: Config): ReadonlyMap<string, Timetable> {
  const schedules = Object.entries(config.schedules);
  // A gate without schedules does not load the runtime's calendars, which take megabytes.
  if (schedules.length === 0) return new Map();
  const zone = zoneOf(config);
  return new Map(
    schedules.map(([name, schedule]) => {
      const special = schedule.special.map(({ days: group, times }) => ({
        group,
        days: config.calendar[group] ?? [],
        times,
      }));
      return [name, new Timetable({ ...schedule, name, special }, zone)];
    }),
  );
}
