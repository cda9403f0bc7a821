/**
 * What a directory of the ICAO brings to the trust store: its master lists, each under a pin, and its revocation lists, each
 * under an anchor. Nobody can mend such a file, so that single lists which fail are left out and told.
 * Governing text: ICAO Doc 9303-12; eMRTD notes, sources of anchors.
 */
import type { StoredRevocationList } from "../../journal/trust-content.ts";
import { parseRevocationList } from "../../pki/crl.ts";
import { ldifValues } from "../../pki/ldif.ts";
import { err, ok, type Result } from "../../result.ts";
import { AnchorBook } from "./anchor-book.ts";
import { HeldKeys } from "./held-keys.ts";
import { verifiedRevocationList } from "./trust-by-hand.ts";
import {
  type ExamineContext,
  type Examined,
  type LeftOut,
  NOTHING,
  type VerifiedList,
  verifiedList,
} from "./trust-examine.ts";
import type { TrustFile } from "./trust-file.ts";
import type { TrustRefusal } from "./trust-refusal.ts";

/** Gives others their turn; `stop` ends the work. */
export type Turn = (doneBytes: number) => Promise<"go on" | "stop">;

/**
 * A directory: its master lists, each under a pin, then its revocation lists, each under an anchor of the store or
 * of those lists. `undefined` when `turn` ended the work.
 */
export async function examineDirectory(
  file: TrustFile,
  context: ExamineContext,
  turn: Turn,
): Promise<Result<Examined, TrustRefusal> | undefined> {
  const reading = new DirectoryReading(context);
  let doneBytes = 0;
  const counted = function* () {
    for (const piece of file.pieces()) {
      doneBytes += piece.length;
      yield piece;
    }
  };
  for (const value of ldifValues(counted())) {
    reading.take(value);
    if ((await turn(doneBytes)) === "stop") return undefined;
  }
  return file.failure === undefined ? ok(reading.result()) : err(file.failure);
}

type DirectoryValue = ReturnType<typeof ldifValues> extends Generator<infer Value> ? Value : never;

/** What was found in a directory so far. */
class DirectoryReading {
  readonly #context: ExamineContext;
  readonly #sealKeys: HeldKeys;
  readonly #lists = new Map<string, VerifiedList>();
  readonly #revocationLists: Uint8Array[] = [];
  readonly #leftOut: LeftOut[] = [];
  #documentSigners = 0;
  #unreadable = 0;

  constructor(context: ExamineContext) {
    this.#context = context;
    this.#sealKeys = new HeldKeys(context.held.sealers);
  }

  take(value: DirectoryValue): void {
    switch (value.kind) {
      case "masterList":
        this.#takeList(value.der);
        return;
      case "revocationList":
        this.#revocationLists.push(value.der);
        return;
      case "certificate":
        this.#documentSigners++;
        return;
      case "malformed":
        this.#unreadable++;
        return;
    }
  }

  result(): Examined {
    const lists = [...this.#lists.values()];
    return {
      ...NOTHING,
      lists: lists.map(({ list }) => list),
      signers: lists.map(({ signer }) => signer),
      revocationLists: this.#verifiedRevocationLists(lists),
      leftOut: [...lists.flatMap((list) => list.leftOut), ...this.#leftOut],
      documentSigners: this.#documentSigners,
      unreadable: lists.reduce((sum, list) => sum + list.unreadable, this.#unreadable),
      testAuthorities: lists.reduce((sum, list) => sum + list.testAuthorities, 0),
    };
  }

  #takeList(der: Uint8Array): void {
    // Two lists of one publisher in one directory: the newer counts, as between two imports.
    const before = [...this.#lists.values()].map(({ list }) => list);
    const sources = [...before, ...this.#context.held.sources];
    const verified = verifiedList(der, this.#context, { sources, sealKeys: this.#sealKeys });
    if (verified.ok) this.#lists.set(verified.value.list.publisher, verified.value);
    else this.#leftOut.push({ what: "master list", refusal: verified.error });
  }

  #verifiedRevocationLists(lists: readonly VerifiedList[]): readonly StoredRevocationList[] {
    const { held } = this.#context;
    const book = new AnchorBook([...held.anchors, ...lists.flatMap(({ list }) => list.anchors)]);
    const verified: StoredRevocationList[] = [];
    for (const der of this.#revocationLists) {
      const list = parseRevocationList(der);
      if (!list.ok) {
        this.#unreadable++;
        continue;
      }
      const one = verifiedRevocationList(list.value, book, [...verified, ...held.revocationLists]);
      if (one.ok) verified.push(one.value);
      else this.#leftOut.push({ what: "revocation list", refusal: one.error });
    }
    return verified;
  }
}
