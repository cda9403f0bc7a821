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
  | { readonly kind: "chipRefused"; readonly command: string; readonly status: number }
  /** The chip has switched its antenna drivers off to protect itself. It is given time before it is started again. */
  | { readonly kind: "chipProtection"; readonly cause: "overTemperature" | "overCurrent" };

/** Why an exchange with a card ended without an answer. The card's state is gone with each of these. */
export type LinkError =
  /** The card left the field or fell silent (chip status 01, 0B, 27 …). `status` is the chip's code. */
  | { readonly kind: "cardLost"; readonly status: number }
  /** The card broke the transport protocol: an answer over the limits, an absurd activation. */
  | { readonly kind: "cardGarbled"; readonly why: string }
  | { readonly kind: "readerFailed"; readonly error: ReaderError };

const LINK_ERRORS: ReadonlySet<string> = new Set<LinkError["kind"]>([
  "cardLost",
  "cardGarbled",
  "readerFailed",
]);

/** Whether an error of a reading is one of the link, rather than of what the card said. */
export const isLinkError = (error: { readonly kind: string }): error is LinkError =>
  LINK_ERRORS.has(error.kind);

/** One APDU at a time to the activated card. */
export interface CardChannel {
  /**
   * Sends a command APDU and resolves with the response APDU, status words included (at least 2 bytes).
   * Never repeats an APDU by itself. A card that has not answered at `until` is lost (the reader has a limit
   * of its own for each APDU besides).
   */
  transceive(command: Uint8Array, until?: Millis): Promise<Result<Uint8Array, LinkError>>;
}

/** A rate of the radio link between reader and card, the same both ways, in kbit/s (ISO/IEC 14443-4 §5.2.4). */
export type CardKbits = 106 | 212 | 424;

/** How a card is spoken to. */
export interface CardLink {
  readonly kbits: CardKbits;
  /** Who speaks ISO-DEP with it: the reader's firmware, or this program block by block. */
  readonly isoDep: "firmware" | "software";
  /** The longest frame that the card may answer in; 64 where the firmware asks for them. */
  readonly frameBytes: number;
}

/** What is known of every card that was found and activated. */
interface FoundCard {
  /** `isoDep` cards take APDUs; `other` ones have no channel worth opening. */
  readonly kind: "isoDep" | "other";
  /** Historical bytes of a type A card's ATS, 0 to about 15 bytes; a hint of the family, never a proof. */
  readonly historicalBytes: Uint8Array;
  readonly channel: CardChannel;
  /**
   * Agrees on the fastest rate that reader and card know, for whoever will read much: it costs a
   * command, or a few by this program's own engine. To be
   * called before the first APDU, since a card that refuses is activated anew at 106 kbit/s; its kind is not asked
   * again for an hour, then once, and in vain ever more seldom. Resolves with the link that holds from now on.
   */
  raiseSpeed(): Promise<Result<CardLink, LinkError>>;
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

/**
 * What came of a polling round: the first card found; `undefined` when the round ended without one; `notLooked` when
 * there was none, since the reader waited for its turn at a field that it shares. That is no sign of an empty field.
 */
export type Look = DetectedCard | "notLooked" | undefined;

/** One reader. All methods are called by one owner, one at a time. */
export interface CardReader {
  /** One polling round, `undefined` also when `signal` was aborted; or the reason why the reader cannot poll. */
  poll(signal: AbortSignal): Promise<Result<Look, ReaderError>>;
  /** Whether the activated card is still in the field. One that nobody could look for is taken to be there. */
  isPresent(): Promise<Result<boolean, ReaderError>>;
  /** Forgets the activated card and resets whatever is in the field (carrier off for at least 5 ms). */
  drop(): Promise<Result<void, ReaderError>>;
  /**
   * Brings the chip into service; to be called first and after any `ReaderError`. After a failure it begins with
   * the least that may help and goes on to the most: settings again, reset line, device node opened anew; one
   * that failed again soon begins further up. A chip that protects itself is refused its start until it has cooled.
   */
  start(): Promise<Result<ReaderInfo, ReaderError>>;
  /** Carrier off and lines released; the reader can be started again. */
  stop(): Promise<void>;
  /** What the reader counted since it was made. */
  health(): ReaderHealth;
}

/** A reader that shares its field with nobody: each of its polling rounds is a look. */
export interface LoneReader extends CardReader {
  poll(signal: AbortSignal): Promise<Result<DetectedCard | undefined, ReaderError>>;
}

/** A step of recovery, from the least to the most. */
export type RecoveryStep = "reconfigure" | "reset" | "reopen";

/**
 * Numbers of a reader's life: what rises here fails first elsewhere. Besides them, who speaks ISO-DEP with cards of which
 * nothing is known yet, and in frames of what size: what the chip has shown to sustain of what was chosen.
 */
export interface ReaderHealth extends Pick<CardLink, "isoDep" | "frameBytes"> {
  /** Commands that the chip was given. */
  readonly commands: number;
  /** Answers asked for again because they arrived damaged. */
  readonly rereads: number;
  /** Commands sent again because nobody acknowledged them, or nothing legible came back. */
  readonly resends: number;
  /** Commands given up, by us or because the chip did not answer. */
  readonly aborts: number;
  /** Frames that came in place of what was awaited and answered nothing: a second acknowledgement, a late answer. */
  readonly strays: number;
  /** How often each step of recovery brought the reader back. */
  readonly recoveries: Readonly<Record<RecoveryStep, number>>;
  /** Conditions that cost latency but not function, as `ReaderInfo.degraded`. */
  readonly degraded: readonly string[];
}

/** What a started reader says of itself. */
export interface ReaderInfo {
  /** As the chip reports it, for example `PN532 1.6`. */
  readonly firmware: string;
  /** Conditions that cost latency but not function, for example a dead interrupt line. */
  readonly degraded: readonly string[];
  /** The step that helped, when this start followed a failure; those before it did not. */
  readonly recoveredBy?: RecoveryStep | undefined;
}
