/**
 * The chip that a holder's card was found to be, kept from the enrolment on. Implemented by `src/journal/chip-pin-store.ts`.
 */
import type { Result } from "../result.ts";
import type { JournalError, NewEvent, PersonalPart } from "./journal.ts";

/** What an enrolment pins to a holder, after the State's signature over it was verified. */
export interface ChipPin {
  /** PKCS#1 RSAPublicKey in DER, 270 bytes for 2048 bits, as the card gave it without filler. */
  readonly publicKey: Uint8Array;
  /** Which of the two forms on record the signed object had. */
  readonly generation: 1 | 2 | "other";
  /** SHA-256 of the document signer's certificate, as 64 hexadecimal digits in capitals. */
  readonly signer: string;
}

/** Who a pin belongs to. */
export type PinHolder = Omit<PersonalPart, "kind">;

/** What became of a pin. `otherKey`: the holder has one already, for another chip; nothing was changed. */
export type Pinning = "pinned" | "alreadyPinned" | "otherKey";

/** The question of each passage, and the answer of an enrolment on the fly. */
export interface ChipPins {
  pinOf(pseudonym: Uint8Array): Result<ChipPin | undefined, JournalError>;
  /** Pins in one transaction with `events`; nothing is written, and no event, unless it was `pinned`. */
  pin(holder: PinHolder, pin: ChipPin, events: readonly NewEvent[]): Promise<Result<Pinning, JournalError>>;
}
