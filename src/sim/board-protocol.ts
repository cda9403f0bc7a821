/**
 * What is said on the socket between a board in a process of its own and those who use it: a gate, which
 * sees buses and pins, and a director, which places cards and asks what happened. Payloads of a gate's
 * messages are bytes, for speed; the director speaks JSON.
 */

import type { FaultRates, StuckLine } from "./faults.ts";
import type { LatenessReport } from "./lateness.ts";
import type { LineLevel } from "./line-level.ts";
import type { OutputEdge } from "./pins.ts";
import type { TapSnapshot } from "./tap.ts";

/** Requests; the answer has the same type and request number. */
export const MESSAGE = {
  /** Node (UTF-8) → handle (1 byte), or nothing when no reader is wired to it. */
  spiOpen: 0x01,
  /** Handle, bytes → bytes seen, once they have gone over the bus. */
  spiTransfer: 0x02,
  /** Line, level → level. Makes it an output. */
  drive: 0x03,
  /** Line → level. */
  read: 0x04,
  /** Line → level; each later change comes as `change`. */
  watch: 0x05,
  /** JSON → JSON. */
  director: 0x06,
  /** Node (UTF-8) → handle (1 byte), or nothing when no reader is wired to it by I2C. */
  i2cOpen: 0x07,
  /** Handle, number of bytes (2 bytes, most significant first) → bytes read, or nothing: not acknowledged. */
  i2cRead: 0x08,
  /** Handle, bytes → one byte, or nothing: not acknowledged. */
  i2cWrite: 0x09,
  /** Node (UTF-8) → handle (1 byte), or nothing when no keypad or scanner is wired to it. What is typed comes as `typed`. */
  serialOpen: 0x0a,
  /** Handle, speed in bit/s (4 bytes, most significant first) → nothing, once it is set. */
  serialRate: 0x0b,
  /** Handle, bytes → nothing, once they have left. */
  serialWrite: 0x0c,
  /** Notification: line, level. */
  change: 0x81,
  /** Notification to a director that asked for it: JSON of one `RecordedEdge`. */
  outputEdge: 0x82,
  /** Notification: handle of a serial line, bytes that have come over it. */
  typed: 0x83,
} as const;

const LEVEL_HIGH = 1;

export const levelByte = (level: LineLevel): number => (level === "high" ? LEVEL_HIGH : 0);
export const byteLevel = (byte: number | undefined): LineLevel => (byte === LEVEL_HIGH ? "high" : "low");

/** An output edge with the state of every reader's last tap at that instant. */
export interface RecordedEdge extends OutputEdge {
  readonly taps: readonly TapSnapshot[];
}

/** What readers and cards have seen that they should not. */
export interface BoardRecords {
  /** Commands that the chips did not know, as hexadecimal. */
  readonly unhandled: readonly string[];
  /** APDU headers that the virtual identity documents did not know, as hexadecimal. */
  readonly unexpected: readonly string[];
  /** Commands sent to them that no gate may send: of the PIN, of other keys, for fingerprints and irises. */
  readonly tripwires: number;
  /** Files of theirs that gave out data, such as `cie/1001` and `travel/0101`, each once. */
  readonly filesRead: readonly string[];
}

export type DirectorRequest =
  | { readonly do: "place"; readonly node: string; readonly card: unknown; readonly when: "now" | "nextTry" }
  | { readonly do: "remove"; readonly node: string }
  /** Characters in hexadecimal, at the node of a keypad or scanner. */
  | { readonly do: "type"; readonly node: string; readonly hex: string }
  | { readonly do: "setFaults"; readonly node: string; readonly rates: Partial<FaultRates> }
  | { readonly do: "setStuckIrq"; readonly node: string; readonly stuck: StuckLine }
  | { readonly do: "edges"; readonly sinceUs: number }
  | { readonly do: "watchEdges" }
  | { readonly do: "records" }
  | { readonly do: "lateness" }
  | { readonly do: "now" };

/** What each request is answered with. */
export interface DirectorReplies {
  readonly place: null;
  readonly remove: null;
  readonly type: null;
  readonly setFaults: null;
  readonly setStuckIrq: null;
  readonly edges: readonly RecordedEdge[];
  readonly watchEdges: null;
  readonly records: BoardRecords;
  readonly lateness: LatenessReport;
  /** Microseconds of the board's time. */
  readonly now: number;
}
