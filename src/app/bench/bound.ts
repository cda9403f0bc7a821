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

const SPI_BYTE_MS = 8 / 2_000;
/** 00 00 FF LEN LCS TFI … DCS 00, and the operation byte before it. */
const FRAME_BYTES = 8 + 1;
const ACK_BYTES = 6 + 1;
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

/** Least possible duration of a plan in ms. */
export const boundMs = (plan: readonly PlannedCommand[]): number =>
  plan.reduce((sum, command) => sum + busMs(command) + CHIP_TO_ACK_MS + airMs(command), 0);

const busMs = ({ commandBytes, answerBytes }: PlannedCommand): number =>
  (commandBytes + FRAME_BYTES + ACK_BYTES + answerBytes + FRAME_BYTES) * SPI_BYTE_MS;

function airMs({ radio }: PlannedCommand): number {
  if (radio.kind === "activation") return ACTIVATION_MS;
  const bytes = radio.sent + BLOCK_BYTES + radio.received + BLOCK_BYTES;
  return CHIP_PER_BLOCK_MS + bytes * RADIO_BYTE_MS + CARD_APDU_MS;
}
