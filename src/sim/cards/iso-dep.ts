/**
 * The card's side of ISO/IEC 14443-4: RATS, PPS, I-, R- and S-blocks, with a CID where one was given. It takes one
 * block and gives its answer; radio time is the chip's affair, working time is returned with the answer. An
 * application behind it sees whole APDUs. A card can be told to misbehave; it never gives more than a frame holds.
 */
import { concat } from "../../bytes/bytes.ts";
import { type AirRates, airRates, extendedWaitingUs, frameWaitingUs, RATES_106 } from "../timing.ts";
import { type AtsProfile, encodeAts, frameBytes, frameBytesTaken, offers, waitingInteger } from "./ats.ts";

/** Answer of a card to one frame, without CRC, and the time that the card works before it answers. */
export interface CardAnswer {
  readonly frame: Uint8Array;
  readonly workUs: number;
}

/**
 * A response APDU, or what makes it: that is called when nothing else is due before the answer, so that a computation
 * in real time falls inside the work it stands for. It is not called at all when the reader gives up before.
 */
export type CardResponse = Uint8Array | (() => Uint8Array);

/** The answer itself; where it is computed only now, that happens. */
export const bytesOfResponse = (response: CardResponse): Uint8Array =>
  typeof response === "function" ? response() : response;

/** What stands behind the transport: a card application. */
export interface CardApplication {
  /** One command APDU. `gone`: the card is pulled away right after its answer. `unheard`: it falls silent until it has lost power. */
  process(apdu: Uint8Array): {
    readonly response: CardResponse;
    readonly workUs: number;
    readonly gone?: boolean;
    readonly unheard?: boolean;
  };
  /** Power lost: forget all selections and sessions. */
  reset(): void;
}

/** Where a card departs from the ordinary. */
export interface Conduct {
  /**
   * `refuses`: as telephones do, no answer to a PPS, and none to anything else before the next activation.
   * `silentAfterwards`: the rates are agreed to, and then nothing is heard any more.
   */
  readonly pps?: "obeys" | "refuses" | "silentAfterwards";
  /** Behind every APDU waiting time is asked for without end, each time with this multiplier, 1 to 59. */
  readonly wtxFlood?: number;
  /** Every answer is chained without end, with at most so many bytes in each block, zero included. */
  readonly endlessChain?: number;
}

export type IsoDepProfile = AtsProfile & Conduct;

const RATS = 0xe0;
const DESELECT = 0xc2;
const WTX = 0xf2;
/** Of the first byte of a block: the second is a card number. */
const CID_FOLLOWS = 0x08;
const MAX_WTX_MULTIPLIER = 59;
/** The part of a granted waiting time that passes before the card asks for more. */
const SHARE_WORKED = 0.9;
/** Block time without an APDU behind it. */
const TURNAROUND_US = 300;
/** Counted in the frame size that both sides agree on. */
const CRC_BYTES = 2;
const BLOCK_OVERHEAD_BYTES = 1 + CRC_BYTES;
/** Longest APDU of ISO/IEC 7816-4 with extended lengths, a little rounded up. */
const MAX_APDU_BYTES = 65_600;
const LARGEST_FRAME_CODE = 8;
/** PPS start byte without card number, and the byte that announces the rates. */
const PPSS = 0xd0;
const RATES_FOLLOW = 0x11;

export class IsoDepCard {
  readonly #profile: IsoDepProfile;
  readonly #application: CardApplication;
  readonly #waitUs: number;
  /** `selected`: the ATS was given and no block has come, so that rates may still be agreed. */
  #state: "idle" | "selected" | "open" | "mute" = "idle";
  #rates: AirRates = RATES_106;
  #torn = false;
  #block = 1;
  #cid = 0;
  #maxDataBytes = frameBytes(LARGEST_FRAME_CODE) - BLOCK_OVERHEAD_BYTES;
  #command: Uint8Array = new Uint8Array();
  #rest: Uint8Array = new Uint8Array();
  #last: Uint8Array = new Uint8Array();
  /** An answer that is not ready, and the time that was asked for. */
  #waiting:
    | { readonly response: CardResponse; readonly leftUs: number; readonly grantedUs: number }
    | undefined;

  constructor(profile: IsoDepProfile, application: CardApplication) {
    this.#profile = profile;
    this.#application = application;
    this.#waitUs = frameWaitingUs(waitingInteger(profile));
  }

  isTorn(): boolean {
    return this.#torn;
  }

  enterField(): void {
    this.#torn = false;
  }

  powerOff(): void {
    this.#state = "idle";
    this.#rates = RATES_106;
    this.#application.reset();
  }

  /**
   * Answer to one frame without CRC that was sent, and is listened for, at `rates`; nothing to anything that the
   * standard tells a card to ignore, and nothing that a reader at other rates could hear.
   */
  receive(frame: Uint8Array, rates = RATES_106): CardAnswer | undefined {
    const { toCard, toChip } = this.#rates;
    if (rates.toCard !== toCard || frame.length + CRC_BYTES > frameBytesTaken(this.#profile))
      return undefined;
    const answer = this.#answer(frame);
    return rates.toChip === toChip ? answer : undefined;
  }

  #answer(frame: Uint8Array): CardAnswer | undefined {
    if (this.#state === "mute") return undefined;
    if (this.#state === "idle")
      return frame[0] === RATS && frame.length === 2 ? this.#answerToSelect(frame[1] ?? 0) : undefined;
    if (this.#state === "selected" && frame[0] === (PPSS | this.#cid)) return this.#answerToPps(frame);
    const block = this.#addressedToUs(frame);
    const answer = block === undefined ? undefined : this.#answerBlock(block);
    if (answer === undefined) return undefined;
    if (this.#state === "selected") this.#state = "open";
    return { ...answer, frame: this.#numbered(answer.frame) };
  }

  /** Activated with this frame size code of the reader and this card number; zero means blocks without one. */
  open({ frameSizeCode, cid }: { readonly frameSizeCode: number; readonly cid: number }): void {
    this.#state = "open";
    this.#block = 1;
    this.#command = new Uint8Array();
    this.#rest = new Uint8Array();
    this.#last = new Uint8Array();
    this.#waiting = undefined;
    this.#cid = cid;
    const overheadBytes = BLOCK_OVERHEAD_BYTES + (cid === 0 ? 0 : 1);
    this.#maxDataBytes = frameBytes(frameSizeCode) - overheadBytes;
  }

  /** What stands behind this transport, for one of another kind: a card that lies in a computer's reader. */
  get application(): CardApplication {
    return this.#application;
  }

  get historicalBytes(): Uint8Array {
    return this.#profile.historicalBytes;
  }

  /** As a reader with the largest frames gets it. */
  get ats(): Uint8Array {
    return encodeAts(this.#profile);
  }

  #answerToSelect(parameter: number): CardAnswer {
    this.open({ frameSizeCode: parameter >> 4, cid: parameter & 0x0f });
    this.#state = "selected";
    return { frame: encodeAts(this.#profile, frameBytes(parameter >> 4) - CRC_BYTES), workUs: 0 };
  }

  /** PPSS, PPS0, PPS1 with DSI in bits 4 and 3 and DRI in bits 2 and 1. Answered by PPSS, at the rates of before. */
  #answerToPps([start = 0, announced, rateByte = 0, ...rest]: Uint8Array): CardAnswer | undefined {
    const { pps = "obeys" } = this.#profile;
    if (pps === "refuses") {
      this.#state = "mute";
      return undefined;
    }
    const rates = rateByte > 0x0f ? undefined : airRates(rateByte & 0x03, rateByte >> 2);
    if (announced !== RATES_FOLLOW || rest.length > 0 || rates === undefined) return undefined;
    if (!offers(this.#profile, rates)) return undefined;
    this.#rates = rates;
    this.#state = pps === "silentAfterwards" ? "mute" : "open";
    return { frame: Uint8Array.of(start), workUs: TURNAROUND_US };
  }

  /** The block without its card number, when that is ours; a card with a number ignores blocks without one. */
  #addressedToUs(frame: Uint8Array): Uint8Array | undefined {
    const [pcb = 0, number = 0] = frame;
    const cid = (pcb & CID_FOLLOWS) === 0 ? 0 : number & 0x0f;
    if (cid !== this.#cid) return undefined;
    return cid === 0 ? frame : concat(Uint8Array.of(pcb & ~CID_FOLLOWS), frame.subarray(2));
  }

  #numbered(block: Uint8Array): Uint8Array {
    if (this.#cid === 0) return block;
    return concat(Uint8Array.of((block[0] ?? 0) | CID_FOLLOWS, this.#cid), block.subarray(1));
  }

  #answerBlock(block: Uint8Array): CardAnswer | undefined {
    const pcb = block[0] ?? 0;
    if ((pcb & 0xee) === 0x02) return this.#informationBlock(pcb, block.subarray(1));
    if ((pcb & 0xee) === 0xa2) return this.#receiveReady(pcb);
    if (pcb === DESELECT) return { frame: Uint8Array.of(DESELECT), workUs: TURNAROUND_US };
    return pcb === WTX ? this.#waitingTimeGranted() : undefined;
  }

  /** The block number toggles with each I-block received, whatever its own (rule D); a chained one is acknowledged (rule 2). */
  #informationBlock(pcb: number, data: Uint8Array): CardAnswer | undefined {
    this.#block ^= 1;
    if (this.#command.length + data.length > MAX_APDU_BYTES) return undefined;
    this.#command = concat(this.#command, data);
    if ((pcb & 0x10) !== 0) return this.#send(Uint8Array.of(0xa2 | this.#block), TURNAROUND_US);
    const command = this.#command;
    this.#command = new Uint8Array();
    this.#waiting = undefined;
    const { response, workUs, gone, unheard } = this.#application.process(command);
    if (gone === true) this.#torn = true;
    if (unheard === true) {
      this.#state = "mute";
      return undefined;
    }
    this.#rest = new Uint8Array();
    return this.#withWaitingTime(response, workUs);
  }

  /** The first block of an answer, `workUs` from now. */
  #begin(response: CardResponse, workUs: number): CardAnswer {
    this.#rest = bytesOfResponse(response);
    return this.#send(this.#nextPart(), workUs);
  }

  /** An R-block of our number asks for the last block again; R(ACK) of the other number asks for the next part. */
  #receiveReady(pcb: number): CardAnswer | undefined {
    if ((pcb & 1) === this.#block)
      return this.#last.length === 0 ? undefined : { frame: this.#last, workUs: TURNAROUND_US };
    if ((pcb & 0x10) !== 0) return this.#send(Uint8Array.of(0xa2 | this.#block), TURNAROUND_US);
    if (this.#rest.length === 0 && !this.#isEndless()) return undefined;
    this.#block ^= 1;
    return this.#send(this.#nextPart(), TURNAROUND_US);
  }

  #isEndless(): boolean {
    return this.#profile.endlessChain !== undefined && this.#last.length > 0;
  }

  /** The next I-block of the answer, chained while more is left. */
  #nextPart(): Uint8Array {
    const { endlessChain } = this.#profile;
    if (endlessChain !== undefined) {
      const filler = new Uint8Array(Math.min(endlessChain, this.#maxDataBytes));
      return concat(Uint8Array.of(0x12 | this.#block), filler);
    }
    const part = this.#rest.subarray(0, this.#maxDataBytes);
    this.#rest = this.#rest.subarray(part.length);
    const chaining = this.#rest.length > 0 ? 0x10 : 0;
    return concat(Uint8Array.of(0x02 | chaining | this.#block), part);
  }

  /** Work that outlasts the frame waiting time is announced by S(WTX) and answered when the reader agrees. */
  #withWaitingTime(response: CardResponse, workUs: number): CardAnswer {
    const leftUs = this.#profile.wtxFlood === undefined ? workUs : Number.POSITIVE_INFINITY;
    return leftUs <= this.#waitUs
      ? this.#begin(response, workUs)
      : this.#askForTime(response, leftUs, TURNAROUND_US);
  }

  #askForTime(response: CardResponse, leftUs: number, afterUs: number): CardAnswer {
    const wanted = this.#profile.wtxFlood ?? Math.ceil(leftUs / this.#waitUs);
    const multiplier = Math.min(MAX_WTX_MULTIPLIER, wanted);
    this.#waiting = { response, leftUs, grantedUs: extendedWaitingUs(this.#waitUs, multiplier) };
    return this.#send(Uint8Array.of(WTX, multiplier), afterUs);
  }

  /** Work that outlasts what was granted is announced again, before that has passed. */
  #waitingTimeGranted(): CardAnswer | undefined {
    if (this.#waiting === undefined) return undefined;
    const { response, leftUs, grantedUs } = this.#waiting;
    if (leftUs > grantedUs) {
      const workedUs = grantedUs * SHARE_WORKED;
      return this.#askForTime(response, leftUs - workedUs, workedUs);
    }
    this.#waiting = undefined;
    return this.#begin(response, leftUs);
  }

  #send(frame: Uint8Array, workUs: number): CardAnswer {
    this.#last = frame;
    return { frame, workUs };
  }
}
