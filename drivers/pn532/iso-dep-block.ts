/**
 * The blocks of ISO-DEP without CRC: bytes to a tagged value and back. Below `iso-dep.ts`, which decides what a block
 * means in its place. RATS gives the card number 0 and no node address is agreed on, so that a block of ours never
 * carries CID or NAD, and one of the card's that does is invalid.
 *
 *   I-block 000c0 01n · R(ACK) 1010 001n · R(NAK) 1011 001n · S(DESELECT) 1100 0010 · S(WTX) 1111 0010, multiplier
 *
 * Governing document: ISO/IEC 14443-4 §7.1.
 */
import { concat } from "../../src/bytes/bytes.ts";

/** Blocks are numbered modulo 2. */
export type BlockNumber = 0 | 1;

export type Block =
  /** Part of an APDU; `chaining` tells that more of it follows. */
  | {
      readonly kind: "iBlock";
      readonly number: BlockNumber;
      readonly chaining: boolean;
      readonly data: Uint8Array;
    }
  | { readonly kind: "rAck"; readonly number: BlockNumber }
  | { readonly kind: "rNak"; readonly number: BlockNumber }
  /** Request for waiting time, and its grant: so many frame waiting times, 1 to 59. */
  | { readonly kind: "wtx"; readonly multiplier: number }
  | { readonly kind: "deselect" };

/** `cardNumber` and `nodeAddress`: bytes that were not agreed on follow. `reserved`: no block that the standard knows. */
export type InvalidBlock = "empty" | "reserved" | "cardNumber" | "nodeAddress" | "length" | "multiplier";

export type DecodedBlock = Block | { readonly kind: "invalid"; readonly why: InvalidBlock };

/** The fixed bits of the first byte, the PCB, for each kind (§7.1.1.1); the block number is bit 1. */
const I_BLOCK = { mask: 0xe2, bits: 0x02 } as const;
const R_BLOCK = { mask: 0xe6, bits: 0xa2 } as const;
const S_BLOCK = { mask: 0xc7, bits: 0xc2 } as const;

const NUMBER_BIT = 0x01;
const CID_FOLLOWS = 0x08;
/** Of an I-block; in the others the bit is fixed. */
const NAD_FOLLOWS = 0x04;
/** Of an I-block. */
const CHAINING = 0x10;
/** Of an R-block. */
const NOT_ACKNOWLEDGED = 0x10;
/** Of an S-block: both bits for S(WTX), none for S(DESELECT). */
const S_KIND = 0x30;
const S_WTX = 0x30;
const S_DESELECT = 0x00;

/** Of the byte in S(WTX); above it the card tells whether its power suffices, which a reader need not heed (§7.3). */
const MULTIPLIER_MASK = 0x3f;
const MAX_MULTIPLIER = 59;

/** A whole block without its CRC, its information field uncopied. Whatever is no block of §7.1 is `invalid`. */
export function decodeBlock(bytes: Uint8Array): DecodedBlock {
  const [pcb] = bytes;
  if (pcb === undefined) return invalid("empty");
  const [number, rest] = [numberOf(pcb), bytes.subarray(1)];
  if (isKind(pcb, I_BLOCK)) {
    if ((pcb & CID_FOLLOWS) !== 0) return invalid("cardNumber");
    if ((pcb & NAD_FOLLOWS) !== 0) return invalid("nodeAddress");
    return { kind: "iBlock", number, chaining: (pcb & CHAINING) !== 0, data: rest };
  }
  if (!isKind(pcb, R_BLOCK) && !isKind(pcb, S_BLOCK)) return invalid("reserved");
  if ((pcb & CID_FOLLOWS) !== 0) return invalid("cardNumber");
  if (isKind(pcb, S_BLOCK)) return decodeSupervisory(pcb & S_KIND, rest);
  if (rest.length > 0) return invalid("length");
  return { kind: (pcb & NOT_ACKNOWLEDGED) === 0 ? "rAck" : "rNak", number };
}

function decodeSupervisory(kind: number, field: Uint8Array): DecodedBlock {
  if (kind === S_DESELECT) return field.length === 0 ? { kind: "deselect" } : invalid("length");
  if (kind !== S_WTX) return invalid("reserved");
  const [first = 0] = field;
  if (field.length !== 1) return invalid("length");
  const multiplier = first & MULTIPLIER_MASK;
  return multiplier === 0 || multiplier > MAX_MULTIPLIER
    ? invalid("multiplier")
    : { kind: "wtx", multiplier };
}

/** The bytes of a block without its CRC. S(WTX) goes out with its two upper bits 00, as a grant has them. */
export function encodeBlock(block: Block): Uint8Array {
  switch (block.kind) {
    case "iBlock": {
      const pcb = I_BLOCK.bits | (block.chaining ? CHAINING : 0) | block.number;
      return concat(Uint8Array.of(pcb), block.data);
    }
    case "rAck":
      return Uint8Array.of(R_BLOCK.bits | block.number);
    case "rNak":
      return Uint8Array.of(R_BLOCK.bits | NOT_ACKNOWLEDGED | block.number);
    case "wtx":
      return Uint8Array.of(S_BLOCK.bits | S_WTX, block.multiplier);
    case "deselect":
      return Uint8Array.of(S_BLOCK.bits | S_DESELECT);
  }
}

/** The number that follows, which is also the one before. */
export const otherNumber = (number: BlockNumber): BlockNumber => (number === 0 ? 1 : 0);

const numberOf = (pcb: number): BlockNumber => ((pcb & NUMBER_BIT) === 0 ? 0 : 1);

const isKind = (pcb: number, { mask, bits }: { readonly mask: number; readonly bits: number }): boolean =>
  (pcb & mask) === bits;

const invalid = (why: InvalidBlock): DecodedBlock => ({ kind: "invalid", why });
