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
 * What the bytes at hand are worth: `frame` = one whole frame; `started` = what may become one: a start code
 * without the rest, or so many bytes without one that it has lost a byte of its own; `nothing` = no bytes, or such
 * as may stand before a frame.
 */
export type InboxState = "frame" | "started" | "nothing";

/** The shortest answer has nine bytes with preamble and postamble; noise on a wire is shorter than what is left of it. */
const LEAST_ANSWER_BYTES = 7;

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
    this.#state = this.#search(bytes);
  }

  #search(bytes: Uint8Array): InboxState {
    const withoutFrame = bytes.length >= LEAST_ANSWER_BYTES ? "started" : "nothing";
    let offset = 0;
    let decoded = decodeFrame(bytes, offset);
    while (decoded.kind === "corrupt") {
      offset += decoded.used;
      decoded = decodeFrame(bytes, offset);
    }
    if (decoded.kind === "needMore") return offset > 0 || decoded.missingBytes > 0 ? "started" : withoutFrame;
    // The postamble of an ACK or NACK is at hand, but not counted as used.
    const postamble = decoded.kind === "ack" || decoded.kind === "nack" ? 1 : 0;
    this.#frame = { start: offset, end: offset + decoded.used + postamble };
    return "frame";
  }
}
