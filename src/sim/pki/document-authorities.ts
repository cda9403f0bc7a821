/**
 * The authorities behind the virtual travel documents: country signers, the links between their keys, and document
 * signers, each made when first asked for and once per process, with the same bytes in every process. Apart from those
 * of the CIE's service side (`authority.ts`). ICAO Doc 9303-12 §4 and §7.
 */
import {
  type Certified,
  distinguishedName,
  makeCertificate,
  type NameParts,
  respelledName,
} from "./certificate.ts";
import {
  COUNTRY_SIGNERS,
  type CountrySignerName,
  type DocumentSignerState,
  type Owner,
  SIGNER_DATES,
  SIGNING_KINDS,
  type SigningKind,
} from "./document-authorities.table.ts";
import {
  authorityOfLeaves,
  CRL_SIGN,
  DIGITAL_SIGNATURE,
  documentTypeList,
  KEY_CERT_SIGN,
  keyUsage,
} from "./extensions.ts";
import { madeOnce } from "./made-once.ts";
import { ownScheme, type SignerKey } from "./signer-key.ts";

/** Which signer a document has. */
export interface DocumentSignerChoice {
  readonly authority: CountrySignerName;
  readonly kind: SigningKind;
  /** Default `valid`. */
  readonly state?: DocumentSignerState;
  /** Default `State`. */
  readonly owner?: Owner;
  /** How its names write the country; some States do it in lower case. Default `upper`. */
  readonly countryCase?: "upper" | "lower";
}

const once = madeOnce<Certified<SignerKey>>();

/** The certificate that a country signer's key signed for itself. */
export const countrySigner = (name: CountrySignerName, owner: Owner = "State"): Certified<SignerKey> =>
  once(`${name} ${owner}`, () => certifyCountrySigner(name, owner));

/** The certificate by which the key before this one vouches for it, under one name; `undefined` for a first key. */
export function countryLink(name: CountrySignerName): Certified<SignerKey> | undefined {
  const { follows } = COUNTRY_SIGNERS[name];
  return follows && once(`${name} link`, () => certifyLink(name, follows));
}

/** A document signer under the self-signed key of its State. */
export function documentSigner(choice: DocumentSignerChoice): Certified<SignerKey> {
  const { authority, kind, state = "valid", owner = "State", countryCase = "upper" } = choice;
  const facts = { authority, kind, state, owner, countryCase };
  return once(Object.values(facts).join(" "), () => certifyDocumentSigner(facts));
}

/** A country signer's name in another spelling than its certificates have. */
export const respelledCountrySigner = (name: CountrySignerName): Uint8Array =>
  respelledName(nameParts(COUNTRY_SIGNERS[name].country));

const nameParts = (country: string): NameParts => ({
  country,
  organisation: "Varco Simulator",
  unit: "Virtual documents without value",
  commonName: `Varco Virtual CSCA ${country.toUpperCase()}`,
});

const countrySerial = (number: number): Uint8Array => Uint8Array.of(0x5a, 0x00, 0x11, 0x22, number);
const LINK_BIT = 0x80;

function certifyCountrySigner(name: CountrySignerName, owner: Owner): Certified<SignerKey> {
  const { country, number, validity, key: keyOf } = COUNTRY_SIGNERS[name];
  const key = keyOf(owner);
  const subject = distinguishedName(nameParts(country));
  // An impostor shows the key identifiers of those whose names he bears.
  const { keyId } = keyOf("State");
  return makeCertificate({
    serial: countrySerial(number),
    issuer: subject,
    subject,
    validity,
    key,
    keyId,
    issuerKeyId: keyId,
    extensions: [keyUsage(KEY_CERT_SIGN, CRL_SIGN), authorityOfLeaves()],
    signedBy: key,
    scheme: ownScheme(key),
  });
}

function certifyLink(name: CountrySignerName, follows: CountrySignerName): Certified<SignerKey> {
  const [old, next] = [countrySigner(follows), countrySigner(name)];
  const { number, validity } = COUNTRY_SIGNERS[name];
  return makeCertificate({
    serial: countrySerial(number | LINK_BIT),
    issuer: old.subject,
    subject: next.subject,
    validity: { from: validity.from, to: COUNTRY_SIGNERS[follows].validity.to },
    key: next.key,
    keyId: next.keyId,
    issuerKeyId: old.keyId,
    extensions: [keyUsage(KEY_CERT_SIGN, CRL_SIGN), authorityOfLeaves()],
    signedBy: old.key,
    scheme: ownScheme(old.key),
  });
}

/** First letters of the documents that the signers of these States sign; all others sign passports and cards. */
const DOCUMENT_TYPES: Readonly<Record<string, readonly string[]>> = { IT: ["C"], US: ["P"] };
const PASSPORTS_AND_CARDS = ["P", "ID", "I", "C"];

function certifyDocumentSigner({
  authority,
  kind,
  state,
  owner,
  countryCase,
}: Required<DocumentSignerChoice>): Certified<SignerKey> {
  const issuer = countrySigner(authority, owner);
  const { country } = COUNTRY_SIGNERS[authority];
  const { number, validity } = SIGNER_DATES[state];
  const shownCountry = countryCase === "lower" ? country.toLowerCase() : country;
  const parts = nameParts(shownCountry);
  const { key: keyOf } = SIGNING_KINDS[kind];
  return makeCertificate({
    serial: signerSerial({ authority, kind, state }),
    issuer: countryCase === "lower" ? distinguishedName(parts) : issuer.subject,
    subject: distinguishedName({ ...parts, commonName: `Document Signer ${number}` }),
    validity,
    key: keyOf(owner),
    keyId: keyOf("State").keyId,
    issuerKeyId: issuer.keyId,
    extensions: [
      keyUsage(DIGITAL_SIGNATURE),
      documentTypeList(...(DOCUMENT_TYPES[country] ?? PASSPORTS_AND_CARDS)),
    ],
    signedBy: issuer.key,
    scheme: ownScheme(issuer.key),
  });
}

/** Serial number of a document signer: its authority, its dates and its kind. */
export function signerSerial({
  authority,
  kind,
  state = "valid",
}: Pick<DocumentSignerChoice, "authority" | "kind" | "state">): Uint8Array {
  const kindNumber = 1 + Object.keys(SIGNING_KINDS).indexOf(kind);
  return Uint8Array.of(COUNTRY_SIGNERS[authority].number, SIGNER_DATES[state].number, kindNumber);
}
