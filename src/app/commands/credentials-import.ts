/**
 * `varco credentials import FILE`: every row is checked before the first is stored, and all become valid in
 * one step at the end, so a bad file, Ctrl-C or a power cut leaves the list as it was, and a running gate
 * decides by the old list until then. Holders on the deny list stay there.
 */
import {
  type CredentialRow,
  credentialRows,
  type RowProblem,
  repeatedHolder,
  sharedName,
} from "../../config/credential-file.ts";
import type { HolderOptions } from "../../config/listed-holder.ts";
import type { Config } from "../../config/schema.ts";
import type { ImportError, ImportReport, Neighbours } from "../../journal/credential-import.ts";
import { EnrolmentSheet } from "../../journal/enrolment-sheet.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode } from "../command.ts";
import { isReaderHeld } from "../process-lock.ts";
import { Progress } from "./progress.ts";
import { failed, holderOf, openConfig, openSite, type Site } from "./site.ts";
import { TextFile, type TextFileError } from "./text-file.ts";

const LARGEST_FILE_BYTES = 256 * 1024 * 1024;
/** Nobody reads more at a time; the rest is counted. */
const MOST_SHOWN = 100;
/** Rows after which the event loop gets a turn, so that a person can interrupt. */
const ROWS_AT_ONCE = 50;

export const importCommand: Execute = async (invocation, io) => {
  const { positionals, flags } = invocation;
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const file = positionals[0] ?? "";
  const text = TextFile.open(file, LARGEST_FILE_BYTES);
  if (!text.ok) return tellUnreadable(file, text.error, io);
  const site = await openSite(config.value, io);
  if ("exit" in site) {
    text.value.close();
    return site.exit;
  }
  try {
    const options = { hexIdentifiers: flags.has("hex-identifiers") ? "accepted" : "refused" } as const;
    const checked = await checkRows(text.value, options, site.value, io);
    if (checked === "stopped") return tellFailure({ kind: "stopped" }, io);
    if (text.value.failure !== undefined) return tellUnreadable(file, text.value.failure, io);
    if (checked.badRows > 0) return refuse(checked, flags.has("json"), io);
    const outcome = await store(checked.sheet, site.value, config.value, io);
    if (!outcome.ok) return tellFailure(outcome.error, io);
    const { namesakes } = checked;
    const report = { ...outcome.value, badRows: 0, namesakes: namesakes.count };
    showRows(namesakes.first(), namesakes.count, io);
    io.out(flags.has("json") ? JSON.stringify(report) : sentence(report));
    return EXIT.done;
  } finally {
    text.value.close();
    site.value.close();
  }
};

interface CheckedRows {
  readonly sheet: EnrolmentSheet;
  readonly badRows: number;
  /** The first of the bad rows. */
  readonly problems: readonly RowProblem[];
  /** Holders who share a form of their names, and are not met by it. */
  readonly namesakes: Problems;
}

/** Looks at every row and turns the good ones into enrolments; the numbers are wiped on the way. */
async function checkRows(
  text: TextFile,
  options: HolderOptions,
  site: Site,
  io: CommandIo,
): Promise<CheckedRows | "stopped"> {
  const progress = new Progress(io, { what: "checked", total: text.countLines() });
  const sheet = new EnrolmentSheet();
  const problems = new Problems();
  let seen = 0;
  for (const checked of credentialRows(text.pieces(), options)) {
    seen++;
    const problem = checked.ok ? enter(checked.value, site, sheet) : checked.error;
    if (problem !== undefined) problems.add(problem);
    // Making the forms of the names behind it would take minutes, for nothing.
    if (problem?.reason === NO_ROOM) break;
    if (seen % ROWS_AT_ONCE !== 0) continue;
    progress.show(seen);
    await io.clock.sleep(0);
    if (io.signal.aborted) return "stopped";
  }
  const namesakes = compareRows(sheet, problems);
  return { sheet, badRows: problems.count, problems: problems.first(), namesakes };
}

/** Adds to the problems who is there twice; who merely shares a form of his name is no problem, but told. */
function compareRows(sheet: EnrolmentSheet, problems: Problems): Problems {
  const namesakes = new Problems();
  for (const repetition of sheet.repetitions())
    if (repetition.shared === "holder") problems.add(repeatedHolder(repetition));
    else namesakes.add(sharedName(repetition));
  return namesakes;
}

function enter(
  { row, identifiers, ...entitlement }: CredentialRow,
  site: Site,
  sheet: EnrolmentSheet,
): RowProblem | undefined {
  const hasRoom = sheet.add({ ...holderOf(site, identifiers), ...entitlement, enabled: true }, row);
  return hasRoom ? undefined : { row, reason: NO_ROOM };
}

const NO_ROOM =
  "long names have several forms each, and with this row there are more than the 4,194,304 that a file may have; the rows behind it were not looked at: divide the file, or give document numbers or fiscal codes in place of long names";

/** Counts all problems and keeps the first by row, in whatever order they are found. */
class Problems {
  #kept: RowProblem[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(problem: RowProblem): void {
    this.#count++;
    this.#kept.push(problem);
    if (this.#kept.length >= 2 * MOST_SHOWN) this.#kept = [...this.first()];
  }

  first(): readonly RowProblem[] {
    return this.#kept.toSorted((left, right) => left.row - right.row).slice(0, MOST_SHOWN);
  }
}

function store(sheet: EnrolmentSheet, { register }: Site, config: Config, io: CommandIo) {
  const progress = new Progress(io, { what: "stored", total: sheet.rowCount });
  return register.import(sheet.inKeyOrder(), {
    clock: io.clock,
    signal: io.signal,
    neighbours: () => neighbours(config),
    onStaged: (count) => progress.show(count),
  });
}

/** A gate holds its readers; whoever else holds one may be waited upon too. */
async function neighbours({ board, doors }: Config): Promise<Neighbours> {
  const boardName = board.kind === "virtual" ? board.socket : "";
  for (const { reader } of doors) if (await isReaderHeld(reader.node, boardName)) return "gate";
  return "none";
}

function sentence({ imported, replaced, stillDenied }: ImportReport): string {
  const instead = replaced === 0 ? "" : `, ${replaced} of them in place of an earlier one`;
  const told = `imported ${imported} ${imported === 1 ? "credential" : "credentials"}${instead}`;
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

function tellUnreadable(file: string, { code }: TextFileError, io: CommandIo): ExitCode {
  io.err(`${file} cannot be read (${code}): give a CSV file in UTF-8 of at most 256 MiB`);
  return EXIT.environment;
}

function showRows(shown: readonly RowProblem[], count: number, io: CommandIo): void {
  for (const { row, reason } of shown) io.err(`row ${row}: ${reason}`);
  if (count > shown.length) io.err(`and ${count - shown.length} more`);
}

function refuse({ badRows, problems }: CheckedRows, json: boolean, io: CommandIo): ExitCode {
  if (json) {
    io.out(JSON.stringify({ imported: 0, replaced: 0, stillDenied: 0, badRows, problems }));
    return EXIT.negative;
  }
  showRows(problems, badRows, io);
  io.err("nothing was imported: correct these rows and import the file again");
  return EXIT.negative;
}
