/**
 * The card's side of ISO/IEC 14443-4: RATS, I-, R- and S-blocks without CID or NAD. It takes one block
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
    const pcb = frame[0] ?? 0;
    if (this.#state === "idle")
      return pcb === RATS && frame.length === 2 ? this.#answerToSelect(frame[1] ?? 0) : undefined;
    if ((pcb & 0xee) === 0x02) return this.#informationBlock(pcb, frame.subarray(1));
    if ((pcb & 0xee) === 0xa2) return this.#receiveReady(pcb);
    if (pcb === DESELECT) return { frame: Uint8Array.of(DESELECT), workUs: TURNAROUND_US };
    return pcb === WTX ? this.#waitingTimeGranted() : undefined;
  }

  /** ATS: TL, T0 announcing TA, TB and TC, 106 kbit/s to 424 both ways, FWI, no start-up guard, CID supported. */
  #answerToSelect(parameter: number): CardAnswer {
    this.#state = "open";
    this.#block = 1;
    this.#command = new Uint8Array();
    this.#rest = new Uint8Array();
    this.#waiting = undefined;
    this.#maxBlockBytes = (FRAME_SIZES[parameter >> 4] ?? MAX_FRAME_BYTES) - BLOCK_OVERHEAD_BYTES;
    const { fsci, fwi, historicalBytes } = this.#profile;
    const ats = concat(
      Uint8Array.of(5 + historicalBytes.length, 0x70 | fsci, 0x33, fwi << 4, 0x02),
      historicalBytes,
    );
    return { frame: ats, workUs: 0 };
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
