/**
 * Settings and targets of the virtual PN532: everything that a reset or a brown-out takes away. Handed to
 * the command handlers together with the world they act on.
 */
import type { Antenna } from "./antenna.ts";
import type { CardType } from "./cards/card.ts";
import type { FaultPlan } from "./faults.ts";
import { type AirRates, RATES_106, type Timing } from "./timing.ts";

/** CIU_TxMode and CIU_RxMode: CRC in bit 7, speed in bits 6 to 4. */
export const TX_MODE = 0x6302;
export const RX_MODE = 0x6303;
const CRC_AT_106 = 0x80;

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
  return {
    antenna,
    timing,
    faults,
    samNormal: false,
    parameters: 0x14,
    rates: RATES_106,
    speedRetries: 0x01,
    passiveRetries: ENDLESS,
    retryTimeoutCode: 0x0a,
    target: undefined,
    lastError: 0,
    registers: new Map([
      [TX_MODE, CRC_AT_106],
      [RX_MODE, CRC_AT_106],
    ]),
  };
}

/** The rates of all frames from now on, as the firmware sets them with its registers. */
export function setRates(state: ChipState, rates: AirRates): void {
  state.rates = rates;
  state.registers.set(TX_MODE, CRC_AT_106 | (rates.toCard << 4));
  state.registers.set(RX_MODE, CRC_AT_106 | (rates.toChip << 4));
}
