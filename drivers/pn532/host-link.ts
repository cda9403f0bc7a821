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
  /** Resolves when the chip can have the whole frame. Answers to earlier frames are given up. */
  write(frame: Uint8Array): Promise<Result<void, BusError>>;
  /** Waits until the chip has something to read, looking at least once even when `until` has passed. */
  waitReady(until: Millis, signal?: AbortSignal): Promise<Result<Readiness, BusError>>;
  /**
   * Reads that many bytes; past the end of a frame they are junk. A link that cuts frames out of a stream
   * gives the whole frame at its start, whatever its length. No bytes at all when there is nothing to read
   * after all, as when an interrupt line fell for nothing: the caller waits again.
   */
  read(wanted: Wanted): Promise<Result<Uint8Array, BusError>>;
  /** What the bytes seen since `wake` say about a chip that did not answer. */
  explainSilence(): ReaderError;
  /** Conditions that cost latency but not function. */
  degraded(): readonly string[];
  /** Present where both sides must agree on a speed. */
  readonly speed?: LinkSpeed;
}

/** This side's speed on a serial link, in bit/s. */
export interface LinkSpeed {
  /** What the configuration asks for. */
  readonly wantedBaud: number;
  readonly currentBaud: number;
  set(baud: number): Promise<Result<void, BusError>>;
}
