/**
 * The campaign of whole readings: one lie each, at any step of any kind of document. It must end with a refusal of a known
 * kind, within its time, without a proof; or, where the lie is one that changes nothing, exactly as the honest one.
 */
import { describeRefusal } from "../../src/app/commands/document-refusals.table.ts";
import type { DocumentError } from "../../src/emrtd/document-request.ts";
import { MAX_FILE_BYTES } from "../../src/emrtd/lds/file-length.ts";
import { isLinkError, type LinkError } from "../../src/ports/card.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { difference, whyHarmless } from "./document-harmless.ts";
import { type Cast, type PlannedLie, planLie } from "./document-lies.ts";
import { type Examine, type Replay, replay } from "./document-replay.ts";
import { Violation } from "./witness.ts";

export interface ReadingsCampaign {
  readonly casts: readonly Cast[];
  readonly seed: number;
  readonly from: number;
  readonly inputs: number;
  /** May have a planted defect. */
  readonly examine?: Examine;
}

export interface ReadingsReport {
  readonly inputs: number;
  readonly failure: string | undefined;
  /** How often a lie about a step had an outcome. */
  readonly outcomes: Counts;
  /** Lies that changed nothing, by what made them harmless. */
  readonly harmless: ReadonlyMap<string, number>;
}

type Counts = ReadonlyMap<string, ReadonlyMap<string, number>>;

const MAX_ATTEMPTS = 7;
/** Files of one attempt: more than any document here has. */
const MAX_FILES = 12;
const MAX_REFUSAL_CHARACTERS = 200;

/** Plays one reading after the other, to the end or to the first failure. */
export async function lieInReadings(campaign: ReadingsCampaign): Promise<ReadingsReport> {
  const outcomes = new Map<string, Map<string, number>>();
  const harmless = new Map<string, number>();
  let inputs = 0;
  for (let number = campaign.from; number < campaign.from + campaign.inputs; number++) {
    const random = new SeededRandom(campaign.seed ^ Math.imul(number + 1, 0x85ebca6b));
    const cast = random.pick(campaign.casts);
    const lie = planLie(cast, random);
    try {
      const outcome = await judged(cast, lie, campaign.examine);
      const row = outcomes.get(lie.step) ?? new Map<string, number>();
      outcomes.set(lie.step, count(row, outcome.word));
      if (outcome.harmless !== undefined) count(harmless, outcome.harmless);
    } catch (cause) {
      const what = cause instanceof Violation ? cause.message : `throws ${String(cause)}`;
      const where = `${cast.recording.name}, ${lie.step}, ${lie.how} at ${lie.at}${lie.isOnce ? ", once" : ""}`;
      const again = `FUZZ_SEED=${campaign.seed} FUZZ_FROM=${number} FUZZ_DOCUMENT_INPUTS=1`;
      return { inputs, failure: `${what}: ${where}; ${again}`, outcomes, harmless };
    }
    inputs += 1;
  }
  return { inputs, failure: undefined, outcomes, harmless };
}

function count<T extends Map<string, number>>(counts: T, word: string): T {
  counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

interface Outcome {
  /** Kind of the refusal, `accepted`, or `not told` where the reading ended before. */
  readonly word: string;
  readonly harmless: string | undefined;
}

async function judged(cast: Cast, lie: PlannedLie, examine?: Examine): Promise<Outcome> {
  const played = await replay(cast.recording, lie, examine);
  lookAtBounds(played);
  const { result, chip } = played;
  if (!result.ok) {
    lookAtRefusal(result.error);
    holds(
      played.steps.every(({ kind }) => kind !== "data"),
      "no step says that the data are proven before a refusal",
    );
    return { word: result.error.kind, harmless: undefined };
  }
  const changed = difference(result.value, cast.recording);
  holds(changed === undefined, `an accepted reading has another ${changed}`);
  if (chip.told === undefined && !chip.hasToldBefore) return { word: "not told", harmless: undefined };
  const harmless = whyHarmless(cast.recording, lie, chip.told);
  holds(harmless !== undefined, "a lie was accepted that may change something");
  return { word: "accepted", harmless };
}

function lookAtBounds({ chip, activations, steps }: Replay): void {
  holds(activations < MAX_ATTEMPTS, `${activations} activations`);
  holds(chip.tripped === 0, "no command is sent that a gate may not send");
  const files = steps.flatMap((step) => (step.kind === "file" ? [step.lengthBytes] : []));
  holds(files.length <= MAX_FILES * MAX_ATTEMPTS, "so many files are kept");
  holds(
    files.every((lengthBytes) => lengthBytes <= MAX_FILE_BYTES),
    "no file is longer than a file may be",
  );
}

/** A known kind, and plain words and numbers. */
function lookAtRefusal(error: DocumentError | LinkError): void {
  const isKnown = isLinkError(error) || describeRefusal(error) !== undefined;
  holds(isKnown, `${JSON.stringify(error)} is no known refusal`);
  holds(JSON.stringify(error).length <= MAX_REFUSAL_CHARACTERS, "a refusal is short");
}

function holds(condition: boolean, rule: string): void {
  if (!condition) throw new Violation(rule);
}
