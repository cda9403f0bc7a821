/** Defects to be planted in a gate on the day of a match, each of which one rule of the judge has to find. */
import type { LaneRows } from "../../src/gate/access-event.ts";
import type { LaneInput, step } from "../../src/gate/lane.ts";
import type { OpenDatabase } from "../../src/journal/database.ts";
import type { NewEvent } from "../../src/ports/journal.ts";

export type MatchDefect =
  /** Whoever has a sound document passes, on a list or not. */
  | "strangerGranted"
  /** A check that failed is told, and opens. */
  | "forgeryGranted"
  /** Wrong passwords are forgotten at once. */
  | "guessesForgotten"
  /** Now and then somebody is refused, and the row does not know why. */
  | "refusedWithoutReason"
  /** What was found false raises no alarm. */
  | "silentForgery";

type Step = typeof step<LaneRows>;
type VerdictInput = Extract<LaneInput<LaneRows>, { readonly kind: "verdict" }>;

const STRANGER: ReadonlySet<unknown> = new Set(["CredentialNotFound"]);
const FORGERY: ReadonlySet<unknown> = new Set([
  "acs:DocumentAuthenticationFailed",
  "acs:ChipAuthenticationFailed",
]);
/** One of so many. */
const REFUSED_EVERY = 17;

/** The machine with the defect in it. */
export function withMatchDefect(defect: MatchDefect | undefined, sound: Step): Step {
  let verdicts = 0;
  const changed = (input: VerdictInput): VerdictInput => {
    verdicts += 1;
    switch (defect) {
      case "strangerGranted":
        return grantedFor(STRANGER, input);
      case "forgeryGranted":
        return grantedFor(FORGERY, input);
      case "refusedWithoutReason":
        return verdicts % REFUSED_EVERY === 0 ? refused(input) : input;
      case "silentForgery":
        return { ...input, verdict: { ...input.verdict, row: input.verdict.row.slice(-1) } };
      default:
        return input;
    }
  };
  return (lane, input) => sound(lane, input.kind === "verdict" ? changed(input) : input);
}

function grantedFor(reasons: ReadonlySet<unknown>, input: VerdictInput): VerdictInput {
  const { verdict } = input;
  if (!verdict.row.some(({ data }) => reasons.has(data["reason"]))) return input;
  const row = verdict.row.map((event) => (event.type === "acs.access.denied" ? asGrant(event) : event));
  return { ...input, verdict: { ...verdict, outcome: "granted", row } };
}

function asGrant(event: NewEvent): NewEvent {
  const facts = Object.entries(event.data).filter(([name]) => name !== "reason" && name !== "detail");
  return { ...event, type: "acs.access.granted", data: { ...Object.fromEntries(facts), group: "members" } };
}

function refused(input: VerdictInput): VerdictInput {
  const { verdict } = input;
  const row = verdict.row.map((event) => ({
    ...event,
    ...(event.type === "acs.access.granted"
      ? { type: "acs.access.denied" as const, data: { ...event.data, reason: "Other" } }
      : {}),
  }));
  return { ...input, verdict: { ...verdict, outcome: "denied", row } };
}

/** Done to the database of each process at its start, by a trigger that its connection alone has. */
export function plantInTries(defect: MatchDefect | undefined, { connection }: OpenDatabase): void {
  if (defect !== "guessesForgotten") return;
  connection.exec(`CREATE TEMP TRIGGER forgotten AFTER INSERT ON main.password_try BEGIN
    DELETE FROM password_try; END`);
}
