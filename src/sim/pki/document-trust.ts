/**
 * What the operator of a gate imports to trust the virtual documents: country signers, the links between them, a master
 * list, revocation lists, and all of it as an export of the public key directory. ICAO Doc 9303-12 §5, §7.2 and §9.
 */
import { toBase64Url } from "../../bytes/base64url.ts";
import { authority } from "./authority.ts";
import {
  COUNTRY_SIGNERS,
  type CountrySignerName,
  SIGNING_KINDS,
  type SigningKind,
} from "./document-authorities.table.ts";
import { countryLink, countrySigner, documentSigner, signerSerial } from "./document-authorities.ts";
import { revocationListOf } from "./revocation-list.ts";
import { ownScheme } from "./signer-key.ts";
import { makeMasterList } from "./trust-material.ts";

export interface DocumentTrust {
  /** Certificates of country signers, DER: each State's own, and links between keys. */
  readonly certificates: readonly Uint8Array[];
  /** Country signers that the published lists lack; to be imported by hand. */
  readonly outsideLists: readonly Uint8Array[];
  /** One list for each country signer. */
  readonly revocationLists: readonly Uint8Array[];
  /** `certificates` under the signature of a list signer. */
  readonly masterList: Uint8Array;
  /** The certificate to be pinned for `masterList`. */
  readonly masterListPin: Uint8Array;
  /** Master list, revocation lists and a document signer in an LDIF file. */
  readonly ldif: string;
}

const isCountrySigner = (name: string): name is CountrySignerName => Object.hasOwn(COUNTRY_SIGNERS, name);
const isKind = (name: string): name is SigningKind => Object.hasOwn(SIGNING_KINDS, name);
const OUTSIDE: CountrySignerName = "ID-2010";
const ALL = Object.keys(COUNTRY_SIGNERS).filter(isCountrySigner);
const LISTED = ALL.filter((name) => name !== OUTSIDE);
const KINDS = Object.keys(SIGNING_KINDS).filter(isKind);

let made: DocumentTrust | undefined;

/** Made when first asked for and once per process. */
export function documentTrust(): DocumentTrust {
  made ??= makeTrust();
  return made;
}

function makeTrust(): DocumentTrust {
  const links = LISTED.flatMap((name) => countryLink(name) ?? []);
  const certificates = [...LISTED.map((name) => countrySigner(name)), ...links].map(
    ({ certificate }) => certificate,
  );
  const revocationLists = ALL.map(revocations);
  const masterList = makeMasterList(certificates);
  return {
    certificates,
    outsideLists: [countrySigner(OUTSIDE).certificate],
    revocationLists,
    masterList,
    masterListPin: authority("self-made").countrySigner(2).certificate,
    ldif: ldifOf(masterList, revocationLists),
  };
}

/** Of every kind of document signer under this authority, the one that counts as revoked. */
function revocations(name: CountrySignerName): Uint8Array {
  const issuer = countrySigner(name);
  const revoked = KINDS.map((kind) => signerSerial({ authority: name, kind, state: "revoked" }));
  return revocationListOf(issuer, { scheme: ownScheme(issuer.key), revoked });
}

/** As the public key directory exports: one entry for each object, values folded (RFC 2849). */
function ldifOf(masterList: Uint8Array, revocationLists: readonly Uint8Array[]): string {
  const signer = documentSigner({ authority: "DE-2021", kind: "brainpoolP256r1" }).certificate;
  const entries = [
    entry("cn=Varco,c=IT", "pkdMasterListContent", masterList),
    entry("cn=Document Signer,c=DE", "userCertificate;binary", signer),
    ...revocationLists.map((list, index) =>
      entry(`cn=List ${index},c=UT`, "certificateRevocationList;binary", list),
    ),
  ];
  return ["version: 1\n", ...entries].join("\n");
}

const LINE_CHARACTERS = 76;

const entry = (name: string, attribute: string, value: Uint8Array): string =>
  `dn: ${name},o=dl,dc=data\nobjectClass: top\n${folded(`${attribute}:: ${base64(value)}`)}\n`;

/** Lines after the first begin with a blank, which counts. */
function folded(line: string): string {
  const first = line.slice(0, LINE_CHARACTERS);
  const rest = line.slice(LINE_CHARACTERS).match(new RegExp(`.{1,${LINE_CHARACTERS - 1}}`, "g")) ?? [];
  return [first, ...rest].join("\n ");
}

function base64(bytes: Uint8Array): string {
  const text = toBase64Url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}
