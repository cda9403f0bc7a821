/**
 * The trust store as a running gate uses it: something made from it once, and made anew when its seal says that a command
 * has changed it, so that a withdrawn certificate counts for nothing from the next card on, without a restart.
 */
import type { OpenDatabase } from "../journal/database.ts";
import type { TrustContent, TrustReadError } from "../journal/trust-content.ts";
import { TrustStore } from "../journal/trust-store.ts";
import type { Log } from "../ports/log.ts";
import { ok, type Result } from "../result.ts";

/** Why nothing can be examined against the store. */
export type TrustError =
  | TrustReadError
  /** No country signer in it, or only those of test authorities that this gate does not accept. */
  | { readonly kind: "trustStoreEmpty"; readonly remedy: string }
  /** The same of those who make visible seals. */
  | { readonly kind: "trustStoreWithoutSealers"; readonly remedy: string };

/** Makes what is used of the content; an empty store is an error. */
export type Make<T> = (content: TrustContent) => Result<T, TrustError>;

/** What the store comes to now. */
export function madeOfStore<T>(database: OpenDatabase, make: Make<T>): Result<T, TrustError> {
  const store = TrustStore.open(database);
  if (!store.ok) return store;
  const content = store.value.read();
  return content.ok ? make(content.value) : content;
}

export class LiveStore<T> {
  readonly #store: TrustStore;
  readonly #make: Make<T>;
  readonly #log: Log;
  /** What was made of the store, and the seal that it had. */
  #made: { readonly seal: string; readonly value: T | undefined } | undefined;

  /** Makes it, so that a gate which needs it starts with it or says why it does not. */
  static open<T>(database: OpenDatabase, make: Make<T>, log: Log): Result<LiveStore<T>, TrustError> {
    const store = TrustStore.open(database);
    if (!store.ok) return store;
    const live = new LiveStore(store.value, make, log);
    const made = live.#anew();
    return made.ok ? ok(live) : made;
  }

  private constructor(store: TrustStore, make: Make<T>, log: Log) {
    this.#store = store;
    this.#make = make;
    this.#log = log;
  }

  /**
   * What the store comes to at this moment, the same object until a command changes the store; `undefined`, after a line
   * in the log, when the store cannot be used. Costs one small read, and as much as a start after a change.
   */
  current(): T | undefined {
    const seal = this.#store.seal();
    if (!seal.ok) return this.#unusable(seal.error);
    if (seal.value === this.#made?.seal) return this.#made.value;
    const made = this.#anew();
    if (made.ok) return made.value;
    // Told once, not for each card, and looked at again when a command changes the store.
    this.#made = { seal: seal.value, value: undefined };
    return this.#unusable(made.error);
  }

  #anew(): Result<T, TrustError> {
    const content = this.#store.read();
    if (!content.ok) return content;
    const made = this.#make(content.value);
    if (made.ok) this.#made = { seal: content.value.seal, value: made.value };
    return made;
  }

  #unusable({ kind }: TrustError): undefined {
    this.#log.error("trustStoreUnusable", { kind });
    return undefined;
  }
}
