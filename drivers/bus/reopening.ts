/**
 * A bus on a device node that may not be there yet, or not any more: until it is, everything on it fails with
 * the reason, so that one reader's node stops no other reader. Over the adapters, under the links.
 */
import type { BusError, I2cDevice, SpiBus } from "../../src/ports/bus.ts";
import { ok, type Result } from "../../src/result.ts";

/** Of a bus that was opened for somebody who may open it again. */
export interface Reopenable {
  /** Closes the node, if it is open, and opens it again. */
  reopen(): Promise<Result<void, BusError>>;
}

/** Refusals that end without a change of configuration: a module that loads late, an adapter that is unplugged. */
const PASSING: ReadonlySet<BusError["kind"]> = new Set(["nodeMissing", "busFailed"]);

type Opener<Bus> = () => Promise<Result<Bus, BusError>>;

/** An SPI bus. Errors, which only a person ends: `permissionDenied`, `packageMissing`. */
export async function openReopeningSpi(open: Opener<SpiBus>): Promise<Result<SpiBus & Reopenable, BusError>> {
  const node = await Node.open(open);
  if (!node.ok) return node;
  const { value } = node;
  return ok({
    transfer: (bytes) => value.use((bus) => bus.transfer(bytes)),
    close: () => value.close(),
    reopen: () => value.reopen(),
  });
}

/** A chip on an I2C bus; errors as with SPI. */
export async function openReopeningI2c(
  open: Opener<I2cDevice>,
): Promise<Result<I2cDevice & Reopenable, BusError>> {
  const node = await Node.open(open);
  if (!node.ok) return node;
  const { value } = node;
  return ok({
    read: (lengthBytes) => value.use((device) => device.read(lengthBytes)),
    write: (bytes) => value.use((device) => device.write(bytes)),
    close: () => value.close(),
    reopen: () => value.reopen(),
  });
}

class Node<Bus extends { close(): Promise<void> }> {
  readonly #open: Opener<Bus>;
  #opened: Result<Bus, BusError>;

  static async open<Bus extends { close(): Promise<void> }>(
    open: Opener<Bus>,
  ): Promise<Result<Node<Bus>, BusError>> {
    const opened = await open();
    return opened.ok || PASSING.has(opened.error.kind) ? ok(new Node(open, opened)) : opened;
  }

  private constructor(open: Opener<Bus>, opened: Result<Bus, BusError>) {
    this.#open = open;
    this.#opened = opened;
  }

  async use<T>(call: (bus: Bus) => Promise<Result<T, BusError>>): Promise<Result<T, BusError>> {
    return this.#opened.ok ? call(this.#opened.value) : this.#opened;
  }

  async close(): Promise<void> {
    if (this.#opened.ok) await this.#opened.value.close();
  }

  async reopen(): Promise<Result<void, BusError>> {
    await this.close();
    this.#opened = await this.#open();
    return this.#opened.ok ? ok(undefined) : this.#opened;
  }
}
