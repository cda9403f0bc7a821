/**
 * Cuts the frames out of a serial stream, which knows no beginnings and no ends, however it is chunked: frames
 * glued together, preambles of whatever length, junk between. Between the serial line and `hsu-link.ts`; pure.
 * Governing document: NXP UM0701-02 §6.2.1 (frames, preamble).
 */
import { concat } from "../../src/bytes/bytes.ts";
import { decodeFrame, MAX_FRAME_BYTES } from "./frame.ts";

/** The chip has one answer outstanding at a time; what is older than two of the longest is junk. */
export const MAX_INBOX_BYTES = 2 * MAX_FRAME_BYTES;

/**
 * What the bytes at hand are worth: `frame` = one whole frame; `started` = a start code, but no whole frame
 * (yet); `nothing` = no bytes, or such as may stand before a frame.
 */
export type InboxState = "frame" | "started" | "nothing";

export class FrameInbox {
  #bytes: Uint8Array = new Uint8Array(0);
  #state: InboxState = "nothing";
  /** Where the first whole frame lies, if the state is `frame`. */
  #frame = { start: 0, end: 0 };

  get state(): InboxState {
    return this.#state;
  }

  /** Takes bytes as they come; beyond `MAX_INBOX_BYTES` the oldest are lost. */
  push(chunk: Uint8Array): void {
    const all = concat(this.#bytes, chunk);
    this.#keep(all.subarray(Math.max(0, all.length - MAX_INBOX_BYTES)));
  }

  clear(): void {
    this.#keep(new Uint8Array(0));
  }

  /** The first whole frame, postamble included; without one, everything at hand. It is gone from the inbox. */
  take(): Uint8Array {
    const { start, end } = this.#state === "frame" ? this.#frame : { start: 0, end: this.#bytes.length };
    const taken = this.#bytes.slice(start, end);
    this.#keep(this.#bytes.slice(end));
    return taken;
  }

  #keep(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#state = "nothing";
    for (let offset = 0; offset < bytes.length; ) {
      const decoded = decodeFrame(bytes, offset);
      if (decoded.kind === "needMore") {
        if (decoded.missingBytes > 0) this.#state = "started";
        return;
      }
      if (decoded.kind !== "corrupt") {
        // The postamble of an ACK or NACK is at hand, but not counted as used.
        const postamble = decoded.kind === "ack" || decoded.kind === "nack" ? 1 : 0;
        this.#frame = { start: offset, end: offset + decoded.used + postamble };
        this.#state = "frame";
        return;
      }
      this.#state = "started";
      offset += decoded.used;
    }
  }
}
