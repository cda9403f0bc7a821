/**
 * The secrets of our side of PACE. The first key pair hangs on nothing that a card says, so it is made ahead, while
 * no card is there: what is left for the passage is what the card's own numbers go into.
 */
import type { KeyGroup } from "../crypto/key-group.ts";
import type { Random } from "../ports/random.ts";

export interface KeyPair {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Where a run of PACE takes its secrets from; it wipes what it took. */
export interface PaceKeys {
  /** A pair over the group's own generator, given out once. */
  takePair(group: KeyGroup): KeyPair;
  /** The secret of the second agreement, whose generator is not known beforehand. */
  newSecret(group: KeyGroup): Uint8Array;
  /** The terminal's part of an integrated mapping. */
  challenge(lengthBytes: number): Uint8Array;
}

/** Two lanes that read at once, and one to spare. */
const PAIRS_PER_GROUP = 3;

/** Fresh secrets from the system's generator, with some pairs kept for each group that was asked for. */
export class EphemeralKeys implements PaceKeys {
  readonly #random: Random;
  readonly #kept = new Map<KeyGroup, KeyPair[]>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Groups of cards that are likely to come, so that the first of them finds a pair made ahead. */
  expect(groups: readonly KeyGroup[]): void {
    for (const group of groups) this.#pairsOf(group);
  }

  /** A pair made ahead if there is one, else one made now. */
  takePair(group: KeyGroup): KeyPair {
    return this.#pairsOf(group).pop() ?? this.#newPair(group);
  }

  newSecret(group: KeyGroup): Uint8Array {
    return group.newSecret(this.#random);
  }

  challenge(lengthBytes: number): Uint8Array {
    return this.#random.bytes(lengthBytes);
  }

  /**
   * Makes one pair for a group that lacks one, a few milliseconds of work at most; to be called while idle, until it
   * returns false. Groups are those of the cards seen so far, of which there are fourteen at most.
   */
  makeAhead(): boolean {
    for (const [group, pairs] of this.#kept) {
      if (pairs.length >= PAIRS_PER_GROUP) continue;
      pairs.push(this.#newPair(group));
      return true;
    }
    return false;
  }

  #pairsOf(group: KeyGroup): KeyPair[] {
    const pairs = this.#kept.get(group) ?? [];
    this.#kept.set(group, pairs);
    return pairs;
  }

  #newPair(group: KeyGroup): KeyPair {
    const secret = this.newSecret(group);
    const publicKey = group.times(secret, group.generator);
    if (publicKey === undefined) throw new Error("a secret below the order has a public key");
    return { secret, publicKey };
  }
}
