/**
 * Makes inputs out of kept ones: bits flipped, bytes changed, cut, put in and doubled, two inputs spliced,
 * lengths edited; half of the time the checksums are made right again, so that what was changed gets past
 * them. And a few inputs that are pure chance.
 */
import { concat } from "../../src/bytes/bytes.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";

const MAX_MUTATIONS = 4;
const MAX_CHANCE_BYTES = 64;
/** Two of the longest frames and a little more: what no link hands over in one piece. */
export const MAX_INPUT_BYTES = 600;
/** Values at which something changes: marks, directions, limits, the status bits. */
const TELLING = [0x00, 0x01, 0x02, 0x40, 0x41, 0x4b, 0x7f, 0x80, 0xd4, 0xd5, 0xfe, 0xff];
/** Lengths of TFI and data at the edges of the two kinds of frame. */
const EDGES = [0, 1, 2, 3, 5, 14, 15, 16, 17, 48, 253, 254, 255, 256, 257, 263, 264, 265, 266, 300];

type Mutation = (input: Uint8Array, random: SeededRandom, corpus: readonly Uint8Array[]) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  changeByte,
  cutEnd,
  cutOut,
  putIn,
  doublePart,
  splice,
  editLength,
  stretchBody,
];

/** One input; the same for the same corpus and state of `random`. */
export function makeInput(corpus: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  if (random.chance(1 / 16)) return random.bytes(random.below(MAX_CHANCE_BYTES));
  let input: Uint8Array = random.pick(corpus).slice();
  for (let left = random.below(MAX_MUTATIONS + 1); left > 0; left--)
    input = random.pick(MUTATIONS)(input, random, corpus);
  if (random.chance(0.5)) repairChecksums(input);
  return input.subarray(0, MAX_INPUT_BYTES);
}

function flipBit(input: Uint8Array, random: SeededRandom): Uint8Array {
  if (input.length > 0) {
    const at = random.below(input.length);
    input[at] = (input[at] ?? 0) ^ (1 << random.below(8));
  }
  return input;
}

function changeByte(input: Uint8Array, random: SeededRandom): Uint8Array {
  if (input.length > 0) input[random.below(input.length)] = random.pick(TELLING);
  return input;
}

function cutEnd(input: Uint8Array, random: SeededRandom): Uint8Array {
  return input.slice(0, random.below(input.length + 1));
}

function cutOut(input: Uint8Array, random: SeededRandom): Uint8Array {
  const from = random.below(input.length + 1);
  const to = from + random.below(Math.min(8, input.length - from) + 1);
  return concat(input.subarray(0, from), input.subarray(to));
}

function putIn(input: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.below(input.length + 1);
  const lengthBytes = 1 + random.below(8);
  const added = random.chance(0.5)
    ? random.bytes(lengthBytes)
    : new Uint8Array(lengthBytes).fill(random.pick(TELLING));
  return concat(input.subarray(0, at), added, input.subarray(at));
}

function doublePart(input: Uint8Array, random: SeededRandom): Uint8Array {
  const from = random.below(input.length + 1);
  const to = from + random.below(input.length - from + 1);
  return concat(input.subarray(0, to), input.subarray(from));
}

function splice(input: Uint8Array, random: SeededRandom, corpus: readonly Uint8Array[]): Uint8Array {
  const other = random.pick(corpus);
  const head = random.chance(0.5) ? input : input.subarray(0, random.below(input.length + 1));
  const tail = random.chance(0.5) ? other : other.subarray(random.below(other.length + 1));
  return concat(head, tail);
}

function editLength(input: Uint8Array, random: SeededRandom): Uint8Array {
  const at = startCodeEnd(input, 0);
  if (at !== undefined && at < input.length)
    input[at] = random.chance(0.5) ? random.pick(EDGES) & 0xff : random.below(256);
  return input;
}

/** A frame of a given length around the same beginning of its body, normal or extended as the length asks. */
function stretchBody(input: Uint8Array, random: SeededRandom): Uint8Array {
  const at = startCodeEnd(input, 0) ?? 0;
  const bodyBytes = random.pick(EDGES);
  const body = new Uint8Array(bodyBytes);
  body.set(input.subarray(at + 2, at + 2 + bodyBytes));
  const high = bodyBytes >> 8;
  const low = bodyBytes & 0xff;
  const head = high === 0 && random.chance(0.75) ? [low] : [0xff, 0xff, high, low];
  const lengthSum = head.length === 1 ? low : high + low;
  return concat(Uint8Array.of(0x00, 0x00, 0xff, ...head, -lengthSum), body, Uint8Array.of(-sum(body), 0x00));
}

/** Makes LCS, DCS and postamble of every frame right, as far as its bytes are there. */
function repairChecksums(input: Uint8Array): void {
  let at = startCodeEnd(input, 0);
  while (at !== undefined) at = startCodeEnd(input, repairFrame(input, at));
}

/** The frame whose length stands at `at`; gives where to look for the next one. */
function repairFrame(input: Uint8Array, at: number): number {
  const [first = 0, second = 0, high = 0, low = 0] = input.subarray(at, at + 4);
  const isShort = (first === 0x00 && second === 0xff) || (first === 0xff && second === 0x00);
  if (isShort) return at;
  const isExtended = first === 0xff && second === 0xff;
  const bodyAt = at + (isExtended ? 5 : 2);
  const bodyEnd = bodyAt + (isExtended ? high * 256 + low : first);
  put(input, bodyAt - 1, -(isExtended ? high + low : first));
  put(input, bodyEnd, -sum(input.subarray(bodyAt, bodyEnd)));
  put(input, bodyEnd + 1, 0x00);
  return bodyEnd;
}

/** Behind the end there is nothing to put right. */
function put(input: Uint8Array, at: number, value: number): void {
  if (at < input.length) input[at] = value;
}

/** Where the length of the next frame stands, from `offset` on. */
function startCodeEnd(input: Uint8Array, offset: number): number | undefined {
  for (let index = offset; index + 1 < input.length; index++)
    if (input[index] === 0x00 && input[index + 1] === 0xff) return index + 2;
  return undefined;
}

function sum(bytes: Uint8Array): number {
  let total = 0;
  for (const byte of bytes) total += byte;
  return total;
}
