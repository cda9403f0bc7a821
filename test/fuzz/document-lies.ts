/** The lies of one campaign, each by its number: which reading, which step, and what is said there. */
import { concat, equalBytes } from "../../src/bytes/bytes.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { mutatedAnswer, mutatedReply, STATUS_WORDS } from "./document-answers.ts";
import { mutated } from "./document-mutations.ts";
import type { Recording } from "./document-recording.ts";
import { isFileStep, type Lie, type StepName, stepsOf } from "./document-replay-chip.ts";

/** A recording and what may be said in it out of others: another session of the same card, and other cards. */
export interface Cast {
  readonly recording: Recording;
  readonly otherSession: Recording;
  readonly otherCards: readonly Recording[];
}

export interface PlannedLie extends Lie {
  readonly step: StepName;
}

const OBSTINATE = 1 / 100;

/** Each step of the reading is as likely as any other, however many answers it has. */
export function planLie(cast: Cast, random: SeededRandom): PlannedLie {
  const steps = stepsOf(cast.recording);
  const step = random.pick([...new Set(steps)]);
  const places = [...steps.keys()].filter((at) => steps[at] === step);
  const at = random.pick(places);
  const isOnce = random.chance(0.25);
  const base = { step, at, isOnce };
  if (random.chance(OBSTINATE)) return { ...base, how: "obstinate", edit: obstinately(cast, random) };
  const isInside = at >= cast.recording.clearAnswers;
  const isFile = isInside && isFileStep(step);
  const how = random.pick(isFile ? IN_FILES : isInside ? INSIDE : IN_CLEAR);
  return { ...base, how, edit: editOf(how, { step, at }, cast, random) };
}

const IN_CLEAR = ["answer", "answer", "answer", "order"] as const;
const INSIDE = ["answer", "reply", "reply", "order"] as const;
const IN_FILES = ["answer", "reply", "reply", "file", "file", "order"] as const;

function editOf(
  how: Exclude<Lie["how"], "obstinate">,
  { step, at }: Pick<PlannedLie, "step" | "at">,
  cast: Cast,
  random: SeededRandom,
): Lie["edit"] {
  const fork = random.fork();
  const { recording, otherSession, otherCards } = cast;
  const others = [...recording.content.application.values(), ...recording.answers];
  switch (how) {
    case "answer":
      return (honest) => mutatedAnswer(honest, others, fork);
    case "reply":
      return (honest) => mutatedReply(honest, others, fork);
    case "file":
      return (honest) => otherFile(honest, step, cast, fork);
    case "order":
      return (honest) => {
        const source = fork.pick([recording, otherSession, fork.pick(otherCards)]);
        // The recorded answer at this place is honest too, even if it differs: signatures have chance in them.
        const elsewhere = source.answers.filter((_, place) => source !== recording || place !== at);
        const replaced = fork.pick(elsewhere);
        return equalBytes(replaced, honest) ? concat(honest, honest) : replaced;
      };
  }
}

/** Half of the time the same file of another person's document, which a State has signed too. */
function otherFile(
  honest: Uint8Array,
  step: StepName,
  { otherCards }: Cast,
  random: SeededRandom,
): Uint8Array {
  const stranger = random.pick(otherCards).content;
  const all = [...stranger.application.values(), ...stranger.masterFile.values()];
  const same = all.find(([tag]) => tag === honest[0]);
  const isTheirs = step !== "CardSecurity" && random.chance(0.25);
  return isTheirs && same !== undefined && !equalBytes(same, honest) ? same : mutated(honest, all, random);
}

/** Until the end the same: a status, a crumb of data, or the same answer again. */
function obstinately({ recording }: Cast, random: SeededRandom): Lie["edit"] {
  const sw = random.pick(STATUS_WORDS);
  const status = Uint8Array.of(sw >> 8, sw & 0xff);
  const data = random.pick([new Uint8Array(0), Uint8Array.of(0x75), random.pick(recording.answers)]);
  return random.chance(0.25) ? (honest) => honest : () => concat(data, status);
}
