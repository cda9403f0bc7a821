/**
 * The timing model as data, in microseconds: what a tap costs in radio, chip, bus and card. Values are
 * the driver facts' model for the PN532 (most of them choices until measured on a board) and ISO/IEC
 * 14443-3 and -4; the benchmark's bound is computed from the same record.
 */

/** Who spends the time. What is left of a tap's duration is the host's. */
export type Share = "radio" | "chip" | "bus" | "card";

export interface Timing {
  /** Command received to ACK ready. The hard limit of the chip is 15 ms. */
  readonly ackUs: number;
  /** ACK read to response ready for commands that do not use the radio. */
  readonly localWorkUs: number;
  /** Firmware overhead for each block sent to an ISO-DEP card, answer included. */
  readonly blockUs: number;
  /** REQA to ATS of a card with a 4-byte UID. */
  readonly activationUs: number;
  /** The part of it spent on RATS and ATS, absent for cards without ISO-DEP. */
  readonly ratsUs: number;
  /** Each further cascade level (7- and 10-byte UIDs). */
  readonly cascadeUs: number;
  /** REQB to the answer to ATTRIB of a type B card. */
  readonly activationBUs: number;
  /** One activation try that finds nothing. */
  readonly missedTryUs: number;
  /** One byte with its parity bit at 106 kbit/s. */
  readonly radioByteUs: number;
  /** Card's turnaround for blocks without an APDU: R and S blocks. */
  readonly blockTurnaroundUs: number;
  /** Chip select low to the chip listening, from low power. */
  readonly wakeUs: number;
  /**
   * First edge on the serial line to the chip listening. Real chips hear the command behind the customary
   * preamble of 16 bytes, which lasts 1.39 ms; this leaves it little to spare.
   */
  readonly serialWakeUs: number;
  /** After a whole frame was read on I2C the chip does not acknowledge its address for this long. */
  readonly i2cTurnaroundUs: number;
  /** RSTPDN high to the chip listening to chip select. */
  readonly resetUs: number;
  /** After an abort the chip hears nothing for this long. */
  readonly abortSettleUs: number;
  /** Carrier on to the first REQA. */
  readonly fieldGuardUs: number;
  /** Carrier off for this long takes all power from a card. */
  readonly cardResetUs: number;
}

export const DEFAULT_TIMING: Timing = {
  ackUs: 500,
  localWorkUs: 300,
  blockUs: 500,
  activationUs: 6_000,
  ratsUs: 2_500,
  cascadeUs: 2_000,
  activationBUs: 5_000,
  missedTryUs: 20_000,
  radioByteUs: 84.96,
  blockTurnaroundUs: 300,
  wakeUs: 2_000,
  serialWakeUs: 1_300,
  i2cTurnaroundUs: 100,
  resetUs: 2_000,
  abortSettleUs: 1_000,
  fieldGuardUs: 5_000,
  cardResetUs: 5_000,
};

/** Bit rates on the air as the chip numbers them: 106, 212 and 424 kbit/s. */
export type RateCode = 0 | 1 | 2;

/** Bit rates in use, each way. */
export interface AirRates {
  readonly toCard: RateCode;
  readonly toChip: RateCode;
}

/** What every activation begins with. */
export const RATES_106: AirRates = { toCard: 0, toChip: 0 };

/** The rates by their numbers; nothing for a number that stands for none. */
export function airRates(toCard: number, toChip: number): AirRates | undefined {
  const [out, back] = [rateOf(toCard), rateOf(toChip)];
  return out === undefined || back === undefined ? undefined : { toCard: out, toChip: back };
}

const rateOf = (code: number): RateCode | undefined =>
  code === 0 || code === 1 || code === 2 ? code : undefined;

/** Time on the air of so many bytes: 84.96, 42.48 or 21.24 us for each. */
export const airUs = ({ radioByteUs }: Timing, lengthBytes: number, rate: RateCode): number =>
  (lengthBytes * radioByteUs) / 2 ** rate;

/** Time a card takes for one APDU unless its specification says otherwise. */
export const DEFAULT_APDU_US = 15_000;

/** Time a card takes for one operation with its RSA key beyond that. */
export const DEFAULT_RSA_US = 150_000;

/** Whole microseconds that `lengthBytes` take on SPI at `clockHz`. */
export const spiUs = (lengthBytes: number, clockHz: number): number =>
  Math.round((lengthBytes * 8 * 1_000_000) / clockHz);

/** Whole microseconds of one I2C transaction: address and `lengthBytes`, each with its acknowledge bit. */
export const i2cUs = (lengthBytes: number, clockHz: number): number =>
  Math.round(((1 + lengthBytes) * 9 * 1_000_000) / clockHz);

/** Whole microseconds that `lengthBytes` take on a serial line at `baud` bit/s: start bit, 8 data bits, stop bit. */
export const serialUs = (lengthBytes: number, baud: number): number =>
  Math.round((lengthBytes * 10 * 1_000_000) / baud);

/** The firmware drops a frame that is not complete this long after it began (UM0701-02 §6.2.3: 89 ms at 115200). */
export const serialFrameUs = (baud: number): number => Math.round(10_252_800_000 / baud);

/** What a card means that names the reserved frame waiting integer 15, or none. */
const DEFAULT_FWI = 4;
const MAX_FWI = 14;

/** Frame waiting time for a frame waiting integer of 0 to 15: (256 x 16 / fc) x 2^FWI (ISO/IEC 14443-4). */
export const frameWaitingUs = (fwi = DEFAULT_FWI): number =>
  ((256 * 16) / 13.56) * 2 ** (fwi > MAX_FWI ? DEFAULT_FWI : fwi);

/** What `multiplier` of an S(WTX) makes of a frame waiting time; never more than the longest there is. */
export const extendedWaitingUs = (waitUs: number, multiplier: number): number =>
  Math.min(waitUs * multiplier, frameWaitingUs(MAX_FWI));

/** RFConfiguration item 02 time-out codes: 0 waits without end, n = 100 us x 2^(n-1). */
export const retryTimeoutUs = (code: number): number =>
  code === 0 ? Number.POSITIVE_INFINITY : 100 * 2 ** (code - 1);
