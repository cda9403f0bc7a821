/**
 * Status codes of the PN532 (bits 5-0 of the status byte): what each means and what it asks of the driver.
 * Governing document: NXP UM0701-02 §7.1, error code table.
 */

/** Whose trouble it is: the card's (present it again) or the reader's (start it again). */
export type StatusClass =
  /** The card left, fell silent, or the air was too noisy: its state is lost. */
  | "card"
  /** The host asked for something impossible: a defect of the driver, or a chip that lost its state. */
  | "host"
  /** The chip protects itself: too hot, too much current. */
  | "hardware";

export interface StatusMeaning {
  readonly meaning: string;
  readonly class: StatusClass;
}

/** The only status that is no error. */
export const STATUS_OK = 0x00;
/** The target did not answer in time: it has left, or it is slow. */
export const STATUS_TIMEOUT = 0x01;
/** The buffers of the communication, and the firmware's own, are too small for what was asked or came. */
export const STATUS_BUFFER_TOO_SMALL = 0x07;
export const STATUS_INTERNAL_OVERFLOW = 0x0e;
/** The radio's buffer was full before the processor had emptied it. */
export const STATUS_OVERFLOW = 0x09;
/** Something came that has no place in the protocol. */
export const STATUS_PROTOCOL_ERROR = 0x0b;
/** The antenna drivers are off, because the chip is too hot. */
export const STATUS_OVER_TEMPERATURE = 0x0d;
/** The antenna drivers are off, because they drew too much. */
export const STATUS_OVER_CURRENT = 0x2d;
/** Not acceptable in the present context, for example data for a target that is not there. */
export const STATUS_NO_TARGET = 0x27;
/** What this driver gives to an error frame, which carries no status of its own. */
export const STATUS_SYNTAX_ERROR = 0x7f;

const UNKNOWN: StatusMeaning = { meaning: "unknown status", class: "card" };

const MEANINGS: ReadonlyMap<number, StatusMeaning> = new Map([
  [0x01, { meaning: "target did not answer in time", class: "card" }],
  [0x02, { meaning: "checksum error on the air", class: "card" }],
  [0x03, { meaning: "parity error on the air", class: "card" }],
  [0x04, { meaning: "wrong bit count in anticollision", class: "card" }],
  [0x05, { meaning: "framing error", class: "card" }],
  [0x06, { meaning: "abnormal bit collision: two cards", class: "card" }],
  [0x07, { meaning: "communication buffer too small", class: "host" }],
  [0x09, { meaning: "radio buffer overflow", class: "card" }],
  [0x0a, { meaning: "peer did not switch its field on in time", class: "card" }],
  [0x0b, { meaning: "radio protocol error", class: "card" }],
  [0x0d, { meaning: "over-temperature: antenna drivers off", class: "hardware" }],
  [0x0e, { meaning: "internal buffer overflow", class: "host" }],
  [0x10, { meaning: "invalid parameter", class: "host" }],
  [0x12, { meaning: "unsupported peer-to-peer command", class: "card" }],
  [0x13, { meaning: "data format mismatch", class: "card" }],
  [0x14, { meaning: "authentication error", class: "card" }],
  [0x23, { meaning: "check byte of the identifier is wrong", class: "card" }],
  [0x25, { meaning: "invalid device state", class: "card" }],
  [0x26, { meaning: "not allowed in this configuration", class: "host" }],
  [0x27, { meaning: "not acceptable in the present context", class: "card" }],
  [0x29, { meaning: "released by the initiator", class: "card" }],
  [0x2a, { meaning: "another card answered", class: "card" }],
  [0x2b, { meaning: "card disappeared", class: "card" }],
  [0x2c, { meaning: "peer identifier mismatch", class: "card" }],
  [0x2d, { meaning: "over-current", class: "hardware" }],
  [0x2e, { meaning: "node address missing", class: "card" }],
  [0x7f, { meaning: "syntax error", class: "host" }],
]);

/** Meaning and class of a status code; an unknown one is taken as the card's trouble. */
export const statusMeaning = (status: number): StatusMeaning => MEANINGS.get(status) ?? UNKNOWN;
