/**
 * What must hold over a whole day, whatever went wrong in it. Each invariant is a function of the record that
 * witnesses kept outside the gate, and tells when and how it was broken.
 */
import { answerDue } from "./answer-due.ts";
import {
  alarmsAreDeserved,
  attackersRaiseAlarms,
  attackersStayOut,
  pinsAreTrue,
  pinsStay,
} from "./chip-invariants.ts";
import type { Demand } from "./day-plan.ts";
import type { DayRecord, Judge, RelayJudge, Violation } from "./day-record.ts";
import { cardBehind, type Fields, type Presentation, presentationsOf } from "./presentations.ts";
import { type FaultWindow, troubled } from "./swarm.ts";
import type { RelayEdge } from "./witness.ts";

/** A commit is followed by its edge at once; only the end of the pulse before may lie between. */
const COMMIT_TO_EDGE_MS = 1_000;
const OFF_AFTER_KILL_MS = 2_000;
/** Rows are stamped in whole milliseconds. */
const STAMP_MS = 2;
/**
 * From the card on the reader to the answer, polling wait and a detour of an unknown family included; at a door that
 * enrols, with the examination of the slowest card.
 */
const ANSWER_MS: Readonly<Record<Demand, number>> = { number: 1_000, chip: 3_500 };
/** A reader that was given up is started again every 10 s, and the journal is tried every 5 s. */
const RECOVERY_MS = 20_000;
/** What is held this long with nothing in the way is answered. */
const HELD_MS: Readonly<Record<Demand, number>> = { number: 2_000, chip: 4_000 };
/** Until a lane has noticed that a card is gone, and forgotten who it was; up to four share the time for it. */
const CLEAR_MS: Readonly<Record<Fields, number>> = { own: 2_500, shared: 12_000 };

/** All violations of a day in order of time. */
export function judgeDay(record: DayRecord): readonly Violation[] {
  const presentations = presentationsOf(record.stays, record.fields);
  return INVARIANTS.flatMap((judge) => judge(record, presentations)).sort((a, b) => a.atMs - b.atMs);
}

/** The relay is never on without a grant that the journal held before, and each grant moves it at most once. */
const relayFollowsCommit: RelayJudge = ({ edges }) => {
  const used = new Set<number>();
  const violations: Violation[] = [];
  for (const edge of edges.filter(({ level }) => level === "on")) {
    const problem = edgeProblem(edge, used);
    if (problem !== undefined)
      violations.push({ invariant: "relayFollowsCommit", atMs: edge.atMs, what: problem });
    if (edge.grant !== undefined) used.add(edge.grant.seq);
  }
  return violations;
};

function edgeProblem({ lane, atMs, grant }: RelayEdge, used: ReadonlySet<number>): string | undefined {
  const where = `the relay of lane ${lane + 1} went on`;
  if (grant === undefined) return `${where} and no grant was ever committed`;
  if (used.has(grant.seq)) return `${where} and its last grant, row ${grant.seq}, was used before`;
  if (atMs - grant.atMs > COMMIT_TO_EDGE_MS)
    return `${where} ${Math.round(atMs - grant.atMs)} ms after its last grant, row ${grant.seq}`;
  return undefined;
}

/** A grant that the process lived to act on has opened. */
const grantsOpen: RelayJudge = ({ rows, edges, doors, killsMs }) => {
  const opened = new Set(edges.map(({ grant }) => grant?.seq));
  return rows
    .filter(({ type, seq }) => type === "acs.access.granted" && !opened.has(seq))
    .filter(({ atMs }) => !killsMs.some((kill) => kill >= atMs - STAMP_MS && kill < atMs + COMMIT_TO_EDGE_MS))
    .filter(({ door }) => doors.includes(door))
    .map(({ seq, atMs }) => ({
      invariant: "grantsOpen",
      atMs,
      what: `row ${seq} granted and nothing opened`,
    }));
};

/** No pulse is longer than its maximum; after a kill in mid-pulse the relay is off within two seconds. */
const pulsesEnd: RelayJudge = ({ edges, killsMs, maxPulseMs }) => {
  const violations: Violation[] = [];
  for (const [index, on] of edges.entries()) {
    if (on.level === "off") continue;
    const off = edges.slice(index + 1).find(({ lane }) => lane === on.lane);
    const offMs = off?.atMs ?? Number.POSITIVE_INFINITY;
    const killMs = killsMs.find((kill) => kill >= on.atMs && kill <= on.atMs + maxPulseMs);
    const latestMs = killMs === undefined ? on.atMs + maxPulseMs : killMs + OFF_AFTER_KILL_MS;
    const what = `lane ${on.lane + 1} stayed on for ${Math.round(offMs - on.atMs)} ms`;
    if (offMs > latestMs) violations.push({ invariant: "pulsesEnd", atMs: on.atMs, what });
  }
  return violations;
};

/** Only who is entitled, and whose card was there, is granted; and at most once for each presentation. */
const grantsAreDue: Judge = (record, presentations) => {
  const { rows, holders } = record;
  const granted = new Map<Presentation, number>();
  const violations: Violation[] = [];
  for (const row of rows.filter(({ type }) => type === "acs.access.granted")) {
    const person = row.pseudonym === undefined ? undefined : holders.get(row.pseudonym);
    const blame = (invariant: string, what: string): void => {
      violations.push({ invariant, atMs: row.atMs, what: `row ${row.seq} ${what}` });
    };
    if (person === undefined || !person.entitled) {
      blame("onlyEntitled", `granted ${person?.name ?? "somebody whom nobody enrolled"}`);
      continue;
    }
    const presentation = cardBehind(row, record, presentations);
    if (presentation === undefined) {
      blame("grantedCardIsThere", `granted ${person.name}, whose card was not at ${row.door}`);
      continue;
    }
    const before = granted.get(presentation);
    if (before !== undefined)
      blame("oneGrantPerPresentation", `granted ${person.name} again, after row ${before}`);
    granted.set(presentation, row.seq);
  }
  return violations;
};

/** A card held still before a gate in good health is answered soon, once, and rightly. */
const calmIsAnswered: Judge = (record, presentations) =>
  presentations
    .filter((presentation) => isCalm(presentation, record))
    .flatMap((presentation) => {
      const what = answerProblem(presentation, record);
      return what === undefined ? [] : [{ invariant: "calmIsAnswered", atMs: presentation.fromMs, what }];
    });

export function isCalm(presentation: Presentation, record: DayRecord): boolean {
  const { fromMs, firstToMs, lane } = presentation;
  const heldMs = HELD_MS[at(record.demands, lane)];
  if (answerDue(presentation, record) === undefined || firstToMs - fromMs < heldMs) return false;
  const isShared = record.fields === "shared";
  if (presentation.stays.some((stay) => stay.lane !== lane)) return false;
  const alone = record.stays.every(
    (stay) =>
      (stay.lane !== lane && !isShared) ||
      presentation.stays.includes(stay) ||
      stay.toMs < fromMs - CLEAR_MS[record.fields] ||
      stay.fromMs > fromMs + heldMs,
  );
  const interrupted = [...record.launchesMs, ...record.killsMs].some(
    (atMs) => atMs > fromMs - RECOVERY_MS && atMs < fromMs + heldMs,
  );
  const period = { fromMs: fromMs - RECOVERY_MS, toMs: fromMs + heldMs };
  // Who shares a field waits for those who are in trouble, a little.
  const buses = isShared ? record.buses : [at(record.buses, lane)];
  return alone && !interrupted && !buses.some((each) => troubled(record.windows, { ...period, bus: each }));
}

function at<T>(perLane: readonly T[], lane: number): T {
  const found = perLane[lane];
  if (found === undefined) throw new Error(`there is no lane ${lane}`);
  return found;
}

function answerProblem(presentation: Presentation, record: DayRecord): string | undefined {
  const { fromMs, lane, person } = presentation;
  const { rows, edges, doors, demands } = record;
  const untilMs = fromMs + ANSWER_MS[at(demands, lane)];
  const soon = ({ atMs }: { readonly atMs: number }): boolean => atMs >= fromMs - STAMP_MS && atMs <= untilMs;
  const answers = rows.filter(
    (row) => soon(row) && row.door === doors[lane] && row.type.startsWith("acs.access."),
  );
  const [answer] = answers;
  if (answer === undefined || answers.length > 1)
    return `${person.name} held still at lane ${lane + 1} and got ${answers.length} answers`;
  const { outcome, reason, detail } = answerDue(presentation, record) ?? { outcome: "granted" };
  const right =
    answer.type === `acs.access.${outcome}` &&
    answer.reason === reason &&
    (person.attack !== undefined || answer.detail === detail);
  if (!right)
    return `${person.name} got ${answer.type} ${answer.reason ?? ""} in row ${answer.seq} at lane ${lane + 1}`;
  const opened = edges.some((edge) => edge.lane === lane && edge.level === "on" && soon(edge));
  return opened === (outcome === "granted")
    ? undefined
    : `${person.name} was ${outcome} at lane ${lane + 1}, the relay did ${opened ? "" : "not "}move`;
}

/**
 * Of readers that see the same cards one carrier is on at a time. A serial line that loses bytes may lose the zero
 * of "carrier off", which its checksum cannot tell: what is left says on, until the reader's next turn.
 */
const carriersTakeTurns: Judge = ({ carriersTogether, buses, windows }) =>
  carriersTogether
    .filter(({ atMs }) => !(buses.includes("hsu") && isLosingBytes(windows, atMs)))
    .map(({ lanes, atMs }) => ({
      invariant: "carriersTakeTurns",
      atMs,
      what: `lanes ${lanes.map((lane) => lane + 1).join(" and ")} had their carriers on together`,
    }));

const isLosingBytes = (windows: readonly FaultWindow[], atMs: number): boolean =>
  windows.some(
    ({ fault, fromMs, toMs }) => fault === "lostByte" && fromMs <= atMs && atMs <= toMs + CLEAR_MS.own,
  );

/** What holds of relays and the journal's rows, whoever comes to the doors. */
export const RELAY_INVARIANTS: readonly RelayJudge[] = [relayFollowsCommit, grantsOpen, pulsesEnd];

const INVARIANTS: readonly Judge[] = [
  ...RELAY_INVARIANTS,
  grantsAreDue,
  calmIsAnswered,
  carriersTakeTurns,
  attackersStayOut,
  attackersRaiseAlarms,
  alarmsAreDeserved,
  pinsStay,
  pinsAreTrue,
];
