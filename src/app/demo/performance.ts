/**
 * Plays a story on a stage: puts each card on the reader, watches what the pins do, and hears from the back
 * end what was decided. What the pins show and what the back end says are two witnesses of one decision.
 */
import type { Clock } from "../../ports/clock.ts";
import type { RecordedEdge } from "../../sim/board-protocol.ts";
import type { SeenEvent } from "./back-end.ts";
import { LANES, type LaneLines } from "./site.ts";
import type { Stage } from "./stage.ts";
import type { Scene } from "./story.ts";

/** What came of one presentation. */
export interface Outcome {
  readonly title: string;
  /** What the pins showed: green with the relay, red, or nothing within the patience. */
  readonly shown: "granted" | "denied" | "nothing";
  /** The decision as the back end heard it; absent while the broker is away. */
  readonly event?: SeenEvent | undefined;
  /** What `varco explain` said of it afterwards, where the story has somebody ask. */
  readonly explained?: string;
  /** Host commands from the detection to the answer, that of detection included. */
  readonly commands: number;
  /** Field entry to relay or red lamp, in ms, and where it went; the host's part is the rest. */
  readonly latencyMs: number;
  readonly radioMs: number;
  readonly chipMs: number;
  readonly busMs: number;
  readonly cardMs: number;
  readonly hostMs: number;
}

const ANSWER_MS = 5_000;
const DELIVERY_MS = 3_000;
/** Between two persons: longer than the time in which the same card counts as the same presentation. */
const NEXT_PERSON_MS = 1_150;

/** Plays one scene. `expected` is how many access events there will have been, this one included. */
export async function play(
  scene: Scene,
  stage: Stage,
  clock: Clock,
  expected: { readonly events: number; readonly brokerUp: boolean },
): Promise<Outcome> {
  const { director } = stage;
  const { node, lines } = LANES[scene.lane ?? 1];
  const answered = nextAnswer(stage, lines, clock);
  await director.ask({ do: "place", node, card: scene.card, when: "nextTry" });
  const edge = await answered;
  await clock.sleep(scene.holdMs);
  await director.ask({ do: "remove", node });
  const event = expected.brokerUp ? await delivered(stage, clock, expected.events) : undefined;
  await clock.sleep(NEXT_PERSON_MS);
  return outcomeOf(scene, edge, event);
}

/** The first relay or red lamp to go on. */
async function nextAnswer(
  { director }: Stage,
  lines: LaneLines,
  clock: Clock,
): Promise<RecordedEdge | undefined> {
  const patience = new AbortController();
  let seen: RecordedEdge | undefined;
  const ignore = director.onEdge((edge) => {
    if (edge.level !== "high" || (edge.line !== lines.relay && edge.line !== lines.red)) return;
    seen ??= edge;
    patience.abort();
  });
  await clock.sleep(ANSWER_MS, patience.signal);
  ignore();
  return seen;
}

async function delivered(stage: Stage, clock: Clock, count: number): Promise<SeenEvent | undefined> {
  const patience = new AbortController();
  const { backEnd } = stage;
  const enough = () => backEnd.decided >= count;
  const ignore = backEnd.onMessage(() => {
    if (enough()) patience.abort();
  });
  if (!enough()) await clock.sleep(DELIVERY_MS, patience.signal);
  ignore();
  return enough() ? backEnd.decisions().at(count - 1 - backEnd.decided) : undefined;
}

function outcomeOf(
  { title, lane = 1 }: Scene,
  edge: RecordedEdge | undefined,
  event: SeenEvent | undefined,
): Outcome {
  const { node, lines } = LANES[lane];
  const tap = edge?.taps.find((each) => each.node === node);
  if (edge === undefined || tap === undefined) {
    const none = { commands: 0, latencyMs: 0, radioMs: 0, chipMs: 0, busMs: 0, cardMs: 0, hostMs: 0 };
    return { title, shown: "nothing", event, ...none };
  }
  const latencyMs = (edge.timeUs - tap.foundAtUs) / 1_000;
  const radioMs = tap.radioUs / 1_000;
  const chipMs = tap.chipUs / 1_000;
  const busMs = tap.busUs / 1_000;
  const cardMs = tap.cardUs / 1_000;
  const hostMs = latencyMs - radioMs - chipMs - busMs - cardMs;
  const shown = edge.line === lines.relay ? "granted" : "denied";
  return { title, shown, event, commands: tap.commands, latencyMs, radioMs, chipMs, busMs, cardMs, hostMs };
}
