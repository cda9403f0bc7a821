/**
 * Commands of the virtual PN532 towards cards (UM0701-02 §7.3): listing, exchange, deselection, presence.
 * FeliCa and Jewel are polled in vain, since no such card exists here.
 */
import { concat, equalBytes } from "../bytes/bytes.ts";
import type { CommandSpec, Reply } from "./chip-commands.ts";
import { activate, blockOnAir, onAir, transceive } from "./chip-radio.ts";
import { type ChipState, ENDLESS, isTunedFor106, lowerRates, setRates, type Target } from "./chip-state.ts";
import { activateB } from "./chip-type-b.ts";
import { type Operation, spend } from "./operation.ts";
import { type AirRates, airRates, airUs, frameWaitingUs, retryTimeoutUs } from "./timing.ts";

/** CIU_FIFOData after an empty poll for type A: the request, unless somebody answered who could not be made out. */
const FIFO_DATA = 0x6339;
const REQA = 0x26;
const SENS_RES_REMAINS = 0x44;
const ONE_TARGET = 0x01;
export const TYPE_A_106 = 0x00;
export const TYPE_B_106 = 0x03;
const LAST_CARD_TYPE = 0x04;
const MORE = 0x40;
const BUFFER_OVERFLOW = 0x09;
const PROTOCOL_ERROR = 0x0b;
const CRC_BYTES = 2;
const INVALID_PARAMETER = 0x10;
const WRONG_CONTEXT = 0x27;
const DEP_INVALID_STATE = 0x25;
const LINE_TEST = 0x00;
const ROM_TEST = 0x01;
const RAM_TEST = 0x02;
const PRESENCE_TEST = 0x06;
const ANTENNA_TEST = 0x07;
const R_NAK = 0xb2;
const DESELECT = Uint8Array.of(0xc2);
const HALT = Uint8Array.of(0x50, 0x00);
/** PPS without a card number, with rates behind it; what a card may take to answer (65536 / fc). */
const PPSS = 0xd0;
const RATES_FOLLOW = 0x11;
const PPS_WAIT_US = frameWaitingUs(4);
const CASCADE_TAG = 0x88;

/** Carrier on, when it is not, with the guard time before the first request. */
export function* fieldUp(state: ChipState): Operation<void> {
  if (!state.samNormal) return;
  state.antenna.setField("on");
  const guardUs = state.antenna.guardLeftUs();
  if (guardUs > 0) yield* spend("radio", guardUs);
}

/** MaxTg, BrTy, InitiatorData → NbTg and the one target found, if any. Endless when the retries are FF. */
function* listPassiveTarget(state: ChipState, parameters: Uint8Array): Operation<Reply> {
  const [maxTargets = 0, type = 0] = parameters;
  if (maxTargets < 1 || maxTargets > 2 || type > LAST_CARD_TYPE) return "syntaxError";
  const initiatorData = parameters.subarray(2);
  if (type === TYPE_B_106 && initiatorData.length === 0) return "syntaxError";
  state.target = undefined;
  lowerRates(state);
  yield* fieldUp(state);
  let triesLeft = state.passiveRetries === ENDLESS ? Number.POSITIVE_INFINITY : state.passiveRetries + 1;
  while (triesLeft > 0) {
    const found = yield* tryOnce(state, type, initiatorData);
    if (found !== undefined) return found;
    triesLeft -= yield { kind: "tries", tryUs: state.timing.missedTryUs, limit: triesLeft };
  }
  const wasAnswered = isTunedFor106(state) && state.antenna.wasAnswered();
  if (type === TYPE_A_106) state.registers.set(FIFO_DATA, wasAnswered ? SENS_RES_REMAINS : REQA);
  return Uint8Array.of(0);
}

/** One activation try for the type, with the initiator data of InListPassiveTarget; its answer if a card was found. */
export function* tryOnce(
  state: ChipState,
  type: number,
  data: Uint8Array,
): Operation<Uint8Array | undefined> {
  if (!isTunedFor106(state)) return undefined;
  if (type === TYPE_A_106) return yield* tryTypeA(state, data);
  return type === TYPE_B_106 ? yield* tryTypeB(state, data[0] ?? 0) : undefined;
}

/** Tg, ATQB (12 bytes), length of the answer to ATTRIB, that answer. */
function* tryTypeB(state: ChipState, afi: number): Operation<Uint8Array | undefined> {
  if (state.antenna.request("B") === undefined) return undefined;
  const activated = yield* activateB(state, "REQB", afi);
  if (activated === undefined) return undefined;
  const { target, atqb, attribResponse } = activated;
  state.target = target;
  return concat(Uint8Array.of(1, ONE_TARGET), atqb, Uint8Array.of(attribResponse.length), attribResponse);
}

/**
 * Tg, SENS_RES, SEL_RES, length of the UID, UID, ATS with its own length first. With a `wanted` UID, written
 * with its cascade tag if it is a long one, any other card is passed over.
 */
function* tryTypeA(state: ChipState, wanted: Uint8Array): Operation<Uint8Array | undefined> {
  const card = state.antenna.request("A");
  if (card === undefined) return undefined;
  const activated = yield* activate(state, card);
  if (activated === undefined) return undefined;
  if (wanted.length > 0 && !equalBytes(wanted, asCascade(activated.target.uid))) return undefined;
  state.target = activated.target;
  const { sensRes, selRes } = card.profile;
  const { uid } = activated.target;
  const head = Uint8Array.of(1, ONE_TARGET, sensRes >> 8, sensRes & 0xff, selRes, uid.length);
  return concat(head, uid, activated.ats);
}

/** A UID of 7 bytes goes in two levels, the first of which begins with the cascade tag. */
const asCascade = (uid: Uint8Array): Uint8Array =>
  uid.length === 7 ? concat(Uint8Array.of(CASCADE_TAG), uid) : uid;

/** Tg (bit 6: more follows), data → status (bit 6: more to come), data. */
function* dataExchange(state: ChipState, parameters: Uint8Array): Operation<Reply> {
  const number = parameters[0] ?? 0;
  const data = parameters.subarray(1);
  const target = targetOf(state, number & 0x3f);
  if (target === undefined) return yield* refuse(state);
  if (target.session !== undefined) {
    return remember(
      state,
      yield* transceive(state, target.session, data, (number & MORE) === 0 ? "nothing" : "more"),
    );
  }
  return yield* rawExchange(state, data);
}

/** A raw frame with the CRC made and checked by the chip; waits for fRetryTimeout. */
function* rawExchange(state: ChipState, frame: Uint8Array): Operation<Uint8Array> {
  yield* spend("chip", state.timing.blockUs);
  const answer = outrunsChip(state, frame)
    ? BUFFER_OVERFLOW
    : yield* onAir(state, frame, retryTimeoutUs(state.retryTimeoutCode), "unheard");
  const heard = typeof answer !== "number" && outrunsChip(state, answer) ? BUFFER_OVERFLOW : answer;
  return remember(state, typeof heard === "number" ? Uint8Array.of(heard) : concat(Uint8Array.of(0), heard));
}

/** Frames longer than the buffer have to be carried past it while they are on the air. */
const outrunsChip = ({ faults, rates }: ChipState, frame: Uint8Array): boolean =>
  rates.toCard + rates.toChip > 0 && frame.length + CRC_BYTES > faults.longestFastFrameBytes;

/** S(DESELECT), or HLTA for cards without ISO-DEP; the card then answers the next poll. */
function* letGo(state: ChipState, target: Target): Operation<Uint8Array> {
  if (target.session === undefined) {
    yield* spend("radio", airUs(state.timing, HALT.length + 2, state.rates.toCard));
    for (const card of state.antenna.cards()) card.powerOff();
    return Uint8Array.of(0);
  }
  const answer = yield* blockOnAir(state, target.session, DESELECT, target.session.frameWaitingUs);
  return remember(state, Uint8Array.of(typeof answer === "number" ? answer : 0));
}

/** The target stays in the list. */
function* deselect(state: ChipState, parameters: Uint8Array): Operation<Reply> {
  const target = targetOf(state, parameters[0] ?? 0);
  return target === undefined ? yield* refuse(state) : yield* letGo(state, target);
}

/** The target leaves the list; with an empty list there is nothing to do, which is no error. */
function* release(state: ChipState, parameters: Uint8Array): Operation<Reply> {
  const target = targetOf(state, parameters[0] ?? 0);
  state.target = undefined;
  if (target !== undefined) return yield* letGo(state, target);
  yield* spend("chip", state.timing.localWorkUs);
  return Uint8Array.of(0);
}

/** Wakes a deselected card and takes it through its selection again. */
function* reselect(state: ChipState, parameters: Uint8Array): Operation<Reply> {
  const target = targetOf(state, parameters[0] ?? 0);
  if (target === undefined) return yield* refuse(state);
  lowerRates(state);
  const activated = target.type === "A" ? yield* wakeTypeA(state) : yield* activateB(state, "WUPB", 0);
  if (activated !== undefined) state.target = activated.target;
  return remember(state, Uint8Array.of(activated === undefined ? DEP_INVALID_STATE : 0));
}

function* wakeTypeA(state: ChipState): Operation<{ readonly target: Target } | undefined> {
  const card = isTunedFor106(state) ? state.antenna.request("A") : undefined;
  return card === undefined ? undefined : yield* activate(state, card);
}

/** Tg, rate to the card, rate from it → status. From then on everything goes at the new rates, until the next activation. */
function* parameterSelection(state: ChipState, parameters: Uint8Array): Operation<Reply> {
  const [number = 0, toCard = 0, toChip = 0] = parameters;
  if (targetOf(state, number)?.session === undefined) return yield* refuse(state);
  const rates = airRates(toCard, toChip);
  if (rates === undefined) return yield* refuse(state, INVALID_PARAMETER);
  return remember(state, Uint8Array.of(yield* agreeOnRates(state, rates)));
}

/** PPS, repeated while nothing comes as often as MxRtyPSL says; silence is how a card refuses. */
function* agreeOnRates(state: ChipState, rates: AirRates): Operation<number> {
  const pps = Uint8Array.of(PPSS, RATES_FOLLOW, (rates.toChip << 2) | rates.toCard);
  for (let retries = 0; ; retries++) {
    yield* spend("chip", state.timing.blockUs);
    const answer = yield* onAir(state, pps, PPS_WAIT_US);
    if (typeof answer !== "number") {
      if (answer.length !== 1 || answer[0] !== PPSS) return PROTOCOL_ERROR;
      setRates(state, rates);
      return 0;
    }
    if (state.speedRetries !== ENDLESS && retries >= state.speedRetries) return answer;
  }
}

function* diagnose(state: ChipState, parameters: Uint8Array): Operation<Reply> {
  yield* spend("chip", state.timing.localWorkUs);
  switch (parameters[0]) {
    case LINE_TEST:
      return parameters;
    case ROM_TEST:
    case RAM_TEST:
    case ANTENNA_TEST:
      return Uint8Array.of(0);
    case PRESENCE_TEST:
      return yield* presence(state);
    default:
      return "syntaxError";
  }
}

function* presence(state: ChipState): Operation<Reply> {
  const session = state.target?.session;
  if (session === undefined) return Uint8Array.of(WRONG_CONTEXT);
  const nak = Uint8Array.of(R_NAK | session.block);
  const answer = yield* blockOnAir(state, session, nak, session.frameWaitingUs);
  return Uint8Array.of(typeof answer === "number" ? answer : 0);
}

/** Zero stands for all targets, and the list has one place. */
const targetOf = (state: ChipState, number: number): Target | undefined =>
  number <= ONE_TARGET ? state.target : undefined;

function* refuse(state: ChipState, status = WRONG_CONTEXT): Operation<Uint8Array> {
  yield* spend("chip", state.timing.localWorkUs);
  return remember(state, Uint8Array.of(status));
}

/** Keeps the error code for GetGeneralStatus. */
function remember(state: ChipState, reply: Uint8Array): Uint8Array {
  state.lastError = (reply[0] ?? 0) & 0x3f;
  return reply;
}

/** By command code. */
export const TARGET_COMMANDS: ReadonlyMap<number, CommandSpec> = new Map([
  [0x00, { minBytes: 1, maxBytes: 263, run: diagnose }],
  [0x40, { minBytes: 1, maxBytes: 263, run: dataExchange }],
  // Without data the chip only listens, as libnfc has it do for tags that speak by themselves.
  [0x42, { minBytes: 0, maxBytes: 263, run: rawExchange }],
  [0x44, { minBytes: 1, maxBytes: 1, run: deselect }],
  [0x4a, { minBytes: 2, maxBytes: 14, run: listPassiveTarget }],
  [0x4e, { minBytes: 3, maxBytes: 3, run: parameterSelection }],
  [0x52, { minBytes: 1, maxBytes: 1, run: release }],
  [0x54, { minBytes: 1, maxBytes: 1, run: reselect }],
]);
