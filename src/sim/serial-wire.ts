/**
 * The serial line between a host and a virtual chip: two directions, each at its sender's speed, the time that
 * bytes take, and what goes wrong with them on the way. Bytes come to the host in chunks as a driver would hand
 * them over; one frame in one chunk unless a fault says otherwise.
 */
import { concat } from "../bytes/bytes.ts";
import { type FaultPlan, GLUE_US } from "./faults.ts";
import type { HsuSlave, Outgoing } from "./hsu-slave.ts";
import type { Timeline } from "./timeline.ts";
import { serialUs } from "./timing.ts";

/** Until the host says otherwise. */
const USUAL_BAUD = 115_200;

export class SerialWire {
  readonly #timeline: Timeline;
  readonly #chip: HsuSlave;
  readonly #faults: FaultPlan;
  readonly #onBusTime: (durationUs: number) => void;
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();
  readonly #underway = new Set<() => void>();
  #hostBaud: number | undefined = USUAL_BAUD;
  #hostFreeAtUs = 0;
  #held: Uint8Array | undefined;

  constructor(parts: {
    readonly timeline: Timeline;
    readonly chip: HsuSlave;
    readonly faults: FaultPlan;
    /** Told how long the line was in use, when the use ends. */
    readonly onBusTime: (durationUs: number) => void;
  }) {
    this.#timeline = parts.timeline;
    this.#chip = parts.chip;
    this.#faults = parts.faults;
    this.#onBusTime = parts.onBusTime;
    this.#chip.onSend = (outgoing) => this.#carry(outgoing);
    this.#chip.onCut = () => this.#cut();
  }

  /** The host's speed in bit/s; `undefined` for a host that always has the chip's, as on a pseudo-terminal. */
  setHostBaud(baud: number | undefined): void {
    this.#hostBaud = baud;
  }

  listen(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** How long what the host has sent will keep the line busy. */
  get backlogUs(): number {
    return Math.max(0, this.#hostFreeAtUs - this.#timeline.nowUs());
  }

  /** The host sends; `done` is called when the last byte has left. */
  send(bytes: Uint8Array, done: () => void): void {
    const baud = this.#hostBaud ?? this.#chip.baud;
    const fromUs = Math.max(this.#timeline.nowUs(), this.#hostFreeAtUs);
    const durationUs = serialUs(bytes.length, baud);
    this.#hostFreeAtUs = fromUs + durationUs;
    this.#timeline.at(fromUs + durationUs, () => {
      this.#onBusTime(durationUs);
      const arrived = this.#faults.strikes("lostByte") ? this.#faults.shortened(bytes) : bytes;
      this.#chip.receive({ bytes: arrived, fromUs, baud });
      done();
    });
  }

  /** One frame of the chip on its way to the host. */
  #carry({ frame, fromUs, toUs, baud }: Outgoing): void {
    const bytes = this.#damaged(frame);
    const splitAt = this.#faults.strikes("splitChunk") ? this.#faults.placeIn(bytes) : 0;
    const glued = this.#faults.strikes("gluedChunk");
    if (splitAt > 0)
      this.#at(fromUs + serialUs(splitAt, baud), () => this.#hand(bytes.slice(0, splitAt), baud));
    this.#at(toUs, () => {
      this.#onBusTime(toUs - fromUs);
      if (glued) this.#hold();
      this.#hand(bytes.slice(splitAt), baud);
    });
  }

  #damaged(frame: Uint8Array): Uint8Array {
    const corrupted = this.#faults.strikes("corruptRead") ? this.#faults.corrupted(frame) : frame;
    return this.#faults.strikes("lostByte") ? this.#faults.shortened(corrupted) : corrupted;
  }

  #hold(): void {
    if (this.#held !== undefined) return;
    this.#held = new Uint8Array();
    this.#timeline.at(this.#timeline.nowUs() + GLUE_US, () => {
      const held = this.#held ?? new Uint8Array();
      this.#held = undefined;
      this.#tell(held);
    });
  }

  #hand(bytes: Uint8Array, baud: number): void {
    const atHostBaud = this.#hostBaud === undefined || this.#hostBaud === baud;
    const seen = atHostBaud ? bytes : this.#faults.noise(bytes.length);
    if (this.#held === undefined) this.#tell(seen);
    else this.#held = concat(this.#held, seen);
  }

  #tell(bytes: Uint8Array): void {
    for (const listener of this.#listeners) listener(bytes);
  }

  /** An event that a loss of power takes back. */
  #at(timeUs: number, action: () => void): void {
    const cancel = this.#timeline.at(timeUs, () => {
      this.#underway.delete(cancel);
      action();
    });
    this.#underway.add(cancel);
  }

  #cut(): void {
    for (const cancel of this.#underway) cancel();
    this.#underway.clear();
  }
}
