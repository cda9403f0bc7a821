/** People at the turnstile, members and strangers in turn, whatever becomes of the gate meanwhile. */
import { setTimeout as delay } from "node:timers/promises";
import type { Director } from "../../src/sim/director-client.ts";
import { cie, LINES, NODE } from "./gate-folder.ts";

/** A person who gets no answer goes away, and the next one comes. */
const PATIENCE_MS = 3_000;
/** After the answer the card is still there for a moment, and then nobody is. */
const HOLD_MS = 50;
const GAP_MS = 100;
const FAMILIES = ["gemalto", "stm", "nxp", "itj4d"] as const;

export class Crowd {
  readonly #director: Director;
  readonly #numbers: readonly string[];
  #presentations = 0;
  #answers = 0;
  #going = false;
  #done: Promise<void> = Promise.resolve();

  /** They come in the order of `numbers`, again and again. */
  constructor(director: Director, numbers: readonly string[]) {
    this.#director = director;
    this.#numbers = numbers;
  }

  get presentations(): number {
    return this.#presentations;
  }

  /** Presentations after which the relay or the red lamp went on. */
  get answers(): number {
    return this.#answers;
  }

  start(): void {
    this.#going = true;
    this.#done = this.#come();
  }

  async stop(): Promise<void> {
    this.#going = false;
    await this.#done;
  }

  async #come(): Promise<void> {
    while (this.#going) await this.#present(this.#presentations++);
  }

  async #present(turn: number): Promise<void> {
    const answered = this.#answer();
    const nis = this.#numbers[turn % this.#numbers.length] ?? "";
    const card = cie(nis, FAMILIES[turn % FAMILIES.length]);
    await this.#director.ask({ do: "place", node: NODE, card, when: "nextTry" });
    if (await answered) this.#answers += 1;
    await delay(HOLD_MS);
    await this.#director.ask({ do: "remove", node: NODE });
    await delay(GAP_MS);
  }

  async #answer(): Promise<boolean> {
    const patience = new AbortController();
    const ignore = this.#director.onEdge(({ line, level }) => {
      if (level === "high" && (line === LINES.relay || line === LINES.red)) patience.abort();
    });
    await delay(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined);
    ignore();
    return patience.signal.aborted;
  }
}
