/** What `varco trust import` says of one file, for people and for programs. */
import type { StoredAnchor, StoredSealer } from "../../journal/trust-content.ts";
import type { TrustCounts } from "../../journal/trust-event.ts";
import { toIso8601 } from "../../time/iso-8601.ts";
import { sealName } from "./sealers-by-hand.ts";
import type { Examined, LeftOut } from "./trust-examine.ts";
import { day, describeRefusal, type TrustRefusal } from "./trust-refusal.ts";

export interface FileReport {
  readonly file: string;
  /** Absent when the store had all of it. */
  readonly changed: TrustCounts | undefined;
  readonly examined: Examined;
}

/** Nobody reads more of one kind; the rest is counted. */
const MOST_SHOWN = 20;

/** The lines for people: first what has changed, then what an operator should compare or do. */
export function reportLines({ file, changed, examined }: FileReport): readonly string[] {
  const named = examined.sealerLists.flatMap(({ sealers }) => sealers);
  return [
    `${file}: ${changed === undefined ? "the trust store had all of it, nothing has changed" : countsText(changed)}`,
    ...listsOf(examined).map(
      ({ publisher, certificates, signedAt }) =>
        `  list of ${publisher}${signedAt === undefined ? "" : `, signed ${day(signedAt)}`}: ${plural(certificates, "certificate")}`,
    ),
    ...examined.byHand.flatMap(certificateLines),
    ...shownOf([...named, ...examined.sealers]).flatMap((sealer) => [
      `  ${sealName(sealer)}`,
      ...certificateLines(sealer),
    ]),
    ...[...examined.revocationLists, ...examined.sealerRevocationLists]
      .slice(0, MOST_SHOWN)
      .map(
        ({ issuer, thisUpdate, nextUpdate }) =>
          `  revocation list of ${issuer}, ${day(thisUpdate)}, next due ${day(nextUpdate)}`,
      ),
    ...notes(examined),
  ];
}

export const reportJson = ({ file, changed, examined }: FileReport): string =>
  JSON.stringify({
    file,
    changed: changed !== undefined,
    ...changed,
    certificates: [...examined.byHand.map(anchorJson), ...examined.sealers.map(sealerJson)],
    lists: listsOf(examined).map(({ publisher, fingerprint, signedAt, certificates }) => ({
      publisher,
      fingerprint,
      signedAt: signedAt === undefined ? undefined : toIso8601(signedAt),
      certificates,
    })),
    leftOut: examined.leftOut.map(({ what, refusal }) => ({
      what,
      kind: refusal.kind,
      reason: describeRefusal(refusal),
    })),
    documentSigners: examined.documentSigners,
    unreadable: examined.unreadable,
    testAuthorities: examined.testAuthorities,
    notInForce: examined.notInForce,
  });

/** A certificate as every command shows it to programs. */
export const anchorJson = (anchor: StoredAnchor) => ({ ...certificateJson(anchor), kind: anchor.kind });

/** A maker of seals as every command shows it to programs. */
export const sealerJson = (sealer: StoredSealer) => ({
  ...certificateJson(sealer),
  kind: SEALER_KINDS[sealer.role],
  seals: sealer.role === "root" ? undefined : sealName(sealer),
});

const SEALER_KINDS = { root: "sealRoot", authority: "sealAuthority", signer: "sealSigner" } as const;

const certificateJson = (certificate: StoredAnchor | StoredSealer) => ({
  fingerprint: certificate.fingerprint,
  subject: certificate.subject,
  country: certificate.country,
  keyId: certificate.subjectKeyId,
  test: certificate.laboratory,
  from: toIso8601(certificate.notBefore),
  until: toIso8601(certificate.notAfter),
});

const listsOf = ({ lists, sealerLists }: Examined) => [
  ...lists.map((list) => ({ ...list, certificates: list.anchors.length })),
  ...sealerLists.map((list) => ({ ...list, certificates: list.sealers.length })),
];

export const refusalJson = (file: string, refusal: TrustRefusal): string =>
  JSON.stringify({ file, changed: false, refused: refusal.kind, reason: describeRefusal(refusal) });

/** As many makers of seals as anybody reads. */
const shownOf = (sealers: readonly StoredSealer[]): readonly StoredSealer[] => sealers.slice(0, MOST_SHOWN);

/** What an operator compares with what the issuer publishes. */
const certificateLines = ({
  subject,
  fingerprint,
  subjectKeyId,
  notBefore,
  notAfter,
}: StoredAnchor | StoredSealer): readonly string[] => [
  `  ${subject}`,
  `    SHA-256 ${fingerprint}`,
  `    key id  ${subjectKeyId ?? "none"}`,
  `    valid   ${day(notBefore)} to ${day(notAfter)}`,
];

/** Only what is not zero. */
export function countsText(counts: TrustCounts): string {
  const parts = [
    counted(counts.added, "certificate", "added"),
    counted(counts.removed, "certificate", "removed"),
    counted(counts.revocationListsAdded, "revocation list", "added"),
    counted(counts.revocationListsRemoved, "revocation list", "removed"),
    counted(counts.signersPinned, "list signer", "pinned"),
    counted(counts.signersRemoved, "list signer", "removed"),
  ].filter((part) => part !== "");
  return parts.length === 0 ? "no certificate more or less than before" : parts.join(", ");
}

function notes(examined: Examined): readonly string[] {
  const parts = [
    counted(examined.documentSigners, "document signer", "ignored: cards bring their own"),
    counted(
      examined.testAuthorities,
      "certificate",
      "left out: test authorities, which only --laboratory takes",
    ),
    counted(examined.notInForce, "service", "left out: not in force, or of another kind"),
    counted(examined.unreadable, "part", "left out: unreadable"),
  ].filter((part) => part !== "");
  return [...parts.map((part) => `  ${part}`), ...leftOutLines(examined.leftOut)];
}

function leftOutLines(leftOut: readonly LeftOut[]): readonly string[] {
  const shown = leftOut
    .slice(0, MOST_SHOWN)
    .map(({ what, refusal }) => `  ${article(what)} ${what} was left out: ${describeRefusal(refusal)}`);
  return leftOut.length > MOST_SHOWN ? [...shown, `  and ${leftOut.length - MOST_SHOWN} more`] : shown;
}

const article = (what: LeftOut["what"]): string => (what === "authority" ? "an" : "a");

const counted = (count: number, what: string, became: string): string =>
  count === 0 ? "" : `${plural(count, what)} ${became}`;

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
