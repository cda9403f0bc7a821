/**
 * A Linux spidev node as an `SpiBus`, by the `spi-device` package: the electrical edge of the SPI reader.
 * The package is optional and loaded only when a node is opened, so that everything else runs without it.
 * Mode 0, 8 bits, most significant bit first (the Pi's controllers refuse anything else).
 */
import type { BusError, SpiBus } from "../../src/ports/bus.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { refusalOf } from "./device-node.ts";

/** One full-duplex transfer of a message, as `spi-device` takes it. */
interface Transfer {
  readonly byteLength: number;
  readonly sendBuffer: Uint8Array;
  readonly receiveBuffer: Uint8Array;
  readonly speedHz: number;
}
type Done = (error: unknown) => void;

/** The part of an open device that is used. */
export interface SpiDevice {
  transfer(message: readonly Transfer[], done: Done): unknown;
  close(done: Done): unknown;
}

/** The part of the package that is used. */
export interface SpiPackage {
  open(
    bus: number,
    device: number,
    options: { readonly mode: 0; readonly maxSpeedHz: number },
    done: Done,
  ): SpiDevice;
}

export interface SpiOptions {
  /** For example `/dev/spidev0.0`: bus 0, chip select 0. */
  readonly node: string;
  readonly clockHz: number;
  /** Where the package comes from; tests hand in one of their own. */
  readonly load?: () => Promise<SpiPackage>;
}

const loadPackage = async (): Promise<SpiPackage> => parsePackage(await import("spi-device"));

/** The package out of its module, or a throw when it is another one than the adapter was written for. */
function parsePackage(loaded: unknown): SpiPackage {
  const module = (loaded as { readonly default?: Partial<SpiPackage> }).default;
  if (typeof module?.open !== "function") throw new TypeError("spi-device has no function open");
  return module as SpiPackage;
}

const REMEDIES = {
  nodeMissing: "enable SPI: dtparam=spi=on in /boot/firmware/config.txt and reboot",
  nodeName: "name a node like /dev/spidev0.0",
  permissionDenied: "add the user of the service to the group spi and log in again",
  packageMissing:
    "install the package spi-device: it is optional and needs a compiler (npm rebuild spi-device)",
} as const;

/**
 * Opens a node. Errors: `nodeMissing` (SPI not enabled, or a name that is none), `permissionDenied`,
 * `packageMissing`, `busFailed` (it is there but cannot be opened); each with the foreign error as `cause`.
 */
export async function openSpiBus({
  node,
  clockHz,
  load = loadPackage,
}: SpiOptions): Promise<Result<SpiBus, BusError>> {
  const [, bus, device] = /spidev(\d{1,3})\.(\d{1,3})$/.exec(node) ?? [];
  if (bus === undefined || device === undefined)
    return err({ kind: "nodeMissing", node, remedy: REMEDIES.nodeName });
  const refusal = await refusalOf(node, "r+", REMEDIES);
  if (refusal !== undefined) return err(refusal);
  let spi: SpiPackage;
  try {
    spi = await load();
  } catch (cause) {
    return err({ kind: "packageMissing", node, remedy: REMEDIES.packageMissing, cause });
  }
  try {
    return ok(
      adapt(node, await openDevice(spi, { bus: Number(bus), device: Number(device), clockHz }), clockHz),
    );
  } catch (cause) {
    return err({ kind: "busFailed", node, cause });
  }
}

interface Address {
  readonly bus: number;
  readonly device: number;
  readonly clockHz: number;
}

const failed = (error: unknown): error is object => error !== undefined && error !== null;

function openDevice(spi: SpiPackage, { bus, device, clockHz }: Address): Promise<SpiDevice> {
  return new Promise((resolve, reject) => {
    const opened = spi.open(bus, device, { mode: 0, maxSpeedHz: clockHz }, (error) => {
      if (failed(error)) reject(error);
      else resolve(opened);
    });
  });
}

function adapt(node: string, device: SpiDevice, clockHz: number): SpiBus {
  return {
    transfer: (bytes) =>
      new Promise((resolve) => {
        const receiveBuffer = new Uint8Array(bytes.length);
        // The kernel keeps one speed for each node, that of whoever opened it last; this one is the transfer's own.
        const message = [{ byteLength: bytes.length, sendBuffer: bytes, receiveBuffer, speedHz: clockHz }];
        try {
          device.transfer(message, (cause) => {
            resolve(failed(cause) ? err({ kind: "busFailed", node, cause }) : ok(receiveBuffer));
          });
        } catch (cause) {
          resolve(err({ kind: "busFailed", node, cause }));
        }
      }),
    // A node that refuses to be closed is closed by the end of the process, so its error tells nobody anything.
    close: () => new Promise((resolve) => device.close(() => resolve())),
  };
}
