/**
 * The country signers of the trust store, for whatever examines chips: at a desk as they are now, in a gate as they are at
 * each moment. A store that is empty or damaged gives no anchors at all.
 */
import type { Config, TrustConfig } from "../config/schema.ts";
import type { OpenDatabase } from "../journal/database.ts";
import type { TrustContent } from "../journal/trust-content.ts";
import { TrustAnchors } from "../pki/trust-anchors.ts";
import type { Log } from "../ports/log.ts";
import { err, ok, type Result } from "../result.ts";
import { LiveStore, madeOfStore, type TrustError } from "./live-store.ts";

/** The anchors as they are now. Some 10 ms for a list of all countries; certificates are parsed when they are used. */
export const loadTrustAnchors = (
  database: OpenDatabase,
  { trust }: Pick<Config, "trust">,
): Result<TrustAnchors, TrustError> => madeOfStore(database, (content) => anchorsOf(content, trust));

function anchorsOf(
  { anchors, revocationLists }: TrustContent,
  { laboratory, crl }: TrustConfig,
): Result<TrustAnchors, TrustError> {
  const testAnchors = laboratory === "acceptsTestCards" ? "accept" : "refuse";
  if (anchors.every((anchor) => anchor.laboratory && testAnchors === "refuse")) {
    const remedy =
      anchors.length === 0
        ? "import a master list with varco trust import"
        : "it holds test authorities only: import a master list with varco trust import";
    return err({ kind: "trustStoreEmpty", remedy });
  }
  // Test authorities stay among the anchors: a test card is then refused as what it is.
  return ok(new TrustAnchors({ anchors, revocationLists, crl, testAnchors }));
}

function anchorsIfAny(
  content: TrustContent,
  trust: TrustConfig,
): Result<TrustAnchors | undefined, TrustError> {
  const anchors = anchorsOf(content, trust);
  return !anchors.ok && anchors.error.kind === "trustStoreEmpty" ? ok(undefined) : anchors;
}

/** The anchors of a running gate. */
export class LiveTrustAnchors {
  readonly #live: LiveStore<TrustAnchors | undefined>;

  /** Makes the anchors, so that a gate which needs them starts with them or says why it does not. */
  static open(
    database: OpenDatabase,
    { trust }: Pick<Config, "trust">,
    log: Log,
  ): Result<LiveTrustAnchors, TrustError> {
    const live = LiveStore.open(database, (content) => anchorsOf(content, trust), log);
    return live.ok ? ok(new LiveTrustAnchors(live.value)) : live;
  }

  /**
   * As `open`, for a gate that can do without: while the store has no country signers there are no anchors, and no line in
   * the log, since nothing is wrong. A damaged store is an error here too.
   */
  static openEvenEmpty(
    database: OpenDatabase,
    { trust }: Pick<Config, "trust">,
    log: Log,
  ): Result<LiveTrustAnchors, TrustError> {
    const live = LiveStore.open(database, (content) => anchorsIfAny(content, trust), log);
    return live.ok ? ok(new LiveTrustAnchors(live.value)) : live;
  }

  private constructor(live: LiveStore<TrustAnchors | undefined>) {
    this.#live = live;
  }

  /** As `LiveStore.current`. */
  current(): TrustAnchors | undefined {
    return this.#live.current();
  }
}
