/**
 * `varco credentials import FILE`: every row is checked before the first is stored, and all become valid in
 * one step at the end, so a bad file or a power cut leaves the list as it was, and a running gate decides by
 * the old list until then. Cards on the deny list stay there.
 */
import { open } from "node:fs/promises";
import { type CredentialFileOptions, credentialRows, type RowProblem } from "../../config/credential-file.ts";
import type { ImportError, ImportReport } from "../../journal/credential-import.ts";
import type { Enrolment } from "../../journal/credential-rows.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode } from "../command.ts";
import { failed, holderOf, type Outcome, openConfig, openSite, type Site } from "./site.ts";

const LARGEST_FILE_BYTES = 256 * 1024 * 1024;
/** Nobody reads more at a time; the rest is counted. */
const MOST_SHOWN = 100;

export const importCommand: Execute = async (invocation, io) => {
  const { positionals, flags } = invocation;
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const text = await readText(positionals[0] ?? "", io);
  if ("exit" in text) return text.exit;
  const options: CredentialFileOptions = {
    hexIdentifiers: flags.has("hex-identifiers") ? "accepted" : "refused",
  };
  const problems = [...badRows(text.value, options)];
  if (problems.length > 0) return refuse(problems, flags.has("json"), io);
  const site = await openSite(config.value, io);
  if ("exit" in site) return site.exit;
  const enrolments = enrolmentsOf(text.value, options, site.value);
  const outcome = await site.value.register.import(enrolments, io);
  site.value.close();
  if (!outcome.ok) return tellFailure(outcome.error, io);
  io.out(flags.has("json") ? JSON.stringify(outcome.value) : sentence(outcome.value));
  return EXIT.done;
};

function sentence({ imported, stillDenied }: ImportReport): string {
  const told = `imported ${imported} ${imported === 1 ? "credential" : "credentials"}`;
  if (stillDenied === 0) return told;
  return `${told}; ${stillDenied} more of the file ${stillDenied === 1 ? "stays" : "stay"} on the deny list: only credentials revoke, or credentials add --tap, takes a card off it`;
}

function tellFailure(error: ImportError, io: CommandIo): ExitCode {
  switch (error.kind) {
    case "stopped":
      io.err("stopped: nothing was imported");
      return EXIT.negative;
    case "overtaken":
      io.err("another import began meanwhile: nothing of this file was imported");
      return EXIT.negative;
    default:
      return failed(io, error).exit;
  }
}

async function readText(file: string, io: CommandIo): Promise<Outcome<string>> {
  try {
    const handle = await open(file, "r");
    try {
      const { size } = await handle.stat();
      if (size > LARGEST_FILE_BYTES) throw new Error("too large");
      return { value: new TextDecoder("utf-8", { fatal: true }).decode(await handle.readFile()) };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "too large";
    io.err(`${file} cannot be read (${code}): give a CSV file in UTF-8 of at most 256 MiB`);
    return { exit: EXIT.environment };
  }
}

function* badRows(text: string, options: CredentialFileOptions): Generator<RowProblem> {
  for (const row of credentialRows(text, options)) if (!row.ok) yield row.error;
}

function* enrolmentsOf(
  text: string,
  options: CredentialFileOptions,
  { scopeKey }: Site,
): Generator<Enrolment> {
  for (const row of credentialRows(text, options)) {
    if (!row.ok) continue;
    const { identifier, group, validFrom, validUntil, reference } = row.value;
    yield {
      ...holderOf(scopeKey, identifier),
      group,
      enabled: true,
      ...(validFrom === undefined ? {} : { validFrom }),
      ...(validUntil === undefined ? {} : { validUntil }),
      ...(reference === undefined ? {} : { reference }),
    };
  }
}

function refuse(problems: readonly RowProblem[], json: boolean, io: CommandIo): ExitCode {
  if (json) {
    io.out(
      JSON.stringify({ imported: 0, badRows: problems.length, problems: problems.slice(0, MOST_SHOWN) }),
    );
    return EXIT.negative;
  }
  for (const { row, reason } of problems.slice(0, MOST_SHOWN)) io.err(`row ${row}: ${reason}`);
  if (problems.length > MOST_SHOWN) io.err(`and ${problems.length - MOST_SHOWN} more`);
  io.err("nothing was imported: correct these rows and import the file again");
  return EXIT.negative;
}
