/**
 * `varco bench`: speed and memory on the simulator, one figure a line under names that stay. Ratios are
 * taken within one run on one machine; nothing here passes or fails.
 */
import { type CommandIo, EXIT, type Execute, type Invocation } from "../command.ts";
import { UNIT_NODE_FLAGS } from "../demo/child.ts";
import { openStage, type StageOptions } from "../demo/stage.ts";
import type { Person } from "../demo/story.ts";
import { describeFigure, type Figure } from "./figure.ts";
import { measureIdle } from "./idle.ts";
import { measureStart } from "./start.ts";
import { measureTaps, TAP_PULSE_MS } from "./taps.ts";

const PERSONS: readonly Person[] = ["100000000001", "100000000002"].map((nis) => ({
  nis,
  family: "gemalto",
  standing: "admitted",
}));

interface Extent {
  readonly taps: number;
  readonly starts: number;
  readonly idleMs: number;
}
const FULL: Extent = { taps: 200, starts: 7, idleMs: 30_000 };
const SHORT: Extent = { taps: 20, starts: 3, idleMs: 5_000 };

export const benchCommand: Execute = async (invocation, io) => {
  const { texts, flags } = invocation;
  const options: StageOptions = { clock: io.clock, seed: 1, persons: PERSONS, logLevel: "info" };
  for (const group of groupsOf(options, flags.has("short") ? SHORT : FULL)) {
    if (!group.prefixes.some((prefix) => (texts["only"] ?? prefix).startsWith(prefix))) continue;
    if (io.interactive) io.err(`measuring ${group.prefixes.join(", ")} …`);
    show(await group.measure(), invocation, io);
    if (io.signal.aborted) return EXIT.negative;
  }
  return EXIT.done;
};

function show(figures: readonly Figure[], { texts, flags }: Invocation, io: CommandIo): void {
  for (const figure of figures) {
    if (figure.name !== (texts["only"] ?? figure.name)) continue;
    io.out(flags.has("json") ? JSON.stringify(figure) : describeFigure(figure));
  }
}

const groupsOf = (options: StageOptions, extent: Extent): readonly Group[] => [
  {
    prefixes: ["start."],
    measure: async () => [await measureStart(options, { count: extent.starts, clock: options.clock })],
  },
  { prefixes: ["tap.", "commands.", "sim."], measure: () => taps(options, extent) },
  { prefixes: ["cpu.", "rss."], measure: () => idle(options, extent) },
];

interface Group {
  readonly prefixes: readonly string[];
  readonly measure: () => Promise<readonly Figure[]>;
}

async function taps(options: StageOptions, { taps: count }: Extent): Promise<readonly Figure[]> {
  const stage = await openStage({ ...options, pulseMs: TAP_PULSE_MS });
  if (!stage.ok) throw new Error(stage.error);
  try {
    return await measureTaps(stage.value, options.clock, { count, persons: options.persons });
  } finally {
    await stage.value.close();
  }
}

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
