/**
 * A virtual PN532 of firmware 1.6 on SPI, byte for byte: power states, dialogue of ACK and response with
 * one slot, abort, NACK, error frame, interrupt and reset lines. Commands are in `chip-commands.ts` and
 * `chip-target-commands.ts`; the antenna holds the cards.
 */
import { toHex } from "../bytes/hex.ts";
import type { Antenna } from "./antenna.ts";
import { type CommandSpec, LOCAL_COMMANDS, type Reply } from "./chip-commands.ts";
import { type ChipState, powerOnState } from "./chip-state.ts";
import { TARGET_COMMANDS } from "./chip-target-commands.ts";
import type { FaultPlan, StuckLine } from "./faults.ts";
import { ACK_FRAME, decodeHostFrames, ERROR_FRAME, encodeResponse, type HostFrame } from "./frame-codec.ts";
import { HostSlot } from "./host-slot.ts";
import type { LineLevel } from "./line-level.ts";
import { type Operation, OperationRunner, spend } from "./operation.ts";
import { transferAsleep, transferAwake } from "./spi-slave.ts";
import type { Timeline } from "./timeline.ts";
import type { Timing } from "./timing.ts";

/** Asleep: wakes `wakeUs` after chip select falls, unless PowerDown left SPI out of its wake-up sources. */
type Power =
  | { readonly at: "reset" }
  | { readonly at: "asleep"; readonly fromUs: number; readonly wakesBySpi: boolean }
  | { readonly at: "awake"; readonly fromUs: number };

type Command = Extract<HostFrame, { kind: "command" }>;

const COMMANDS: ReadonlyMap<number, CommandSpec> = new Map([...LOCAL_COMMANDS, ...TARGET_COMMANDS]);
const POWER_DOWN = 0x16;
const WAKE_BY_SPI = 0x20;
/** More unhandled commands than this only repeat themselves. */
const MAX_RECORDED = 100;
const SPURIOUS_EDGE_US = 100;

export class VirtualChip {
  /** Commands, as hexadecimal, that a PN532 knows and this one does not, or that no PN532 knows. */
  readonly unhandled: string[] = [];
  readonly #timeline: Timeline;
  readonly #timing: Timing;
  readonly #antenna: Antenna;
  readonly #faults: FaultPlan;
  readonly #onIrq: (level: LineLevel) => void;
  readonly #slot = new HostSlot();
  readonly #work: OperationRunner<Reply>;
  #state: ChipState;
  #power: Power;
  #deafUntilUs = 0;
  /** Accepted, its ACK not read yet. */
  #command: Command | undefined;
  #cancelAck: () => void = () => undefined;
  /** The ACK is due, but an unread response is still in the slot. */
  #ackIsDue = false;
  #lastResponse: Uint8Array | undefined;
  #hangs = false;
  #sleepMask: number | undefined;
  #irq: LineLevel = "high";
  #stuck: StuckLine = "free";

  constructor(parts: {
    readonly timeline: Timeline;
    readonly timing: Timing;
    readonly antenna: Antenna;
    readonly faults: FaultPlan;
    readonly onIrq: (level: LineLevel) => void;
  }) {
    this.#timeline = parts.timeline;
    this.#timing = parts.timing;
    this.#antenna = parts.antenna;
    this.#faults = parts.faults;
    this.#onIrq = parts.onIrq;
    this.#work = new OperationRunner(parts.timeline, parts.antenna);
    this.#state = powerOnState(parts.antenna, parts.timing, parts.faults);
    this.#power = { at: "asleep", fromUs: 0, wakesBySpi: true };
    parts.antenna.onArrival = () => this.#work.wake();
  }

  /** Whether the chip or a card is at work, so that bus time runs beside it and is not charged. */
  isBusy(): boolean {
    return this.#work.isRunning();
  }

  /** Chip select falls: a sleeping chip begins to wake. */
  select(): void {
    if (this.#power.at !== "asleep" || !this.#power.wakesBySpi) return;
    this.#power = {
      at: "awake",
      fromUs: Math.max(this.#timeline.nowUs(), this.#power.fromUs) + this.#timing.wakeUs,
    };
  }

  /** One chip select period at its end: the bytes as the controller sends them, and what it sees. */
  transfer(wire: Uint8Array): Uint8Array {
    if (this.#power.at !== "awake" || this.#timeline.nowUs() < this.#power.fromUs)
      return transferAsleep(wire);
    return transferAwake(wire, this.#slot, this.#faults, {
      onWrite: (bytes) => this.#receive(bytes),
      onReadBegun: () => this.#setIrq("high"),
      onReadDone: () => this.#frameWasRead(),
    });
  }

  /** RSTPDN. Low takes all state; high brings the chip to its power-on sleep. */
  setReset(level: LineLevel): void {
    if (level === "high" && this.#power.at !== "reset") return;
    this.#losePower();
    this.#power =
      level === "low"
        ? { at: "reset" }
        : { at: "asleep", fromUs: this.#timeline.nowUs() + this.#timing.resetUs, wakesBySpi: true };
  }

  /** The supply dips: as after power-on, whatever went on. */
  brownOut(): void {
    this.#losePower();
    this.#power = { at: "asleep", fromUs: this.#timeline.nowUs(), wakesBySpi: true };
  }

  /** A wiring defect of the interrupt line. */
  setStuckIrq(stuck: StuckLine): void {
    this.#stuck = stuck;
    this.#onIrq(this.irqLevel());
  }

  get stuckIrq(): StuckLine {
    return this.#stuck;
  }

  irqLevel(): LineLevel {
    return this.#stuck === "free" ? this.#irq : this.#stuck;
  }

  #losePower(): void {
    this.#abandon();
    this.#slot.clear();
    this.#lastResponse = undefined;
    this.#hangs = false;
    this.#deafUntilUs = 0;
    this.#sleepMask = undefined;
    this.#antenna.setField("off");
    this.#state = powerOnState(this.#antenna, this.#timing, this.#faults);
    this.#setIrq("high");
  }

  #receive(bytes: Uint8Array): void {
    this.#slot.remember(bytes);
    for (const frame of decodeHostFrames(bytes)) {
      if (this.#timeline.nowUs() < this.#deafUntilUs || this.#power.at !== "awake") return;
      if (frame.kind === "ack") this.#abort();
      else if (frame.kind === "nack") this.#repeat();
      else this.#accept(frame);
    }
  }

  /** Host ACK: stops what runs, withdraws what waits; after stopping something the chip is deaf for a moment. */
  #abort(): void {
    const stopped = this.#work.isRunning() || this.#command !== undefined;
    this.#abandon();
    this.#slot.clear();
    this.#setIrq("high");
    if (stopped) this.#deafUntilUs = this.#timeline.nowUs() + this.#timing.abortSettleUs;
  }

  /** NACK: the last response once more. */
  #repeat(): void {
    if (this.#lastResponse === undefined || this.#work.isRunning() || this.#command !== undefined) return;
    this.#offer("response", this.#lastResponse);
  }

  /** A new command stops the one that runs; a response that nobody read stays before the new ACK. */
  #accept(command: Command): void {
    this.#antenna.countCommand();
    this.#abandon();
    if (this.#slot.content() === "ack") this.#slot.clear();
    if (this.#faults.strikes("brownOut")) {
      this.brownOut();
      return;
    }
    this.#command = command;
    this.#antenna.spend("chip", this.#timing.ackUs);
    this.#cancelAck = this.#timeline.at(this.#timeline.nowUs() + this.#timing.ackUs, () =>
      this.#acknowledge(),
    );
  }

  #abandon(): void {
    this.#cancelAck();
    this.#work.abort();
    this.#command = undefined;
    this.#ackIsDue = false;
  }

  #acknowledge(): void {
    if (this.#slot.content() === "response") {
      this.#ackIsDue = true;
      return;
    }
    if (this.#faults.strikes("lostAck")) this.#begin();
    else this.#offer("ack", ACK_FRAME);
  }

  #frameWasRead(): void {
    const content = this.#slot.content();
    this.#slot.clear();
    if (content === "ack") this.#begin();
    else if (this.#sleepMask !== undefined) this.#fallAsleep(this.#sleepMask);
    else if (this.#ackIsDue) {
      this.#ackIsDue = false;
      this.#acknowledge();
    }
  }

  #begin(): void {
    const command = this.#command;
    this.#command = undefined;
    if (command === undefined) return;
    if (this.#faults.strikes("hang")) this.#hangs = true;
    if (this.#hangs) return;
    if (this.#faults.strikes("spuriousEdge")) this.#pulseIrq();
    this.#work.run(this.#operation(command), (reply) => this.#respond(command, reply));
  }

  /** Commands unknown here are recorded; they and wrong parameter counts end in the error frame. */
  *#operation({ code, parameters }: Command): Operation<Reply> {
    const spec = COMMANDS.get(code);
    if (spec === undefined && this.unhandled.length < MAX_RECORDED) {
      this.unhandled.push(toHex(Uint8Array.of(code, ...parameters)));
    }
    if (spec !== undefined && parameters.length >= spec.minBytes && parameters.length <= spec.maxBytes) {
      return yield* spec.run(this.#state, parameters);
    }
    yield* spend("chip", this.#timing.localWorkUs);
    return "syntaxError";
  }

  #respond(command: Command, reply: Reply): void {
    const frame = reply === "syntaxError" ? ERROR_FRAME : encodeResponse(command.code, reply);
    this.#lastResponse = frame;
    if (command.code === POWER_DOWN && reply !== "syntaxError") this.#sleepMask = command.parameters[0] ?? 0;
    if (!this.#faults.strikes("lostResponse")) this.#offer("response", frame);
  }

  #fallAsleep(mask: number): void {
    this.#sleepMask = undefined;
    this.#antenna.setField("off");
    this.#power = { at: "asleep", fromUs: this.#timeline.nowUs(), wakesBySpi: (mask & WAKE_BY_SPI) !== 0 };
  }

  #offer(content: "ack" | "response", frame: Uint8Array): void {
    this.#slot.offer(content, frame);
    this.#setIrq("high");
    if (!this.#faults.strikes("lostEdge")) this.#setIrq("low");
  }

  /** A short low while there is nothing to read; it does not cut short a real one that comes meanwhile. */
  #pulseIrq(): void {
    this.#setIrq("low");
    this.#timeline.at(this.#timeline.nowUs() + SPURIOUS_EDGE_US, () => {
      if (this.#slot.content() === undefined) this.#setIrq("high");
    });
  }

  #setIrq(level: LineLevel): void {
    if (this.#irq === level) return;
    this.#irq = level;
    if (this.#stuck === "free") this.#onIrq(level);
  }
}
