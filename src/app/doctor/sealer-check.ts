/**
 * The makers of visible seals in the trust store, where a door looks at seals: how old what is known of them is, until when
 * their signers count, whether what they have taken back is known, and, at a door that takes seals alone, who on the deny list
 * no seal of today would show. Governing text: ANTS, 2D-Doc specification 3.2.6, 5.1; eMRTD notes, 10.2.
 */
import type { Config } from "../../config/schema.ts";
import { CredentialInquiry } from "../../journal/credential-inquiry.ts";
import type { OpenDatabase } from "../../journal/database.ts";
import type { SourcedSealer, TrustContent } from "../../journal/trust-content.ts";
import { DAY_MS } from "../../time/civil-date.ts";
import { type Instant, instant } from "../../time/time.ts";
import { day } from "../commands/trust-refusal.ts";
import { takesSealAlone } from "../door-policy.ts";
import { loadSealAnchors } from "../seal-anchors-of.ts";
import { type Check, doubtful, failure, well } from "./check.ts";
import { checkHalf, checkLists, SEAL_MAKERS, sourcesOf, trustContentOf } from "./trust-findings.ts";

const SIGNERS = "seals' signers";
const LISTS = "seals' revocation lists";
const DENY_LIST = "deny list";
/** Time enough for a person to fetch the next signer's certificate, which is in use some time before. */
const SOON_DAYS = 30;

export function checkSealMakers(database: OpenDatabase, config: Config, now: Instant): readonly Check[] {
  const anchors = loadSealAnchors(database, config);
  if (!anchors.ok) return [failure(SEAL_MAKERS, anchors.error)];
  const content = trustContentOf(database);
  if (!content.ok) return [failure(SEAL_MAKERS, content.error)];
  const makers = authoritiesOf(content.value, config);
  return [
    checkMakers(content.value, makers, config, now),
    checkSigners(makers, now),
    checkSealLists(content.value, makers, config, now),
    ...(config.doors.some(takesSealAlone) ? [checkDenyList(database)] : []),
  ];
}

/** An authority by what seals call it, with its certificates and those of its signers. */
interface Authority {
  readonly id: string;
  readonly certificates: readonly SourcedSealer[];
  readonly signers: readonly SourcedSealer[];
}

/** Those that have signers, as far as they count at this gate. */
function authoritiesOf({ sealers }: TrustContent, { trust }: Config): readonly Authority[] {
  const counting = sealers.filter(({ laboratory }) => !laboratory || trust.laboratory !== undefined);
  const of = (role: SourcedSealer["role"], id: string) =>
    counting.filter((sealer) => sealer.role === role && sealer.authorityId === id);
  const ids = new Set(counting.filter(({ role }) => role === "signer").map(({ authorityId }) => authorityId));
  return [...ids].sort().map((id) => ({ id, certificates: of("authority", id), signers: of("signer", id) }));
}

function checkMakers(
  content: TrustContent,
  makers: readonly Authority[],
  { trust }: Config,
  now: Instant,
): Check {
  const signers = makers.flatMap((authority) => authority.signers);
  const half = {
    name: SEAL_MAKERS,
    made: "seals",
    found: `${signers.length} signers of ${makers.map(({ id }) => id).join(", ")}`,
    sources: sourcesOf([...signers, ...makers.flatMap(({ certificates }) => certificates)], content),
    renewal:
      "import the current trusted list and the certificates that its authorities publish of their signers: newer seals are refused until then",
  } as const;
  return checkHalf(half, trust, now);
}

/** A signer that has ended is well, for what it made before counts on; an authority without another has to have one soon. */
function checkSigners(makers: readonly Authority[], now: Instant): Check {
  const found = makers.map(signsUntil).join(", ");
  const ending = makers.filter((authority) => lastDay(authority) < now + SOON_DAYS * DAY_MS);
  if (ending.length === 0) return well(SIGNERS, found);
  const ids = ending.map(({ id }) => id).join(", ");
  const remedy = `import the certificates of ${ids} and of the newer signers there: seals of later days are refused until then`;
  return doubtful(SIGNERS, found, remedy);
}

const signsUntil = (authority: Authority): string =>
  authority.certificates.length === 0
    ? `${authority.id} without its own certificate`
    : `${authority.id} until ${day(instant(lastDay(authority)))}`;

/** A seal says on which day it was made, and on that the authority and one of its signers must be valid. */
const lastDay = ({ certificates, signers }: Authority): number =>
  Math.min(...[certificates, signers].map((all) => Math.max(...all.map(({ notAfter }) => notAfter))));

function checkSealLists(
  { sealerRevocationLists: lists }: TrustContent,
  makers: readonly Authority[],
  { trust }: Config,
  now: Instant,
): Check {
  const issuers = new Set(lists.map(({ issuerKey }) => issuerKey));
  const without = makers
    .filter(({ certificates }) => !certificates.some(({ subjectKey }) => issuers.has(subjectKey)))
    .map(({ id }) => id);
  const held = { name: LISTS, lists, without, issuer: "authority", refused: "seals of these authorities" };
  return checkLists(held, trust, now);
}

/** A seal of today says a document's number alone: who is denied by anything else passes with it, if he is listed by it. */
function checkDenyList(database: OpenDatabase): Check {
  const inquiry = CredentialInquiry.open(database);
  const count = inquiry.ok ? inquiry.value.deniedWithoutNumber() : inquiry;
  if (!count.ok) return failure(DENY_LIST, count.error);
  if (count.value === 0) return well(DENY_LIST, "nobody is denied by name or fiscal code alone");
  const found = `${count.value} denied by name or fiscal code alone, whom a seal without date of birth does not show`;
  const remedy =
    "deny each of them by the number of his document, too: varco credentials add --document --deny, with one --ref for both entries";
  return doubtful(DENY_LIST, found, remedy);
}
