/**
 * The key of a chip's active authentication, and the judgement of what the chip signed with it. Chips have smaller keys
 * than States and other encodings than certificates; the key comes from a hostile card and is judged before any
 * arithmetic is done with it. ICAO Doc 9303-11 §6.1.2; BSI TR-03111 §5.2; ISO/IEC 9796-2.
 */
import { type KeyObject, verify } from "node:crypto";
import { parseBase64Url } from "../bytes/base64url.ts";
import { concat } from "../bytes/bytes.ts";
import { hex } from "../bytes/hex.ts";
import { toInteger } from "./big-endian.ts";
import { CURVES, type CurveName } from "./curves.table.ts";
import type { HashName } from "./digest.ts";
import { plainFromDer, plainFromHalves } from "./ecdsa-numbers.ts";
import { isOver, recoverMessage } from "./iso-9796-2.ts";
import { importPublicKey, isSoundRsa, rsaPublicPower } from "./public-key.ts";

/** A public key that a chip may have; made only by `parseChipSigningKey`. */
export type ChipSigningKey =
  | {
      readonly kind: "rsa";
      readonly key: KeyObject;
      readonly modulus: bigint;
      readonly signatureBytes: number;
    }
  | {
      readonly kind: "ecdsa";
      readonly key: KeyObject;
      readonly orderBytes: number;
      /** The hash that goes with the length of the key. */
      readonly usualHash: HashName;
    };

/**
 * `keyMalformed`: no SubjectPublicKeyInfo that can be read. `keyStrength`: RSA outside 1,024 to 4,096 bits, or with a bad
 * exponent. `keyKind`: neither RSA nor a curve that documents use.
 */
export type ChipSigningKeyError = "keyMalformed" | "keyStrength" | "keyKind";

const RSA_BITS = { least: 1_024, most: 4_096 };
/** Orders of up to so many bytes, and the longest hash that is no longer than the key; for the smallest curves the shortest. */
const USUAL_HASHES: readonly (readonly [orderBytes: number, hash: HashName])[] = [
  [28, "sha224"],
  [40, "sha256"],
  [48, "sha384"],
  [66, "sha512"],
];
const HASHES: readonly HashName[] = ["sha224", "sha256", "sha384", "sha512", "sha1"];
const TAG_SEQUENCE = 0x30;

/** Reads a SubjectPublicKeyInfo in DER, as DG15 holds it. */
export function parseChipSigningKey(spki: Uint8Array): ChipSigningKey | ChipSigningKeyError {
  const key = importPublicKey(spki, "spki");
  if (key === undefined) return "keyMalformed";
  if (key.asymmetricKeyType === "rsa") {
    if (!isSoundRsa(key, RSA_BITS)) return "keyStrength";
    const modulus = parseBase64Url(key.export({ format: "jwk" }).n ?? "");
    if (modulus === undefined) return "keyMalformed";
    return { kind: "rsa", key, modulus: toInteger(modulus), signatureBytes: modulus.length };
  }
  const name = key.asymmetricKeyType === "ec" ? key.asymmetricKeyDetails?.namedCurve : undefined;
  if (!isCurveName(name)) return "keyKind";
  const orderBytes = hex(CURVES[name].n).length;
  const usualHash = USUAL_HASHES.find(([longest]) => orderBytes <= longest)?.[1] ?? "sha512";
  return { kind: "ecdsa", key, orderBytes, usualHash };
}

export interface ChipAnswer {
  readonly challenge: Uint8Array;
  /** As the chip sent it, of any length and content. */
  readonly signature: Uint8Array;
  /** The hash that the document announces for ECDSA; RSA signatures name theirs. */
  readonly announced: HashName | undefined;
}

/**
 * Whether the holder of the private key signed this challenge. An RSA signature is one of ISO/IEC 9796-2, shorter than
 * the modulus if it begins with zeros. An ECDSA signature is r ‖ s, or DER as Portuguese cards write it; of the hashes the
 * announced one is tried first, then the one that goes with the key, then the others.
 */
export const isSignedByChip = (key: ChipSigningKey, answer: ChipAnswer): boolean =>
  key.kind === "rsa" ? isRsaSigned(key, answer) : isEcdsaSigned(key, answer);

type KeyOf<Kind> = Extract<ChipSigningKey, { kind: Kind }>;

function isRsaSigned(
  { key, modulus, signatureBytes }: KeyOf<"rsa">,
  { challenge, signature }: ChipAnswer,
): boolean {
  if (signature.length > signatureBytes) return false;
  const block = concat(new Uint8Array(signatureBytes - signature.length), signature);
  const opened = rsaPublicPower(key, block);
  const recovered = opened && recoverMessage(opened, modulus);
  return recovered !== undefined && isOver(recovered, challenge);
}

function isEcdsaSigned({ key, orderBytes, usualHash }: KeyOf<"ecdsa">, answer: ChipAnswer): boolean {
  const { challenge, signature, announced = usualHash } = answer;
  const plain = plainFromHalves(signature, orderBytes);
  const fromDer = signature[0] === TAG_SEQUENCE ? plainFromDer(signature, orderBytes) : undefined;
  const hashes = new Set([announced, usualHash, ...HASHES]);
  return [plain, fromDer].some(
    (numbers) => numbers !== undefined && [...hashes].some((hash) => isEcdsa(key, hash, challenge, numbers)),
  );
}

function isEcdsa(key: KeyObject, hash: HashName, challenge: Uint8Array, numbers: Uint8Array): boolean {
  try {
    return verify(hash, challenge, { key, dsaEncoding: "ieee-p1363" }, numbers);
  } catch {
    // OpenSSL objects to numbers that are none of the curve's; the key itself has been judged before.
    return false;
  }
}

const isCurveName = (name: string | undefined): name is CurveName => name !== undefined && name in CURVES;
