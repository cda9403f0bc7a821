/**
 * The static public key of a chip, out of DG14 or EF.CardSecurity: what chip authentication agrees with, and what chip
 * authentication mapping is judged by. Governing text: ICAO Doc 9303-11 §9.2.6; BSI TR-03110-3 A.2.2, D.3; RFC 5480 §2, RFC 3279 §2.3.
 */
import { readTlv } from "../bytes/ber-tlv.ts";
import { concat } from "../bytes/bytes.ts";
import type { KeyGroup } from "../crypto/key-group.ts";
import { children, wholeBits } from "../pki/asn1.ts";
import { groupOfAlgorithm } from "./domain-parameters.ts";
import type { SecurityInfo } from "./security-infos.ts";

type KeyInfo = Extract<SecurityInfo, { kind: "chipAuthenticationKey" }>;

export interface ChipKey {
  readonly group: KeyGroup;
  /** An element of the group. */
  readonly element: Uint8Array;
  readonly keyId: number | undefined;
}

const TAG_INTEGER = 0x02;

/** The key of an entry; `undefined` when its group is unknown or not of the kind announced, or it is no element of it. */
export function chipKey({ publicKey, agreement, keyId }: KeyInfo): ChipKey | undefined {
  const [algorithm, subjectKey] = children(publicKey);
  const group = groupOfAlgorithm(algorithm);
  const written = wholeBits(subjectKey);
  if (group === undefined || group.kind !== agreement || written === undefined) return undefined;
  const element = group.kind === "ECDH" ? written.slice() : numberOf(written, group.generator.length);
  return element !== undefined && group.isElement(element) ? { group, element, keyId } : undefined;
}

/** An integer modulo p is written as an INTEGER, and reckoned with as long as p. */
function numberOf(written: Uint8Array, lengthBytes: number): Uint8Array | undefined {
  const integer = readTlv(written);
  if (!integer.ok || integer.value.tag !== TAG_INTEGER || integer.value.end !== written.length)
    return undefined;
  const start = integer.value.value.findIndex((byte) => byte !== 0);
  const digits = integer.value.value.subarray(start < 0 ? 0 : start);
  return digits.length > lengthBytes
    ? undefined
    : concat(new Uint8Array(lengthBytes - digits.length), digits);
}
