/**
 * The physical bound of a job: the virtual time of a written plan, never of a trace of the run, so that a
 * needless command or a slower engine costs. Bus bytes, chip, radio and card are in it; host computing,
 * timers, the wait for a poll and the disk are not. The constants are the timing model's; they stand here a
 * second time on purpose, because a bound computed by the thing it judges would judge nothing.
 */

/** One PN532 host command of a plan. */
export interface PlannedCommand {
  readonly name: string;
  /** Bytes behind TFI in the command and in the answer, response code and status included. */
  readonly commandBytes: number;
  readonly answerBytes: number;
  /** What happens on the air: an activation, or one APDU in blocks. */
  readonly radio:
    | { readonly kind: "activation" }
    | { readonly kind: "apdu"; readonly sent: number; readonly received: number };
}

/** What a bus asks for: each transaction (one frame) its extra bytes, each byte its time. */
export interface BusPlan {
  readonly byteMs: number;
  /** Beside the frame, when the host writes and when it reads. */
  readonly writeBytes: number;
  readonly readBytes: number;
}

/** 2 MHz; an operation byte before each frame. */
export const SPI_PLAN: BusPlan = { byteMs: 8 / 2_000, writeBytes: 1, readBytes: 1 };
/** 400 kHz, nine bits a byte; the address before each frame, and the ready byte before one that is read. */
export const I2C_PLAN: BusPlan = { byteMs: 9 / 400, writeBytes: 1, readBytes: 2 };
/** Start bit, eight data bits, stop bit; a stream without anything between the frames. */
export const hsuPlan = (baud: number): BusPlan => ({ byteMs: 10_000 / baud, writeBytes: 0, readBytes: 0 });

/** 00 00 FF LEN LCS TFI … DCS 00. */
const FRAME_BYTES = 8;
const ACK_BYTES = 6;
const CHIP_TO_ACK_MS = 0.5;
const CHIP_PER_BLOCK_MS = 0.5;
const ACTIVATION_MS = 6;
/** Nine bits at 106 kbit/s. */
const RADIO_BYTE_MS = 0.08496;
/** PCB and two bytes of CRC around each block. */
const BLOCK_BYTES = 3;
const CARD_APDU_MS = 15;

/** NIS by the IAS application and a known family: detection, two selections, one read. */
export const IDENTIFIER_PLAN: readonly PlannedCommand[] = [
  // Answer: D5 4B, one target, number, ATQA 2, SAK, UID length, UID 4, ATS of 20 bytes; TFI is in the frame.
  { name: "InListPassiveTarget", commandBytes: 3, answerBytes: 31, radio: { kind: "activation" } },
  {
    name: "SELECT IAS",
    commandBytes: 2 + 18,
    answerBytes: 2 + 2,
    radio: { kind: "apdu", sent: 18, received: 2 },
  },
  {
    name: "SELECT CIE",
    commandBytes: 2 + 11,
    answerBytes: 2 + 2,
    radio: { kind: "apdu", sent: 11, received: 2 },
  },
  {
    name: "READ BINARY NIS",
    commandBytes: 2 + 5,
    answerBytes: 2 + 14,
    radio: { kind: "apdu", sent: 5, received: 14 },
  },
];

/** Least possible duration of a plan in ms, over a bus. */
export const boundMs = (plan: readonly PlannedCommand[], bus: BusPlan): number =>
  plan.reduce((sum, command) => sum + busMs(command, bus) + CHIP_TO_ACK_MS + airMs(command), 0);

function busMs({ commandBytes, answerBytes }: PlannedCommand, bus: BusPlan): number {
  const written = commandBytes + FRAME_BYTES + bus.writeBytes;
  const read = ACK_BYTES + bus.readBytes + answerBytes + FRAME_BYTES + bus.readBytes;
  return (written + read) * bus.byteMs;
}

function airMs({ radio }: PlannedCommand): number {
  if (radio.kind === "activation") return ACTIVATION_MS;
  const bytes = radio.sent + BLOCK_BYTES + radio.received + BLOCK_BYTES;
  return CHIP_PER_BLOCK_MS + bytes * RADIO_BYTE_MS + CARD_APDU_MS;
}
