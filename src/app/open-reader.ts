/** The reader of one door out of the configured board: bus, interrupt and reset line, driver on top. */
import { openReopeningI2c, openReopeningSpi } from "../../drivers/bus/reopening.ts";
import { Diagnostics, type DiagnosticsParts } from "../../drivers/pn532/diagnostics.ts";
import type { FieldTurn } from "../../drivers/pn532/field-turns.ts";
import { createHsuLink, RESET_BAUD } from "../../drivers/pn532/hsu-link.ts";
import { createI2cLink, PN532_I2C_ADDRESS } from "../../drivers/pn532/i2c-link.ts";
import { createPn532Reader, createSharedPn532Reader, type ReaderParts } from "../../drivers/pn532/reader.ts";
import { createSpiLink } from "../../drivers/pn532/spi-link.ts";
import type { ReaderConfig } from "../config/schema.ts";
import type { BusError, Gpio, GpioError, InputLine, SerialLine } from "../ports/bus.ts";
import type { CardReader, LoneReader } from "../ports/card.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { ok, type Result } from "../result.ts";
import type { Board } from "./board.ts";

export interface ReaderSurroundings {
  readonly board: Board;
  readonly gpio: Gpio;
  readonly clock: Clock;
  readonly log: Log;
}

/** RSTPD_N holds the chip in reset while low: active-low, so that the line's resting level lets it run. */
const RESET_LEVEL = "low";

/** Opens bus and lines of a reader; the reader is not yet started. Bus and lines end with the process. */
export async function openReader(
  { reader }: { readonly reader: ReaderConfig },
  surroundings: ReaderSurroundings,
): Promise<Result<LoneReader, BusError | GpioError>> {
  const opened = await openParts(reader, surroundings);
  return opened.ok ? ok(createPn532Reader({ ...opened.value, isoDep: reader.isoDep })) : opened;
}

/** The same for one that shares its field with others, all of which run in this process. */
export async function openSharedReader(
  { reader }: { readonly reader: ReaderConfig },
  surroundings: ReaderSurroundings,
  turn: FieldTurn,
): Promise<Result<CardReader, BusError | GpioError>> {
  const opened = await openParts(reader, surroundings);
  return opened.ok ? ok(createSharedPn532Reader({ ...opened.value, isoDep: reader.isoDep }, turn)) : opened;
}

/** The same for who tests the chip itself. */
export async function openDiagnostics(
  reader: ReaderConfig,
  surroundings: ReaderSurroundings,
): Promise<Result<Diagnostics, BusError | GpioError>> {
  const opened = await openParts(reader, surroundings);
  return opened.ok ? ok(new Diagnostics(opened.value)) : opened;
}

async function openParts(
  reader: ReaderConfig,
  surroundings: ReaderSurroundings,
): Promise<Result<DiagnosticsParts, BusError | GpioError>> {
  const { gpio, clock, log } = surroundings;
  const irq = reader.bus === "hsu" ? ok(undefined) : await openIrq(reader, gpio);
  if (!irq.ok) return irq;
  const link = await openLink(reader, irq.value, surroundings);
  if (!link.ok) return link;
  const reset =
    reader.resetLine === undefined ? ok(undefined) : await gpio.output(reader.resetLine, RESET_LEVEL);
  return reset.ok ? ok({ ...link.value, irq: irq.value, reset: reset.value, clock, log }) : reset;
}

/** A reader on a serial line that the caller has opened at the speed of a chip after power-on, and closes. */
export function readerOnLine(
  line: SerialLine,
  { clock, log }: Pick<ReaderSurroundings, "clock" | "log">,
): LoneReader {
  return createPn532Reader({ link: createHsuLink({ line, clock, baud: RESET_BAUD }), clock, log });
}

/** The driver's link, and what opens its node anew where the link does not do so by itself. */
type OpenedLink = Pick<ReaderParts, "link" | "reopen">;

/**
 * A node may appear later: its absence is told by the reader's start, which the lane repeats, and the other doors
 * serve meanwhile. What only a person can mend, rights and packages, fails here.
 */
async function openLink(
  reader: ReaderConfig,
  irq: InputLine | undefined,
  { board, clock }: ReaderSurroundings,
): Promise<Result<OpenedLink, BusError>> {
  switch (reader.bus) {
    case "spi": {
      const bus = await openReopeningSpi(() => board.spi(reader.node, reader.clockHz));
      if (!bus.ok) return bus;
      return ok({ link: createSpiLink({ bus: bus.value, irq, clock }), reopen: bus.value.reopen });
    }
    case "i2c": {
      const device = await openReopeningI2c(() => board.i2c(reader.node, PN532_I2C_ADDRESS));
      if (!device.ok) return device;
      return ok({ link: createI2cLink({ device: device.value, irq, clock }), reopen: device.value.reopen });
    }
    case "hsu": {
      const line = await board.serial(reader.node, RESET_BAUD);
      return line.ok ? ok({ link: createHsuLink({ line: line.value, clock, baud: reader.baud }) }) : line;
    }
  }
}

const openIrq = async (
  { irqLine }: { readonly irqLine?: number },
  gpio: Gpio,
): Promise<Result<InputLine | undefined, GpioError>> =>
  irqLine === undefined ? ok(undefined) : gpio.input(irqLine);
