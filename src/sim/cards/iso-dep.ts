/**
 * The card's side of ISO/IEC 14443-4: RATS, I-, R- and S-blocks, with a CID where one was given. It takes one block
 * and gives its answer; radio time is the chip's affair, working time is returned with the answer. An
 * application behind it sees whole APDUs.
 */
import { concat } from "../../bytes/bytes.ts";
import { frameWaitingUs } from "../timing.ts";

/** Answer of a card to one frame, without CRC, and the time that the card works before it answers. */
export interface CardAnswer {
  readonly frame: Uint8Array;
  readonly workUs: number;
}

/** What stands behind the transport: a card application. */
export interface CardApplication {
  /** One command APDU. `gone` means that the card is pulled away right after its answer. */
  process(apdu: Uint8Array): {
    readonly response: Uint8Array;
    readonly workUs: number;
    readonly gone?: boolean;
  };
  /** Power lost: forget all selections and sessions. */
  reset(): void;
}

/** Interface bytes of the answer to select. */
export interface AtsProfile {
  readonly historicalBytes: Uint8Array;
  /** Frame size the card takes, as FSCI 0..8 (8 = 256 bytes). */
  readonly fsci: number;
  /** Frame waiting integer, 0..14. */
  readonly fwi: number;
}

const RATS = 0xe0;
const DESELECT = 0xc2;
const WTX = 0xf2;
/** Of the first byte of a block: the second is a card number. */
const CID_FOLLOWS = 0x08;
const MAX_WTX_MULTIPLIER = 59;
/** Block time without an APDU behind it. */
const TURNAROUND_US = 300;
/** Prologue byte and two CRC bytes, counted in the frame size that both sides agree on. */
const BLOCK_OVERHEAD_BYTES = 3;
/** Longest APDU of ISO/IEC 7816-4 with extended lengths, a little rounded up. */
const MAX_APDU_BYTES = 65_600;
/** FSD by FSDI (ISO/IEC 14443-4 table of RATS). */
const FRAME_SIZES = [16, 24, 32, 40, 48, 64, 96, 128, 256];
const MAX_FRAME_BYTES = 256;

export class IsoDepCard {
  readonly #profile: AtsProfile;
  readonly #application: CardApplication;
  #state: "idle" | "open" = "idle";
  #torn = false;
  #block = 1;
  #cid = 0;
  #maxBlockBytes = MAX_FRAME_BYTES;
  #command: Uint8Array = new Uint8Array();
  #rest: Uint8Array = new Uint8Array();
  #last: Uint8Array = new Uint8Array();
  #waiting: CardAnswer | undefined;

  constructor(profile: AtsProfile, application: CardApplication) {
    this.#profile = profile;
    this.#application = application;
  }

  isTorn(): boolean {
    return this.#torn;
  }

  enterField(): void {
    this.#torn = false;
  }

  powerOff(): void {
    this.#state = "idle";
    this.#application.reset();
  }

  /** Answer to one frame without CRC; nothing to anything that the standard tells a card to ignore. */
  receive(frame: Uint8Array): CardAnswer | undefined {
    if (this.#state === "idle")
      return frame[0] === RATS && frame.length === 2 ? this.#answerToSelect(frame[1] ?? 0) : undefined;
    const block = this.#addressedToUs(frame);
    const answer = block === undefined ? undefined : this.#answerBlock(block);
    return answer === undefined ? undefined : { ...answer, frame: this.#numbered(answer.frame) };
  }

  /** Activated with this frame size code of the reader and this card number; zero means blocks without one. */
  open({ frameSizeCode, cid }: { readonly frameSizeCode: number; readonly cid: number }): void {
    this.#state = "open";
    this.#block = 1;
    this.#command = new Uint8Array();
    this.#rest = new Uint8Array();
    this.#waiting = undefined;
    this.#cid = cid;
    const overheadBytes = BLOCK_OVERHEAD_BYTES + (cid === 0 ? 0 : 1);
    this.#maxBlockBytes = (FRAME_SIZES[frameSizeCode] ?? MAX_FRAME_BYTES) - overheadBytes;
  }

  /** ATS: TL, T0 announcing TA, TB and TC, 106 kbit/s to 424 both ways, FWI, no start-up guard, CID supported. */
  get ats(): Uint8Array {
    const { fsci, fwi, historicalBytes } = this.#profile;
    return Uint8Array.of(5 + historicalBytes.length, 0x70 | fsci, 0x33, fwi << 4, 0x02, ...historicalBytes);
  }

  #answerToSelect(parameter: number): CardAnswer {
    this.open({ frameSizeCode: parameter >> 4, cid: parameter & 0x0f });
    return { frame: this.ats, workUs: 0 };
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
    const { response, workUs, gone } = this.#application.process(command);
    if (gone === true) this.#torn = true;
    this.#rest = response;
    return this.#withWaitingTime(this.#nextPart(), workUs);
  }

  /** An R-block of our number asks for the last block again; R(ACK) of the other number asks for the next part. */
  #receiveReady(pcb: number): CardAnswer | undefined {
    if ((pcb & 1) === this.#block) return { frame: this.#last, workUs: TURNAROUND_US };
    if ((pcb & 0x10) !== 0) return this.#send(Uint8Array.of(0xa2 | this.#block), TURNAROUND_US);
    if (this.#rest.length === 0) return undefined;
    this.#block ^= 1;
    return this.#send(this.#nextPart(), TURNAROUND_US);
  }

  /** The next I-block of the answer, chained while more is left. */
  #nextPart(): Uint8Array {
    const maxDataBytes = this.#maxBlockBytes;
    const part = this.#rest.subarray(0, maxDataBytes);
    this.#rest = this.#rest.subarray(part.length);
    const chaining = this.#rest.length > 0 ? 0x10 : 0;
    return concat(Uint8Array.of(0x02 | chaining | this.#block), part);
  }

  /** Work that outlasts the frame waiting time is announced by S(WTX) and answered when the reader agrees. */
  #withWaitingTime(frame: Uint8Array, workUs: number): CardAnswer {
    const waitUs = frameWaitingUs(this.#profile.fwi);
    if (workUs <= waitUs) return this.#send(frame, workUs);
    this.#waiting = { frame, workUs };
    const multiplier = Math.min(MAX_WTX_MULTIPLIER, Math.ceil(workUs / waitUs));
    return this.#send(Uint8Array.of(WTX, multiplier), TURNAROUND_US);
  }

  #waitingTimeGranted(): CardAnswer | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting === undefined ? undefined : this.#send(waiting.frame, waiting.workUs);
  }

  #send(frame: Uint8Array, workUs: number): CardAnswer {
    this.#last = frame;
    return { frame, workUs };
  }
}
