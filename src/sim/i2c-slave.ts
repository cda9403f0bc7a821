/**
 * The chip's end of I2C (UM0701-02 §6.2.4): its address is acknowledged or not, each read begins with a ready
 * byte, what lies behind a frame is what the shared buffer held before. Where sources leave the behaviour open
 * it does what is worse for the host:
 * - a read that takes frame bytes ends the frame, however few they were. Chips were seen to go on and to begin
 *   again after a partial read; a host that is right here, by asking with NACK for the frame once more, is
 *   right with either.
 * - asleep it does not acknowledge, where a real one may also stretch the clock until it is awake.
 */
import type { VirtualChip } from "./chip.ts";
import { type FaultPlan, MAX_LATE_READY_US, MAX_NACK_BURST_US } from "./faults.ts";
import { decodeHostFrames } from "./frame-codec.ts";
import type { Timeline } from "./timeline.ts";
import type { Timing } from "./timing.ts";

const READY = 0x01;
const BUSY = 0x00;
const FLOATING = 0xff;

/** What the ready byte said at the start of a read. */
export type ReadyByte = "ready" | "busy";

export class I2cSlave {
  readonly #chip: VirtualChip;
  readonly #faults: FaultPlan;
  readonly #timeline: Timeline;
  readonly #timing: Timing;
  #silentUntilUs = 0;
  #busyUntilUs = 0;
  #holdsClock = false;

  constructor(parts: {
    readonly chip: VirtualChip;
    readonly faults: FaultPlan;
    readonly timeline: Timeline;
    readonly timing: Timing;
  }) {
    this.#chip = parts.chip;
    this.#faults = parts.faults;
    this.#timeline = parts.timeline;
    this.#timing = parts.timing;
    this.#chip.onOffer = () => this.#hideFrame();
    this.#chip.onPowerLoss = () => {
      this.#holdsClock = false;
    };
  }

  /** A transaction is about to begin: whether the clock line is held low, so that it cannot. */
  holdsClock(): boolean {
    this.#holdsClock ||= this.#faults.strikes("heldClock");
    return this.#holdsClock;
  }

  /** The address is on the bus: whether the chip acknowledges it. Wakes a sleeping chip, which does not. */
  acknowledges(): boolean {
    const nowUs = this.#timeline.nowUs();
    if (this.#faults.strikes("nackBurst")) {
      this.#silentUntilUs = nowUs + this.#faults.durationUs(MAX_NACK_BURST_US);
    }
    const listens = this.#chip.isListening();
    if (!listens) this.#chip.wake();
    return listens && nowUs >= this.#silentUntilUs;
  }

  /** The ready byte, as it is when the read begins. */
  readyByte(): ReadyByte {
    const waits = this.#chip.slot.content() !== undefined && this.#timeline.nowUs() >= this.#busyUntilUs;
    return waits ? "ready" : "busy";
  }

  /** A read at its end. One of a single byte looks without taking anything. */
  read(lengthBytes: number, ready: ReadyByte): Uint8Array {
    const { slot } = this.#chip;
    const seen = new Uint8Array(lengthBytes);
    seen[0] = ready === "ready" ? READY : BUSY;
    if (lengthBytes === 1) return seen;
    // Power was lost since the read began: nobody drives the data line any more.
    if (!this.#chip.isListening()) return seen.fill(FLOATING, 1);
    slot.rewind();
    for (let index = 1; index < lengthBytes; index++) seen[index] = slot.take();
    if (ready === "busy" || slot.content() === undefined) return seen;
    if (slot.isRead()) this.#turnRound();
    this.#chip.readBegins();
    this.#chip.readEnds();
    return this.#faults.strikes("corruptRead") ? this.#faults.corrupted(seen) : seen;
  }

  /** A write at its end. */
  write(bytes: Uint8Array): void {
    this.#chip.slot.remember(bytes);
    for (const frame of decodeHostFrames(bytes)) this.#chip.hear(frame);
  }

  /** A whole frame was read: the chip is busy with itself for a moment and does not hear its address. */
  #turnRound(): void {
    const untilUs = this.#timeline.nowUs() + this.#timing.i2cTurnaroundUs;
    this.#silentUntilUs = Math.max(this.#silentUntilUs, untilUs);
  }

  #hideFrame(): void {
    const hidden = this.#faults.strikes("lateReady");
    this.#busyUntilUs = hidden ? this.#timeline.nowUs() + this.#faults.durationUs(MAX_LATE_READY_US) : 0;
  }
}
