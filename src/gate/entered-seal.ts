/**
 * A seal (2D-Doc) that was shown to a lane's scanner, as bytes that nobody has looked into yet. Text form alone: the binary
 * form has bytes that end an entry, and no end of its own. Between the port `entry` and `examine-seal.ts`.
 * Governing text: ANTS, 2D-Doc specification 3.2.6, 3.3.
 */
import type { Clock } from "../ports/clock.ts";
import type { Millis } from "../time/time.ts";
import { KeptEntry } from "./kept-entry.ts";

/** They are the taker's, who wipes them. */
export interface EnteredSeal {
  readonly bytes: Uint8Array;
  readonly enteredAt: Millis;
}

/** `DC` and two digits, its version: nothing that opens a document begins so. */
const SEAL = /^DC\d\d/;
const MARK_BYTES = 4;

/** Whether an entry is a seal, right or wrong, and so no password. */
export const isSeal = (entry: Uint8Array): boolean =>
  SEAL.test(String.fromCharCode(...entry.subarray(0, MARK_BYTES)));

/** Wipes a seal that was used, or will not be. */
export const wipeEnteredSeal = ({ bytes }: EnteredSeal): void => void bytes.fill(0);

/** The seals of one lane. */
export const sealEntry = (clock: Clock): KeptEntry<EnteredSeal> =>
  new KeptEntry({ clock, wipe: wipeEnteredSeal });
