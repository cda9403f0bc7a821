// Random worlds for the policy: each holder at each door at all times, near enough to the edges to touch them.
import fc from "fast-check";
import type { Level, Proof } from "../../src/identity/proofs.ts";
import type { Admission, ChipStanding, Question, StepUp, UnsyncedClock } from "../../src/policy/question.ts";
import type { Schedule } from "../../src/policy/schedule.ts";
import { Timetable } from "../../src/policy/timetable.ts";
import type { ClockState } from "../../src/ports/clock.ts";
import { instant } from "../../src/time/time.ts";
import { TimeZone } from "../../src/time/time-zone.ts";

export const NOON = Date.UTC(2026, 10, 22, 12);
const HOUR_MS = 3_600_000;
const GROUPS = ["members", "staff", "guests", "pool"] as const;

const anyGroup = fc.constantFrom(...GROUPS);
const anyTime = fc.oneof(
  fc.constantFrom(-1, 0, 1),
  fc.integer({ min: -400 * 24, max: 400 * 24 }).map((h) => h * HOUR_MS),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const anyRange = fc
  .tuple(fc.nat({ max: 1439 }), fc.integer({ min: 1, max: 1440 }))
  .map(([fromMinute, length]) => ({ fromMinute, toMinute: fromMinute + length }));

/** What each of these timetables was made from, for a judge that does not ask the timetable. */
export const WRITTEN = new WeakMap<Timetable, { readonly schedule: Schedule; readonly zone: string }>();

const UTC = TimeZone.named("UTC");
const ROME = TimeZone.named("Europe/Rome");

const anyTimetable: fc.Arbitrary<Timetable> = fc
  .record({
    week: fc.array(fc.array(anyRange, { maxLength: 2 }), { minLength: 7, maxLength: 7 }),
    special: maybe(fc.array(anyRange, { maxLength: 1 })),
    lastDay: maybe(fc.integer({ min: 20_779 - 2, max: 20_779 + 2 })),
    zone: fc.constantFrom(UTC, ROME),
  })
  .map(({ week, special, lastDay, zone }) => {
    if (zone === undefined) throw new Error("no zone");
    const day = Math.floor(NOON / (24 * HOUR_MS));
    const days = [{ kind: "dates", firstDay: day, lastDay: day }] as const;
    const schedule = {
      name: "hours",
      week,
      special: special === undefined ? [] : [{ group: "holidays", days, times: special }],
      ...(lastDay === undefined ? {} : { lastDay }),
    };
    const timetable = new Timetable(schedule, zone);
    WRITTEN.set(timetable, { schedule, zone: zone.name });
    return timetable;
  });

const anyAdmissions: fc.Arbitrary<ReadonlyMap<string, Admission>> = fc
  .uniqueArray(fc.record({ group: anyGroup, timetable: maybe(anyTimetable) }), {
    selector: ({ group }) => group,
    minLength: 1,
  })
  .map(
    (admissions) =>
      new Map(
        admissions.map(({ group, timetable }) => [
          group,
          timetable === undefined ? { group } : { group, timetable },
        ]),
      ),
  );

const LEVELS = [
  "identifier",
  "documentSeal",
  "originalChip",
  "authenticDocument",
  "verifiedDocument",
] as const;
const anyLevels: fc.Arbitrary<readonly Level[]> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...LEVELS).map((level) => [level]) },
  fc.uniqueArray(fc.constantFrom(...LEVELS), { minLength: 1, maxLength: 3 }),
);

const anyStepUps: fc.Arbitrary<readonly StepUp[]> = fc.array(
  fc
    .record({
      levels: anyLevels,
      groups: maybe(fc.subarray([...GROUPS], { minLength: 1 })),
      timetable: maybe(anyTimetable),
    })
    .map(({ levels, groups, timetable }) => ({
      levels,
      ...(groups === undefined ? {} : { groups }),
      ...(timetable === undefined ? {} : { timetable }),
    })),
  { maxLength: 2 },
);

const anyCredential = fc
  .record({ group: anyGroup, enabled: fc.boolean(), from: maybe(anyTime), until: maybe(anyTime) })
  .map(({ group, enabled, from, until }) => ({
    pseudonym: new Uint8Array(32),
    group,
    enabled,
    ...(from === undefined ? {} : { validFrom: instant(NOON + from) }),
    ...(until === undefined ? {} : { validUntil: instant(NOON + until) }),
  }));

const anyUnsynced: fc.Arbitrary<UnsyncedClock> = fc.oneof(
  fc.constantFrom("deny" as const, "lastKnown" as const),
  fc.record({ groups: fc.subarray([...GROUPS]) }),
);

/** A card with a number, a document, or both, some with their seal; a seal alone; some of them prove all that they can. */
const anyProofs: fc.Arbitrary<readonly Proof[]> = fc.oneof(
  fc.constant<readonly Proof[]>(["nisRead", "chipKey", "documentSignature", "documentChip"]),
  fc.subarray<Proof>(["chipKey"]).map((proofs): readonly Proof[] => ["nisRead", ...proofs]),
  fc.subarray<Proof>(["nisRead", "chipKey", "documentSignature", "documentChip", "seal"]),
  fc.constant<readonly Proof[]>(["seal"]),
);

/** Any question that a gate could be asked. */
export const anyQuestion: fc.Arbitrary<Question> = fc
  .record({
    levels: anyLevels,
    stepUps: anyStepUps,
    admissions: anyAdmissions,
    unsyncedClock: anyUnsynced,
    proofs: anyProofs,
    chip: fc.constantFrom<ChipStanding>("unpinned", "unpinned", "pinned", "notGenuine", "signerUnknown"),
    denyListed: fc.nat({ max: 7 }).map((n) => n === 0),
    credential: maybe(anyCredential),
    state: fc.constantFrom<ClockState>("synced", "holdover", "unsynced"),
    at: anyTime,
  })
  .map(({ levels, stepUps, admissions, unsyncedClock, proofs, chip, denyListed, credential, state, at }) => ({
    door: { door: "lane-1", levels, stepUps, admissions, unsyncedClock },
    proofs: new Set(proofs),
    chip,
    standing: credential === undefined ? { denyListed } : { denyListed, credential },
    at: { instant: instant(NOON + at), state },
  }));
