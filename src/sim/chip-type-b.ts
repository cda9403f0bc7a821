/**
 * The chip's firmware towards type B cards: request and ATTRIB (ISO/IEC 14443-3), after which blocks go as in
 * `chip-radio.ts`. As the real firmware does, it announces frames of 64 bytes and gives the card the number 1.
 */
import { onAir } from "./chip-radio.ts";
import { type ChipState, FRAME_SIZES, type Target } from "./chip-state.ts";
import { type Operation, spend } from "./operation.ts";
import { frameWaitingUs } from "./timing.ts";

/** REQB is heard by idle cards, WUPB by deselected ones as well. */
export type RequestB = "REQB" | "WUPB";

const REQUEST = 0x05;
const WAKE_UP = 0x08;
const ATTRIB = 0x1d;
/** Second parameter of ATTRIB: 106 kbit/s, frames of 64 bytes; third: protocol of ISO/IEC 14443-4. */
const FRAMES_OF_64 = 0x05;
const ISO_DEP = 0x01;
const CARD_NUMBER = 0x01;
const ATQB = 0x50;
const ATQB_BYTES = 12;
/** Bits of the last two bytes of the ATQB: the card knows ISO-DEP, the card takes a number. */
const KNOWS_ISO_DEP = 0x01;
const TAKES_NUMBER = 0x01;

export interface ActivatedB {
  readonly target: Target;
  readonly atqb: Uint8Array;
  readonly attribResponse: Uint8Array;
}

/** A card of the family `afi` (00 for all) is taken to its session; nothing when none answers as it should. */
export function* activateB(
  state: ChipState,
  request: RequestB,
  afi: number,
): Operation<ActivatedB | undefined> {
  const { antenna, timing } = state;
  const atqb = antenna.transmit(Uint8Array.of(REQUEST, afi, request === "WUPB" ? WAKE_UP : 0x00));
  yield* spend("radio", timing.activationBUs);
  if (typeof atqb === "string" || atqb.frame.length !== ATQB_BYTES || atqb.frame[0] !== ATQB)
    return undefined;
  const pupi = atqb.frame.subarray(1, 5);
  const [, sizeAndProtocol = 0, waitingAndOptions = 0] = atqb.frame.subarray(9);
  if ((sizeAndProtocol & KNOWS_ISO_DEP) === 0) return undefined;
  const cid = (waitingAndOptions & TAKES_NUMBER) === 0 ? 0 : CARD_NUMBER;
  const waitUs = frameWaitingUs(waitingAndOptions >> 4);
  const attribute = Uint8Array.of(ATTRIB, ...pupi, 0x00, FRAMES_OF_64, ISO_DEP, cid);
  const attribResponse = yield* onAir(state, attribute, waitUs);
  if (typeof attribResponse === "number") return undefined;
  const session = {
    maxFrameBytes: FRAME_SIZES[sizeAndProtocol >> 4] ?? 32,
    frameWaitingUs: waitUs,
    cid,
    block: 0,
    received: new Uint8Array(),
    cardHasMore: false,
  };
  return { target: { type: "B", uid: pupi.slice(), session }, atqb: atqb.frame, attribResponse };
}
