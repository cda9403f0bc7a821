/**
 * The chip's end of the serial line (HSU, UM0701-02 §6.2.3): deaf until edges on the line have woken it, a
 * stream instead of transactions, half frames that are dropped after a while, frames sent without being asked
 * for. A host that speaks at another speed is heard as noise.
 */
import { concat } from "../bytes/bytes.ts";
import type { VirtualChip } from "./chip.ts";
import type { FaultPlan } from "./faults.ts";
import { takeHostFrames } from "./frame-codec.ts";
import type { Timeline } from "./timeline.ts";
import { serialFrameUs, serialUs } from "./timing.ts";

/** Bytes as they come over the line: one after the other from `fromUs` to now. */
export interface Incoming {
  readonly bytes: Uint8Array;
  readonly fromUs: number;
  readonly baud: number;
}

/** A frame on its way to the host, with the instants of its first and its last bit. */
export interface Outgoing {
  readonly frame: Uint8Array;
  readonly fromUs: number;
  readonly toUs: number;
  readonly baud: number;
}

export class HsuSlave {
  /** Called when the chip begins to send; the line carries it to the host. */
  onSend: (outgoing: Outgoing) => void = () => undefined;
  /** Called when a loss of power has cut off what was being sent. */
  onCut: () => void = () => undefined;
  readonly #chip: VirtualChip;
  readonly #faults: FaultPlan;
  readonly #timeline: Timeline;
  #unfinished: Uint8Array = new Uint8Array();
  #begunAtUs = 0;
  #freeAtUs = 0;
  #cancelEnd: () => void = () => undefined;

  constructor(parts: {
    readonly chip: VirtualChip;
    readonly faults: FaultPlan;
    readonly timeline: Timeline;
  }) {
    this.#chip = parts.chip;
    this.#faults = parts.faults;
    this.#timeline = parts.timeline;
    this.#chip.onOffer = () => this.#send();
    this.#chip.onPowerLoss = () => this.#cut();
  }

  /** Bit/s at which the chip speaks and listens. */
  get baud(): number {
    return this.#chip.baud;
  }

  /** What the host has sent, when its last byte is in. */
  receive(incoming: Incoming): void {
    const { fromUs, baud } = incoming;
    this.#chip.wake(fromUs);
    const heard = incoming.bytes.filter((_, index) =>
      this.#chip.isListening(fromUs + serialUs(index + 1, baud)),
    );
    if (heard.length === 0) return;
    const firstAtUs = fromUs + serialUs(incoming.bytes.length - heard.length + 1, baud);
    this.#take(baud === this.#chip.baud ? heard : this.#faults.noise(heard.length), firstAtUs, baud);
  }

  /** A half frame too old by now is forgotten; whole ones are acted on. */
  #take(heard: Uint8Array, firstAtUs: number, baud: number): void {
    if (firstAtUs - this.#begunAtUs > serialFrameUs(this.#chip.baud)) this.#unfinished = new Uint8Array();
    const before = this.#unfinished.length;
    const bytes = concat(this.#unfinished, heard);
    const { frames, restAt } = takeHostFrames(bytes);
    this.#unfinished = bytes.slice(restAt);
    if (restAt >= before) this.#begunAtUs = firstAtUs + serialUs(restAt - before, baud);
    this.#chip.slot.remember(heard);
    for (const frame of frames) this.#chip.hear(frame);
  }

  /** The slot was filled: sends it behind whatever is on the line still. */
  #send(): void {
    const { slot, baud } = this.#chip;
    const frame = slot.frame();
    const fromUs = Math.max(this.#timeline.nowUs(), this.#freeAtUs);
    const toUs = fromUs + serialUs(frame.length, baud);
    this.#freeAtUs = toUs;
    this.#cancelEnd();
    this.onSend({ frame, fromUs, toUs, baud });
    // An abort empties the slot; what has begun to go out goes out all the same and means nothing any more.
    this.#cancelEnd = this.#timeline.at(toUs, () => {
      if (slot.content() !== undefined) this.#chip.readEnds();
    });
  }

  #cut(): void {
    this.#cancelEnd();
    this.#unfinished = new Uint8Array();
    this.#freeAtUs = this.#timeline.nowUs();
    this.onCut();
  }
}
