/**
 * The demo's gym, and the stadium's lane and bicycle park: a folder with a configuration, a key and a member list, as an installer would leave them,
 * except that the board is virtual. The members' numbers exist only in this process and in the chips.
 */

import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../bytes/hex.ts";
import { sha256 } from "../../crypto/hash.ts";
import { deriveScopeKey, displayTag, pseudonym, type ScopeKey } from "../../crypto/pseudonym.ts";
import { loadSiteKey } from "../../crypto/site-key.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import { CredentialStore } from "../../journal/credential-store.ts";
import { openDatabase } from "../../journal/database.ts";
import type { ChipPin } from "../../ports/chip-pins.ts";
import { holderOf } from "../../sim/cards/cie-chip.ts";
import { authority } from "../../sim/pki/authority.ts";
import { cardKey } from "../../sim/pki/test-key.ts";
import { DAY_MS } from "../../time/civil-date.ts";
import { instant } from "../../time/time.ts";
import { databaseFile } from "../commands/site.ts";
import type { Hours } from "./hours.ts";
import type { EntryPlace, LaneNumber } from "./scene.ts";
import type { Person } from "./story.ts";

export const SITE = "demo-gym";
export const GATE = "turnstile-1";
export const NODE = "/dev/spidev0.0";
export const LINES = { relay: 17, green: 5, red: 6, irq: 25, reset: 24 } as const;

/** Of the header's lines there are not enough for every lane to have all. */
export interface LaneLines {
  readonly relay: number;
  readonly green?: number;
  readonly red: number;
  readonly buzzer?: number;
  readonly irq: number;
  readonly reset?: number;
}

interface LanePlace {
  readonly bus: LaneBus;
  readonly node: string;
  readonly lines: LaneLines;
}

const I2C_NODE = "/dev/i2c-1";
/**
 * The lanes by number: where their readers hang, the first on SPI unless told otherwise, and their lines. Whoever types at the
 * stadium lane hears its buzzer; the others have none. The bicycle park's reader is the one that its door has beside the scanner.
 */
export const LANES: Readonly<Record<LaneNumber, LanePlace>> = {
  1: { bus: { bus: "spi" }, node: NODE, lines: LINES },
  2: {
    bus: { bus: "spi" },
    node: "/dev/spidev0.1",
    lines: { relay: 27, green: 12, red: 16, irq: 22, reset: 23 },
  },
  3: {
    bus: { bus: "i2c" },
    node: I2C_NODE,
    lines: { relay: 18, green: 19, red: 20, buzzer: 21, irq: 4, reset: 14 },
  },
  4: {
    bus: { bus: "i2c" },
    node: "/dev/i2c-0",
    lines: { relay: 26, red: 13, irq: 15 },
  },
};

export const doorOf = (lane: LaneNumber): string => `lane-${lane}`;
const SCOPE = "gym";
const KEY_ID = "demo";
const YEAR_MS = 365 * DAY_MS;

/** What the first lane's reader hangs on; a serial line is a pseudo-terminal in the site's folder. */
export type LaneBus =
  | { readonly bus: "spi" }
  | { readonly bus: "i2c" }
  | { readonly bus: "hsu"; readonly baud: 115_200 | 921_600 };

/**
 * By number alone; by the chip, which those on the list may have pinned in passing; by the whole document, seal included; or by
 * a seal alone.
 */
export type LaneDemand = keyof typeof DEMANDS;

/** Where digits are typed, and zones and seals shown: serial lines of the virtual board. */
export const ENTRY_NODES = { keypad: "/dev/ttyUSB0", scanner: "/dev/ttyACM0" } as const satisfies Readonly<
  Record<EntryPlace, string>
>;
/** Where seals are shown that open the bicycle park. */
export const SEAL_SCANNER_NODE = "/dev/ttyACM1";
const ENTRY_BAUD = 9_600;

const DEMANDS = {
  identifier: "level: identifier\n    nisOnly: acceptsCopiedNumbers",
  originalChip: "level: originalChip\n    enrolment: listed",
  verifiedDocument: `level: verifiedDocument
    document:
      keypad: { serial: { node: ${ENTRY_NODES.keypad}, baud: ${ENTRY_BAUD} } }
      scanner: { serial: { node: ${ENTRY_NODES.scanner}, baud: ${ENTRY_BAUD} } }
      match: [document]
      seal: demanded`,
  documentSeal: `level: documentSeal
    sealOnly: acceptsCopiedSeals
    document:
      scanner: { serial: { node: ${SEAL_SCANNER_NODE}, baud: ${ENTRY_BAUD} } }
      match: [document]`,
} as const;

/** Who may pass the stadium lane, and leave a bicycle before it. */
export const TICKET_HOLDERS = "ticket-holders";

export interface DemoSite {
  readonly folder: string;
  /** Of the first lane's reader. */
  readonly node: string;
  readonly configFile: string;
  readonly stateDirectory: string;
}

export interface SiteOptions {
  readonly brokerPort: number;
  readonly logLevel: string;
  /** What each lane demands of a card, from the first to the fourth. */
  readonly lanes: readonly [LaneDemand, LaneDemand?, LaneDemand?, LaneDemand?];
  readonly pulseMs: number;
  readonly laneBus: LaneBus;
  /** Groups with a schedule; none when absent. */
  readonly hours?: Hours | undefined;
}

/** Writes configuration and key into `folder`. */
export function writeSite(folder: string, options: SiteOptions): DemoSite {
  const stateDirectory = join(folder, "state");
  const configFile = join(folder, "gate.yaml");
  const keyFile = join(folder, "site.key");
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  writeFileSync(keyFile, systemRandom.bytes(32), { mode: 0o600 });
  chmodSync(keyFile, 0o400);
  const node = nodeOf(options.laneBus, folder);
  writeFileSync(configFile, configText({ ...options, folder, node, keyFile, stateDirectory }), {
    mode: 0o600,
  });
  return { folder, node, configFile, stateDirectory };
}

const nodeOf = ({ bus }: LaneBus, folder: string): string =>
  ({ spi: NODE, i2c: I2C_NODE, hsu: join(folder, "reader.tty") })[bus];

interface SiteValues extends SiteOptions {
  readonly node: string;
  readonly folder: string;
  readonly keyFile: string;
  readonly stateDirectory: string;
}

function configText(values: SiteValues): string {
  const [first, second, third, fourth] = values.lanes;
  const own = { ...LANES[1], bus: values.laneBus, node: values.node };
  const lanes = [
    laneText({ lane: 1, demand: first, ...own }, values),
    ...(second === undefined ? [] : [laneText({ lane: 2, demand: second, ...LANES[2] }, values)]),
    ...(third === undefined ? [] : [laneText({ lane: 3, demand: third, ...LANES[3] }, values)]),
    ...(fourth === undefined ? [] : [laneText({ lane: 4, demand: fourth, ...LANES[4] }, values)]),
  ];
  return `# The demo's gate on a virtual board. On a Raspberry Pi, only "board" differs.
site: ${SITE}
gate: ${GATE}
notice:
  version: 1
  it: "Per aprire leggiamo il numero della carta, allo stadio il documento o il suo sigillo; cancellato dopo 30 giorni."
  fr: "Pour ouvrir, nous lisons le numéro de la carte, au stade la pièce ou son cachet ; effacé après 30 jours."
  en: "To open we read the number of your card, at the stadium your document or its seal; erased after 30 days."
scope: ${SCOPE}
siteKey: { id: ${KEY_ID}, file: ${values.keyFile} }
stateDirectory: ${values.stateDirectory}
board: { kind: virtual, socket: ${join(values.folder, "board.sock")} }
${values.hours?.sections ?? ""}doors:
${lanes.join("")}mqtt: { url: "mqtt://127.0.0.1:${values.brokerPort}" }
log: { level: ${values.logLevel} }
`;
}

/** Documents are long: theirs are read in long frames. */
function readerText({ bus, node, lines, demand }: Omit<Lane, "lane">): string {
  const engine = demand === "verifiedDocument" ? ", isoDep: software" : "";
  const reset = lines.reset === undefined ? "" : `, resetLine: ${lines.reset}`;
  return `{ bus: ${bus.bus}, node: ${node}, ${busText(bus, lines.irq)}${reset}${engine} }`;
}

function busText(lane: LaneBus, irqLine: number): string {
  if (lane.bus === "hsu") return `baud: ${lane.baud}`;
  return lane.bus === "spi" ? `clockHz: 2000000, irqLine: ${irqLine}` : `irqLine: ${irqLine}`;
}

interface Lane extends LanePlace {
  readonly lane: LaneNumber;
  readonly demand: LaneDemand;
}

function laneText({ lane, demand, lines, bus, node }: Lane, { pulseMs, hours }: SiteOptions): string {
  const isOfStadium = demand === "verifiedDocument" || demand === "documentSeal";
  const groups = isOfStadium ? [TICKET_HOLDERS] : ["members", "staff", ...(hours?.admissions ?? [])];
  return `  - id: ${doorOf(lane)}
    direction: in
    ${DEMANDS[demand]}
    groups: [${groups.join(", ")}]
    reader: ${readerText({ bus, node, lines, demand })}
    relay: { line: ${lines.relay}, activeLevel: high, pulseMs: ${pulseMs} }
${signalText("green", lines)}${signalText("red", lines)}${signalText("buzzer", lines)}`;
}

function signalText(name: "green" | "red" | "buzzer", lines: LaneLines): string {
  const line = lines[name];
  return line === undefined ? "" : `    ${name}: { line: ${line}, activeLevel: high }\n`;
}

/** The certificates of the virtual country signer, for the cards of either generation; returns their files. */
export function writeCountrySigners({ folder }: DemoSite): readonly string[] {
  return ([1, 2] as const).map((generation) => {
    const file = join(folder, `country-signer-${generation}.cer`);
    writeFileSync(file, authority("self-made").countrySigner(generation).certificate, { mode: 0o600 });
    return file;
  });
}

/** Puts the persons on the lists where the story has them. */
export function enrol(site: DemoSite, persons: readonly Person[], nowMs: number): void {
  const key = loadSiteKey({ id: KEY_ID, file: join(site.folder, "site.key") });
  const database = openDatabase(databaseFile(site.stateDirectory), { busyTimeoutMs: 1_000 });
  if (!key.ok || !database.ok) throw new Error("the demo cannot use its own folder");
  const store = CredentialStore.open(database.value);
  if (!store.ok) throw new Error("the demo cannot use its own database");
  const scopeKey = deriveScopeKey(key.value, { site: SITE, scope: SCOPE });
  for (const person of persons) admit(store.value, scopeKey, person, nowMs);
  database.value.close();
}

function admit(store: CredentialStore, scopeKey: ScopeKey, person: Person, nowMs: number): void {
  const identifier = new TextEncoder().encode(person.nis);
  const holder = {
    pseudonym: pseudonym(scopeKey, "nis", identifier),
    displayTag: displayTag(scopeKey, "nis", identifier),
    keyId: scopeKey.keyId,
    kind: "nis",
  } as const;
  const { group = "members", reference } = person;
  const entry = { ...holder, group, enabled: true, ...(reference === undefined ? {} : { reference }) };
  if (person.standing === "expired") store.put([{ ...entry, validUntil: instant(nowMs - DAY_MS) }]);
  if (person.standing === "admitted") store.put([{ ...entry, validUntil: instant(nowMs + YEAR_MS) }]);
  if (person.standing === "denied") store.deny(holder);
  if (person.pinned === true) store.pin(holder, chipOf(person), instant(nowMs));
}

/** What an enrolment of the simulator's card with this number would have found. */
function chipOf({ nis }: Person): ChipPin {
  const { generation, key } = holderOf({ nis });
  const signer = authority("self-made").documentSigner(generation).certificate;
  return { publicKey: cardKey(key).publicKey, generation, signer: toHex(sha256(signer)) };
}
