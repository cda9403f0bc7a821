/**
 * What the lines of the 40-pin header are taken for, and what they do before the program runs. BCM numbers,
 * the same on every Raspberry Pi. Sources: Raspberry Pi documentation, GPIO and configuration; board dumps.
 */

/** Lines that an SPI bus takes with the usual overlay, by bus number: select lines, then data and clock. */
export const SPI_LINES: Readonly<Record<number, readonly number[]>> = {
  0: [7, 8, 9, 10, 11],
  1: [16, 17, 18, 19, 20, 21],
};

/** Lines of the I2C buses that come without an overlay or a choice of lines, by bus number: data, then clock. */
export const I2C_LINES: Readonly<Record<number, readonly number[]>> = {
  0: [0, 1],
  1: [2, 3],
};

/** The header's serial port under its names on the boards, and its lines: sending, then receiving. */
export const HEADER_SERIAL_NODES: ReadonlySet<string> = new Set([
  "/dev/serial0",
  "/dev/ttyAMA0",
  "/dev/ttyS0",
]);
export const HEADER_SERIAL_LINES: readonly number[] = [14, 15];

/** Lines with a pull-up at power-on; the others up to 27 are pulled down. */
export const HIGHEST_PULLED_UP_LINE = 8;

/** Lines that a relay should stay away from, whatever its level. */
export const UNSAFE_RELAY_LINES: Readonly<Record<number, string>> = {
  0: "it is driven at start while the board looks for an extension's memory",
  1: "it is driven at start while the board looks for an extension's memory",
  2: "it belongs to the I2C bus and has a strong pull-up",
  3: "it belongs to the I2C bus and has a strong pull-up",
  14: "the serial console sends on it while the board starts",
  15: "it belongs to the serial console",
};
