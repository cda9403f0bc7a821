/**
 * What the chip has for its host: one frame at a time, ACK or response, with a read pointer that survives
 * chip select, and the interrupt line that goes with it. Behind the end of a frame the host sees what the
 * shared buffer held before, never the next frame.
 */

/** `stray` is a frame that belongs to nothing the host has asked for. */
export type SlotContent = "ack" | "response" | "stray";

/** Largest frame on the wire with some room; the buffer behind a frame never ends. */
const BUFFER_BYTES = 320;

export class HostSlot {
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #content: SlotContent | undefined;
  #lengthBytes = 0;
  #pointer = 0;

  content(): SlotContent | undefined {
    return this.#content;
  }

  /** Puts a frame in; the one before must have been read or cleared. */
  offer(content: SlotContent, frame: Uint8Array): void {
    this.#content = content;
    this.#lengthBytes = frame.length;
    this.#pointer = 0;
    this.#buffer.set(frame);
  }

  /** What the host wrote lies in the same buffer, unless a frame still waits there. */
  remember(bytes: Uint8Array): void {
    if (this.#content === undefined) this.#buffer.set(bytes.subarray(0, BUFFER_BYTES));
  }

  /** Nothing is waiting; the pointer stays, so that further reads see what lies behind. */
  clear(): void {
    this.#content = undefined;
  }

  /** Read on from where chip select rose last time. */
  isPartlyRead(): boolean {
    return this.#content !== undefined && this.#pointer > 0;
  }

  /** The byte that is on the line before it is taken. */
  peek(): number {
    return this.#buffer[this.#pointer] ?? 0;
  }

  take(): number {
    const byte = this.peek();
    this.#pointer += 1;
    return byte;
  }

  /** The whole frame that waits, for an interface that sends by itself. */
  frame(): Uint8Array {
    return this.#buffer.slice(0, this.#lengthBytes);
  }

  /** Back to the first byte of the frame. */
  rewind(): void {
    this.#pointer = 0;
  }

  /** Whether the frame was taken as far as it means something: the postamble may be left unread. */
  isRead(): boolean {
    return this.#content !== undefined && this.#pointer >= this.#lengthBytes - 1;
  }
}
