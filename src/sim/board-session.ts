/**
 * One connection to the board's server: turns messages into calls on the board and sends what comes of
 * them. When the connection ends, its host is dead to the board.
 */
import { setImmediate } from "node:timers";
import { concat } from "../bytes/bytes.ts";
import type { I2cDevice, SerialLine, SpiBus } from "../ports/bus.ts";
import { err, ok, type Result } from "../result.ts";
import type { VirtualBoard } from "./board.ts";
import type { BoardDirector } from "./board-director.ts";
import type { BoardHost } from "./board-host.ts";
import { byteLevel, levelByte, MESSAGE, type RecordedEdge } from "./board-protocol.ts";
import type { LineLevel } from "./line-level.ts";
import { encodeMessage, type Message } from "./message-stream.ts";

/** What a session needs of its socket. */
export interface Outlet {
  readonly writableLength: number;
  cork(): void;
  uncork(): void;
  write(bytes: Uint8Array): unknown;
  destroy(): unknown;
}

/** Handles are one byte. */
const MAX_BUSES = 255;
const MAX_UNSENT_BYTES = 64 * 1024 * 1024;

export class BoardSession {
  readonly #board: VirtualBoard;
  readonly #director: BoardDirector;
  readonly #outlet: Outlet;
  readonly #host: BoardHost;
  readonly #buses: SpiBus[] = [];
  readonly #devices: I2cDevice[] = [];
  readonly #lines: SerialLine[] = [];
  readonly #stops = new Map<number, () => void>();
  readonly #handlers: ReadonlyMap<number, (message: Message) => void> = new Map([
    [MESSAGE.spiOpen, (message) => this.#openBus(message)],
    [MESSAGE.spiTransfer, (message) => this.#transfer(message)],
    [MESSAGE.i2cOpen, (message) => this.#openDevice(message)],
    [MESSAGE.i2cRead, (message) => this.#read(message)],
    [MESSAGE.i2cWrite, (message) => this.#write(message)],
    [MESSAGE.serialOpen, (message) => this.#openLine(message)],
    [MESSAGE.serialRate, (message) => this.#setRate(message)],
    [MESSAGE.serialWrite, (message) => this.#writeLine(message)],
    [MESSAGE.drive, (message) => this.#drive(message)],
    [MESSAGE.read, (message) => this.#answerLevel(message)],
    [MESSAGE.watch, (message) => this.#watch(message)],
    [MESSAGE.director, (message) => this.#direct(message)],
  ]);
  #watchesEdges = false;
  #corked = false;

  constructor(board: VirtualBoard, director: BoardDirector, outlet: Outlet) {
    this.#board = board;
    this.#director = director;
    this.#outlet = outlet;
    this.#host = board.attach();
  }

  /** Messages of unknown type end the connection. */
  handle(message: Message): void {
    const handler = this.#handlers.get(message.type);
    if (handler === undefined) this.#outlet.destroy();
    else handler(message);
  }

  /** An output moved; tells those who asked. */
  showEdge(edge: RecordedEdge): void {
    if (this.#watchesEdges) this.#send(MESSAGE.outputEdge, 0, toJson(edge));
  }

  end(): void {
    this.#host.kill();
    for (const stop of this.#stops.values()) stop();
    this.#outlet.destroy();
  }

  #openBus({ request, payload }: Message): void {
    const node = new TextDecoder().decode(payload);
    const known = this.#board.busOf(node) === "spi" && this.#buses.length < MAX_BUSES;
    if (known) this.#buses.push(this.#host.spiBus(node));
    this.#send(MESSAGE.spiOpen, request, known ? Uint8Array.of(this.#buses.length - 1) : new Uint8Array());
  }

  #transfer({ request, payload }: Message): void {
    const bus = this.#buses[payload[0] ?? 0];
    if (bus === undefined) {
      this.#outlet.destroy();
      return;
    }
    const bytes = payload.subarray(1);
    void bus.transfer(bytes).then((seen) => {
      // A controller that failed has seen nobody drive the line.
      const value = seen.ok ? seen.value : new Uint8Array(bytes.length).fill(0xff);
      this.#send(MESSAGE.spiTransfer, request, value);
    });
  }

  #openDevice({ request, payload }: Message): void {
    const node = new TextDecoder().decode(payload);
    const known = this.#board.busOf(node) === "i2c" && this.#devices.length < MAX_BUSES;
    if (known) this.#devices.push(this.#host.i2cDevice(node));
    const handle = known ? Uint8Array.of(this.#devices.length - 1) : new Uint8Array();
    this.#send(MESSAGE.i2cOpen, request, handle);
  }

  #read({ request, payload: [handle = 0, high = 0, low = 0] }: Message): void {
    const device = this.#devices[handle];
    const lengthBytes = high * 256 + low;
    if (device === undefined || lengthBytes === 0) {
      this.#outlet.destroy();
      return;
    }
    void device.read(lengthBytes).then((seen) => {
      const bytes = seen.ok && seen.value !== "notAcknowledged" ? seen.value : new Uint8Array();
      this.#send(MESSAGE.i2cRead, request, bytes);
    });
  }

  #write({ request, payload }: Message): void {
    const device = this.#devices[payload[0] ?? 0];
    if (device === undefined) {
      this.#outlet.destroy();
      return;
    }
    void device.write(payload.subarray(1)).then((sent) => {
      const taken = sent.ok && sent.value === "written";
      this.#send(MESSAGE.i2cWrite, request, new Uint8Array(taken ? 1 : 0));
    });
  }

  /** What is typed there is told from now on. */
  #openLine({ request, payload }: Message): void {
    const node = new TextDecoder().decode(payload);
    const handle = this.#lines.length;
    const known = this.#board.hasEntry(node) && handle < MAX_BUSES;
    this.#send(MESSAGE.serialOpen, request, known ? Uint8Array.of(handle) : new Uint8Array());
    if (!known) return;
    const line = this.#host.serialLine(node);
    this.#lines.push(line);
    line.onData((bytes) => this.#send(MESSAGE.typed, 0, concat(Uint8Array.of(handle), bytes)));
  }

  #setRate({ request, payload }: Message): void {
    const [handle = 0, ...rate] = payload;
    const baud = rate.reduce((value, byte) => value * 256 + byte, 0);
    void this.#line(handle, baud > 0)
      ?.setRate(baud)
      .then(() => this.#send(MESSAGE.serialRate, request, new Uint8Array()));
  }

  #writeLine({ request, payload }: Message): void {
    void this.#line(payload[0] ?? 0, true)
      ?.write(payload.subarray(1))
      .then(() => this.#send(MESSAGE.serialWrite, request, new Uint8Array()));
  }

  /** A serial line that was opened; whoever asks for nonsense is cut off. */
  #line(handle: number, isSound: boolean): SerialLine | undefined {
    const line = isSound ? this.#lines[handle] : undefined;
    if (line === undefined) this.#outlet.destroy();
    return line;
  }

  #drive(message: Message): void {
    this.#board.pins.driveOutput(message.payload[0] ?? 0, byteLevel(message.payload[1]));
    this.#answerLevel(message);
  }

  #answerLevel({ type, request, payload }: Message): void {
    this.#send(type, request, Uint8Array.of(levelByte(this.#board.pins.level(payload[0] ?? 0))));
  }

  #watch(message: Message): void {
    const line = message.payload[0] ?? 0;
    const tell = (level: LineLevel): void =>
      this.#send(MESSAGE.change, 0, Uint8Array.of(line, levelByte(level)));
    if (!this.#stops.has(line)) this.#stops.set(line, this.#board.pins.watch(line, tell));
    this.#answerLevel(message);
  }

  #direct({ request, payload }: Message): void {
    const asked = parseJson(payload);
    this.#send(MESSAGE.director, request, toJson(asked.ok ? this.#reply(asked.value) : asked));
  }

  /** Watching belongs to the connection; everything else to the board. */
  #reply(asked: unknown): Result<unknown, string> {
    if (typeof asked !== "object" || asked === null || !("do" in asked) || asked.do !== "watchEdges") {
      return this.#director.carryOut(asked);
    }
    this.#watchesEdges = true;
    return ok(null);
  }

  /** A peer that does not read what it asked for is cut off. */
  #send(type: number, request: number, payload: Uint8Array): void {
    if (this.#outlet.writableLength > MAX_UNSENT_BYTES) {
      this.#outlet.destroy();
      return;
    }
    // What one event causes leaves together: a host that reads a frame hears of the line's rise with it.
    if (!this.#corked) {
      this.#corked = true;
      this.#outlet.cork();
      setImmediate(() => {
        this.#corked = false;
        this.#outlet.uncork();
      });
    }
    this.#outlet.write(encodeMessage({ type, request, payload }));
  }
}

const toJson = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

function parseJson(bytes: Uint8Array): Result<unknown, string> {
  try {
    return ok(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    return err(`no JSON: ${String(cause)}`);
  }
}
