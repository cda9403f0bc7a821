/**
 * Visible seals as an issuer writes them, in both forms, for these tests alone: headers, fields, C40, base32 and signatures
 * are written out here once more, so that a mistake of the reader finds no match.
 */
import type { ECDSA } from "@noble/curves/abstract/weierstrass.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { concat } from "../../src/bytes/bytes.ts";
import { ecSecret } from "../../src/sim/pki/ec-signer.ts";
import { type HashName, hash } from "../../src/sim/pki/signature-scheme.ts";

export const [GS, RS, US] = ["\u001d", "\u001e", "\u001f"];

/** A field as it is written, the mark at its end included. */
export type WrittenField = readonly [id: string, value: string, mark?: string];

/** An identity title as French cards have it; the holder is invented. */
export const IDENTITY: readonly WrittenField[] = [
  ["60", "ANNA MARIA/CLAIRE", GS],
  ["62", "MARTIN", GS],
  ["65", "ID"],
  ["66", "X4RTBPFW4", GS],
  ["67", "FR"],
  ["68", "F"],
  ["6C", "FR"],
];

/** `IDENTITY` with some fields written otherwise, further ones behind it, and those whose value is `undefined` left out. */
export function identityWith(
  changes: Readonly<Record<string, WrittenField[1] | undefined>>,
): readonly WrittenField[] {
  const ids = new Set(IDENTITY.map(([id]) => id));
  const changed = IDENTITY.flatMap((field): readonly WrittenField[] => {
    const [id, value, mark] = field;
    const other = id in changes ? changes[id] : value;
    return other === undefined ? [] : [mark === undefined ? [id, other] : [id, other, mark]];
  });
  const further = Object.entries(changes).flatMap(([id, value]): readonly WrittenField[] =>
    ids.has(id) || value === undefined ? [] : [[id, value, GS]],
  );
  return [...changed, ...further];
}

export interface SealText {
  readonly version?: "01" | "02" | "03" | "04";
  readonly authorityId?: string;
  readonly certificateId?: string;
  /** Four hexadecimal digits. */
  readonly documentDate?: string;
  readonly signatureDate?: string;
  readonly documentType?: string;
  readonly perimeter?: string;
  readonly country?: string;
  readonly fields?: readonly WrittenField[];
}

/** Header and message; 2414 is 2025-04-15. */
export function signedText({
  version = "04",
  authorityId = "FR05",
  certificateId = "0001",
  documentDate = "2413",
  signatureDate = "2414",
  documentType = "07",
  perimeter = "01",
  country = "FR",
  fields = IDENTITY,
}: SealText = {}): string {
  const number = Number(version);
  const header = `DC${version}${authorityId}${certificateId}${documentDate}${signatureDate}${documentType}`;
  const newer = `${number >= 3 ? perimeter : ""}${number >= 4 ? country : ""}`;
  return header + newer + fields.map(([id, value, mark = ""]) => id + value + mark).join("");
}

export type SealSign = (signed: Uint8Array) => Uint8Array;

const CURVES = {
  "P-256": { curve: p256, hash: "sha256" },
  "P-384": { curve: p384, hash: "sha384" },
  "P-521": { curve: p521, hash: "sha512" },
} as const satisfies Readonly<Record<string, { readonly curve: ECDSA; readonly hash: HashName }>>;

export type SealCurve = keyof typeof CURVES;

/** r ‖ s by the key that `ecSigner` has under this label. */
export const sealSign =
  (curve: SealCurve, label: string, hashName: HashName = CURVES[curve].hash): SealSign =>
  (signed) =>
    CURVES[curve].curve.sign(hash(hashName, signed), ecSecret(curve, label), { prehash: false, lowS: false });

/** Bytes of a text in ISO-8859-1. */
export const latin = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

/** The whole seal; `annex` is what follows the signature. */
export function textSeal(text: SealText, sign: SealSign, annex = ""): Uint8Array {
  const signed = latin(signedText(text));
  return concat(signed, latin(US + base32(sign(signed)) + annex));
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => BASE32[Number.parseInt(five.padEnd(5, "0"), 2)])
    .join("");
}

const C40 = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Text of the basic set, whose length is a multiple of three. */
export function c40(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const three of text.match(/.{3}/g) ?? []) {
    const [a = 0, b = 0, c = 0] = Array.from(three, (character) => C40.indexOf(character) + 3);
    const number = 1600 * a + 40 * b + c + 1;
    bytes.push(number >> 8, number & 0xff);
  }
  return Uint8Array.from(bytes);
}

export interface SealBytes {
  /** Three letters. */
  readonly country?: string;
  readonly authorityId?: string;
  /** Five hexadecimal digits. */
  readonly certificateId?: string;
  /** The number MMDDYYYY. */
  readonly documentDate?: number;
  readonly signatureDate?: number;
  readonly documentType?: number;
  readonly fields?: readonly (readonly [id: number, data: Uint8Array])[];
}

/** Header and message of the binary form. */
export function signedBytes({
  country = "FRA",
  authorityId = "FR05",
  certificateId = "00001",
  documentDate = 4_142_025,
  signatureDate = 4_152_025,
  documentType = 0x07,
  fields = [],
}: SealBytes = {}): Uint8Array {
  const three = (number: number) => [(number >> 16) & 0xff, (number >> 8) & 0xff, number & 0xff];
  return concat(
    Uint8Array.of(0xdc, 0x04),
    c40(country),
    c40(authorityId + certificateId),
    Uint8Array.of(...three(documentDate), ...three(signatureDate), documentType, 0x00, 0x01),
    ...fields.map(([id, data]) => concat(Uint8Array.of(id, ...lengthOf(data)), data)),
  );
}

const lengthOf = ({ length }: Uint8Array): readonly number[] =>
  length < 255 ? [length] : [0xff, length >> 8, length & 0xff];

/** The whole seal of the binary form. */
export function binarySeal(bytes: SealBytes, sign: SealSign): Uint8Array {
  const signed = signedBytes(bytes);
  const signature = sign(signed);
  return concat(signed, Uint8Array.of(0xff, signature.length), signature);
}
