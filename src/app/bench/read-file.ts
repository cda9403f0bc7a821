/**
 * A file of 20 kB through the chip's own ISO-DEP engine at 106 and 424 kbit/s, in short and in extended APDUs, on
 * the virtual board in real time. Unprotected: what secure messaging adds is in `sm.rate`.
 */
import type { CardChannel, LoneReader } from "../../ports/card.ts";
import type { Clock } from "../../ports/clock.ts";
import { type BenchReader, openBenchReader, start } from "./bench-reader.ts";
import { boundMs, readingPlan, SPI_PLAN } from "./bound.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { findCard } from "./find-card.ts";
import { good } from "./good.ts";
import { askLateness } from "./lateness.ts";

const FILE_BYTES = 20_480;
const CARD_MS = 3;
/** Many times what a poll takes. */
const FIND_MS = 3_000;
/** The virtual card's file counts so far over and over. */
const FILE_PERIOD = 251;
const LONGEST_SHORT_LE = 256;
const STATUS_BYTES = 2;
/** The largest plain chunk that fits a short answer under secure messaging, and one for extended lengths. */
const LE_BYTES = { short: 223, extended: 2_000 } as const;
const SUFFIX = { short: "", extended: ".ext" } as const;

type Kind = keyof typeof LE_BYTES;
interface Variant {
  readonly kind: Kind;
  readonly kbits: 106 | 424;
}

/** `read20k.firmware106`, `.firmware424` and both with `.ext`: the median of `count` readings each. */
export async function measureReading(clock: Clock, count: number): Promise<readonly Figure[]> {
  const bench = await openBenchReader(clock, { laneBus: { bus: "spi" }, irq: "wired" });
  try {
    const reader = await bench.openReader();
    await start(reader);
    const medianOf = async (variant: Variant): Promise<number> => {
      const timesMs: number[] = [];
      for (let turn = 0; turn < count; turn++)
        timesMs.push(await readOnce({ bench, reader, clock }, variant));
      return quantile(timesMs, 0.5);
    };
    const figures: Figure[] = [];
    for (const kind of ["short", "extended"] as const) {
      const slowMs = await medianOf({ kind, kbits: 106 });
      const fastMs = await medianOf({ kind, kbits: 424 });
      figures.push(figureOf({ kind, kbits: 106 }, slowMs, `median of ${count}`));
      const gain = `${rounded(slowMs / fastMs)} times as fast as at 106 kbit/s`;
      figures.push(figureOf({ kind, kbits: 424 }, fastMs, `${gain}; median of ${count}`));
    }
    await reader.stop();
    const late = (await askLateness(bench.director)).note;
    return figures.map((figure) => ({ ...figure, note: `${figure.note ?? ""}${late}` }));
  } finally {
    await bench.close();
  }
}

function figureOf({ kind, kbits }: Variant, medianMs: number, note: string): Figure {
  const leBytes = LE_BYTES[kind];
  const bound = boundMs(readingPlan({ fileBytes: FILE_BYTES, leBytes, kbits, cardMs: CARD_MS }), SPI_PLAN);
  return {
    name: `read20k.firmware${kbits}${SUFFIX[kind]}`,
    value: rounded(medianMs),
    unit: "ms",
    bound: rounded(bound),
    ratio: rounded(medianMs / bound),
    note: `unprotected, Le ${leBytes}; ${note}`,
  };
}

interface Reading {
  readonly bench: BenchReader;
  readonly reader: LoneReader;
  readonly clock: Clock;
}

/** From the first READ BINARY to the last answer, in ms; the rate is agreed on before. */
async function readOnce({ bench, reader, clock }: Reading, { kind, kbits }: Variant): Promise<number> {
  const { director, node } = bench;
  await director.ask({ do: "place", node, card: { card: "bulk" }, when: "now" });
  const card = await findCard(reader, clock, FIND_MS);
  if (kbits !== 106 && good(await card.raiseSpeed()) !== kbits) throw new Error("the card refused its rate");
  const begunAt = clock.monotonicMs();
  await readAll(card.channel, LE_BYTES[kind]);
  const tookMs = clock.monotonicMs() - begunAt;
  await director.ask({ do: "remove", node });
  good(await reader.drop());
  return tookMs;
}

/** Reads the whole file, and insists on its every byte. */
export async function readAll(channel: CardChannel, leBytes: number): Promise<void> {
  for (let offset = 0; offset < FILE_BYTES; offset += leBytes) {
    const wantedBytes = Math.min(leBytes, FILE_BYTES - offset);
    const answer = good(await channel.transceive(readBinary(offset, wantedBytes)));
    const data = answer.subarray(0, -STATUS_BYTES);
    if (data.length !== wantedBytes || data.some((byte, index) => byte !== (offset + index) % FILE_PERIOD))
      throw new Error("the file was not read as it is");
  }
}

/** READ BINARY at a 16-bit offset: Le in one byte, or extended. */
const readBinary = (offset: number, leBytes: number): Uint8Array =>
  leBytes < LONGEST_SHORT_LE
    ? Uint8Array.of(0x00, 0xb0, offset >> 8, offset & 0xff, leBytes)
    : Uint8Array.of(0x00, 0xb0, offset >> 8, offset & 0xff, 0x00, leBytes >> 8, leBytes & 0xff);
