/**
 * Makes hostile seals out of honest ones: bytes changed, cut, put in and doubled, fields exchanged between seals, separators
 * and identifiers where they do not belong. Some are signed anew, as a printer of false papers would who had a signer's key,
 * so that what was changed is looked at behind the signature, too.
 */
import { concat } from "../../src/bytes/bytes.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { base32, latin, type SealSign } from "../seal/seal-maker.ts";

/** More than a seal may have, so that its limit is met. */
export const MAX_SEAL_BYTES = 2_400;
const MAX_EDITS = 3;
const MAX_CHANCE_BYTES = 64;
const [GS, RS, US] = [0x1d, 0x1e, 0x1f] as const;
const TELLING = [
  0x00,
  0x0a,
  GS,
  RS,
  US,
  0x20,
  0x2f,
  0x30,
  0x39,
  0x41,
  0x46,
  0x5a,
  0x61,
  0x7f,
  0xa0,
  0xdc,
  0xff,
];
/** Parts that mean something where they come to stand. */
const PIECES = [
  "62",
  "66",
  "67FR",
  "6FX",
  "0A",
  "ZZ",
  "FFFF",
  "FR00",
  "0000",
  "DC04",
  "\u001d",
  "\u001e",
  "\u001f",
];

type Edit = (seal: Uint8Array, random: SeededRandom, others: readonly Uint8Array[]) => Uint8Array;

const EDITS: readonly Edit[] = [
  (seal, random) => {
    const at = random.below(Math.max(1, seal.length));
    return seal.length === 0 ? seal : seal.with(at, (seal[at] ?? 0) ^ (1 << random.below(8)));
  },
  (seal, random) => (seal.length === 0 ? seal : seal.with(random.below(seal.length), random.pick(TELLING))),
  (seal, random) => seal.slice(0, random.below(seal.length + 1)),
  (seal, random) => {
    const at = random.below(seal.length + 1);
    return concat(seal.subarray(0, at), seal.subarray(at + 1 + random.below(8)));
  },
  (seal, random) => {
    const at = random.below(seal.length + 1);
    const piece = random.chance(0.5) ? latin(random.pick(PIECES)) : random.bytes(1 + random.below(4));
    return concat(seal.subarray(0, at), piece, seal.subarray(at));
  },
  (seal, random) => {
    const from = random.below(seal.length + 1);
    const to = from + random.below(seal.length - from + 1);
    return concat(seal.subarray(0, to), seal.subarray(from));
  },
  (seal, random, others) => {
    const other = random.pick(others);
    return concat(
      seal.subarray(0, random.below(seal.length + 1)),
      other.subarray(random.below(other.length + 1)),
    );
  },
  /** The message of one seal with the signature of another. */
  (seal, random, others) => {
    const other = random.pick(others);
    const [end, begin] = [seal.indexOf(US), other.indexOf(US)];
    return end < 0 || begin < 0 ? seal : concat(seal.subarray(0, end), other.subarray(begin));
  },
];

/** Chances that an input is of bytes alone, and that one is signed anew. */
const OF_CHANCE = 1 / 64;
const SIGNED_ANEW = 1 / 8;

/** One hostile seal, and what was signed anew in it; the same for the same corpus and state of `random`. */
export function makeSeal(
  corpus: readonly Uint8Array[],
  random: SeededRandom,
  sign: SealSign,
): { readonly bytes: Uint8Array; readonly signed: Uint8Array | undefined } {
  if (random.chance(OF_CHANCE))
    return { bytes: random.bytes(random.below(MAX_CHANCE_BYTES)), signed: undefined };
  let seal: Uint8Array = random.pick(corpus);
  for (let left = random.below(MAX_EDITS + 1); left > 0; left--)
    seal = random.pick(EDITS)(seal, random, corpus);
  const bytes = seal.slice(0, MAX_SEAL_BYTES);
  const end = bytes.indexOf(US);
  if (end < 0 || !random.chance(SIGNED_ANEW)) return { bytes, signed: undefined };
  const signed = bytes.slice(0, end);
  return { bytes: concat(signed, Uint8Array.of(US), latin(base32(sign(signed)))), signed };
}
