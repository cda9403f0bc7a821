/**
 * By whom the card that lies on a reader is read best: by the chip's own ISO-DEP engine, or by this program's with longer
 * frames. Nobody knows beforehand which chip keeps up with those, so the longest file that anybody may read of a CIE is
 * read some times either way, and the faster way that lost nothing is proposed. Nothing of what was read is kept.
 */
import { run } from "../../apdu/exchange.ts";
import { FamilyCache } from "../../cie/families.ts";
import { selectCie } from "../../cie/select.ts";
import { readServiceFile } from "../../cie/service-files.ts";
import type { CardLink, DetectedCard, LoneReader, ReaderError } from "../../ports/card.ts";
import { ok, type Result } from "../../result.ts";
import { after } from "../../time/time.ts";
import { bad, type Check, doubtful, failure, notApplicable, well } from "../doctor/check.ts";
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

/** `lost`: it was there and agreed on no link. */
type TrialOutcome = Trial | "noCard" | "nothingToRead" | "lost";

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
  let unlinked = 0;
  for (let count = 0; count < READINGS && !test.io.signal.aborted; count++) {
    const read = await readNext(test, reader, families);
    if (!read.ok) return read;
    if (read.value === "noCard") break;
    if (read.value === "nothingToRead") return ok(read.value);
    if (read.value === "lost") unlinked += 1;
    else readings.push(read.value);
  }
  await reader.stop();
  return ok(summed(readings, unlinked));
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
  if (!selected.ok && selected.error.kind === "notCie") return "nothingToRead";
  const read = selected.ok ? await run(readServiceFile("sod"), card.channel, context) : selected;
  return { link: link.value, tookMs: read.ok ? clock.monotonicMs() - begunAt : undefined };
}

function summed(readings: readonly Reading[], unlinked: number): TrialOutcome {
  const last = readings.at(-1);
  if (last === undefined) return unlinked === 0 ? "noCard" : "lost";
  const { isoDep, frameBytes, kbits } = last.link;
  const alike = readings.filter(
    ({ link }) => link.isoDep === isoDep && link.frameBytes === frameBytes && link.kbits === kbits,
  );
  const timesMs = alike.flatMap(({ tookMs }) => tookMs ?? []).toSorted((one, other) => one - other);
  const medianMs = timesMs[Math.floor(timesMs.length / 2)] ?? Number.POSITIVE_INFINITY;
  return { link: last.link, medianMs, lost: unlinked + alike.length - timesMs.length };
}

/** What is set is right unless the other engine is clearly faster, or the set one loses what the other does not. */
export function judgeLink(firmware: TrialOutcome, own: TrialOutcome, set: IsoDep): Check {
  if (typeof firmware === "string") return unmeasured(firmware);
  const ours = typeof own === "string" ? UNREAD : own;
  if (!Number.isFinite(firmware.medianMs) && !Number.isFinite(ours.medianMs))
    return bad(
      LINK_CHECK,
      "the card was lost in every reading, by either engine",
      "hold still, or test with another card",
    );
  return compared(firmware, ours, set);
}

/** A card that the other engine has read is not found by ours, or agrees on nothing. */
const UNREAD: Trial = {
  link: { kbits: 106, isoDep: "software", frameBytes: 256 },
  medianMs: Number.POSITIVE_INFINITY,
  lost: READINGS,
};

function compared(firmware: Trial, own: Trial, set: IsoDep): Check {
  const best = isBetter(own, firmware) ? "software" : "firmware";
  const fallen = own.link.isoDep === "firmware" ? " (its own frames all failed)" : "";
  const found = `the chip's engine: ${describe(firmware)}; this program's${fallen}: ${describe(own)}`;
  return best === set
    ? well(LINK_CHECK, `${found}; isoDep: ${set} is right for cards like this one`)
    : doubtful(LINK_CHECK, found, `set isoDep: ${best} at this reader`);
}

const isBetter = (own: Trial, firmware: Trial): boolean =>
  own.link.isoDep === "software" &&
  own.lost <= firmware.lost &&
  own.medianMs < firmware.medianMs * WORTHWHILE;

function describe({ link, medianMs, lost }: Trial): string {
  const time = Number.isFinite(medianMs) ? `${Math.round(medianMs)} ms a reading` : "no reading succeeded";
  const losses = lost === 0 ? "" : `, ${lost} lost`;
  return `frames of ${link.frameBytes} bytes at ${link.kbits} kbit/s, ${time}${losses}`;
}

function unmeasured(outcome: "noCard" | "nothingToRead" | "lost"): Check {
  switch (outcome) {
    case "lost":
      return bad(LINK_CHECK, "the card agreed on no link", "hold still, or test with another card");
    case "nothingToRead":
      return notApplicable(LINK_CHECK, `nothing long can be read of this card: ${WITH_CIE}`);
    case "noCard":
      return notApplicable(LINK_CHECK, `no card lies there: ${WITH_CIE}`);
  }
}

const WITH_CIE = "with an Italian identity card on the reader the test tells which isoDep suits it";
