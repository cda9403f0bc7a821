/**
 * The trust store as the gate uses it: anchors made from it once, and made anew when its seal says that a command
 * has changed it, so that a withdrawn certificate counts for nothing from the next card on, without a restart.
 * A store that is empty or damaged gives no anchors at all.
 */
import type { Config, TrustConfig } from "../config/schema.ts";
import type { OpenDatabase } from "../journal/database.ts";
import type { TrustContent, TrustReadError } from "../journal/trust-content.ts";
import { TrustStore } from "../journal/trust-store.ts";
import { TrustAnchors } from "../pki/trust-anchors.ts";
import type { Log } from "../ports/log.ts";
import { err, ok, type Result } from "../result.ts";

/** Why no card can be examined against the store. */
export type TrustError =
  | TrustReadError
  /** No certificate in it, or only those of test authorities that this gate does not accept. */
  | { readonly kind: "trustStoreEmpty"; readonly remedy: string };

/** The anchors as they are now. Some 10 ms for a list of all countries; certificates are parsed when they are used. */
export function loadTrustAnchors(
  database: OpenDatabase,
  { trust }: Pick<Config, "trust">,
): Result<TrustAnchors, TrustError> {
  const store = TrustStore.open(database);
  if (!store.ok) return store;
  const content = store.value.read();
  return content.ok ? anchorsOf(content.value, trust) : content;
}

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

/** The anchors of a running gate. */
export class LiveTrustAnchors {
  readonly #store: TrustStore;
  readonly #trust: TrustConfig;
  readonly #log: Log;
  /** What was made of the store, and the seal that it had. */
  #made: { readonly seal: string; readonly anchors: TrustAnchors | undefined } | undefined;

  /** Makes the anchors, so that a gate which needs them starts with them or says why it does not. */
  static open(
    database: OpenDatabase,
    { trust }: Pick<Config, "trust">,
    log: Log,
  ): Result<LiveTrustAnchors, TrustError> {
    const store = TrustStore.open(database);
    if (!store.ok) return store;
    const live = new LiveTrustAnchors(store.value, trust, log);
    const made = live.#make();
    return made.ok ? ok(live) : made;
  }

  private constructor(store: TrustStore, trust: TrustConfig, log: Log) {
    this.#store = store;
    this.#trust = trust;
    this.#log = log;
  }

  /**
   * The anchors of this moment, the same object until a command changes the store; `undefined`, after a line in
   * the log, when the store cannot be used. Costs one small read, and as much as a start after a change.
   */
  current(): TrustAnchors | undefined {
    const seal = this.#store.seal();
    if (!seal.ok) return this.#unusable(seal.error);
    if (seal.value === this.#made?.seal) return this.#made.anchors;
    const made = this.#make();
    if (made.ok) return made.value;
    // Told once, not for each card, and looked at again when a command changes the store.
    this.#made = { seal: seal.value, anchors: undefined };
    return this.#unusable(made.error);
  }

  #make(): Result<TrustAnchors, TrustError> {
    const content = this.#store.read();
    if (!content.ok) return content;
    const anchors = anchorsOf(content.value, this.#trust);
    if (anchors.ok) this.#made = { seal: content.value.seal, anchors: anchors.value };
    return anchors;
  }

  #unusable({ kind }: TrustError): undefined {
    this.#log.error("trustStoreUnusable", { kind });
    return undefined;
  }
}
