/** The reader of one door out of the configured board: bus, interrupt and reset line, driver on top. */
import { createPn532Reader } from "../../drivers/pn532/reader.ts";
import { createSpiLink } from "../../drivers/pn532/spi-link.ts";
import type { ReaderConfig } from "../config/schema.ts";
import type { BusError, Gpio, GpioError } from "../ports/bus.ts";
import type { CardReader } from "../ports/card.ts";
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
  { board, gpio, clock, log }: ReaderSurroundings,
): Promise<Result<CardReader, BusError | GpioError>> {
  const bus = await board.spi(reader.node, reader.clockHz);
  if (!bus.ok) return bus;
  const irq = reader.irqLine === undefined ? ok(undefined) : await gpio.input(reader.irqLine);
  if (!irq.ok) return irq;
  const reset =
    reader.resetLine === undefined ? ok(undefined) : await gpio.output(reader.resetLine, RESET_LEVEL);
  if (!reset.ok) return reset;
  const link = createSpiLink({ bus: bus.value, irq: irq.value, clock });
  return ok(createPn532Reader({ link, reset: reset.value, clock, log }));
}
