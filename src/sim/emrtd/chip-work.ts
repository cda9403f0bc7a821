/**
 * What a chip's protocols give back for one command: how long it works, and what is computed in that time, so that real
 * computing falls inside the modelled one. The application puts it under the session that is on.
 */
import { statusOnly } from "../cards/apdu.ts";
import type { Plain, SessionKeys } from "./secure-channel.ts";

/** What is said to one command, and what holds from the next one on: the answer itself still goes out as before. */
export interface Reply extends Plain {
  /** Keys of a new session. */
  readonly session?: SessionKeys;
  /** The session that is on is over, and this is said without it. */
  readonly isLast?: boolean;
}

export interface Work {
  readonly workUs: number;
  readonly reply: () => Reply;
  /** The card falls silent instead of an answer. */
  readonly isLost?: boolean;
}

/** Status words that several of the chip's protocols give. */
export const SW = {
  ok: 0x9000,
  wrongPassword: 0x6300,
  wrongLength: 0x6700,
  securityNotSatisfied: 0x6982,
  conditionsOfUse: 0x6985,
  wrongData: 0x6a80,
  notFound: 0x6a82,
  wrongParameters: 0x6a86,
  parametersMissing: 0x6a87,
  referenceNotFound: 0x6a88,
  unknownInstruction: 0x6d00,
  unknownClass: 0x6e00,
  failed: 0x6f00,
} as const;

/** A status and no data. */
export const status = (sw: number): Reply => ({ data: new Uint8Array(), sw });

/** Data and 90 00. */
export const done = (data: Uint8Array): Reply => ({ data, sw: SW.ok });

/** A reply as it is said outside secure messaging. */
export const inClear = ({ data, sw }: Plain): Uint8Array => Uint8Array.from([...data, ...statusOnly(sw)]);
