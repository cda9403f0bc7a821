/**
 * Whose records a person at the keyboard means, for `credentials show` and `credentials erase`: of the card held to a reader,
 * of somebody named by document, fiscal code or name, or of whoever goes by the operator's reference or a display tag.
 * Governing text: privacy rules, 6 (with the card in hand no other identification is needed).
 */
import type { Config } from "../../config/schema.ts";
import type { CredentialName } from "../../journal/credential-listing.ts";
import { type FoundHolder, HolderDesk, type HolderMeant } from "../../journal/holder-records.ts";
import { toIso8601 } from "../../time/iso-8601.ts";
import { type CommandIo, EXIT, type ExitCode, type Invocation } from "../command.ts";
import { credentialLine } from "./credentials-list.ts";
import { askedWay, askHolder, WAYS } from "./listed-holder-input.ts";
import { failed, holderOf, type Outcome, openConfig, openSite, type Site } from "./site.ts";
import { awaitTap, readNumber } from "./tap.ts";

const DISPLAY_TAG = /^card#[0-9a-f]{4}$/;

/** What is wrong with a command line that names a holder; `undefined` when nothing is. */
function choiceComplaint({ flags, positionals }: Invocation): string | undefined {
  const ways = ["tap", ...WAYS].filter((way) => flags.has(way));
  return ways.length + positionals.length === 1
    ? undefined
    : "one of --tap, --document, --fiscal-code, --name and REFERENCE|TAG is needed; see --help";
}

/** The operator's name for a credential, as it stands on a command line. */
export const credentialName = (name: string): CredentialName =>
  DISPLAY_TAG.test(name) ? { displayTag: name } : { reference: name };

/** A command about one holder, with what is kept of him, and the site that it was found at. */
export interface HolderAsked {
  readonly config: Config;
  readonly site: Site;
  readonly desk: HolderDesk;
  /** Which may be nothing. */
  readonly found: FoundHolder;
  readonly invocation: Invocation;
  readonly io: CommandIo;
}

/** Finds the holder that the command line means and does what is asked; exit 1 when it cannot be told who is meant. */
export async function withHolder(
  invocation: Invocation,
  io: CommandIo,
  use: (asked: HolderAsked) => Promise<ExitCode>,
): Promise<ExitCode> {
  const complaint = choiceComplaint(invocation);
  if (complaint !== undefined) {
    io.err(complaint);
    return EXIT.usage;
  }
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const site = await openSite(config.value, io);
  if ("exit" in site) return site.exit;
  try {
    const holder = await findHolder(config.value, site.value, invocation, io);
    if ("exit" in holder) return holder.exit;
    return await use({ config: config.value, site: site.value, ...holder.value, invocation, io });
  } finally {
    site.value.close();
  }
}

async function findHolder(
  config: Config,
  site: Site,
  invocation: Invocation,
  io: CommandIo,
): Promise<Outcome<{ readonly desk: HolderDesk; readonly found: FoundHolder }>> {
  const desk = HolderDesk.open(site.database, site.journal, io.clock);
  if (!desk.ok) return failed(io, desk.error);
  const meant = await holderMeant(config, site, invocation, io);
  if ("exit" in meant) return meant;
  const found = desk.value.find(meant.value);
  if (!found.ok) return failed(io, found.error);
  if ("kind" in found.value)
    return negative(`${found.value.count} holders share this tag: use the reference, or the card`, io);
  return { value: { desk: desk.value, found: found.value } };
}

async function holderMeant(
  config: Config,
  site: Site,
  invocation: Invocation,
  io: CommandIo,
): Promise<Outcome<HolderMeant>> {
  const [name] = invocation.positionals;
  if (name !== undefined) return { value: credentialName(name) };
  const way = askedWay(invocation);
  if (way !== undefined) {
    const asked = await askHolder(way, io);
    return "exit" in asked ? asked : { value: holderOf(site, asked.value) };
  }
  const tap = await awaitTap(config, invocation, io, readNumber(io));
  if ("exit" in tap) return tap;
  const { kind, identifier } = tap.value.found;
  return { value: holderOf(site, [{ kind, bytes: identifier.reveal() }]) };
}

function negative(words: string, io: CommandIo): Outcome<never> {
  io.err(words);
  return { exit: EXIT.negative };
}

export const NOTHING_KEPT = "nothing is kept of this holder";

export const isNothing = ({ credentials, chips, passwordTries, events }: FoundHolder): boolean =>
  credentials.length + chips.length + passwordTries + events === 0;

/** What is kept, line by line, for people. */
export function recordLines({ credentials, chips, passwordTries, events }: FoundHolder): readonly string[] {
  return [
    ...credentials.map(credentialLine),
    ...chips.map(({ pinnedAt, document, accessNumber }) => {
      const more = [document ? "its document" : "", accessNumber ? "its access number, sealed" : ""];
      return [`a chip, pinned at ${toIso8601(pinnedAt)}`, ...more.filter((part) => part !== "")].join(", ");
    }),
    ...(passwordTries === 0 ? [] : [`wrong passwords of the document that still count: ${passwordTries}`]),
    ...(events === 0 ? [] : [`rows of the journal: ${events}`]),
  ];
}
