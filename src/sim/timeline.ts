/**
 * The simulator's notion of time: a clock in microseconds and actions that happen at given instants.
 * Two implementations: `virtual-timeline.ts` jumps from event to event, `real-timeline.ts` meets each
 * instant on the machine's clock. Chip, cards and board know this interface only.
 */
export interface Timeline {
  /** Microseconds since the timeline began; never goes backwards. */
  nowUs(): number;
  /**
   * Runs `action` at `timeUs`, or as soon as possible when that has passed. Actions due at the same
   * instant run in the order they were asked for. The returned function cancels; calling it late is harmless.
   */
  at(timeUs: number, action: () => void): () => void;
}
