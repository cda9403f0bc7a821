/**
 * By whom the card that lies on a reader is read best: by the chip's own ISO-DEP engine, or by this program's with longer
 * frames. Nobody knows beforehand which chip keeps up with those, so what anybody may read of the card is read some times
 * either way, and the faster way that lost nothing is proposed. Nothing of what was read is kept.
 */
import { run } from "../../apdu/exchange.ts";
import { FamilyCache } from "../../cie/families.ts";
import { selectCie } from "../../cie/select.ts";
import { readServiceFile } from "../../cie/service-files.ts";
import { looksLikeDocument } from "../../emrtd/application.ts";
import type { CardLink, DetectedCard, LoneReader, ReaderError } from "../../ports/card.ts";
import { ok, type Result } from "../../result.ts";
import { after } from "../../time/time.ts";
import { type Check, doubtful, failure, notApplicable, well } from "../doctor/check.ts";
import type { ReaderTest } from "./reader-test-task.ts";

const LINK_CHECK = "card link";
/** Frames that fail twice are tried smaller: six readings lead from the longest to the firmware, the rest are measured. */
const READINGS = 12;
const READING_MS = 5_000;
/** Less is no reason to leave the engine that every chip has. */
const WORTHWHILE = 0.95;

type IsoDep = CardLink["isoDep"];

/** How the card was read with one engine. */
interface Trial {
  /** As it was at the last reading. */
  readonly link: CardLink;
  /** Of the readings over that link. */
  readonly medianMs: number;
  readonly lost: number;
}

type TrialOutcome = Trial | "noCard" | "nothingToRead";

/** One finding; none after an interruption. */
export async function* findLink(test: ReaderTest): AsyncGenerator<Check> {
  const { io } = test;
  if (io.interactive) io.err(`testing ${LINK_CHECK} …`);
  const firmware = await tryEngine(test, "firmware");
  const own =
    firmware.ok && typeof firmware.value === "object" ? await tryEngine(test, "software") : firmware;
  if (io.signal.aborted) return;
  if (!firmware.ok) yield failure(LINK_CHECK, firmware.error);
  else if (!own.ok) yield failure(LINK_CHECK, own.error);
  else yield judgeLink(firmware.value, own.value, test.reader.isoDep ?? "firmware");
}

async function tryEngine(test: ReaderTest, isoDep: IsoDep): Promise<Result<TrialOutcome, ReaderError>> {
  const reader = test.chip.asReader(isoDep);
  const started = await reader.start();
  if (!started.ok) return started;
  const families = new FamilyCache();
  const readings: Reading[] = [];
  for (let count = 0; count < READINGS && !test.io.signal.aborted; count++) {
    const read = await readNext(test, reader, families);
    if (!read.ok) return read;
    if (read.value === "noCard") break;
    if (read.value === "nothingToRead") return ok(read.value);
    if (read.value !== "lost") readings.push(read.value);
  }
  return ok(summed(readings));
}

/** One reading over a link; without a time when it broke off. */
interface Reading {
  readonly link: CardLink;
  readonly tookMs: number | undefined;
}

/** `lost`: the card did not even agree on a link. */
type ReadingOutcome = Reading | "lost" | "nothingToRead";

/** The card that lies there, activated anew. */
async function readNext(
  test: ReaderTest,
  reader: LoneReader,
  families: FamilyCache,
): Promise<Result<ReadingOutcome | "noCard", ReaderError>> {
  const card = await findCard(reader);
  if (!card.ok) return card;
  if (card.value === undefined) return ok("noCard");
  const reading = await readOnce(test, card.value, families);
  const dropped = await reader.drop();
  return dropped.ok ? ok(reading) : dropped;
}

/** A card that was spoken to a moment ago may miss the first round. */
async function findCard(reader: LoneReader): Promise<Result<DetectedCard | undefined, ReaderError>> {
  const never = new AbortController().signal;
  const found = await reader.poll(never);
  return found.ok && found.value === undefined ? reader.poll(never) : found;
}

async function readOnce(
  { surroundings }: ReaderTest,
  card: DetectedCard,
  families: FamilyCache,
): Promise<ReadingOutcome> {
  if (card.kind !== "isoDep") return "nothingToRead";
  const { clock, log } = surroundings;
  const link = await card.raiseSpeed();
  if (!link.ok) return "lost";
  const begunAt = clock.monotonicMs();
  const context = { clock, log, until: after(begunAt, READING_MS) };
  const routes = families.routesFor(card.historicalBytes);
  const selected = await run(selectCie(routes), card.channel, context);
  if (selected.ok && selected.value !== undefined) families.remember(card.historicalBytes, selected.value);
  const read = selected.ok
    ? await run(readServiceFile("sod"), card.channel, context)
    : await run(looksLikeDocument(), card.channel, context);
  if (read.ok && read.value === false) return "nothingToRead";
  return { link: link.value, tookMs: read.ok ? clock.monotonicMs() - begunAt : undefined };
}

function summed(readings: readonly Reading[]): TrialOutcome {
  const last = readings.at(-1);
  if (last === undefined) return "noCard";
  const { isoDep, frameBytes, kbits } = last.link;
  const alike = readings.filter(
    ({ link }) => link.isoDep === isoDep && link.frameBytes === frameBytes && link.kbits === kbits,
  );
  const timesMs = alike.flatMap(({ tookMs }) => tookMs ?? []).toSorted((one, other) => one - other);
  const medianMs = timesMs[Math.floor(timesMs.length / 2)] ?? Number.POSITIVE_INFINITY;
  return { link: last.link, medianMs, lost: alike.length - timesMs.length };
}

/** What is set is right unless the other engine is clearly faster, or the set one loses what the other does not. */
export function judgeLink(firmware: TrialOutcome, own: TrialOutcome, set: IsoDep): Check {
  if (typeof firmware === "string" || typeof own === "string") return unmeasured(firmware, own);
  const best = isBetter(own, firmware) ? "software" : "firmware";
  const found = `${describe("the chip's engine", firmware)}; ${describe("this program's", own)}`;
  return best === set
    ? well(LINK_CHECK, `${found}; isoDep: ${set} is right for cards like this one`)
    : doubtful(LINK_CHECK, found, `set isoDep: ${best} at this reader`);
}

const isBetter = (own: Trial, firmware: Trial): boolean =>
  own.link.isoDep === "software" &&
  own.lost <= firmware.lost &&
  own.medianMs < firmware.medianMs * WORTHWHILE;

function describe(whose: string, { link, medianMs, lost }: Trial): string {
  const fallen = link.isoDep === "firmware" && whose.startsWith("this") ? " (its own frames all failed)" : "";
  const time = Number.isFinite(medianMs) ? `${Math.round(medianMs)} ms a reading` : "no reading succeeded";
  const losses = lost === 0 ? "" : `, ${lost} lost`;
  return `${whose}${fallen}: frames of ${link.frameBytes} bytes at ${link.kbits} kbit/s, ${time}${losses}`;
}

function unmeasured(...outcomes: readonly TrialOutcome[]): Check {
  return outcomes.includes("nothingToRead")
    ? notApplicable(
        LINK_CHECK,
        "this card gives nothing to measure by: lay an identity card or a passport there",
      )
    : notApplicable(
        LINK_CHECK,
        "no card lies there: with an identity card or a passport on the reader the test tells which isoDep suits it",
      );
}
