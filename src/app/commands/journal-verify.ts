/**
 * `varco journal verify`: is the journal what was written? Reads only, beside a running gate too. Exit 1 says
 * that it is not, and where it breaks first.
 */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { loadOrCreateSigner } from "../../crypto/signing-key.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import { openDatabaseReadOnly } from "../../journal/database.ts";
import {
  type ChainFault,
  type ChainSummary,
  type verifyChain,
  verifyInPages,
} from "../../journal/verify-chain.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode } from "../command.ts";
import { BUSY_TIMEOUT_MS, databaseFile, failed, openConfig } from "./site.ts";

export const verifyCommand: Execute = async (invocation, io) => {
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const { stateDirectory } = config.value;
  const keyFile = join(stateDirectory, "journal.key");
  // The key is made by the gate at its first start; made here it would belong to the person who asks.
  if (!(await exists(keyFile))) {
    const remedy = "it is made at the gate's first start, and without it no checkpoint can be checked";
    return failed(io, { kind: "keyMissing", file: keyFile, remedy, cause: undefined }).exit;
  }
  const signer = loadOrCreateSigner(keyFile, systemRandom);
  if (!signer.ok) return failed(io, signer.error).exit;
  const database = openDatabaseReadOnly(databaseFile(stateDirectory), { busyTimeoutMs: BUSY_TIMEOUT_MS });
  if (!database.ok) return failed(io, database.error).exit;
  try {
    const pages = verifyInPages(database.value, signer.value.publicKey);
    const verified = await untilEnd(pages, io);
    if (verified === "stopped") {
      io.err("stopped: the journal was not verified to its end");
      return EXIT.negative;
    }
    if (verified.ok) return tellSound(verified.value, invocation.flags.has("json"), io);
    if (verified.error.kind !== "chainBroken") return failed(io, verified.error).exit;
    return tellBroken(verified.error, invocation.flags.has("json"), io);
  } finally {
    database.value.close();
  }
};

/** Between two pages the event loop gets a turn, so that a person can interrupt. */
async function untilEnd(
  pages: ReturnType<typeof verifyInPages>,
  { clock, signal }: CommandIo,
): Promise<ReturnType<typeof verifyChain> | "stopped"> {
  while (!signal.aborted) {
    const page = pages.next();
    if (page.done === true) return page.value;
    await clock.sleep(0);
  }
  return "stopped";
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

function tellSound({ first, last, checkpoints }: ChainSummary, json: boolean, io: CommandIo): ExitCode {
  const sentence =
    last === 0
      ? "the journal is empty"
      : `rows ${first} to ${last} are as they were written; ${checkpoints} checkpoints are signed by this gate`;
  io.out(json ? JSON.stringify({ ok: true, first, last, checkpoints }) : sentence);
  return EXIT.done;
}

function tellBroken({ seq, what }: ChainFault, json: boolean, io: CommandIo): ExitCode {
  const remedy =
    "keep a copy of the state directory as evidence and compare it with what the back end received";
  io.out(
    json
      ? JSON.stringify({ ok: false, seq, what, meaning: MEANINGS[what], remedy })
      : `the journal breaks at row ${seq} (${what}): ${MEANINGS[what]}; ${remedy}`,
  );
  return EXIT.negative;
}

const MEANINGS: Readonly<Record<ChainFault["what"], string>> = {
  line: "its text is no event, or that of another row",
  gap: "a row before it is missing",
  link: "it does not continue the row before it",
  hash: "its text is not the one that was hashed",
  personal: "the holder beside it is not the one that it was written for",
  checkpoint: "it is not signed by this gate, or signs another row than the one that is here",
  head: "rows before it are gone, and no row tells of their erasure",
  tail: "the back end has acknowledged rows that are not here any more",
};
