/** The daemon with very many credentials: from process start to the first poll, and its memory once they are read. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../ports/clock.ts";
import { UNIT_NODE_FLAGS } from "../demo/child.ts";
import { openStage, type Stage, type StageOptions } from "../demo/stage.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { usage } from "./idle.ts";
import type { LargeSite } from "./large-site.ts";
import { startOnce } from "./start.ts";

/** The daemon counts as done with reading when it takes less than this share of a core over a second. */
const AT_REST_TICKS = 8;
const LOOK_EVERY_MS = 1_000;
const REST_PATIENCE_MS = 120_000;

/** `start.million`: the median of some starts, and the slowest. */
export async function measureLargeStart(
  site: LargeSite,
  options: StageOptions,
  { count }: { readonly count: number },
): Promise<Figure> {
  const startsMs: number[] = [];
  for (let turn = 0; turn < count; turn++)
    startsMs.push(await withCopy(site, options, (stage) => startOnce(stage, options.clock)));
  return {
    name: "start.million",
    value: rounded(quantile(startsMs, 0.5)),
    unit: "ms",
    bound: 3_000,
    note: `process start to first poll with ${site.credentials} credentials, median of ${count}, slowest ${rounded(Math.max(...startsMs))}`,
  };
}

/** `rss.million`: resident memory when the credentials are read and two readers poll, and the most there was. */
export async function measureLargeMemory(site: LargeSite, options: StageOptions): Promise<readonly Figure[]> {
  return withCopy(site, options, async (withDatabase) => {
    const stage = await openStage({ ...withDatabase, lanes: ["identifier", "identifier"] });
    if (!stage.ok) throw new Error(stage.error);
    try {
      const readMs = await untilAtRest(stage.value, options.clock);
      const { residentBytes, mostBytes } = usage(pidOf(stage.value));
      const note = `${site.credentials} credentials, two readers polling, ${UNIT_NODE_FLAGS.join(" ")}`;
      return [
        { name: "rss.million", value: rounded(residentBytes / 1e6), unit: "MB", bound: 200, note },
        {
          name: "rss.million.most",
          value: rounded(mostBytes / 1e6),
          unit: "MB",
          note: "while they were read",
        },
        {
          name: "read.million",
          value: rounded(readMs),
          unit: "ms",
          note: "until they are in memory; taps are answered meanwhile",
        },
      ];
    } finally {
      await stage.value.close();
    }
  });
}

/** A stage in a folder of its own, into which the large database is copied before the gate starts. */
async function withCopy<T>(
  site: LargeSite,
  options: StageOptions,
  use: (stage: StageOptions) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "varco-bench-"));
  const beforeGate: StageOptions["beforeGate"] = async () => site.copyTo(join(folder, "state"));
  try {
    return await use({ ...options, folder, beforeGate });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function untilAtRest(stage: Stage, clock: Clock): Promise<number> {
  const pid = pidOf(stage);
  const begun = clock.monotonicMs();
  let { ticks } = usage(pid);
  while (clock.monotonicMs() - begun < REST_PATIENCE_MS) {
    await clock.sleep(LOOK_EVERY_MS);
    const before = ticks;
    ticks = usage(pid).ticks;
    if (ticks - before < AT_REST_TICKS) break;
  }
  return clock.monotonicMs() - begun;
}

function pidOf({ gate }: Stage): number {
  if (gate.process.pid === undefined) throw new Error("the gate has no process");
  return gate.process.pid;
}
