/**
 * The trust store, where a door asks for what only it can vouch for: whether it can be used at all, how old it is, and whether
 * what States have taken back is known. Those who make seals are in `sealer-check.ts`.
 */
import type { Config } from "../../config/schema.ts";
import type { Level } from "../../identity/proofs.ts";
import { type OpenDatabase, openDatabaseReadOnly } from "../../journal/database.ts";
import type { Instant } from "../../time/time.ts";
import { BUSY_TIMEOUT_MS, databaseFile } from "../commands/site.ts";
import { looksAtSeals, possibleLevels } from "../door-policy.ts";
import { loadTrustAnchors } from "../trust-anchors-of.ts";
import { type Check, failure, notApplicable } from "./check.ts";
import { checkSealMakers } from "./sealer-check.ts";
import { checkHalf, checkLists, sourcesOf, TRUST_STORE, trustContentOf } from "./trust-findings.ts";

export function checkTrust(config: Config, now: Instant): readonly Check[] {
  const levels = new Set(config.doors.flatMap(possibleLevels));
  const demandsChip = [...levels].some((level) => !WITHOUT_CHIP.has(level));
  const chips: readonly Ask[] = demandsChip ? [checkCountrySigners] : [];
  const seals: readonly Ask[] = config.doors.some(looksAtSeals) ? [checkSealMakers] : [];
  const needless = levels.has("documentSeal")
    ? "no door demands a chip"
    : "no door demands more than a number";
  const without = demandsChip ? [] : [notApplicable(TRUST_STORE, needless)];
  return [...without, ...askStore([...chips, ...seals], config, now)];
}

const WITHOUT_CHIP: ReadonlySet<Level> = new Set<Level>(["identifier", "documentSeal"]);

type Ask = (database: OpenDatabase, config: Config, now: Instant) => readonly Check[];

function askStore(asks: readonly Ask[], config: Config, now: Instant): readonly Check[] {
  if (asks.length === 0) return [];
  const database = openDatabaseReadOnly(databaseFile(config.stateDirectory), {
    busyTimeoutMs: BUSY_TIMEOUT_MS,
  });
  if (!database.ok) return [failure(TRUST_STORE, database.error)];
  try {
    return asks.flatMap((ask) => ask(database.value, config, now));
  } finally {
    database.value.close();
  }
}

function checkCountrySigners(database: OpenDatabase, config: Config, now: Instant): readonly Check[] {
  const anchors = loadTrustAnchors(database, config);
  if (!anchors.ok) return [failure(TRUST_STORE, anchors.error)];
  const content = trustContentOf(database);
  if (!content.ok) return [failure(TRUST_STORE, content.error)];
  const { anchors: signers, revocationLists: lists } = content.value;
  const countries = new Set(signers.map(({ country }) => country)).size;
  const half = {
    name: TRUST_STORE,
    made: "cards",
    found: `${signers.length} certificates of ${countries} countries`,
    sources: sourcesOf(signers, content.value),
    renewal: "import the current master list: newer cards are refused until then",
  } as const;
  const held = { lists, without: [], issuer: "State", refused: "cards of these countries" };
  return [
    checkHalf(half, config.trust, now),
    checkLists({ name: "revocation lists", ...held }, config.trust, now),
  ];
}
