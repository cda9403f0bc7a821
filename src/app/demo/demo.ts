/**
 * `varco demo`: a short day at a gym turnstile, and at the same time at a stadium lane that takes travel documents and at a bicycle
 * park that a seal opens. The gate is `varco run` in a process of its own with virtual bus, pins and cards in another; only the
 * hardware is not real.
 */
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { explainCommand } from "../commands/explain.ts";
import { MAX_DECISIONS } from "./back-end.ts";
import { tellBicyclePark } from "./bicycle-park.ts";
import { HOURS } from "./hours.ts";
import { isAsExpected, isClean, type Summary, witness } from "./judgement.ts";
import { describeOutcome, describeSummary, HEADING } from "./narrator.ts";
import { type Outcome, play } from "./performance.ts";
import type { LaneNumber, Scene } from "./scene.ts";
import { tellStadium } from "./stadium.ts";
import { openStage, type Stage } from "./stage.ts";
import { tellStory } from "./story.ts";

const DEFAULT_SEED = 1;
const CATCH_UP_MS = 15_000;
const LOOK_EVERY_MS = 50;

export const demoCommand: Execute = async (invocation, io) => {
  const seed = Number(invocation.texts["seed"] ?? DEFAULT_SEED);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    io.err("--seed takes a whole number from 0");
    return EXIT.usage;
  }
  const story = tellStory(seed);
  const stage = await openStage({
    clock: io.clock,
    seed,
    persons: story.persons,
    hours: HOURS,
    lanes: ["identifier", "originalChip", "verifiedDocument", "documentSeal"],
    logLevel: invocation.texts["log-level"] ?? "info",
    folder: invocation.texts["keep"],
  });
  if (!stage.ok) {
    io.err(stage.error);
    return EXIT.environment;
  }
  try {
    return await perform([story.scenes, tellStadium(), tellBicyclePark()], stage.value, invocation, io);
  } finally {
    await stage.value.close();
  }
};

/** What happens one after the other; the tracks run side by side, each at lanes of its own. */
type Track = readonly Scene[];

async function perform(
  tracks: readonly Track[],
  stage: Stage,
  invocation: Invocation,
  io: CommandIo,
): Promise<ExitCode> {
  const json = invocation.flags.has("json");
  if (!json) for (const line of HEADING) io.out(line);
  const played = new Presentations();
  do {
    await Promise.all(tracks.map((track) => playTrack(track, stage, { io, json, played })));
  } while (invocation.flags.has("forever") && !io.signal.aborted);
  const summary = await summarise(stage, played, io);
  if (json) io.out(JSON.stringify({ summary }));
  else for (const line of describeSummary(summary)) io.out(line);
  return isClean(summary) || io.signal.aborted ? EXIT.done : EXIT.negative;
}

interface Day {
  readonly io: CommandIo;
  readonly json: boolean;
  readonly played: Presentations;
}

/** What came of the presentations: the newest, as many as the back end keeps decisions, and how many there were. */
class Presentations {
  readonly #newest: Outcome[] = [];
  readonly #begun = new Map<LaneNumber, number>();
  #count = 0;

  get newest(): readonly Outcome[] {
    return this.#newest;
  }

  get count(): number {
    return this.#count;
  }

  /** The number of the presentation that begins at this lane. */
  next(lane: LaneNumber): number {
    const number = (this.#begun.get(lane) ?? 0) + 1;
    this.#begun.set(lane, number);
    return number;
  }

  add(outcome: Outcome): void {
    this.#count += 1;
    this.#newest.push(outcome);
    if (this.#newest.length > MAX_DECISIONS) this.#newest.shift();
  }
}

async function playTrack(track: Track, stage: Stage, day: Day): Promise<void> {
  const { io, json, played } = day;
  for (const scene of track) {
    if (io.signal.aborted) return;
    if (scene.broker !== undefined) await changeBroker(scene.broker, stage, day);
    const outcome = await play(scene, played.next(scene.lane), stage, io.clock);
    const told = await explained(outcome, scene.explain, stage, io);
    played.add(told);
    for (const line of json ? [JSON.stringify(told)] : describeOutcome(told, io.colour)) io.out(line);
  }
}

/** The operator asks beside the running gate, as the command line would. */
async function explained(
  outcome: Outcome,
  reference: string | undefined,
  stage: Stage,
  io: CommandIo,
): Promise<Outcome> {
  if (reference === undefined) return outcome;
  const lines: string[] = [];
  const texts = { config: stage.site.configFile };
  const invocation = { texts, flags: new Set<string>(), positionals: [reference] };
  await explainCommand(invocation, { ...io, out: (line) => lines.push(line) });
  return { ...outcome, explained: `varco explain ${reference}: ${lines[0] ?? "no answer"}` };
}

async function changeBroker(change: "lost" | "back", stage: Stage, { io, json }: Day): Promise<void> {
  if (change === "lost") await stage.backEnd.lose();
  else await stage.backEnd.start();
  if (!json) io.out(`   … the broker is ${change === "lost" ? "lost; the gate decides on" : "back"} …`);
}

async function summarise(stage: Stage, played: Presentations, io: CommandIo): Promise<Summary> {
  const { backEnd } = stage;
  const until = io.clock.monotonicMs() + CATCH_UP_MS;
  while (backEnd.decided < played.count && io.clock.monotonicMs() < until) {
    await io.clock.sleep(LOOK_EVERY_MS);
  }
  const lateness = await stage.director.ask({ do: "lateness" });
  const records = await stage.director.ask({ do: "records" });
  return {
    outcomes: played.newest,
    unexpected: played.newest.filter((outcome) => !isAsExpected(outcome, backEnd)),
    decisions: backEnd.decisions(),
    events: backEnd.count(),
    missing: played.count - backEnd.decided,
    sentAgain: backEnd.doubled,
    leftLying: backEnd.count("acs.system.cardLeftLying"),
    notGenuine: backEnd.count("acs.security.cardNotGenuine"),
    lateP99Ms: lateness.ok ? lateness.value.p99Ms : undefined,
    ...(records.ok ? { board: witness(records.value) } : {}),
  };
}
