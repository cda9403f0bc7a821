/**
 * What the gate sees of a reader and of a card in its field. Implemented by `drivers/pn532/reader.ts`.
 */
import type { Result } from "../result.ts";
import type { Millis } from "../time/time.ts";
import type { BusError, GpioError } from "./bus.ts";

/** The reader itself does not work; no card can be read until it recovers. */
export type ReaderError =
  | { readonly kind: "bus"; readonly error: BusError }
  | { readonly kind: "line"; readonly error: GpioError }
  /** The chip does not answer: not wired, not powered, wrong bus selected by its switches, or hung. */
  | { readonly kind: "chipSilent"; readonly remedy: string }
  /** Bytes come back, but they are not a PN532's: `observed` is what was seen, as hexadecimal. */
  | { readonly kind: "chipGarbled"; readonly observed: string; readonly remedy: string }
  /** The chip refused a command of ours with its error frame or an error status. */
  | { readonly kind: "chipRefused"; readonly command: string; readonly status: number };

/** Why an exchange with a card ended without an answer. The card's state is gone with each of these. */
export type LinkError =
  /** The card left the field or fell silent (chip status 01, 0B, 27 …). `status` is the chip's code. */
  | { readonly kind: "cardLost"; readonly status: number }
  /** The card broke the transport protocol: an answer over the limits, an absurd activation. */
  | { readonly kind: "cardGarbled"; readonly why: string }
  | { readonly kind: "readerFailed"; readonly error: ReaderError };

/** One APDU at a time to the activated card. */
export interface CardChannel {
  /**
   * Sends a command APDU and resolves with the response APDU, status words included (at least 2 bytes).
   * Never repeats an APDU by itself. A card that has not answered at `until` is lost (the reader has a limit
   * of its own for each APDU besides).
   */
  transceive(command: Uint8Array, until?: Millis): Promise<Result<Uint8Array, LinkError>>;
}

/** What is known of every card that was found and activated. */
interface FoundCard {
  /** `isoDep` cards take APDUs; `other` ones have no channel worth opening. */
  readonly kind: "isoDep" | "other";
  /** Historical bytes of a type A card's ATS, 0 to about 15 bytes; a hint of the family, never a proof. */
  readonly historicalBytes: Uint8Array;
  readonly channel: CardChannel;
}

/** A card that was found and activated, of either type of ISO/IEC 14443. */
export type DetectedCard = FoundCard &
  (
    | {
        readonly protocol: "typeA";
        /** SEL_RES, one byte. */
        readonly sak: number;
      }
    | { readonly protocol: "typeB" }
  );

/** One reader. All methods are called by one owner, one at a time. */
export interface CardReader {
  /**
   * One polling round. Resolves with the first card found, with `undefined` when the round ended without
   * one (or `signal` was aborted), or with the reason why the reader cannot poll.
   */
  poll(signal: AbortSignal): Promise<Result<DetectedCard | undefined, ReaderError>>;
  /** Whether the activated card is still in the field. */
  isPresent(): Promise<Result<boolean, ReaderError>>;
  /** Forgets the activated card and resets whatever is in the field (carrier off for at least 5 ms). */
  drop(): Promise<Result<void, ReaderError>>;
  /** Resets, wakes and configures the chip; to be called first and after any `ReaderError`. */
  start(): Promise<Result<ReaderInfo, ReaderError>>;
  /** Carrier off and lines released; the reader can be started again. */
  stop(): Promise<void>;
}

/** What a started reader says of itself. */
export interface ReaderInfo {
  /** As the chip reports it, for example `PN532 1.6`. */
  readonly firmware: string;
  /** Conditions that cost latency but not function, for example a dead interrupt line. */
  readonly degraded: readonly string[];
}
