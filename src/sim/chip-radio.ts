/**
 * The chip's firmware towards the card: activation of type A, one block on the air, and the reader's side
 * of ISO-DEP (UM0701-02 §7.3.8, ISO/IEC 14443-4): chaining both ways, S(WTX) handled unseen by the host.
 */
import { concat } from "../bytes/bytes.ts";
import type { CardAnswer } from "./cards/iso-dep.ts";
import type { TypeACard } from "./cards/type-a.ts";
import { type ChipState, FRAME_SIZES, type IsoDepSession, isTuned, type Target } from "./chip-state.ts";
import { SLOW_CARD_US } from "./faults.ts";
import { type Operation, spend } from "./operation.ts";
import { airUs, extendedWaitingUs, frameWaitingUs } from "./timing.ts";

/** Status codes of the chip that arise on the air. */
const RF_TIMEOUT = 0x01;
const COLLISION = 0x06;
const PROTOCOL_ERROR = 0x0b;

/** What the firmware sends by itself: FSDI 5, that is frames of 64 bytes, CID 0. */
const RATS = Uint8Array.of(0xe0, 0x50);
const AUTOMATIC_RATS = 0x10;
const CRC_BYTES = 2;
/** Of the first byte of a block: a card number follows. */
const CID_FOLLOWS = 0x08;
/** Prologue and CRC of a block without CID and NAD. */
const BLOCK_OVERHEAD_BYTES = 3;
/** What the firmware takes a card for that names a reserved frame size, or none. */
const DEFAULT_FRAME_BYTES = 32;
const MIN_ATS_BYTES = 2;
const MORE = 0x40;
/** Most data that one host frame carries. */
const MAX_HOST_DATA_BYTES = 262;
/** S(WTX), the bits of its multiplier, and the largest that is not reserved. */
const WTX = 0xf2;
const MULTIPLIER = 0x3f;
const MAX_MULTIPLIER = 59;

/** Whether the host announced a further part of the same command (MI bit). */
export type Follows = "more" | "nothing";

/** Bytes on success, a status code otherwise. */
export type OnAir = Uint8Array | number;

/** A card that answered REQA is taken to its UID and, where the flags say so, to its ATS. */
export function* activate(
  state: ChipState,
  card: TypeACard,
): Operation<{ readonly target: Target; readonly ats: Uint8Array } | undefined> {
  const { antenna, timing } = state;
  const uid = card.select();
  const cascades = uid.length > 4 ? Math.floor((uid.length - 4) / 3) : 0;
  yield* spend("radio", timing.activationUs - timing.ratsUs + cascades * timing.cascadeUs);
  const layer4 = (card.profile.selRes & 0x20) !== 0 && (state.parameters & AUTOMATIC_RATS) !== 0;
  if (!layer4) {
    return antenna.cards().includes(card) ? { target: { type: "A", uid }, ats: new Uint8Array() } : undefined;
  }
  antenna.carry(RATS.length + CRC_BYTES);
  const answer = antenna.transmit(RATS);
  if (typeof answer !== "string") antenna.carry(answer.frame.length + CRC_BYTES);
  yield* spend("radio", timing.ratsUs);
  if (typeof answer === "string" || !antenna.cards().includes(card)) return undefined;
  return { target: { type: "A", uid, session: openSession(answer.frame) }, ats: answer.frame };
}

/**
 * FSCI in T0, FWI in TB, which is present when T0 says so (b6), behind TA (b5). An ATS without T0, bytes that are
 * missing and reserved values stand for the defaults. The length byte is not believed, only what came.
 */
function openSession(ats: Uint8Array): IsoDepSession {
  const format = ats.length < MIN_ATS_BYTES ? undefined : (ats[1] ?? 0);
  const tb = format === undefined || (format & 0x20) === 0 ? undefined : ats[(format & 0x10) === 0 ? 2 : 3];
  const maxFrameBytes = format === undefined ? undefined : FRAME_SIZES[format & 0x0f];
  return {
    maxFrameBytes: maxFrameBytes ?? DEFAULT_FRAME_BYTES,
    frameWaitingUs: frameWaitingUs(tb === undefined ? undefined : tb >> 4),
    cid: 0,
    block: 0,
    received: new Uint8Array(),
    cardHasMore: false,
  };
}

/**
 * What becomes of an answer behind the end of the wait: the firmware's ISO-DEP engine has asked once more by then and
 * takes it for the answer to that; a raw frame has nobody left who listens.
 */
type LateAnswer = "taken" | "unheard";

/**
 * Sends one frame and waits at most `waitUs` for its answer. A chip that protects itself sends nothing, and says
 * why whatever came before its drivers went off.
 */
export function* onAir(
  state: ChipState,
  frame: Uint8Array,
  waitUs: number,
  late: LateAnswer = "taken",
): Operation<OnAir> {
  const { antenna, timing } = state;
  if (antenna.protectionStatus() === undefined) {
    const answer = yield* sendFrame(state, frame, waitUs, late);
    return antenna.protectionStatus() ?? answer;
  }
  yield* spend("chip", timing.localWorkUs);
  return antenna.protectionStatus() ?? RF_TIMEOUT;
}

function* sendFrame(state: ChipState, frame: Uint8Array, waitUs: number, late: LateAnswer): Operation<OnAir> {
  const { antenna, faults, rates, timing } = state;
  if (faults.strikes("cardTorn")) antenna.remove();
  const departures = antenna.departures();
  const sentBytes = frame.length + CRC_BYTES;
  yield* spend("radio", airUs(timing, sentBytes, rates.toCard));
  antenna.carry(sentBytes);
  if (faults.strikes("radioError")) return faults.radioError();
  const answer = isTuned(state) ? antenna.transmit(frame, rates) : "silence";
  if (answer === "collision") return COLLISION;
  if (answer !== "silence") {
    const heard = yield* hear(state, answer, late === "unheard" ? waitUs : Number.POSITIVE_INFINITY);
    if (heard !== undefined && antenna.departures() === departures) return heard;
  }
  yield* spend("radio", waitUs);
  return RF_TIMEOUT;
}

/** An answer on its way back; nothing when it comes behind the end of the wait. */
function* hear(
  { antenna, faults, rates, timing }: ChipState,
  { frame, workUs }: CardAnswer,
  waitUs: number,
): Operation<OnAir | undefined> {
  const tookUs = workUs + (faults.strikes("slowCard") ? SLOW_CARD_US : 0);
  if (tookUs > waitUs) return undefined;
  const answerBytes = frame.length + CRC_BYTES;
  yield* spend("card", tookUs);
  yield* spend("radio", airUs(timing, answerBytes, rates.toChip));
  antenna.carry(answerBytes);
  return faults.strikes("answerLost") ? faults.radioError() : frame;
}

/** One block of an ISO-DEP session, on the air with its card number and handed back without. */
export function* blockOnAir(
  state: ChipState,
  { cid }: IsoDepSession,
  block: Uint8Array,
  waitUs: number,
): Operation<OnAir> {
  if (cid === 0) return yield* onAir(state, block, waitUs);
  const numbered = Uint8Array.of((block[0] ?? 0) | CID_FOLLOWS, cid, ...block.subarray(1));
  const answer = yield* onAir(state, numbered, waitUs);
  if (typeof answer === "number") return answer;
  if (((answer[0] ?? 0) & CID_FOLLOWS) === 0 || answer[1] !== cid) return PROTOCOL_ERROR;
  return Uint8Array.of((answer[0] ?? 0) & ~CID_FOLLOWS, ...answer.subarray(2));
}

/**
 * One block of an ISO-DEP session; silence costs two waiting times, for the firmware asks once more by R(NAK).
 * Waiting time is granted for as long as the card asks for it: only the host's abort ends that.
 */
function* exchangeBlock(state: ChipState, session: IsoDepSession, block: Uint8Array): Operation<OnAir> {
  yield* spend("chip", state.timing.blockUs);
  let answer = yield* blockOnAir(state, session, block, session.frameWaitingUs * 2);
  while (typeof answer !== "number" && answer[0] === WTX) {
    const multiplier = (answer[1] ?? 0) & MULTIPLIER;
    if (multiplier === 0 || multiplier > MAX_MULTIPLIER) return PROTOCOL_ERROR;
    const waitUs = extendedWaitingUs(session.frameWaitingUs, multiplier);
    answer = yield* blockOnAir(state, session, Uint8Array.of(WTX, multiplier), waitUs);
  }
  return answer;
}

/**
 * InDataExchange with an ISO-DEP card: `data` goes out (chained on when more of the command
 * follows), the answer comes back in parts of at most 262 bytes. Result: status byte, then data.
 */
export function* transceive(
  state: ChipState,
  session: IsoDepSession,
  data: Uint8Array,
  follows: Follows,
): Operation<Uint8Array> {
  if (data.length > 0) {
    const status = yield* sendParts(state, session, data, follows);
    if (status !== 0) return Uint8Array.of(status);
    if (follows === "more") return Uint8Array.of(0);
  }
  while (session.cardHasMore && session.received.length <= MAX_HOST_DATA_BYTES) {
    const status = receiveBlock(
      session,
      yield* exchangeBlock(state, session, Uint8Array.of(0xa2 | session.block)),
    );
    if (status !== 0) return Uint8Array.of(status);
  }
  const part = session.received.subarray(0, MAX_HOST_DATA_BYTES);
  session.received = session.received.subarray(part.length);
  return concat(Uint8Array.of(session.received.length > 0 || session.cardHasMore ? MORE : 0), part);
}

function* sendParts(
  state: ChipState,
  session: IsoDepSession,
  data: Uint8Array,
  follows: Follows,
): Operation<number> {
  session.received = new Uint8Array();
  session.cardHasMore = false;
  const partBytes = session.maxFrameBytes - BLOCK_OVERHEAD_BYTES - (session.cid === 0 ? 0 : 1);
  for (let offset = 0; offset < data.length; offset += partBytes) {
    const chained = follows === "more" || offset + partBytes < data.length;
    const pcb = 0x02 | (chained ? 0x10 : 0) | session.block;
    const block = concat(Uint8Array.of(pcb), data.subarray(offset, offset + partBytes));
    const answer = yield* exchangeBlock(state, session, block);
    const status = chained ? acknowledged(session, answer) : receiveBlock(session, answer);
    if (status !== 0) return status;
  }
  return 0;
}

function acknowledged(session: IsoDepSession, answer: OnAir): number {
  if (typeof answer === "number") return answer;
  if (answer[0] !== (0xa2 | session.block)) return PROTOCOL_ERROR;
  session.block ^= 1;
  return 0;
}

function receiveBlock(session: IsoDepSession, answer: OnAir): number {
  if (typeof answer === "number") return answer;
  const pcb = answer[0] ?? 0;
  if ((pcb & 0xef) !== (0x02 | session.block)) return PROTOCOL_ERROR;
  session.block ^= 1;
  session.received = concat(session.received, answer.subarray(1));
  session.cardHasMore = (pcb & 0x10) !== 0;
  return 0;
}
