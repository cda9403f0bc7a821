/**
 * The chip's end of SPI: mode 0, least significant bit first, so that a controller that shifts the most
 * significant bit first sends and sees every byte reversed. The first byte of a chip select period says
 * what it is: 02 status, 01 write, 03 read.
 */
import type { VirtualChip } from "./chip.ts";
import type { FaultPlan } from "./faults.ts";
import { decodeHostFrames } from "./frame-codec.ts";
import type { HostSlot } from "./host-slot.ts";

const STATUS_READ = 0x02;
const DATA_WRITE = 0x01;
const DATA_READ = 0x03;
/** On the line while the host sends the first byte of a period and no frame is half read. */
const IDLE_BYTE = 0x01;

const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit);
  return reversed;
});

/** Every byte with its bits in the opposite order. */
export function reverseBits(bytes: Uint8Array): Uint8Array {
  const reversed = new Uint8Array(bytes.length);
  for (let index = 0; index < bytes.length; index++) reversed[index] = REVERSED[bytes[index] ?? 0] ?? 0;
  return reversed;
}

export class SpiSlave {
  readonly #chip: VirtualChip;
  readonly #slot: HostSlot;
  readonly #faults: FaultPlan;

  constructor(chip: VirtualChip, faults: FaultPlan) {
    this.#chip = chip;
    this.#slot = chip.slot;
    this.#faults = faults;
  }

  /** Chip select falls. */
  select(): void {
    this.#chip.wake();
  }

  /**
   * One chip select period at its end: the bytes as the controller sends them, and what it sees. A chip without
   * power or asleep leaves the line high.
   */
  transfer(wire: Uint8Array): Uint8Array {
    if (!this.#chip.isListening()) return new Uint8Array(wire.length).fill(0xff);
    const sent = reverseBits(wire);
    switch (sent[0]) {
      case STATUS_READ:
        return reverseBits(this.#readStatus(sent.length));
      case DATA_READ:
        return reverseBits(this.#readData(sent.length));
      case DATA_WRITE: {
        const shown = this.#showUnread(sent.length);
        this.#write(sent.subarray(1));
        return reverseBits(shown);
      }
      default:
        return reverseBits(this.#showUnread(sent.length));
    }
  }

  #write(bytes: Uint8Array): void {
    this.#slot.remember(bytes);
    for (const frame of decodeHostFrames(bytes)) this.#chip.hear(frame);
  }

  #readStatus(lengthBytes: number): Uint8Array {
    const ready = this.#slot.content() === undefined ? 0x00 : 0x01;
    const status = this.#faults.strikes("garbledStatus") ? this.#faults.garbledStatus() : ready;
    const seen = new Uint8Array(lengthBytes).fill(status);
    seen[0] = this.#firstByte();
    return seen;
  }

  /** The first byte is not frame data at the start of a frame, but is the next unread one in its middle. */
  #readData(lengthBytes: number): Uint8Array {
    const slot = this.#slot;
    const seen = new Uint8Array(lengthBytes);
    const waiting = slot.content() !== undefined;
    if (waiting) this.#chip.readBegins();
    seen[0] = slot.isPartlyRead() ? slot.take() : IDLE_BYTE;
    for (let index = 1; index < lengthBytes; index++) seen[index] = slot.take();
    if (slot.isRead()) this.#chip.readEnds();
    return waiting && this.#faults.strikes("corruptRead") ? this.#faults.corrupted(seen) : seen;
  }

  /** Without the read opcode the pointer stays where it is. */
  #showUnread(lengthBytes: number): Uint8Array {
    return new Uint8Array(lengthBytes).fill(this.#firstByte());
  }

  #firstByte(): number {
    return this.#slot.isPartlyRead() ? this.#slot.peek() : IDLE_BYTE;
  }
}
