/**
 * What people enter at a gate as a port: digits of a keypad, text of a document scanner. Implemented by `drivers/input/`
 * on input devices and serial lines. Entries open documents, so they are bytes that can be wiped, and no event but
 * `entry` tells anything of them.
 */
import type { BusError } from "./bus.ts";

/** Why nothing can be entered at present, and what a person does about it. */
export type EntryFault = BusError & { readonly remedy: string };

/** Why something that was typed or scanned never became an entry; it is to be entered again. */
export type EntryLoss =
  /** It had more characters than any document needs. */
  | "entryTooLong"
  /** The system had more keystrokes than it could keep, and dropped some. */
  | "keysLost"
  /** Nobody went on with it. */
  | "entryUnfinished";

export type EntryEvent =
  /**
   * A whole entry: 1 to 512 bytes, mostly ASCII, without what ended it; between lines that belong together stands one
   * line feed, and a seal has its separators (1D, 1E, 1F) in it. It is the listener's from now on, who wipes it.
   */
  | { readonly kind: "entry"; readonly entry: Uint8Array }
  | { readonly kind: "lost"; readonly why: EntryLoss }
  /** The device works: at the start, and again after each `down`. */
  | { readonly kind: "up" }
  /** It does not, and is tried again by itself; told once for each kind of fault. */
  | { readonly kind: "down"; readonly fault: EntryFault };

/** A keypad or a scanner. */
export interface EntrySource {
  /** Begins, for the only listener that there will be. To be called once. */
  start(listener: (event: EntryEvent) => void): void;
  /** Ends for good: wipes what was entered by half and gives the device back. No event comes any more. */
  stop(): Promise<void>;
}
