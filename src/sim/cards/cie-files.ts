/**
 * Files of the virtual CIE that are read without a PIN, and the two that exist but refuse. Contents are
 * self-made; the layout is that of the real card's service side.
 */
import { concat } from "../../bytes/bytes.ts";
import { hex } from "../../bytes/hex.ts";

export interface CardFile {
  readonly id: number;
  readonly sfi?: number;
  /** Absent: the file exists, but reading it answers 69 82. */
  readonly content?: Uint8Array;
}

export interface CieFiles {
  /** Under the master file. */
  readonly root: readonly CardFile[];
  /** Under the CIE application. */
  readonly cie: readonly CardFile[];
}

/** Finite-field PACE with 3DES, as on every card seen. */
const CARD_ACCESS = hex("31143012060A04007F00070202040101020102020102");
/** The generic IAS-ECC card's EF.ATR with zero filler behind it. */
const EF_ATR = hex(
  "8000 4301B8 460440701410 4703940180 4F0BF0496173456363526F6F74 E010020200FF020200FF0202010002020100" +
    "780806062B8122F87802 82029000 0000000000000000",
);
/** Bytes behind the twelve digits, as met on cards in the field. */
const NIS_FILLER = hex("00 22 00");

/** Files of a card with this NIS (twelve ASCII digits). */
export function cieFiles({ nis, filler }: { readonly nis: string; readonly filler: boolean }): CieFiles {
  const digits = Uint8Array.from(nis, (digit) => digit.charCodeAt(0));
  return {
    root: [
      { id: 0x2f01, sfi: 0x1d, content: EF_ATR },
      { id: 0xd003, content: concat(hex("5A 0A 93 80 00"), hex(nis), hex("3F")) },
      { id: 0x011c, sfi: 0x1c, content: CARD_ACCESS },
    ],
    cie: [
      { id: 0x1001, sfi: 0x01, content: filler ? concat(digits, NIS_FILLER) : digits },
      { id: 0x1002, sfi: 0x02 },
      { id: 0x1003, sfi: 0x03 },
    ],
  };
}
