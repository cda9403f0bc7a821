/**
 * One lane that takes documents, on the virtual board in virtual time, with people from `src/sim/arrivals.ts` before it: what
 * their chips hear, the protection taken off, and what becomes of it in journal, lamps and counters.
 */
import { pseudonym } from "../../src/crypto/pseudonym.ts";
import { seal } from "../../src/crypto/sealed.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { listedFiscalCodeIdentifier, listedPersonIdentifiers } from "../../src/identity/match-keys.ts";
import { ChipPinRows } from "../../src/journal/chip-pin-rows.ts";
import { CredentialStore } from "../../src/journal/credential-store.ts";
import { parseCertificate } from "../../src/pki/certificate.ts";
import { anchorRecord, TrustAnchors } from "../../src/pki/trust-anchors.ts";
import type { JournalEvent } from "../../src/ports/journal.ts";
import type { Log } from "../../src/ports/log.ts";
import type { Arrival, ListedHolder } from "../../src/sim/arrivals.ts";
import type { MadeCard } from "../../src/sim/cards/make-card.ts";
import type { HeardCommand } from "../../src/sim/emrtd/emrtd-application.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { documentTrust } from "../../src/sim/pki/document-trust.ts";
import type { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { good } from "../good.ts";
import { DOORS, type DoorWiring, KEYPAD_NODE, VirtualGate } from "../world/virtual-gate.ts";

export const KEYPAD = `keypad: { serial: { node: ${KEYPAD_NODE}, baud: 9600 } }`;
/** After a chip was pinned, until nobody remembers the presentation. */
const AFTER_PINNING_MS = 12_000;
const PINNING_MS = 2_500;
const ISSUER_POSITIONS = 3;
const ENTER = "\r";
const LOOK_EVERY_MS = 20;
const LONGEST_WAIT_US = 30_000_000;

let anchors: TrustAnchors | undefined;
/** Of documents and of the service side of CIEs; made once, since parsing them takes longer than a reading. */
export function stageAnchors(): TrustAnchors {
  const signers = ([1, 2] as const).map((generation) => authority("self-made").countrySigner(generation));
  const certificates = [...documentTrust().certificates, ...signers.map(({ certificate }) => certificate)];
  anchors ??= new TrustAnchors({
    anchors: certificates.map((der) => anchorRecord(good(parseCertificate(der)))),
    revocationLists: [],
    crl: "warn",
    testAnchors: "refuse",
  });
  return anchors;
}

export interface StageOptions {
  readonly bus?: "spi" | "i2c";
  readonly demands?: DoorWiring["demands"];
  /** Of the door, beside its section `document`. */
  readonly door?: string;
  /** Of that section, beside the keypad. */
  readonly document?: string;
  readonly log?: Log;
}

/** A chip works at least so long at each command, so that this is in the midst of the exchange. */
const IN_THE_MIDST_US = 1_000;

interface Alarm {
  readonly command: number;
  readonly action: () => void;
  readonly afterUs: number;
}

/** Listens to one chip, on both its sides. */
export class Ear {
  readonly made: MadeCard;
  /** On the side of the travel document, in order. */
  readonly heard: HeardCommand[] = [];
  readonly #timeline: VirtualTimeline;
  #commands = 0;
  #alarm: Alarm | undefined;

  constructor(made: MadeCard, timeline: VirtualTimeline) {
    this.made = made;
    this.#timeline = timeline;
    const { cie, emrtd } = made;
    if (cie !== undefined) cie.onCommand = () => this.#hear();
    if (emrtd === undefined) return;
    emrtd.onCommand = (command) => {
      this.heard.push(command);
      this.#hear();
    };
  }

  /** Commands on both sides together. */
  get commands(): number {
    return this.#commands;
  }

  /** What is to happen while the chip works at its `command`th command, counted from 1; or so long after it came. */
  during(command: number, action: () => void, afterUs = IN_THE_MIDST_US): void {
    this.#alarm = { command, action, afterUs };
  }

  #hear(): void {
    this.#commands += 1;
    const alarm = this.#alarm;
    if (alarm?.command !== this.#commands) return;
    this.#timeline.at(this.#timeline.nowUs() + alarm.afterUs, alarm.action);
  }
}

export class DocumentStage {
  readonly gate: VirtualGate;
  readonly #wiring: DoorWiring;
  #seen = 0;

  private constructor(gate: VirtualGate, wiring: DoorWiring) {
    this.gate = gate;
    this.#wiring = wiring;
  }

  static async open(options: StageOptions = {}): Promise<DocumentStage> {
    const { bus = "spi", demands = "verifiedDocument", door, document, log } = options;
    const wiring = DOORS.find(({ reader }) => reader.bus === bus);
    if (wiring === undefined) throw new Error(`no door on ${bus}`);
    const section = [KEYPAD, ...(document === undefined ? [] : [document])].join(", ");
    const more = [...(door === undefined ? [] : [door]), `document: { ${section} }`].join("\n    ");
    const gate = new VirtualGate({
      ...{ seed: 1, doors: [{ ...wiring, demands, more }], anchors: stageAnchors },
      ...(log === undefined ? {} : { log }),
    });
    await gate.start();
    const stage = new DocumentStage(gate, wiring);
    await gate.pass(1_000);
    return stage;
  }

  close(): void {
    this.gate.kill();
    this.gate.remove();
  }

  get node(): string {
    return this.#wiring.reader.node;
  }

  get nowUs(): number {
    return this.gate.timeline.nowUs();
  }

  type(text: string): void {
    this.gate.type(text + ENTER);
  }

  /** Puts a card on the reader whose chip is listened to. */
  place({ spec }: Pick<Arrival, "spec">): Ear {
    return new Ear(this.gate.board.place(this.node, spec), this.gate.timeline);
  }

  /** The same card again. */
  placeAgain({ made }: Ear): void {
    this.gate.board.placeCard(this.node, made.card);
  }

  remove({ made }: Ear): void {
    this.gate.board.remove(this.node, made.card);
  }

  /** Lets time pass until a row about an access has been written, at most half a minute. */
  async decision(): Promise<void> {
    const { last: before } = this.#journal();
    const untilUs = this.nowUs + LONGEST_WAIT_US;
    for (let seen = before; this.nowUs < untilUs; seen = this.#journal().last) {
      if (this.#read(before, seen).some(({ type }) => type.startsWith("acs.access."))) return;
      await this.gate.pass(LOOK_EVERY_MS);
    }
    throw new Error("nothing was decided");
  }

  #journal(): { readonly last: number } {
    return good(this.gate.gate.journal.range());
  }

  #read(after: number, last: number): readonly JournalEvent[] {
    return last === after ? [] : good(this.gate.gate.journal.read(after, last - after));
  }

  /** A whole presentation, until the card is decided about and taken away, and the lane rests. */
  async present(arrival: Pick<Arrival, "spec">, restMs = 2_000): Promise<Ear> {
    const card = this.place(arrival);
    await this.decision();
    await this.gate.pass(100);
    this.remove(card);
    await this.gate.pass(restMs);
    return card;
  }

  /** Rows since the last call: type, reason and detail. */
  rows(): readonly string[] {
    const { last } = this.#journal();
    const rows = this.#read(this.#seen, last);
    this.#seen = last;
    return rows.map(({ type, data }) =>
      [type.replace(/^acs\./, ""), data["reason"] ?? data["why"], data["detail"]]
        .filter((word) => word !== undefined)
        .join(" "),
    );
  }

  openings(): number {
    const { relayLine } = this.#wiring;
    return this.gate.board.pins.edges().filter(({ line, level }) => line === relayLine && level === "high")
      .length;
  }

  /** Relay and lamps that are on. */
  lit(): readonly number[] {
    const { relayLine, lampLines = [] } = this.#wiring;
    return [relayLine, ...lampLines].filter((line) => this.gate.board.pins.level(line) === "high");
  }

  /** Wrong tries on record, of all doors and holders. */
  triesOnRecord(): number {
    const row = this.gate.database.connection
      .prepare<[], { tries: number }>("SELECT count(*) AS tries FROM password_try")
      .get();
    return row?.tries ?? 0;
  }

  /** The same, and forgets them: as a quarter of an hour would, in which a lane polls very often. */
  takeTries(): number {
    const tries = this.triesOnRecord();
    this.gate.database.connection.exec("DELETE FROM password_try");
    return tries;
  }

  admit({ holder }: Arrival, by: "doc" | "cf" | "name" = "doc"): void {
    for (const identifier of identifiersOf(holder, by)) this.gate.admitAs(by, identifier);
  }

  /** The document is on the deny list. */
  deny({ holder }: Arrival): void {
    const { scopeKey, database } = this.gate;
    const store = good(CredentialStore.open(database));
    for (const identifier of identifiersOf(holder, "doc"))
      store.deny({
        pseudonym: pseudonym(scopeKey, "doc", text(identifier)),
        ...{ kind: "doc", displayTag: "card#0000", keyId: scopeKey.keyId },
      });
  }

  /** Admits the holder of a CIE by its number, pins its chip at a first passage, and keeps its digits as a desk does. */
  async enrol(arrival: Arrival): Promise<void> {
    const { can, holder } = arrival;
    const { nis } = holder;
    if (can === undefined || nis === undefined) throw new Error("only a CIE can be enrolled");
    this.gate.admit(nis);
    const card = this.place(arrival);
    await this.gate.pass(PINNING_MS);
    this.remove(card);
    await this.gate.pass(AFTER_PINNING_MS);
    const { scopeKey, siteKey, database } = this.gate;
    const who = pseudonym(scopeKey, "nis", text(nis));
    const [document = ""] = identifiersOf(holder, "doc");
    const sealing = { siteKey, purpose: "cardAccessNumber", pseudonym: who } as const;
    new ChipPinRows(database.connection).keepDocument(who, {
      sealedCan: seal(text(can), sealing, systemRandom),
      document: pseudonym(scopeKey, "doc", text(document)),
    });
    this.rows();
  }
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** As the lists have them. */
export function identifiersOf(holder: ListedHolder, by: "doc" | "cf" | "name"): readonly string[] {
  const { issuer, documentNumber, fiscalCode = "", familyNames: family, givenNames: given, birth } = holder;
  const names = new TextDecoder();
  switch (by) {
    case "doc":
      return [issuer.padEnd(ISSUER_POSITIONS, "<") + documentNumber];
    case "cf":
      return [names.decode(good(listedFiscalCodeIdentifier(fiscalCode)).bytes)];
    case "name":
      return good(listedPersonIdentifiers({ family, given, birthDate: birth })).map(({ bytes }) =>
        names.decode(bytes),
      );
  }
}
