/**
 * What the doctor asks of both halves of the trust store, that of country signers and that of makers of seals: how long ago
 * anything came into it, and whether it is known what was taken back.
 */
import type { TrustConfig } from "../../config/schema.ts";
import type { OpenDatabase } from "../../journal/database.ts";
import type { StoredRevocationList, TrustContent, TrustSource } from "../../journal/trust-content.ts";
import { TrustStore } from "../../journal/trust-store.ts";
import type { Result } from "../../result.ts";
import { DAY_MS } from "../../time/civil-date.ts";
import { type Instant, instant } from "../../time/time.ts";
import { day } from "../commands/trust-refusal.ts";
import type { AppError } from "../describe-error.ts";
import { type Check, doubtful, well } from "./check.ts";

/** The names of the two halves in the doctor's report. */
export const TRUST_STORE = "trust store";
export const SEAL_MAKERS = "makers of seals";

/**
 * A State begins with a new key some months before the first cards that need it are handed out; a trusted list of makers of
 * seals is followed by the next within six months (ETSI TS 119 612, 5.3.15).
 */
const OLD_DAYS = 180;

export function trustContentOf(database: OpenDatabase): Result<TrustContent, AppError> {
  const store = TrustStore.open(database);
  return store.ok ? store.value.read() : store;
}

/** Those of the sources that brought some of these certificates. */
export function sourcesOf(
  certificates: readonly { readonly sources: readonly string[] }[],
  { sources }: TrustContent,
): readonly TrustSource[] {
  const names = new Set(certificates.flatMap((certificate) => certificate.sources));
  return sources.filter(({ name }) => names.has(name));
}

/** One half, as far as it is counted. */
export interface CountedHalf {
  readonly name: typeof TRUST_STORE | typeof SEAL_MAKERS;
  readonly found: string;
  /** What brought it. */
  readonly sources: readonly TrustSource[];
  /** What signers for tests make. */
  readonly made: "cards" | "seals";
  /** What to do when it is old. */
  readonly renewal: string;
}

/** A half that is old, or in which test authorities count, deserves a look. */
export function checkHalf(
  { name, found, sources, made, renewal }: CountedHalf,
  { laboratory }: TrustConfig,
  now: Instant,
): Check {
  const newest = instant(Math.max(...sources.map(({ importedAt }) => importedAt)));
  const dated = `${found}, last import ${day(newest)}`;
  if (laboratory !== undefined)
    return doubtful(
      name,
      `${dated}; ${made} of test authorities are accepted`,
      "take trust.laboratory out of the configuration before anybody real passes",
    );
  return now - newest <= OLD_DAYS * DAY_MS ? well(name, dated) : doubtful(name, dated, renewal);
}

/** The revocation lists of one half. */
export interface HeldLists {
  readonly name: string;
  readonly lists: readonly StoredRevocationList[];
  /** Who has none, where each is known by name. */
  readonly without: readonly string[];
  /** Who takes signers back. */
  readonly issuer: string;
  /** What is refused for want of a list, where lists are required. */
  readonly refused: string;
}

export function checkLists(
  { name, lists, without, issuer, refused }: HeldLists,
  { crl }: TrustConfig,
  now: Instant,
): Check {
  if (lists.length === 0 && crl === "warn")
    return well(name, `none held: a signer that its ${issuer} has taken back is not known`);
  const overdue = lists.filter(({ nextUpdate }) => nextUpdate < now).length;
  const missing = without.length === 0 ? "" : `, none of ${without.join(", ")}`;
  const found = `${lists.length} held, ${overdue} overdue${missing}`;
  const isEnough = lists.length > 0 && (without.length === 0 || crl === "warn");
  if (isEnough && overdue === 0) return well(name, found);
  const remedy = "import the current lists with varco trust import";
  return doubtful(name, found, crl === "require" ? `${remedy}: until then ${refused} are refused` : remedy);
}
