/**
 * Commands of the virtual PN532 that do not use the radio (UM0701-02 §7.2, §7.3.1): identity, settings,
 * registers. Each takes the bytes behind the command code and gives the bytes behind the response code.
 */
import { hex } from "../bytes/hex.ts";
import { type ChipState, RX_MODE, TX_MODE } from "./chip-state.ts";
import { type Operation, spend } from "./operation.ts";
import { airRates } from "./timing.ts";

/** Response data, or the error frame for parameters that the firmware does not accept. */
export type Reply = Uint8Array | "syntaxError";

export interface CommandSpec {
  /** Accepted number of parameter bytes, inclusive. */
  readonly minBytes: number;
  readonly maxBytes: number;
  run(state: ChipState, parameters: Uint8Array): Operation<Reply>;
}

/** IC, version, revision and support bits of current silicon. */
const FIRMWARE = hex("32 01 06 07");
const STATUS_OK = Uint8Array.of(0x00);
const EMPTY = new Uint8Array();
const SAM_NORMAL = 0x01;
const RF_FIELD = 0x01;
const RF_TIMINGS = 0x02;
const MAX_RETRIES = 0x05;
/** SetSerialBaudRate by code, in bit/s (UM0701-02 §7.2.8). */
export const BAUD_RATES: readonly number[] = [
  9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600, 1_288_000,
];
export const POWER_ON_BAUD = 115_200;
/** Bytes of each RFConfiguration item (UM0701-02 §7.3.1). */
const RF_ITEM_BYTES = new Map([
  [RF_FIELD, 1],
  [RF_TIMINGS, 3],
  [0x04, 1],
  [MAX_RETRIES, 3],
  [0x0a, 11],
  [0x0b, 8],
  [0x0c, 3],
  [0x0d, 9],
]);

/** A command that the firmware answers out of hand. */
function local(
  minBytes: number,
  maxBytes: number,
  answer: (state: ChipState, parameters: Uint8Array) => Reply,
): CommandSpec {
  return {
    minBytes,
    maxBytes,
    *run(state, parameters) {
      const reply = answer(state, parameters);
      yield* spend("chip", state.timing.localWorkUs);
      return reply;
    },
  };
}

/**
 * GetGeneralStatus: last error, external field, number of targets, SAM status; a target's entry is its number, the
 * rate from it, the rate to it, and its kind (00 for type A and B).
 */
function generalStatus({ antenna, lastError, rates, target }: ChipState): Uint8Array {
  const targets = target === undefined ? [0] : [1, 0x01, rates.toChip, rates.toCard, 0x00];
  return Uint8Array.of(antenna.protectionStatus() ?? lastError, 0x00, ...targets, 0x00);
}

function samConfiguration(state: ChipState, parameters: Uint8Array): Reply {
  const mode = parameters[0] ?? 0;
  if (mode < 1 || mode > 4) return "syntaxError";
  state.samNormal = mode === SAM_NORMAL;
  return EMPTY;
}

function rfConfiguration(state: ChipState, parameters: Uint8Array): Reply {
  const item = parameters[0] ?? 0;
  const data = parameters.subarray(1);
  if (RF_ITEM_BYTES.get(item) !== data.length) return "syntaxError";
  if (item === RF_FIELD && state.samNormal) state.antenna.setField(((data[0] ?? 0) & 1) === 1 ? "on" : "off");
  if (item === RF_TIMINGS) state.retryTimeoutCode = Math.min(data[2] ?? 0, 0x10);
  if (item === MAX_RETRIES) [, state.speedRetries = 0, state.passiveRetries = 0] = data;
  return EMPTY;
}

function readRegisters(state: ChipState, parameters: Uint8Array): Reply {
  if (parameters.length % 2 !== 0) return "syntaxError";
  const addresses = Array.from({ length: parameters.length / 2 }, (_, index) => word(parameters, index * 2));
  return Uint8Array.from(addresses, (address) => state.registers.get(address) ?? 0);
}

function writeRegisters(state: ChipState, parameters: Uint8Array): Reply {
  if (parameters.length % 3 !== 0) return "syntaxError";
  for (let index = 0; index < parameters.length; index += 3) {
    state.registers.set(word(parameters, index), parameters[index + 2] ?? 0);
  }
  const rates = airRates(speedOf(state, TX_MODE), speedOf(state, RX_MODE));
  if (rates !== undefined) state.rates = rates;
  return EMPTY;
}

/** Bits 6 to 4 of CIU_TxMode and CIU_RxMode. */
const speedOf = (state: ChipState, register: number): number =>
  ((state.registers.get(register) ?? 0) >> 4) & 0x07;

const word = (bytes: Uint8Array, offset: number): number =>
  (bytes[offset] ?? 0) * 256 + (bytes[offset + 1] ?? 0);

function setParameters(state: ChipState, parameters: Uint8Array): Reply {
  state.parameters = parameters[0] ?? 0;
  return EMPTY;
}

/** By command code. Sleep and speed change are the chip's business, once their answers have gone. */
export const LOCAL_COMMANDS: ReadonlyMap<number, CommandSpec> = new Map([
  [0x02, local(0, 0, () => FIRMWARE)],
  [0x04, local(0, 0, generalStatus)],
  [0x06, local(2, 262, readRegisters)],
  [0x08, local(3, 261, writeRegisters)],
  [0x10, local(1, 1, (_, [code = 0]) => (BAUD_RATES[code] === undefined ? "syntaxError" : EMPTY))],
  [0x12, local(1, 1, setParameters)],
  [0x14, local(1, 3, samConfiguration)],
  [0x16, local(1, 2, () => STATUS_OK)],
  [0x32, local(2, 12, rfConfiguration)],
]);
