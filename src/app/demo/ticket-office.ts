/**
 * The stadium's ticket office, before the gate opens: the makers of seals are trusted, the list is imported and a season ticket's
 * card enrolled by the commands that an operator has. They are told what a person would type; what they print is shown only if
 * they fail.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../ports/clock.ts";
import type { ListedHolder } from "../../sim/arrivals.ts";
import type { Director } from "../../sim/director-client.ts";
import { sealTrust } from "../../sim/seal/sealers.ts";
import { EXIT, type Execute, type Invocation } from "../command.ts";
import { importCommand } from "../commands/credentials-import.ts";
import { enrolCommand } from "../commands/enrol.ts";
import { simCardCommand } from "../commands/sim-card.ts";
import { trustImportCommand } from "../commands/trust-import.ts";
import { type DemoSite, doorOf, LANES, TICKET_HOLDERS } from "./site.ts";
import { SEASON_TICKET, TICKETS } from "./stadium.ts";

const LANE = 3;
const TEXT = new TextEncoder();

/** Writes the certificates of the virtual States into a file to be trusted; what was said if that failed. */
export function writeStates(file: string, clock: Clock): Promise<string | undefined> {
  return ordered(simCardCommand, { texts: { states: file } }, { clock });
}

/** Has the makers of seals trusted, fills the list and enrols the card, at a board that no gate uses yet; what was said if that failed. */
export async function openTicketOffice(
  site: DemoSite,
  director: Director,
  clock: Clock,
): Promise<string | undefined> {
  const { folder, configFile: config } = site;
  const trusting = await trustSealers(site, clock);
  if (trusting !== undefined) return trusting;
  const list = join(folder, "tickets.csv");
  writeFileSync(list, csvOf(TICKETS), { mode: 0o600 });
  const imported = await ordered(importCommand, { texts: { config }, positionals: [list] }, { clock });
  // It names holders, and nothing in this folder may.
  rmSync(list);
  if (imported !== undefined) return imported;
  const { node } = LANES[LANE];
  await director.ask({ do: "place", node, card: SEASON_TICKET.card, when: "now" });
  const texts = { config, door: doorOf(LANE), group: TICKET_HOLDERS, ref: "SEASON-1" };
  const typed = () => TEXT.encode(SEASON_TICKET.can);
  const enrolled = await ordered(enrolCommand, { texts, flags: new Set(["document"]) }, { clock, typed });
  await director.ask({ do: "remove", node });
  return enrolled;
}

/** The virtual authority of seals, its signers, and what it has taken back. */
function trustSealers({ folder, configFile: config }: DemoSite, clock: Clock): Promise<string | undefined> {
  const { authority, signers, revocationList } = sealTrust();
  const contents = [authority, ...signers, revocationList];
  const files = contents.map((der, index) => {
    const file = join(folder, `seals-${index + 1}.${der === revocationList ? "crl" : "cer"}`);
    writeFileSync(file, der, { mode: 0o600 });
    return file;
  });
  const flags = new Set(["seals"]);
  return ordered(trustImportCommand, { texts: { config }, flags, positionals: files }, { clock });
}

const csvOf = (holders: readonly ListedHolder[]): string =>
  ["issuer,document_number,group", ...holders.map(ticketOf), ""].join("\n");

const ticketOf = ({ issuer, documentNumber }: ListedHolder): string =>
  `${issuer},${documentNumber},${TICKET_HOLDERS}`;

/** Runs a command as an operator does; what it printed, unless it did what it was told. */
async function ordered(
  command: Execute,
  invocation: Partial<Invocation>,
  { clock, typed }: { readonly clock: Clock; readonly typed?: () => Uint8Array },
): Promise<string | undefined> {
  const lines: string[] = [];
  const keep = (line: string) => void lines.push(line);
  const exit = await command(
    { texts: {}, flags: new Set(), positionals: [], ...invocation },
    {
      ...{ out: keep, err: keep, environment: {}, colour: false, interactive: false, clock },
      askSecret: async () => typed?.(),
      signal: new AbortController().signal,
    },
  );
  return exit === EXIT.done ? undefined : lines.join("\n");
}
