/**
 * A bare SPI host for the simulator's own tests: writes given bytes, reads given lengths, waits on the
 * interrupt line in virtual time. It reverses bits by text, not by the simulator's table.
 */
import { hex, toHex } from "../../src/bytes/hex.ts";
import { VirtualBoard } from "../../src/sim/board.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";

export const NODE = "/dev/spidev0.0";
export const ACK = "0000FF00FF00";
export const SAM_NORMAL = "0000FF05FBD4140100001700";
export const LIST_ONE_TYPE_A = "0000FF04FCD44A0100E100";

const reversedBits = (byte: number): number =>
  Number.parseInt([...byte.toString(2).padStart(8, "0")].reverse().join(""), 2);

/** Bytes as a controller that shifts the most significant bit first puts them on the wire. */
export const onWire = (text: string): Uint8Array => hex(text).map(reversedBits);
export const fromWire = (bytes: Uint8Array): string => toHex(bytes.map(reversedBits));

/** A command frame around the bytes behind the direction byte, written by hand from the format. */
export function commandFrame(text: string): string {
  const packet = hex(`D4${text}`);
  const sum = packet.reduce((total, byte) => total + byte, 0);
  const high = packet.length >> 8;
  const low = packet.length & 0xff;
  const head = packet.length < 256 ? [low, -low & 0xff] : [0xff, 0xff, high, low, -(high + low) & 0xff];
  return `0000FF${toHex(Uint8Array.from(head))}${toHex(packet)}${toHex(Uint8Array.of(-sum & 0xff))}00`;
}

export class SpiHost {
  readonly timeline = new VirtualTimeline();
  readonly board: VirtualBoard;

  constructor(seed = 1) {
    const wiring = [{ bus: "spi", node: NODE, clockHz: 2_000_000, irqLine: 25, resetLine: 24 }] as const;
    this.board = new VirtualBoard({ timeline: this.timeline, wiring, seed });
  }

  get chip() {
    return this.board.reader(NODE).chip;
  }

  /** One chip select period; bytes in chip order both ways, as hexadecimal. */
  async transfer(text: string): Promise<string> {
    const seen = await this.timeline.resolve(this.board.spiBus(NODE).transfer(onWire(text)));
    return seen.ok ? fromWire(seen.value) : "failed";
  }

  async pass(durationUs: number): Promise<void> {
    await this.timeline.run(this.timeline.nowUs() + durationUs);
  }

  /** Whether the interrupt line fell within the time given. */
  falls(withinUs = 5_000_000): Promise<boolean> {
    return this.timeline.runUntil(
      () => this.board.pins.level(25) === "low",
      this.timeline.nowUs() + withinUs,
    );
  }

  /** Awake and configured, as a driver leaves it. */
  async start(): Promise<this> {
    await this.transfer("00");
    await this.pass(2_000);
    await this.command(SAM_NORMAL);
    await this.command(commandFrame("3205FF0100"));
    return this;
  }

  async write(frame: string): Promise<void> {
    await this.transfer(`01${frame}`);
  }

  /** Bytes of a frame, without the one that the line shows while the opcode is sent. */
  async read(lengthBytes: number): Promise<string> {
    return (await this.transfer(`03${"00".repeat(lengthBytes)}`)).slice(2);
  }

  async ready(): Promise<boolean> {
    return (await this.transfer("0200")).endsWith("01");
  }

  /** Writes a command, expects its ACK, and reads `lengthBytes` of the answer. */
  async command(frame: string, lengthBytes = 9): Promise<string> {
    await this.write(frame);
    if (!(await this.falls(20_000))) throw new Error("no ACK");
    const ack = await this.read(6);
    if (ack !== ACK) throw new Error(`no ACK but ${ack}`);
    if (!(await this.falls())) throw new Error("no answer");
    return this.read(lengthBytes);
  }

  /** One APDU: status byte and R-APDU, as hexadecimal. */
  async apdu(text: string): Promise<string> {
    return packet(await this.command(commandFrame(`4001${text}`), 275)).slice(2);
  }
}

/** What a response frame carries behind the direction byte, its checksums verified. */
export function packet(frame: string): string {
  const bytes = hex(frame);
  const extended = bytes[3] === 0xff && bytes[4] === 0xff;
  const start = extended ? 8 : 5;
  const length = extended ? (bytes[5] ?? 0) * 256 + (bytes[6] ?? 0) : (bytes[3] ?? 0);
  const check = bytes.subarray(start, start + length + 1).reduce((total, byte) => total + byte, 0);
  if ((check & 0xff) !== 0) throw new Error(`checksum of ${frame}`);
  return toHex(bytes.subarray(start + 1, start + length));
}
