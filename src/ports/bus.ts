/**
 * The electrical edge as ports: an SPI or I2C device node, a serial line, and GPIO lines. Implemented by `drivers/` on a
 * Raspberry Pi and by `src/sim` on the virtual board.
 */
import type { Result } from "../result.ts";

/** Why a bus or a line cannot be used. `cause` is the foreign error, for the log. */
export type BusError =
  | { readonly kind: "nodeMissing"; readonly node: string; readonly remedy: string; readonly cause?: unknown }
  | {
      readonly kind: "permissionDenied";
      readonly node: string;
      readonly remedy: string;
      readonly cause?: unknown;
    }
  | {
      readonly kind: "packageMissing";
      readonly node: string;
      readonly remedy: string;
      readonly cause?: unknown;
    }
  /** The node opened once but a transfer failed. */
  | { readonly kind: "busFailed"; readonly node: string; readonly cause?: unknown };

/** One chip select of an SPI bus, mode 0, bytes as the controller sends them (most significant bit first). */
export interface SpiBus {
  /** Full-duplex transaction with chip select held throughout; resolves with as many bytes as were sent. */
  transfer(bytes: Uint8Array): Promise<Result<Uint8Array, BusError>>;
  close(): Promise<void>;
}

/** One chip on an I2C bus, reached by its address. */
export interface I2cDevice {
  /** One read transaction of `lengthBytes` (at least 1); `notAcknowledged` when no chip answered to the address. */
  read(lengthBytes: number): Promise<Result<Uint8Array | "notAcknowledged", BusError>>;
  /** One write transaction. */
  write(bytes: Uint8Array): Promise<Result<"written" | "notAcknowledged", BusError>>;
  close(): Promise<void>;
}

/** A serial line, 8 data bits, no parity, one stop bit. */
export interface SerialLine {
  /** Resolves when the bytes have left for the line. */
  write(bytes: Uint8Array): Promise<Result<void, BusError>>;
  /** Hands over bytes as they arrive, in chunks of any size, until the returned function is called. */
  onData(listener: (bytes: Uint8Array) => void): () => void;
  /** Changes the speed in bit/s, at once and for both directions. */
  setRate(baud: number): Promise<Result<void, BusError>>;
  close(): Promise<void>;
}

/** Why a GPIO line cannot be used. */
export type GpioError =
  | { readonly kind: "gpioChipMissing"; readonly seen: readonly string[]; readonly remedy: string }
  | {
      readonly kind: "gpioUnavailable";
      readonly line: number;
      readonly remedy: string;
      readonly cause?: unknown;
    }
  | { readonly kind: "gpioFailed"; readonly line: number; readonly cause?: unknown };

export type ActiveLevel = "high" | "low";
export type LineState = "active" | "inactive";

/** A GPIO output by its BCM number; it is at its inactive level from the moment it exists. */
export interface OutputLine {
  drive(state: LineState): Promise<Result<void, GpioError>>;
  /** The level that the pin really has, read back from the hardware. */
  readBack(): Promise<Result<LineState, GpioError>>;
  /** Gives the line back at its inactive level: the pin stays an output at that level. */
  close(): Promise<void>;
}

/** A GPIO input by its BCM number. */
export interface InputLine {
  /** The level last known without waiting; after a falling edge it is low until a rising one is seen. */
  isLow(): boolean;
  /** Calls back at each falling edge until the returned function is called. */
  onFalling(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface Gpio {
  output(line: number, activeLevel: ActiveLevel): Promise<Result<OutputLine, GpioError>>;
  input(line: number): Promise<Result<InputLine, GpioError>>;
}
