/**
 * `varco bench`: speed and memory on the simulator, one figure a line under names that stay. Ratios are
 * taken within one run on one machine; nothing here passes or fails.
 */
import { spawnSync } from "node:child_process";
import { type CommandIo, EXIT, type Execute, type Invocation } from "../command.ts";
import { UNIT_NODE_FLAGS } from "../demo/child.ts";
import { openStage, type StageOptions } from "../demo/stage.ts";
import type { Person } from "../demo/story.ts";
import { measureDecision } from "./decision.ts";
import { measureGrowth } from "./driver-growth.ts";
import { describeFigure, type Figure } from "./figure.ts";
import { measureIdle } from "./idle.ts";
import { measureJournalRate } from "./journal-rate.ts";
import { measureLargeMemory, measureLargeStart } from "./large-gate.ts";
import { makeLargeSite } from "./large-site.ts";
import { measureReading } from "./read-file.ts";
import { measureRoundTrip, ROUND_TRIP_BUSES, unmeasuredRoundTrip } from "./round-trip.ts";
import { measureStart } from "./start.ts";
import { measureTapToUid } from "./tap-to-uid.ts";
import {
  measureNextCard,
  measureTaps,
  measureWaits,
  TAP_PULSE_MS,
  TAP_TRANSPORTS,
  type TapTransport,
  unmeasuredTaps,
} from "./taps.ts";

/** So many that nobody is back within the time in which a card seen again is the same presentation. */
const PERSON_COUNT = 6;
const PERSONS: readonly Person[] = Array.from({ length: PERSON_COUNT }, (_, index) => ({
  nis: String(100_000_000_001 + index),
  family: "gemalto",
  standing: "admitted",
}));

interface Extent {
  readonly taps: number;
  readonly starts: number;
  readonly idleMs: number;
  readonly journalRows: number;
  readonly credentials: number;
  readonly decisions: number;
  readonly commands: number;
  readonly readings: number;
  readonly presentations: number;
}
const FULL: Extent = {
  taps: 200,
  starts: 7,
  idleMs: 30_000,
  journalRows: 50_000,
  credentials: 1_000_000,
  decisions: 100_000,
  commands: 1_000,
  readings: 5,
  presentations: 100_000,
};
const SHORT: Extent = {
  taps: 20,
  starts: 3,
  idleMs: 5_000,
  journalRows: 5_000,
  credentials: 100_000,
  decisions: 10_000,
  commands: 100,
  readings: 1,
  presentations: 5_000,
};

export const benchCommand: Execute = async (invocation, io) => {
  const { texts, flags } = invocation;
  const options: StageOptions = { clock: io.clock, seed: 1, persons: PERSONS, logLevel: "info" };
  for (const group of chosen(groupsOf(options, flags.has("short") ? SHORT : FULL), texts["only"])) {
    if (io.interactive) io.err(`measuring ${group.prefixes.join(", ")} …`);
    show(await group.measure(), invocation, io);
    if (io.signal.aborted) return EXIT.negative;
  }
  return EXIT.done;
};

/** All, or the ones whose prefix says the most of the figure asked for. */
function chosen(groups: readonly Group[], only: string | undefined): readonly Group[] {
  if (only === undefined) return groups;
  const closeness = ({ prefixes }: Group): number =>
    Math.max(0, ...prefixes.filter((prefix) => only.startsWith(prefix)).map(({ length }) => length));
  const best = Math.max(...groups.map(closeness));
  return best === 0 ? [] : groups.filter((group) => closeness(group) === best);
}

function show(figures: readonly Figure[], { texts, flags }: Invocation, io: CommandIo): void {
  for (const figure of figures) {
    if (figure.name !== (texts["only"] ?? figure.name)) continue;
    io.out(flags.has("json") ? JSON.stringify(figure) : describeFigure(figure));
  }
}

const groupsOf = (options: StageOptions, extent: Extent): readonly Group[] => [
  {
    prefixes: ["start.firstPoll"],
    measure: async () => [await measureStart(options, { count: extent.starts, clock: options.clock })],
  },
  ...TAP_TRANSPORTS.map((transport) => ({
    prefixes: ["tap.identifier", "commands.identifier", "sim.late.p99"]
      .map((name) => `${name}${transport.suffix}`)
      .concat(transport.suffix === "" ? ["tap.wait.", "card.next"] : []),
    measure: () => taps(transport, options, extent),
  })),
  ...ROUND_TRIP_BUSES.map((bus) => ({
    prefixes: [bus.name],
    measure: async () => [
      bus.laneBus.bus === "hsu" && !hasSocat()
        ? unmeasuredRoundTrip(bus, "socat is missing")
        : await measureRoundTrip(bus, options.clock, extent.commands),
    ],
  })),
  { prefixes: ["tapToUid."], measure: () => measureTapToUid(options.clock, extent.taps) },
  { prefixes: ["read20k."], measure: () => measureReading(options.clock, extent.readings) },
  { prefixes: ["driver.growth"], measure: async () => [await measureGrowth(extent.presentations)] },
  { prefixes: ["cpu.", "rss.idle"], measure: () => idle(options, extent) },
  { prefixes: ["journal."], measure: () => measureJournalRate(options.clock, extent.journalRows) },
  {
    prefixes: ["decision.", "start.million", "rss.million", "read.million"],
    measure: () => large(options, extent),
  },
];

interface Group {
  readonly prefixes: readonly string[];
  readonly measure: () => Promise<readonly Figure[]>;
}

/** Over the usual transport also what is the same over all: the waits of cards that come at random or in a row. */
async function taps(
  transport: TapTransport,
  options: StageOptions,
  { taps: count }: Extent,
): Promise<readonly Figure[]> {
  const { laneBus } = transport;
  if (laneBus.bus === "hsu" && !hasSocat()) return unmeasuredTaps(transport, "socat is missing");
  const stage = await openStage({ ...options, laneBus, pulseMs: TAP_PULSE_MS });
  if (!stage.ok) throw new Error(stage.error);
  const measured = { count, persons: options.persons };
  try {
    const figures = await measureTaps(stage.value, options.clock, { ...transport, ...measured });
    if (laneBus.bus !== "spi") return figures;
    const waits = await measureWaits(stage.value, options.clock, measured);
    return [...figures, ...waits, ...(await measureNextCard(stage.value, options.clock, measured))];
  } finally {
    await stage.value.close();
  }
}

const hasSocat = (): boolean => spawnSync("socat", ["-V"], { stdio: "ignore" }).error === undefined;

async function idle(options: StageOptions, { idleMs: forMs }: Extent): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const [suffix, gateNodeFlags] of [
    ["", UNIT_NODE_FLAGS],
    [".defaultFlags", []],
  ] as const) {
    const stage = await openStage({ ...options, lanes: 2, gateNodeFlags });
    if (!stage.ok) throw new Error(stage.error);
    const flags = gateNodeFlags.length === 0 ? "default flags" : gateNodeFlags.join(" ");
    try {
      figures.push(...(await measureIdle(stage.value, options.clock, { forMs, suffix, flags })));
    } finally {
      await stage.value.close();
    }
  }
  return figures;
}

const KNOWN_HOLDERS = 1_000;
const LARGE_STARTS = 3;
/** Numbers of cards, of which the first so many are admitted and the others strangers. */
const NUMBERS = Array.from({ length: 2 * KNOWN_HOLDERS }, (_, index) => String(200_000_000_000 + index));

async function large(options: StageOptions, extent: Extent): Promise<readonly Figure[]> {
  const known = NUMBERS.slice(0, KNOWN_HOLDERS);
  const site = await makeLargeSite(options.clock, { credentials: extent.credentials, known });
  try {
    return [
      ...(await measureDecision(site, options.clock, { count: extent.decisions, numbers: NUMBERS })),
      await measureLargeStart(site, options, { count: LARGE_STARTS }),
      ...(await measureLargeMemory(site, options)),
    ];
  } finally {
    site.remove();
  }
}
