// A door's reader out of the configured board: what is absent, its start tells.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openBoard } from "../../src/app/board.ts";
import { openReader } from "../../src/app/open-reader.ts";
import type { ReaderConfig } from "../../src/config/schema.ts";
import { silentLog } from "../../src/ports/log.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { instant } from "../../src/time/time.ts";
import { FakeGpio } from "./fake-gpio.ts";

async function openOnThisMachine(reader: ReaderConfig) {
  const board = await openBoard({ kind: "raspberryPi" }, silentLog);
  if (!board.ok) throw new Error("no board");
  const clock = VirtualClock.startingAt(new VirtualTimeline(), instant(0));
  return openReader({ reader }, { board: board.value, gpio: new FakeGpio(), clock, log: silentLog });
}

const absent = join(tmpdir(), "varco-no-such-adapter");

test.each([
  { bus: "spi", node: "/dev/spidev9.9", clockHz: 2_000_000 },
  { bus: "i2c", node: "/dev/i2c-99" },
  { bus: "hsu", node: absent, baud: 115_200 },
] as const)(
  "a node that is absent is told by each start of its reader, and stops nothing else: $bus",
  async (one) => {
    const reader = await openOnThisMachine(one);
    if (!reader.ok) throw new Error("no reader");
    for (let starts = 0; starts < 2; starts++)
      expect(await reader.value.start()).toMatchObject({
        ok: false,
        error: { kind: "bus", error: { kind: "nodeMissing", node: one.node } },
      });
  },
);
