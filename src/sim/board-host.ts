/**
 * A host's grip on the virtual board: the bus and GPIO ports. Killed, it is a dead process: nothing it
 * waits for ever arrives, nothing it still says is heard, and its outputs keep their level.
 */
import type { ActiveLevel, Gpio, GpioError, InputLine, LineState, OutputLine, SpiBus } from "../ports/bus.ts";
import { ok, type Result } from "../result.ts";
import { levelOf } from "./line-level.ts";
import type { Pins } from "./pins.ts";

/** What a host needs of the board. */
export interface BoardParts {
  readonly pins: Pins;
  hasReader(node: string): boolean;
  transfer(node: string, bytes: Uint8Array, done: (seen: Uint8Array) => void): void;
}

export class BoardHost {
  readonly gpio: Gpio;
  readonly #board: BoardParts;
  #alive = true;

  constructor(board: BoardParts) {
    this.#board = board;
    this.gpio = { output: this.#output, input: this.#input };
  }

  /** Throws for a node that was not wired. */
  spiBus(node: string): SpiBus {
    if (!this.#board.hasReader(node)) throw new Error(`no reader is wired to ${node}`);
    const transfer = (bytes: Uint8Array): Promise<Result<Uint8Array, never>> =>
      new Promise((resolve) => {
        if (!this.#alive) return;
        this.#board.transfer(node, bytes.slice(), (seen) => {
          if (this.#alive) resolve(ok(seen));
        });
      });
    return { transfer, close: () => Promise.resolve() };
  }

  kill(): void {
    this.#alive = false;
  }

  /** What a dead process awaits never comes. */
  #settle<T>(value: T): Promise<Result<T, GpioError>> {
    return this.#alive ? Promise.resolve(ok(value)) : new Promise(() => undefined);
  }

  readonly #output = (line: number, activeLevel: ActiveLevel): Promise<Result<OutputLine, GpioError>> => {
    const { pins } = this.#board;
    const drive = (state: LineState): Promise<Result<void, GpioError>> => {
      if (this.#alive) pins.driveOutput(line, levelOf(state, activeLevel));
      return this.#settle(undefined);
    };
    const readBack = (): Promise<Result<LineState, GpioError>> =>
      this.#settle(pins.level(line) === activeLevel ? "active" : "inactive");
    const close = async (): Promise<void> => {
      await drive("inactive");
    };
    if (this.#alive) pins.driveOutput(line, levelOf("inactive", activeLevel));
    return this.#settle({ drive, readBack, close });
  };

  readonly #input = (line: number): Promise<Result<InputLine, GpioError>> => {
    const { pins } = this.#board;
    const stops = new Set<() => void>();
    const onFalling = (listener: () => void): (() => void) => {
      const stop = pins.watch(line, (level) => {
        if (this.#alive && level === "low") listener();
      });
      stops.add(stop);
      return stop;
    };
    const close = (): Promise<void> => {
      for (const stop of stops) stop();
      return Promise.resolve();
    };
    return this.#settle({ isLow: () => pins.level(line) === "low", onFalling, close });
  };
}
