/**
 * The lane as a state machine of plain data: one reader, one relay, one card at a time. A step is a pure function of state
 * and input; it returns the next state and what is to be done, the last of which is always the one activity whose end is the
 * next input. `lane-runner.ts` does the doing; src/README.md draws the states. Order is the safety argument: the relay is
 * only ever moved by the step that follows a commit, so no relay closes without a durable row. One presentation gives one
 * decision: a card that flickers at the edge of the field is the same one until it has been away for `REARM_MS`.
 */
import type { RecoveryStep } from "../ports/card.ts";
import { unreachable } from "../result.ts";
import { after, type Millis } from "../time/time.ts";

/** A card lost in mid-reading is looked for again this long before the attempt is recorded as incomplete. */
export const REREAD_PATIENCE_MS = 600;
/** Readings begun for one presentation before it is recorded as incomplete. */
export const MAX_READ_TRIES = 5;
/** The same card seen again within this time of its loss is the same presentation. */
export const REARM_MS = 1_000;
/**
 * As `REARM_MS`, for whoever was there before the reader or the gate was started anew. An empty field is no proof
 * then: two cards that collide are nobody to the reader, and either may have lain there all the time.
 */
export const UNSEEN_REARM_MS = 10_000;
/** A seal shown again within this time of its last sight is the same presentation: scanners read again what stays in view. */
export const SEAL_REARM_MS = 5_000;
/** Holders remembered after they left. */
export const MAX_RECENTS = 4;
/** More seals than can be decided on within `SEAL_REARM_MS`. */
const MAX_SEAL_RECENTS = 8;
/** A second card in the same field answers within this time of the loss of the first. */
export const SHARED_FIELD_MS = 100;
/** A holder who leaves may brush the field again for this long; a card lost in reading then is no attempt. */
export const BRUSH_MS = 250;
/** Stands for the holder of a card that could not be read to its end. */
export const INCOMPLETE = "incomplete";
/** A card in the field for longer than this is reported as left lying, once. */
export const LEFT_LYING_MS = 10_000;
/** Pause between presence checks, and between those of a card known to be left lying. */
export const WATCH_INTERVAL_MS = 20;
export const WATCH_LEFT_INTERVAL_MS = 250;
/** Pause before the reader is started again: doubles from the first to the last. */
export const RESTART_FIRST_MS = 200;
export const RESTART_LAST_MS = 10_000;
/** So often is a reader helped that fails before it has looked for a card once. */
const MAX_VAIN_RESTARTS = 2;

/** What a reading led to, ready to be written. `Row` is opaque here: the runner makes and commits it. */
export interface Verdict<Row> {
  /** `admittedNextDoor`: a grant, were it not that a neighbour who sees the same cards has admitted this presentation. */
  readonly outcome: "granted" | "denied" | "admittedNextDoor";
  /** Tells presentations of different holders apart; lives in memory only. */
  readonly who: string;
  readonly row: Row;
  /** He was shown by a seal, with a card or without: his scanner may read it again while it stays in view. */
  readonly bySeal?: boolean | undefined;
}

/** A presentation that has ended, kept to recognise a card that flickers. */
export interface Recent {
  readonly who: string;
  readonly goneAt: Millis;
  /** Seen again from then on, it is a new presentation. */
  readonly rearmAt: Millis;
  /** A restart has moved `rearmAt`; the next one does not move it so far again. */
  readonly overRestart: boolean;
  readonly since: Millis;
  readonly leftReported: boolean;
  /** The field was seen empty after it: the card has really left, and is not hidden behind another one. */
  readonly seenAbsent: boolean;
  /** It was not admitted; when that is not known, after a restart, it was. */
  readonly refused?: boolean | undefined;
  readonly bySeal?: boolean | undefined;
}

/** The last presentations, newest first, each holder once: several, since two cards in one wallet take turns. */
export type Recents = readonly Recent[];

interface Attempt {
  readonly foundAt: Millis;
  readonly tries: number;
  readonly recents: Recents;
}

interface Presence {
  readonly who: string;
  readonly since: Millis;
  readonly leftReported: boolean;
  readonly refused?: boolean | undefined;
  readonly bySeal?: boolean | undefined;
  /** Those before this one. */
  readonly recents: Recents;
}

export type Lane<Row> =
  | { readonly at: "starting"; readonly recents: Recents }
  | { readonly at: "idle"; readonly recents: Recents; readonly unproven?: Unproven | undefined }
  | ({ readonly at: "reading" } & Attempt)
  | ({ readonly at: "searching"; readonly lostAt: Millis } & Attempt)
  | ({ readonly at: "committing" } & Committing<Row>)
  | ({ readonly at: "present" } & Presence)
  | ({ readonly at: "recovering"; readonly recents: Recents } & Trouble)
  | ({ readonly at: "down"; readonly recents: Recents } & Trouble);

/** What is wrong with the reader, and how often it was started since it last did its work. */
interface Trouble {
  readonly reason: string;
  readonly restarts: number;
}

/** A reader that has started, but has not looked for a card since: many start well and fail at their first poll. */
interface Unproven extends Trouble {
  readonly was: "recovering" | "down";
  readonly by?: RecoveryStep | undefined;
}

interface Committing<Row> {
  readonly verdict: Verdict<Row>;
  readonly foundAt: Millis;
  /** A card that lies there, one that was lost before it was read to its end, or a seal that was shown to the scanner. */
  readonly of: "card" | "lostCard" | "seal";
  readonly recents: Recents;
}

export type LaneInput<Row> =
  /** `by` names the step that helped, when the reader had failed. */
  | { readonly kind: "readerStarted"; readonly now: Millis; readonly by?: RecoveryStep | undefined }
  | { readonly kind: "readerFailed"; readonly now: Millis; readonly reason: string }
  | { readonly kind: "cardFound"; readonly now: Millis }
  | { readonly kind: "nothingFound"; readonly now: Millis }
  /** Nobody's card is there, and a seal was scanned at `shownAt`, at a door that may go by it alone. */
  | {
      readonly kind: "sealShown";
      readonly now: Millis;
      readonly shownAt: Millis;
      readonly verdict: Verdict<Row>;
    }
  /** For `forMs` the reader had no turn at the field that it shares, so that nobody can be said to have been away. */
  | { readonly kind: "notLooked"; readonly now: Millis; readonly forMs: number }
  /** `hasNeighbours`: other lanes see the same cards, and ask this one whom it has admitted. */
  | {
      readonly kind: "verdict";
      readonly now: Millis;
      readonly verdict: Verdict<Row>;
      readonly hasNeighbours?: boolean;
    }
  | { readonly kind: "cardLost"; readonly now: Millis }
  /** Somebody who was decided on just now was leaving, and has left before anything was read. */
  | { readonly kind: "cardLeft"; readonly now: Millis }
  | { readonly kind: "committed"; readonly now: Millis }
  | { readonly kind: "commitFailed"; readonly now: Millis }
  | { readonly kind: "cardPresent"; readonly now: Millis }
  | { readonly kind: "cardGone"; readonly now: Millis };

export type LaneSignal = "granted" | "denied" | "fault";
export type LaneNote = "readerRecovered" | "readerDown" | "readerUp" | "cardLeftLying";

/** Why, and by what: the facts of a note about the reader. */
export interface NoteFacts {
  readonly reason?: string | undefined;
  readonly by?: RecoveryStep | undefined;
  /** How often it happened since it was noted last. */
  readonly times?: number;
}

export type LaneEffect<Row> =
  | { readonly do: "pulseRelay" }
  | { readonly do: "signal"; readonly signal: LaneSignal }
  | ({ readonly do: "note"; readonly note: LaneNote } & NoteFacts)
  | { readonly do: "dropCard" }
  /** Activities: exactly one ends every list of effects. */
  | { readonly do: "startReader"; readonly afterMs: number }
  | { readonly do: "poll" }
  | { readonly do: "read"; readonly foundAt: Millis }
  | { readonly do: "commit"; readonly row: Row }
  | { readonly do: "composeIncomplete"; readonly foundAt: Millis; readonly tries: number }
  | { readonly do: "watch"; readonly afterMs: number };

export type LaneStep<Row> = readonly [Lane<Row>, readonly LaneEffect<Row>[]];

/** Where a lane begins: the reader has to be started. `recents` is what the journal knows of the last card. */
export const begin = <Row>(recents: Recents): LaneStep<Row> => [
  { at: "starting", recents },
  [{ do: "startReader", afterMs: 0 }],
];

/** The machine. An input that a state does not expect is a defect of the runner and throws. */
export function step<Row>(lane: Lane<Row>, input: LaneInput<Row>): LaneStep<Row> {
  if (input.kind === "readerFailed") return readerFailed(lane, input.now, input.reason);
  switch (lane.at) {
    case "starting":
      expectStarted(lane.at, input);
      return toIdle(unseenUntil(input.now, lane.recents), []);
    case "recovering":
    case "down":
      return started(lane, input);
    case "idle":
      return stepIdle(lane, input);
    case "reading":
      return stepReading(lane, input);
    case "searching":
      return stepSearching(lane, input);
    case "committing":
      return stepCommitting(lane, input);
    case "present":
      return stepPresent(lane, input);
    default:
      return unreachable(lane);
  }
}

/** Whether `who` is admitted here, by this lane or next door, and that presentation lasts for somebody found at `foundAt`. */
export function hasAdmitted(lane: Lane<unknown>, who: string, foundAt: Millis): boolean {
  const wasHere = (recent: Recent): boolean =>
    recent.who === who && recent.refused !== true && foundAt < awayAt(lane, recent);
  return admittedHere(lane) === who || lane.recents.some(wasHere);
}

/** Whether a card found elsewhere at `foundAt` may have been that of anybody who was admitted here, as it came or went. */
export const mayHaveBrushed = (lane: Lane<unknown>, foundAt: Millis): boolean =>
  admittedHere(lane) !== undefined ||
  lane.recents.some(({ refused, goneAt }) => refused !== true && foundAt < after(goneAt, BRUSH_MS));

/** Who lies before the reader and is admitted. */
function admittedHere(lane: Lane<unknown>): string | undefined {
  if (lane.at === "present") return lane.refused === true ? undefined : lane.who;
  return lane.at === "committing" && lane.verdict.outcome !== "denied" ? lane.verdict.who : undefined;
}

/** From when on somebody counts as away. A reader that does not work sees nobody leave, yet keeps nobody out for ever. */
function awayAt(lane: Lane<unknown>, { rearmAt, goneAt, overRestart }: Recent): Millis {
  const isBlind = lane.at === "starting" || lane.at === "recovering" || lane.at === "down";
  return isBlind && !overRestart ? after(goneAt, UNSEEN_REARM_MS) : rearmAt;
}

function stepIdle<Row>(
  { recents, unproven }: Extract<Lane<Row>, { at: "idle" }>,
  input: LaneInput<Row>,
): LaneStep<Row> {
  if (input.kind === "notLooked")
    return [{ at: "idle", recents: postponed(recents, input.forMs), unproven }, [{ do: "poll" }]];
  if (input.kind === "sealShown") return sealShown(recents, input);
  const notes: readonly LaneEffect<Row>[] = unproven === undefined ? [] : [backInService(unproven)];
  if (input.kind !== "cardFound") return toIdle(recents, notes);
  const attempt = { foundAt: input.now, tries: 1, recents: notHidden(recents, input.now) };
  const [reading, effects] = toReading<Row>(attempt);
  return [reading, [...notes, ...effects]];
}

/** Decided on like a card that has left at once: there is nothing to be watched, and nothing to be dropped. */
function sealShown<Row>(
  recents: Recents,
  { now, shownAt, verdict }: Extract<LaneInput<Row>, { kind: "sealShown" }>,
): LaneStep<Row> {
  const same = recents.find(({ who, rearmAt }) => who === verdict.who && shownAt < rearmAt);
  if (same !== undefined) {
    const rearmAt = later(same.rearmAt, after(shownAt, SEAL_REARM_MS));
    return toIdle([{ ...same, goneAt: now, rearmAt }, ...without(recents, same.who)], []);
  }
  return [
    { at: "committing", verdict, foundAt: shownAt, of: "seal", recents },
    [{ do: "commit", row: verdict.row }],
  ];
}

function stepReading<Row>(lane: Attempt, input: LaneInput<Row>): LaneStep<Row> {
  const { foundAt, tries, recents } = lane;
  if (input.kind === "cardLost") {
    return [
      { at: "searching", foundAt, tries, recents, lostAt: input.now },
      [{ do: "dropCard" }, { do: "poll" }],
    ];
  }
  if (input.kind === "cardLeft") return toIdle(maybeSeen(recents, foundAt, input.now), [{ do: "dropCard" }]);
  if (input.kind !== "verdict") throw unexpected("reading", input);
  const { verdict, now, hasNeighbours = false } = input;
  const same = recents.find(({ who, rearmAt }) => who === verdict.who && foundAt < rearmAt);
  if (same !== undefined) return toPresent({ ...same, recents: without(recents, same.who) }, []);
  // Somebody else: who was seen to have left before is forgotten, unless neighbours have still to know of him. Who may
  // be hidden beside the present one is not.
  const hidden = recents.filter(
    ({ seenAbsent, refused, rearmAt }) => !seenAbsent || (hasNeighbours && refused !== true && now < rearmAt),
  );
  return [
    { at: "committing", verdict, foundAt, of: "card", recents: hidden },
    [{ do: "commit", row: verdict.row }],
  ];
}

/** The card fell silent in mid-reading: most often it is back at once, a little closer. */
function stepSearching<Row>(
  lane: Attempt & { readonly lostAt: Millis },
  input: LaneInput<Row>,
): LaneStep<Row> {
  const { foundAt, tries, recents } = lane;
  if (input.kind === "notLooked") {
    const lostAt = after(lane.lostAt, input.forMs);
    return [{ at: "searching", ...lane, lostAt }, [{ do: "poll" }]];
  }
  if (input.kind === "cardFound" && tries < MAX_READ_TRIES)
    return toReading({ foundAt, tries: tries + 1, recents });
  if (input.kind === "nothingFound" && input.now < after(lane.lostAt, REREAD_PATIENCE_MS)) {
    return [{ at: "searching", ...lane }, [{ do: "poll" }]];
  }
  if (input.kind === "verdict") {
    const { verdict } = input;
    if (verdict.outcome === "admittedNextDoor") return toIdle(recents, []);
    return [
      { at: "committing", verdict, foundAt, of: "lostCard", recents },
      [{ do: "commit", row: verdict.row }],
    ];
  }
  if (input.kind !== "cardFound" && input.kind !== "nothingFound") throw unexpected("searching", input);
  const seen = maybeSeen(recents, foundAt, input.now);
  if (isNoNewAttempt(recents, foundAt)) return toIdle(seen, []);
  return [{ at: "searching", ...lane, recents: seen }, [{ do: "composeIncomplete", foundAt, tries }]];
}

/**
 * A holder who is just leaving brushes the edge of the field, and a card that fails again and again is
 * still the same one: neither is a new attempt.
 */
function isNoNewAttempt([newest]: Recents, foundAt: Millis): boolean {
  if (newest === undefined) return false;
  const graceMs = newest.who === INCOMPLETE ? REARM_MS : BRUSH_MS;
  return foundAt < after(newest.goneAt, graceMs);
}

function stepCommitting<Row>(lane: Committing<Row>, input: LaneInput<Row>): LaneStep<Row> {
  const { verdict, foundAt, recents } = lane;
  const refused =
    verdict.outcome === "denied" || (verdict.outcome === "granted" && input.kind === "commitFailed");
  const { who, bySeal } = verdict;
  const present = { who, since: foundAt, leftReported: false, refused, bySeal, recents };
  const next = (effects: readonly LaneEffect<Row>[]): LaneStep<Row> => {
    switch (lane.of) {
      case "card":
        return toPresent(present, effects);
      case "lostCard":
        return toIdle(remember(present, input.now), [...effects, { do: "dropCard" }]);
      case "seal":
        return toIdle(rememberSeal(present, input.now), effects);
    }
  };
  if (input.kind === "commitFailed") return next([{ do: "signal", signal: "fault" }]);
  if (input.kind !== "committed") throw unexpected("committing", input);
  if (verdict.outcome !== "granted") return next([{ do: "signal", signal: "denied" }]);
  return next([{ do: "pulseRelay" }, { do: "signal", signal: "granted" }]);
}

function stepPresent<Row>(lane: Presence, input: LaneInput<Row>): LaneStep<Row> {
  if (input.kind === "cardGone") return toIdle(remember(lane, input.now), [{ do: "dropCard" }]);
  if (input.kind !== "cardPresent") throw unexpected("present", input);
  const left = input.now >= after(lane.since, LEFT_LYING_MS);
  const notes: readonly LaneEffect<Row>[] =
    left && !lane.leftReported ? [{ do: "note", note: "cardLeftLying" }] : [];
  return toPresent({ ...lane, leftReported: left }, notes);
}

/**
 * Whatever was going on is over; what was present is remembered, so that recovery grants nothing twice. The reader
 * is helped at once; it is down when that did not help, or did not for long enough to look for a card, twice.
 */
function readerFailed<Row>(lane: Lane<Row>, now: Millis, reason: string): LaneStep<Row> {
  if (lane.at === "down") return toDown(lane.recents, { reason, restarts: lane.restarts + 1 }, []);
  if (lane.at === "starting" || lane.at === "recovering")
    return toDown(lane.recents, { reason, restarts: 0 }, [{ do: "note", note: "readerDown", reason }]);
  const known = lane.at === "present" ? remember(lane, now) : lane.recents;
  // Who had left for good before the failure has nothing to do with it.
  const recents = known.filter(({ rearmAt }) => now < rearmAt);
  const unproven = lane.at === "idle" ? lane.unproven : undefined;
  const restarts = unproven === undefined ? 0 : unproven.restarts + 1;
  if (unproven?.was === "down") return toDown(recents, { reason, restarts }, []);
  if (restarts >= MAX_VAIN_RESTARTS)
    return toDown(recents, { reason, restarts: 0 }, [{ do: "note", note: "readerDown", reason }]);
  return [{ at: "recovering", reason, restarts, recents }, [{ do: "startReader", afterMs: 0 }]];
}

function toDown<Row>(
  recents: Recents,
  { reason, restarts }: Trouble,
  effects: readonly LaneEffect<Row>[],
): LaneStep<Row> {
  const afterMs = Math.min(RESTART_FIRST_MS * 2 ** restarts, RESTART_LAST_MS);
  return [{ at: "down", reason, restarts, recents }, [...effects, { do: "startReader", afterMs }]];
}

/** Who was there is counted as absent from now at the earliest; that the reader works it has still to show. */
function started<Row>(
  { at, reason, restarts, recents }: Extract<Lane<Row>, { at: "recovering" | "down" }>,
  input: LaneInput<Row>,
): LaneStep<Row> {
  expectStarted(at, input);
  const unproven: Unproven = { was: at, reason, restarts, by: input.by };
  return [{ at: "idle", recents: unseenUntil(input.now, recents), unproven }, [{ do: "poll" }]];
}

function backInService<Row>({ was, reason, by }: Unproven): LaneEffect<Row> {
  return was === "down"
    ? { do: "note", note: "readerUp", by }
    : { do: "note", note: "readerRecovered", reason, by };
}

/** The presentation that ends now, before those that ended earlier. */
const remember = (presence: Presence, now: Millis): Recents =>
  recentsOf(presence, now, hiddenUntil(now, presence.recents)).slice(0, MAX_RECENTS);

/** A seal hides nobody from the reader: whoever was there before is away for as long as he has been. */
const rememberSeal = (presence: Presence, now: Millis): Recents => recentsOf(presence, now, presence.recents);

const recentsOf = (presence: Presence, now: Millis, earlier: Recents): Recents =>
  [endedNow(presence, now), ...without(earlier, presence.who)].slice(0, MAX_SEAL_RECENTS);

const endedNow = ({ who, since, leftReported, refused, bySeal }: Presence, now: Millis): Recent => ({
  ...{ who, since, leftReported, refused, bySeal, goneAt: now },
  rearmAt: after(now, bySeal === true ? SEAL_REARM_MS : REARM_MS),
  overRestart: false,
  seenAbsent: false,
});

/** While the reader was away nobody could see who stayed or came back: every absence counts from now. */
const unseenUntil = (now: Millis, recents: Recents): Recents =>
  recents.map((recent) => (recent.overRestart ? stillThere(recent, now) : { ...recent, ...unseen(now) }));

/** What is known at `now` of somebody who was there before anybody could see him. */
export const unseen = (now: Millis): Pick<Recent, "goneAt" | "rearmAt" | "overRestart" | "seenAbsent"> => ({
  goneAt: now,
  rearmAt: after(now, UNSEEN_REARM_MS),
  overRestart: true,
  seenAbsent: false,
});

/** Absent from now at the earliest. */
const stillThere = (recent: Recent, now: Millis): Recent => ({
  ...recent,
  goneAt: now,
  rearmAt: later(recent.rearmAt, after(now, REARM_MS)),
  seenAbsent: false,
});

/** Time in which nobody looked is no time of absence: what began before it ends later by as much. */
const postponed = (recents: Recents, byMs: number): Recents =>
  recents.map((recent) => ({
    ...recent,
    goneAt: after(recent.goneAt, byMs),
    rearmAt: after(recent.rearmAt, byMs),
  }));

/** While the reader was busy with another card, it could not see who lay beside that one. */
const hiddenUntil = (now: Millis, recents: Recents): Recents =>
  recents.map((recent) => (recent.seenAbsent ? recent : stillThere(recent, now)));

/** A card that could not be read may be that of anybody who was there within the rearm time before it came. */
const maybeSeen = (recents: Recents, foundAt: Millis, now: Millis): Recents =>
  recents.map((recent) => (foundAt < recent.rearmAt ? stillThere(recent, now) : recent));

/** A card that is found at once after another was lost may have lain beside it; later ones had the field alone. */
const notHidden = (recents: Recents, now: Millis): Recents =>
  recents.map((recent) => ({
    ...recent,
    seenAbsent: recent.seenAbsent || now >= after(recent.rearmAt, SHARED_FIELD_MS - REARM_MS),
  }));

const later = (one: Millis, other: Millis): Millis => (one > other ? one : other);

const without = (recents: Recents, who: string): Recents => recents.filter((recent) => recent.who !== who);

const toIdle = <Row>(recents: Recents, effects: readonly LaneEffect<Row>[]): LaneStep<Row> => [
  { at: "idle", recents },
  [...effects, { do: "poll" }],
];

const toReading = <Row>(attempt: Attempt): LaneStep<Row> => [
  { at: "reading", ...attempt },
  [{ do: "read", foundAt: attempt.foundAt }],
];

const toPresent = <Row>(
  { who, since, leftReported, refused, bySeal, recents }: Presence,
  effects: readonly LaneEffect<Row>[],
): LaneStep<Row> => [
  { at: "present", who, since, leftReported, refused, bySeal, recents },
  [...effects, { do: "watch", afterMs: leftReported ? WATCH_LEFT_INTERVAL_MS : WATCH_INTERVAL_MS }],
];

const unexpected = (at: string, input: { readonly kind: string }): Error =>
  new Error(`a ${at} lane got ${input.kind}`);

function expectStarted<Row>(
  at: string,
  input: LaneInput<Row>,
): asserts input is Extract<LaneInput<Row>, { kind: "readerStarted" }> {
  if (input.kind !== "readerStarted") throw unexpected(at, input);
}
