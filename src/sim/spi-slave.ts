/**
 * The chip's end of SPI: mode 0, least significant bit first, so that a controller that shifts the most
 * significant bit first sends and sees every byte reversed. The first byte of a chip select period says
 * what it is: 02 status, 01 write, 03 read.
 */
import type { FaultPlan } from "./faults.ts";
import type { HostSlot } from "./host-slot.ts";

const STATUS_READ = 0x02;
const DATA_WRITE = 0x01;
const DATA_READ = 0x03;
/** On the line while the host sends the first byte of a period and no frame is half read. */
const IDLE_BYTE = 0x01;

/** What the bus side tells the chip. */
export interface SlaveEvents {
  /** Bytes behind the write opcode. */
  onWrite(bytes: Uint8Array): void;
  /** The first byte of a waiting frame was taken. */
  onReadBegun(): void;
  /** A frame was taken to its end. */
  onReadDone(): void;
}

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

/** One chip select period with a chip that listens. `wire` holds the bytes as the controller sends them. */
export function transferAwake(
  wire: Uint8Array,
  slot: HostSlot,
  faults: FaultPlan,
  events: SlaveEvents,
): Uint8Array {
  const sent = reverseBits(wire);
  switch (sent[0]) {
    case STATUS_READ:
      return reverseBits(readStatus(sent.length, slot, faults));
    case DATA_READ:
      return reverseBits(readData(sent.length, slot, faults, events));
    case DATA_WRITE: {
      const shown = showUnread(sent.length, slot);
      events.onWrite(sent.subarray(1));
      return reverseBits(shown);
    }
    default:
      return reverseBits(showUnread(sent.length, slot));
  }
}

/** A chip without power or asleep leaves the line high. */
export const transferAsleep = (wire: Uint8Array): Uint8Array => new Uint8Array(wire.length).fill(0xff);

function readStatus(lengthBytes: number, slot: HostSlot, faults: FaultPlan): Uint8Array {
  const ready = slot.content() === undefined ? 0x00 : 0x01;
  const status = faults.strikes("garbledStatus") ? faults.garbledStatus() : ready;
  const seen = new Uint8Array(lengthBytes).fill(status);
  seen[0] = firstByte(slot);
  return seen;
}

/** The first byte is not frame data at the start of a frame, but is the next unread one in its middle. */
function readData(lengthBytes: number, slot: HostSlot, faults: FaultPlan, events: SlaveEvents): Uint8Array {
  const seen = new Uint8Array(lengthBytes);
  const waiting = slot.content() !== undefined;
  if (waiting) events.onReadBegun();
  seen[0] = slot.isPartlyRead() ? slot.take() : IDLE_BYTE;
  for (let index = 1; index < lengthBytes; index++) seen[index] = slot.take();
  if (slot.isRead()) events.onReadDone();
  return waiting && faults.strikes("corruptRead") ? faults.corrupted(seen) : seen;
}

/** Without the read opcode the pointer stays where it is. */
const showUnread = (lengthBytes: number, slot: HostSlot): Uint8Array =>
  new Uint8Array(lengthBytes).fill(firstByte(slot));

const firstByte = (slot: HostSlot): number => (slot.isPartlyRead() ? slot.peek() : IDLE_BYTE);
