/**
 * The PN532's I2C dialogue over an `I2cDevice`. Each read begins with a status byte (bit 0: ready), then the
 * frame; a chip that is asleep or busy does not acknowledge its address at all, which counts as not ready.
 * Whether a second read goes on in the frame or begins it anew is documented nowhere, so a frame longer than
 * its first reading is asked for again by NACK and read whole, in one transaction.
 * Governing document: NXP UM0701-02 §6.2.4 (I2C), §6.2.1.4 (NACK).
 */
import type { BusError, I2cDevice, InputLine } from "../../src/ports/bus.ts";
import type { ReaderError } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { ok, type Result } from "../../src/result.ts";
import { after, type Millis } from "../../src/time/time.ts";
import type { Wanted } from "./exchange.ts";
import { ACK_BYTES, NACK } from "./frame.ts";
import type { HostLink, Readiness } from "./host-link.ts";
import { ReadyWatch } from "./readiness.ts";

/** Seven bits, fixed in the chip: one PN532 per bus. */
export const PN532_I2C_ADDRESS = 0x24;

const STATUS_BYTES = 1;
const STATUS_READY = 0x01;
/** The data line let go in the middle of a transaction: a chip in reset. Its bit 0 must not pass for readiness. */
const STATUS_FLOATING = 0xff;

/** Its address wakes the chip, which may refuse that very transaction while its oscillator starts (2 ms). */
const WAKE_TRIES = 5;
const WAKE_MS = 2;
/**
 * Just after an exchange the chip refuses its address for some milliseconds. The pause is longer than the 0.5 ms
 * in which it acknowledges a command, see `#sendCommand`: a shorter one could send an APDU twice.
 */
const WRITE_TRIES = 20;
const WRITE_RETRY_MS = 1;
/** ACK and NACK do no harm when they arrive twice, see `#sendShort`. */
const SHORT_TRIES = 3;
/** After a NACK the chip has its answer at hand. */
const REREAD_MS = 25;
/** Stands for the rest of an acknowledgement, which is not sent again: neither a start code nor part of one. */
const JUNK = 0x01;

const NOTHING = new Uint8Array(0);

/** What an I2C link is made of; without `irq` the chip's status is polled. */
export interface I2cLinkParts {
  readonly device: I2cDevice;
  readonly irq?: InputLine | undefined;
  readonly clock: Clock;
}

/** A link to the PN532 on an I2C bus. */
export const createI2cLink = (parts: I2cLinkParts): HostLink => new I2cLink(parts);

class I2cLink implements HostLink {
  readonly #device: I2cDevice;
  readonly #clock: Clock;
  readonly #watch: ReadyWatch;
  /** What was read so far of the present frame. */
  #seen: Uint8Array = NOTHING;
  /** Whether the chip has acknowledged its address, and ever been ready, since `wake`. */
  #acknowledged = false;
  #everReady = false;

  constructor({ device, irq, clock }: I2cLinkParts) {
    this.#device = device;
    this.#clock = clock;
    this.#watch = new ReadyWatch(() => this.#isReady(), irq, clock);
  }

  async wake(): Promise<Result<void, BusError>> {
    this.#acknowledged = false;
    this.#everReady = false;
    this.#watch.trustLine();
    for (let tries = 0; tries < WAKE_TRIES && !this.#acknowledged; tries++) {
      const looked = await this.#isReady();
      if (!looked.ok) return looked;
      await this.#clock.sleep(WAKE_MS);
    }
    return ok(undefined);
  }

  async write(frame: Uint8Array): Promise<Result<void, BusError>> {
    this.#watch.discardEdges();
    this.#seen = NOTHING;
    return frame.length === ACK_BYTES ? this.#sendShort(frame) : this.#sendCommand(frame);
  }

  waitReady(until: Millis, signal?: AbortSignal): Promise<Result<Readiness, BusError>> {
    return this.#watch.wait(until, signal);
  }

  read({ lengthBytes, position }: Wanted): Promise<Result<Uint8Array, BusError>> {
    return position === "frameStart" ? this.#readFrame(lengthBytes) : this.#readAgain(lengthBytes);
  }

  explainSilence(): ReaderError {
    if (!this.#acknowledged) {
      return {
        kind: "chipSilent",
        remedy:
          "nobody answers at I2C address 24: check power, SDA and SCL, and that the board's switches select I2C (1-0 on the V3 board)",
      };
    }
    return {
      kind: "chipSilent",
      remedy: this.#everReady
        ? "the chip falls silent: lower the I2C clock (dtparam=i2c_arm_baudrate=50000), shorten the wires, or use SPI"
        : "the chip is there but never ready: wire RSTPD_N so that it can be reset, or cut its power once",
    };
  }

  degraded(): readonly string[] {
    return this.#watch.degraded();
  }

  /** One status byte, which takes nothing of a waiting frame. */
  async #isReady(): Promise<Result<boolean, BusError>> {
    const status = await this.#device.read(STATUS_BYTES);
    if (!status.ok) return status;
    return ok(status.value !== "notAcknowledged" && this.#saysReady(status.value));
  }

  #saysReady(read: Uint8Array): boolean {
    const status = read[0] ?? STATUS_FLOATING;
    const ready = status !== STATUS_FLOATING && (status & STATUS_READY) !== 0;
    this.#acknowledged = true;
    this.#everReady ||= ready;
    return ready;
  }

  /**
   * ACK and NACK frames. In logic traces the chip takes them and yet refuses their last byte, and Linux does
   * not tell which byte was refused; just after a frame was read it refuses its address as well. Since a second
   * one changes nothing, they are sent again, and count as sent when all are refused.
   */
  async #sendShort(frame: Uint8Array): Promise<Result<void, BusError>> {
    for (let tries = 0; tries < SHORT_TRIES; tries++) {
      const sent = await this.#device.write(frame);
      if (!sent.ok) return sent;
      if (sent.value === "written") return ok(undefined);
      await this.#clock.sleep(WRITE_RETRY_MS);
    }
    return ok(undefined);
  }

  /**
   * A refused command is sent again only while the chip has nothing to say: one that refused the last byte of
   * a frame that it took has its acknowledgement ready by then, and must not get an APDU twice. A command
   * that is never taken is missed by its acknowledgement, like any lost one.
   */
  async #sendCommand(frame: Uint8Array): Promise<Result<void, BusError>> {
    for (let tries = 0; tries < WRITE_TRIES; tries++) {
      const sent = await this.#device.write(frame);
      if (!sent.ok) return sent;
      if (sent.value === "written") return ok(undefined);
      await this.#clock.sleep(WRITE_RETRY_MS);
      const answered = await this.#isReady();
      if (!answered.ok) return answered;
      if (answered.value) return ok(undefined);
    }
    return ok(undefined);
  }

  /** So many bytes of a frame from its start, in one transaction; none when the chip is not ready. */
  async #readFrame(lengthBytes: number): Promise<Result<Uint8Array, BusError>> {
    const read = await this.#device.read(STATUS_BYTES + lengthBytes);
    if (!read.ok) return read;
    const { value } = read;
    if (value === "notAcknowledged" || !this.#saysReady(value)) {
      if (this.#watch.promised) this.#watch.promiseBroken();
      return ok(NOTHING);
    }
    if (this.#watch.promised) this.#watch.promiseKept();
    this.#seen = value.subarray(STATUS_BYTES);
    return ok(this.#seen);
  }

  /**
   * The next bytes of a frame whose beginning was read: the chip is asked to send all of it again. None when it
   * is not ready; what was seen still counts then, so that a later try gives the same bytes.
   */
  async #readAgain(lengthBytes: number): Promise<Result<Uint8Array, BusError>> {
    const seenBytes = this.#seen.length;
    if (seenBytes === ACK_BYTES && !beginsResponse(this.#seen))
      return ok(new Uint8Array(lengthBytes).fill(JUNK));
    this.#watch.discardEdges();
    const asked = await this.#sendShort(NACK);
    if (!asked.ok) return asked;
    const readiness = await this.#watch.wait(after(this.#clock.monotonicMs(), REREAD_MS));
    if (!readiness.ok) return readiness;
    if (readiness.value !== "ready") return ok(NOTHING);
    const whole = await this.#readFrame(seenBytes + lengthBytes);
    return whole.ok ? ok(whole.value.subarray(seenBytes)) : whole;
  }
}

/** A start code with a length behind it, and so no acknowledgement behind a long preamble. */
function beginsResponse(bytes: Uint8Array): boolean {
  const at = bytes.findIndex((byte, index) => byte === 0xff && bytes[index - 1] === 0x00);
  return at >= 0 && (bytes[at + 1] ?? 0) !== 0;
}
