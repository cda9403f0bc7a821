/**
 * One host interface of the PN532 (SPI, I2C or serial) as the command runner sees it: whole frames out,
 * frame bytes in, and the wait until there is something to read.
 */
import type { BusError } from "../../src/ports/bus.ts";
import type { ReaderError } from "../../src/ports/card.ts";
import type { Result } from "../../src/result.ts";
import type { Millis } from "../../src/time/time.ts";
import type { Wanted } from "./exchange.ts";

/** How a wait ended. `late`: the deadline has passed and a look after it found nothing. */
export type Readiness = "ready" | "late" | "aborted";

export interface HostLink {
  /** Makes a sleeping chip listen; resolves when it may be written to. Forgets what was observed before. */
  wake(): Promise<Result<void, BusError>>;
  write(frame: Uint8Array): Promise<Result<void, BusError>>;
  /** Waits until the chip has something to read, looking at least once even when `until` has passed. */
  waitReady(until: Millis, signal?: AbortSignal): Promise<Result<Readiness, BusError>>;
  /**
   * Reads exactly that many bytes; past the end of a frame they are junk. No bytes at all when the interrupt
   * line had promised what the chip does not have: the caller waits again.
   */
  read(wanted: Wanted): Promise<Result<Uint8Array, BusError>>;
  /** What the bytes seen since `wake` say about a chip that did not answer. */
  explainSilence(): ReaderError;
  /** Conditions that cost latency but not function. */
  degraded(): readonly string[];
}
