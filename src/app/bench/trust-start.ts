/**
 * What a full trust store adds to the start of a gate whose door demands the chip's proof: the store is read and
 * checked against its seal before the first poll.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandIo } from "../command.ts";
import type { StageOptions } from "../demo/stage.ts";
import { NO_LIST, type PublishedList } from "./country-signers.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { startOnce } from "./start.ts";
import { importList } from "./trust-import.ts";

const BOUND_MS = 200;

/** `start.trust`: the difference of the medians of `count` starts each, taken by turns. */
export async function measureTrustStart(
  options: StageOptions,
  {
    io,
    count,
    list,
  }: { readonly io: CommandIo; readonly count: number; readonly list: PublishedList | undefined },
): Promise<Figure> {
  const figure = { name: "start.trust", unit: "ms", bound: BOUND_MS } as const;
  if (list === undefined) return { ...figure, value: null, note: NO_LIST };
  const two: number[] = [];
  const full: number[] = [];
  const stage: StageOptions = { ...options, lanes: ["originalChip"] };
  for (let turn = 0; turn < count; turn++) {
    two.push(await startOnce(stage, options.clock));
    full.push(await startWith(list, stage, io));
  }
  const [twoMs, fullMs] = [quantile(two, 0.5), quantile(full, 0.5)];
  const note = `${count} starts each: median ${rounded(twoMs)} ms with two certificates, ${rounded(fullMs)} ms with the published list too`;
  return { ...figure, value: rounded(fullMs - twoMs), note };
}

/** The list comes into the store when everything but the gate is there. */
async function startWith(list: PublishedList, stage: StageOptions, io: CommandIo): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "varco-bench-"));
  const beforeGate = async (): Promise<void> => {
    await importList(list, join(folder, "gate.yaml"), io);
  };
  try {
    return await startOnce({ ...stage, folder, beforeGate }, stage.clock);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
