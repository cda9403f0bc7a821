/**
 * SecurityInfos: what a document says of its protocols and keys, in EF.CardAccess, EF.CardSecurity and DG14. An entry that
 * is unknown, or that is not what its identifier promises, is kept as `unknown` and harms nobody. The bytes of the
 * whole file are what is hashed elsewhere, never something written anew from here.
 * Governing text: ICAO Doc 9303-11 §9.2; BSI TR-03110-3 A.1.
 */
import type { SuiteName } from "../crypto/document-suite.ts";
import type { KeyGroup } from "../crypto/key-group.ts";
import { CARD_OBJECT, children, type Element, integerBytes, oid, parseAsn1, rawBytes } from "../pki/asn1.ts";
import { err, ok, type Result } from "../result.ts";
import { groupOfAlgorithm } from "./domain-parameters.ts";

/** How PACE maps the nonce to a generator, and over which kind of group. */
export type PaceMapping = "DH-GM" | "ECDH-GM" | "DH-IM" | "ECDH-IM" | "ECDH-CAM";

/** Of chip authentication. */
export type Agreement = "DH" | "ECDH";

export type SecurityInfo =
  | {
      readonly kind: "pace";
      readonly mapping: PaceMapping;
      readonly suite: SuiteName;
      readonly version: number;
      /** Of the standardised parameters, or of the `paceParameters` entry with the same number. */
      readonly parameterId: number | undefined;
    }
  /** PACEDomainParameterInfo: `group` is `undefined` when the parameters are none of the known ones. */
  | {
      readonly kind: "paceParameters";
      readonly mapping: PaceMapping;
      readonly group: KeyGroup | undefined;
      readonly parameterId: number | undefined;
    }
  | {
      readonly kind: "chipAuthentication";
      readonly agreement: Agreement;
      readonly suite: SuiteName;
      readonly version: number;
      readonly keyId: number | undefined;
    }
  | {
      readonly kind: "chipAuthenticationKey";
      readonly agreement: Agreement;
      /** SubjectPublicKeyInfo. */
      readonly publicKey: Element;
      readonly keyId: number | undefined;
    }
  /** `signatureAlgorithm` is an object identifier, dotted. */
  | { readonly kind: "activeAuthentication"; readonly signatureAlgorithm: string }
  | { readonly kind: "unknown"; readonly protocol: string };

export interface SecurityInfosMalformed {
  readonly kind: "securityInfosMalformed";
}

const TAG_SET = 0x31;
const MAPPINGS: ReadonlyMap<string, PaceMapping> = new Map([
  ["1", "DH-GM"],
  ["2", "ECDH-GM"],
  ["3", "DH-IM"],
  ["4", "ECDH-IM"],
  ["6", "ECDH-CAM"],
]);
const SUITES: ReadonlyMap<string, SuiteName> = new Map([
  ["1", "3DES"],
  ["2", "AES-128"],
  ["3", "AES-192"],
  ["4", "AES-256"],
]);
const AGREEMENTS: ReadonlyMap<string, Agreement> = new Map([
  ["1", "DH"],
  ["2", "ECDH"],
]);
/** The arcs of BSI TR-03110: public keys 1, chip authentication 3, PACE 4; then mapping or agreement, then suite. */
const PROTOCOL = /^0\.4\.0\.127\.0\.7\.2\.2\.([134])\.(\d)(?:\.(\d))?$/;
const ACTIVE_AUTHENTICATION = "2.23.136.1.1.5";
/** Numbers of keys and of parameters take a byte; a few more are let pass. */
const MAX_NUMBER_BYTES = 4;

/**
 * Reads a DER SET OF SecurityInfo; filler behind it is ignored. `securityInfosMalformed`: no such set, or one beyond the
 * limits of a card's object.
 */
export function parseSecurityInfos(
  bytes: Uint8Array,
): Result<readonly SecurityInfo[], SecurityInfosMalformed> {
  const set = parseAsn1(bytes, CARD_OBJECT);
  if (!set.ok || rawBytes(set.value)[0] !== TAG_SET) return err({ kind: "securityInfosMalformed" });
  return ok(children(set.value).map(securityInfo));
}

function securityInfo(element: Element): SecurityInfo {
  const [protocol, required, optional] = children(element);
  const name = oid(protocol);
  const [, arc = name, variant = "", suiteArc] = PROTOCOL.exec(name) ?? [];
  const read = READERS.get(arc);
  const info = required && read?.({ variant, suiteArc, required, optional });
  return info ?? { kind: "unknown", protocol: name };
}

/** An entry taken apart, the last two arcs of its identifier among the parts. */
interface Entry {
  readonly variant: string;
  readonly suiteArc: string | undefined;
  readonly required: Element;
  readonly optional: Element | undefined;
}

/** By the arc that says which protocol it is, or by the whole identifier. */
const READERS: ReadonlyMap<string, (entry: Entry) => SecurityInfo | undefined> = new Map([
  ["1", chipAuthenticationKey],
  ["3", chipAuthentication],
  ["4", pace],
  [ACTIVE_AUTHENTICATION, activeAuthentication],
]);

function pace({ variant, suiteArc, required, optional }: Entry): SecurityInfo | undefined {
  const mapping = MAPPINGS.get(variant);
  if (mapping === undefined) return undefined;
  const parameterId = small(optional);
  if (suiteArc === undefined) {
    return { kind: "paceParameters", mapping, group: groupOfAlgorithm(required), parameterId };
  }
  const suite = SUITES.get(suiteArc);
  const version = small(required);
  if (suite === undefined || version === undefined) return undefined;
  return { kind: "pace", mapping, suite, version, parameterId };
}

function chipAuthentication({ variant, suiteArc = "", required, optional }: Entry): SecurityInfo | undefined {
  const agreement = AGREEMENTS.get(variant);
  const suite = SUITES.get(suiteArc);
  const version = small(required);
  if (agreement === undefined || suite === undefined || version === undefined) return undefined;
  return { kind: "chipAuthentication", agreement, suite, version, keyId: small(optional) };
}

function chipAuthenticationKey({ variant, required, optional }: Entry): SecurityInfo | undefined {
  const agreement = AGREEMENTS.get(variant);
  if (agreement === undefined) return undefined;
  return { kind: "chipAuthenticationKey", agreement, publicKey: required, keyId: small(optional) };
}

function activeAuthentication({ optional }: Entry): SecurityInfo | undefined {
  const signatureAlgorithm = oid(optional);
  return signatureAlgorithm === "" ? undefined : { kind: "activeAuthentication", signatureAlgorithm };
}

/** A non-negative INTEGER of a few bytes; `undefined` for any other element. */
function small(element: Element | undefined): number | undefined {
  const bytes = integerBytes(element);
  const [first = 0x80] = bytes;
  if (first >= 0x80 || bytes.length > MAX_NUMBER_BYTES) return undefined;
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}
