/**
 * The service side of a virtual Italian CIE 3.0: selection with the variants of each family, files that
 * need no PIN, READ BINARY in both instructions, GET RESPONSE, and the chip's proof of itself. Commands of the
 * PIN side are tripwires: a gate must never send them. What the card does not know gets its proper status word and
 * is recorded, so that a test can insist on an empty record.
 */
import { equalBytes } from "../../bytes/bytes.ts";
import { hex, toHex } from "../../bytes/hex.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { DEFAULT_APDU_US, DEFAULT_RSA_US } from "../timing.ts";
import { tlv } from "../tlv.ts";
import { answer, type CardCommand, isExtended, parseCommand, statusOnly } from "./apdu.ts";
import { type BitFlip, flipped } from "./bit-flip.ts";
import { type CieAttackName, chipOf, randomFor } from "./cie-attacks.ts";
import { holderOf } from "./cie-chip.ts";
import { CieDelivery } from "./cie-delivery.ts";
import { CIE_FAMILIES } from "./cie-families.table.ts";
import { type CardFile, type CieFiles, cieFiles, fileName, NIS_FILE } from "./cie-files.ts";
import { type ReadBehaviour, readEven, readOdd } from "./cie-read.ts";
import { CieSecurity, namesPinSideKey } from "./cie-security.ts";
import type { CieSpec } from "./cie-spec.ts";
import type { CardApplication, CardResponse } from "./iso-dep.ts";

export const IAS_AID = hex("A0 00 00 00 30 80 00 00 00 09 81 60 01");
export const CIE_AID = hex("A0 00 00 00 00 39");
const MASTER_FILE = 0x3f00;
/** VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, EXTERNAL AUTHENTICATE. */
const FORBIDDEN = new Set([0x20, 0x24, 0x2c, 0x82]);
/** What one answer can hold. */
export const MAX_RESPONSE_BYTES = 65_536;
/** A record longer than this belongs to an attack or a loop; further entries only repeat it. */
const MAX_RECORDED = 100;
const STATUS_BYTES = 2;
/** Longest random answer to a command that asks for no data. */
const GARBAGE_BYTES = 16;

const SW = {
  ok: 0x9000,
  wrongLength: 0x6700,
  securityNotSatisfied: 0x6982,
  notFound: 0x6a82,
  wrongParameters: 0x6a86,
  referenceNotFound: 0x6a88,
  unknownInstruction: 0x6d00,
  unknownClass: 0x6e00,
} as const;

const INS = {
  manageSecurity: 0x22,
  internalAuthenticate: 0x88,
  select: 0xa4,
  readEven: 0xb0,
  readOdd: 0xb1,
  getResponse: 0xc0,
} as const;

export class CieApplication implements CardApplication {
  /** Headers of commands that this card does not know, as hexadecimal. */
  readonly unexpected: string[] = [];
  /** How often a command of the PIN side was tried. */
  tripwires = 0;
  /** Files that gave out data since the card was made, as `root/2F01` and `cie/1001`. */
  readonly filesRead = new Set<string>();
  /** Called with each command that this card can take apart, before anything is answered. */
  onCommand: (command: CardCommand) => void = () => undefined;
  readonly #files: CieFiles;
  readonly #root: "iasApplication" | "masterFile";
  readonly #attack: CieAttackName | undefined;
  readonly #random: SeededRandom;
  readonly #behaviour: ReadBehaviour & { readonly extended: boolean };
  readonly #apduUs: number;
  readonly #rsaUs: number;
  readonly #tearAfterApdu: number;
  readonly #flip: BitFlip | undefined;
  readonly #security: CieSecurity;
  readonly #delivery: CieDelivery;
  #application: "masterFile" | "ias" | "cie" = "masterFile";
  #file: CardFile | undefined;
  #answered = 0;
  /** Work that the command in hand costs beyond the ordinary. */
  #extraUs = 0;

  /** `cardAccess` is that of the card's other side, if it has one. */
  constructor(spec: CieSpec, cardAccess?: Uint8Array) {
    const chip = chipOf(holderOf(spec), spec.attack);
    const maxResponse = spec.maxResponse ?? MAX_RESPONSE_BYTES;
    this.#attack = spec.attack;
    this.#files = cieFiles(chip, {
      filler: spec.filler ?? false,
      nisOnly: spec.attack === "nisOnly",
      cardAccess,
    });
    this.#root = CIE_FAMILIES[spec.family].root;
    this.#random = randomFor(spec);
    this.#behaviour = {
      leZero: spec.leZero ?? 256,
      eof: spec.eof ?? "6282",
      sw6C: spec.sw6C ?? false,
      maxResponse,
      extended: spec.extended !== "6700",
    };
    this.#security = new CieSecurity(chip.prove);
    this.#delivery = new CieDelivery({ sw61: spec.sw61 ?? false, maxResponse });
    this.#apduUs = spec.apduUs ?? DEFAULT_APDU_US;
    this.#rsaUs = spec.rsaUs ?? DEFAULT_RSA_US;
    this.#tearAfterApdu = spec.tearAfterApdu ?? Number.POSITIVE_INFINITY;
    this.#flip = spec.flip;
  }

  /** Whether one of this side's applications is selected; if not, the master file is. */
  get isSelected(): boolean {
    return this.#application !== "masterFile";
  }

  /** What is under the master file. */
  get rootFiles(): readonly CardFile[] {
    return this.#files.root;
  }

  /** After power-on the master file is selected implicitly (ISO/IEC 7816-4); families with an IAS root still want it. */
  reset(): void {
    this.#application = "masterFile";
    this.#file = undefined;
    this.#security.clear();
    this.#delivery.clear();
  }

  process(apdu: Uint8Array): { response: CardResponse; workUs: number; gone: boolean } {
    this.#extraUs = 0;
    const command = parseCommand(apdu);
    if (command !== undefined) this.onCommand(command);
    const refused = command === undefined || (isExtended(apdu) && !this.#behaviour.extended);
    const sound = refused ? statusOnly(SW.wrongLength) : this.#dispatch(command);
    const response = this.#attack === "garbage" ? this.#garbage(command) : sound;
    this.#answered += 1;
    return {
      response: this.#flip?.answer === this.#answered ? flipped(response, this.#flip.bit) : response,
      workUs: this.#apduUs + this.#extraUs,
      gone: this.#answered >= this.#tearAfterApdu,
    };
  }

  #dispatch(command: CardCommand): CardResponse {
    if (FORBIDDEN.has(command.ins) || this.#isForbiddenKey(command)) {
      this.tripwires += 1;
      return statusOnly(SW.securityNotSatisfied);
    }
    if (command.cla !== 0x00) return this.#unknown(command, SW.unknownClass);
    switch (command.ins) {
      case INS.select:
        return this.#delivery.begin(this.#select(command));
      case INS.readEven:
      case INS.readOdd:
        return this.#read(command);
      case INS.getResponse:
        return this.#delivery.next(command.le ?? 0);
      case INS.manageSecurity:
      case INS.internalAuthenticate:
        return this.#attack === "nisOnly" ? statusOnly(SW.unknownInstruction) : this.#useKey(command);
      default:
        return this.#unknown(command, SW.unknownInstruction);
    }
  }

  #isForbiddenKey(command: CardCommand): boolean {
    return command.ins === INS.manageSecurity && namesPinSideKey(command);
  }

  #useKey(command: CardCommand): CardResponse {
    this.#delivery.clear();
    if (this.#application !== "cie") return statusOnly(SW.referenceNotFound);
    if (command.ins === INS.manageSecurity) return statusOnly(this.#security.set(command));
    const proof = this.#security.authenticate(command);
    if (typeof proof !== "function") return proof;
    this.#extraUs = this.#rsaUs;
    return this.#attack === "endless61"
      ? this.#delivery.beginEndless()
      : () => this.#delivery.begin(proof(), command.le);
  }

  /** As many random bytes as were asked for, and 90 00. */
  #garbage(command: CardCommand | undefined): Uint8Array {
    return answer(this.#random.bytes(command?.le ?? this.#random.below(GARBAGE_BYTES)));
  }

  #unknown({ cla, ins, p1, p2 }: CardCommand, sw: number): Uint8Array {
    if (this.unexpected.length < MAX_RECORDED) this.unexpected.push(toHex(Uint8Array.of(cla, ins, p1, p2)));
    return statusOnly(sw);
  }

  #select(command: CardCommand): Uint8Array {
    if (![0x00, 0x04, 0x0c].includes(command.p2)) return statusOnly(SW.wrongParameters);
    if (command.p1 === 0x04) return this.#selectApplication(command);
    if (command.p1 === 0x00) return this.#selectMasterFile(command);
    return command.p1 === 0x02 ? this.#selectFile(command) : this.#unknown(command, SW.wrongParameters);
  }

  #selectApplication(command: CardCommand): Uint8Array {
    if (equalBytes(command.data, IAS_AID) && this.#root === "iasApplication")
      return this.#enter("ias", command);
    if (equalBytes(command.data, CIE_AID) && this.#reachesCie()) return this.#enter("cie", command);
    return statusOnly(SW.notFound);
  }

  #reachesCie(): boolean {
    return this.#root === "masterFile" || this.#application !== "masterFile";
  }

  #selectMasterFile(command: CardCommand): Uint8Array {
    const named = command.data.length === 0 || fileId(command.data) === MASTER_FILE;
    return named ? this.#enter("masterFile", command) : statusOnly(SW.notFound);
  }

  #enter(application: "masterFile" | "ias" | "cie", command: CardCommand): Uint8Array {
    if (application !== this.#application) this.#security.clear();
    this.#application = application;
    this.#file = undefined;
    return command.p2 === 0x0c || command.p1 === 0x00
      ? statusOnly(SW.ok)
      : answer(tlv(0x6f, tlv(0x84, command.data)));
  }

  #selectFile(command: CardCommand): Uint8Array {
    const file = this.#current().find(({ id }) => id === fileId(command.data));
    if (file === undefined) return statusOnly(SW.notFound);
    this.#file = file;
    return command.p2 === 0x0c ? statusOnly(SW.ok) : answer(fileControlParameters(file));
  }

  #read(command: CardCommand): Uint8Array {
    const result =
      command.ins === INS.readEven
        ? readEven(command, this.#current(), this.#file)
        : readOdd(command, this.#current(), this.#file);
    if (typeof result === "number") return statusOnly(result);
    this.#file = result.file;
    if (this.#attack === "endless61" && result.file.id !== NIS_FILE) return this.#delivery.beginEndless();
    const response = result.respond(this.#behaviour);
    if (response.length > STATUS_BYTES) this.#note(result.file);
    return this.#delivery.begin(response);
  }

  #note({ id }: CardFile): void {
    this.filesRead.add(`${this.#application === "cie" ? "cie" : "root"}/${fileName(id)}`);
  }

  #current(): readonly CardFile[] {
    return this.#application === "cie" ? this.#files.cie : this.#files.root;
  }
}

const fileId = (data: Uint8Array): number => (data.length === 2 ? (data[0] ?? 0) * 256 + (data[1] ?? 0) : -1);

/** FCP template: size in tag 80, identifier in tag 83. */
function fileControlParameters({ id, content }: CardFile): Uint8Array {
  const sizeBytes = content?.length ?? 0;
  const size = tlv(0x80, Uint8Array.of(sizeBytes >> 8, sizeBytes & 0xff));
  return tlv(0x62, Uint8Array.of(...size, ...tlv(0x83, Uint8Array.of(id >> 8, id & 0xff))));
}
