/**
 * The card access number as a person types it: the six digits on the front of a card. It stays bytes, which can be wiped.
 * Governing text: ICAO Doc 9303-11 §4.4.2.
 */

export const CAN_QUESTION = "the six digits on the front of the card (CAN)";

const CAN_DIGITS = 6;
const ZERO = 0x30;
const NINE = 0x39;

/** Whether what was typed can be one. */
export const isAccessNumber = (typed: Uint8Array): boolean =>
  typed.length === CAN_DIGITS && typed.every((character) => character >= ZERO && character <= NINE);
