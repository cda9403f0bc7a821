/**
 * The PN532's serial dialogue over a `SerialLine`: frames are cut out of the stream, and the end of a broken
 * one is told by silence. Everything that came before a frame is written belongs to earlier ones and is
 * thrown away. Governing document: NXP UM0701-02 §6.2.2 (HSU).
 */
import { concat } from "../../src/bytes/bytes.ts";
import type { BusError, SerialLine } from "../../src/ports/bus.ts";
import type { ReaderError } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { ok, type Result } from "../../src/result.ts";
import type { Millis } from "../../src/time/time.ts";
import { Waker } from "../../src/time/waker.ts";
import type { Wanted } from "./exchange.ts";
import { FrameInbox } from "./frame-inbox.ts";
import type { HostLink, LinkSpeed, Readiness } from "./host-link.ts";

/** Speed of a chip after power-on and reset, in bit/s. */
export const RESET_BAUD = 115_200;

/** Two bytes full of rising edges, then zeros that a waking chip may miss and an awake one takes as preamble. */
const WAKE_UP = concat(Uint8Array.of(0x55, 0x55), new Uint8Array(14));
/** Time for the oscillator after the last zero (T_osc_start, at most 2 ms). */
const WAKE_MS = 2;

/** Start bit, eight data bits, stop bit. */
const BITS_PER_BYTE = 10;
/** Shorter transmissions are covered by the deadline for the acknowledgement, and not waited for. */
const UNHURRIED_MS = 2;
/** A frame has no gaps, but USB adapters hand bytes over every 16 ms: after so much silence it is broken off. */
const BROKEN_OFF_MS = 30;
/** The longest frame takes 24 ms at 115200: a line that is never quiet is not waited for beyond that. */
const MAX_OVERTIME_MS = 100;
/** Once past its deadline a wait lets the event loop turn: bytes that lie with the system are in time. */
const LAST_LOOK_MS = 1;
/** What stands where bytes of a frame are missing: no frame can end with it, since its postamble is 00. */
const JUNK = 0xff;

export interface HsuLinkParts {
  readonly line: SerialLine;
  readonly clock: Clock;
  /** The speed that the configuration asks for, in bit/s. */
  readonly baud: number;
}

/** A link to the PN532 on a serial line; it listens to the line from now on. */
export const createHsuLink = (parts: HsuLinkParts): HostLink => new HsuLink(parts);

class HsuLink implements HostLink {
  readonly #line: SerialLine;
  readonly #clock: Clock;
  readonly #inbox = new FrameInbox();
  readonly #waker: Waker;
  readonly #wantedBaud: number;
  #baud = RESET_BAUD;
  #lastByteAt: Millis;
  /** Whether a frame came since `wake`, and how many bytes came since then that made no frame. */
  #heardFrame = false;
  #strangeBytes = 0;

  constructor({ line, clock, baud }: HsuLinkParts) {
    this.#line = line;
    this.#clock = clock;
    this.#waker = new Waker(clock);
    this.#wantedBaud = baud;
    this.#lastByteAt = clock.monotonicMs();
    line.onData((bytes) => this.#receive(bytes));
  }

  get speed(): LinkSpeed {
    return {
      wantedBaud: this.#wantedBaud,
      currentBaud: this.#baud,
      set: async (baud) => {
        const set = await this.#line.setRate(baud);
        if (set.ok) this.#baud = baud;
        return set;
      },
    };
  }

  async wake(): Promise<Result<void, BusError>> {
    const woken = await this.#send(WAKE_UP);
    if (!woken.ok) return woken;
    await this.#clock.sleep(WAKE_MS);
    this.#heardFrame = false;
    this.#strangeBytes = 0;
    return ok(undefined);
  }

  write(frame: Uint8Array): Promise<Result<void, BusError>> {
    return this.#send(frame);
  }

  /** A frame that has begun to arrive at the deadline is waited for, as long as it keeps arriving. */
  async waitReady(until: Millis, signal?: AbortSignal): Promise<Result<Readiness, BusError>> {
    const wake = (): void => this.#waker.wake();
    signal?.addEventListener("abort", wake);
    const readiness = await this.#listen(until, signal);
    signal?.removeEventListener("abort", wake);
    return ok(readiness);
  }

  async read({ lengthBytes, position }: Wanted): Promise<Result<Uint8Array, BusError>> {
    // What was broken off goes on nowhere.
    if (position === "frameRest") return ok(new Uint8Array(lengthBytes).fill(JUNK));
    if (this.#inbox.state === "frame") {
      this.#heardFrame = true;
      this.#strangeBytes = 0;
    }
    return ok(this.#inbox.take());
  }

  explainSilence(): ReaderError {
    if (this.#strangeBytes === 0) {
      return {
        kind: "chipSilent",
        remedy: this.#heardFrame
          ? "the chip falls silent: wire RSTPD_N so that it can be reset, or cut its power once"
          : "no byte comes back: check power, that TX and RX are crossed, and that the board's switches select HSU (0-0 on the V3 board)",
      };
    }
    // What was received is not shown: it may hold card data.
    return {
      kind: "chipGarbled",
      observed: `${this.#strangeBytes} bytes that are no frame`,
      remedy:
        "lower the speed (baud: 115200), check the ground wire, and that no serial console uses the line (console= in cmdline.txt)",
    };
  }

  degraded(): readonly string[] {
    return [];
  }

  #receive(bytes: Uint8Array): void {
    this.#inbox.push(bytes);
    this.#strangeBytes += bytes.length;
    this.#lastByteAt = this.#clock.monotonicMs();
    this.#waker.wake();
  }

  /** Resolves when the last bit has left, as far as that matters to a deadline. */
  async #send(bytes: Uint8Array): Promise<Result<void, BusError>> {
    const sentAt = this.#clock.monotonicMs();
    this.#inbox.clear();
    const written = await this.#line.write(bytes);
    if (!written.ok) return written;
    const onTheWireMs = (bytes.length * BITS_PER_BYTE * 1000) / this.#baud;
    const leftMs = onTheWireMs - (this.#clock.monotonicMs() - sentAt);
    if (leftMs > UNHURRIED_MS) await this.#clock.sleep(leftMs);
    return ok(undefined);
  }

  async #listen(until: Millis, signal: AbortSignal | undefined): Promise<Readiness> {
    let isLastLook = false;
    while (this.#inbox.state !== "frame") {
      if (signal?.aborted === true) return "aborted";
      const leftMs = this.#endOfWait(until) - this.#clock.monotonicMs();
      if (leftMs <= 0 && isLastLook) return this.#inbox.state === "started" ? "ready" : "late";
      isLastLook = leftMs <= 0;
      await this.#waker.sleep(isLastLook ? LAST_LOOK_MS : Math.ceil(leftMs));
    }
    return "ready";
  }

  /** A frame that has begun to arrive has its own end, which may lie before the deadline or after it. */
  #endOfWait(until: Millis): number {
    if (this.#inbox.state !== "started") return until;
    return Math.min(this.#lastByteAt + BROKEN_OFF_MS, until + MAX_OVERTIME_MS);
  }
}
