/** The published list into an empty trust store, by the operator's own command in this process. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandIo, EXIT } from "../command.ts";
import { trustImportCommand } from "../commands/trust-import.ts";
import { writeSite } from "../demo/site.ts";
import { NO_LIST, type PublishedList } from "./country-signers.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { NO_BROKER_PORT } from "./no-broker.ts";

const BOUND_MS = 2_000;

/** `trust.import`: the median of `count` imports, each into a store of its own; the first is usually the slowest. */
export async function measureTrustImport(
  io: CommandIo,
  { count, list }: { readonly count: number; readonly list: PublishedList | undefined },
): Promise<Figure> {
  const figure = { name: "trust.import", unit: "ms", bound: BOUND_MS } as const;
  if (list === undefined) return { ...figure, value: null, note: NO_LIST };
  const timesMs: number[] = [];
  let said = "";
  for (let turn = 0; turn < count; turn++) {
    const folder = mkdtempSync(join(tmpdir(), "varco-bench-"));
    try {
      const { configFile } = writeSite(folder, {
        brokerPort: NO_BROKER_PORT,
        logLevel: "info",
        lanes: ["originalChip"],
        pulseMs: 400,
        laneBus: { bus: "spi" },
      });
      const begunMs = io.clock.monotonicMs();
      said = await importList(list, configFile, io);
      timesMs.push(io.clock.monotonicMs() - begunMs);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const slowest = rounded(Math.max(...timesMs));
  return {
    ...figure,
    value: rounded(quantile(timesMs, 0.5)),
    note: `${said}; ${count} imports, slowest ${slowest}`,
  };
}

/** Imports the list into the store of a gate and gives the line that the operator reads; throws when it is refused. */
export async function importList(list: PublishedList, configFile: string, io: CommandIo): Promise<string> {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  const exit = await trustImportCommand(
    { positionals: [list.file], texts: { config: configFile, "pin-signer": list.pin }, flags: new Set() },
    { ...io, out: keep, err: keep, interactive: false },
  );
  const [said] = lines;
  if (exit !== EXIT.done || said === undefined)
    throw new Error(`the list was not taken: ${lines.join("; ")}`);
  return said;
}
