import { createPn532Reader } from "../../drivers/pn532/reader.ts";
import { createSpiLink } from "../../drivers/pn532/spi-link.ts";
import type { Gpio } from "../../src/ports/bus.ts";
import type { CardReader } from "../../src/ports/card.ts";
import type { Log, LogFields } from "../../src/ports/log.ts";
import type { Result } from "../../src/result.ts";
import { VirtualBoard } from "../../src/sim/board.ts";
import type { BoardHost } from "../../src/sim/board-host.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { instant } from "../../src/time/time.ts";
import { describeReader, type ReaderRig, type RigOptions } from "./reader-suite.ts";

const NODE = "/dev/spidev0.0";
const IRQ_LINE = 25;
const RESET_LINE = 24;

function listeningLog(lines: string[]): Log {
  const write = (event: string, fields?: LogFields): void => {
    lines.push(`${event} ${JSON.stringify(fields ?? {})}`);
  };
  return { trace: write, debug: write, info: write, warn: write, error: write };
}

async function line<T>(opened: Promise<Result<T, unknown>>): Promise<T> {
  const result = await opened;
  if (!result.ok) throw new Error("the virtual board refused a line");
  return result.value;
}

async function makeRig(options: Partial<RigOptions> = {}): Promise<ReaderRig> {
  const timeline = new VirtualTimeline();
  const wiring = [{ node: NODE, clockHz: 2_000_000, irqLine: IRQ_LINE, resetLine: RESET_LINE }];
  const board = new VirtualBoard({ timeline, wiring, seed: 1 });
  const machine = VirtualClock.startingAt(timeline, instant(0));
  const logged: string[] = [];
  let host = board.attach();
  let clock = machine.fork();
  const build = async (gpio: Gpio, on: BoardHost): Promise<CardReader> => {
    const irq = options.irq === "absent" ? undefined : await line(gpio.input(IRQ_LINE));
    const reset = options.reset === "absent" ? undefined : await line(gpio.output(RESET_LINE, "low"));
    const link = createSpiLink({ bus: on.spiBus(NODE), irq, clock });
    return createPn532Reader({ link, reset, clock, log: listeningLog(logged) });
  };
  return {
    timeline,
    board,
    node: NODE,
    logged,
    reader: await build(host.gpio, host),
    async restartHost() {
      host.kill();
      clock.kill();
      host = board.attach();
      clock = machine.fork();
      return build(host.gpio, host);
    },
  };
}

describeReader("PN532 on SPI", makeRig);
