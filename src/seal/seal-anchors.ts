/**
 * The makers of visible seals that the operator trusts, and the question whether they stand behind a signer: signer, then the
 * authority that the seal names, then, where no trusted list names that authority, a root. Found by the identifiers in the
 * seal; built from stored columns without parsing. ANTS, 2D-Doc specification 3.2.6, 5.1.
 */
import { type Certificate, isSignedBy, parseCertificate } from "../pki/certificate.ts";
import type { ChainLink } from "../pki/chain.ts";
import { type RevocationListRecord, type RevocationStatus, Revocations } from "../pki/revocation.ts";
import type { ChainWarning } from "../pki/trust-anchors.ts";
import { err, ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import type { DayBounds } from "./seal-dates.ts";
import type { SealerNames, SealerRecord } from "./sealer.ts";
import { brokenSealerRule, type SealerRuleFailure } from "./sealer-rules.ts";

export interface SealAnchorsOptions {
  readonly sealers: Iterable<SealerRecord>;
  readonly revocationLists: Iterable<RevocationListRecord>;
  /** `require` refuses a signer of whose authority no fresh list is known; `warn` lets it pass with a warning. */
  readonly crl: "require" | "warn";
  /** `accept` is for laboratories: authorities `xx00`, certificates `0000`, and names that say TEST. */
  readonly testAnchors: "refuse" | "accept";
}

export interface SealTimes {
  /** Now, as far as the gate's clock is trusted. */
  readonly at: Instant;
  readonly signed: DayBounds;
}

export interface SealerVerdict {
  readonly authority: Certificate;
  readonly warnings: readonly ChainWarning[];
}

/** Why nobody is known who could have made a seal. */
export type UnknownSealer =
  /** No authority of this identifier: the trusted list is old, or the seal is invented. */
  | { readonly kind: "authorityUnknown" }
  /** The authority is known, but not this signer of it: its list of certificates is to be imported. */
  | { readonly kind: "signerUnknown" };

export type SealerFailure =
  | SealerRuleFailure
  /** The signer's certificate bears a signature of a kind that is not supported. */
  | { readonly kind: "certificateAlgorithm" }
  /** No trusted authority's key made the signature on the signer's certificate. */
  | { readonly kind: "noTrustAnchor" }
  | { readonly kind: `${ChainLink}Revoked` }
  /** With `crl: "require"` only. */
  | { readonly kind: "crlMissing" }
  | { readonly kind: "crlStale" };

/** An authority whose key made the signature, and the root above it unless it needs none. */
interface Path {
  readonly authority: Certificate;
  readonly root: Certificate | undefined;
}

export class SealAnchors {
  readonly testAnchors: SealAnchorsOptions["testAnchors"];
  /** How many there are of all roles. */
  readonly size: number;
  readonly #crl: SealAnchorsOptions["crl"];
  readonly #records: readonly SealerRecord[];
  readonly #signers: ReadonlyMap<string, readonly SealerRecord[]>;
  readonly #revocations: Revocations;
  /** Parsed certificates by fingerprint; `undefined` for a record that cannot be read. As many as there are records. */
  readonly #parsed = new Map<string, Certificate | undefined>();
  /** By the signer's fingerprint; signers come from the store, so that there are no more of them. */
  readonly #paths = new Map<string, readonly Path[]>();

  constructor({ sealers, revocationLists, crl, testAnchors }: SealAnchorsOptions) {
    this.testAnchors = testAnchors;
    this.#crl = crl;
    this.#records = [...sealers];
    this.size = this.#records.length;
    this.#signers = byName(this.#records.filter(({ role }) => role === "signer"));
    this.#revocations = new Revocations(revocationLists, (issuerKey) =>
      this.#parseAll(
        this.#records.filter(({ role, subjectKey }) => role !== "signer" && subjectKey === issuerKey),
      ),
    );
  }

  /** The signers of these identifiers: one, or as many as an authority has given the same identifier to. */
  signersOf(names: SealerNames): Result<readonly Certificate[], UnknownSealer> {
    const signers = this.#parseAll(this.#signers.get(nameOf(names)) ?? []);
    if (signers.length > 0) return ok(signers);
    const isKnown = this.#records.some(
      ({ role, authorityId }) => role === "authority" && authorityId === names.authorityId,
    );
    return err({ kind: isKnown ? "signerUnknown" : "authorityUnknown" });
  }

  /** Whether a signer of an authority is trusted at these times. The chain is found once and remembered. */
  judge(signer: Certificate, authorityId: string, times: SealTimes): Result<SealerVerdict, SealerFailure> {
    if (signer.signatureAlgorithm === undefined) return err({ kind: "certificateAlgorithm" });
    const paths = this.#pathsOf(signer, authorityId);
    const authorities = paths.map(({ authority }) => authority);
    const status = this.#revocations.statusOf(signer, authorities, times.at);
    const objection = this.#objectionTo(signer, "signer", times, status);
    if (objection !== undefined) return err(objection);
    const objections = paths.map((path) => this.#objectionToPath(path, times));
    const authority = authorities.find((_, index) => objections[index] === undefined);
    if (authority === undefined) return err(objections[0] ?? { kind: "noTrustAnchor" });
    if (status !== "missing" && status !== "stale") return ok({ authority, warnings: [] });
    const kind = status === "missing" ? "crlMissing" : "crlStale";
    return this.#crl === "require" ? err({ kind }) : ok({ authority, warnings: [kind] });
  }

  #objectionToPath({ authority, root }: Path, times: SealTimes): SealerFailure | undefined {
    for (const anchor of root === undefined ? [authority] : [authority, root]) {
      const status = this.#revocations.statusOf(anchor, root === undefined ? [] : [root], times.at);
      const objection = this.#objectionTo(anchor, "anchor", times, status);
      if (objection !== undefined) return objection;
    }
    return undefined;
  }

  #objectionTo(
    certificate: Certificate,
    link: ChainLink,
    { signed }: SealTimes,
    status: RevocationStatus,
  ): SealerFailure | undefined {
    const broken = brokenSealerRule(certificate, { link, signed, testAnchors: this.testAnchors });
    return broken ?? (status === "revoked" ? { kind: `${link}Revoked` } : undefined);
  }

  #pathsOf(signer: Certificate, authorityId: string): readonly Path[] {
    const known = this.#paths.get(signer.fingerprint);
    if (known !== undefined) return known;
    const authorities = this.#records.filter(
      (record) => record.role === "authority" && record.authorityId === authorityId,
    );
    const paths = authorities.flatMap((record) => this.#pathsThrough(record, signer));
    this.#paths.set(signer.fingerprint, paths);
    return paths;
  }

  /** An authority that no list names is its own root, or has one in the store. */
  #pathsThrough(record: SealerRecord, signer: Certificate): readonly Path[] {
    const authority = this.#parse(record);
    if (authority === undefined || isSignedBy(signer, authority) !== "valid") return [];
    if (record.isListed || isSignedBy(authority, authority) === "valid")
      return [{ authority, root: undefined }];
    const roots = this.#parseAll(this.#records.filter(({ role }) => role === "root"));
    return roots
      .filter((root) => isSignedBy(authority, root) === "valid")
      .map((root) => ({ authority, root }));
  }

  #parseAll(records: readonly SealerRecord[]): readonly Certificate[] {
    return records.flatMap((record) => this.#parse(record) ?? []);
  }

  /** A record whose bytes no longer give its fingerprint is damaged, and trusted for nothing. */
  #parse({ der, fingerprint }: SealerRecord): Certificate | undefined {
    if (this.#parsed.has(fingerprint)) return this.#parsed.get(fingerprint);
    const parsed = parseCertificate(der);
    const certificate = parsed.ok && parsed.value.fingerprint === fingerprint ? parsed.value : undefined;
    this.#parsed.set(fingerprint, certificate);
    return certificate;
  }
}

function byName(records: readonly SealerRecord[]): ReadonlyMap<string, readonly SealerRecord[]> {
  const groups = new Map<string, SealerRecord[]>();
  for (const record of records) {
    const name = nameOf(record);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [record]);
    else group.push(record);
  }
  return groups;
}

const nameOf = ({ authorityId, certificateId }: SealerNames): string => `${authorityId}/${certificateId}`;
