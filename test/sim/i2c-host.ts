/** A bare I2C host for the simulator's own tests: reads and writes in virtual time, bytes as hexadecimal. */
import { hex, toHex } from "../../src/bytes/hex.ts";
import type { I2cDevice } from "../../src/ports/bus.ts";
import { VirtualBoard } from "../../src/sim/board.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { SAM_NORMAL } from "./spi-host.ts";

export const I2C_NODE = "/dev/i2c-1";

export class I2cHost {
  readonly timeline = new VirtualTimeline();
  readonly board: VirtualBoard;
  readonly #device: I2cDevice;

  constructor(seed = 1) {
    const wiring = [{ bus: "i2c" as const, node: I2C_NODE, irqLine: 25, resetLine: 24 }];
    this.board = new VirtualBoard({ timeline: this.timeline, wiring, seed });
    this.#device = this.board.i2cDevice(I2C_NODE);
  }

  get chip() {
    return this.board.reader(I2C_NODE).chip;
  }

  get faults() {
    return this.board.reader(I2C_NODE).faults;
  }

  /** One read transaction, ready byte first; `nack` when nobody acknowledges. */
  async read(lengthBytes: number): Promise<string> {
    const seen = await this.timeline.resolve(this.#device.read(lengthBytes));
    if (!seen.ok) throw new Error(seen.error.kind);
    return seen.value === "notAcknowledged" ? "nack" : toHex(seen.value);
  }

  async write(frame: string): Promise<string> {
    const sent = await this.timeline.resolve(this.#device.write(hex(frame)));
    if (!sent.ok) throw new Error(sent.error.kind);
    return sent.value;
  }

  async pass(durationUs: number): Promise<void> {
    await this.timeline.run(this.timeline.nowUs() + durationUs);
  }

  /** Waits until the ready byte says so. */
  async ready(): Promise<void> {
    for (let looks = 0; looks < 10_000; looks++) {
      if ((await this.read(1)) === "01") return;
      await this.pass(200);
    }
    throw new Error("never ready");
  }

  async start(): Promise<this> {
    await this.read(1);
    await this.pass(2_000);
    await this.command(SAM_NORMAL, 10);
    return this;
  }

  /** Writes a command, reads its ACK, and `lengthBytes` of the answer behind the ready byte. */
  async command(frame: string, lengthBytes: number): Promise<string> {
    await this.pass(200);
    if ((await this.write(frame)) !== "written") throw new Error("not acknowledged");
    await this.ready();
    const ack = await this.read(7);
    if (ack !== "010000FF00FF00") throw new Error(`no ACK but ${ack}`);
    await this.ready();
    return (await this.read(1 + lengthBytes)).slice(2);
  }
}
