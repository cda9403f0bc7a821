/**
 * Attention on the event loop: turns it without a pause, so that an interrupt line, a finished bus transfer
 * or a timer is noticed at once. Costs one core for the tenth of a second that a reading takes, and nothing
 * while nobody is there.
 */
import type { Attention } from "../ports/attention.ts";

export const eventLoopAttention: Attention = {
  pay() {
    let paying = true;
    const turn = (): void => {
      if (paying) setImmediate(turn);
    };
    turn();
    return () => {
      paying = false;
    };
  },
};
