/**
 * One seal from a file, examined by the trust store as it is now: for `varco read --seal`, alone or beside a document. A door
 * asks first what kind of paper a seal is of; a technician learns who signed it, whatever it is of. What the seal says of its
 * holder stays here until it is wiped.
 */
import type { Config } from "../../config/schema.ts";
import { err, ok, type Result } from "../../result.ts";
import { judgeSeal, type SealVerdict } from "../../seal/judge-seal.ts";
import { parseSeal } from "../../seal/parse-seal.ts";
import { type Seal, wipeSeal } from "../../seal/seal.ts";
import { SealAnchors } from "../../seal/seal-anchors.ts";
import { type SealedHolder, sealedHolder } from "../../seal/sealed-holder.ts";
import type { Instant } from "../../time/time.ts";
import type { CommandIo } from "../command.ts";
import { loadSealAnchors } from "../seal-anchors-of.ts";
import { openSealFile } from "./seal-file.ts";
import type { SealFailure } from "./seal-refusals.table.ts";
import { failed, type Outcome, type Site } from "./site.ts";

/** A seal that is what it seems. */
interface RightSeal {
  readonly verdict: SealVerdict;
  readonly holder: SealedHolder;
}

/** To be wiped by `wipeExamination`. */
export interface SealExamination {
  /** Absent where there is none that can be read. */
  readonly seal?: Seal;
  readonly examined: Result<RightSeal, SealFailure>;
}

/** Examines the seal in this file, or in standard input (`-`); what is wrong with file or trust store is told. */
export function examineSealFile(
  file: string,
  { site, config }: { readonly site: Site; readonly config: Config },
  io: CommandIo,
): Outcome<SealExamination> {
  const anchors = trustOf(site, config, io);
  if ("exit" in anchors) return anchors;
  const bytes = openSealFile(file, io);
  if ("exit" in bytes) return bytes;
  const examination = examine(bytes.value, anchors.value, io.clock.wallTime());
  bytes.value.fill(0);
  return { value: examination };
}

export function wipeExamination({ seal, examined }: SealExamination): void {
  if (seal !== undefined) wipeSeal(seal);
  if (examined.ok) examined.value.holder.documentNumber.reveal().fill(0);
}

/** The makers of seals in the trust store; a store without any makes every signer unknown, which names whom to import. */
function trustOf({ database }: Site, config: Config, io: CommandIo): Outcome<SealAnchors> {
  const anchors = loadSealAnchors(database, config);
  if (anchors.ok) return anchors;
  return anchors.error.kind === "trustStoreWithoutSealers" ? { value: NOBODY } : failed(io, anchors.error);
}

const NOBODY = new SealAnchors({ sealers: [], revocationLists: [], crl: "warn", testAnchors: "refuse" });

function examine(bytes: Uint8Array, anchors: SealAnchors, at: Instant): SealExamination {
  const seal = parseSeal(bytes);
  return seal.ok ? { seal: seal.value, examined: judge(seal.value, anchors, at) } : { examined: seal };
}

function judge(seal: Seal, anchors: SealAnchors, at: Instant): Result<RightSeal, SealFailure> {
  const verdict = judgeSeal(seal, anchors, at);
  if (!verdict.ok) return verdict;
  const holder = sealedHolder(seal);
  return holder.ok ? ok({ verdict: verdict.value, holder: holder.value }) : err(holder.error);
}
