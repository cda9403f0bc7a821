/**
 * A virtual PN532 of firmware 1.6: power states, dialogue of ACK and response with one slot, abort, NACK,
 * error frame, interrupt and reset lines. The bytes of its host interface are the affair of `spi-slave.ts`,
 * `i2c-slave.ts` and `hsu-slave.ts`; commands are in `chip-commands.ts`, `chip-target-commands.ts` and
 * `chip-auto-poll.ts`; the antenna holds the cards.
 */
import { toHex } from "../bytes/hex.ts";
import type { Antenna, Protection } from "./antenna.ts";
import { AUTO_POLL_COMMANDS } from "./chip-auto-poll.ts";
import { BAUD_RATES, type CommandSpec, LOCAL_COMMANDS, POWER_ON_BAUD, type Reply } from "./chip-commands.ts";
import { type ChipState, powerOnState } from "./chip-state.ts";
import { TARGET_COMMANDS } from "./chip-target-commands.ts";
import type { FaultPlan, StuckLine } from "./faults.ts";
import { ACK_FRAME, ERROR_FRAME, encodeResponse, type HostFrame, NACK_FRAME } from "./frame-codec.ts";
import { HostSlot, type SlotContent } from "./host-slot.ts";
import type { LineLevel } from "./line-level.ts";
import { type Operation, OperationRunner, spend } from "./operation.ts";
import type { Timeline } from "./timeline.ts";
import type { Timing } from "./timing.ts";
import type { HostBus } from "./wiring.ts";

/** Asleep: begins to wake at its host's sign of life, unless PowerDown left its bus out of the wake-up sources. */
type Power =
  | { readonly at: "reset" }
  | { readonly at: "asleep"; readonly fromUs: number; readonly wakesByHost: boolean }
  | { readonly at: "awake"; readonly fromUs: number };

type Command = Extract<HostFrame, { kind: "command" }>;

const COMMANDS: ReadonlyMap<number, CommandSpec> = new Map([
  ...LOCAL_COMMANDS,
  ...TARGET_COMMANDS,
  ...AUTO_POLL_COMMANDS,
]);
const POWER_DOWN = 0x16;
const SET_SERIAL_BAUD_RATE = 0x10;
/** Bits of PowerDown's WakeUpEnable (UM0701-02 §7.2.11). */
const WAKE_UP_BITS: Readonly<Record<HostBus, number>> = { i2c: 0x80, spi: 0x20, hsu: 0x10 };
/** More unhandled commands than this only repeat themselves. */
const MAX_RECORDED = 100;
const SPURIOUS_EDGE_US = 100;

export class VirtualChip {
  /** Commands, as hexadecimal, that a PN532 knows and this one does not, or that no PN532 knows. */
  readonly unhandled: string[] = [];
  /** What waits for the host; its bus side takes it from there. */
  readonly slot = new HostSlot();
  /** Called when the slot was filled, for a bus side that sends by itself. */
  onOffer: () => void = () => undefined;
  /** Called when reset or a brown-out has taken all state. */
  onPowerLoss: () => void = () => undefined;
  readonly #timeline: Timeline;
  readonly #timing: Timing;
  readonly #antenna: Antenna;
  readonly #faults: FaultPlan;
  readonly #onIrq: (level: LineLevel) => void;
  readonly #bus: HostBus;
  readonly #work: OperationRunner<Reply>;
  #state: ChipState;
  #power: Power;
  #deafUntilUs = 0;
  /** Accepted, its ACK not read yet. */
  #command: Command | undefined;
  #cancelAck: () => void = () => undefined;
  /** The ACK is due, but something unread is still in the slot. */
  #ackIsDue = false;
  #lastResponse: Uint8Array | undefined;
  /** Frames between an ACK that was read and the work of its command. */
  #strays: Uint8Array[] | undefined;
  /** A response kept back until the next command is acknowledged. */
  #late: Uint8Array | undefined;
  #hangs = false;
  #sleepMask: number | undefined;
  #baud = POWER_ON_BAUD;
  /** SetSerialBaudRate was answered; the host's ACK to that makes it so. */
  #nextBaud: number | undefined;
  #irq: LineLevel = "high";
  #stuck: StuckLine = "free";

  constructor(parts: {
    readonly timeline: Timeline;
    readonly timing: Timing;
    readonly antenna: Antenna;
    readonly faults: FaultPlan;
    readonly bus: HostBus;
    readonly onIrq: (level: LineLevel) => void;
  }) {
    this.#timeline = parts.timeline;
    this.#timing = parts.timing;
    this.#antenna = parts.antenna;
    this.#faults = parts.faults;
    this.#onIrq = parts.onIrq;
    this.#bus = parts.bus;
    this.#work = new OperationRunner(parts.timeline, parts.antenna);
    this.#state = powerOnState(parts.antenna, parts.timing, parts.faults);
    this.#power = { at: "asleep", fromUs: 0, wakesByHost: true };
    parts.antenna.onArrival = () => this.#work.wake();
  }

  /** Whether the chip or a card is at work, so that bus time runs beside it and is not charged. */
  isBusy(): boolean {
    return this.#work.isRunning();
  }

  /** Bit/s of a serial host interface. */
  get baud(): number {
    return this.#baud;
  }

  /** The host's sign of life at `atUs`, not before the last one: a sleeping chip begins to wake. */
  wake(atUs = this.#timeline.nowUs()): void {
    if (this.#power.at !== "asleep" || !this.#power.wakesByHost) return;
    const { wakeUs, serialWakeUs } = this.#timing;
    const tookUs = this.#bus === "hsu" ? serialWakeUs : wakeUs;
    this.#power = { at: "awake", fromUs: Math.max(atUs, this.#power.fromUs) + tookUs };
  }

  /** Whether the chip heard what came at `atUs`. */
  isListening(atUs = this.#timeline.nowUs()): boolean {
    return this.#power.at === "awake" && atUs >= this.#power.fromUs;
  }

  /** One frame of the host. */
  hear(frame: HostFrame): void {
    if (this.#timeline.nowUs() < this.#deafUntilUs || this.#power.at !== "awake") return;
    if (frame.kind === "ack") this.#abort();
    else if (frame.kind === "nack") this.#repeat();
    else this.#accept(frame);
  }

  /** The first byte of the frame in the slot was taken. */
  readBegins(): void {
    this.#setIrq("high");
  }

  /** The frame in the slot was taken. */
  readEnds(): void {
    const content = this.slot.content();
    this.slot.clear();
    this.#setIrq("high");
    if (content === "ack") this.#strays = this.#straysBehindAck();
    if (this.#strays !== undefined) this.#workBehind(this.#strays);
    else if (content === "response" && this.#sleepMask !== undefined) this.#fallAsleep(this.#sleepMask);
    else if (content === "response" && this.#faults.strikes("ackAfterResponse"))
      this.#offer("stray", ACK_FRAME);
    else if (this.#ackIsDue) {
      this.#ackIsDue = false;
      this.#acknowledge();
    }
  }

  /** What comes between the ACK of a command and its work, if faults want it so. */
  #straysBehindAck(): Uint8Array[] {
    const late = this.#late;
    this.#late = undefined;
    return [
      ...(late === undefined ? [] : [late]),
      ...(this.#faults.strikes("doubledAck") ? [ACK_FRAME] : []),
      ...(this.#faults.strikes("strayNack") ? [NACK_FRAME] : []),
    ];
  }

  #workBehind(strays: Uint8Array[]): void {
    const stray = strays.shift();
    if (stray === undefined) this.#begin();
    else this.#offer("stray", stray);
  }

  /** RSTPDN. Low takes all state; high brings the chip to its power-on sleep. */
  setReset(level: LineLevel): void {
    if (level === "high" && this.#power.at !== "reset") return;
    this.#losePower();
    this.#power =
      level === "low"
        ? { at: "reset" }
        : { at: "asleep", fromUs: this.#timeline.nowUs() + this.#timing.resetUs, wakesByHost: true };
  }

  /** The supply dips: as after power-on, whatever went on. */
  brownOut(): void {
    this.#losePower();
    this.#power = { at: "asleep", fromUs: this.#timeline.nowUs(), wakesByHost: true };
  }

  /** A wiring defect of the interrupt line. */
  setStuckIrq(stuck: StuckLine): void {
    this.#stuck = stuck;
    this.#onIrq(this.irqLevel());
  }

  get stuckIrq(): StuckLine {
    return this.#stuck;
  }

  /** For as long as it is set the chip protects itself: antenna drivers off, status 0D or 2D for whoever sends. */
  setProtection(protection: Protection): void {
    this.#antenna.setProtection(protection);
  }

  irqLevel(): LineLevel {
    return this.#stuck === "free" ? this.#irq : this.#stuck;
  }

  #losePower(): void {
    this.#abandon();
    this.slot.clear();
    this.#lastResponse = undefined;
    this.#late = undefined;
    this.#hangs = false;
    this.#deafUntilUs = 0;
    this.#sleepMask = undefined;
    this.#baud = POWER_ON_BAUD;
    this.#antenna.setField("off");
    this.#state = powerOnState(this.#antenna, this.#timing, this.#faults);
    this.#setIrq("high");
    this.onPowerLoss();
  }

  /** Host ACK: stops what runs, withdraws what waits; after stopping something the chip is deaf for a moment. */
  #abort(): void {
    const stopped = this.#work.isRunning() || this.#command !== undefined;
    if (!stopped && this.slot.content() === undefined) this.#baud = this.#nextBaud ?? this.#baud;
    this.#abandon();
    this.slot.clear();
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
    if (this.slot.content() === "ack") this.slot.clear();
    if (this.#faults.strikes("brownOut")) {
      this.brownOut();
      return;
    }
    this.#command = command;
    this.#showStaleResponse();
    this.#antenna.spend("chip", this.#timing.ackUs);
    this.#cancelAck = this.#timeline.at(this.#timeline.nowUs() + this.#timing.ackUs, () =>
      this.#acknowledge(),
    );
  }

  #showStaleResponse(): void {
    if (this.#lastResponse === undefined || this.slot.content() !== undefined) return;
    if (this.#faults.strikes("staleResponse")) this.#offer("response", this.#lastResponse);
  }

  #abandon(): void {
    this.#strays = undefined;
    this.#cancelAck();
    this.#work.abort();
    this.#command = undefined;
    this.#ackIsDue = false;
    this.#nextBaud = undefined;
  }

  #acknowledge(): void {
    if (this.slot.content() !== undefined) {
      this.#ackIsDue = true;
      return;
    }
    if (this.#faults.strikes("lostAck")) this.#begin();
    else this.#offer("ack", ACK_FRAME);
  }

  #begin(): void {
    const command = this.#command;
    this.#strays = undefined;
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

  #respond(command: Command, answer: Reply): void {
    const reply = this.#faults.strikes("errorFrame") ? "syntaxError" : answer;
    const frame = reply === "syntaxError" ? ERROR_FRAME : encodeResponse(command.code, reply);
    this.#lastResponse = frame;
    if (reply !== "syntaxError") this.#remember(command);
    if (this.#faults.strikes("lateResponse")) this.#late = frame;
    else if (!this.#faults.strikes("lostResponse")) this.#offer("response", frame);
  }

  /** What a command changes only when its answer has been read or acknowledged. */
  #remember({ code, parameters: [value = 0] }: Command): void {
    if (code === POWER_DOWN) this.#sleepMask = value;
    if (code === SET_SERIAL_BAUD_RATE) this.#nextBaud = BAUD_RATES[value];
  }

  #fallAsleep(mask: number): void {
    this.#sleepMask = undefined;
    this.#antenna.setField("off");
    const wakesByHost = (mask & WAKE_UP_BITS[this.#bus]) !== 0;
    this.#power = { at: "asleep", fromUs: this.#timeline.nowUs(), wakesByHost };
  }

  #offer(content: SlotContent, frame: Uint8Array): void {
    this.slot.offer(content, this.#faults.onWire(content, frame));
    this.#setIrq("high");
    if (!this.#faults.strikes("lostEdge")) this.#setIrq("low");
    this.onOffer();
  }

  /** A short low while there is nothing to read; it does not cut short a real one that comes meanwhile. */
  #pulseIrq(): void {
    this.#setIrq("low");
    this.#timeline.at(this.#timeline.nowUs() + SPURIOUS_EDGE_US, () => {
      if (this.slot.content() === undefined) this.#setIrq("high");
    });
  }

  #setIrq(level: LineLevel): void {
    if (this.#irq === level) return;
    this.#irq = level;
    if (this.#stuck === "free") this.#onIrq(level);
  }
}
