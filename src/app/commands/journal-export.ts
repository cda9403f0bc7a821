/**
 * `varco journal export`: the journal's rows in the form in which they are published, or as CSV for a
 * spreadsheet, streamed beside a running gate. What names a holder, the salt and the pseudonym, is left out
 * unless it is asked for, and then the journal itself says that it was given (privacy rules, §6).
 */
import type { Config } from "../../config/schema.ts";
import { validityEnd, validityStart } from "../../config/validity.ts";
import { canonicalJson } from "../../journal/canonical-json.ts";
import { cloudEvent } from "../../journal/cloud-event.ts";
import { openDatabaseReadOnly } from "../../journal/database.ts";
import { type DamagedRow, type EventRange, exportEvents } from "../../journal/export-events.ts";
import type { JournalError, JournalEvent } from "../../ports/journal.ts";
import { err, ok, type Result } from "../../result.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { type LineSink, openSink, type SinkError } from "./export-sink.ts";
import { csvHeader, csvLine } from "./journal-csv.ts";
import { BUSY_TIMEOUT_MS, databaseFile, failed, openConfig, openSite } from "./site.ts";

type Format = "jsonl" | "csv";

interface Request {
  readonly range: EventRange;
  readonly format: Format;
  /** Whether what names a holder is given. */
  readonly kind: "plain" | "personal";
}

interface Report {
  readonly rows: number;
  readonly first: number | null;
  readonly last: number | null;
}

type ExportError = JournalError | SinkError | DamagedRow | { readonly kind: "stopped" };

export const exportCommand: Execute = async (invocation, io) => {
  const request = parseRequest(invocation);
  if (!request.ok) {
    io.err(`${request.error}; see varco journal export --help`);
    return EXIT.usage;
  }
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  if (request.value.kind === "personal") {
    const noted = await noteExport(config.value, io);
    if (noted !== undefined) return noted;
  }
  const file = databaseFile(config.value.stateDirectory);
  const database = openDatabaseReadOnly(file, { busyTimeoutMs: BUSY_TIMEOUT_MS });
  if (!database.ok) return failed(io, database.error).exit;
  try {
    const pages = exportEvents(database.value, request.value.range);
    const report = await exportTo(invocation.texts["output"], pages, request.value, io);
    return report.ok ? tell(report.value, invocation, io) : tellFailure(report.error, io);
  } finally {
    database.value.close();
  }
};

function parseRequest({ texts, flags }: Invocation): Result<Request, string> {
  const { from = "", to = "", format = "jsonl" } = texts;
  if (format !== "jsonl" && format !== "csv") return err("--format: jsonl or csv");
  const start = parseBound(from, "from");
  const end = parseBound(to, "to");
  if (start === undefined) return err("--from: a row number, a day as YYYY-MM-DD or an instant");
  if (end === undefined) return err("--to: a row number, a day as YYYY-MM-DD or an instant");
  const kind = flags.has("personal") ? "personal" : "plain";
  return ok({ range: { ...start, ...end }, format, kind });
}

const SEQUENCE_NUMBER = /^[1-9]\d{0,14}$/;

/** One end of the range; empty text is an open end. */
function parseBound(text: string, end: "from" | "to"): EventRange | undefined {
  if (text === "") return {};
  if (SEQUENCE_NUMBER.test(text)) return end === "from" ? { fromSeq: Number(text) } : { toSeq: Number(text) };
  const time = end === "from" ? validityStart(text) : validityEnd(text);
  if (time === undefined) return undefined;
  return end === "from" ? { fromTime: time } : { beforeTime: time };
}

/** The journal says that holders are named to somebody before that happens; whom it names, it does not say. */
async function noteExport(config: Config, io: CommandIo): Promise<ExitCode | undefined> {
  const site = await openSite(config, io);
  if ("exit" in site) return site.exit;
  const noted = await site.value.journal.append([
    { type: "acs.system.journalExported", data: { personal: true } },
  ]);
  site.value.close();
  return noted.ok ? undefined : failed(io, noted.error).exit;
}

async function exportTo(
  file: string | undefined,
  pages: ReturnType<typeof exportEvents>,
  request: Request,
  io: CommandIo,
): Promise<Result<Report, ExportError>> {
  const sink = await openSink(file, io);
  if (!sink.ok) return sink;
  const written = await writePages(sink.value, pages, request, io);
  const finished = written.ok ? await sink.value.finish() : written;
  if (!finished.ok) await sink.value.abandon();
  return finished.ok ? written : finished;
}

async function writePages(
  sink: LineSink,
  pages: ReturnType<typeof exportEvents>,
  { format, kind }: Request,
  io: CommandIo,
): Promise<Result<Report, ExportError>> {
  let report: Report = { rows: 0, first: null, last: null };
  const headed = await sink.write(format === "csv" ? [csvHeader(kind)] : []);
  if (!headed.ok) return headed;
  const line = format === "csv" ? (event: JournalEvent) => csvLine(event, kind) : jsonLine(kind);
  for (const page of pages) {
    if (!page.ok) return page;
    const written = await sink.write(page.value.map(line));
    if (!written.ok) return written;
    const [first] = page.value;
    report = {
      rows: report.rows + page.value.length,
      first: report.first ?? first?.seq ?? null,
      last: page.value.at(-1)?.seq ?? report.last,
    };
    await io.clock.sleep(0);
    if (io.signal.aborted) return err({ kind: "stopped" });
  }
  return ok(report);
}

function jsonLine(kind: Request["kind"]): (event: JournalEvent) => string {
  if (kind === "personal") return (event) => canonicalJson(cloudEvent(event));
  return ({ personal: _, ...event }) => canonicalJson(cloudEvent(event));
}

/** On standard error, since the rows themselves may go to standard output. */
function tell(report: Report, { texts, flags }: Invocation, io: CommandIo): ExitCode {
  if (flags.has("json")) io.err(JSON.stringify(report));
  else if (io.interactive || texts["output"] !== undefined)
    io.err(
      report.rows === 0
        ? "no row is in this range"
        : `${report.rows} rows, ${report.first} to ${report.last}`,
    );
  return EXIT.done;
}

function tellFailure(error: ExportError, io: CommandIo): ExitCode {
  switch (error.kind) {
    case "stopped":
      io.err("stopped: the export is not whole");
      return EXIT.negative;
    case "damagedRow":
      io.err(
        `row ${error.seq} is no event any more, and the export ends before it: run varco journal verify`,
      );
      return EXIT.negative;
    case "sinkFailed":
      io.err(`${error.file} cannot be written: ${error.remedy}`);
      return EXIT.environment;
    default:
      return failed(io, error).exit;
  }
}
