/**
 * What must hold where chips prove themselves: a copy never passes for its original, it is never passed over in
 * silence, nobody honest is taken for a copy, and what was once pinned stays, whatever the process dies of.
 */
import { pinnedAtMs } from "./answer-due.ts";
import type { DayRecord, Judge, Violation } from "./day-record.ts";
import { cardBehind, type Presentation } from "./presentations.ts";
import { troubled } from "./swarm.ts";
import type { Row } from "./witness.ts";

/** From the look for a pin to the row that follows from it, while another door may pin the chip. */
const RACE_MS = 100;

/** Who shows another's number passes at no door that asks for the chip, and nowhere once that chip is known. */
export const attackersStayOut: Judge = (record, presentations) =>
  rowsAboutAttackers("acs.access.granted", record, presentations)
    .filter(([row, card]) => mustProve(row, card, record))
    .map(([{ seq, atMs, door }, { person }]) => ({
      invariant: "attackersStayOut",
      atMs,
      what: `row ${seq} granted ${person.name} at ${door}`,
    }));

/** Where a chip was to prove itself, the refusal of one that did not comes together with its alarm. */
export const attackersRaiseAlarms: Judge = (record, presentations) =>
  rowsAboutAttackers("acs.access.denied", record, presentations)
    .filter(([row, card]) => mustProve(row, card, record) && !hasAlarm(row, record))
    .map(([{ seq, atMs, door }, { person }]) => ({
      invariant: "attackersRaiseAlarms",
      atMs,
      what: `row ${seq} refused ${person.name} at ${door} and no alarm came before it`,
    }));

/**
 * An alarm about a number means that somebody else showed it: no fault and no torn card makes a copy of a member. But
 * who is gone at each of several proofs is alarmed about whoever he is, since so is a device without the key.
 */
export const alarmsAreDeserved: Judge = (record, presentations) =>
  record.rows
    .filter((row) => isAlarm(row) && !wasLostAgainAndAgain(row, record))
    .filter((row) => cardBehind(row, record, presentations.filter(isAttack)) === undefined)
    .map(({ seq, atMs, door, type }) => ({
      invariant: "alarmsAreDeserved",
      atMs,
      what: `row ${seq} ${type} at ${door}, where no copy was shown`,
    }));

/** A pin that was seen once is there for ever, and is the same. */
export const pinsStay: Judge = ({ pinSightings }) =>
  pinSightings.flatMap(({ atMs, pins }, index) =>
    [...(pinSightings[index - 1]?.pins ?? [])]
      .filter(([holder, key]) => pins.get(holder) !== key)
      .map(([holder]): Violation => {
        const what = pins.has(holder) ? "became another" : "was lost";
        return { invariant: "pinsStay", atMs, what: `the chip pinned to a number ${what}` };
      }),
  );

/** What is pinned is the holder's own chip, and the journal has one row for each pin, and none without. */
export const pinsAreTrue: Judge = ({ pinSightings, rows, holders }) => {
  const last = pinSightings.at(-1) ?? { atMs: 0, pins: new Map<string, string>() };
  const blame = (holder: string, what: string): Violation => ({
    invariant: "pinsAreTrue",
    atMs: last.atMs,
    what: `${holders.get(holder)?.name ?? "somebody whom nobody enrolled"}: ${what}`,
  });
  const told = rows
    .filter(({ type }) => type === "acs.config.chipPinned")
    .map(({ pseudonym = "" }) => pseudonym);
  return [
    ...[...last.pins]
      .filter(([holder, key]) => holders.get(holder)?.chipKey !== key)
      .map(([holder]) => blame(holder, "the pinned chip is not the one that was issued")),
    ...[...last.pins.keys()]
      .filter((holder) => !told.includes(holder))
      .map((holder) => blame(holder, "no row tells of the pin")),
    ...told
      .filter((holder, index) => !last.pins.has(holder) || told.indexOf(holder) !== index)
      .map((holder) => blame(holder, "a row tells of a pin that is not there, or of one more")),
  ];
};

const isAttack = ({ person }: Presentation): boolean => person.attack !== undefined;
/** One about a person. */
const isAlarm = ({ type, pseudonym }: Row): boolean =>
  type.startsWith("acs.security.") && pseudonym !== undefined;

/** Proofs that are lost in a row before that is an alarm, and the time that they may take. */
const LOSSES = 4;
const LOST_WITHIN_MS = 40_000;

function wasLostAgainAndAgain({ seq, atMs, door }: Row, record: DayRecord): boolean {
  const refusal = record.rows.find((row) => row.seq === seq + 1);
  if (refusal?.detail !== "silent") return false;
  const lane = record.doors.indexOf(door);
  const fromMs = atMs - LOST_WITHIN_MS;
  const comings = record.stays.filter(
    (stay) => stay.lane === lane && stay.toMs >= fromMs && stay.fromMs <= atMs,
  );
  const bus = record.buses[lane];
  const isTroubled = bus !== undefined && troubled(record.windows, { bus, fromMs, toMs: atMs });
  return comings.length >= LOSSES || isTroubled;
}

/** Rows of a type about a number that only somebody else showed. */
export const rowsAboutAttackers = (
  type: string,
  record: DayRecord,
  presentations: readonly Presentation[],
): readonly (readonly [Row, Presentation])[] =>
  record.rows
    .filter((row) => row.type === type)
    .flatMap((row) => {
      const card = cardBehind(row, record, presentations);
      return card !== undefined && isAttack(card) ? [[row, card] as const] : [];
    });

function mustProve(row: Row, { person }: Presentation, record: DayRecord): boolean {
  const { attack } = person;
  if (attack === undefined) return false;
  const demand = record.demands[record.doors.indexOf(row.door)];
  return demand === "chip" || row.atMs > pinnedAtMs(attack.victim, record) + RACE_MS;
}

const hasAlarm = ({ seq, door, pseudonym }: Row, { rows }: DayRecord): boolean =>
  rows.some((row) => row.seq === seq - 1 && isAlarm(row) && row.door === door && row.pseudonym === pseudonym);
