/**
 * Extensions of certificates that this program understands (RFC 5280 §4.2, ICAO Doc 9303-12 §4.1.1). A critical one
 * that it does not understand is named, so that the chain check can refuse the certificate.
 */
import { Any, Boolean as BooleanBlock, Constructed, Primitive, Sequence } from "asn1js";
import { toHex } from "../bytes/hex.ts";
import {
  bits,
  CARD_OBJECT,
  children,
  contextBytes,
  type Element,
  isTrue,
  match,
  octets,
  oid,
  parseWhole,
  text,
} from "./asn1.ts";

export interface KeyUsage {
  readonly digitalSignature: boolean;
  /** Content commitment, as RFC 5280 has it since: seals and signatures of persons. */
  readonly nonRepudiation: boolean;
  readonly keyCertSign: boolean;
  readonly crlSign: boolean;
}

export interface Extensions {
  /** Upper-case hexadecimal. */
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
  readonly keyUsage: KeyUsage | undefined;
  /** `cA` of the basic constraints; false if they are absent. */
  readonly isAuthority: boolean;
  /** Object identifiers; empty if the extension is absent. */
  readonly extendedKeyUsage: readonly string[];
  /** First letters of the machine readable zone of the documents that a signer may sign, such as `C`. */
  readonly documentTypes: readonly string[] | undefined;
  /** Object identifiers of critical extensions that are not understood. */
  readonly unknownCritical: readonly string[];
}

const SUBJECT_KEY_ID = "2.5.29.14";
const KEY_USAGE = "2.5.29.15";
const BASIC_CONSTRAINTS = "2.5.29.19";
const AUTHORITY_KEY_ID = "2.5.29.35";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const DOCUMENT_TYPES = "2.23.136.1.1.6.2";
/** Understood as of no effect here: period of the private key, alternative names, CRL address, policies, name change. */
const INFORMATIVE = ["2.5.29.16", "2.5.29.17", "2.5.29.18", "2.5.29.31", "2.5.29.32", "2.23.136.1.1.6.1"];
const READ: ReadonlySet<string> = new Set([
  SUBJECT_KEY_ID,
  KEY_USAGE,
  BASIC_CONSTRAINTS,
  AUTHORITY_KEY_ID,
  EXTENDED_KEY_USAGE,
  DOCUMENT_TYPES,
]);
const UNDERSTOOD: ReadonlySet<string> = new Set([...READ, ...INFORMATIVE]);

const AUTHORITY_KEY = new Sequence({
  value: [
    new Primitive({ name: "keyId", optional: true, idBlock: { tagClass: 3, tagNumber: 0 } }),
    new Constructed({ optional: true, idBlock: { tagClass: 3, tagNumber: 1 } }),
    new Primitive({ optional: true, idBlock: { tagClass: 3, tagNumber: 2 } }),
  ],
});
const CONSTRAINTS = new Sequence({
  value: [new BooleanBlock({ name: "authority", optional: true }), new Any({ optional: true })],
});

/** Bits of a key usage, counted from the left (RFC 5280 §4.2.1.3): 0, 1, 5 and 6, all in the first byte. */
const DIGITAL_SIGNATURE = 0x80;
const NON_REPUDIATION = 0x40;
const KEY_CERT_SIGN = 0x04;
const CRL_SIGN = 0x02;

/** Reads `SEQUENCE OF Extension`; `undefined` if one of them is malformed or comes twice. */
export function readExtensions(list: Element | undefined): Extensions | undefined {
  const contents = new Map<string, Element>();
  const unknownCritical: string[] = [];
  for (const extension of children(list)) {
    const [type, ...rest] = children(extension);
    const id = oid(type);
    const value = octets(rest.at(-1));
    if (id === "" || value === undefined || contents.has(id)) return undefined;
    if (!UNDERSTOOD.has(id) && isTrue(rest[0])) unknownCritical.push(id);
    if (!READ.has(id)) continue;
    const content = parseWhole(value, CARD_OBJECT);
    if (!content.ok) return undefined;
    contents.set(id, content.value);
  }
  const types = contents.get(DOCUMENT_TYPES);
  return {
    subjectKeyId: hexOf(octets(contents.get(SUBJECT_KEY_ID))),
    authorityKeyId: hexOf(
      contextBytes(match(contents.get(AUTHORITY_KEY_ID), AUTHORITY_KEY)?.optional("keyId")),
    ),
    keyUsage: readKeyUsage(contents.get(KEY_USAGE)),
    isAuthority: isTrue(match(contents.get(BASIC_CONSTRAINTS), CONSTRAINTS)?.optional("authority")),
    extendedKeyUsage: children(contents.get(EXTENDED_KEY_USAGE)).map(oid),
    documentTypes: types && children(children(types)[1]).map((type) => text(type) ?? ""),
    unknownCritical,
  };
}

const hexOf = (bytes: Uint8Array | undefined): string | undefined => bytes && toHex(bytes);

function readKeyUsage(element: Element | undefined): KeyUsage | undefined {
  const first = bits(element)?.[0];
  if (element === undefined) return undefined;
  const has = (bit: number): boolean => ((first ?? 0) & bit) !== 0;
  return {
    digitalSignature: has(DIGITAL_SIGNATURE),
    nonRepudiation: has(NON_REPUDIATION),
    keyCertSign: has(KEY_CERT_SIGN),
    crlSign: has(CRL_SIGN),
  };
}
