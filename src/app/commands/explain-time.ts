/** For which time `varco explain` is asked: `--at` and `--clock`, or now as the gate would see it. */
import type { Config } from "../../config/schema.ts";
import type { CredentialInquiry } from "../../journal/credential-inquiry.ts";
import type { DecisionTime } from "../../policy/question.ts";
import type { Clock, ClockState } from "../../ports/clock.ts";
import type { JournalError } from "../../ports/journal.ts";
import { err, ok, type Result } from "../../result.ts";
import { timeAbove } from "../../time/clock-floor.ts";
import { parseInstant } from "../../time/parse-iso-8601.ts";
import { type Instant, localTime } from "../../time/time.ts";
import { buildTime } from "../build-time.ts";
import { lookAtMachine } from "../clock-state.ts";
import type { Invocation } from "../command.ts";
import { zoneOf } from "../door-policy.ts";

const CLOCK_STATES: readonly ClockState[] = ["synced", "holdover", "unsynced"];
const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?$/;

/** What the words say; absent where they say nothing. */
interface Moment {
  readonly at?: Instant;
  readonly clock?: ClockState;
}

/** Reads `--at` and `--clock`; the error says what is wrong with them. */
export function parseMoment(
  words: { readonly at: string | undefined; readonly clock: string | undefined },
  config: Config,
): Result<Moment, string> {
  const clock = CLOCK_STATES.find((state) => state === words.clock);
  if (words.clock !== undefined && clock === undefined)
    return err(`--clock: one of ${CLOCK_STATES.join(", ")}`);
  const at = words.at === undefined ? undefined : parseAt(words.at, config);
  if (words.at !== undefined && at === undefined) {
    const local =
      config.timeZone === undefined ? "" : `, or without Z in the local time of ${config.timeZone}`;
    return err(`--at: an instant such as 2026-12-25T10:00:00Z or 2026-12-25T11:00+01:00${local}`);
  }
  return ok({ ...(at === undefined ? {} : { at }), ...(clock === undefined ? {} : { clock }) });
}

/** An instant, or a local time of the gate's zone; of two with the same face the first. */
function parseAt(text: string, config: Config): Instant | undefined {
  if (config.timeZone === undefined || !LOCAL.test(text)) return parseInstant(text);
  const face = parseInstant(`${text}Z`);
  return face === undefined ? undefined : zoneOf(config).beginning(localTime(face));
}

/** The time to decide by: what the words say of a clock that is right, or what the gate would go by now. */
export async function timeOf(
  texts: Invocation["texts"],
  surroundings: {
    readonly config: Config;
    readonly inquiry: Pick<CredentialInquiry, "newestTime">;
    readonly clock: Clock;
  },
): Promise<Result<DecisionTime, JournalError>> {
  const { config, inquiry, clock } = surroundings;
  const parsed = parseMoment({ at: texts["at"], clock: texts["clock"] }, config);
  const moment: Moment = parsed.ok ? parsed.value : {};
  if (moment.at !== undefined) return ok({ instant: moment.at, state: moment.clock ?? "synced" });
  const newest = inquiry.newestTime();
  if (!newest.ok) return newest;
  const built = await buildTime();
  const floors = { buildTime: built, newestEntry: newest.value ?? built };
  return ok(timeAbove(floors, clock.wallTime(), moment.clock ?? (await lookAtMachine(clock))));
}
