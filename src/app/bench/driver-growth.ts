/**
 * Memory of the driver over very many presentations, in virtual time and in this process: what a presentation
 * leaves behind would end a reader that works for years.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createPn532Reader } from "../../../drivers/pn532/reader.ts";
import { createSpiLink } from "../../../drivers/pn532/spi-link.ts";
import { hex } from "../../bytes/hex.ts";
import type { LoneReader } from "../../ports/card.ts";
import { silentLog } from "../../ports/log.ts";
import { VirtualBoard } from "../../sim/board.ts";
import type { CardSpec } from "../../sim/cards/make-card.ts";
import { VirtualClock } from "../../sim/virtual-clock.ts";
import { VirtualTimeline } from "../../sim/virtual-timeline.ts";
import { instant } from "../../time/time.ts";
import { LINES, NODE } from "../demo/site.ts";
import { type Figure, rounded } from "./figure.ts";
import { good } from "./good.ts";

const CLOCK_HZ = 2_000_000;
const CARD: CardSpec = { card: "cie", family: "gemalto", nis: "100000000001" };
const SELECT_IAS = hex("00A4040C0DA0000000308000000009816001");

/** `driver.growth`: bytes that each of the later half of `count` presentations left behind. */
export async function measureGrowth(count: number): Promise<Figure> {
  const timeline = new VirtualTimeline();
  const wiring = {
    bus: "spi",
    node: NODE,
    clockHz: CLOCK_HZ,
    irqLine: LINES.irq,
    resetLine: LINES.reset,
  } as const;
  const board = new VirtualBoard({ timeline, wiring: [wiring], seed: 1 });
  const clock = VirtualClock.startingAt(timeline, instant(0));
  const irq = good(await board.gpio.input(LINES.irq));
  const reset = good(await board.gpio.output(LINES.reset, "low"));
  const link = createSpiLink({ bus: board.spiBus(NODE), irq, clock });
  const reader = createPn532Reader({ link, reset, clock, log: silentLog });
  good(await timeline.resolve(reader.start()));
  const half = Math.floor(count / 2);
  const before = usedHeap();
  for (let turn = 0; turn < half; turn++) await present(reader, board, timeline);
  const middle = usedHeap();
  for (let turn = 0; turn < half; turn++) await present(reader, board, timeline);
  const after = usedHeap();
  await timeline.resolve(reader.stop());
  const firstHalf = rounded((middle - before) / half);
  return {
    name: "driver.growth",
    value: rounded((after - middle) / half),
    unit: "bytes",
    note: `heap per presentation over the later half of ${count}; over the first, with all warming up, ${firstHalf}`,
  };
}

/** A card comes, is found and asked, goes, and is missed. */
async function present(reader: LoneReader, board: VirtualBoard, timeline: VirtualTimeline): Promise<void> {
  board.place(NODE, CARD);
  const card = good(await timeline.resolve(reader.poll(new AbortController().signal)));
  if (card === undefined) throw new Error("the card was not found");
  good(await timeline.resolve(card.channel.transceive(SELECT_IAS)));
  board.remove(NODE);
  if (good(await timeline.resolve(reader.isPresent()))) throw new Error("the card was not missed");
  good(await timeline.resolve(reader.drop()));
}

setFlagsFromString("--expose-gc");
const collectGarbage = parseCollector(runInNewContext("gc"));

/** The collector out of a context of its own, which is where the flag takes effect in a running process. */
function parseCollector(found: unknown): () => void {
  if (typeof found !== "function") throw new TypeError("this Node.js has no gc");
  return found as () => void;
}

/** Bytes in use after a full collection. */
function usedHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
