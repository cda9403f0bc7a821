/**
 * A virtual CIE as data: who made it, whose it is, how its chip behaves, and what an attacker did to it. Plain enough
 * for JSON, so that it crosses to a simulator in another process.
 */
import type { EmrtdSpec } from "../emrtd/emrtd-spec.ts";
import type { Generation } from "../pki/signature-scheme.ts";
import type { BitFlip } from "./bit-flip.ts";
import type { CardType } from "./card.ts";
import type { CieAttackName } from "./cie-attacks.ts";
import type { CieFamily } from "./cie-families.table.ts";

/** Everything but the family and the NIS has the default of an ordinary card. */
export interface CieSpec {
  readonly card: "cie";
  readonly family: CieFamily;
  /** Twelve digits. */
  readonly nis: string;
  /** How SOD and certificates are signed: 1 as until about 2021, 2 as since. Default 2. */
  readonly generation?: Generation;
  /**
   * Which of the shared keys the chip holds, from 0 to one below `CARD_KEY_COUNT`. By default it follows from the
   * NIS, so two cards may have the same.
   */
  readonly key?: number;
  /** What is false about the card, see `cie-attacks.ts`. By default nothing. */
  readonly attack?: CieAttackName;
  /** How the card is modulated. Default type A, as all that are on record. */
  readonly type?: CardType;
  /** UID or PUPI, 4 bytes in hexadecimal; a new one at each power-on when absent. */
  readonly uid?: string;
  /** Frame waiting integer that the card announces, 0 to 14. Default 8. */
  readonly fwi?: number;
  /** Bytes behind the content of the NIS, the public keys and the SOD, whose file then has 3072 bytes. */
  readonly filler?: boolean;
  /** How many bytes an Le of 00 brings at most. Default 256. */
  readonly leZero?: 256 | 231;
  /** What a read that reaches past the end says, see `cie-read.ts`. Default `6282`. */
  readonly eof?: "6282" | "6B00" | "exact";
  /** Answers with data come as 61 xx and GET RESPONSE. */
  readonly sw61?: boolean;
  /** An Le above what the file has is refused with 6C xx. */
  readonly sw6C?: boolean;
  /** Whether lengths of three bytes are understood. Default `yes`. */
  readonly extended?: "yes" | "6700";
  /** Most bytes of data in one answer; a read brings less, other answers go on by 61 xx. Default 65536. */
  readonly maxResponse?: number;
  /** Working time for one APDU. Default 15 ms. */
  readonly apduUs?: number;
  /** Working time for an operation with the secret key, beyond that. Default 150 ms. */
  readonly rsaUs?: number;
  /** Taken away right after this many answers. */
  readonly tearAfterApdu?: number;
  /** One bit is wrong in one answer. */
  readonly flip?: BitFlip;
  /** The travel document that the same chip is; without it the card has its service side alone. */
  readonly document?: CieDocument;
}

/** The other side of a CIE, of the profile `cie`. What it works on is what the card works on, see `apduUs` and `rsaUs`. */
export interface CieDocument
  extends Pick<EmrtdSpec, "holder" | "fault" | "soundAnswers" | "seed" | "latency"> {
  /** Printed on the card, six digits, where it is not the holder's own. */
  readonly can?: string;
}
