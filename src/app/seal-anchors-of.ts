/**
 * The makers of visible seals in the trust store, for whatever judges seals: at a desk as they are now, in a gate as they are
 * at each moment. Country signers are none of them.
 */
import type { Config, TrustConfig } from "../config/schema.ts";
import type { OpenDatabase } from "../journal/database.ts";
import type { TrustContent } from "../journal/trust-content.ts";
import type { Log } from "../ports/log.ts";
import { err, ok, type Result } from "../result.ts";
import { SealAnchors } from "../seal/seal-anchors.ts";
import { LiveStore, madeOfStore, type TrustError } from "./live-store.ts";

/** The makers as they are now; certificates are parsed when they are used. */
export const loadSealAnchors = (
  database: OpenDatabase,
  { trust }: Pick<Config, "trust">,
): Result<SealAnchors, TrustError> => madeOfStore(database, (content) => sealAnchorsOf(content, trust));

function sealAnchorsOf(
  { sealers, sealerRevocationLists: revocationLists }: TrustContent,
  { laboratory, crl }: TrustConfig,
): Result<SealAnchors, TrustError> {
  const testAnchors = laboratory === "acceptsTestCards" ? "accept" : "refuse";
  const counting = sealers.filter((sealer) => !sealer.laboratory || testAnchors === "accept");
  // A root alone, or an authority without a signer, verifies no seal.
  if (counting.every(({ role }) => role !== "signer")) {
    const remedy =
      counting.length === 0
        ? "import the list of seals' authorities and the certificates of their signers with varco trust import"
        : "import the certificates of the authorities' signers with varco trust import --seals";
    return err({ kind: "trustStoreWithoutSealers", remedy });
  }
  return ok(new SealAnchors({ sealers, revocationLists, crl, testAnchors }));
}

/** The makers of seals as a running gate knows them. */
export class LiveSealAnchors {
  readonly #live: LiveStore<SealAnchors>;

  /** Makes them, so that a gate which needs them starts with them or says why it does not. */
  static open(
    database: OpenDatabase,
    { trust }: Pick<Config, "trust">,
    log: Log,
  ): Result<LiveSealAnchors, TrustError> {
    const live = LiveStore.open(database, (content) => sealAnchorsOf(content, trust), log);
    return live.ok ? ok(new LiveSealAnchors(live.value)) : live;
  }

  private constructor(live: LiveStore<SealAnchors>) {
    this.#live = live;
  }

  /** As `LiveStore.current`. */
  current(): SealAnchors | undefined {
    return this.#live.current();
  }
}
