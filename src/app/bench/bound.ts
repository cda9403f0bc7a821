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
  readonly work: PlannedWork;
}

/** What the chip does between its acknowledgement and its answer. */
export type PlannedWork =
  /** Something of its own, without the radio. */
  | { readonly kind: "local" }
  /** Nothing: it holds the rest of an answer. */
  | { readonly kind: "buffered" }
  | { readonly kind: "activation" }
  | PlannedApdu
  | PlannedBlock;

/** One APDU in blocks of the chip's own engine; `cardMs` is the card's time for it. Nothing is received for a beginning of one. */
export interface PlannedApdu {
  readonly kind: "apdu";
  readonly sent: number;
  readonly received: number;
  readonly cardMs: number;
  readonly kbits: 106 | 424;
}

/** One block of our own engine in a raw frame, PCB included and CRC not; `cardMs` from its end to the answer. */
export interface PlannedBlock {
  readonly kind: "block";
  readonly sent: number;
  readonly received: number;
  readonly cardMs: number;
  readonly kbits: 106 | 424;
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

/** 00 00 FF LEN LCS TFI … DCS 00, and what a frame of more than 255 bytes has besides. */
const FRAME_BYTES = 8;
const EXTENSION_BYTES = 3;
const MOST_NORMAL_BYTES = 254;
const ACK_BYTES = 6;
const CHIP_TO_ACK_MS = 0.5;
const CHIP_LOCAL_MS = 0.3;
const CHIP_PER_BLOCK_MS = 0.5;
const ACTIVATION_MS = 6;
/** Nine bits. */
const RADIO_BYTE_MS = { 106: 0.08496, 424: 0.02124 } as const;
/** PCB and two bytes of CRC around each block; an R-block is nothing else. */
const BLOCK_BYTES = 3;
const PCB_BYTES = 1;
const CRC_BYTES = 2;
/** Our own engine asks for frames of 256 bytes (FSDI 8). */
const LONG_BLOCK_DATA_BYTES = 256 - BLOCK_BYTES;
/** The chip asks for frames of 64 bytes (FSDI 5). */
const BLOCK_DATA_BYTES = 64 - BLOCK_BYTES;
/** For the block that follows an R-block. */
const CARD_TURNAROUND_MS = 0.3;
const CARD_APDU_MS = 15;
const CARD_RSA_MS = 150;
/** Card data in one answer of InDataExchange. */
const MOST_EXCHANGE_BYTES = 262;

const apdu = (sent: number, received: number, cardMs = CARD_APDU_MS): PlannedWork => ({
  kind: "apdu",
  sent,
  received,
  cardMs,
  kbits: 106,
});

/** A document is found: its ATS has ten bytes. */
export const DETECTION: PlannedCommand = {
  name: "InListPassiveTarget",
  commandBytes: 3,
  answerBytes: 21,
  work: { kind: "activation" },
};

/** NIS by the IAS application and a known family: detection, two selections, one read. */
export const IDENTIFIER_PLAN: readonly PlannedCommand[] = [
  // Answer: D5 4B, one target, number, ATQA 2, SAK, UID length, UID 4, ATS of 20 bytes; TFI is in the frame.
  { name: "InListPassiveTarget", commandBytes: 3, answerBytes: 31, work: { kind: "activation" } },
  {
    name: "SELECT IAS",
    commandBytes: 2 + 18,
    answerBytes: 2 + 2,
    work: apdu(18, 2),
  },
  {
    name: "SELECT CIE",
    commandBytes: 2 + 11,
    answerBytes: 2 + 2,
    work: apdu(11, 2),
  },
  {
    name: "READ BINARY NIS",
    commandBytes: 2 + 5,
    answerBytes: 2 + 14,
    work: apdu(5, 14),
  },
];

const SIGNATURE_BYTES = 256;
const CHALLENGE_BYTES = 32;

/** The same, and the chip's own proof: its key named, a challenge signed. */
export const ORIGINAL_CHIP_PLAN: readonly PlannedCommand[] = [
  ...IDENTIFIER_PLAN,
  { name: "MSE SET", commandBytes: 2 + 11, answerBytes: 2 + 2, work: apdu(11, 2) },
  {
    name: "INTERNAL AUTHENTICATE",
    commandBytes: 2 + 6 + CHALLENGE_BYTES,
    answerBytes: 2 + SIGNATURE_BYTES + 2,
    work: apdu(6 + CHALLENGE_BYTES, SIGNATURE_BYTES + 2, CARD_APDU_MS + CARD_RSA_MS),
  },
];

/** The shortest command there is: D4 02, answered by D5 03 and four bytes. */
export const ROUND_TRIP_PLAN: readonly PlannedCommand[] = [
  { name: "GetFirmwareVersion", commandBytes: 1, answerBytes: 5, work: { kind: "local" } },
];

/** What a file of `fileBytes` is read in: at most `leBytes` an APDU, with `cardMs` of the card's time for each. */
export interface ReadingPlan {
  readonly fileBytes: number;
  readonly leBytes: number;
  readonly kbits: 106 | 424;
  readonly cardMs: number;
  readonly isoDep: "firmware" | "software";
}

/** Unprotected READ BINARY after READ BINARY, an answer longer than a frame fetched in parts. */
export function readingPlan(reading: ReadingPlan): readonly PlannedCommand[] {
  const { fileBytes, leBytes, kbits, cardMs } = reading;
  const answered = reading.isoDep === "firmware" ? wholeAnswer : answerInBlocks;
  const plan: PlannedCommand[] = [];
  const sent = leBytes > 256 ? 7 : 5;
  for (let left = fileBytes; left > 0; left -= leBytes) {
    const received = Math.min(left, leBytes) + 2;
    plan.push(...answered("READ BINARY", { kind: "apdu", sent, received, cardMs, kbits }));
  }
  return plan;
}

/** One APDU by our own engine: a raw frame with the command, and one with R(ACK) for each further block of the answer. */
function answerInBlocks(
  name: string,
  { sent, received, cardMs, kbits }: PlannedApdu,
): readonly PlannedCommand[] {
  const plan: PlannedCommand[] = [];
  for (let rest = received; rest > 0; rest -= LONG_BLOCK_DATA_BYTES) {
    const isFirst = rest === received;
    const block = PCB_BYTES + (isFirst ? sent : 0);
    const answer = PCB_BYTES + Math.min(rest, LONG_BLOCK_DATA_BYTES);
    plan.push({
      name: isFirst ? name : "R(ACK)",
      commandBytes: 1 + block,
      answerBytes: 2 + answer,
      work: {
        kind: "block",
        sent: block,
        received: answer,
        cardMs: isFirst ? cardMs : CARD_TURNAROUND_MS,
        kbits,
      },
    });
  }
  return plan;
}

/** One APDU whose answer, when it is longer than a frame, is fetched in parts. */
export function wholeAnswer(name: string, work: PlannedApdu): readonly PlannedCommand[] {
  const first = Math.min(work.received, MOST_EXCHANGE_BYTES);
  const plan: PlannedCommand[] = [{ name, commandBytes: 2 + work.sent, answerBytes: 2 + first, work }];
  for (let rest = work.received - first; rest > 0; rest -= MOST_EXCHANGE_BYTES) {
    const answerBytes = 2 + Math.min(rest, MOST_EXCHANGE_BYTES);
    plan.push({ name: "rest", commandBytes: 2, answerBytes, work: { kind: "buffered" } });
  }
  return plan;
}

/** Least possible duration of a plan in ms, over a bus. */
export const boundMs = (plan: readonly PlannedCommand[], bus: BusPlan): number =>
  plan.reduce((sum, command) => sum + busMs(command, bus) + CHIP_TO_ACK_MS + workMs(command.work), 0);

function busMs({ commandBytes, answerBytes }: PlannedCommand, bus: BusPlan): number {
  const written = frameBytes(commandBytes) + bus.writeBytes;
  const read = ACK_BYTES + bus.readBytes + frameBytes(answerBytes) + bus.readBytes;
  return (written + read) * bus.byteMs;
}

const frameBytes = (bytes: number): number =>
  bytes + FRAME_BYTES + (bytes > MOST_NORMAL_BYTES ? EXTENSION_BYTES : 0);

function workMs(work: PlannedWork): number {
  switch (work.kind) {
    case "local":
      return CHIP_LOCAL_MS;
    case "buffered":
      return 0;
    case "activation":
      return ACTIVATION_MS;
    case "apdu":
      return exchangeMs(work);
    case "block":
      return blockMs(work);
  }
}

function blockMs({ sent, received, cardMs, kbits }: PlannedBlock): number {
  const bytes = sent + CRC_BYTES + received + CRC_BYTES;
  return CHIP_PER_BLOCK_MS + bytes * RADIO_BYTE_MS[kbits] + cardMs;
}

/** The command in one block, the answer in as many as it takes, each but the first asked for by an R-block. */
function exchangeMs({ sent, received, cardMs, kbits }: PlannedApdu): number {
  const further = Math.max(1, Math.ceil(received / BLOCK_DATA_BYTES)) - 1;
  const bytes = sent + BLOCK_BYTES + received + BLOCK_BYTES + further * 2 * BLOCK_BYTES;
  const chipMs = (1 + further) * CHIP_PER_BLOCK_MS;
  return chipMs + bytes * RADIO_BYTE_MS[kbits] + cardMs + further * CARD_TURNAROUND_MS;
}
