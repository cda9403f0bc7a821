/**
 * The country signers that the operator trusts, and the question whether one of them stands behind a signer. Names and
 * key identifiers only propose country signers; the signature decides. Built from stored columns without parsing, so
 * that a start with 600 of them costs nothing; a certificate is parsed when it is first proposed. ICAO Doc 9303-12 §7.
 */
import { err, ok, type Result } from "../result.ts";
import { type Certificate, isSignedBy, parseCertificate } from "./certificate.ts";
import { brokenRule, type ChainLink, type ChainTimes, type LinkFailure } from "./chain.ts";
import type { RevocationList } from "./crl.ts";
import { type RevocationListRecord, type RevocationStatus, Revocations } from "./revocation.ts";

/** What is stored of a country signer: the certificate and the columns it is found by. */
export interface AnchorRecord {
  readonly der: Uint8Array;
  /** `Certificate.fingerprint`. */
  readonly fingerprint: string;
  readonly subjectKeyId: string | undefined;
  /** `Certificate.subject.key`. */
  readonly subjectKey: string;
  /** `Certificate.subject.country`. */
  readonly country: string;
}

/** The record of a certificate. */
export const anchorRecord = ({ der, fingerprint, subjectKeyId, subject }: Certificate): AnchorRecord => ({
  der,
  fingerprint,
  subjectKeyId,
  subjectKey: subject.key,
  country: subject.country,
});

/** The record of a revocation list. */
export const revocationListRecord = ({ der, issuer }: RevocationList): RevocationListRecord => ({
  der,
  issuerKey: issuer.key,
});

export interface TrustAnchorsOptions {
  readonly anchors: Iterable<AnchorRecord>;
  readonly revocationLists: Iterable<RevocationListRecord>;
  /** `require` refuses a signer of whose State no fresh list is known; `warn` lets it pass with a warning. */
  readonly crl: "require" | "warn";
  /** `accept` is for laboratories: certificates whose names say TEST. */
  readonly testAnchors: "refuse" | "accept";
}

export type ChainWarning = "crlMissing" | "crlStale";

export interface ChainVerdict {
  readonly anchor: Certificate;
  readonly warnings: readonly ChainWarning[];
}

export type ChainFailure =
  | LinkFailure
  /** The signer's certificate bears a signature of a kind that is not supported. */
  | { readonly kind: "certificateAlgorithm" }
  /** No trusted country signer's key made the signature on the signer's certificate. */
  | { readonly kind: "noTrustAnchor" }
  | { readonly kind: `${ChainLink}Revoked` }
  /** With `crl: "require"` only. */
  | { readonly kind: "crlMissing" }
  | { readonly kind: "crlStale" };

/** Signers whose country signer is remembered; a State has a few dozen in use, an attacker any number. */
const MAX_REMEMBERED = 256;
/** Country signers tried for one signer; the State with the most has 25 in the largest published list. */
const MAX_CANDIDATES = 64;

export class TrustAnchors {
  readonly #options: TrustAnchorsOptions;
  readonly #byKeyId: ReadonlyMap<string, readonly AnchorRecord[]>;
  readonly #bySubject: ReadonlyMap<string, readonly AnchorRecord[]>;
  readonly #byCountry: ReadonlyMap<string, readonly AnchorRecord[]>;
  readonly #revocations: Revocations;
  /** Parsed anchors by fingerprint; `undefined` for a record that cannot be read. As many as there are anchors. */
  readonly #parsed = new Map<string, Certificate | undefined>();
  /** Anchors that made the signature, by the signer's fingerprint. */
  readonly #behind = new Map<string, readonly Certificate[]>();
  /** Number of anchors. Without any, nothing is trusted. */
  readonly size: number;

  constructor(options: TrustAnchorsOptions) {
    this.#options = options;
    const anchors = [...options.anchors];
    this.size = anchors.length;
    this.#byKeyId = grouped(anchors, (anchor) => anchor.subjectKeyId);
    this.#bySubject = grouped(anchors, (anchor) => anchor.subjectKey);
    this.#byCountry = grouped(anchors, (anchor) => anchor.country);
    this.#revocations = new Revocations(options.revocationLists, (issuerKey) =>
      this.#parseAll(this.#bySubject.get(issuerKey) ?? []),
    );
  }

  /**
   * Whether the certificate of a signer is trusted at these times, and by which anchor. Candidates are the anchors
   * with the key identifier that the signer names, then those with its issuer's name, then all of its country; the
   * first group with a key that made the signature is taken. One key may be in several certificates (self-signed and
   * link certificates): one of them that breaks no rule is enough.
   */
  judge(signer: Certificate, times: ChainTimes): Result<ChainVerdict, ChainFailure> {
    if (signer.signatureAlgorithm === undefined) return err({ kind: "certificateAlgorithm" });
    const anchors = this.#anchorsBehind(signer);
    if (anchors.length === 0) return err({ kind: "noTrustAnchor" });
    const status = this.#revocations.statusOf(signer, anchors, times.at);
    const objection = this.#objectionTo(signer, "signer", times, status);
    if (objection !== undefined) return err(objection);
    const objections = anchors.map((anchor) =>
      this.#objectionTo(anchor, "anchor", times, this.#revocations.statusOf(anchor, [], times.at)),
    );
    const anchor = anchors.find((_, index) => objections[index] === undefined);
    if (anchor === undefined) return err(objections[0] ?? { kind: "noTrustAnchor" });
    if (status !== "missing" && status !== "stale") return ok({ anchor, warnings: [] });
    const kind = status === "missing" ? "crlMissing" : "crlStale";
    return this.#options.crl === "require" ? err({ kind }) : ok({ anchor, warnings: [kind] });
  }

  #objectionTo(
    certificate: Certificate,
    link: ChainLink,
    times: ChainTimes,
    status: RevocationStatus,
  ): ChainFailure | undefined {
    const broken = brokenRule(certificate, { link, times, testAnchors: this.#options.testAnchors });
    return broken ?? (status === "revoked" ? { kind: `${link}Revoked` } : undefined);
  }

  #anchorsBehind(signer: Certificate): readonly Certificate[] {
    const known = this.#behind.get(signer.fingerprint);
    if (known !== undefined) return known;
    const groups = [
      this.#byKeyId.get(signer.authorityKeyId ?? ""),
      this.#bySubject.get(signer.issuer.key),
      this.#byCountry.get(signer.issuer.country),
    ];
    const behind = this.#firstSigning(signer, groups);
    const oldest = this.#behind.keys().next();
    if (this.#behind.size >= MAX_REMEMBERED && oldest.done !== true) this.#behind.delete(oldest.value);
    this.#behind.set(signer.fingerprint, behind);
    return behind;
  }

  #firstSigning(
    signer: Certificate,
    groups: readonly (readonly AnchorRecord[] | undefined)[],
  ): readonly Certificate[] {
    const tried = new Set<string>();
    for (const group of groups) {
      const fresh = (group ?? []).filter(({ fingerprint }) => !tried.has(fingerprint));
      const candidates = fresh.slice(0, MAX_CANDIDATES - tried.size);
      for (const { fingerprint } of candidates) tried.add(fingerprint);
      const signing = this.#parseAll(candidates).filter((anchor) => isSignedBy(signer, anchor) === "valid");
      if (signing.length > 0) return signing;
    }
    return [];
  }

  #parseAll(records: readonly AnchorRecord[]): readonly Certificate[] {
    return records.flatMap((record) => this.#parse(record) ?? []);
  }

  /** A record whose bytes no longer give its fingerprint is damaged, and trusted for nothing. */
  #parse({ der, fingerprint }: AnchorRecord): Certificate | undefined {
    if (this.#parsed.has(fingerprint)) return this.#parsed.get(fingerprint);
    const parsed = parseCertificate(der);
    const anchor = parsed.ok && parsed.value.fingerprint === fingerprint ? parsed.value : undefined;
    this.#parsed.set(fingerprint, anchor);
    return anchor;
  }
}

function grouped(
  anchors: readonly AnchorRecord[],
  keyOf: (anchor: AnchorRecord) => string | undefined,
): ReadonlyMap<string, readonly AnchorRecord[]> {
  const groups = new Map<string, AnchorRecord[]>();
  for (const anchor of anchors) {
    const key = keyOf(anchor);
    // An empty key is the absence of one, and would join strangers.
    if (key === undefined || key === "") continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [anchor]);
    else group.push(anchor);
  }
  return groups;
}
