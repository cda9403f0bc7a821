/**
 * What a file brings of those who make visible seals: the trusted list of a State, or the certificates that an authority
 * publishes of its signers. A trusted list is signed in XML, which nothing here verifies: the operator confirms the hash of
 * the file. Nobody can mend either file, so that parts which fail are left out and told.
 * Governing text: ETSI TS 119 612; RFC 4387; eMRTD notes, 10.2.
 */
import { toHex } from "../../bytes/hex.ts";
import { sha256 } from "../../crypto/hash.ts";
import type { StoredSealer } from "../../journal/trust-content.ts";
import { bundleBoundary, readCertificateBundle } from "../../pki/certificate-bundle.ts";
import { err, ok, type Result } from "../../result.ts";
import { type ListedAuthority, readTrustedList } from "../../seal/trusted-list.ts";
import { SealerBook, storedSealer } from "./sealer-book.ts";
import { sealerByHand, sealName } from "./sealers-by-hand.ts";
import { chipKeysOf, type ExamineContext, type Examined, type LeftOut, NOTHING } from "./trust-examine.ts";
import type { TrustRefusal } from "./trust-refusal.ts";

/** A trusted list that the operator has confirmed, no older than the one that is held of the same State. */
export function examineTrustedList(
  bytes: Uint8Array,
  context: ExamineContext,
): Result<Examined, TrustRefusal> {
  const fingerprint = toHex(sha256(bytes));
  if (context.confirmed !== fingerprint)
    return err({ kind: "listUnconfirmed", fingerprint, isOther: context.confirmed !== undefined });
  const read = readTrustedList(bytes);
  if (!read.ok) return err({ kind: "trustedListUnreadable", failure: read.error });
  const { territory, issuedAt, authorities, notInForce, unreadable } = read.value;
  // Beside the State's master list of country signers, which has a publisher of its own.
  const publisher = `${territory} (seals)`;
  const held = context.held.sources.find((source) => source.publisher === publisher)?.signedAt;
  if (held !== undefined && issuedAt < held) return err({ kind: "listOlder", publisher, held });
  const taken = takeListed(authorities, context);
  if (taken.sealers.length === 0) return err(taken.leftOut[0]?.refusal ?? { kind: "nothingUsable" });
  return ok({
    ...NOTHING,
    sealerLists: [{ publisher, fingerprint, signedAt: issuedAt, sealers: taken.sealers }],
    leftOut: taken.leftOut,
    testAuthorities: taken.testAuthorities,
    notInForce,
    unreadable,
  });
}

interface Taken {
  readonly sealers: readonly StoredSealer[];
  readonly leftOut: readonly LeftOut[];
  readonly testAuthorities: number;
}

function takeListed(authorities: readonly ListedAuthority[], context: ExamineContext): Taken {
  const book = new SealerBook(context.held.sealers);
  const chipKeys = chipKeysOf(context.held);
  const sealers: StoredSealer[] = [];
  const leftOut: LeftOut[] = [];
  let testAuthorities = 0;
  for (const { authorityId, certificate } of authorities) {
    const subject = certificate.subject.text;
    const sealer = storedSealer(certificate, "authority", { authorityId, certificateId: "" });
    const known = book.find(certificate.fingerprint);
    if (sealer.laboratory && context.testAuthorities === "refused") testAuthorities++;
    else if (chipKeys.has(certificate))
      leftOut.push({ what: "authority", refusal: { kind: "sealerIsCountrySigner", subject } });
    else if (known !== undefined && sealName(known) !== sealName(sealer)) {
      const refusal = { kind: "sealerKnownOtherwise", subject, as: sealName(known) } as const;
      leftOut.push({ what: "authority", refusal });
    } else sealers.push(sealer);
  }
  return { sealers, leftOut, testAuthorities };
}

/** The signers that an authority of the store publishes; its certificates for tests, which each has, are counted. */
export function examineBundle(bytes: Uint8Array, context: ExamineContext): Result<Examined, TrustRefusal> {
  const boundary = bundleBoundary(bytes);
  if (boundary === undefined) return err({ kind: "fileUnknown" });
  const { certificates, skipped } = readCertificateBundle(bytes, boundary);
  const book = new SealerBook(context.held.sealers);
  const options = {
    book,
    chipKeys: chipKeysOf(context.held),
    names: undefined,
    testAuthorities: "accepted",
  } as const;
  const sealers: StoredSealer[] = [];
  const leftOut: LeftOut[] = [];
  let testAuthorities = 0;
  for (const certificate of certificates) {
    const sealer = sealerByHand(certificate, options);
    const subject = certificate.subject.text;
    if (!sealer.ok) leftOut.push({ what: "certificate", refusal: sealer.error });
    // Nobody has confirmed this file: it brings signers below what is trusted, and nothing that would be trusted itself.
    else if (sealer.value.role !== "signer")
      leftOut.push({ what: "certificate", refusal: { kind: "sealerNotBelow", subject } });
    else if (sealer.value.laboratory && context.testAuthorities === "refused") testAuthorities++;
    else sealers.push(sealer.value);
  }
  return ok({ ...NOTHING, sealers, leftOut, testAuthorities, unreadable: skipped });
}
