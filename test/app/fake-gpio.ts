// GPIO lines that record what is done to them, in the order in which it is done.
import type { ActiveLevel, Gpio, GpioError, LineState, OutputLine } from "../../src/ports/bus.ts";
import { err, ok, type Result } from "../../src/result.ts";

export class FakeGpio implements Gpio {
  /** For example `17 high open`, `17 inactive`, `17 close`. */
  readonly acts: string[] = [];
  readonly #refused: ReadonlySet<number>;
  readonly #stuck: ReadonlySet<number>;

  constructor(faults: { readonly refused?: readonly number[]; readonly stuck?: readonly number[] } = {}) {
    this.#refused = new Set(faults.refused);
    this.#stuck = new Set(faults.stuck);
  }

  async output(line: number, activeLevel: ActiveLevel): Promise<Result<OutputLine, GpioError>> {
    if (this.#refused.has(line)) return err({ kind: "gpioUnavailable", line, remedy: "free it" });
    this.acts.push(`${line} ${activeLevel} open`);
    return ok({
      drive: async (state: LineState) => {
        this.acts.push(`${line} ${state}`);
        return ok(undefined);
      },
      readBack: async () => ok(this.#stuck.has(line) ? "active" : "inactive"),
      close: async () => {
        this.acts.push(`${line} close`);
      },
    });
  }

  async input(): Promise<never> {
    throw new Error("relays are outputs: no input may be opened");
  }
}
