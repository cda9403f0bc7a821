/** The reader's secrets of one reading: noted as they are drawn, and handed out again in the same order. */
import type { KeyGroup } from "../../src/crypto/key-group.ts";
import { EphemeralKeys, type KeyPair, type PaceKeys } from "../../src/emrtd/pace-keys.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";

export type DrawnSecret =
  | { readonly kind: "pair"; readonly group: KeyGroup; readonly pair: KeyPair }
  | { readonly kind: "secret"; readonly group: KeyGroup; readonly secret: Uint8Array }
  | { readonly kind: "challenge"; readonly challenge: Uint8Array };

/** Notes a copy of everything; what is handed out itself is noted in `handedOut`, to be looked at when it should be wiped. */
export class NotingKeys implements PaceKeys {
  readonly handedOut: Uint8Array[] = [];
  readonly #inner: PaceKeys;
  readonly #notes: DrawnSecret[];

  constructor(inner: PaceKeys, notes: DrawnSecret[]) {
    this.#inner = inner;
    this.#notes = notes;
  }

  takePair(group: KeyGroup): KeyPair {
    const pair = this.#inner.takePair(group);
    const { secret, publicKey } = pair;
    this.#notes.push({ kind: "pair", group, pair: { secret: secret.slice(), publicKey } });
    this.handedOut.push(secret);
    return pair;
  }

  newSecret(group: KeyGroup): Uint8Array {
    const secret = this.#inner.newSecret(group);
    this.#notes.push({ kind: "secret", group, secret: secret.slice() });
    this.handedOut.push(secret);
    return secret;
  }

  challenge(lengthBytes: number): Uint8Array {
    const challenge = this.#inner.challenge(lengthBytes);
    this.#notes.push({ kind: "challenge", challenge });
    return challenge;
  }
}

/** Hands out what was noted, and fresh secrets to a reader that asks for others than those of the noted reading. */
export class RepeatingKeys implements PaceKeys {
  readonly #notes: readonly DrawnSecret[];
  readonly #fresh: EphemeralKeys;
  #at = 0;

  constructor(notes: readonly DrawnSecret[], seed: number) {
    this.#notes = notes;
    this.#fresh = new EphemeralKeys(new SeededRandom(~seed));
  }

  /** From the beginning on, for a card that is activated anew. */
  rewind(): void {
    this.#at = 0;
  }

  takePair(group: KeyGroup): KeyPair {
    const note = this.#notes[this.#at++];
    if (note?.kind !== "pair" || note.group !== group) return this.#fresh.takePair(group);
    return { secret: note.pair.secret.slice(), publicKey: note.pair.publicKey };
  }

  newSecret(group: KeyGroup): Uint8Array {
    const note = this.#notes[this.#at++];
    const isSame = note?.kind === "secret" && note.group === group;
    return isSame ? note.secret.slice() : this.#fresh.newSecret(group);
  }

  challenge(lengthBytes: number): Uint8Array {
    const note = this.#notes[this.#at++];
    const isSame = note?.kind === "challenge" && note.challenge.length === lengthBytes;
    return isSame ? note.challenge : this.#fresh.challenge(lengthBytes);
  }
}
