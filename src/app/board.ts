/**
 * The board as the program sees it: buses and GPIO lines, either all of the Raspberry Pi or all of the
 * simulator, never mixed. The drivers and their native packages are loaded only when they are asked for. The
 * serial line of a reader is always opened by the driver: the simulator offers its serial readers as pseudo-terminals.
 */
import type { BoardConfig } from "../config/schema.ts";
import type { BusError, Gpio, GpioError, I2cDevice, SerialLine, SpiBus } from "../ports/bus.ts";
import type { Log } from "../ports/log.ts";
import { ok, type Result } from "../result.ts";

export interface Board {
  /** One chip select of an SPI bus, opened for this caller; the caller closes it. */
  spi(node: string, clockHz: number): Promise<Result<SpiBus, BusError>>;
  /** The chip at `address` on an I2C bus. */
  i2c(node: string, address: number): Promise<Result<I2cDevice, BusError>>;
  /** A serial line, at `baud` bit/s to begin with; a missing adapter is told by its `setRate`, not here. */
  serial(node: string, baud: number): Promise<Result<SerialLine, BusError>>;
  gpio(): Promise<Result<Gpio, GpioError>>;
  /** Ends the connection to the simulator; lines keep the level that they have. */
  close(): Promise<void>;
}

/** Opens the configured board. A real board never fails here, only when a bus or line of it is asked for. */
export async function openBoard(board: BoardConfig, log: Log): Promise<Result<Board, BusError>> {
  return board.kind === "virtual" ? openVirtualBoard(board.socket) : ok(raspberryPi(log));
}

/** A serial line of this machine, whatever the configured board. */
export async function openSerial(node: string, baud: number): Promise<Result<SerialLine, BusError>> {
  const { openSerialLine } = await import("../../drivers/bus/hsu.ts");
  return openSerialLine({ node, baud });
}

function raspberryPi(log: Log): Board {
  return {
    async spi(node, clockHz) {
      const { openSpiBus } = await import("../../drivers/bus/spi.ts");
      return openSpiBus({ node, clockHz });
    },
    async i2c(node, address) {
      const { openI2cDevice } = await import("../../drivers/bus/i2c.ts");
      return openI2cDevice({ node, address });
    },
    serial: openSerial,
    async gpio() {
      const { openGpio } = await import("../../drivers/gpio/onoff-gpio.ts");
      return openGpio({ log });
    },
    close: async () => undefined,
  };
}

async function openVirtualBoard(socket: string): Promise<Result<Board, BusError>> {
  const { connectBoard } = await import("../sim/board-client.ts");
  const connected = await connectBoard(socket);
  if (!connected.ok) return connected;
  const connection = connected.value;
  return ok({
    // The virtual board models the clock that its own wiring was given.
    spi: (node) => connection.spi(node),
    i2c: (node) => connection.i2c(node),
    // Keypads and scanners are the simulator's; its serial readers are pseudo-terminals of this machine.
    serial: async (node, baud) => {
      const line = await connection.serial(node);
      return line.ok || line.error.kind !== "nodeMissing" ? line : openSerial(node, baud);
    },
    gpio: async () => ok(connection.gpio),
    close: async () => connection.close(),
  });
}
