/** Makes hostile answers out of honest ones: the data changed, the status changed, cut short, or both parts of another answer. */
import { concat, equalBytes } from "../../src/bytes/bytes.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { mutated } from "./document-mutations.ts";

/** What chips say, and what readers treat apart. */
export const STATUS_WORDS = [
  ...[0x9000, 0x6100, 0x6110, 0x6282, 0x6283, 0x6300, 0x63c0, 0x63c2, 0x6700, 0x6882, 0x6982, 0x6983, 0x6984],
  ...[0x6985, 0x6986, 0x6987, 0x6988, 0x6a80, 0x6a81, 0x6a82, 0x6a86, 0x6a87, 0x6a88, 0x6b00, 0x6c00, 0x6c10],
  ...[0x6cff, 0x6d00, 0x6e00, 0x6f00, 0x0000, 0xffff, 0x9001, 0x8e08],
];
const STATUS_BYTES = 2;

/** The answer, data and status, in another form; never the same as before. */
export function mutatedAnswer(
  answer: Uint8Array,
  others: readonly Uint8Array[],
  random: SeededRandom,
): Uint8Array {
  const data = answer.subarray(0, -STATUS_BYTES);
  const status = answer.subarray(-STATUS_BYTES);
  const changed = random.pick(EDITS)({ answer, data, status, others, random });
  return equalBytes(changed, answer) ? concat(mutated(data, others, random), status) : changed;
}

/** As `mutatedAnswer`, and there is always a status. */
export function mutatedReply(
  answer: Uint8Array,
  others: readonly Uint8Array[],
  random: SeededRandom,
): Uint8Array {
  const changed = mutatedAnswer(answer, others, random);
  return changed.length < STATUS_BYTES ? Uint8Array.of(0x6f, 0x00) : changed;
}

interface Parts {
  readonly answer: Uint8Array;
  readonly data: Uint8Array;
  readonly status: Uint8Array;
  readonly others: readonly Uint8Array[];
  readonly random: SeededRandom;
}

const EDITS: readonly ((parts: Parts) => Uint8Array)[] = [
  ({ data, random }) => concat(data, statusOf(random)),
  ({ random }) => statusOf(random),
  ({ status }) => status,
  ({ data, status, others, random }) => concat(mutated(data, others, random), status),
  ({ data, status, others, random }) => concat(mutated(data, others, random), status),
  ({ data, status, others, random }) => concat(mutated(data, others, random), status),
  // The structure stays, so that the value is met by whoever reckons with it.
  ({ data, status, random }) => concat(withFlippedBit(data, random), status),
  ({ data, status, random }) => concat(withFlippedBit(data, random), status),
  ({ data, others, random }) => concat(mutated(data, others, random), statusOf(random)),
  ({ data, status, random }) => concat(data.subarray(0, random.below(data.length + 1)), status),
  ({ answer, random }) => answer.subarray(0, random.below(answer.length + 1)),
  ({ status, others, random }) => concat(random.pick(others).subarray(0, random.below(256)), status),
];

function withFlippedBit(data: Uint8Array, random: SeededRandom): Uint8Array {
  const changed = data.slice();
  const at = random.below(Math.max(1, data.length));
  if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
  return changed;
}

const statusOf = (random: SeededRandom): Uint8Array => {
  const sw = random.pick(STATUS_WORDS);
  return Uint8Array.of(sw >> 8, sw & 0xff);
};
