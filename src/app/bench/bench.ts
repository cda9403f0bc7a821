/**
 * `varco bench`: speed and memory on the simulator, one figure a line under names that stay. Ratios are
 * taken within one run on one machine; nothing here passes or fails.
 */
import { spawnSync } from "node:child_process";
import type { Clock } from "../../ports/clock.ts";
import { type CommandIo, EXIT, type Execute, type Invocation } from "../command.ts";
import { UNIT_NODE_FLAGS } from "../demo/child.ts";
import { openStage, type StageOptions } from "../demo/stage.ts";
import type { Person } from "../demo/story.ts";
import { measureChipProof } from "./chip-proof.ts";
import { publishedList } from "./country-signers.ts";
import { measureDecision } from "./decision.ts";
import { DOCUMENT_TAP_FIGURES, measureDocumentTaps } from "./document-taps.ts";
import { DOCUMENT_FIGURES, measureDocument, measurePace, PACE_FIGURES } from "./documents.ts";
import { measureGrowth } from "./driver-growth.ts";
import { describeFigure, type Figure } from "./figure.ts";
import { measureHostShare } from "./host-share.ts";
import { measureIdle } from "./idle.ts";
import { measureJournalRate } from "./journal-rate.ts";
import { measureLargeMemory, measureLargeStart } from "./large-gate.ts";
import { makeLargeSite } from "./large-site.ts";
import { measurePassages, measureRefusals, PASSAGE_FIGURES, REFUSAL_FIGURES } from "./passages.ts";
import { measureReading } from "./read-file.ts";
import { measureRoundTrip, ROUND_TRIP_BUSES, unmeasuredRoundTrip } from "./round-trip.ts";
import { selectNames } from "./selection.ts";
import { measureServiceSod } from "./service-sod.ts";
import { measureStart } from "./start.ts";
import { measureTapToUid } from "./tap-to-uid.ts";
import {
  measureNextCard,
  measureTaps,
  measureWaits,
  TAP_PULSE_MS,
  TAP_TRANSPORTS,
  type TapTransport,
  tapNames,
  unmeasuredTaps,
} from "./taps.ts";
import { measureTrustImport } from "./trust-import.ts";
import { measureTrustStart } from "./trust-start.ts";

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
  readonly proofs: number;
  readonly sodChecks: number;
  readonly imports: number;
  readonly documents: number;
  readonly documentTaps: number;
  readonly passages: number;
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
  proofs: 5_000,
  sodChecks: 500,
  imports: 5,
  documents: 200,
  documentTaps: 20,
  passages: 1_000,
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
  proofs: 2_000,
  sodChecks: 10,
  imports: 1,
  documents: 30,
  documentTaps: 3,
  passages: 40,
};

export const benchCommand: Execute = async (invocation, io) => {
  const { texts, flags } = invocation;
  const options: StageOptions = { clock: io.clock, seed: 1, persons: PERSONS, logLevel: "info" };
  const extent = flags.has("short") ? SHORT : FULL;
  const groups = [
    ...groupsOf(options, extent),
    ...documentGroups(io.clock, extent),
    ...proofGroups(options, extent, io),
  ];
  const names = groups.flatMap((group) => group.names);
  const chosen = selectNames(names, texts["only"] ?? "");
  if (chosen.length === 0) {
    io.err(`--only takes a figure, or how the names of some begin: ${names.join(", ")}`);
    return EXIT.usage;
  }
  for (const group of groups) {
    const wanted = group.names.filter((name) => chosen.includes(name));
    if (wanted.length === 0) continue;
    if (io.interactive) io.err(`measuring ${wanted.join(", ")} …`);
    show(await measure(group), wanted, invocation, io);
    if (io.signal.aborted) return EXIT.negative;
  }
  return EXIT.done;
};

/** The figures of a group; one that `--only` could not choose is a defect. */
async function measure(group: Group): Promise<readonly Figure[]> {
  const figures = await group.measure();
  const stray = figures.find(({ name }) => !group.names.includes(name));
  if (stray !== undefined) throw new Error(`the figure ${stray.name} is not among the names of its group`);
  return figures;
}

function show(
  figures: readonly Figure[],
  wanted: readonly string[],
  { flags }: Invocation,
  io: CommandIo,
): void {
  for (const figure of figures) {
    if (!wanted.includes(figure.name)) continue;
    io.out(flags.has("json") ? JSON.stringify(figure) : describeFigure(figure));
  }
}

const groupsOf = (options: StageOptions, extent: Extent): readonly Group[] => [
  {
    names: ["start.firstPoll"],
    measure: async () => [await measureStart(options, { count: extent.starts, clock: options.clock })],
  },
  ...TAP_TRANSPORTS.map((transport) => ({
    names: tapFigureNames(transport),
    measure: () => taps(transport, options, extent),
  })),
  ...ROUND_TRIP_BUSES.map((bus) => ({
    names: [bus.name],
    measure: async () => [
      bus.laneBus.bus === "hsu" && !hasSocat()
        ? unmeasuredRoundTrip(bus, "socat is missing")
        : await measureRoundTrip(bus, options.clock, extent.commands),
    ],
  })),
  {
    names: ["tapToUid.p50", "tapToUid.p99"],
    measure: () => measureTapToUid(options.clock, extent.taps),
  },
  {
    names: ["firmware106", "firmware424", "software424"].flatMap((way) =>
      ["", ".ext"].map((suffix) => `read20k.${way}${suffix}`),
    ),
    measure: () => measureReading(options.clock, extent.readings),
  },
  { names: ["driver.growth"], measure: async () => [await measureGrowth(extent.presentations)] },
  {
    names: ["cpu.idle", "rss.idle"].flatMap((name) => [name, `${name}.defaultFlags`]),
    measure: () => idle(options, extent),
  },
  {
    names: ["journal.rate", "journal.wait.p99"],
    measure: () => measureJournalRate(options.clock, extent.journalRows),
  },
  {
    names: [
      ...["decision.p99", "decision.p50", "decision.document.p99", "decision.judge.p99"],
      ...["start.million", "rss.million", "rss.million.most", "read.million"],
    ],
    measure: () => large(options, extent),
  },
];

/** Whole documents at a lane: in real time, in virtual time, and what of it is the host's. */
const documentGroups = (clock: Clock, extent: Extent): readonly Group[] => [
  { names: DOCUMENT_TAP_FIGURES, measure: () => measureDocumentTaps(clock, extent.documentTaps) },
  { names: PASSAGE_FIGURES, measure: () => measurePassages(extent.passages) },
  { names: REFUSAL_FIGURES, measure: measureRefusals },
  { names: ["document.hostShare"], measure: async () => [measureHostShare(clock, extent.documents)] },
];

/** What documents and chips' proofs cost the host, and the country signers behind them. */
function proofGroups(options: StageOptions, extent: Extent, io: CommandIo): readonly Group[] {
  const list = publishedList(io.environment);
  return [
    { names: PACE_FIGURES, measure: async () => measurePace(extent.documents) },
    { names: DOCUMENT_FIGURES, measure: async () => measureDocument(options.clock, extent.documents) },
    { names: ["chipProof.cpu"], measure: async () => [measureChipProof(extent.proofs)] },
    {
      names: ["serviceSod.cpu", "serviceSod.cold.cpu"],
      measure: async () => measureServiceSod(options.clock, { count: extent.sodChecks, list }),
    },
    {
      names: ["trust.import"],
      measure: async () => [await measureTrustImport(io, { count: extent.imports, list })],
    },
    {
      names: ["start.trust"],
      measure: async () => [await measureTrustStart(options, { io, count: extent.starts, list })],
    },
  ];
}

/** Figures that are taken together, by the names that each has. */
interface Group {
  readonly names: readonly string[];
  readonly measure: () => Promise<readonly Figure[]>;
}

const tapFigureNames = (transport: TapTransport): readonly string[] => [
  ...Object.values(tapNames(transport)),
  ...(isUsual(transport) ? ["tap.wait.p50", "tap.wait.p99", "card.next"] : []),
];

const isUsual = ({ laneBus, job }: TapTransport): boolean =>
  laneBus.bus === "spi" && job.demand === "identifier";

/** Over the usual transport also what is the same over all: the waits of cards that come at random or in a row. */
async function taps(
  transport: TapTransport,
  options: StageOptions,
  { taps: count }: Extent,
): Promise<readonly Figure[]> {
  const { laneBus, job } = transport;
  if (laneBus.bus === "hsu" && !hasSocat()) return unmeasuredTaps(transport, "socat is missing");
  const persons = options.persons.map((person) => ({ ...person, pinned: job.demand === "originalChip" }));
  const stage = await openStage({ ...options, persons, laneBus, lanes: [job.demand], pulseMs: TAP_PULSE_MS });
  if (!stage.ok) throw new Error(stage.error);
  const measured = { count, persons };
  try {
    const figures = await measureTaps(stage.value, options.clock, { ...transport, ...measured });
    if (!isUsual(transport)) return figures;
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
    const stage = await openStage({ ...options, lanes: ["identifier", "identifier"], gateNodeFlags });
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
