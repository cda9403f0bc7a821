/**
 * The trust store, where a door asks for what only it can vouch for: whether it can be used at all, how old it is,
 * whether what States have taken back is known, and who makes seals.
 */
import type { Config } from "../../config/schema.ts";
import type { Level } from "../../identity/proofs.ts";
import { type OpenDatabase, openDatabaseReadOnly } from "../../journal/database.ts";
import type { TrustContent } from "../../journal/trust-content.ts";
import { TrustStore } from "../../journal/trust-store.ts";
import type { Result } from "../../result.ts";
import { DAY_MS } from "../../time/civil-date.ts";
import { type Instant, instant } from "../../time/time.ts";
import { BUSY_TIMEOUT_MS, databaseFile } from "../commands/site.ts";
import { day } from "../commands/trust-refusal.ts";
import type { AppError } from "../describe-error.ts";
import { looksAtSeals, possibleLevels } from "../door-policy.ts";
import { loadSealAnchors } from "../seal-anchors-of.ts";
import { loadTrustAnchors } from "../trust-anchors-of.ts";
import { type Check, doubtful, failure, notApplicable, well } from "./check.ts";

const NAME = "trust store";
const CRL_NAME = "revocation lists";
const SEALS_NAME = "makers of seals";
/** A State begins with a new key some months before the first cards that need it are handed out. */
const OLD_DAYS = 180;

export function checkTrust(config: Config, now: Instant): readonly Check[] {
  const levels = new Set(config.doors.flatMap(possibleLevels));
  const demandsChip = [...levels].some((level) => !WITHOUT_CHIP.has(level));
  const chips: readonly Ask[] = demandsChip ? [askCountrySigners] : [];
  const seals: readonly Ask[] = config.doors.some(looksAtSeals) ? [askSealMakers] : [];
  const needless = levels.has("documentSeal")
    ? "no door demands a chip"
    : "no door demands more than a number";
  const without = demandsChip ? [] : [notApplicable(NAME, needless)];
  return [...without, ...askStore([...chips, ...seals], config, now)];
}

const WITHOUT_CHIP: ReadonlySet<Level> = new Set<Level>(["identifier", "documentSeal"]);

type Ask = (database: OpenDatabase, config: Config, now: Instant) => readonly Check[];

function askStore(asks: readonly Ask[], config: Config, now: Instant): readonly Check[] {
  if (asks.length === 0) return [];
  const database = openDatabaseReadOnly(databaseFile(config.stateDirectory), {
    busyTimeoutMs: BUSY_TIMEOUT_MS,
  });
  if (!database.ok) return [failure(NAME, database.error)];
  try {
    return asks.flatMap((ask) => ask(database.value, config, now));
  } finally {
    database.value.close();
  }
}

function contentOf(database: OpenDatabase): Result<TrustContent, AppError> {
  const store = TrustStore.open(database);
  return store.ok ? store.value.read() : store;
}

function askCountrySigners(database: OpenDatabase, config: Config, now: Instant): readonly Check[] {
  const anchors = loadTrustAnchors(database, config);
  if (!anchors.ok) return [failure(NAME, anchors.error)];
  const content = contentOf(database);
  if (!content.ok) return [failure(NAME, content.error)];
  return [checkAnchors(content.value, config, now), checkRevocationLists(content.value, config, now)];
}

function askSealMakers(database: OpenDatabase, config: Config): readonly Check[] {
  const anchors = loadSealAnchors(database, config);
  if (!anchors.ok) return [failure(SEALS_NAME, anchors.error)];
  const content = contentOf(database);
  if (!content.ok) return [failure(SEALS_NAME, content.error)];
  const { sealers } = content.value;
  const signers = sealers.filter(({ role }) => role === "signer");
  const authorities = new Set(signers.map(({ authorityId }) => authorityId));
  return [well(SEALS_NAME, `${signers.length} signers of ${[...authorities].sort().join(", ")}`)];
}

function checkAnchors({ anchors, sources }: TrustContent, { trust }: Config, now: Instant): Check {
  const newest = instant(Math.max(...sources.map(({ importedAt }) => importedAt)));
  const countries = new Set(anchors.map(({ country }) => country)).size;
  const found = `${anchors.length} certificates of ${countries} countries, last import ${day(newest)}`;
  if (trust.laboratory !== undefined)
    return doubtful(
      NAME,
      `${found}; cards of test authorities are accepted`,
      "take trust.laboratory out of the configuration before anybody real passes",
    );
  return now - newest <= OLD_DAYS * DAY_MS
    ? well(NAME, found)
    : doubtful(NAME, found, "import the current master list: newer cards are refused until then");
}

function checkRevocationLists({ revocationLists }: TrustContent, { trust }: Config, now: Instant): Check {
  const overdue = revocationLists.filter(({ nextUpdate }) => nextUpdate < now).length;
  const found = `${revocationLists.length} held, ${overdue} overdue`;
  if (revocationLists.length === 0 && trust.crl === "warn")
    return well(CRL_NAME, "none held: a signer that its State has taken back is not known");
  if (revocationLists.length > 0 && overdue === 0) return well(CRL_NAME, found);
  return doubtful(
    CRL_NAME,
    found,
    trust.crl === "require"
      ? "import the current lists with varco trust import: until then cards of these countries are refused"
      : "import the current lists with varco trust import",
  );
}
