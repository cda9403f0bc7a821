/** A bare serial host for the simulator's own tests: writes in virtual time, keeps every chunk with its instant. */
import { hex, toHex } from "../../src/bytes/hex.ts";
import type { SerialLine } from "../../src/ports/bus.ts";
import { VirtualBoard } from "../../src/sim/board.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { SAM_NORMAL } from "./spi-host.ts";

export const HSU_NODE = "/dev/ttyAMA0";
/** What programs send ahead of their first command. */
export const WAKE_UP = `5555${"00".repeat(14)}`;

export class HsuHost {
  readonly timeline = new VirtualTimeline();
  readonly board: VirtualBoard;
  readonly line: SerialLine;
  readonly chunks: { readonly text: string; readonly atUs: number }[] = [];

  constructor(seed = 1) {
    const wiring = [{ bus: "hsu" as const, node: HSU_NODE, resetLine: 24 }];
    this.board = new VirtualBoard({ timeline: this.timeline, wiring, seed });
    this.line = this.board.serialLine(HSU_NODE);
    this.line.onData((bytes) => this.chunks.push({ text: toHex(bytes), atUs: this.timeline.nowUs() }));
  }

  get chip() {
    return this.board.reader(HSU_NODE).chip;
  }

  get faults() {
    return this.board.reader(HSU_NODE).faults;
  }

  async write(text: string): Promise<void> {
    await this.timeline.resolve(this.line.write(hex(text)));
  }

  async setRate(baud: number): Promise<void> {
    await this.timeline.resolve(this.line.setRate(baud));
  }

  async pass(durationUs: number): Promise<void> {
    await this.timeline.run(this.timeline.nowUs() + durationUs);
  }

  /** Everything heard since the last call, within 30 ms. */
  async heard(withinUs = 30_000): Promise<string> {
    await this.pass(withinUs);
    return this.chunks
      .splice(0)
      .map(({ text }) => text)
      .join("");
  }

  async start(): Promise<this> {
    await this.write(`${WAKE_UP}${SAM_NORMAL}`);
    await this.heard();
    return this;
  }

  /** What comes of a command: ACK and answer. */
  async ask(frame: string): Promise<string> {
    await this.write(frame);
    return this.heard();
  }
}
