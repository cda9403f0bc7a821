/**
 * `varco read --document`: one travel document for a technician, step by step with times and sizes, and what it proves in
 * the end, with `--seal` together with the seal on its back. Says of whom nothing: State, kind and proofs are all that is
 * shown; a photograph goes into a file, if one is named.
 */
import type { Config } from "../../config/schema.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import type { DocumentError, DocumentStep } from "../../emrtd/document-request.ts";
import type { DataGroupName } from "../../emrtd/lds/data-groups.ts";
import { EphemeralKeys } from "../../emrtd/pace-keys.ts";
import { DocumentFamilies } from "../../emrtd/read-manner.ts";
import { type DocumentPassword, wipePasswords } from "../../gate/entered-password.ts";
import { type ExaminedDocument, examineDocument } from "../../gate/examine-document.ts";
import type { TrustAnchors } from "../../pki/trust-anchors.ts";
import { type CardLink, type DetectedCard, isLinkError } from "../../ports/card.ts";
import type { Clock } from "../../ports/clock.ts";
import { silentLog } from "../../ports/log.ts";
import { err, ok, type Result } from "../../result.ts";
import { civilDate, DAY_MS } from "../../time/civil-date.ts";
import type { Millis } from "../../time/time.ts";
import type { TimeZone } from "../../time/time-zone.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { zoneOf } from "../door-policy.ts";
import { loadTrustAnchors } from "../trust-anchors-of.ts";
import { openVpcdReader } from "../vpcd-reader.ts";
import { askDocumentPasswords } from "./document-password.ts";
import { keepPhotograph, openPhotographFile, type PhotographFile } from "./photograph.ts";
import { reportJson, reportLines, type TimedStep } from "./read-document-report.ts";
import { besideDocument, openSealBeside, sealComplaint } from "./read-document-seal.ts";
import { type SealExamination, wipeExamination } from "./seal-examination.ts";
import { failed, type Outcome, openConfig, openSite, type Site } from "./site.ts";
import { type ActivateAnew, awaitTap, awaitTapAt, type CardWork, type Tap } from "./tap.ts";

/** What became of the document. */
interface DocumentOutcome {
  /** As it was agreed on last. */
  readonly link: CardLink | undefined;
  readonly steps: readonly TimedStep[];
  readonly examined: Result<ExaminedDocument, DocumentError>;
}

export const readDocumentCommand: Execute = async (invocation, io) => {
  const complaint = sealComplaint(invocation) ?? usageComplaint(invocation);
  if (complaint !== undefined) {
    io.err(`${complaint}; see varco read --help`);
    return EXIT.usage;
  }
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const site = await openSite(config.value, io);
  if ("exit" in site) return site.exit;
  try {
    return await readAtSite({ site: site.value, config: config.value }, invocation, io);
  } finally {
    site.value.close();
  }
};

interface OpenSite {
  readonly site: Site;
  readonly config: Config;
}

/** With a file for the photograph. */
interface Desk extends OpenSite {
  readonly photo: PhotographFile | undefined;
}

async function readAtSite(at: OpenSite, invocation: Invocation, io: CommandIo): Promise<ExitCode> {
  // Looked at before anybody is asked for a card, and not kept: what it says is held as briefly as what the chip says.
  const early = openSealBeside(invocation, at, io);
  if ("exit" in early) return early.exit;
  if (early.value !== undefined) wipeExamination(early.value);
  const photo = await photoFile(invocation, io);
  if ("exit" in photo) return photo.exit;
  try {
    return await inspect({ ...at, photo: photo.value }, invocation, io);
  } finally {
    await photo.value?.close();
  }
}

async function photoFile(
  { texts: { photo } }: Invocation,
  io: CommandIo,
): Promise<Outcome<PhotographFile | undefined>> {
  if (photo === undefined) return { value: undefined };
  const opened = await openPhotographFile(photo);
  return opened.ok ? opened : failed(io, opened.error);
}

async function inspect(desk: Desk, invocation: Invocation, io: CommandIo): Promise<ExitCode> {
  const { site, config } = desk;
  const anchors = loadTrustAnchors(site.database, config);
  if (!anchors.ok) return failed(io, anchors.error).exit;
  const passwords = await askDocumentPasswords(invocation, io, "varco read --help");
  if ("exit" in passwords) return passwords.exit;
  try {
    const inspection = { anchors: anchors.value, zone: zoneOf(config), passwords: passwords.value };
    const work = readingOf(inspection, invocation, io);
    const port = invocation.texts["vpcd-listen"];
    const tap =
      port === undefined ? await awaitTap(config, invocation, io, work) : await tapOnVpcd(port, io, work);
    return "exit" in tap ? tap.exit : await tell(tap.value, desk, invocation, io);
  } finally {
    wipePasswords(passwords.value);
  }
}

/** 0 for any that is free, to 65535. */
const PORT = /^\d{1,5}$/;
const MAX_PORT = 65_535;

function usageComplaint({ texts, flags }: Invocation): string | undefined {
  const { hsu, door } = texts;
  const port = texts["vpcd-listen"];
  if (hsu !== undefined) return "--document takes a reader by --door, not by --hsu";
  if (flags.has("can") === flags.has("mrz")) return "--document takes either --can or --mrz";
  if (port === undefined) return undefined;
  if (door !== undefined) return "--vpcd-listen takes the place of a door's reader";
  const isPort = PORT.test(port) && Number(port) <= MAX_PORT;
  return isPort ? undefined : "--vpcd-listen takes a port from 0, for any that is free, to 65535";
}

/** A foreign virtual card connects to us, as to the reader of vsmartcard. */
async function tapOnVpcd<T>(port: string, io: CommandIo, work: CardWork<T>): Promise<Outcome<Tap<T>>> {
  const reader = await openVpcdReader({ port: Number(port), clock: io.clock, log: silentLog });
  return reader.ok
    ? awaitTapAt(reader.value, `127.0.0.1:${reader.value.port}`, io, work)
    : failed(io, reader.error);
}

interface Inspection {
  readonly anchors: TrustAnchors;
  readonly zone: TimeZone;
  readonly passwords: readonly DocumentPassword[];
}

/** The work on the card that lies there. */
function readingOf(
  inspection: Inspection,
  invocation: Invocation,
  { clock }: CommandIo,
): CardWork<DocumentOutcome> {
  const families = new DocumentFamilies();
  const keys = new EphemeralKeys(systemRandom);
  return async (card, _, activateAnew) => {
    if (card.kind !== "isoDep") return err({ kind: "notIsoDep" });
    const stopwatch = new Stopwatch(clock);
    const request = { ...requestOf(inspection, invocation, clock), keys, onStep: stopwatch.note };
    let link: CardLink | undefined;
    // A signed object is long: the fastest link is agreed on before the first command.
    const linked = async (activated: Activated): Promise<Activated> => {
      if (!activated.ok) return activated;
      const raised = await activated.value.raiseSpeed();
      if (raised.ok) link = raised.value;
      return raised.ok ? activated : raised;
    };
    const anew = async () => linked(await activateAnew());
    const context = { families, clock, log: silentLog, activateAnew: anew };
    const examined = await withEachPassword(
      inspection.passwords,
      { first: () => linked(ok(card)), anew },
      (password, activated) => examineDocument(activated, { ...request, ...password }, context),
    );
    if (examined.ok) return ok({ link, steps: stopwatch.steps, examined });
    const { error } = examined;
    return isLinkError(error) ? err(error) : ok({ link, steps: stopwatch.steps, examined: err(error) });
  };
}

/** One password after the other, each to a card that was activated for it, until one is not wrong. */
async function withEachPassword(
  passwords: readonly DocumentPassword[],
  cards: { readonly first: ActivateAnew; readonly anew: ActivateAnew },
  examine: (password: DocumentPassword, card: DetectedCard) => Promise<Examined>,
): Promise<Examined> {
  let examined: Examined = err({ kind: "wrongPassword" });
  for (const [index, password] of passwords.entries()) {
    const activated = index === 0 ? await cards.first() : await cards.anew();
    if (!activated.ok) return activated;
    examined = await examine(password, activated.value);
    if (examined.ok || examined.error.kind !== "wrongPassword") return examined;
  }
  return examined;
}

type Activated = Awaited<ReturnType<ActivateAnew>>;
type Examined = Awaited<ReturnType<typeof examineDocument>>;

function requestOf({ anchors, zone }: Inspection, { flags, texts }: Invocation, clock: Clock) {
  const at = clock.wallTime();
  const today = civilDate(Math.floor(zone.localAt(at) / DAY_MS));
  const bac = flags.has("bac") ? "withoutPace" : "never";
  const wanted: readonly DataGroupName[] = texts["photo"] === undefined ? [] : ["DG2"];
  return { anchors, at, today, bac, random: systemRandom, wanted } as const;
}

class Stopwatch {
  readonly steps: TimedStep[] = [];
  readonly #clock: Clock;
  #before: Millis;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#before = clock.monotonicMs();
  }

  readonly note = (step: DocumentStep): void => {
    const now = this.#clock.monotonicMs();
    this.steps.push({ step, tookMs: now - this.#before });
    this.#before = now;
  };
}

async function tell(
  tap: Tap<DocumentOutcome>,
  desk: Desk,
  invocation: Invocation,
  io: CommandIo,
): Promise<ExitCode> {
  const seal = openSealBeside(invocation, desk, io);
  if ("exit" in seal) return seal.exit;
  try {
    return await tellWith(seal.value, tap, desk, invocation, io);
  } finally {
    if (seal.value !== undefined) wipeExamination(seal.value);
  }
}

async function tellWith(
  examination: SealExamination | undefined,
  { found, readMs }: Tap<DocumentOutcome>,
  { photo: file }: Desk,
  { flags }: Invocation,
  io: CommandIo,
): Promise<ExitCode> {
  const { examined } = found;
  const kept = examined.ok && file !== undefined ? await keepPhotograph(examined.value, file) : ok(undefined);
  if (!kept.ok) return failed(io, kept.error).exit;
  const document = examined.ok ? examined.value : undefined;
  const seal = examination === undefined ? undefined : besideDocument(examination, document);
  const report = { ...found, readMs, photo: kept.value, seal };
  for (const line of flags.has("json") ? reportJson(report) : reportLines(report)) io.out(line);
  const isRight = examined.ok && kept.value?.written !== false && seal?.refusal === undefined;
  return isRight ? EXIT.done : EXIT.negative;
}
