/**
 * `varco trust list`: whose signatures count, and from where they came. Country signers by country and name, then those who
 * make visible seals, by what seals call them; with `--json` one object a line.
 */
import type {
  SourcedAnchor,
  SourcedSealer,
  StoredRevocationList,
  TrustContent,
} from "../../journal/trust-content.ts";
import { TrustStore } from "../../journal/trust-store.ts";
import { toIso8601 } from "../../time/iso-8601.ts";
import type { Instant } from "../../time/time.ts";
import { EXIT, type Execute } from "../command.ts";
import { sealName } from "./sealers-by-hand.ts";
import { failed, openConfig, openSite } from "./site.ts";
import { day } from "./trust-refusal.ts";
import { anchorJson, sealerJson } from "./trust-report.ts";

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
  readonly certificate: SourcedAnchor | SourcedSealer;
  /** What it is, for people. */
  readonly kind: string;
  /** Its own part of what programs read. */
  readonly json: object;
  /** The newest revocation list of the certificate's name. */
  readonly revocationList: StoredRevocationList | undefined;
}

/** The certificates of one country, or all. */
function entriesOf(content: TrustContent, country: string | undefined): readonly Entry[] {
  const lists = newestOf(content.revocationLists);
  const sealerLists = newestOf(content.sealerRevocationLists);
  const anchors = content.anchors.map((certificate) => ({
    certificate,
    kind: certificate.laboratory ? "TEST" : certificate.kind,
    json: anchorJson(certificate),
    revocationList: lists.get(certificate.subjectKey),
    order: [certificate.country, certificate.subject, toIso8601(certificate.notBefore)],
  }));
  const sealers = content.sealers.map((certificate) => ({
    certificate,
    kind: `seals: ${sealName(certificate)}${certificate.laboratory ? " TEST" : ""}`,
    json: sealerJson(certificate),
    revocationList: sealerLists.get(certificate.subjectKey),
    order: [sealName(certificate), certificate.subject, toIso8601(certificate.notBefore)],
  }));
  return [anchors, sealers].flatMap((entries) =>
    entries
      .filter(({ certificate }) => country === undefined || certificate.country === country)
      .toSorted((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1)),
  );
}

const orderOf = ({
  order,
  certificate,
}: Pick<Entry, "certificate"> & { readonly order: readonly string[] }): string =>
  [...order, certificate.fingerprint].join("\n");

function newestOf(lists: readonly StoredRevocationList[]): ReadonlyMap<string, StoredRevocationList> {
  const newest = new Map<string, StoredRevocationList>();
  for (const list of lists) {
    const other = newest.get(list.issuerKey);
    if (other === undefined || other.thisUpdate < list.thisUpdate) newest.set(list.issuerKey, list);
  }
  return newest;
}

function asLine({ certificate, kind, revocationList }: Entry, now: Instant): string {
  const { country, subject, subjectKeyId, fingerprint, sources } = certificate;
  return [
    country === "" ? "--" : country,
    subject,
    subjectKeyId ?? fingerprint,
    `${day(certificate.notBefore)}/${day(certificate.notAfter)}${certificate.notAfter < now ? " expired" : ""}`,
    kind,
    sources.join(", "),
    revocationList === undefined ? "no CRL" : crlText(revocationList, now),
  ].join("\t");
}

const crlText = ({ thisUpdate, nextUpdate }: StoredRevocationList, now: Instant): string =>
  `CRL ${day(thisUpdate)}${nextUpdate < now ? " overdue" : ""}`;

const asJson = ({ certificate, json, revocationList }: Entry, now: Instant): string =>
  JSON.stringify({
    ...json,
    expired: certificate.notAfter < now,
    sources: certificate.sources,
    crl: revocationList && {
      thisUpdate: toIso8601(revocationList.thisUpdate),
      nextUpdate: toIso8601(revocationList.nextUpdate),
      overdue: revocationList.nextUpdate < now,
    },
  });
