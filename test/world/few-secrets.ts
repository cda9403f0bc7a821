/**
 * Chance as the gate of a match day has it: secrets of key agreements come from a few, over and over, so that virtual chips
 * find what they have reckoned before. Nobody in the crowd listens to others; whoever plays back what he recorded has
 * recorded something else. Everything shorter than a secret is as new as ever.
 */
import type { Random } from "../../src/ports/random.ts";

const SECRETS = 2;
/** Of the smallest group. */
const LEAST_SECRET_BYTES = 24;
/** Keeps a number below the order of every group. */
const TOP_BITS = 0x3f;

export class FewSecrets implements Random {
  readonly #random: Random;
  readonly #secrets = new Map<number, readonly Uint8Array[]>();
  #drawn = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  bytes(lengthBytes: number): Uint8Array {
    if (lengthBytes < LEAST_SECRET_BYTES) return this.#random.bytes(lengthBytes);
    const secrets = this.#secrets.get(lengthBytes) ?? this.#few(lengthBytes);
    this.#drawn += 1;
    const secret = secrets[this.#drawn % SECRETS];
    if (secret === undefined) throw new Error("no secret");
    return secret.slice();
  }

  #few(lengthBytes: number): readonly Uint8Array[] {
    const few = Array.from({ length: SECRETS }, () => {
      const secret = this.#random.bytes(lengthBytes);
      return secret.with(0, ((secret[0] ?? 0) & TOP_BITS) | 1);
    });
    this.#secrets.set(lengthBytes, few);
    return few;
  }
}
