/**
 * `varco read --seal`: one seal for a technician, from a file or a pipe: what its header says, and whether the trust store
 * vouches for it, check by check. Says of whom nothing.
 */
import { type CommandIo, EXIT, type Execute, type Invocation } from "../command.ts";
import { sealReportJson, sealReportLines } from "./read-seal-report.ts";
import { examineSealFile, type SealExamination, wipeExamination } from "./seal-examination.ts";
import { openConfig, openSite } from "./site.ts";

/** Nothing of a card, a reader or a door has to do with a seal alone. */
const FOREIGN_OPTIONS: readonly string[] = ["door", "hsu", "can", "mrz", "bac", "photo", "vpcd-listen"];

export const readSealCommand: Execute = async (invocation, io) => {
  const { texts, flags } = invocation;
  const stray = FOREIGN_OPTIONS.find((name) => flags.has(name) || texts[name] !== undefined);
  if (stray !== undefined) {
    io.err(`--${stray} does not go with --seal alone; see varco read --help`);
    return EXIT.usage;
  }
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const site = await openSite(config.value, io);
  if ("exit" in site) return site.exit;
  try {
    const examination = examineSealFile(texts["seal"] ?? "", { site: site.value, config: config.value }, io);
    return "exit" in examination ? examination.exit : tell(examination.value, invocation, io);
  } finally {
    site.value.close();
  }
};

function tell(examination: SealExamination, { flags }: Invocation, io: CommandIo) {
  for (const line of flags.has("json") ? [sealReportJson(examination)] : sealReportLines(examination))
    io.out(line);
  wipeExamination(examination);
  return examination.examined.ok ? EXIT.done : EXIT.negative;
}
