/**
 * The frames that make an ISO-DEP card of a selected one when the reader does it itself: RATS, and PPS for a faster
 * link. The card's answer to RATS is read by `ats.ts`; what follows is `iso-dep.ts`. No CRC, card number 0.
 * Governing document: ISO/IEC 14443-4 §5.1 (RATS), §5.3 (PPS), §5.4 (its answer).
 */
import type { CardKbits } from "../../src/ports/card.ts";

/** FSD: the largest frame that the reader takes, PCB and CRC included. */
export type ReaderFrameBytes = 64 | 128 | 256;

const RATS = 0xe0;
/** FSDI, the code of each frame size, which goes in the upper half of the parameter; the lower one is the card number. */
const FRAME_CODES: Readonly<Record<ReaderFrameBytes, number>> = { 64: 5, 128: 7, 256: 8 };

/** PPSS with card number 0: what PPS begins with, and all that a card answers. */
const PPSS = 0xd0;
/** PPS0: the byte of rates follows. */
const RATES_FOLLOW = 0x11;
const RATE_CODES: Readonly<Record<CardKbits, number>> = { 106: 0, 212: 1, 424: 2 };

/** RATS, two bytes: `E0 x0`. */
export const ratsFrame = (readerFrameBytes: ReaderFrameBytes): Uint8Array =>
  Uint8Array.of(RATS, FRAME_CODES[readerFrameBytes] << 4);

/** PPS for one rate both ways, three bytes: `D0 11`, then DSI (towards the reader) and DRI with two bits each. */
export const ppsFrame = (kbits: CardKbits): Uint8Array =>
  Uint8Array.of(PPSS, RATES_FOLLOW, (RATE_CODES[kbits] << 2) | RATE_CODES[kbits]);

/** Whether the card agreed; the new rates hold from the next frame on. */
export const isPpsAnswer = (answer: Uint8Array): boolean => answer.length === 1 && answer[0] === PPSS;
