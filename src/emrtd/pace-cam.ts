/**
 * Chip authentication mapping: with its token the chip hands over, encrypted, the number that ties its first key of PACE to
 * the static key that the State signed. Whoever can do that holds the static private key, so the chip is no copy, and
 * no further protocol is needed. Governing text: ICAO Doc 9303-11 §4.4.3.5, appendix I; BSI TR-03110-3 A.3.4.3.
 */
import { equalBytes } from "../bytes/bytes.ts";
import { unpad } from "../crypto/block-padding.ts";
import { equalInConstantTime } from "../crypto/constant-time.ts";
import type { DocumentSuite } from "../crypto/document-suite.ts";
import type { KeyGroup } from "../crypto/key-group.ts";
import { err, ok, type Result } from "../result.ts";
import { chipKey } from "./chip-key.ts";
import type { SecurityInfo } from "./security-infos.ts";

/** What a run of PACE leaves to be judged. */
export interface ChipMapping {
  readonly group: KeyGroup;
  readonly parameterId: number | undefined;
  /** The chip's public key of the first agreement. */
  readonly chipKey: Uint8Array;
  /** CA_IC, a number modulo the order. */
  readonly chipData: Uint8Array;
}

export type ChipMappingFailure =
  /** The signed file names no key on the curve of PACE, or several without saying which. */
  | { readonly kind: "chipKeyMissing" }
  /** The chip does not hold the private key of the signed one: a copy. */
  | { readonly kind: "chipKeyMismatch" };

/** CA_IC of object 8A, under an IV that is the encryption of FF…FF; `undefined` when it is not there or opens to nothing. */
export function decryptChipData(
  cipher: DocumentSuite,
  ksEnc: Uint8Array,
  encrypted: Uint8Array | undefined,
): Uint8Array | undefined {
  const { blockBytes } = cipher;
  if (encrypted === undefined || encrypted.length === 0 || encrypted.length % blockBytes !== 0)
    return undefined;
  const iv = cipher.encryptCbc(ksEnc, new Uint8Array(blockBytes).fill(0xff));
  return unpad(cipher.decryptCbc(ksEnc, encrypted, iv), blockBytes);
}

/**
 * Whether CA_IC times the chip's static key is the key it used in PACE. `infos` are those of EF.CardSecurity, whose
 * signature must have been checked: an unsigned key proves nothing.
 */
export function checkChipMapping(
  { group, parameterId, chipKey: usedKey, chipData }: ChipMapping,
  infos: readonly SecurityInfo[],
): Result<"proven", ChipMappingFailure> {
  const staticKey = staticKeyOn(group, parameterId, infos);
  if (staticKey === undefined) return err({ kind: "chipKeyMissing" });
  const product = group.times(chipData, staticKey);
  const isProven = product !== undefined && equalInConstantTime(product, usedKey);
  return isProven ? ok("proven") : err({ kind: "chipKeyMismatch" });
}

/** Of several keys on the curve the one whose number is that of the parameters (BSI TR-03110-3 A.2.3): German passports have two. */
function staticKeyOn(
  group: KeyGroup,
  parameterId: number | undefined,
  infos: readonly SecurityInfo[],
): Uint8Array | undefined {
  const keys = infos.flatMap((info) => (info.kind === "chipAuthenticationKey" ? (chipKey(info) ?? []) : []));
  const onCurve = keys.filter((key) => key.group === group);
  const numbered = onCurve.filter(({ keyId }) => keyId !== undefined && keyId === parameterId);
  const candidates = onCurve.length > 1 ? numbered : onCurve;
  const [first] = candidates;
  return candidates.every(({ element }) => first !== undefined && equalBytes(element, first.element))
    ? first?.element
    : undefined;
}
