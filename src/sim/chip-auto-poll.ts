/**
 * InAutoPoll of the virtual PN532 (UM0701-02 §7.3.13): the chip looks for one kind of card after the other by
 * itself. The driver has no use for it; programs that are built on libnfc have.
 */
import { concat } from "../bytes/bytes.ts";
import type { CommandSpec, Reply } from "./chip-commands.ts";
import { type ChipState, ENDLESS, lowerRates } from "./chip-state.ts";
import { fieldUp, TYPE_A_106, TYPE_B_106, tryOnce } from "./chip-target-commands.ts";
import { type Operation, spend } from "./operation.ts";

const PERIOD_UNIT_US = 150_000;
const MAX_PERIODS = 15;
/** SEL_RES bit 6: the card speaks ISO-DEP. */
const SAK_ISO_DEP = 0x20;
const ANY_A = 0x00;
const MIFARE = 0x10;
const ISO_DEP_A = 0x20;
const B = [0x03, 0x23];
/** FeliCa, Jewel and peer-to-peer: known to the chip, and never in this field. */
const OTHERS = [0x01, 0x02, 0x04, 0x11, 0x12, 0x40, 0x41, 0x42, 0x80, 0x81, 0x82];
const TYPES: ReadonlySet<number> = new Set([ANY_A, MIFARE, ISO_DEP_A, ...B, ...OTHERS]);
/** Of type B cards: the family, 00 for all. */
const ALL_FAMILIES = Uint8Array.of(0x00);

/** Rounds, periods of 150 ms for each type, types → NbTg, and of the target its type, length and data. */
function* autoPoll(state: ChipState, parameters: Uint8Array): Operation<Reply> {
  const [rounds = 0, periods = 0] = parameters;
  const types = parameters.subarray(2);
  if (rounds === 0 || periods === 0 || periods > MAX_PERIODS) return "syntaxError";
  if (!types.every((type) => TYPES.has(type))) return "syntaxError";
  state.target = undefined;
  lowerRates(state);
  yield* fieldUp(state);
  for (let round = 0; rounds === ENDLESS || round < rounds; round++) {
    for (const type of types) {
      const found = yield* tryType(state, type);
      // As InListPassiveTarget gives it: the number of targets, then the first.
      if (found !== undefined) return concat(Uint8Array.of(1, type, found.length - 1), found.subarray(1));
      yield* spend("radio", periods * PERIOD_UNIT_US);
    }
  }
  return Uint8Array.of(0);
}

function* tryType(state: ChipState, type: number): Operation<Uint8Array | undefined> {
  if (B.includes(type)) return yield* tryOnce(state, TYPE_B_106, ALL_FAMILIES);
  return isOfTypeA(state, type) ? yield* tryOnce(state, TYPE_A_106, new Uint8Array()) : undefined;
}

/** Whether a card of type A lies there, with ISO-DEP or without as the type asks. */
function isOfTypeA(state: ChipState, type: number): boolean {
  if (type !== ANY_A && type !== MIFARE && type !== ISO_DEP_A) return false;
  const card = state.antenna.request("A");
  if (card === undefined) return false;
  const speaksIsoDep = (card.profile.selRes & SAK_ISO_DEP) !== 0;
  return type === ANY_A || speaksIsoDep === (type === ISO_DEP_A);
}

/** By command code. */
export const AUTO_POLL_COMMANDS: ReadonlyMap<number, CommandSpec> = new Map([
  [0x60, { minBytes: 3, maxBytes: 17, run: autoPoll }],
]);
