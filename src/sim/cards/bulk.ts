/**
 * A card for measuring and for breaking transports: one large file to be read and written with short or extended
 * lengths, an echo, and every oddity of ISO-DEP that a card can have. No document; its AIDs are whatever is asked.
 */
import { hex } from "../../bytes/hex.ts";
import { answer, type CardCommand, parseCommand, statusOnly } from "./apdu.ts";
import { type CardApplication, IsoDepCard, type IsoDepProfile } from "./iso-dep.ts";
import { fixed, randomUid, TypeACard } from "./type-a.ts";

/** A card as data; see `IsoDepProfile` for what is not explained here. */
export interface BulkSpec extends Partial<Omit<IsoDepProfile, "historicalBytes">> {
  readonly card: "bulk";
  /** UID, 4 or 7 bytes in hexadecimal; a new one at each power-on when absent. */
  readonly uid?: string;
  /** What its kind is told by, up to 15 bytes in hexadecimal. */
  readonly historicalBytes?: string;
  /** Size of the file. Default 20480. */
  readonly fileBytes?: number;
  /** Working time for one APDU. Default 3 ms. */
  readonly apduUs?: number;
}

const DEFAULT_FILE_BYTES = 20_480;
const DEFAULT_APDU_US = 3_000;
const FRAMES_OF_256 = 8;
const DEFAULT_FWI = 8;
const HISTORICAL_BYTES = "80 42 55 4C 4B";
const SELECT = 0x00a4;
const READ_BINARY = 0x00b0;
const UPDATE_BINARY = 0x00d6;
/** Proprietary: the data comes back. */
const ECHO = 0x80ec;
/** A file is no longer than what an APDU can hold, and a little more. */
export const MAX_FILE_BYTES = 100_000;

const SW = { ok: 0x9000, wrongLength: 0x6700, wrongOffset: 0x6b00, unknownInstruction: 0x6d00 } as const;

export class BulkApplication implements CardApplication {
  /** APDUs that arrived whole, since the card was made. */
  processed = 0;
  /** Counts from 0 to 250 over and over: a period that no frame has, so that a lost or doubled one shows. */
  readonly file: Uint8Array;
  readonly #apduUs: number;

  constructor({ fileBytes = DEFAULT_FILE_BYTES, apduUs = DEFAULT_APDU_US }: BulkSpec) {
    this.file = Uint8Array.from({ length: fileBytes }, (_, index) => index % 251);
    this.#apduUs = apduUs;
  }

  process(apdu: Uint8Array): { readonly response: Uint8Array; readonly workUs: number } {
    this.processed += 1;
    const command = parseCommand(apdu);
    const response = command === undefined ? statusOnly(SW.wrongLength) : this.#respond(command);
    return { response, workUs: this.#apduUs };
  }

  /** The file outlives the loss of power. */
  reset(): void {
    return;
  }

  #respond(command: CardCommand): Uint8Array {
    switch (command.cla * 256 + command.ins) {
      case SELECT:
        return statusOnly(SW.ok);
      case READ_BINARY:
        return this.#read(command);
      case UPDATE_BINARY:
        return this.#update(command);
      case ECHO:
        return answer(command.data);
      default:
        return statusOnly(SW.unknownInstruction);
    }
  }

  /** From the offset in P1-P2, all 16 bits of it, at most Le bytes. */
  #read({ p1, p2, le = 0 }: CardCommand): Uint8Array {
    const offset = p1 * 256 + p2;
    return offset > this.file.length
      ? statusOnly(SW.wrongOffset)
      : answer(this.file.subarray(offset, offset + le));
  }

  #update({ p1, p2, data }: CardCommand): Uint8Array {
    const offset = p1 * 256 + p2;
    if (offset + data.length > this.file.length) return statusOnly(SW.wrongOffset);
    this.file.set(data, offset);
    return statusOnly(SW.ok);
  }
}

/** The card for the antenna, and its application for whoever counts what arrived. */
export function makeBulk(spec: BulkSpec): {
  readonly card: TypeACard;
  readonly application: BulkApplication;
} {
  const application = new BulkApplication(spec);
  const { card: _, uid, historicalBytes, fileBytes: __, apduUs: ___, ...isoDepOptions } = spec;
  const profile = {
    historicalBytes: hex(historicalBytes ?? HISTORICAL_BYTES),
    fsci: FRAMES_OF_256,
    fwi: DEFAULT_FWI,
    ...isoDepOptions,
  };
  const isoDep = new IsoDepCard(profile, application);
  const sensRes = uid?.length === 14 ? 0x0044 : 0x0004;
  return {
    card: new TypeACard({ sensRes, selRes: 0x20, uid: fixed(uid) ?? randomUid, isoDep }),
    application,
  };
}
