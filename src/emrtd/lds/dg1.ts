/**
 * DG1, the machine readable zone of the document: who the holder is. The first file of a reading; it is believed once the hash
 * in EF.SOD is its own. Governing text: ICAO Doc 9303-10 §4.7.1.
 */
import { err, type Result } from "../../result.ts";
import { contentOf, fileObjects, type LdsMalformed } from "./lds-object.ts";
import { type Mrz, type MrzMalformed, parseMrz } from "./mrz.ts";

const ZONE = 0x5f1f;

/** Reads `61 L 5F1F L zone`. Errors of `parseMrz` come through unchanged. */
export function parseDg1(file: Uint8Array): Result<Mrz, LdsMalformed | MrzMalformed> {
  const objects = fileObjects("DG1", file);
  if (!objects.ok) return objects;
  const zone = contentOf(objects.value, ZONE);
  return zone === undefined ? err({ kind: "ldsMalformed", file: "DG1", why: "structure" }) : parseMrz(zone);
}
