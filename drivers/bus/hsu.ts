/**
 * A serial node as a `SerialLine`, by the `serialport` package: the electrical edge of the HSU reader. The
 * package is optional and loaded only when a node is opened. Raw, 8 data bits, no parity, one stop bit, no
 * flow control, locked against a second program. An adapter may be unplugged at any time, and be missing at
 * the start: until its node is there everything fails, and the `setRate` with which each start of a reader
 * begins opens it anew.
 */
import { constants } from "node:fs";
import type { BusError, SerialLine } from "../../src/ports/bus.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { type NodeRemedies, refusalOf } from "./device-node.ts";

type Done = (error?: unknown) => void;

/** How a port is opened; what is not named keeps the package's default, which is raw and without flow control. */
export interface PortSettings {
  readonly path: string;
  readonly baudRate: number;
  readonly dataBits: 8;
  readonly parity: "none";
  readonly stopBits: 1;
  readonly lock: true;
  readonly autoOpen: false;
}

/** The part of a port that is used. */
export interface SerialPortHandle {
  open(done: Done): void;
  write(bytes: Uint8Array, done: Done): unknown;
  drain(done: Done): void;
  update(settings: { readonly baudRate: number }, done: Done): void;
  close(done: Done): void;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "close" | "end" | "error", listener: (cause?: unknown) => void): unknown;
}

/** The part of the package that is used. */
export interface SerialPackage {
  readonly SerialPort: new (settings: PortSettings) => SerialPortHandle;
}

export interface SerialOptions {
  /** For example `/dev/serial0`, or an adapter's link below `/dev/serial/by-id`. */
  readonly node: string;
  /** Speed in bit/s with which the line begins. */
  readonly baud: number;
  /** Where the package comes from; tests hand in one of their own. */
  readonly load?: () => Promise<SerialPackage>;
}

const loadPackage = async (): Promise<SerialPackage> => parsePackage(await import("serialport"));

/** The package out of its module, or a throw when it is another one than the adapter was written for. */
function parsePackage(loaded: unknown): SerialPackage {
  const module = loaded as Partial<SerialPackage>;
  if (typeof module.SerialPort !== "function") throw new TypeError("serialport has no class SerialPort");
  return module as SerialPackage;
}

const REMEDIES = {
  nodeMissing:
    "plug the adapter in, or for the header's serial port set enable_uart=1 in /boot/firmware/config.txt and reboot",
  permissionDenied: "add the user of the service to the group dialout and log in again",
  packageMissing: "install the package serialport: it is optional (npm install --include=optional)",
} as const satisfies NodeRemedies & Record<string, string>;

/** Refusals that end without a change of configuration. */
const PASSING: ReadonlySet<BusError["kind"]> = new Set(["nodeMissing", "busFailed"]);

/** Neither waits for a carrier nor becomes the terminal of this process. */
const LOOK_FLAGS = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens a node. What passes by itself, a missing adapter (`nodeMissing`) or a port that another program holds
 * (`busFailed`), gives a line without its port, so that one reader's adapter stops no other reader; `setRate`
 * tells it, and opens the port once it can. Errors, which only a person ends: `permissionDenied` and
 * `packageMissing`, each with the foreign error as `cause`.
 */
export async function openSerialLine({
  node,
  baud,
  load = loadPackage,
}: SerialOptions): Promise<Result<SerialLine, BusError>> {
  let serial: SerialPackage;
  try {
    serial = await load();
  } catch (cause) {
    return err({ kind: "packageMissing", node, remedy: REMEDIES.packageMissing, cause });
  }
  const line = new NodeSerialLine(node, serial);
  const opened = await line.setRate(baud);
  return opened.ok || PASSING.has(opened.error.kind) ? ok(line) : opened;
}

const failed = (error: unknown): boolean => error !== undefined && error !== null;

/** A call of the package that ends with its callback, or when the port goes away under it. */
type Attempt = (done: Done) => void;

class NodeSerialLine implements SerialLine {
  readonly #node: string;
  readonly #serial: SerialPackage;
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();
  /** Ends of the calls under way; the package forgets some of them when a port disappears. */
  readonly #underWay = new Set<Done>();
  #port: SerialPortHandle | undefined;
  /** Why there is no port. */
  #gone: unknown = new Error("not open");

  constructor(node: string, serial: SerialPackage) {
    this.#node = node;
    this.#serial = serial;
  }

  async write(bytes: Uint8Array): Promise<Result<void, BusError>> {
    const port = this.#port;
    if (port === undefined) return this.#failure(this.#gone);
    return this.#use(port, (done) => port.write(bytes, done));
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What was written before still leaves at the old speed. */
  async setRate(baud: number): Promise<Result<void, BusError>> {
    const port = this.#port;
    if (port === undefined) return this.#open(baud);
    const drained = await this.#use(port, (done) => port.drain(done));
    return drained.ok ? this.#use(port, (done) => port.update({ baudRate: baud }, done)) : drained;
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    if (this.#port !== undefined) await this.#giveUp(this.#port, new Error("closed"));
  }

  async #open(baudRate: number): Promise<Result<void, BusError>> {
    let port: SerialPortHandle;
    try {
      const format = { dataBits: 8, parity: "none", stopBits: 1 } as const;
      port = new this.#serial.SerialPort({
        path: this.#node,
        baudRate,
        ...format,
        lock: true,
        autoOpen: false,
      });
    } catch (cause) {
      return this.#failure(cause);
    }
    const opened = await this.#attempt((done) => port.open(done));
    // The package tells why in a sentence only, so the node itself is asked.
    if (!opened.ok) return err((await refusalOf(this.#node, LOOK_FLAGS, REMEDIES)) ?? opened.error);
    this.#port = port;
    port.on("data", (chunk) => {
      for (const listener of this.#listeners) listener(chunk);
    });
    port.on("close", (cause) => this.#lose(port, cause));
    port.on("error", (cause) => void this.#giveUp(port, cause));
    port.on("end", () => void this.#giveUp(port, new Error("the other side has gone")));
    return ok(undefined);
  }

  /** A port that fails once is given up, so that the next start finds out whether its node is there still. */
  async #use(port: SerialPortHandle, call: Attempt): Promise<Result<void, BusError>> {
    const used = await this.#attempt(call);
    if (!used.ok) await this.#giveUp(port, used.error.cause);
    return used;
  }

  /** Closes as well: the lock of a port that stays open would refuse the node to the next start. */
  async #giveUp(port: SerialPortHandle, cause: unknown): Promise<void> {
    if (port !== this.#port) return;
    this.#lose(port, cause);
    // A port that refuses to be closed is closed by the end of the process, so its error tells nobody anything.
    await this.#attempt((done) => port.close(done));
  }

  /** Ends what is under way on a port that is there no more. */
  #lose(port: SerialPortHandle, cause: unknown): void {
    if (port !== this.#port) return;
    this.#port = undefined;
    this.#gone = cause;
    for (const end of this.#underWay) end(cause ?? new Error("closed"));
  }

  #attempt(call: Attempt): Promise<Result<void, BusError>> {
    return new Promise((resolve) => {
      const end: Done = (cause) => {
        this.#underWay.delete(end);
        resolve(failed(cause) ? this.#failure(cause) : ok(undefined));
      };
      this.#underWay.add(end);
      try {
        call(end);
      } catch (cause) {
        end(cause);
      }
    });
  }

  #failure(cause: unknown): Result<never, BusError> {
    return err({ kind: "busFailed", node: this.#node, cause });
  }
}
