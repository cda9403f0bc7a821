/**
 * The LDS security object: the list of hashes that a State signs, one for each file of the chip (ICAO Doc 9303-10
 * §4.6.2.3). The service side of the CIE uses the same structure for its own files.
 */
import { Integer, OctetString, Sequence } from "asn1js";
import { toHex } from "../bytes/hex.ts";
import type { HashName } from "../crypto/digest.ts";
import { err, ok, type Result } from "../result.ts";
import { hashAlgorithm } from "./algorithms.ts";
import { CARD_OBJECT, children, integerBytes, match, octets, parseWhole } from "./asn1.ts";
import type { Asn1Error } from "./asn1-scan.ts";

export interface LdsSecurityObject {
  readonly version: 0 | 1;
  /** Hash of every entry; it may differ from the hash of the signature around the object. */
  readonly hash: HashName;
  /**
   * Hashes by the number of their file, which is the content of the INTEGER in upper-case hexadecimal. The CIE writes
   * its file A1 as the one-byte negative integer `02 01 A1`, so numbers are told apart by their bytes alone.
   */
  readonly hashes: ReadonlyMap<string, Uint8Array>;
}

export type LdsError =
  | Asn1Error
  | { readonly kind: "securityObject"; readonly field: "structure" | "version" | "entry" | "duplicate" }
  /** The hash algorithm is none of the five in use. */
  | { readonly kind: "unsupportedHash" };

const SECURITY_OBJECT = new Sequence({
  value: [
    new Integer({ name: "version" }),
    new Sequence({ name: "algorithm" }),
    new Sequence({ name: "entries" }),
    new Sequence({ name: "versionInfo", optional: true }),
  ],
});
const ENTRY = new Sequence({ value: [new Integer({ name: "number" }), new OctetString({ name: "hash" })] });

/** Reads the content of a security object. A number that comes twice is refused: one of its hashes would be unseen. */
export function parseLdsSecurityObject(content: Uint8Array): Result<LdsSecurityObject, LdsError> {
  const bad = (field: "structure" | "version" | "entry" | "duplicate") =>
    err<LdsError>({ kind: "securityObject", field });
  const element = parseWhole(content, CARD_OBJECT);
  if (!element.ok) return element;
  const parts = match(element.value, SECURITY_OBJECT);
  if (parts === undefined) return bad("structure");
  const version = { "00": 0, "01": 1 }[toHex(integerBytes(parts.get("version")))];
  if (version !== 0 && version !== 1) return bad("version");
  const hashes = new Map<string, Uint8Array>();
  for (const entry of children(parts.get("entries"))) {
    const fields = match(entry, ENTRY);
    const hash = octets(fields?.get("hash"));
    const number = toHex(integerBytes(fields?.get("number")));
    if (hash === undefined) return bad("entry");
    if (hashes.has(number)) return bad("duplicate");
    hashes.set(number, hash);
  }
  const hash = hashAlgorithm(parts.get("algorithm"));
  return hash === undefined ? err({ kind: "unsupportedHash" }) : ok({ version, hash, hashes });
}
