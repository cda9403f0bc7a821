/**
 * One chip on a Linux I2C bus as an `I2cDevice`, by the `i2c-bus` package: the electrical edge of the I2C
 * reader. The package is optional and loaded only when a node is opened. Plain reads and writes alone, one
 * transaction each: SMBus calls end at 32 bytes, and a bus scan or a read of no bytes can leave a PN532
 * holding the clock line low until its power is cut.
 */
import type { BusError, I2cDevice } from "../../src/ports/bus.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { type NodeRemedies, refusalOf } from "./device-node.ts";

type Done = (error: unknown) => void;
type Transferred = (error: unknown, lengthBytes: number) => void;

/** The part of an open bus that is used. The package insists on Node's own kind of byte array. */
export interface I2cBusHandle {
  i2cRead(address: number, lengthBytes: number, buffer: Buffer, done: Transferred): unknown;
  i2cWrite(address: number, lengthBytes: number, buffer: Buffer, done: Transferred): unknown;
  close(done: Done): unknown;
}

/** The part of the package that is used. */
export interface I2cPackage {
  open(bus: number, done: Done): I2cBusHandle;
}

export interface I2cOptions {
  /** For example `/dev/i2c-1`: bus 1. */
  readonly node: string;
  /** The chip's address, seven bits. */
  readonly address: number;
  /** Where the package comes from; tests hand in one of their own. */
  readonly load?: () => Promise<I2cPackage>;
}

const loadPackage = async (): Promise<I2cPackage> => parsePackage(await import("i2c-bus"));

/** The package out of its module, or a throw when it is another one than the adapter was written for. */
function parsePackage(loaded: unknown): I2cPackage {
  const module = (loaded as { readonly default?: Partial<I2cPackage> }).default;
  if (typeof module?.open !== "function") throw new TypeError("i2c-bus has no function open");
  return module as I2cPackage;
}

const REMEDIES = {
  nodeMissing:
    "enable I2C: dtparam=i2c_arm=on in /boot/firmware/config.txt and i2c-dev in /etc/modules, reboot",
  nodeName: "name a node like /dev/i2c-1",
  permissionDenied: "add the user of the service to the group i2c and log in again",
  packageMissing: "install the package i2c-bus: it is optional and needs a compiler (npm rebuild i2c-bus)",
} as const satisfies NodeRemedies & Record<string, string>;

/**
 * What Linux drivers report when nobody acknowledges: EIO on the BCM controllers, EREMOTEIO on the Pi 5 and on
 * older kernels, ENXIO on others. A timeout (ETIMEDOUT) is another matter: somebody holds the clock line, and only
 * a reset of the chip frees it.
 */
const NOT_ACKNOWLEDGED: ReadonlySet<unknown> = new Set(["EIO", "EREMOTEIO", "ENXIO"]);

/**
 * Opens a node for the chip at `address`. Errors: `nodeMissing` (I2C not enabled, or a name that is none),
 * `permissionDenied`, `packageMissing`, `busFailed` (it is there but cannot be opened); each with the foreign
 * error as `cause`. Nothing is sent on the bus.
 */
export async function openI2cDevice({
  node,
  address,
  load = loadPackage,
}: I2cOptions): Promise<Result<I2cDevice, BusError>> {
  const bus = /i2c-(\d{1,3})$/.exec(node)?.[1];
  if (bus === undefined) return err({ kind: "nodeMissing", node, remedy: REMEDIES.nodeName });
  const refusal = await refusalOf(node, "r+", REMEDIES);
  if (refusal !== undefined) return err(refusal);
  let i2c: I2cPackage;
  try {
    i2c = await load();
  } catch (cause) {
    return err({ kind: "packageMissing", node, remedy: REMEDIES.packageMissing, cause });
  }
  try {
    return ok(adapt({ node, address }, await openBus(i2c, Number(bus))));
  } catch (cause) {
    return err({ kind: "busFailed", node, cause });
  }
}

const failed = (error: unknown): error is object => error !== undefined && error !== null;

function openBus(i2c: I2cPackage, bus: number): Promise<I2cBusHandle> {
  return new Promise((resolve, reject) => {
    const opened = i2c.open(bus, (error) => {
      if (failed(error)) reject(error);
      else resolve(opened);
    });
  });
}

interface Place {
  readonly node: string;
  readonly address: number;
}

function adapt({ node, address }: Place, bus: I2cBusHandle): I2cDevice {
  return {
    read: async (lengthBytes) => {
      if (lengthBytes < 1) throw new Error("I2C read of no bytes");
      const buffer = Buffer.alloc(lengthBytes);
      const read = await transact(node, (done) => bus.i2cRead(address, lengthBytes, buffer, done));
      if (!read.ok) return read;
      const { value } = read;
      return ok(value === "notAcknowledged" ? value : new Uint8Array(buffer.subarray(0, value)));
    },
    write: async (bytes) => {
      if (bytes.length < 1) throw new Error("I2C write of no bytes");
      const buffer = Buffer.from(bytes);
      const written = await transact(node, (done) => bus.i2cWrite(address, bytes.length, buffer, done));
      if (!written.ok) return written;
      return ok(written.value === "notAcknowledged" ? written.value : "written");
    },
    // A node that refuses to be closed is closed by the end of the process, so its error tells nobody anything.
    close: () => new Promise((resolve) => bus.close(() => resolve())),
  };
}

/** One transaction to the number of bytes that it moved. */
function transact(
  node: string,
  begin: (done: Transferred) => unknown,
): Promise<Result<number | "notAcknowledged", BusError>> {
  return new Promise((resolve) => {
    const end = (cause: unknown, lengthBytes: number): void => {
      if (!failed(cause)) resolve(ok(lengthBytes));
      else resolve(isRefusal(cause) ? ok("notAcknowledged") : err({ kind: "busFailed", node, cause }));
    };
    try {
      begin(end);
    } catch (cause) {
      resolve(err({ kind: "busFailed", node, cause }));
    }
  });
}

const isRefusal = (error: object): boolean => "code" in error && NOT_ACKNOWLEDGED.has(error.code);
