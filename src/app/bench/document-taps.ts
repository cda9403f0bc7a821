/**
 * Whole documents at the stadium lane in real time on the virtual board, the gate in a process of its own: from laying down
 * to the relay, beside the written plan, and beside the same passage in virtual time, in which the host takes none.
 */
import { toHex } from "../../bytes/hex.ts";
import type { Clock } from "../../ports/clock.ts";
import { type ArrivalName, arrival } from "../../sim/arrivals.ts";
import type { RecordedEdge } from "../../sim/board-protocol.ts";
import type { Director } from "../../sim/director-client.ts";
import { LINES, NODE } from "../demo/site.ts";
import { boundMs, SPI_PLAN } from "./bound.ts";
import { DOCUMENT_KINDS, type DocumentKind, passagePlan } from "./document-kinds.ts";
import { entryOf } from "./document-site.ts";
import { openDocumentStage } from "./document-stage.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { askLateness, type BoardLateness } from "./lateness.ts";
import { openVirtualLane } from "./virtual-lane.ts";

/** Three times what the slowest kind takes. */
const ANSWER_MS = 9_000;
/** What was entered has come over its line. */
const ENTERED_MS = 100;
/** The pulse and its gap are over, and the lane has asked whether the document is there still. */
const PULSE_OVER_MS = 160;
/** The reader has noticed the removal and seen its field empty. */
const REMOVAL_MS = 300;
/** The second of a family finds its manner known. */
const VIRTUAL_PASSAGES = 2;

const PEOPLE: readonly ArrivalName[] = DOCUMENT_KINDS.flatMap(({ people }) => people);
const LATE = "sim.late.p99.verifiedDocument";

const namesOf = ({ name }: DocumentKind) => {
  const tap = `tap.verifiedDocument.${name}`;
  return { tap, host: `${tap}.host`, exchanges: `exchanges.verifiedDocument.${name}` };
};

export const DOCUMENT_TAP_FIGURES: readonly string[] = [
  ...DOCUMENT_KINDS.flatMap((kind) => Object.values(namesOf(kind))),
  LATE,
];

/** `count` taps of each kind, in turn; their medians, what the host adds, and exchanges. */
export async function measureDocumentTaps(clock: Clock, count: number): Promise<readonly Figure[]> {
  const alone = await withoutHost();
  const stage = await openDocumentStage(clock, PEOPLE);
  try {
    const taps = new Map<DocumentKind, number[]>(DOCUMENT_KINDS.map((kind) => [kind, []]));
    for (let turn = 0; turn < count; turn++)
      for (const [kind, timesMs] of taps) {
        const tapMs = await tap(stage.director, clock, kind, turn);
        if (tapMs !== undefined) timesMs.push(tapMs);
      }
    const late = await askLateness(stage.director);
    const figures = [...taps].flatMap(([kind, timesMs]) => {
      const passage = alone.get(kind);
      // On a machine that is held up, a tap can be lost; the notes count taps.
      if (passage === undefined || timesMs.length < count / 2)
        throw new Error(`only ${timesMs.length} of ${count} taps moved the relay`);
      return figuresOf(kind, timesMs, passage, late);
    });
    const note = "how late the virtual board woke; above 0.2 the latencies are void";
    return [...figures, { name: LATE, value: rounded(late.p99Ms), unit: "ms", note }];
  } finally {
    await stage.close();
  }
}

interface PassageAlone {
  readonly tookMs: number;
  /** Of the first card of its kind, and of those that follow. */
  readonly first: number;
  readonly exchanges: number;
}

async function withoutHost(): Promise<ReadonlyMap<DocumentKind, PassageAlone>> {
  const lane = await openVirtualLane(PEOPLE);
  try {
    const passages = new Map<DocumentKind, PassageAlone>();
    for (const kind of DOCUMENT_KINDS) {
      const [name] = kind.people;
      const presentation = {
        card: arrival(name).spec,
        entry: entryOf(name, kind.source),
        when: "nextTry",
      } as const;
      const first = await lane.present(presentation);
      let last = first;
      for (let turn = 1; turn < VIRTUAL_PASSAGES; turn++) last = await lane.present(presentation);
      if (last.outcome !== "granted") throw new Error("a document that is measured is good");
      passages.set(kind, { tookMs: last.tookMs, first: first.exchanges, exchanges: last.exchanges });
    }
    return passages;
  } finally {
    await lane.close();
  }
}

function figuresOf(
  kind: DocumentKind,
  timesMs: readonly number[],
  passage: PassageAlone,
  late: BoardLateness,
): readonly Figure[] {
  const plan = passagePlan(kind);
  const bound = rounded(boundMs(plan.commands, SPI_PLAN));
  const medianMs = quantile(timesMs, 0.5);
  const names = namesOf(kind);
  const p99Ms = rounded(quantile(timesMs, 0.99));
  const short = passagePlan(kind, "short").exchanges;
  const counted = `${passage.exchanges} exchanges, ${plan.exchanges} at least`;
  return [
    {
      name: names.tap,
      value: rounded(medianMs),
      unit: "ms",
      bound,
      ratio: rounded(medianMs / bound),
      note: `${timesMs.length} taps, p99 ${p99Ms} ms; ${counted}${late.note}`,
    },
    {
      name: names.host,
      value: rounded(medianMs - passage.tookMs),
      unit: "ms",
      note: `beyond ${rounded(passage.tookMs)} ms that the same passage takes in virtual time; ${plan.commands.length} commands of the reader at least`,
    },
    {
      name: names.exchanges,
      value: passage.exchanges,
      unit: "exchanges",
      bound: plan.exchanges + 1,
      note: `${counted} by files and limits${ofNumber(kind)}; the first card of its kind ${passage.first}; a chip that announces no limits ${short} at least`,
    },
  ];
}

const ofNumber = ({ source }: DocumentKind): string =>
  source === "enrolled" ? ", 5 of them for the card's number and its proof" : "";

/** One tap, from just before a try; its duration in ms, or nothing when the relay did not move. */
async function tap(
  director: Director,
  clock: Clock,
  { people, source }: DocumentKind,
  turn: number,
): Promise<number | undefined> {
  const name = people[turn % people.length] ?? people[0];
  const entry = entryOf(name, source);
  if (entry !== undefined) {
    await director.ask({ do: "type", node: entry.node, hex: toHex(entry.text) });
    await clock.sleep(ENTERED_MS);
  }
  const patience = new AbortController();
  let seen: RecordedEdge | undefined;
  const ignore = director.onEdge((edge) => {
    if (edge.line !== LINES.relay || edge.level !== "high") return;
    seen ??= edge;
    patience.abort();
  });
  await director.ask({ do: "place", node: NODE, card: arrival(name).spec, when: "nextTry" });
  await clock.sleep(ANSWER_MS, patience.signal);
  ignore();
  await clock.sleep(PULSE_OVER_MS);
  await director.ask({ do: "remove", node: NODE });
  await clock.sleep(REMOVAL_MS);
  const account = seen?.taps.find(({ node }) => node === NODE);
  return seen === undefined || account === undefined ? undefined : (seen.timeUs - account.placedAtUs) / 1_000;
}
