/**
 * The groups of integers modulo a prime that documents use, for key agreement: the Italian CIE has no other. Powers are
 * computed by OpenSSL in constant time. ICAO Doc 9303-11 §4.4.3.3 (mappings), §9.5.1 (groups), §9.6.1 (checks);
 * RFC 5114 §2; RFC 2631 §2.1.5 (validation of public keys).
 */
import { createDiffieHellman } from "node:crypto";
import { hex } from "../bytes/hex.ts";
import type { Random } from "../ports/random.ts";
import { toFixedBytes, toInteger } from "./big-endian.ts";
import { DH_GROUPS, type DhGroupName } from "./dh-groups.table.ts";
import { drawBelow, type KeyGroup, reduced } from "./key-group.ts";

/** A generator must be named to OpenSSL; no power of it is asked for. */
const UNUSED_GENERATOR = 2;
/** OpenSSL's fast multiplication takes four words at a time. */
const FAST_STEP_BITS = 4 * 64;

class DhGroup implements KeyGroup {
  readonly kind = "DH";
  readonly generator: Uint8Array;
  readonly fieldBits: number;
  readonly #fieldBytes: number;
  readonly #orderBytes: number;
  readonly #p: bigint;
  readonly #q: bigint;
  readonly #modulus: Uint8Array;

  constructor(name: DhGroupName) {
    const row = DH_GROUPS[name];
    this.generator = hex(row.g);
    this.#fieldBytes = row.p.length / 2;
    this.#orderBytes = row.q.length / 2;
    this.#p = toInteger(hex(row.p));
    this.#q = toInteger(hex(row.q));
    this.fieldBits = this.#p.toString(2).length;
    // OpenSSL tests a modulus that it is given for being prime, a quarter of a second for 2048 bits, and is done at
    // once with a multiple of three. What is a power modulo a multiple of p is one modulo p too. Three times p alone
    // would be a few bits longer than p, at which OpenSSL is a fifth slower than at one that fills its words.
    const multiple = 3n * (1n + (1n << BigInt(FAST_STEP_BITS - 4)));
    this.#modulus = toFixedBytes(multiple * this.#p, this.#fieldBytes + FAST_STEP_BITS / 8);
  }

  newSecret(random: Random): Uint8Array {
    return drawBelow(this.#q, random);
  }

  /** The order is tested as B^(q+1) = B, because OpenSSL refuses to give out a power that is 1. */
  isElement(bytes: Uint8Array): boolean {
    if (bytes.length !== this.#fieldBytes) return false;
    const value = toInteger(bytes);
    if (value <= 1n || value >= this.#p - 1n) return false;
    return this.#power(bytes, toFixedBytes(this.#q + 1n, this.#orderBytes)) === value;
  }

  times(secret: Uint8Array, element: Uint8Array): Uint8Array | undefined {
    const exponent = reduced(secret, this.#q, this.#orderBytes);
    if (exponent === undefined) return undefined;
    const power = this.#power(element, exponent);
    exponent.fill(0);
    return power === undefined ? undefined : toFixedBytes(power, this.#fieldBytes);
  }

  plus(left: Uint8Array, right: Uint8Array): Uint8Array | undefined {
    const product = (toInteger(left) * toInteger(right)) % this.#p;
    return product === 1n ? undefined : toFixedBytes(product, this.#fieldBytes);
  }

  sharedSecret(element: Uint8Array): Uint8Array {
    return element.slice();
  }

  fromNumber(number: Uint8Array): Uint8Array | undefined {
    const base = toFixedBytes(toInteger(number) % this.#p, this.#fieldBytes);
    const cofactor = (this.#p - 1n) / this.#q;
    const power = this.#power(base, toFixedBytes(cofactor, this.#fieldBytes));
    return power === undefined || power === 1n ? undefined : toFixedBytes(power, this.#fieldBytes);
  }

  /** base^exponent modulo p; `undefined` for what OpenSSL refuses: a base of 0, 1 or -1, or such a result. */
  #power(base: Uint8Array, exponent: Uint8Array): bigint | undefined {
    const keys = createDiffieHellman(this.#modulus, UNUSED_GENERATOR);
    keys.setPrivateKey(exponent);
    try {
      return toInteger(keys.computeSecret(base)) % this.#p;
    } catch {
      return undefined;
    }
  }
}

const groups = new Map<DhGroupName, KeyGroup>();

/** The group of that name; one object for each, so that two of them can be compared. */
export function dhGroup(name: DhGroupName): KeyGroup {
  const group = groups.get(name) ?? new DhGroup(name);
  groups.set(name, group);
  return group;
}
