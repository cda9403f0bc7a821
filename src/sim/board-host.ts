/**
 * A host's grip on the virtual board: the bus and GPIO ports. Killed, it is a dead process: nothing it
 * waits for ever arrives, nothing it still says is heard, and its outputs keep their level.
 */
import type {
  ActiveLevel,
  BusError,
  Gpio,
  GpioError,
  I2cDevice,
  InputLine,
  LineState,
  OutputLine,
  SerialLine,
  SpiBus,
} from "../ports/bus.ts";
import { err, ok, type Result } from "../result.ts";
import type { HostLine } from "./entry-line.ts";
import { levelOf } from "./line-level.ts";
import type { Pins } from "./pins.ts";
import type { Timeline } from "./timeline.ts";
import type { HostBus } from "./wiring.ts";

/** A transaction that the controller gives up: what the system says of it, and when. */
export interface BusFailure {
  readonly code: "EIO" | "ETIMEDOUT";
  readonly afterUs: number;
}

/** What a host needs of the board. */
export interface BoardParts {
  readonly timeline: Timeline;
  readonly pins: Pins;
  busOf(node: string): HostBus | undefined;
  /** Asked before each transaction. */
  busFailure(node: string): BusFailure | undefined;
  transfer(node: string, bytes: Uint8Array, done: (seen: Uint8Array) => void): void;
  i2cRead(node: string, lengthBytes: number, done: (seen: Uint8Array | "notAcknowledged") => void): void;
  i2cWrite(node: string, bytes: Uint8Array, done: (outcome: "written" | "notAcknowledged") => void): void;
  /** Throws for a node at which there is no serial line. */
  hostLine(node: string): HostLine;
}

/** At which a serial port is opened. */
const USUAL_BAUD = 115_200;

export class BoardHost {
  readonly gpio: Gpio;
  readonly #board: BoardParts;
  /** Of each serial line and input, what ends the listening. */
  readonly #heard: Set<() => void>[] = [];
  #alive = true;

  constructor(board: BoardParts) {
    this.#board = board;
    this.gpio = { output: this.#output, input: this.#input };
  }

  /** Throws for a node that was not wired to SPI. */
  spiBus(node: string): SpiBus {
    this.#insist(node, "spi");
    const transfer = (bytes: Uint8Array): Promise<Result<Uint8Array, BusError>> => {
      const sent = bytes.slice();
      return this.#transact(node, (done) => this.#board.transfer(node, sent, done));
    };
    return { transfer, close: () => Promise.resolve() };
  }

  /** Throws for a node that was not wired to I2C. */
  i2cDevice(node: string): I2cDevice {
    this.#insist(node, "i2c");
    return {
      read: (lengthBytes) => this.#transact(node, (done) => this.#board.i2cRead(node, lengthBytes, done)),
      write: (bytes) => {
        const sent = bytes.slice();
        return this.#transact(node, (done) => this.#board.i2cWrite(node, sent, done));
      },
      close: () => Promise.resolve(),
    };
  }

  /** Throws for a node at which there is no serial line. It begins at 115200 bit/s for each host. */
  serialLine(node: string): SerialLine {
    const wire = this.#board.hostLine(node);
    wire.setHostBaud(USUAL_BAUD);
    const stops = this.#listening();
    return {
      write: (bytes) => {
        const sent = bytes.slice();
        return this.#transact(node, (done) => wire.send(sent, () => done(undefined)));
      },
      onData: (listener) => this.#hear(stops, () => wire.listen(listener)),
      setRate: (baud) => this.#answer((done) => done(wire.setHostBaud(baud))),
      close: () => {
        for (const stop of stops) stop();
        return Promise.resolve();
      },
    };
  }

  #insist(node: string, bus: HostBus): void {
    if (this.#board.busOf(node) !== bus) throw new Error(`no reader is wired to ${node} by ${bus}`);
  }

  /** One transaction, if the controller is up to it. */
  #transact<T>(node: string, ask: (done: (answer: T) => void) => void): Promise<Result<T, BusError>> {
    const failure = this.#alive ? this.#board.busFailure(node) : undefined;
    if (failure === undefined) return this.#answer(ask);
    const { code, afterUs } = failure;
    const error: BusError = { kind: "busFailed", node, cause: Object.assign(new Error(code), { code }) };
    const { timeline } = this.#board;
    const failed = this.#answer<undefined>((done) =>
      timeline.at(timeline.nowUs() + afterUs, () => done(undefined)),
    );
    return failed.then(() => err(error));
  }

  /** The answer of the board, as long as there is somebody to hear it. */
  #answer<T>(ask: (done: (answer: T) => void) => void): Promise<Result<T, never>> {
    return new Promise((resolve) => {
      if (!this.#alive) return;
      ask((answer) => {
        if (this.#alive) resolve(ok(answer));
      });
    });
  }

  kill(): void {
    this.#alive = false;
    for (const stops of this.#heard) for (const stop of stops) stop();
    this.#heard.length = 0;
  }

  /** What ends the listening to one line, as long as somebody listens. */
  #listening(): Set<() => void> {
    const stops = new Set<() => void>();
    this.#heard.push(stops);
    return stops;
  }

  /** Listens until the returned function is called, the line is closed, or the host is killed. */
  #hear(stops: Set<() => void>, begin: () => () => void): () => void {
    if (!this.#alive) return () => undefined;
    const end = begin();
    const stop = (): void => {
      stops.delete(stop);
      end();
    };
    stops.add(stop);
    return stop;
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
    const stops = this.#listening();
    const onFalling = (listener: () => void): (() => void) =>
      this.#hear(stops, () =>
        pins.watch(line, (level) => {
          if (level === "low") listener();
        }),
      );
    const close = (): Promise<void> => {
      for (const stop of stops) stop();
      return Promise.resolve();
    };
    return this.#settle({ isLow: () => pins.level(line) === "low", onFalling, close });
  };
}
