/**
 * `varco explain`: what would this gate decide for this credential at this time, by which rule, and what did
 * each rule compare? The same evaluation as the gate's, over the same lists, which are only read. A holder
 * goes by reference or tag or by the card itself, never by a number, which a shell would keep.
 */
import type { Config, DoorConfig } from "../../config/schema.ts";
import { deriveScopeKey } from "../../crypto/pseudonym.ts";
import { loadSiteKey } from "../../crypto/site-key.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import type { DocumentFinding } from "../../gate/document-examiner.ts";
import { bestOf, type KnownAs, whoOf } from "../../gate/judge.ts";
import { LostProofs } from "../../gate/lost-proofs.ts";
import { type Passage, readPassage } from "../../gate/passage.ts";
import type { Proof, Proofs } from "../../identity/proofs.ts";
import { CredentialInquiry } from "../../journal/credential-inquiry.ts";
import { type OpenDatabase, openDatabaseReadOnly } from "../../journal/database.ts";
import { type Explanation, explain } from "../../policy/explain.ts";
import type { ChipStanding, DecisionTime, Denial } from "../../policy/question.ts";
import type { JournalError } from "../../ports/journal.ts";
import { silentLog } from "../../ports/log.ts";
import { err, ok, type Result } from "../../result.ts";
import { toIso8601 } from "../../time/iso-8601.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { policiesOf } from "../door-policy.ts";
import { parseMoment, timeOf } from "./explain-time.ts";
import { BUSY_TIMEOUT_MS, databaseFile, failed, type Outcome, openConfig } from "./site.ts";
import { awaitTap, type CardWork } from "./tap.ts";

const DISPLAY_TAG = /^card#[0-9a-f]{4}$/;
/** Stands for anybody whom the lists do not know. */
const STRANGER = "stranger";
/** What would have been proven, by the words of `--level`; a card that is document as well has proven two of them. */
const PROOFS: ReadonlyMap<string, readonly Proof[]> = new Map<string, readonly Proof[]>([
  ["identifier", ["nisRead"]],
  ["documentSeal", ["seal"]],
  ["originalChip", ["nisRead", "chipKey"]],
  ["authenticDocument", ["cardAccess", "documentSignature"]],
  ["verifiedDocument", ["cardAccess", "documentSignature", "documentChip"]],
  ["none", []],
]);

export const explainCommand: Execute = async (invocation, io) => {
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const complaint = usageComplaint(invocation, config.value);
  if (complaint !== undefined) {
    io.err(`${complaint}; see varco explain --help`);
    return EXIT.usage;
  }
  const database = openDatabaseReadOnly(databaseFile(config.value.stateDirectory), {
    busyTimeoutMs: BUSY_TIMEOUT_MS,
  });
  if (!database.ok) return failed(io, database.error).exit;
  try {
    const inquiry = CredentialInquiry.open(database.value);
    return inquiry.ok
      ? await explainWith({ inquiry: inquiry.value, database: database.value }, config.value, invocation, io)
      : failed(io, inquiry.error).exit;
  } finally {
    database.value.close();
  }
};

function usageComplaint({ texts, flags, positionals }: Invocation, config: Config): string | undefined {
  const { level, door, at, clock, seal } = texts;
  const isTold = positionals.length > 0;
  if (isTold === (flags.has("tap") || seal !== undefined))
    return "name a REFERENCE or TAG, or stranger, or give --tap, or --seal";
  if (level !== undefined && !isTold)
    return `--level: the ${flags.has("tap") ? "card" : "seal"} itself says what it proves`;
  if (level !== undefined && proofsOf(level) === undefined)
    return `--level: one of ${[...PROOFS.keys()].join(", ")}, or several with commas between them`;
  const asked = doorOf(config, door);
  if (asked === undefined) return `--door: one of ${config.doors.map(({ id }) => id).join(", ")}`;
  const complaint = documentComplaint({ texts, flags }, asked);
  if (complaint !== undefined) return complaint;
  const moment = parseMoment({ at, clock }, config);
  return moment.ok ? undefined : moment.error;
}

function documentComplaint(
  { texts: { seal }, flags }: Pick<Invocation, "texts" | "flags">,
  door: DoorConfig,
): string | undefined {
  const passwords = ["can", "mrz"].filter((name) => flags.has(name)).length;
  if (seal !== undefined && door.document === undefined) return `--seal: the door ${door.id} looks at none`;
  if (seal !== undefined && flags.has("tap") && !flags.has("document"))
    return "--seal goes alone, or with --tap --document";
  if (!flags.has("document")) return passwords === 0 ? undefined : "--can and --mrz go with --tap --document";
  if (!flags.has("tap")) return "--document goes with --tap";
  if (passwords !== 1) return "--document takes either --can or --mrz";
  return door.document === undefined ? `--document: the door ${door.id} reads none` : undefined;
}

/** The proofs of all levels that are named; `undefined` when one of the names is none. */
function proofsOf(words: string): Proofs | undefined {
  const proofs = words.split(",").map((word) => PROOFS.get(word.trim()));
  return proofs.some((each) => each === undefined)
    ? undefined
    : new Set(proofs.flatMap((each) => each ?? []));
}

const doorOf = (config: Config, id: string | undefined): DoorConfig | undefined =>
  config.doors.find((door) => id === undefined || door.id === id);

/** What is only looked at. */
interface Books {
  readonly inquiry: CredentialInquiry;
  readonly database: OpenDatabase;
}

async function explainWith(
  books: Books,
  config: Config,
  invocation: Invocation,
  io: CommandIo,
): Promise<ExitCode> {
  const door = doorOf(config, invocation.texts["door"]);
  if (door === undefined) return EXIT.usage;
  const isOfDocument = invocation.flags.has("document") || invocation.texts["seal"] !== undefined;
  const shown = await (isOfDocument
    ? shownByDocument(books, config, invocation, io)
    : whatIsShown(books.inquiry, config, invocation, io));
  if ("exit" in shown) return shown.exit;
  const at = await timeOf(invocation.texts, { config, inquiry: books.inquiry, clock: io.clock });
  if (!at.ok) return failed(io, at.error).exit;
  const { refused, ...facts } = shown.value;
  const { known, ...asked } = facts;
  const policy = policiesOf(config)(door);
  const explanation =
    refused ?? bestOf(known, ({ standing }) => explain({ door: policy, ...asked, standing, at: at.value }));
  const tell = invocation.flags.has("json") ? asJson : asLines;
  for (const line of tell(explanation, door, at.value)) io.out(line);
  return explanation.decision.outcome === "granted" ? EXIT.done : EXIT.negative;
}

interface Shown {
  readonly proofs: Proofs;
  readonly chip: ChipStanding;
  /** Whom the lists may take him for. */
  readonly known: KnownAs;
  /** A document that failed: no rule is asked then. */
  readonly refused?: Explanation;
}

function whatIsShown(
  inquiry: CredentialInquiry,
  config: Config,
  invocation: Invocation,
  io: CommandIo,
): Outcome<Shown> | Promise<Outcome<Shown>> {
  if (invocation.flags.has("tap")) return shownByCard(inquiry, config, invocation, io);
  const [name = ""] = invocation.positionals;
  const proofs = proofsOf(invocation.texts["level"] ?? "identifier") ?? new Set();
  if (name === STRANGER)
    return { value: { proofs, chip: "unpinned", known: [{ standing: { denyListed: false } }] } };
  const known = knownOf(name, inquiry, io);
  return "exit" in known ? known : { value: { proofs, ...known.value } };
}

/** A name that nobody has, or several have, is wrong usage: an exit as for a denial would say too much. */
function knownOf(name: string, inquiry: CredentialInquiry, io: CommandIo): Outcome<Omit<Shown, "proofs">> {
  const holders = inquiry.named(DISPLAY_TAG.test(name) ? { displayTag: name } : { reference: name });
  if (!holders.ok) return failed(io, holders.error);
  const [holder, ...others] = holders.value;
  if (holder === undefined || others.length > 0) {
    io.err(
      holder === undefined
        ? `no credential has this reference or tag; ${STRANGER} stands for whoever is on no list`
        : `${holders.value.length} cards have this reference or tag: name one, as varco credentials list shows them`,
    );
    return { exit: EXIT.usage };
  }
  const standing = inquiry.standing(holder);
  if (!standing.ok) return failed(io, standing.error);
  const pin = inquiry.pinOf(holder);
  if (!pin.ok) return failed(io, pin.error);
  return {
    value: { known: [{ standing: standing.value }], chip: pin.value === undefined ? "unpinned" : "pinned" },
  };
}

async function shownByCard(
  inquiry: CredentialInquiry,
  config: Config,
  invocation: Invocation,
  io: CommandIo,
): Promise<Outcome<Shown>> {
  const siteKey = loadSiteKey(config.siteKey);
  if (!siteKey.ok) return failed(io, siteKey.error);
  const scopeKey = deriveScopeKey(siteKey.value, config);
  const lostProofs = new LostProofs();
  const passage: CardWork<Result<Passage, JournalError>> = async (card, families) => {
    const context = {
      families,
      scopeKey,
      pins: inquiry,
      lostProofs,
      readerTroubles: () => 0,
      random: systemRandom,
      clock: io.clock,
      log: silentLog,
    };
    const read = await readPassage(card, context);
    if (read.ok) return ok(read);
    return read.error.kind === "pinsFailed" ? ok(err(read.error.error)) : err(read.error);
  };
  const tap = await awaitTap(config, invocation, io, passage);
  if ("exit" in tap) return tap;
  const { found } = tap.value;
  if (!found.ok) return failed(io, found.error);
  const { proofs, holders, chip } = found.value;
  const who = whoOf(holders, inquiry);
  return who.ok ? { value: { proofs, chip: chip.standing, known: who.value } } : failed(io, who.error);
}

/** A document, a seal, or both; loaded where one is read, with all that reading one takes. */
async function shownByDocument(
  books: Books,
  config: Config,
  invocation: Invocation,
  io: CommandIo,
): Promise<Outcome<Shown>> {
  const door = doorOf(config, invocation.texts["door"]);
  if (door?.document === undefined) return { exit: EXIT.usage };
  const at = await timeOf(invocation.texts, { config, inquiry: books.inquiry, clock: io.clock });
  if (!at.ok) return failed(io, at.error);
  const { seal } = invocation.texts;
  const desk = { ...books, config, door: { ...door, document: door.document }, at: at.value.instant, seal };
  const { passageBySeal, withSeal } = await import("./explain-seal.ts");
  if (!invocation.flags.has("document")) {
    const passage = passageBySeal(desk, io);
    if ("exit" in passage) return passage;
    const { proofs, holders, chip } = passage.value;
    return shownAs({ proofs, holders, ...chip }, "seal", books, io);
  }
  const { examineTapped } = await import("./explain-document.ts");
  const found = await examineTapped(desk, invocation, io);
  if ("exit" in found) return found;
  const sealed = withSeal(found.value, desk, io);
  return "exit" in sealed ? sealed : shownAs(sealed.value, "document", books, io);
}

function shownAs(
  {
    proofs,
    holders,
    decided,
    detail = "",
  }: Pick<DocumentFinding, "proofs" | "holders" | "decided" | "detail">,
  what: "document" | "seal",
  { inquiry }: Books,
  io: CommandIo,
): Outcome<Shown> {
  const who = whoOf(holders, inquiry);
  if (!who.ok) return failed(io, who.error);
  const refused =
    decided === undefined ? {} : { refused: refusedBy(decided, `the ${what} was refused: ${detail}`) };
  return { value: { proofs, chip: "unpinned", known: who.value, ...refused } };
}

const refusedBy = (decision: Denial, compared: string): Explanation => ({
  decision,
  considered: [{ rule: decision.rule, decided: true, compared }],
});

function asLines(
  { decision, considered }: Explanation,
  door: DoorConfig,
  at: DecisionTime,
): readonly string[] {
  const why = decision.outcome === "granted" ? decision.level : decision.reason;
  const width = Math.max(...considered.map(({ rule }) => rule.length));
  return [
    `${decision.outcome} at ${door.id}: ${why}, by ${decision.rule}`,
    `at ${toIso8601(at.instant)}, the clock being ${at.state}`,
    ...considered.map(
      ({ rule, decided, compared }) =>
        `  ${decided ? "decides" : "passes "}  ${rule.padEnd(width)}  ${compared}`,
    ),
  ];
}

function asJson(
  { decision, considered }: Explanation,
  door: DoorConfig,
  at: DecisionTime,
): readonly string[] {
  const time = toIso8601(at.instant);
  return [JSON.stringify({ door: door.id, at: time, clock: at.state, ...decision, considered })];
}
