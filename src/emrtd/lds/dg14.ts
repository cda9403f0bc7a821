/**
 * DG14, what the chip can do to prove itself: the same SecurityInfos as in EF.CardAccess, but signed with the rest. What
 * is hashed is the file as the card gave it; nothing is ever written anew from here (document sheet, 12, row 30).
 * Governing text: ICAO Doc 9303-10 §4.7.14, 9303-11 §9.2.
 */
import type { Result } from "../../result.ts";
import { parseSecurityInfos, type SecurityInfo, type SecurityInfosMalformed } from "../security-infos.ts";
import { fileContent, type LdsMalformed } from "./lds-object.ts";

/** Reads `6E L SecurityInfos`. Errors of `parseSecurityInfos` come through unchanged. */
export function parseDg14(
  file: Uint8Array,
): Result<readonly SecurityInfo[], LdsMalformed | SecurityInfosMalformed> {
  const content = fileContent("DG14", file);
  return content.ok ? parseSecurityInfos(content.value) : content;
}
