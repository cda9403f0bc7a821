/**
 * A reader on a virtual board of its own, in virtual time: everything about a rig that is the same on every
 * bus. What differs comes as a `Transport`.
 */
import type { HostLink } from "../../drivers/pn532/host-link.ts";
import { createPn532Reader } from "../../drivers/pn532/reader.ts";
import type { InputLine } from "../../src/ports/bus.ts";
import type { LoneReader } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Log, LogFields } from "../../src/ports/log.ts";
import type { Result } from "../../src/result.ts";
import { VirtualBoard } from "../../src/sim/board.ts";
import type { BoardHost } from "../../src/sim/board-host.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import type { ReaderWiring } from "../../src/sim/wiring.ts";
import { instant } from "../../src/time/time.ts";
import type { ReaderRig, RigOptions } from "./reader-suite.ts";

export const IRQ_LINE = 25;
export const RESET_LINE = 24;

/** One way to reach a chip. */
export interface Transport {
  readonly wiring: ReaderWiring;
  /** The driver's link over what the host has; `irq` when the wiring names a line and the rig has it wired. */
  readonly link: (host: BoardHost, irq: InputLine | undefined, clock: Clock) => HostLink | Promise<HostLink>;
  /** Before virtual time goes on: waits for what is under way outside of it, where there is such a thing. */
  readonly settle?: () => Promise<void>;
}

/** A log whose lines, each with its level first, are added to `lines`. */
export function listeningLog(lines: string[]): Log {
  const at =
    (level: keyof Log) =>
    (event: string, fields?: LogFields): void => {
      lines.push(`${level} ${event} ${JSON.stringify(fields ?? {})}`);
    };
  return { trace: at("trace"), debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

async function line<T>(opened: Promise<Result<T, unknown>>): Promise<T> {
  const result = await opened;
  if (!result.ok) throw new Error("the virtual board refused a line");
  return result.value;
}

export async function makeVirtualRig(
  { wiring, link, settle }: Transport,
  options: Partial<RigOptions> = {},
): Promise<ReaderRig> {
  const timeline = new VirtualTimeline(settle);
  const board = new VirtualBoard({ timeline, wiring: [wiring], seed: 1 });
  const machine = VirtualClock.startingAt(timeline, instant(0));
  const logged: string[] = [];
  let host = board.attach();
  let clock = machine.fork();
  const build = async (): Promise<LoneReader> => {
    const hasIrq = options.irq !== "absent" && wiring.irqLine !== undefined;
    const irq = hasIrq ? await line(host.gpio.input(IRQ_LINE)) : undefined;
    const reset = options.reset === "absent" ? undefined : await line(host.gpio.output(RESET_LINE, "low"));
    const { isoDep } = options;
    return createPn532Reader({
      ...{ link: await link(host, irq, clock), reset, clock, isoDep },
      log: listeningLog(logged),
    });
  };
  return {
    timeline,
    board,
    node: wiring.node,
    logged,
    reader: await build(),
    settle: (promise) => timeline.resolve(promise),
    passMs: (durationMs) => timeline.run(timeline.nowUs() + durationMs * 1_000),
    nowMs: () => timeline.nowUs() / 1_000,
    async restartHost() {
      host.kill();
      clock.kill();
      host = board.attach();
      clock = machine.fork();
      return build();
    },
  };
}
