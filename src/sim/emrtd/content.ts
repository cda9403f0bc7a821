/**
 * What is inside a virtual travel document: its files and its secrets, as data. `documents/` makes it, from a profile and
 * the authorities of the simulated world; `emrtd-application.ts` plays the chip that holds it, by protocols of its own.
 * ICAO Doc 9303-10 (files), 9303-11 (protocols).
 */
import type { KeyObject } from "node:crypto";

/** Cipher suite of a protocol, by the name that the specifications give it. */
export type ChipSuite = "3DES" | "AES-128" | "AES-192" | "AES-256";

/** How a chip maps its nonce in PACE. */
export type ChipMapping = "DH-GM" | "ECDH-GM" | "DH-IM" | "ECDH-IM" | "ECDH-CAM";

/** A standardised group by its number: 0 to 2 and 8 to 18 (ICAO Doc 9303-11 §9.5.1). */
export type ParameterId = number;

/** One way in which the chip does PACE. What EF.CardAccess says of it stands in that file. */
export interface PaceOffer {
  readonly mapping: ChipMapping;
  readonly suite: ChipSuite;
  readonly parameterId: ParameterId;
}

/** A static key pair for chip authentication. */
export interface ChipKey {
  readonly parameterId: ParameterId;
  /** As DG14 and EF.CardSecurity number it. */
  readonly keyId?: number;
  /** Suites in which the chip does chip authentication with this key. */
  readonly suites: readonly ChipSuite[];
  /** The secret number, big-endian; the public key in the files belongs to it. */
  readonly secret: Uint8Array;
  /** Its number stands in EF.CardSecurity and ties it to chip authentication mapping. */
  readonly servesMapping?: boolean;
}

/** The key of active authentication; its public half stands in DG15. */
export interface ActiveKey {
  readonly key: KeyObject;
  readonly hash: "sha1" | "sha224" | "sha256" | "sha384" | "sha512";
  /** ECDSA only: r and s in DER, as one State's cards give them. */
  readonly der?: boolean;
}

export interface ChipContent {
  /** Historical bytes of the ATS. */
  readonly historicalBytes: Uint8Array;
  /** By file identifier: 011C EF.CardAccess, 011D EF.CardSecurity, 2F00 EF.DIR, 2F01 EF.ATR/INFO. */
  readonly masterFile: ReadonlyMap<number, Uint8Array>;
  /** Short identifiers of those files, on a card that has others than the book; a file without an entry has none. */
  readonly shortIdentifiers?: ReadonlyMap<number, number>;
  /** By file identifier: 011E EF.COM, 011D EF.SOD, 0101 to 0110 the data groups. Any touch of 0103 or 0104 is recorded. */
  readonly application: ReadonlyMap<number, Uint8Array>;
  /** Six digits; absent on documents that have none. */
  readonly can?: string;
  /** MRZ_information: number, birth and expiry with their check digits. */
  readonly mrzInformation: string;
  readonly pace: readonly PaceOffer[];
  readonly bac: boolean;
  /** Whether lengths of three bytes are understood, and the largest APDUs each way if EF.ATR/INFO announces them. */
  readonly extendedLength: boolean;
  readonly chipKeys: readonly ChipKey[];
  readonly activeKey?: ActiveKey;
}
