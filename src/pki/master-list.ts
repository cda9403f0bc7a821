/**
 * Master lists: the country signers that one State has seen and vouches for (ICAO Doc 9303-12 §9). The list is signed by
 * a list signer under its publisher's own country signer, which the operator pins beforehand; nothing of an unverified
 * list is trusted.
 */
import { readTlv } from "../bytes/ber-tlv.ts";
import { err, ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import { parseAsn1 } from "./asn1.ts";
import type { Asn1Limits } from "./asn1-scan.ts";
import { type Certificate, isSignedBy, parseCertificate } from "./certificate.ts";
import { brokenRule, type ChainLink, type LinkFailure } from "./chain.ts";
import { checkSignedData, readSignedData, type SignedDataFailure } from "./signed-data.ts";

export interface MasterListQuestion {
  /** The file: a CMS SignedData in DER or BER. */
  readonly bytes: Uint8Array;
  /** Country signers or list signers that the operator trusts to publish lists. */
  readonly pinned: readonly Certificate[];
  /** Now: the list signer and the pinned certificate above it must be valid. */
  readonly at: Instant;
}

export interface MasterList {
  readonly signer: Certificate;
  /** The pinned certificate that vouches for the signer; it may be the signer itself. */
  readonly pinned: Certificate;
  readonly signedAt: Instant | undefined;
  /** Each certificate once, in the order of the list. */
  readonly certificates: readonly Certificate[];
  /** How many certificates of the list could not be read; the others are good without them. */
  readonly skipped: number;
  /** How many came more than once. */
  readonly duplicates: number;
}

export type MasterListFailure =
  | { readonly kind: "malformed"; readonly part: "signedData" | "list" }
  | { readonly kind: "wrongContentType" }
  | SignedDataFailure
  /** The list is sound in itself, but no pinned certificate stands behind its signer. */
  | { readonly kind: "signerNotPinned"; readonly signer: Certificate }
  /** The signer may sign other things, but not master lists. */
  | { readonly kind: "signerPurpose" }
  | LinkFailure;

const CONTENT_TYPE = "2.23.136.1.1.2";
/** Extended key usage of list signers. */
const MASTER_LIST_SIGNER = "2.23.136.1.1.3";
/** Fifteen times the largest list; streaming software cuts the content into pieces of some kilobytes. */
const LIST: Asn1Limits = { maxBytes: 16_777_216, maxElements: 50_000 };
const MAX_CERTIFICATES = 10_000;
const TAG_SEQUENCE = 0x30;
const TAG_INTEGER = 0x02;
const TAG_SET = 0x31;

/** Verifies a master list and reads what is in it. Never throws. */
export function readMasterList({
  bytes,
  pinned,
  at,
}: MasterListQuestion): Result<MasterList, MasterListFailure> {
  const element = parseAsn1(bytes, LIST);
  const signed = readSignedData(element.ok ? element.value : undefined);
  if (!signed.ok) return err({ kind: "malformed", part: "signedData" });
  if (signed.value.contentType !== CONTENT_TYPE) return err({ kind: "wrongContentType" });
  const signer = checkSignedData(signed.value);
  if (!signer.ok) return signer;
  const publisher = publisherOf(signer.value, pinned, at);
  if (!publisher.ok) return publisher;
  const entries = entriesOf(signed.value.content);
  if (entries === undefined) return err({ kind: "malformed", part: "list" });
  const signedAt = signed.value.attributes?.signingTime;
  return ok({ signer: signer.value, pinned: publisher.value, signedAt, ...readAll(entries) });
}

function publisherOf(
  signer: Certificate,
  pinned: readonly Certificate[],
  at: Instant,
): Result<Certificate, MasterListFailure> {
  const publisher = pinned.find(
    (pin) => pin.fingerprint === signer.fingerprint || isSignedBy(signer, pin) === "valid",
  );
  if (publisher === undefined) return err({ kind: "signerNotPinned", signer });
  if (!signer.extendedKeyUsage.includes(MASTER_LIST_SIGNER)) return err({ kind: "signerPurpose" });
  // Who pins a certificate for tests wants it; the tests' country signers in the list are told apart by their names.
  const rules = (link: ChainLink) => ({ link, times: { at }, testAnchors: "accept" }) as const;
  const broken =
    brokenRule(signer, rules("signer")) ??
    (publisher.fingerprint === signer.fingerprint ? undefined : brokenRule(publisher, rules("anchor")));
  return broken === undefined ? ok(publisher) : err(broken);
}

/** `CscaMasterList ::= SEQUENCE { version INTEGER, SET OF Certificate }`, cut into certificates without parsing them. */
function entriesOf(content: Uint8Array): readonly Uint8Array[] | undefined {
  const list = readTlv(content);
  if (!list.ok || list.value.tag !== TAG_SEQUENCE || list.value.end !== content.length) return undefined;
  const version = readTlv(list.value.value);
  if (!version.ok || version.value.tag !== TAG_INTEGER) return undefined;
  const set = readTlv(list.value.value, version.value.end);
  if (!set.ok || set.value.tag !== TAG_SET) return undefined;
  const entries: Uint8Array[] = [];
  for (let offset = 0; offset < set.value.value.length; ) {
    const entry = readTlv(set.value.value, offset);
    if (!entry.ok || entries.length === MAX_CERTIFICATES) return undefined;
    entries.push(set.value.value.subarray(offset, entry.value.end));
    offset = entry.value.end;
  }
  return entries;
}

function readAll(
  entries: readonly Uint8Array[],
): Pick<MasterList, "certificates" | "skipped" | "duplicates"> {
  const certificates = new Map<string, Certificate>();
  let readable = 0;
  for (const entry of entries) {
    const certificate = parseCertificate(entry);
    if (!certificate.ok) continue;
    readable++;
    certificates.set(certificate.value.fingerprint, certificate.value);
  }
  return {
    certificates: [...certificates.values()],
    skipped: entries.length - readable,
    duplicates: readable - certificates.size,
  };
}
