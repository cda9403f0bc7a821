/**
 * `varco credentials show`: all that is kept of one holder, for the holder: list entries, pinned chip, and the journal's rows
 * about him, each with the day on which it will not name him any more. The journal says that it was given, and not of whom.
 * Governing text: privacy rules, 6.
 */
import type { Config } from "../../config/schema.ts";
import { canonicalJson } from "../../journal/canonical-json.ts";
import { cloudEvent } from "../../journal/cloud-event.ts";
import type { DamagedRow } from "../../journal/export-events.ts";
import type { FoundHolder, HolderDesk, KeptEvent } from "../../journal/holder-records.ts";
import type { JournalError, Json } from "../../ports/journal.ts";
import { ok, type Result } from "../../result.ts";
import { toIso8601 } from "../../time/iso-8601.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode } from "../command.ts";
import { credentialJson } from "./credentials-list.ts";
import { type LineSink, openSink, type SinkError } from "./export-sink.ts";
import { type HolderAsked, isNothing, NOTHING_KEPT, recordLines, withHolder } from "./holder-choice.ts";
import { failed } from "./site.ts";

type ShowError = JournalError | SinkError | DamagedRow;

export const showCommand: Execute = (invocation, io) =>
  withHolder(invocation, io, async (asked) => {
    const { found, site } = asked;
    if (isNothing(found)) {
      io.err(NOTHING_KEPT);
      return EXIT.negative;
    }
    const noted = await site.journal.append([
      { type: "acs.system.holderShown", data: { events: found.events } },
    ]);
    if (!noted.ok) return failed(io, noted.error).exit;
    const shown = await show(asked);
    return shown.ok ? EXIT.done : tellFailure(shown.error, io);
  });

async function show({ config, desk, found, invocation, io }: HolderAsked): Promise<Result<void, ShowError>> {
  const sink = await openSink(invocation.texts["output"], io);
  if (!sink.ok) return sink;
  const isJson = invocation.flags.has("json");
  const written = await write(
    sink.value,
    isJson ? headJson(found, config) : recordLines(found),
    desk.events(found),
    isJson ? eventJson : eventLine,
  );
  const finished = written.ok ? await sink.value.finish() : written;
  if (!finished.ok) await sink.value.abandon();
  return finished;
}

async function write(
  sink: LineSink,
  head: readonly string[],
  pages: ReturnType<HolderDesk["events"]>,
  line: (kept: KeptEvent) => string,
): Promise<Result<void, ShowError>> {
  const begun = await sink.write(head);
  if (!begun.ok) return begun;
  for (const page of pages) {
    if (!page.ok) return page;
    const written = await sink.write(page.value.map(line));
    if (!written.ok) return written;
  }
  return ok(undefined);
}

/** What it is kept for is what the notice at the reader says. */
function headJson(found: FoundHolder, { notice, retentionDays }: Config): readonly string[] {
  const { credentials, chips, passwordTries } = found;
  return [
    JSON.stringify({ notice, retentionDays }),
    ...credentials.map((entry) => JSON.stringify({ credential: credentialJson(entry) })),
    ...chips.map(({ pinnedAt, ...chip }) =>
      JSON.stringify({ chip: { pinnedAt: toIso8601(pinnedAt), ...chip } }),
    ),
    JSON.stringify({ passwordTries }),
  ];
}

function eventJson({ event, keyId, erasedAt }: KeptEvent): string {
  const { personal: _, ...rest } = event;
  return canonicalJson({ event: cloudEvent(rest), keyId, erasedAt: toIso8601(erasedAt) });
}

const SHOWN = ["door", "direction", "reason", "level", "group"];

function eventLine({ event, erasedAt }: KeptEvent): string {
  const facts = SHOWN.map((name) => event.data[name]).filter(
    (fact): fact is Json & string => typeof fact === "string",
  );
  return [toIso8601(event.time), event.type, facts.join(" "), `until ${toIso8601(erasedAt)}`].join("\t");
}

function tellFailure(error: ShowError, io: CommandIo): ExitCode {
  switch (error.kind) {
    case "damagedRow":
      io.err(`row ${error.seq} is no event any more: run varco journal verify`);
      return EXIT.negative;
    case "sinkFailed":
      io.err(`${error.file} cannot be written: ${error.remedy}`);
      return EXIT.environment;
    default:
      return failed(io, error).exit;
  }
}
