/**
 * A gate's view of a virtual board in another process: the bus and GPIO ports over its socket. Levels of
 * input lines are kept up to date by notifications, so that looking at one costs nothing.
 */
import { concat } from "../bytes/bytes.ts";
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
import { type BoardLink, openBoardLink } from "./board-link.ts";
import { byteLevel, levelByte, MESSAGE } from "./board-protocol.ts";
import { type LineLevel, levelOf } from "./line-level.ts";
import type { Message } from "./message-stream.ts";
import { number32 } from "./tlv.ts";

export interface BoardConnection {
  /** Fails with `nodeMissing` when no reader is wired to `node`. */
  spi(node: string): Promise<Result<SpiBus, BusError>>;
  /** The same for a reader on I2C. Those on a serial line are met at their node, a pseudo-terminal. */
  i2c(node: string): Promise<Result<I2cDevice, BusError>>;
  /** The serial line of a keypad or scanner; fails with `nodeMissing` when none is wired to `node`. */
  serial(node: string): Promise<Result<SerialLine, BusError>>;
  readonly gpio: Gpio;
  close(): void;
}

/** Connects to a board's server; fails with `nodeMissing` when there is none. */
export async function connectBoard(socketPath: string): Promise<Result<BoardConnection, BusError>> {
  const inputs = new InputLevels();
  const typed = new TypedBytes();
  const link = await openBoardLink(socketPath, (message) => {
    inputs.notice(message);
    typed.notice(message);
  });
  if (!link.ok) return link;
  return ok({
    spi: (node) => openSpi(link.value, node),
    i2c: (node) => openI2c(link.value, node),
    serial: (node) => openSerial(link.value, typed, node),
    gpio: {
      output: (line, activeLevel) => openOutput(link.value, line, activeLevel),
      input: (line) => openInput(link.value, inputs, line),
    },
    close: () => link.value.close(),
  });
}

async function openSpi(link: BoardLink, node: string): Promise<Result<SpiBus, BusError>> {
  const handle = await openNode(link, MESSAGE.spiOpen, node);
  if (!handle.ok) return handle;
  return ok({
    transfer: (bytes) => link.ask(MESSAGE.spiTransfer, concat(handle.value, bytes)),
    close: () => Promise.resolve(),
  });
}

async function openI2c(link: BoardLink, node: string): Promise<Result<I2cDevice, BusError>> {
  const handle = await openNode(link, MESSAGE.i2cOpen, node);
  if (!handle.ok) return handle;
  return ok({
    async read(lengthBytes) {
      const length = Uint8Array.of(lengthBytes >> 8, lengthBytes & 0xff);
      const answer = await link.ask(MESSAGE.i2cRead, concat(handle.value, length));
      return answer.ok && answer.value.length === 0 ? ok("notAcknowledged") : answer;
    },
    async write(bytes) {
      const answer = await link.ask(MESSAGE.i2cWrite, concat(handle.value, bytes));
      return answer.ok ? ok(answer.value.length === 0 ? "notAcknowledged" : "written") : answer;
    },
    close: () => Promise.resolve(),
  });
}

async function openSerial(
  link: BoardLink,
  typed: TypedBytes,
  node: string,
): Promise<Result<SerialLine, BusError>> {
  const opened = await openNode(link, MESSAGE.serialOpen, node);
  if (!opened.ok) return opened;
  const handle = opened.value;
  const ask = async (type: number, bytes: Uint8Array): Promise<Result<void, BusError>> => {
    const done = await link.ask(type, concat(handle, bytes));
    return done.ok ? ok(undefined) : done;
  };
  return ok({
    write: (bytes) => ask(MESSAGE.serialWrite, bytes),
    setRate: (baud) => ask(MESSAGE.serialRate, number32(baud)),
    onData: (listener) => typed.listen(handle[0], listener),
    close: () => {
      typed.forget(handle[0]);
      return Promise.resolve();
    },
  });
}

/** The handle, one byte. */
async function openNode(link: BoardLink, type: number, node: string): Promise<Result<Uint8Array, BusError>> {
  const opened = await link.ask(type, new TextEncoder().encode(node));
  if (!opened.ok || opened.value.length > 0) return opened;
  return err({ kind: "nodeMissing", node, remedy: "name a node of the virtual board" });
}

async function openOutput(
  link: BoardLink,
  line: number,
  activeLevel: ActiveLevel,
): Promise<Result<OutputLine, GpioError>> {
  const drive = async (state: LineState): Promise<Result<void, GpioError>> => {
    const done = await askLine(
      link,
      MESSAGE.drive,
      line,
      Uint8Array.of(line, levelByte(levelOf(state, activeLevel))),
    );
    return done.ok ? ok(undefined) : done;
  };
  const readBack = async (): Promise<Result<LineState, GpioError>> => {
    const level = await askLine(link, MESSAGE.read, line, Uint8Array.of(line));
    return level.ok ? ok(level.value === activeLevel ? "active" : "inactive") : level;
  };
  const close = async (): Promise<void> => {
    await drive("inactive");
  };
  const first = await drive("inactive");
  return first.ok ? ok({ drive, readBack, close }) : first;
}

async function openInput(
  link: BoardLink,
  inputs: InputLevels,
  line: number,
): Promise<Result<InputLine, GpioError>> {
  const level = await askLine(link, MESSAGE.watch, line, Uint8Array.of(line));
  if (!level.ok) return level;
  inputs.set(line, level.value);
  const stops = new Set<() => void>();
  const onFalling = (listener: () => void): (() => void) => {
    const stop = inputs.onFalling(line, listener);
    stops.add(stop);
    return () => {
      stops.delete(stop);
      stop();
    };
  };
  const close = (): Promise<void> => {
    for (const stop of stops) stop();
    return Promise.resolve();
  };
  return ok({ isLow: () => inputs.isLow(line), onFalling, close });
}

async function askLine(
  link: BoardLink,
  type: number,
  line: number,
  payload: Uint8Array,
): Promise<Result<LineLevel, GpioError>> {
  const answer = await link.ask(type, payload);
  return answer.ok ? ok(byteLevel(answer.value[0])) : err({ kind: "gpioFailed", line, cause: answer.error });
}

/** Levels of watched lines as last told, and who wants to know of their falling edges. */
class InputLevels {
  readonly #levels = new Map<number, LineLevel>();
  readonly #listeners = new Map<number, Set<() => void>>();

  notice({ type, payload }: Message): void {
    const line = payload[0];
    if (type !== MESSAGE.change || line === undefined) return;
    const level = byteLevel(payload[1]);
    this.set(line, level);
    if (level === "low") for (const listener of this.#listeners.get(line) ?? []) listener();
  }

  set(line: number, level: LineLevel): void {
    this.#levels.set(line, level);
  }

  isLow(line: number): boolean {
    return this.#levels.get(line) === "low";
  }

  onFalling(line: number, listener: () => void): () => void {
    const listeners = this.#listeners.get(line) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(line, listeners);
    return () => listeners.delete(listener);
  }
}

type Heard = (bytes: Uint8Array) => void;

/** Who wants to know what comes over which serial line. */
class TypedBytes {
  readonly #listeners = new Map<number | undefined, Set<Heard>>();

  notice({ type, payload }: Message): void {
    if (type !== MESSAGE.typed) return;
    for (const listener of this.#listeners.get(payload[0]) ?? []) listener(payload.slice(1));
  }

  listen(handle: number | undefined, listener: Heard): () => void {
    const listeners = this.#listeners.get(handle) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(handle, listeners);
    return () => listeners.delete(listener);
  }

  forget(handle: number | undefined): void {
    this.#listeners.delete(handle);
  }
}
