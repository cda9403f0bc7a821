/**
 * The judge of a match day at one gate. It knows from the plan who everybody is and what he did, from witnesses what the
 * journal and the relays did, and asks of each row whether it was due: nobody passes who may not, nobody is refused but for
 * the reason that is due to him, that his own mistake explains, or that something beside him explains.
 */
import type { DayRecord, Violation } from "./day-record.ts";
import { RELAY_INVARIANTS } from "./invariants.ts";
import { LaneBlocks } from "./match-blocks.ts";
import { BLOCKED, INCOMPLETE, WRONG_PASSWORD } from "./match-casting.ts";
import type { Listing } from "./match-people.ts";
import { TRIPWIRE, type Visit } from "./match-visitor.ts";
import { type FaultWindow, troubled } from "./swarm.ts";
import type { Row } from "./witness.ts";

export interface MatchRecord
  extends Pick<DayRecord, "doors" | "buses" | "rows" | "edges" | "killsMs" | "launchesMs" | "maxPulseMs"> {
  readonly windows: readonly FaultWindow[];
  readonly visits: readonly Visit[];
  /** As the journal names somebody who is listed so, in hexadecimal. */
  readonly key: (listing: Listing) => string;
}

/** A visit with what the journal has about it. */
export interface JudgedVisit {
  readonly visit: Visit;
  readonly answers: readonly Row[];
  readonly alarms: readonly Row[];
  /** Nothing was in the way that the visitor did not bring along. */
  readonly isCalm: boolean;
}

const STAMP_MS = 2;
/** From the last answer of a card to its row. */
const LINGER_MS = 1_500;
/** A shorter absence does not count. */
const REARM_MS = 1_000;
/** A reader that was given up is started again every 10 s. */
const RECOVERY_MS = 20_000;
/** What was typed and not used is kept so long. */
const KEPT_MS = 32_000;
/** Wrong numbers at one card that says who it is, before it is left alone for an hour. */
const TRIES_OF_HOLDER = 5;
/** Wrong passwords behind which a chip takes longer over each than a lane waits for a reading: a second more for each. */
const TRIES_UNTIL_LATE = 9;

/** Of a pinned card that is gone at each of several proofs: so is a device without the key, and the alarm says so. */
const SILENT = "denied acs:ChipAuthenticationFailed silent";
/** The same with somebody who is refused for another reason first. */
const silenced = (due: string): string => `${due} silent`;
const PASSWORD_MISSING = "denied acs:SecurityLevelTooLow passwordMissing";
/** What a card, a reader or a process in trouble leads to. */
const IN_TROUBLE: readonly string[] = [
  SILENT,
  INCOMPLETE,
  "denied Other cardGarbled",
  "denied pt:InvalidIdentifierValue nisUnreadable",
  PASSWORD_MISSING,
];
/** What comes of somebody else's digits at one's own card; the last two where it is no travel document. */
const BY_FOREIGN_DIGITS: readonly string[] = [
  WRONG_PASSWORD,
  INCOMPLETE,
  "denied acs:DocumentAuthenticationFailed paceRefused",
  "denied Other noAccessProtocol",
];

/** The row in words: `granted originalChip`, `granted verifiedDocument by document`, `denied InvalidPIN wrongPassword`. */
export function answerOf({ type, reason, detail, line }: Row): string {
  if (type !== "acs.access.granted")
    return ["denied", reason, detail].filter((word) => word !== undefined).join(" ");
  const { data } = JSON.parse(line) as {
    readonly data: { readonly level?: string; readonly match?: string };
  };
  return ["granted", data.level, ...(data.match === undefined ? [] : ["by", data.match])].join(" ");
}

/** Whether an answer is the one that is meant; one that ends with a star leaves open what follows. */
const isMeant = (answer: string, meant: string): boolean =>
  meant.endsWith("*") ? answer.startsWith(meant.slice(0, -1)) : answer === meant;

/** Every visit with its rows, in order of their beginning. */
export function visitsOf(record: MatchRecord): readonly JudgedVisit[] {
  const judged = record.doors.flatMap((door, lane) => {
    const visits = record.visits
      .filter((visit) => visit.lane === lane && visit.layings.length > 0)
      .toSorted((a, b) => a.beganMs - b.beganMs);
    const rows = record.rows.filter((row) => row.door === door);
    return visits.map((visit, index) => {
      const [fromMs, toMs] = [firstLaidMs(visit), firstLaidMs(visits[index + 1])];
      const own = rows.filter(({ atMs }) => atMs >= fromMs - STAMP_MS && atMs < toMs - STAMP_MS);
      return {
        visit,
        answers: own.filter(({ type }) => type.startsWith("acs.access.")),
        alarms: own.filter(({ type }) => type.startsWith("acs.security.")),
        isCalm: !isTroubled(visit, record),
      };
    });
  });
  return judged.sort((a, b) => a.visit.beganMs - b.visit.beganMs);
}

const firstLaidMs = (visit: Visit | undefined): number =>
  visit?.layings[0]?.fromMs ?? Number.POSITIVE_INFINITY;

function isTroubled({ lane, beganMs, endedMs }: Visit, record: MatchRecord): boolean {
  const period = { fromMs: beganMs - RECOVERY_MS, toMs: endedMs + LINGER_MS };
  const isWithin = (atMs: number): boolean => atMs > period.fromMs && atMs < period.toMs;
  const bus = record.buses[lane] ?? "spi";
  return (
    troubled(record.windows, { ...period, bus }) || [...record.killsMs, ...record.launchesMs].some(isWithin)
  );
}

/** All violations at a gate. */
export function judgeMatch(record: MatchRecord): readonly Violation[] {
  const judged = visitsOf(record);
  const court = new Court(record, judged);
  return [
    ...RELAY_INVARIANTS.flatMap((invariant) => invariant(record)),
    ...judged.flatMap((each) => court.judge(each)),
    ...judged.flatMap(complaintsOf),
  ].sort((a, b) => a.atMs - b.atMs);
}

/** A line in trouble can make another command of one: a frame that lost a zero is as good as before to the chip. */
function complaintsOf({ visit, isCalm }: JudgedVisit): readonly Violation[] {
  const { complaints, errand, beganMs } = visit;
  return complaints
    .filter((what) => isCalm || what === TRIPWIRE)
    .map((what) => ({
      invariant: "cardsKnowCommands",
      atMs: beganMs,
      what: `${errand.guest.name}: ${what}`,
    }));
}

class Court {
  readonly #record: MatchRecord;
  readonly #blocks: readonly LaneBlocks[];
  readonly #leftovers: readonly Leftover[];
  readonly #triesByGuest = new Map<string, number>();

  constructor(record: MatchRecord, judged: readonly JudgedVisit[]) {
    this.#record = record;
    this.#leftovers = leftoversOf(record, judged);
    this.#blocks = record.doors.map((door) => {
      const wrong = record.rows.filter((row) => row.door === door && answerOf(row) === WRONG_PASSWORD);
      return new LaneBlocks(
        wrong.map(({ atMs }) => atMs),
        [...record.killsMs, ...triesInTrouble(judged, record.doors.indexOf(door))],
      );
    });
  }

  judge(judged: JudgedVisit): readonly Violation[] {
    const violations = [
      ...judged.answers.flatMap((row) => this.#answerProblem(row, judged) ?? []),
      ...judged.alarms.flatMap((row) => alarmProblem(row, judged) ?? []),
      ...(this.#courseProblem(judged) ?? []),
      ...guessedTooOften(judged),
      ...grantsTwice(judged),
    ];
    this.#triesByGuest.set(judged.visit.errand.guest.name, this.#triesAt(judged));
    return violations;
  }

  #answerProblem(row: Row, judged: JudgedVisit): readonly Violation[] {
    const answer = answerOf(row);
    const { guest } = judged.visit.errand;
    const blame = (invariant: string, what: string): readonly Violation[] => [
      { invariant, atMs: row.atMs, what: `row ${row.seq}, ${answer}: ${guest.name} ${what}` },
    ];
    if (answer === WRONG_PASSWORD && this.#blocksAt(judged).wasBlocked(row.atMs))
      return blame("guessersAreBlocked", "tried a password at a lane that is blocked");
    if (answer.startsWith("granted")) {
      const problem = this.#grantProblem(row, judged);
      return problem === undefined ? [] : blame("grantsAreDue", problem);
    }
    if (!this.#explanations(row, judged).some((meant) => isMeant(answer, meant)))
      return blame("refusalsHaveReasons", `was refused without a reason (due: ${guest.due})`);
    const isFound = guest.alarm !== undefined && isMeant(answer, guest.due);
    return isFound &&
      !judged.alarms.some(({ type, seq }) => type === alarmType(guest.alarm) && seq === row.seq - 1)
      ? blame("forgeriesRaiseAlarms", "raised no alarm")
      : [];
  }

  #grantProblem({ atMs, pseudonym = "", ...row }: Row, { visit }: JudgedVisit): string | undefined {
    const { guest } = visit.errand;
    if (!guest.due.startsWith("granted")) return `may not enter (due: ${guest.due})`;
    if (answerOf({ atMs, ...row, pseudonym }) !== guest.due)
      return `proved something else (due: ${guest.due})`;
    if (!guest.listed.some((listing) => this.#record.key(listing) === pseudonym)) return "is somebody else";
    const isThere = visit.layings.some(
      ({ hand, fromMs, toMs }) => hand === "own" && atMs >= fromMs - STAMP_MS && atMs <= toMs + LINGER_MS,
    );
    return isThere ? undefined : "had no card on the reader";
  }

  #explanations({ seq }: Row, judged: JudgedVisit): readonly string[] {
    const { errand, lane, beganMs, endedMs } = judged.visit;
    const { guest, mistakes } = errand;
    const mayBeBlocked = this.#blocksAt(judged).mayBeBlocked(beganMs, endedMs + LINGER_MS);
    const tries = this.#triesAt(judged);
    const hasForeignDigits = this.#leftovers.some((each) => each.lane === lane && meets(each, judged.visit));
    return [
      guest.due,
      ...mistakes,
      ...(mayBeBlocked || tries >= TRIES_OF_HOLDER ? [BLOCKED] : []),
      ...(tries >= TRIES_UNTIL_LATE ? [INCOMPLETE] : []),
      // What was typed goes with the answer: whoever lays his card down again is asked anew.
      ...(judged.answers.some((row) => row.seq < seq && isOver(row)) ? [PASSWORD_MISSING] : []),
      ...(judged.isCalm ? [] : [...IN_TROUBLE, silenced(guest.due)]),
      ...(hasForeignDigits ? BY_FOREIGN_DIGITS : []),
    ];
  }

  /**
   * Wrong passwords at a card that may say who it is, of this visit and those before it; in trouble also such as have no row,
   * since a process died before, or since they were taken for somebody else's when the card came back.
   */
  #triesAt({ visit, answers, isCalm }: JudgedVisit): number {
    const { errand, entries, layings, beganMs, endedMs } = visit;
    const before = this.#triesByGuest.get(errand.guest.name) ?? 0;
    const own = answers.filter((row) => answerOf(row) === WRONG_PASSWORD).length;
    if (entries.length === 0) return before + own;
    const deaths = this.#record.killsMs.filter((atMs) => atMs >= beganMs && atMs <= endedMs).length;
    const unseen = isCalm ? 0 : Math.max(0, layings.length - own);
    return before + own + deaths + unseen;
  }

  /** Before an undisturbed lane everything takes the course that it has to take. */
  #courseProblem(judged: JudgedVisit): readonly Violation[] | undefined {
    const { visit, answers, isCalm } = judged;
    const { errand, beganMs, endedMs, lane } = visit;
    const isDisturbed =
      !isCalm ||
      this.#triesAt(judged) >= TRIES_OF_HOLDER ||
      this.#blocksAt(judged).mayBeBlocked(beganMs, endedMs) ||
      this.#leftovers.some((each) => each.lane === lane && meets(each, visit));
    if (isDisturbed) return undefined;
    const course = answers.map(answerOf);
    const { guest, answers: expected } = errand;
    const isRight =
      expected === undefined
        ? !guest.due.startsWith("granted") || course.includes(guest.due)
        : course.length === expected.length &&
          course.every((answer, index) => isMeant(answer, expected[index] ?? ""));
    const what = `${guest.name} at lane ${lane + 1} got [${course.join(", ")}], due [${(expected ?? [guest.due]).join(", ")}]`;
    return isRight ? undefined : [{ invariant: "everybodyGetsWhatIsDue", atMs: beganMs, what }];
  }

  #blocksAt({ visit }: JudgedVisit): LaneBlocks {
    const blocks = this.#blocks[visit.lane];
    if (blocks === undefined) throw new Error(`there is no lane ${visit.lane}`);
    return blocks;
  }
}

/** Blocked, or let in, be it sooner than he takes his card away. */
const isOver = (row: Row): boolean => row.type === "acs.access.granted" || answerOf(row) === BLOCKED;

/** What was tried at a reader in trouble: behind its restart two who are nobody count as one, and the second has no row. */
const triesInTrouble = (judged: readonly JudgedVisit[], lane: number): readonly number[] =>
  judged
    .filter(({ isCalm, visit }) => !isCalm && visit.lane === lane && visit.entries.length > 0)
    .flatMap(({ visit }) => visit.layings.map(({ toMs }) => toMs));

const alarmType = (alarm: string | undefined): string => `acs.security.${alarm}`;

/** Nobody is accused who did nothing, whatever happens to his card; but for one that trouble silenced again and again. */
function alarmProblem(row: Row, { visit, answers, isCalm }: JudgedVisit): readonly Violation[] | undefined {
  const { guest } = visit.errand;
  const told = answers.find(({ seq }) => seq === row.seq + 1);
  const answer = told === undefined ? undefined : answerOf(told);
  const isSilenced = !isCalm && (answer === SILENT || answer === silenced(guest.due));
  if (row.type === alarmType(guest.alarm) || isSilenced) return undefined;
  return [
    { invariant: "alarmsAreDeserved", atMs: row.atMs, what: `row ${row.seq}, ${row.type}: ${guest.name}` },
  ];
}

/** At a card whose number is known the gate counts for itself, wherever the guesser goes. */
function guessedTooOften({ visit, answers }: JudgedVisit): readonly Violation[] {
  const { guest, mostWrong = Number.POSITIVE_INFINITY } = visit.errand;
  const wrong = answers.filter((row) => answerOf(row) === WRONG_PASSWORD);
  const what = `${guest.name} tried ${wrong.length} wrong passwords at one card`;
  return wrong.length > mostWrong ? [{ invariant: "guessersAreBlocked", atMs: visit.endedMs, what }] : [];
}

/** Each presentation lets in once: a card that comes back sooner than it counts is still the same. */
function grantsTwice({ visit, answers }: JudgedVisit): readonly Violation[] {
  const presentations: { readonly fromMs: number; toMs: number }[] = [];
  for (const { hand, fromMs, toMs } of visit.layings) {
    if (hand !== "own") continue;
    const last = presentations.at(-1);
    if (last !== undefined && fromMs - last.toMs < REARM_MS) last.toMs = toMs;
    else presentations.push({ fromMs, toMs });
  }
  const grants = answers.filter(({ type }) => type === "acs.access.granted");
  return presentations.flatMap(({ fromMs, toMs }) => {
    const own = grants.filter(({ atMs }) => atMs >= fromMs - STAMP_MS && atMs <= toMs + LINGER_MS);
    const [, second] = own;
    if (second === undefined) return [];
    const what = `row ${second.seq} let ${visit.errand.guest.name} in again`;
    return [{ invariant: "oneGrantPerPresentation", atMs: second.atMs, what }];
  });
}

/** What somebody typed or showed and did not use. */
interface Leftover {
  readonly lane: number;
  readonly atMs: number;
}

const meets = ({ atMs }: Leftover, visit: Visit): boolean =>
  atMs < firstLaidMs(visit) && atMs > visit.beganMs - KEPT_MS && atMs < visit.beganMs;

/** Used up by an answer that came behind it, other than that nothing could be read. */
function leftoversOf({ visits }: MatchRecord, judged: readonly JudgedVisit[]): readonly Leftover[] {
  const answersOf = new Map(judged.map(({ visit, answers }) => [visit, answers]));
  return visits.flatMap((visit) =>
    visit.entries
      .filter(({ what }) => what !== "short")
      .filter(
        ({ atMs }) =>
          !(answersOf.get(visit) ?? []).some((row) => row.atMs > atMs && !isMeant(answerOf(row), INCOMPLETE)),
      )
      .map(({ atMs }) => ({ lane: visit.lane, atMs })),
  );
}
