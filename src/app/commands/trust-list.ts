/**
 * `varco trust list`: whose signatures count, and from where they came. By country and name; with `--json` one
 * object a line.
 */
import type { SourcedAnchor, StoredRevocationList, TrustContent } from "../../journal/trust-content.ts";
import { TrustStore } from "../../journal/trust-store.ts";
import { toIso8601 } from "../../time/iso-8601.ts";
import type { Instant } from "../../time/time.ts";
import { EXIT, type Execute } from "../command.ts";
import { failed, openConfig, openSite } from "./site.ts";
import { day } from "./trust-refusal.ts";
import { anchorJson } from "./trust-report.ts";

export const trustListCommand: Execute = async (invocation, io) => {
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const site = await openSite(config.value, io);
  if ("exit" in site) return site.exit;
  try {
    const store = TrustStore.open(site.value.database);
    if (!store.ok) return failed(io, store.error).exit;
    const content = store.value.read();
    if (!content.ok) return failed(io, content.error).exit;
    const country = invocation.texts["country"]?.toUpperCase();
    const now = io.clock.wallTime();
    const show = invocation.flags.has("json") ? asJson : asLine;
    for (const entry of entriesOf(content.value, country)) io.out(show(entry, now));
    return EXIT.done;
  } finally {
    site.value.close();
  }
};

interface Entry {
  readonly anchor: SourcedAnchor;
  /** The newest revocation list of the anchor's name. */
  readonly revocationList: StoredRevocationList | undefined;
}

/** The anchors of one country, or all. */
function entriesOf(
  { anchors, revocationLists }: TrustContent,
  country: string | undefined,
): readonly Entry[] {
  const newest = new Map<string, StoredRevocationList>();
  for (const list of revocationLists) {
    const other = newest.get(list.issuerKey);
    if (other === undefined || other.thisUpdate < list.thisUpdate) newest.set(list.issuerKey, list);
  }
  return anchors
    .filter((anchor) => country === undefined || anchor.country === country)
    .toSorted((left, right) => (order(left) < order(right) ? -1 : 1))
    .map((anchor) => ({ anchor, revocationList: newest.get(anchor.subjectKey) }));
}

const order = ({ country, subject, notBefore, fingerprint }: SourcedAnchor): string =>
  [country, subject, toIso8601(notBefore), fingerprint].join("\n");

function asLine({ anchor, revocationList }: Entry, now: Instant): string {
  const { country, subject, subjectKeyId, fingerprint, sources } = anchor;
  return [
    country === "" ? "--" : country,
    subject,
    subjectKeyId ?? fingerprint,
    `${day(anchor.notBefore)}/${day(anchor.notAfter)}${anchor.notAfter < now ? " expired" : ""}`,
    anchor.laboratory ? "TEST" : anchor.kind,
    sources.join(", "),
    revocationList === undefined ? "no CRL" : crlText(revocationList, now),
  ].join("\t");
}

const crlText = ({ thisUpdate, nextUpdate }: StoredRevocationList, now: Instant): string =>
  `CRL ${day(thisUpdate)}${nextUpdate < now ? " overdue" : ""}`;

const asJson = ({ anchor, revocationList }: Entry, now: Instant): string =>
  JSON.stringify({
    ...anchorJson(anchor),
    expired: anchor.notAfter < now,
    sources: anchor.sources,
    crl: revocationList && {
      thisUpdate: toIso8601(revocationList.thisUpdate),
      nextUpdate: toIso8601(revocationList.nextUpdate),
      overdue: revocationList.nextUpdate < now,
    },
  });
