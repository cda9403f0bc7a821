/**
 * A file of 20 kB through the chip's own ISO-DEP engine at 106 and 424 kbit/s and through this program's at 424, in short and
 * in extended APDUs, on the virtual board in real time. Unprotected: what secure messaging adds is in `sm.rate`.
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
  readonly isoDep: "firmware" | "software";
  readonly kbits: 106 | 424;
}

/** In the order in which each is compared with those before it. */
const WAYS = [
  { isoDep: "firmware", kbits: 106 },
  { isoDep: "firmware", kbits: 424 },
  { isoDep: "software", kbits: 424 },
] as const;

/** What was measured with one engine. */
interface Series {
  readonly medians: readonly { readonly variant: Variant; readonly medianMs: number }[];
  /** How late the board was meanwhile. */
  readonly late: string;
}

/** `read20k.firmware106`, `.firmware424`, `.software424` and each with `.ext`: the median of `count` readings each. */
export async function measureReading(clock: Clock, count: number): Promise<readonly Figure[]> {
  const series = [
    await measureEngine("firmware", clock, count),
    await measureEngine("software", clock, count),
  ];
  const msOf = new Map(
    series.flatMap(({ medians }) =>
      medians.map(({ variant, medianMs }) => [nameOf(variant), medianMs] as const),
    ),
  );
  return series.flatMap(({ medians, late }) =>
    medians.map(({ variant, medianMs }) =>
      figureOf(variant, medianMs, `${gains(variant, msOf)}median of ${count}${late}`),
    ),
  );
}

async function measureEngine(isoDep: Variant["isoDep"], clock: Clock, count: number): Promise<Series> {
  const bench = await openBenchReader(clock, { laneBus: { bus: "spi" }, irq: "wired", isoDep });
  try {
    const reader = await bench.openReader();
    await start(reader);
    const medians: { readonly variant: Variant; readonly medianMs: number }[] = [];
    for (const variant of variantsOf(isoDep)) {
      const timesMs: number[] = [];
      for (let turn = 0; turn < count; turn++)
        timesMs.push(await readOnce({ bench, reader, clock }, variant));
      medians.push({ variant, medianMs: quantile(timesMs, 0.5) });
    }
    await reader.stop();
    return { medians, late: (await askLateness(bench.director)).note };
  } finally {
    await bench.close();
  }
}

const variantsOf = (wanted: Variant["isoDep"]): readonly Variant[] =>
  (["short", "extended"] as const).flatMap((kind) =>
    WAYS.filter(({ isoDep }) => isoDep === wanted).map((way) => ({ kind, ...way })),
  );

const nameOf = ({ kind, isoDep, kbits }: Variant): string => `read20k.${isoDep}${kbits}${SUFFIX[kind]}`;

/** How many times as fast as the ways before it, and, in extended APDUs, as the slowest of all. */
function gains(variant: Variant, medians: ReadonlyMap<string, number>): string {
  const own = medians.get(nameOf(variant)) ?? Number.NaN;
  const slower = WAYS.slice(
    0,
    WAYS.findIndex(({ isoDep, kbits }) => isoDep === variant.isoDep && kbits === variant.kbits),
  ).map((way) => nameOf({ kind: variant.kind, ...way }));
  const slowest = nameOf({ kind: "short", isoDep: "firmware", kbits: 106 });
  return [...new Set([...slower, ...(slower.length > 1 ? [slowest] : [])])]
    .map((name) => `${rounded((medians.get(name) ?? Number.NaN) / own)} times as fast as ${name}; `)
    .join("");
}

function figureOf(variant: Variant, medianMs: number, note: string): Figure {
  const { kind, isoDep, kbits } = variant;
  const leBytes = LE_BYTES[kind];
  const plan = readingPlan({ fileBytes: FILE_BYTES, leBytes, kbits, cardMs: CARD_MS, isoDep });
  const bound = boundMs(plan, SPI_PLAN);
  return {
    name: nameOf(variant),
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
async function readOnce(
  { bench, reader, clock }: Reading,
  { kind, kbits, isoDep }: Variant,
): Promise<number> {
  const { director, node } = bench;
  await director.ask({ do: "place", node, card: { card: "bulk" }, when: "now" });
  const card = await findCard(reader, clock, FIND_MS);
  if (kbits !== 106) {
    const link = good(await card.raiseSpeed());
    if (link.kbits !== kbits || link.isoDep !== isoDep) throw new Error("the card refused its link");
  }
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
