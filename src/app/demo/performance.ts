/**
 * Plays a story on a stage: enters what is shown and typed, puts each card on its reader, watches what the pins do, and hears
 * from the back end what was decided. What the pins show and what the back end says are two witnesses of one decision.
 */
import { toHex } from "../../bytes/hex.ts";
import type { Clock } from "../../ports/clock.ts";
import type { RecordedEdge } from "../../sim/board-protocol.ts";
import type { TapSnapshot } from "../../sim/tap.ts";
import type { SeenEvent } from "./back-end.ts";
import type { CardScene, Entry, Expected, Scene, SealScene } from "./scene.ts";
import { doorOf, ENTRY_NODES, LANES, type LaneLines, SEAL_SCANNER_NODE } from "./site.ts";
import type { Stage } from "./stage.ts";

/** Where the time went between the field's entry and the answer, in ms; the host's part is the rest. */
export interface Split {
  readonly radioMs: number;
  readonly chipMs: number;
  readonly busMs: number;
  readonly cardMs: number;
  readonly hostMs: number;
  /** Host commands from the detection to the answer, that of detection included. */
  readonly commands: number;
}

/** What came of one presentation. */
export interface Outcome {
  readonly title: string;
  readonly door: string;
  /** Among the presentations at that door, from 1. */
  readonly number: number;
  readonly expected: Expected;
  /** What the pins showed: the relay, the red lamp, or nothing within the patience. */
  readonly shown: "granted" | "denied" | "nothing";
  /** The decision as the back end heard it; absent while the broker is away. */
  readonly event?: SeenEvent | undefined;
  /** What `varco explain` said of it afterwards, where the story has somebody ask. */
  readonly explained?: string;
  /** Field entry, or the first character of a seal, to relay or red lamp, in ms. */
  readonly latencyMs?: number;
  /** Absent where there was no card, and where it was activated more than once: the board accounts for the last time alone. */
  readonly split?: Split;
}

const ANSWER_MS = 20_000;
/** A card is laid down just before a try; who is activated anew has been read before. */
const FOUND_AT_ONCE_US = 40_000;
const DELIVERY_MS = 3_000;
/** Between two persons: longer than the time in which the same card counts as the same presentation. */
const NEXT_PERSON_MS = 1_150;
/** From the last key to the card: what was typed has reached the gate. */
const HAND_OVER_MS = 200;
/** Some two hundred characters over a line of 9600 bit/s. */
const SCANNING_MS = 300;
/** A red lamp that says no stays on; one that asks for digits blinks for a tenth of a second. */
const STEADY_MS = 300;

/** Plays one scene, which is the presentation of this number at its door. */
export async function play(scene: Scene, number: number, stage: Stage, clock: Clock): Promise<Outcome> {
  const { title, lane, expected } = scene;
  const seen = "card" in scene ? await holdCard(scene, stage, clock) : await showSeal(scene, stage, clock);
  const door = doorOf(lane);
  const event = stage.backEnd.isUp ? await delivered(stage, clock, door, number) : undefined;
  await clock.sleep(NEXT_PERSON_MS);
  return { title, door, expected, ...seen, number, event };
}

/** What the pins showed. */
type Seen = Pick<Outcome, "shown" | "latencyMs" | "split">;

async function holdCard(scene: CardScene, stage: Stage, clock: Clock): Promise<Seen> {
  const { director } = stage;
  const { node, lines } = LANES[scene.lane];
  const { entry } = scene;
  if (entry !== undefined && entry.lyingMs === undefined) {
    await enter(entry, stage, clock);
    await clock.sleep(HAND_OVER_MS);
  }
  const answered = nextAnswer(stage, lines, clock);
  await director.ask({ do: "place", node, card: scene.card, when: "nextTry" });
  if (entry?.lyingMs !== undefined) {
    await clock.sleep(entry.lyingMs);
    await enter(entry, stage, clock);
  }
  if (entry?.sealAgainMs !== undefined) {
    await clock.sleep(entry.sealAgainMs);
    await enter({ ...entry, lines: [] }, stage, clock);
  }
  const edge = await answered;
  await clock.sleep(scene.holdMs);
  await director.ask({ do: "remove", node });
  return seenWith(node, lines, edge);
}

async function showSeal(
  { lane, seal, sights, pauseMs }: SealScene,
  stage: Stage,
  clock: Clock,
): Promise<Seen> {
  const { lines } = LANES[lane];
  await clock.sleep(pauseMs);
  const answered = nextAnswer(stage, lines, clock);
  const begun = await stage.director.ask({ do: "now" });
  await type(
    SEAL_SCANNER_NODE,
    Array.from({ length: sights }, () => seal),
    stage,
  );
  const edge = await answered;
  if (edge === undefined) return { shown: "nothing" };
  const latencyMs = begun.ok ? { latencyMs: (edge.timeUs - begun.value) / 1_000 } : {};
  return { shown: shownBy(edge, lines), ...latencyMs };
}

async function enter({ seal, at, lines }: Entry, stage: Stage, clock: Clock): Promise<void> {
  if (seal !== undefined) {
    await type(ENTRY_NODES.scanner, [seal], stage);
    await clock.sleep(SCANNING_MS);
  }
  await type(ENTRY_NODES[at], lines, stage);
}

async function type(node: string, lines: readonly string[], { director }: Stage): Promise<void> {
  const text = lines.map((line) => `${line}\r`).join("");
  await director.ask({ do: "type", node, hex: toHex(new TextEncoder().encode(text)) });
}

/** The first relay to go on, or red lamp that stays on. */
async function nextAnswer(
  { director }: Stage,
  lines: LaneLines,
  clock: Clock,
): Promise<RecordedEdge | undefined> {
  const patience = new AbortController();
  let red: RecordedEdge | undefined;
  let seen: RecordedEdge | undefined;
  const answer = (edge: RecordedEdge): void => {
    seen ??= edge;
    patience.abort();
  };
  const ignore = director.onEdge((edge) => {
    if (edge.line === lines.relay && edge.level === "high") answer(edge);
    if (edge.line !== lines.red) return;
    red = edge.level === "high" ? edge : undefined;
    void clock.sleep(STEADY_MS, patience.signal).then(() => {
      if (red !== undefined && red === edge) answer(edge);
    });
  });
  await clock.sleep(ANSWER_MS, patience.signal);
  ignore();
  return seen;
}

async function delivered(
  { backEnd }: Stage,
  clock: Clock,
  door: string,
  number: number,
): Promise<SeenEvent | undefined> {
  const patience = new AbortController();
  const ignore = backEnd.onMessage(() => {
    if (backEnd.decisionAt(door, number) !== undefined) patience.abort();
  });
  if (backEnd.decisionAt(door, number) === undefined) await clock.sleep(DELIVERY_MS, patience.signal);
  ignore();
  return backEnd.decisionAt(door, number);
}

const shownBy = ({ line }: RecordedEdge, { relay }: LaneLines): "granted" | "denied" =>
  line === relay ? "granted" : "denied";

/** With the card that was on the reader at this node. */
function seenWith(node: string, lines: LaneLines, edge: RecordedEdge | undefined): Seen {
  const tap = edge?.taps.find((each) => each.node === node);
  if (edge === undefined || tap === undefined) return { shown: "nothing" };
  const latencyMs = (edge.timeUs - tap.placedAtUs) / 1_000;
  const wasFoundOnce = tap.foundAtUs - tap.placedAtUs < FOUND_AT_ONCE_US;
  const split = wasFoundOnce ? { split: splitOf(tap, latencyMs) } : {};
  return { shown: shownBy(edge, lines), latencyMs, ...split };
}

function splitOf(tap: TapSnapshot, latencyMs: number): Split {
  const { commands } = tap;
  const radioMs = tap.radioUs / 1_000;
  const chipMs = tap.chipUs / 1_000;
  const busMs = tap.busUs / 1_000;
  const cardMs = tap.cardUs / 1_000;
  return { radioMs, chipMs, busMs, cardMs, hostMs: latencyMs - radioMs - chipMs - busMs - cardMs, commands };
}
