/**
 * Revocation lists of country signers (X.509 CRL, RFC 5280 §5, ICAO Doc 9303-12 §7.2): which signers and country
 * signers a State has taken back. Partial and indirect lists carry critical extensions and are refused for them.
 */
import { Any, BitString, Constructed, Integer, Sequence } from "asn1js";
import { equalBytes } from "../bytes/bytes.ts";
import { toHex } from "../bytes/hex.ts";
import { type SignatureAlgorithm, type SignatureVerdict, verifySignature } from "../crypto/signature.ts";
import { err, ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import { signatureAlgorithm } from "./algorithms.ts";
import { children, type Element, integerBytes, match, parseAsn1, rawBytes, time, wholeBits } from "./asn1.ts";
import type { Asn1Error, Asn1Limits } from "./asn1-scan.ts";
import type { Certificate } from "./certificate.ts";
import { readExtensions } from "./extensions.ts";
import { type Name, readName } from "./name.ts";

export interface RevocationList {
  readonly der: Uint8Array;
  readonly issuer: Name;
  readonly thisUpdate: Instant;
  /** When the next list is due; from then on this one is stale. */
  readonly nextUpdate: Instant;
  /** Serial numbers as `Certificate.serial` writes them. */
  readonly revoked: ReadonlySet<string>;
  /** The part that is signed. */
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly signature: Uint8Array;
}

export type RevocationListError =
  | Asn1Error
  | {
      readonly kind: "revocationList";
      readonly field: "structure" | "algorithm" | "issuer" | "dates" | "entry" | "extensions";
    };
type Field = Extract<RevocationListError, { readonly kind: "revocationList" }>["field"];

/** Some 15,000 entries; a State revokes a few of its signers in a year. */
const LIST: Asn1Limits = { maxBytes: 1_048_576, maxElements: 60_000 };

const REVOCATION_LIST = new Sequence({
  value: [
    new Sequence({
      name: "tbs",
      value: [
        new Integer({ optional: true }),
        new Sequence({ name: "innerAlgorithm" }),
        new Sequence({ name: "issuer" }),
        new Any({ name: "thisUpdate" }),
        new Any({ name: "nextUpdate" }),
        new Sequence({ name: "entries", optional: true }),
        new Constructed({ name: "extensions", optional: true, idBlock: { tagClass: 3, tagNumber: 0 } }),
      ],
    }),
    new Sequence({ name: "algorithm" }),
    new BitString({ name: "signature" }),
  ],
});

/** Reads a revocation list in DER. A list without a date for its successor is refused (RFC 5280 §5.1.2.5). */
export function parseRevocationList(bytes: Uint8Array): Result<RevocationList, RevocationListError> {
  const bad = (field: Field) => err<RevocationListError>({ kind: "revocationList", field });
  const element = parseAsn1(bytes, LIST);
  if (!element.ok) return element;
  const parts = match(element.value, REVOCATION_LIST);
  const signature = wholeBits(parts?.get("signature"));
  if (parts === undefined || signature === undefined) return bad("structure");
  const algorithm = parts.get("algorithm");
  if (!equalBytes(rawBytes(algorithm), rawBytes(parts.get("innerAlgorithm")))) return bad("algorithm");
  const issuer = readName(parts.get("issuer"));
  if (issuer === undefined) return bad("issuer");
  const thisUpdate = time(parts.get("thisUpdate"));
  const nextUpdate = time(parts.get("nextUpdate"));
  if (thisUpdate === undefined || nextUpdate === undefined) return bad("dates");
  const revoked = readEntries(parts.optional("entries"));
  if (revoked === undefined) return bad("entry");
  if (readExtensions(children(parts.optional("extensions"))[0])?.unknownCritical.length !== 0)
    return bad("extensions");
  return ok({
    der: rawBytes(element.value).slice(),
    issuer,
    thisUpdate,
    nextUpdate,
    revoked,
    tbs: rawBytes(parts.get("tbs")).slice(),
    signatureAlgorithm: signatureAlgorithm(algorithm),
    signature: signature.slice(),
  });
}

/** Whether the list was signed with the key of `issuer`, and that key may sign lists. */
export function isListSignedBy(list: RevocationList, issuer: Certificate): SignatureVerdict {
  const { signatureAlgorithm: algorithm, tbs: message, signature } = list;
  if (issuer.keyUsage?.crlSign !== true) return "invalid";
  if (algorithm === undefined) return { unsupported: "algorithm" };
  return verifySignature({ algorithm, spki: issuer.spki, message, signature });
}

function readEntries(entries: Element | undefined): ReadonlySet<string> | undefined {
  const serials = new Set<string>();
  for (const entry of children(entries)) {
    const serial = integerBytes(children(entry)[0]);
    if (serial.length === 0) return undefined;
    serials.add(toHex(serial));
  }
  return serials;
}
