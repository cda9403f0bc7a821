/**
 * What PACE's messages and keys are made over: the name of a protocol, the passwords, the object under a token.
 * Governing text: ICAO Doc 9303-11 §9.2.1, §9.4.5, §9.7.3; BSI TR-03110-3 A.1.1.1, D.3.
 */
import { createHash } from "node:crypto";
import { concat } from "../../bytes/bytes.ts";
import { hex } from "../../bytes/hex.ts";
import { ascii } from "../pki/der.ts";
import { tlv } from "../tlv.ts";
import type { ChipGroup } from "./chip-group.ts";
import type { ChipContent, ChipMapping, ChipSuite, PaceOffer } from "./content.ts";

/** 0.4.0.127.0.7.2.2.4, and behind it the arcs of mapping and suite. */
const PACE_ARC = hex("04007F0007020204");
const MAPPING_ARCS: Readonly<Record<ChipMapping, number>> = {
  "DH-GM": 1,
  "ECDH-GM": 2,
  "DH-IM": 3,
  "ECDH-IM": 4,
  "ECDH-CAM": 6,
};
const SUITE_ARCS: Readonly<Record<ChipSuite, number>> = {
  "3DES": 1,
  "AES-128": 2,
  "AES-192": 3,
  "AES-256": 4,
};
const TAG_PUBLIC_KEY = 0x7f49;
const TAG_OBJECT_IDENTIFIER = 0x06;
const TAG_OF_KEY = { DH: 0x84, ECDH: 0x86 } as const;
const PASSWORD = { mrz: 1, can: 2 } as const;

/** Content of the object identifier that names this way of PACE: ten bytes. */
export const paceProtocol = ({ mapping, suite }: Pick<PaceOffer, "mapping" | "suite">): Uint8Array =>
  concat(PACE_ARC, Uint8Array.of(MAPPING_ARCS[mapping], SUITE_ARCS[suite]));

/** What a token is over: `7F49 { 06 protocol, 84|86 public key }`. */
export const publicKeyObject = (protocol: Uint8Array, { kind }: ChipGroup, key: Uint8Array): Uint8Array =>
  tlv(TAG_PUBLIC_KEY, concat(tlv(TAG_OBJECT_IDENTIFIER, protocol), tlv(TAG_OF_KEY[kind], key)));

/** What a key is derived from: 20 bytes for the MRZ, the digits of the CAN, nothing for what no gate has. */
export function passwordOf({ can, mrzInformation }: ChipContent, reference: bigint): Uint8Array | undefined {
  if (reference === BigInt(PASSWORD.mrz))
    return Uint8Array.from(createHash("sha1").update(ascii(mrzInformation)).digest());
  return reference === BigInt(PASSWORD.can) && can !== undefined ? ascii(can) : undefined;
}
