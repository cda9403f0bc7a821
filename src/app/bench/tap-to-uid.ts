/**
 * A card that comes at any time, to the driver's answer with its UID: at the polling cadence of an idle gate. The
 * board's own clock takes the time, at the edge of an output that is driven as soon as the driver has found a card.
 */
import type { Clock } from "../../ports/clock.ts";
import type { RecordedEdge } from "../../sim/board-protocol.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { LINES } from "../demo/site.ts";
import { type BenchReader, openBenchReader, start } from "./bench-reader.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { findCard } from "./find-card.ts";
import { good } from "./good.ts";
import { askLateness } from "./lateness.ts";

/** Longer than a polling round, so that every phase of it is met. */
const PHASE_MS = 700;
/** For the arrival and the answer. */
const ANSWER_MS = 3_000;

/** `tapToUid.p50` and `tapToUid.p99` of `count` cards over SPI with its interrupt line. */
export async function measureTapToUid(clock: Clock, count: number): Promise<readonly Figure[]> {
  const bench = await openBenchReader(clock, { laneBus: { bus: "spi" }, irq: "wired" });
  try {
    const timesMs = await tapsMs(bench, clock, count);
    const late = (await askLateness(bench.director)).note;
    return [
      {
        name: "tapToUid.p50",
        value: rounded(quantile(timesMs, 0.5)),
        unit: "ms",
        note: `${count} arrivals at random phase to InListPassiveTarget's answer in the driver's hands${late}`,
      },
      { name: "tapToUid.p99", value: rounded(quantile(timesMs, 0.99)), unit: "ms", note: `the same${late}` },
    ];
  } finally {
    await bench.close();
  }
}

async function tapsMs(bench: BenchReader, clock: Clock, count: number): Promise<readonly number[]> {
  const { director, gpio, node } = bench;
  const random = new SeededRandom(1);
  const found = good(await gpio.output(LINES.relay, "high"));
  await director.ask({ do: "watchEdges" });
  const reader = await bench.openReader();
  await start(reader);
  const timesMs: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const arrive = async (): Promise<void> => {
      await clock.sleep(random.below(PHASE_MS));
      await director.ask({ do: "place", node, card: { card: "phone" }, when: "now" });
    };
    const answer = async (): Promise<void> => {
      await findCard(reader, clock, ANSWER_MS);
      good(await found.drive("active"));
    };
    const [seen] = await Promise.all([nextEdge(bench, clock), answer(), arrive()]);
    const tap = seen?.taps.find((each) => each.node === node);
    if (seen !== undefined && tap !== undefined) timesMs.push((seen.timeUs - tap.placedAtUs) / 1_000);
    await director.ask({ do: "remove", node });
    good(await found.drive("inactive"));
    good(await reader.drop());
  }
  await reader.stop();
  if (timesMs.length < count) throw new Error(`only ${timesMs.length} of ${count} cards were seen`);
  return timesMs;
}

/** The next on edge, or nothing when none comes. */
async function nextEdge({ director }: BenchReader, clock: Clock): Promise<RecordedEdge | undefined> {
  const patience = new AbortController();
  let seen: RecordedEdge | undefined;
  const ignore = director.onEdge((edge) => {
    if (edge.line !== LINES.relay || edge.level !== "high") return;
    seen = edge;
    patience.abort();
  });
  await clock.sleep(ANSWER_MS, patience.signal);
  ignore();
  return seen;
}
