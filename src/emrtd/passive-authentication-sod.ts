/**
 * The first half of passive authentication: EF.SOD by itself. Who signed the list of hashes, whether a trusted State
 * stands behind him, and what the list says. What is found is good for any number of files (`passive-authentication.ts`).
 * Governing text: ICAO Doc 9303-10 §4.6.2, 9303-11 §5.1, 9303-12 §7.
 */
import { equalBytes } from "../bytes/bytes.ts";
import { toHex } from "../bytes/hex.ts";
import { digest } from "../crypto/digest.ts";
import { CARD_OBJECT, children, parseAsn1, rawBytes } from "../pki/asn1.ts";
import type { Certificate } from "../pki/certificate.ts";
import {
  authenticateSignedObject,
  type DocumentDefect,
  type SignedObjectFailure,
} from "../pki/document-signature.ts";
import { type LdsSecurityObject, parseLdsSecurityObject } from "../pki/lds-security-object.ts";
import type { ChainWarning, TrustAnchors } from "../pki/trust-anchors.ts";
import { err, ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";

export interface SodQuestion {
  /** EF.SOD: tag 77; filler behind its own length is ignored. */
  readonly sod: Uint8Array;
  readonly anchors: TrustAnchors;
  /** Now. */
  readonly at: Instant;
}

/** The list of hashes, and who vouches for it. Made by `authenticateSod` alone. */
export interface DocumentSecurity {
  readonly securityObject: LdsSecurityObject;
  /** Numbers of the data groups that the document has, 1 to 16: the truth that EF.COM only claims. */
  readonly listed: ReadonlySet<number>;
  readonly signer: Certificate;
  readonly anchor: Certificate;
  readonly warnings: readonly ChainWarning[];
  readonly defects: readonly DocumentDefect[];
}

export type SodFailure =
  | SignedObjectFailure
  | { readonly kind: "malformed"; readonly part: "sod" | "securityObject" };

export type DataGroupFailure =
  /** The chip gave a file that the State did not sign. */
  | { readonly kind: "dataGroupUnlisted"; readonly dataGroup: number }
  /** The file is not the one that the State signed. */
  | { readonly kind: "dataGroupChanged"; readonly dataGroup: number };

const TAG_SOD = 0x77;
/** ICAO's own, then what Belgium and France, the Netherlands, and China have written in its place. */
const CONTENT_TYPES: readonly string[] = [
  "2.23.136.1.1.1",
  "1.3.27.1.1.1",
  "1.2.528.1.1006.1.20.1",
  "1.2.840.113549.1.7.1",
];
const LAST_DATA_GROUP = 16;

/**
 * Steps 1 to 6 of passive authentication, in this order: form, content type, signed attributes, signer's certificate,
 * signature, chain. Fails with the first that is not right; an algorithm nobody supports is found wherever it stands.
 * Never throws; 64 kB at most are read.
 */
export function authenticateSod(question: SodQuestion): Result<DocumentSecurity, SodFailure> {
  const { anchors, at } = question;
  const wrapper = parseAsn1(question.sod, CARD_OBJECT);
  if (!wrapper.ok || rawBytes(wrapper.value)[0] !== TAG_SOD) return err({ kind: "malformed", part: "sod" });
  const object = authenticateSignedObject({
    element: children(wrapper.value)[0],
    contentTypes: CONTENT_TYPES,
    anchors,
    at,
  });
  if (!object.ok) return object;
  const { signed, ...trust } = object.value;
  const lds = parseLdsSecurityObject(signed.content);
  if (!lds.ok)
    return err(
      lds.error.kind === "unsupportedHash"
        ? { kind: "unsupportedAlgorithm", why: "algorithm" }
        : { kind: "malformed", part: "securityObject" },
    );
  return ok({ ...trust, securityObject: lds.value, listed: listedIn(lds.value) });
}

function listedIn({ hashes }: LdsSecurityObject): ReadonlySet<number> {
  const listed = new Set<number>();
  for (let number = 1; number <= LAST_DATA_GROUP; number++) if (hashes.has(keyOf(number))) listed.add(number);
  return listed;
}

/** As the security object keys its hashes: the one content byte of the INTEGER. */
const keyOf = (dataGroup: number): string => toHex(Uint8Array.of(dataGroup));

/**
 * Step 7 for one file: its hash under the algorithm of the list, over the file as it was read, tag and length included.
 * `undefined`: it is what the State signed.
 */
export function dataGroupFailure(
  { securityObject: { hash, hashes } }: DocumentSecurity,
  dataGroup: number,
  file: Uint8Array,
): DataGroupFailure | undefined {
  const expected = hashes.get(keyOf(dataGroup));
  if (expected === undefined) return { kind: "dataGroupUnlisted", dataGroup };
  return equalBytes(digest(hash, file), expected) ? undefined : { kind: "dataGroupChanged", dataGroup };
}
