/**
 * The service side of a virtual Italian CIE 3.0: selection with the variants of each family, files that
 * need no PIN, READ BINARY in both instructions, GET RESPONSE. PIN and key instructions are tripwires: a
 * gate must never send them. What the card does not know gets its proper status word and is recorded, so
 * that a test can insist on an empty record.
 */
import { equalBytes } from "../../bytes/bytes.ts";
import { hex, toHex } from "../../bytes/hex.ts";
import { DEFAULT_APDU_US } from "../timing.ts";
import { answer, type CardCommand, parseCommand, statusOnly, tlv } from "./apdu.ts";
import type { Card, CardType } from "./card.ts";
import { CIE_FAMILIES, type CieFamily } from "./cie-families.table.ts";
import { type CardFile, type CieFiles, cieFiles } from "./cie-files.ts";
import { type ReadBehaviour, readEven, readOdd } from "./cie-read.ts";
import { type CardApplication, IsoDepCard } from "./iso-dep.ts";
import { fixed, randomUid, TypeACard } from "./type-a.ts";
import { randomPupi, TypeBCard } from "./type-b.ts";

/** A card as data; everything but the family and the NIS has the default of an ordinary card. */
export interface CieSpec {
  readonly card: "cie";
  readonly family: CieFamily;
  /** Twelve digits. */
  readonly nis: string;
  /** How the card is modulated. Default type A, as all that are on record. */
  readonly type?: CardType;
  /** UID or PUPI, 4 bytes in hexadecimal; a new one at each power-on when absent. */
  readonly uid?: string;
  /** Frame waiting integer that the card announces, 0 to 14. Default 8. */
  readonly fwi?: number;
  /** Bytes behind the twelve digits of the NIS file. */
  readonly filler?: boolean;
  /** How many bytes an Le of 00 brings at most. Default 256. */
  readonly leZero?: 256 | 231;
  /** What a read that reaches past the end says, see `cie-read.ts`. Default `6282`. */
  readonly eof?: "6282" | "6B00" | "exact";
  /** Answers with data come as 61 xx and GET RESPONSE. */
  readonly sw61?: boolean;
  /** An Le above what the file has is refused with 6C xx. */
  readonly sw6C?: boolean;
  /** Working time for one APDU. Default 15 ms. */
  readonly apduUs?: number;
  /** Taken away right after this many answers. */
  readonly tearAfterApdu?: number;
}

const IAS_AID = hex("A0 00 00 00 30 80 00 00 00 09 81 60 01");
const CIE_AID = hex("A0 00 00 00 00 39");
const MASTER_FILE = 0x3f00;
const DEFAULT_FWI = 8;
/** Code of the frame size. */
const FRAMES_OF_256 = 8;
/** VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, EXTERNAL AUTHENTICATE. */
const FORBIDDEN = new Set([0x20, 0x24, 0x2c, 0x82]);
/** A record longer than this belongs to an attack or a loop; further entries only repeat it. */
const MAX_RECORDED = 100;

const SW = {
  ok: 0x9000,
  wrongLength: 0x6700,
  securityNotSatisfied: 0x6982,
  noCurrentFile: 0x6986,
  notFound: 0x6a82,
  wrongParameters: 0x6a86,
  conditionsOfUse: 0x6985,
  unknownInstruction: 0x6d00,
  unknownClass: 0x6e00,
} as const;

export class CieApplication implements CardApplication {
  /** Headers of commands that this card does not know, as hexadecimal. */
  readonly unexpected: string[] = [];
  /** How often a PIN or key command was tried. */
  tripwires = 0;
  readonly #files: CieFiles;
  readonly #root: "iasApplication" | "masterFile";
  readonly #behaviour: ReadBehaviour & { readonly sw61: boolean };
  readonly #apduUs: number;
  readonly #tearAfterApdu: number;
  #application: "masterFile" | "ias" | "cie" = "masterFile";
  #file: CardFile | undefined;
  #held: Uint8Array = new Uint8Array();
  #answered = 0;

  constructor(spec: CieSpec) {
    this.#files = cieFiles({ nis: spec.nis, filler: spec.filler ?? false });
    this.#root = CIE_FAMILIES[spec.family].root;
    this.#behaviour = {
      leZero: spec.leZero ?? 256,
      eof: spec.eof ?? "6282",
      sw6C: spec.sw6C ?? false,
      sw61: spec.sw61 ?? false,
    };
    this.#apduUs = spec.apduUs ?? DEFAULT_APDU_US;
    this.#tearAfterApdu = spec.tearAfterApdu ?? Number.POSITIVE_INFINITY;
  }

  /** After power-on the master file is selected implicitly (ISO/IEC 7816-4); families with an IAS root still want it. */
  reset(): void {
    this.#application = "masterFile";
    this.#file = undefined;
    this.#held = new Uint8Array();
  }

  process(apdu: Uint8Array): { response: Uint8Array; workUs: number; gone: boolean } {
    const command = parseCommand(apdu);
    const response = command === undefined ? statusOnly(SW.wrongLength) : this.#dispatch(command);
    this.#answered += 1;
    return { response, workUs: this.#apduUs, gone: this.#answered >= this.#tearAfterApdu };
  }

  #dispatch(command: CardCommand): Uint8Array {
    if (FORBIDDEN.has(command.ins)) {
      this.tripwires += 1;
      return statusOnly(SW.securityNotSatisfied);
    }
    if (command.cla !== 0x00) return this.#unknown(command, SW.unknownClass);
    switch (command.ins) {
      case 0xa4:
        return this.#deliver(this.#select(command));
      case 0xb0:
      case 0xb1:
        return this.#deliver(this.#read(command));
      case 0xc0:
        return this.#getResponse(command.le ?? 0);
      default:
        return this.#unknown(command, SW.unknownInstruction);
    }
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
      command.ins === 0xb0
        ? readEven(command, this.#current(), this.#file)
        : readOdd(command, this.#current(), this.#file);
    if (typeof result === "number") return statusOnly(result);
    this.#file = result.file;
    return result.respond(this.#behaviour);
  }

  #current(): readonly CardFile[] {
    return this.#application === "cie" ? this.#files.cie : this.#files.root;
  }

  /** With `sw61` data waits for GET RESPONSE; status words other than 9000 keep their data. */
  #deliver(response: Uint8Array): Uint8Array {
    const dataBytes = response.length - 2;
    if (!this.#behaviour.sw61 || dataBytes === 0) return response;
    this.#held = response;
    return statusOnly(0x6100 | Math.min(dataBytes, 0xff));
  }

  #getResponse(le: number): Uint8Array {
    if (this.#held.length === 0) return statusOnly(SW.conditionsOfUse);
    const data = this.#held.subarray(0, -2);
    if (le >= data.length) {
      const whole = this.#held;
      this.#held = new Uint8Array();
      return whole;
    }
    this.#held = this.#held.subarray(le);
    return answer(data.subarray(0, le), 0x6100 | Math.min(data.length - le, 0xff));
  }
}

const fileId = (data: Uint8Array): number => (data.length === 2 ? (data[0] ?? 0) * 256 + (data[1] ?? 0) : -1);

/** FCP template: size in tag 80, identifier in tag 83. */
function fileControlParameters({ id, content }: CardFile): Uint8Array {
  const sizeBytes = content?.length ?? 0;
  const size = tlv(0x80, Uint8Array.of(sizeBytes >> 8, sizeBytes & 0xff));
  return tlv(0x62, Uint8Array.of(...size, ...tlv(0x83, Uint8Array.of(id >> 8, id & 0xff))));
}

/** The card for the antenna, and its application for whoever wants to look at the records. */
export function makeCie(spec: CieSpec): { readonly card: Card; readonly application: CieApplication } {
  const application = new CieApplication(spec);
  const { historicalBytes } = CIE_FAMILIES[spec.family];
  const fwi = spec.fwi ?? DEFAULT_FWI;
  const isoDep = new IsoDepCard({ historicalBytes, fsci: FRAMES_OF_256, fwi }, application);
  return { card: spec.type === "B" ? typeB(spec, isoDep, fwi) : typeA(spec, isoDep), application };
}

const typeA = ({ uid }: CieSpec, isoDep: IsoDepCard): Card =>
  new TypeACard({ sensRes: 0x0008, selRes: 0x20, uid: fixed(uid) ?? randomUid, isoDep });

/** Application family 00, no application data; 106 kbit/s, frames of 256 bytes, ISO-DEP, takes a card number. */
const typeB = ({ uid }: CieSpec, isoDep: IsoDepCard, fwi: number): Card =>
  new TypeBCard({
    pupi: fixed(uid) ?? randomPupi,
    applicationData: new Uint8Array(4),
    protocolInfo: Uint8Array.of(0x00, (FRAMES_OF_256 << 4) | 0x01, (fwi << 4) | 0x01),
    isoDep,
  });
