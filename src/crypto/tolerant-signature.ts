/**
 * Signatures of travel documents as some States really make them. What is right by the book is settled by
 * `signature.ts`; this is for what that refuses: ECDSA numbers padded with zeros, a key whose certificate names
 * another curve than it is on, PSS with two hashes. None of it makes a signature easier to forge: the numbers, the
 * point and the hashes are those of the signed certificate, and each must still verify. ICAO Doc 9303-10 §4.6.2.
 */
import { readTlv, readTlvs } from "../bytes/ber-tlv.ts";
import { equalBytes } from "../bytes/bytes.ts";
import { hex } from "../bytes/hex.ts";
import { writeTlv } from "../bytes/write-tlv.ts";
import { plainFromDer } from "./ecdsa-numbers.ts";
import { verifyPss } from "./pss.ts";
import { importPublicKey } from "./public-key.ts";
import { type SignatureQuestion, type SignatureVerdict, verifySignature } from "./signature.ts";

/** What was wrong with a signature that verified all the same. */
export type SignatureDefect =
  /** A number of an ECDSA signature has zeros before it that do not belong there. */
  | "ecdsaPadding"
  /** The key is a point of another curve than its certificate names. */
  | "wrongCurve";

export interface TolerantVerdict {
  readonly verdict: SignatureVerdict;
  /** Empty unless the verdict is `valid`. */
  readonly defects: readonly SignatureDefect[];
}

const TAG_SEQUENCE = 0x30;
const TAG_BIT_STRING = 0x03;
const NO_UNUSED_BITS = Uint8Array.of(0);
const EC_PUBLIC_KEY = hex("06 07 2A8648CE3D0201");
/** Curves by the bytes of a coordinate, as object identifiers: NIST's and Brainpool's. Other sizes have one curve each. */
const TWINS: ReadonlyMap<number, readonly Uint8Array[]> = new Map([
  [28, [hex("06 05 2B81040021"), hex("06 09 2B2403030208010105")]],
  [32, [hex("06 08 2A8648CE3D030107"), hex("06 09 2B2403030208010107")]],
  [48, [hex("06 05 2B81040022"), hex("06 09 2B240303020801010B")]],
]);

/** Verifies strictly first, then with the defects above allowed. Never throws. */
export function verifyTolerantly(question: SignatureQuestion): TolerantVerdict {
  const strict = verifySignature(question);
  if (strict === "valid") return { verdict: strict, defects: [] };
  const { algorithm } = question;
  if (algorithm.kind === "ecdsa") return tolerantEcdsa(question, strict);
  const isSplit = typeof strict === "object" && strict.unsupported === "maskHash";
  if (algorithm.kind !== "rsaPss" || !isSplit) return { verdict: strict, defects: [] };
  const key = importPublicKey(question.spki, "spki");
  const isValid = key !== undefined && verifyPss(key, algorithm, question.message, question.signature);
  return { verdict: isValid ? "valid" : "invalid", defects: [] };
}

function tolerantEcdsa(question: SignatureQuestion, strict: SignatureVerdict): TolerantVerdict {
  const { algorithm, spki, message } = question;
  const point = pointOf(spki);
  const sizeBytes = ((point?.length ?? 1) - 1) / 2;
  const signature = plainFromDer(question.signature, sizeBytes);
  if (point === undefined || signature === undefined) return { verdict: strict, defects: [] };
  const isValid = (key: Uint8Array) =>
    verifySignature({
      algorithm: { kind: "ecdsaPlain", hash: algorithm.hash },
      spki: key,
      message,
      signature,
    }) === "valid";
  if (isValid(spki)) return { verdict: "valid", defects: ["ecdsaPadding"] };
  const others = (TWINS.get(sizeBytes) ?? []).map((curve) => keyOn(curve, point));
  const isOfOther = others.some((key) => !equalBytes(key, spki) && isValid(key));
  return isOfOther ? { verdict: "valid", defects: ["wrongCurve"] } : { verdict: strict, defects: [] };
}

/** The uncompressed point in a SubjectPublicKeyInfo, whatever stands in its algorithm. */
function pointOf(spki: Uint8Array): Uint8Array | undefined {
  const outer = readTlv(spki);
  const parts = outer.ok ? readTlvs(outer.value.value) : outer;
  const bits = parts.ok ? parts.value[1] : undefined;
  const isPoint = bits?.tag === TAG_BIT_STRING && bits.value[0] === 0 && bits.value[1] === 0x04;
  return isPoint ? bits.value.subarray(1) : undefined;
}

const keyOn = (curve: Uint8Array, point: Uint8Array): Uint8Array =>
  writeTlv(
    TAG_SEQUENCE,
    writeTlv(TAG_SEQUENCE, EC_PUBLIC_KEY, curve),
    writeTlv(TAG_BIT_STRING, NO_UNUSED_BITS, point),
  );
