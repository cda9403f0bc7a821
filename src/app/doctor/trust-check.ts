/**
 * The trust store, where a door asks for what only it can vouch for: whether it can be used at all, how old it is,
 * and whether what States have taken back is known.
 */
import type { Config } from "../../config/schema.ts";
import { openDatabaseReadOnly } from "../../journal/database.ts";
import type { TrustContent } from "../../journal/trust-content.ts";
import { TrustStore } from "../../journal/trust-store.ts";
import { DAY_MS } from "../../time/civil-date.ts";
import { type Instant, instant } from "../../time/time.ts";
import { BUSY_TIMEOUT_MS, databaseFile } from "../commands/site.ts";
import { day } from "../commands/trust-refusal.ts";
import { possibleLevels } from "../door-policy.ts";
import { loadTrustAnchors } from "../trust-anchors-of.ts";
import { type Check, doubtful, failure, notApplicable, well } from "./check.ts";

const NAME = "trust store";
const CRL_NAME = "revocation lists";
/** A State begins with a new key some months before the first cards that need it are handed out. */
const OLD_DAYS = 180;

export function checkTrust(config: Config, now: Instant): readonly Check[] {
  if (config.doors.flatMap(possibleLevels).every((level) => level === "identifier"))
    return [notApplicable(NAME, "no door demands more than a number")];
  const database = openDatabaseReadOnly(databaseFile(config.stateDirectory), {
    busyTimeoutMs: BUSY_TIMEOUT_MS,
  });
  if (!database.ok) return [failure(NAME, database.error)];
  try {
    const anchors = loadTrustAnchors(database.value, config);
    if (!anchors.ok) return [failure(NAME, anchors.error)];
    const store = TrustStore.open(database.value);
    const content = store.ok ? store.value.read() : store;
    if (!content.ok) return [failure(NAME, content.error)];
    return [checkAnchors(content.value, config, now), checkRevocationLists(content.value, config, now)];
  } finally {
    database.value.close();
  }
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
