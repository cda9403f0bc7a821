/**
 * When a lane that had so many wrong passwords tries none: reckoned from the rows about wrong ones, apart from the gate. A row
 * is written when the chip has answered, the try was made some time before, and whoever dies in mid-reading leaves a try
 * behind that no row tells of: so there is a time in which the lane may be blocked, and one in which it must be.
 */

/** Ten wrong ones in ten minutes close a lane for a minute, and each further one for twice as long, up to half an hour. */
const BLOCKING_TRY = 10;
const WITHIN_MS = 600_000;
const FIRST_BLOCK_MS = 60_000;
const LONGEST_BLOCK_MS = 1_800_000;
/** From a try to its row, on a chip that lets who was wrong wait. */
const ROW_AFTER_MS = 16_000;

interface Block {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the lane may, or must, be blocked at. */
export class LaneBlocks {
  readonly #possible: readonly Block[];
  readonly #sure: readonly Block[];

  /** `wrongMs`: the rows about wrong passwords; `doubtfulMs`: the deaths that may have left a try behind. */
  constructor(wrongMs: readonly number[], doubtfulMs: readonly number[]) {
    const all = [...wrongMs, ...doubtfulMs].sort((a, b) => a - b);
    this.#possible = [
      ...blocksAfter(wrongMs, WITHIN_MS + ROW_AFTER_MS),
      ...blocksAfter(all, WITHIN_MS + ROW_AFTER_MS),
    ].map(({ fromMs, toMs }) => ({ fromMs: fromMs - ROW_AFTER_MS, toMs: toMs + ROW_AFTER_MS }));
    this.#sure = blocksAfter(wrongMs, WITHIN_MS - ROW_AFTER_MS).map(({ fromMs, toMs }) => ({
      fromMs,
      toMs: toMs - ROW_AFTER_MS,
    }));
  }

  mayBeBlocked(fromMs: number, toMs: number): boolean {
    return this.#possible.some((block) => block.fromMs <= toMs && block.toMs >= fromMs);
  }

  /** Whether a try whose row came at this time was made while none was to be made. */
  wasBlocked(rowMs: number): boolean {
    return this.#sure.some(({ fromMs, toMs }) => fromMs < rowMs - ROW_AFTER_MS && rowMs < toMs);
  }
}

function blocksAfter(triesMs: readonly number[], withinMs: number): readonly Block[] {
  const blocks: Block[] = [];
  let degree = 0;
  for (const [index, atMs] of triesMs.entries()) {
    const last = blocks.at(-1);
    if (last !== undefined && atMs < last.toMs + withinMs) degree += 1;
    else
      degree =
        triesMs.slice(0, index + 1).filter((each) => each > atMs - withinMs).length >= BLOCKING_TRY ? 1 : 0;
    if (degree > 0)
      blocks.push({
        fromMs: atMs,
        toMs: atMs + Math.min(FIRST_BLOCK_MS * 2 ** (degree - 1), LONGEST_BLOCK_MS),
      });
  }
  return blocks;
}
