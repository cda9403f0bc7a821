/**
 * Files of the virtual CIE that are read without a PIN, and the two that exist but refuse. The layout is that of the
 * real card's service side; what the chip proves itself with comes from `cie-chip.ts`.
 */
import { concat } from "../../bytes/bytes.ts";
import { hex } from "../../bytes/hex.ts";
import { ascii } from "../pki/der.ts";
import { type CieChip, EF_DH } from "./cie-chip.ts";

export interface CardFile {
  readonly id: number;
  readonly sfi?: number;
  /** Absent: the file exists, but reading it answers 69 82. */
  readonly content?: Uint8Array;
}

/** As records name it: four hexadecimal digits. */
export const fileName = (id: number): string => id.toString(16).toUpperCase().padStart(4, "0");

export interface CieFiles {
  /** Under the master file. */
  readonly root: readonly CardFile[];
  /** Under the CIE application. */
  readonly cie: readonly CardFile[];
}

export const NIS_FILE = 0x1001;
/** Finite-field PACE with 3DES, as on every card seen. */
const CARD_ACCESS = hex("31143012060A04007F00070202040101020102020102");
/** The generic IAS-ECC card's EF.ATR with zero filler behind it. */
const EF_ATR = hex(
  "8000 4301B8 460440701410 4703940180 4F0BF0496173456363526F6F74 E010020200FF020200FF0202010002020100" +
    "780806062B8122F87802 82029000 0000000000000000",
);
/** An application template for each of IAS, CIE and travel document. */
const EF_DIR = hex("610F4F0DA0000000308000000009816001 61084F06A00000000039 61094F07A0000002471001");
/** Bytes behind the twelve digits, as met on cards in the field. */
const NIS_FILLER = hex("00 22 00");
const KEY_FILLER = new Uint8Array(18);
const PADDED_SOD_BYTES = 3_072;

export interface CieFileOptions {
  /** Bytes behind the content of the files that the chip proves itself with. */
  readonly filler: boolean;
  /** The NIS is all there is under the application. */
  readonly nisOnly: boolean;
  /** EF.CardAccess where it is not what was seen on every card. */
  readonly cardAccess?: Uint8Array | undefined;
}

/** Files of a card with this chip. The SOD is signed when it is first read: most gates never read it. */
export function cieFiles(
  chip: CieChip,
  { filler, nisOnly, cardAccess = CARD_ACCESS }: CieFileOptions,
): CieFiles {
  const behind = (content: Uint8Array, bytes: Uint8Array) => (filler ? concat(content, bytes) : content);
  const nis = { id: NIS_FILE, sfi: 0x01, content: behind(ascii(chip.nis), NIS_FILLER) };
  let sod: Uint8Array | undefined;
  return {
    root: [
      { id: 0x2f00, sfi: 0x1e, content: EF_DIR },
      { id: 0x2f01, sfi: 0x1d, content: EF_ATR },
      { id: 0xd003, content: concat(hex("5A 0A 93 80 00"), hex(chip.nis), hex("3F")) },
      { id: 0xd004, sfi: 0x1b, content: EF_DH },
      { id: 0x011c, sfi: 0x1c, content: cardAccess },
    ],
    cie: nisOnly
      ? [nis]
      : [
          nis,
          { id: 0x1002, sfi: 0x02 },
          { id: 0x1003, sfi: 0x03 },
          { id: 0x1004, sfi: 0x04, content: behind(chip.deviceKey, KEY_FILLER) },
          { id: 0x1005, sfi: 0x05, content: behind(chip.servicesKey, KEY_FILLER) },
          {
            id: 0x1006,
            sfi: 0x06,
            get content() {
              sod ??= filler ? padded(chip.sod()) : chip.sod();
              return sod;
            },
          },
        ],
  };
}

const padded = (sod: Uint8Array): Uint8Array =>
  concat(sod, new Uint8Array(Math.max(0, PADDED_SOD_BYTES - sod.length)));
