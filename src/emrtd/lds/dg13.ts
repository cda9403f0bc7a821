/**
 * DG13, whatever the issuing State likes to put in: handed on as it is, since no two States mean the same by it.
 * Governing text: ICAO Doc 9303-10 §4.7.13.
 */
import type { Result } from "../../result.ts";
import { fileContent, type LdsMalformed } from "./lds-object.ts";

/** Content of `6D L …`. */
export const parseDg13 = (file: Uint8Array): Result<Uint8Array, LdsMalformed> => fileContent("DG13", file);
