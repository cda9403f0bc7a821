/**
 * How the readers of a virtual board are wired, as data: which host interface of the PN532 is strapped, which
 * device node stands for it, which header pins belong to it.
 */

interface AnyWiring {
  /** BCM line of P70_IRQ. */
  readonly irqLine?: number;
  /** BCM line of RSTPDN. */
  readonly resetLine?: number;
}

/** Device node `/dev/spidevB.C`: readers on the same bus B share its time. */
export interface SpiWiring extends AnyWiring {
  readonly bus: "spi";
  readonly node: string;
  readonly clockHz: number;
}

/** Device node `/dev/i2c-N`. The chip's address is fixed, so that a bus carries one. */
export interface I2cWiring extends AnyWiring {
  readonly bus: "i2c";
  readonly node: string;
  /** 400 kHz when absent. */
  readonly clockHz?: number;
}

/** A serial line; the chip begins at 115200 bit/s after each reset, whatever was configured. */
export interface HsuWiring extends AnyWiring {
  readonly bus: "hsu";
  readonly node: string;
}

export type ReaderWiring = SpiWiring | I2cWiring | HsuWiring;

/** The chip's host interfaces. */
export type HostBus = "spi" | "i2c" | "hsu";
