import { describe, expect, test } from "vitest";
import { createHsuLink } from "../../../drivers/pn532/hsu-link.ts";
import { createPn532Reader } from "../../../drivers/pn532/reader.ts";
import { likelyBauds } from "../../../drivers/pn532/serial-speed.ts";
import type { BusError, OutputLine, SerialLine } from "../../../src/ports/bus.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { err, ok } from "../../../src/result.ts";
import { VirtualBoard } from "../../../src/sim/board.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant } from "../../../src/time/time.ts";

const NODE = "/dev/ttyAMA0";
const RESET_LINE = 24;
const SPEEDS = [115_200, 230_400, 460_800, 921_600];

/** A chip on a serial line, and hosts that come and go, each with its own idea of a speed. */
function rig() {
  const timeline = new VirtualTimeline();
  const wiring = [{ bus: "hsu", node: NODE, resetLine: RESET_LINE }] as const;
  const board = new VirtualBoard({ timeline, wiring, seed: 1 });
  const machine = VirtualClock.startingAt(timeline, instant(0));
  const settle = <T>(promise: Promise<T>): Promise<T> => timeline.resolve(promise);
  const boot = (
    baud: number,
    change: (line: SerialLine) => SerialLine = (line) => line,
    reset?: OutputLine,
  ) => {
    const host = board.attach();
    const clock = machine.fork();
    const link = createHsuLink({ line: change(host.serialLine(NODE)), clock, baud });
    const reader = createPn532Reader({ link, clock, reset, log: silentLog });
    const die = (): void => {
      host.kill();
      clock.kill();
    };
    return { reader, link, die };
  };
  const { chip } = board.reader(NODE);
  return { timeline, board, settle, boot, chip };
}

const started = ok({ firmware: "PN532 1.6", degraded: [] });

describe("the speed of the line", () => {
  test.each(SPEEDS)(
    "is %i on both sides after a start that asks for it, and 115200 after the end",
    async (baud) => {
      const { board, settle, boot, chip } = rig();
      const { reader, link } = boot(baud);
      expect(await settle(reader.start())).toEqual(started);
      expect([chip.baud, link.speed?.currentBaud]).toEqual([baud, baud]);
      board.place(NODE, { card: "cie", family: "gemalto", nis: "123456789012" });
      expect(await settle(reader.poll(new AbortController().signal))).toMatchObject(ok({ kind: "isoDep" }));
      await settle(reader.stop());
      expect([chip.baud, link.speed?.currentBaud]).toEqual([115_200, 115_200]);
    },
  );

  test.each(SPEEDS.flatMap((left) => SPEEDS.map((wanted) => [left, wanted] as const)))(
    "left at %i by a dead process is found, and becomes %i",
    async (left, wanted) => {
      const { settle, boot, chip } = rig();
      const first = boot(left);
      await settle(first.reader.start());
      first.die();
      expect(chip.baud).toBe(left);
      const second = boot(wanted);
      expect(await settle(second.reader.start())).toEqual(started);
      expect(chip.baud).toBe(wanted);
    },
  );

  test("left by a dead process is forgotten by a chip that can be reset, and found at once", async () => {
    const { timeline, board, settle, boot } = rig();
    const first = boot(921_600);
    await settle(first.reader.start());
    first.die();
    const reset = await board.gpio.output(RESET_LINE, "low");
    if (!reset.ok) throw new Error("no reset line");
    const before = timeline.nowUs();
    expect(await settle(boot(115_200, undefined, reset.value).reader.start())).toEqual(started);
    expect(timeline.nowUs() - before).toBeLessThan(100_000);
  });

  test("is looked for in vain for less than a second", async () => {
    const { timeline, settle, boot, chip } = rig();
    chip.setReset("low");
    expect(await settle(boot(921_600).reader.start())).toMatchObject(err({ kind: "chipSilent" }));
    expect(timeline.nowUs()).toBeLessThan(1_000_000);
  });
});

describe("a change of speed that fails", () => {
  const FAILED: BusError = { kind: "busFailed", node: NODE };

  test("on this side: the error is the line's, and the next start finds the chip", async () => {
    const { settle, boot } = rig();
    const stubborn = (line: SerialLine): SerialLine => ({
      ...line,
      setRate: async (baud) => (baud === 460_800 ? err(FAILED) : line.setRate(baud)),
    });
    const first = boot(460_800, stubborn);
    expect(await settle(first.reader.start())).toEqual(err({ kind: "bus", error: FAILED }));
    first.die();
    expect(await settle(boot(115_200).reader.start())).toEqual(started);
  });

  test("at the very first one: the port is gone", async () => {
    const { settle, boot } = rig();
    const gone = (line: SerialLine): SerialLine => ({ ...line, setRate: async () => err(FAILED) });
    expect(await settle(boot(115_200, gone).reader.start())).toEqual(err({ kind: "bus", error: FAILED }));
  });
});

test("a chip is looked for at its own speed first, then at the configured one, at none twice", () => {
  expect(likelyBauds(921_600)).toEqual([115_200, 921_600, 230_400, 460_800]);
  expect(likelyBauds(115_200)).toEqual([115_200, 230_400, 460_800, 921_600]);
});
