/**
 * Signed objects of travel documents for these tests, right in everything that a test does not name: an identity card and
 * a passport, their security objects, and the question that a gate asks of them. Made with the simulator's writer of DER.
 */
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { checkDocumentSod, type FilesFailure } from "../../src/emrtd/passive-authentication.ts";
import type { SodFailure } from "../../src/emrtd/passive-authentication-sod.ts";
import { element, sequence, smallInteger } from "../../src/sim/pki/der.ts";
import type { CountrySignerName, SigningKind } from "../../src/sim/pki/document-authorities.table.ts";
import { countrySigner, documentSigner } from "../../src/sim/pki/document-authorities.ts";
import { type HashName, hash, hashIdentifier } from "../../src/sim/pki/signature-scheme.ts";
import { makeSignedData, type SignedContent } from "../../src/sim/pki/signed-data.ts";
import { ownScheme, type SignerKey } from "../../src/sim/pki/signer-key.ts";
import { bad } from "../good.ts";
import { AT, ascii, entry, store } from "../pki/makers.ts";

export const TODAY = { year: 2026, month: 6, day: 15 };
export const SECURITY_OBJECT = "2.23.136.1.1.1";

/** What a zone says of the document; the check digits of number and dates are right, the last one is not looked at. */
export interface ZoneFields {
  readonly code?: string;
  readonly issuer?: string;
  /** YYMMDD and its check digit. */
  readonly expiry?: string;
}

/** DG1 of a TD1 card, number `D23145890734` with the check digit of the published specimen. */
export function cardZone({ code = "ID", issuer = "FRA", expiry = "4912310" }: ZoneFields = {}): string {
  const first = `${code.padEnd(2, "<")}${issuer.padEnd(3, "<")}D231458907<<<<<<<<<<<<<<<`;
  return `${first}7408122F${expiry}UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<`;
}

export const dg1 = (zone: string): Uint8Array => writeTlv(0x61, writeTlv(0x5f1f, ascii(zone)));
export const DG1 = dg1(cardZone());
export const DG2 = writeTlv(0x75, new Uint8Array(300).fill(0x2a));
export const DG14 = writeTlv(0x6e, writeTlv(0x31, new Uint8Array(0)));
export const FILES: ReadonlyMap<number, Uint8Array> = new Map([
  [1, DG1],
  [2, DG2],
  [14, DG14],
]);

/** The signed list of these files' hashes. */
export function ldsObject(
  files: ReadonlyMap<number, Uint8Array> = FILES,
  { digest = "sha256", version = 0 }: { readonly digest?: HashName; readonly version?: number } = {},
): Uint8Array {
  const entries = [...files].map(([number, file]) => entry(Uint8Array.of(number), hash(digest, file)));
  return sequence(smallInteger(version), hashIdentifier(digest), sequence(...entries));
}

export interface SodFields extends Partial<Omit<SignedContent<SignerKey>, "signer" | "scheme">> {
  readonly authority?: CountrySignerName;
  readonly kind?: SigningKind;
  readonly signer?: SignedContent<SignerKey>["signer"];
}

/** EF.SOD under the French country signer of 2020, by RSA with SHA-256. */
export const documentSod = (fields: SodFields = {}): Uint8Array =>
  element(0x77, signedObject({ contentType: SECURITY_OBJECT, content: ldsObject(), ...fields }));

/** A ContentInfo over what is named. */
export function signedObject(fields: SodFields & Pick<SignedContent, "contentType" | "content">): Uint8Array {
  const { authority = "FR-2020", kind = "RSA SHA-256", ...rest } = fields;
  const signer = fields.signer ?? documentSigner({ authority, kind });
  return makeSignedData({ digest: "sha256", scheme: ownScheme(signer.key), ...rest, signer });
}

/** A trust store of these States, each with the one certificate that it signed for itself. */
export const trusting = (...names: readonly CountrySignerName[]) =>
  store({ anchors: names.map((name) => countrySigner(name).certificate) });
export const TRUSTED = trusting("FR-2020", "FR-2015", "DE-2021", "CH-2019", "UT-2019", "CN-2018");

export type Question = Parameters<typeof checkDocumentSod>[0];
export const check = (question: Partial<Question> = {}) =>
  checkDocumentSod({
    sod: documentSod(),
    files: FILES,
    anchors: TRUSTED,
    at: AT,
    today: TODAY,
    ...question,
  });
export const failure = (question: Partial<Question>): SodFailure | FilesFailure => bad(check(question));
