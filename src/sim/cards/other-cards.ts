/**
 * What else people hold to a reader: a phone, a bank card, a transit pass. None of them knows the CIE;
 * each refuses in the way of its kind.
 */
import { equalBytes } from "../../bytes/bytes.ts";
import { hex } from "../../bytes/hex.ts";
import { DEFAULT_APDU_US } from "../timing.ts";
import { tlv } from "../tlv.ts";
import { answer, parseCommand, statusOnly } from "./apdu.ts";
import { type CardApplication, IsoDepCard } from "./iso-dep.ts";
import { fixed, randomUid, TypeACard } from "./type-a.ts";

const SELECT = 0xa4;
const SW_NOT_FOUND = 0x6a82;
const SW_UNKNOWN_INSTRUCTION = 0x6d00;
/** Proximity payment system environment, the directory of contactless payment applications (EMV book B). */
const PPSE = Uint8Array.from("2PAY.SYS.DDF01", (letter) => letter.charCodeAt(0));

/** Knows the given names and nothing else; has no state to lose. */
class Directory implements CardApplication {
  readonly #name: Uint8Array | undefined;

  constructor(name?: Uint8Array) {
    this.#name = name;
  }

  process(apdu: Uint8Array): { readonly response: Uint8Array; readonly workUs: number } {
    return { response: this.#respond(apdu), workUs: DEFAULT_APDU_US };
  }

  reset(): void {
    return;
  }

  #respond(apdu: Uint8Array): Uint8Array {
    const command = parseCommand(apdu);
    if (command?.ins !== SELECT) return statusOnly(SW_UNKNOWN_INSTRUCTION);
    if (this.#name === undefined || !equalBytes(command.data, this.#name)) return statusOnly(SW_NOT_FOUND);
    return answer(tlv(0x6f, tlv(0x84, this.#name)));
  }
}

/** What may differ between cards of one kind; see `CieSpec` for the meaning. */
export interface Variation {
  readonly uid?: string;
  readonly fwi?: number;
}

/** A telephone that emulates an ISO-DEP card: random UID, no rate but 106 kbit/s, no application that we ask for. */
export function makePhone({ uid, fwi = 7 }: Variation): TypeACard {
  const isoDep = new IsoDepCard(
    { historicalBytes: hex("80"), fsci: 8, fwi, pps: "refuses" },
    new Directory(),
  );
  return new TypeACard({ sensRes: 0x0004, selRes: 0x20, uid: fixed(uid) ?? randomUid, isoDep });
}

/** SENS_RES by the length of the UID: bits 8 and 7 of the low byte count its further cascade levels. */
const sensResFor = (uid: string | undefined): number => (uid?.length === 14 ? 0x0044 : 0x0004);

/** A contactless bank card: the payment directory answers, everything else is not found. */
export function makePaymentCard({ uid, fwi = 8 }: Variation): TypeACard {
  const historicalBytes = hex("80 31 80 66 B1 84 0C 01 6E 01 83 00 90 00");
  const isoDep = new IsoDepCard({ historicalBytes, fsci: 8, fwi }, new Directory(PPSE));
  return new TypeACard({ sensRes: sensResFor(uid), selRes: 0x28, uid: fixed(uid) ?? randomUid, isoDep });
}

/** A pass of the MIFARE Classic kind: fixed 4-byte UID, no ISO-DEP. `uid` as eight hexadecimal digits. */
export function makeTransitPass(uid: string): TypeACard {
  return new TypeACard({ sensRes: 0x0004, selRes: 0x08, uid: () => hex(uid) });
}
