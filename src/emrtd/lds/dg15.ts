/**
 * DG15, the public key of active authentication. Governing text: ICAO Doc 9303-10 §4.7.15; 9303-11 §6.1.
 */
import { readTlv } from "../../bytes/ber-tlv.ts";
import { err, ok, type Result } from "../../result.ts";
import { fileContent, type LdsMalformed } from "./lds-object.ts";

const SEQUENCE = 0x30;

/** Reads `6F L SubjectPublicKeyInfo` and returns the DER of that, unjudged, without bytes behind it. */
export function parseDg15(file: Uint8Array): Result<Uint8Array, LdsMalformed> {
  const content = fileContent("DG15", file);
  if (!content.ok) return content;
  const key = readTlv(content.value);
  if (!key.ok || key.value.tag !== SEQUENCE)
    return err({ kind: "ldsMalformed", file: "DG15", why: "structure" });
  return ok(content.value.subarray(0, key.value.end));
}
