/**
 * `varco read --seal`: one seal for a technician, from a file or a pipe: what its header says, and whether the trust store
 * vouches for it, check by check. Says of whom nothing.
 */
import type { Config } from "../../config/schema.ts";
import { err, ok, type Result } from "../../result.ts";
import { judgeSeal } from "../../seal/judge-seal.ts";
import { parseSeal } from "../../seal/parse-seal.ts";
import { type Seal, wipeSeal } from "../../seal/seal.ts";
import { SealAnchors } from "../../seal/seal-anchors.ts";
import { sealedHolder } from "../../seal/sealed-holder.ts";
import type { Instant } from "../../time/time.ts";
import { type CommandIo, EXIT, type Execute, type Invocation } from "../command.ts";
import { loadSealAnchors } from "../seal-anchors-of.ts";
import { type ExaminedSeal, type SealReport, sealReportJson, sealReportLines } from "./read-seal-report.ts";
import { openSealFile } from "./seal-file.ts";
import type { SealFailure } from "./seal-refusals.table.ts";
import { failed, type Outcome, openConfig, openSite, type Site } from "./site.ts";

/** Nothing of a card, a reader or a door has to do with a seal. */
const FOREIGN_OPTIONS: readonly string[] = [
  ...["door", "hsu", "document", "can", "mrz", "bac", "photo", "vpcd-listen"],
];

export const readSealCommand: Execute = async (invocation, io) => {
  const { texts, flags } = invocation;
  const stray = FOREIGN_OPTIONS.find((name) => flags.has(name) || texts[name] !== undefined);
  if (stray !== undefined) {
    io.err(`--${stray} does not go with --seal; see varco read --help`);
    return EXIT.usage;
  }
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const site = await openSite(config.value, io);
  if ("exit" in site) return site.exit;
  try {
    const anchors = trustOf(site.value, config.value, io);
    return "exit" in anchors ? anchors.exit : tell(anchors.value, invocation, io);
  } finally {
    site.value.close();
  }
};

/** The makers of seals in the trust store; a store without any makes every signer unknown, which names whom to import. */
function trustOf({ database }: Site, config: Config, io: CommandIo): Outcome<SealAnchors> {
  const anchors = loadSealAnchors(database, config);
  if (anchors.ok) return anchors;
  return anchors.error.kind === "trustStoreWithoutSealers" ? { value: NOBODY } : failed(io, anchors.error);
}

const NOBODY = new SealAnchors({ sealers: [], revocationLists: [], crl: "warn", testAnchors: "refuse" });

function tell(anchors: SealAnchors, { texts, flags }: Invocation, io: CommandIo) {
  const bytes = openSealFile(texts["seal"] ?? "", io);
  if ("exit" in bytes) return bytes.exit;
  const report = reportOn(bytes.value, anchors, io.clock.wallTime());
  bytes.value.fill(0);
  for (const line of flags.has("json") ? [sealReportJson(report)] : sealReportLines(report)) io.out(line);
  if (report.seal !== undefined) wipeSeal(report.seal);
  return report.examined.ok ? EXIT.done : EXIT.negative;
}

function reportOn(bytes: Uint8Array, anchors: SealAnchors, at: Instant): SealReport {
  const seal = parseSeal(bytes);
  return seal.ok ? { seal: seal.value, examined: examine(seal.value, anchors, at) } : { examined: seal };
}

function examine(seal: Seal, anchors: SealAnchors, at: Instant): Result<ExaminedSeal, SealFailure> {
  const verdict = judgeSeal(seal, anchors, at);
  if (!verdict.ok) return verdict;
  const holder = sealedHolder(seal);
  if (!holder.ok) return err(holder.error);
  const { documentKind, issuingCountry, documentNumber } = holder.value;
  documentNumber.reveal().fill(0);
  const issued = issuingCountry === undefined ? {} : { issuingCountry };
  return ok({ verdict: verdict.value, holder: { documentKind, ...issued } });
}
