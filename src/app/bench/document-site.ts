/**
 * A stadium lane as an installer would leave it: a door that takes documents, a keypad and a scanner on serial lines, and the
 * people of `sim/arrivals.ts` on its lists. For measurements in virtual and in real time alike.
 */
import { toHex } from "../../bytes/hex.ts";
import { sha256 } from "../../crypto/hash.ts";
import { displayTag, pseudonym, type ScopeKey } from "../../crypto/pseudonym.ts";
import { seal } from "../../crypto/sealed.ts";
import type { SiteKey } from "../../crypto/site-key.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import { listedDocumentIdentifier } from "../../identity/match-keys.ts";
import { ChipPinRows } from "../../journal/chip-pin-rows.ts";
import { CredentialStore } from "../../journal/credential-store.ts";
import type { OpenDatabase } from "../../journal/database.ts";
import type { ChipPin } from "../../ports/chip-pins.ts";
import type { IdentifierKind, PersonalPart } from "../../ports/journal.ts";
import { type ArrivalName, arrival } from "../../sim/arrivals.ts";
import { holderOf } from "../../sim/cards/cie-chip.ts";
import { authority } from "../../sim/pki/authority.ts";
import { documentTrust } from "../../sim/pki/document-trust.ts";
import { cardKey } from "../../sim/pki/test-key.ts";
import type { Instant } from "../../time/time.ts";
import { LINES, NODE } from "../demo/site.ts";
import type { PasswordSource } from "./document-kinds.ts";
import { good } from "./good.ts";
import { TAP_PULSE_MS } from "./taps.ts";

export const BENCH_SITE = "bench-stadium";
export const BENCH_GATE = "north-07";
export const KEYPAD = "/dev/ttyUSB0";
export const SCANNER = "/dev/ttyUSB1";
/** Of most such devices. */
const BAUD = 9_600;
const GROUP = "ticket-holders";

export interface DocumentSitePlaces {
  readonly keyFile: string;
  readonly stateDirectory: string;
  readonly socket: string;
}

export const documentSiteText = ({ keyFile, stateDirectory, socket }: DocumentSitePlaces): string => `
site: ${BENCH_SITE}
gate: ${BENCH_GATE}
notice: { version: 1, it: "prova", fr: "essai", en: "test" }
scope: stadium
siteKey: { id: bench, file: ${keyFile} }
stateDirectory: ${stateDirectory}
board: { kind: virtual, socket: ${socket} }
doors:
  - id: lane-1
    direction: in
    level: verifiedDocument
    document:
      keypad: { serial: { node: ${KEYPAD}, baud: ${BAUD} } }
      scanner: { serial: { node: ${SCANNER}, baud: ${BAUD} } }
      match: [document]
    groups: [${GROUP}]
    reader: { bus: spi, node: ${NODE}, clockHz: 2000000, irqLine: ${LINES.irq}, resetLine: ${LINES.reset} }
    relay: { line: ${LINES.relay}, activeLevel: high, pulseMs: ${TAP_PULSE_MS} }
    green: { line: ${LINES.green}, activeLevel: high }
    red: { line: ${LINES.red}, activeLevel: high }
log: { level: info }
`;

/** The country signers of all documents and of the service side of a CIE, DER. */
export const countrySignersOfSite = (): readonly Uint8Array[] => [
  ...([1, 2] as const).map((generation) => authority("self-made").countrySigner(generation).certificate),
  ...documentTrust().certificates,
];

export interface SiteKeys {
  readonly siteKey: SiteKey;
  readonly scopeKey: ScopeKey;
}

/** Admits people by their documents, and who has a CIE by that too: with chip, document and digits, as at a desk. */
export function admitPeople(
  database: OpenDatabase,
  keys: SiteKeys,
  { people, at }: { readonly people: readonly ArrivalName[]; readonly at: Instant },
): void {
  const store = good(CredentialStore.open(database));
  const enrolments = new ChipPinRows(database.connection);
  for (const name of people) {
    const { holder, can } = arrival(name);
    const number = listedDocumentIdentifier({ issuer: holder.issuer, number: holder.documentNumber });
    if (number === undefined) throw new Error("a person's document has a number");
    const document = admit(store, keys, number);
    if (holder.nis === undefined || can === undefined) continue;
    const member = admit(store, keys, { kind: "nis", bytes: ascii(holder.nis) });
    good(store.pin(member, chipOf(holder.nis), at));
    const sealing = { siteKey: keys.siteKey, purpose: "cardAccessNumber" } as const;
    const sealedCan = seal(ascii(can), { ...sealing, pseudonym: member.pseudonym }, systemRandom);
    enrolments.keepDocument(member.pseudonym, { sealedCan, document: document.pseudonym });
  }
}

function admit(
  store: CredentialStore,
  { scopeKey }: SiteKeys,
  { kind, bytes }: { readonly kind: IdentifierKind; readonly bytes: Uint8Array },
): PersonalPart {
  const holder = { kind, pseudonym: pseudonym(scopeKey, kind, bytes), keyId: scopeKey.keyId };
  good(
    store.put([{ ...holder, displayTag: displayTag(scopeKey, kind, bytes), group: GROUP, enabled: true }]),
  );
  return holder;
}

/** What an enrolment of the simulator's card with this number would have found. */
function chipOf(nis: string): ChipPin {
  const { generation, key } = holderOf({ nis });
  const signer = authority("self-made").documentSigner(generation).certificate;
  return { publicKey: cardKey(key).publicKey, generation, signer: toHex(sha256(signer)) };
}

/** Characters, and the serial line that they come over. */
export interface BenchEntry {
  readonly node: string;
  readonly text: Uint8Array;
}

/** What is entered before the document is laid down; nothing by whom the gate knows. */
export function entryOf(name: ArrivalName, source: PasswordSource): BenchEntry | undefined {
  const { can = "", mrzLines } = arrival(name);
  if (source === "enrolled") return undefined;
  return source === "typed"
    ? typed(can)
    : { node: SCANNER, text: ascii(mrzLines.map((line) => `${line}\r`).join("")) };
}

export const typed = (digits: string): BenchEntry => ({ node: KEYPAD, text: ascii(`${digits}\r`) });

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
