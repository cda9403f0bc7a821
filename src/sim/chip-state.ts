/**
 * Settings and targets of the virtual PN532: everything that a reset or a brown-out takes away. Handed to
 * the command handlers together with the world they act on.
 */
import type { Antenna } from "./antenna.ts";
import type { CardType } from "./cards/card.ts";
import type { FaultPlan } from "./faults.ts";
import { type AirRates, RATES_106, type RateCode, type Timing } from "./timing.ts";

/** CIU_TxMode and CIU_RxMode: CRC in bit 7, speed in bits 6 to 4. */
export const TX_MODE = 0x6302;
export const RX_MODE = 0x6303;
const CRC_AT_106 = 0x80;
/** CIU_RxThreshold, CIU_MifNFC and CIU_ModWidth: without what belongs to a rate nothing is understood at it. */
const RX_THRESHOLD = 0x6308;
const MIF_NFC = 0x630c;
const MOD_WIDTH = 0x6314;
/** By the code of the rate: RFConfiguration items 0A and 0D as they are after power-on. */
const ANALOG = [
  { threshold: 0x85, modWidth: 0x26, mifNfc: 0x62 },
  { threshold: 0x85, modWidth: 0x15, mifNfc: 0x8a },
  { threshold: 0x85, modWidth: 0x08, mifNfc: 0xb2 },
] as const satisfies Record<RateCode, unknown>;

/** Of retries: until something comes of it. */
export const ENDLESS = 0xff;

/** Largest frame by its code, of cards and readers alike (ISO/IEC 14443-4). */
export const FRAME_SIZES = [16, 24, 32, 40, 48, 64, 96, 128, 256];

/** A card in the chip's list. The list has one place: two cards in one field collide. */
export interface Target {
  readonly type: CardType;
  /** UID, or PUPI of type B. */
  readonly uid: Uint8Array;
  /** Present once RATS was answered. */
  readonly session?: IsoDepSession;
}

/** The reader's side of an ISO-DEP session. */
export interface IsoDepSession {
  /** Largest block the card takes, all overhead included. */
  readonly maxFrameBytes: number;
  readonly frameWaitingUs: number;
  /** The card number (CID) that blocks carry; zero for blocks without one. */
  readonly cid: number;
  block: number;
  /** Received, but not yet handed to the host. */
  received: Uint8Array;
  /** The card has chained and waits for R(ACK). */
  cardHasMore: boolean;
}

export interface ChipState {
  readonly antenna: Antenna;
  readonly timing: Timing;
  readonly faults: FaultPlan;
  /** SAMConfiguration(normal) was given: without it the radio stays dark. */
  samNormal: boolean;
  /** SetParameters flags. */
  parameters: number;
  /** Of the transmitter and the receiver, whoever the frames are for. */
  rates: AirRates;
  /** What the firmware itself has set them to; of the host's writing to its registers it knows nothing. */
  firmwareRates: AirRates;
  /** Further tries of a PPS after the first (MxRtyPSL); FF endless. */
  speedRetries: number;
  /** Further activation tries after the first; FF endless. */
  passiveRetries: number;
  retryTimeoutCode: number;
  target: Target | undefined;
  lastError: number;
  readonly registers: Map<number, number>;
}

/** Power-on defaults of firmware 1.6. */
export function powerOnState(antenna: Antenna, timing: Timing, faults: FaultPlan): ChipState {
  const state = {
    antenna,
    timing,
    faults,
    samNormal: false,
    parameters: 0x14,
    rates: RATES_106,
    firmwareRates: RATES_106,
    speedRetries: 0x01,
    passiveRetries: ENDLESS,
    retryTimeoutCode: 0x0a,
    target: undefined,
    lastError: 0,
    registers: new Map<number, number>(),
  };
  setRates(state, RATES_106);
  return state;
}

/** The rates of all frames from now on, as the firmware sets them with its registers. */
export function setRates(state: ChipState, rates: AirRates): void {
  const [out, back] = [ANALOG[rates.toCard], ANALOG[rates.toChip]];
  state.rates = rates;
  state.firmwareRates = rates;
  state.registers.set(TX_MODE, CRC_AT_106 | (rates.toCard << 4));
  state.registers.set(RX_MODE, CRC_AT_106 | (rates.toChip << 4));
  state.registers.set(MOD_WIDTH, out.modWidth);
  state.registers.set(RX_THRESHOLD, back.threshold);
  state.registers.set(MIF_NFC, back.mifNfc);
}

/**
 * What an activation begins with: the firmware takes back what it has set itself, and leaves alone what the host wrote into
 * its registers. Whether real chips are so lazy nobody has measured; a host that survives this survives the others.
 */
export function lowerRates(state: ChipState): void {
  const { toCard, toChip } = state.firmwareRates;
  if (toCard !== RATES_106.toCard || toChip !== RATES_106.toChip) setRates(state, RATES_106);
}

/** Whether the registers are such that frames at the present rates are understood, either way. */
export function isTuned({ registers, rates }: ChipState): boolean {
  const [out, back] = [ANALOG[rates.toCard], ANALOG[rates.toChip]];
  return (
    registers.get(MOD_WIDTH) === out.modWidth &&
    registers.get(RX_THRESHOLD) === back.threshold &&
    registers.get(MIF_NFC) === back.mifNfc
  );
}

/** Whether a request for cards, which know no other rate yet, is heard. */
export const isTunedFor106 = (state: ChipState): boolean =>
  state.rates.toCard === RATES_106.toCard && state.rates.toChip === RATES_106.toChip && isTuned(state);
