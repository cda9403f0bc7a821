/** What a person can do about the link of a reader, by its bus and by what is wired: for `varco reader test`. */
import type { ReaderConfig } from "../../config/schema.ts";

/** The slowest serial speed that can be configured, which is the chip's own after power-on. */
const SLOWEST_BAUD = 115_200;

export const MEND_WIRES = "shorten the wires, check the ground wire";

/** The link errs. */
export function remedyForErrors(reader: ReaderConfig): string {
  switch (reader.bus) {
    case "spi":
      return `${MEND_WIRES}, lower clockHz (see bus speed)`;
    case "i2c":
      return `${MEND_WIRES}, lower dtparam=i2c_arm_baudrate; on a Pi before the 5 use SPI`;
    case "hsu":
      return reader.baud > SLOWEST_BAUD ? `${MEND_WIRES}, lower baud (see bus speed)` : MEND_WIRES;
  }
}

/** The link is intact, but some answers come late. */
export const remedyForDelay = (reader: ReaderConfig): string =>
  "irqLine" in reader
    ? "see the interrupt line; else find what keeps this machine busy"
    : "find what keeps this machine busy";

/** The chip falls silent while it is spoken to. */
export const remedyForHang = ({ resetLine }: ReaderConfig): string =>
  resetLine === undefined
    ? "the chip hangs: wire RSTPD_N so that it can be reset, or cut its power once"
    : "the chip hangs: check its supply and the capacitor next to it, then replace the reader board";
