/**
 * Virtual time beside native packages: while a call is on its way from the host to the board or back, through a
 * thread and a socket, it must stand still. It may go on as soon as all calls under way wait for the board.
 */
import { setImmediate } from "node:timers/promises";

export class ForeignCalls {
  #underWay = 0;
  #atBoard = 0;
  #news: () => void = () => undefined;

  /** The outcome of a call that has just been made into a package. */
  async follow<T>(call: Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await call;
    } finally {
      this.#underWay -= 1;
      this.#news();
    }
  }

  /** A request of a call has reached the board, which answers it in its own time. */
  arrived(): void {
    this.#atBoard += 1;
    this.#news();
  }

  /** The board has answered a request, or dropped it. */
  left(): void {
    this.#atBoard -= 1;
  }

  /** Resolves when whoever can act at this instant has done so. */
  readonly settle = async (): Promise<void> => {
    for (;;) {
      await setImmediate();
      if (this.#underWay <= this.#atBoard) return;
      await new Promise<void>((resolve) => {
        this.#news = resolve;
      });
    }
  };
}
