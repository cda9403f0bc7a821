/**
 * The board as the program sees it: SPI buses and GPIO lines, either all of the Raspberry Pi or all of the
 * simulator, never mixed. The drivers and their native packages are loaded only when the board is real.
 */
import type { BoardConfig } from "../config/schema.ts";
import type { BusError, Gpio, GpioError, SpiBus } from "../ports/bus.ts";
import type { Log } from "../ports/log.ts";
import { ok, type Result } from "../result.ts";

export interface Board {
  /** One chip select of an SPI bus, opened for this caller; the caller closes it. */
  spi(node: string, clockHz: number): Promise<Result<SpiBus, BusError>>;
  gpio(): Promise<Result<Gpio, GpioError>>;
  /** Ends the connection to the simulator; lines keep the level that they have. */
  close(): Promise<void>;
}

/** Opens the configured board. A real board never fails here, only when a bus or line of it is asked for. */
export async function openBoard(board: BoardConfig, log: Log): Promise<Result<Board, BusError>> {
  return board.kind === "virtual" ? openVirtualBoard(board.socket) : ok(raspberryPi(log));
}

function raspberryPi(log: Log): Board {
  return {
    async spi(node, clockHz) {
      const { openSpiBus } = await import("../../drivers/bus/spi.ts");
      return openSpiBus({ node, clockHz });
    },
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
    gpio: async () => ok(connection.gpio),
    close: async () => connection.close(),
  });
}
