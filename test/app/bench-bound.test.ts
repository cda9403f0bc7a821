// The written plans of the benchmark against the simulator in virtual time, where the host takes no time at all: a
// plan that forgets something, or asks for too much, would make every ratio wrong.
import { expect, test } from "vitest";
import { Diagnostics } from "../../drivers/pn532/diagnostics.ts";
import {
  type BusPlan,
  boundMs,
  hsuPlan,
  I2C_PLAN,
  IDENTIFIER_PLAN,
  ORIGINAL_CHIP_PLAN,
  ROUND_TRIP_PLAN,
  readingPlan,
  SPI_PLAN,
} from "../../src/app/bench/bound.ts";
import { measureGrowth } from "../../src/app/bench/driver-growth.ts";
import { readAll } from "../../src/app/bench/read-file.ts";
import { silentLog } from "../../src/ports/log.ts";
import { VirtualBoard } from "../../src/sim/board.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { instant } from "../../src/time/time.ts";
import { IRQ_LINE, makeVirtualRig } from "../conformance/virtual-rig.ts";
import { good } from "../good.ts";
import { HSU, I2C, type MatrixTransport, SPI } from "../matrix/matrix.ts";

const FILE_BYTES = 20_480;

test.each<readonly [string, MatrixTransport, BusPlan]>([
  ["SPI", SPI, SPI_PLAN],
  ["I2C", I2C, I2C_PLAN],
  ["HSU", HSU, hsuPlan(115_200)],
])("a command without radio takes what its plan says, on %s", async (_name, { wiring, link }, plan) => {
  const timeline = new VirtualTimeline();
  const host = new VirtualBoard({ timeline, wiring: [wiring], seed: 1 }).attach();
  const clock = VirtualClock.startingAt(timeline, instant(0));
  const irq = wiring.irqLine === undefined ? undefined : good(await host.gpio.input(IRQ_LINE));
  const chip = new Diagnostics({ link: await link(host, irq, clock), irq, clock, log: silentLog });
  good(await timeline.resolve(chip.start()));
  // Just after an exchange the chip refuses its address on I2C, which is in no plan.
  await timeline.resolve(clock.sleep(5));
  const tookMs = good(await timeline.resolve(chip.roundTrip()));
  expect(tookMs / boundMs(ROUND_TRIP_PLAN, plan)).toBeCloseTo(1, 1.5);
});

test.each([
  [223, 106, "firmware"],
  [223, 424, "firmware"],
  [223, 424, "software"],
  [2_000, 106, "firmware"],
  [2_000, 424, "firmware"],
  [2_000, 424, "software"],
] as const)(
  "20 kB with Le %i at %i kbit/s by the %s take what their plan says",
  async (leBytes, kbits, isoDep) => {
    const rig = await makeVirtualRig(SPI, { isoDep });
    good(await rig.settle(rig.reader.start()));
    rig.board.place(rig.node, { card: "bulk" });
    const card = good(await rig.settle(rig.reader.poll(new AbortController().signal)));
    if (card === undefined) throw new Error("the card was not found");
    if (kbits !== 106) expect(good(await rig.settle(card.raiseSpeed())).kbits).toBe(kbits);
    const begunMs = rig.nowMs();
    await rig.settle(readAll(card.channel, leBytes));
    const bound = boundMs(
      readingPlan({ fileBytes: FILE_BYTES, leBytes, kbits, cardMs: 3, isoDep }),
      SPI_PLAN,
    );
    expect((rig.nowMs() - begunMs) / bound).toBeGreaterThan(0.99);
    expect((rig.nowMs() - begunMs) / bound).toBeLessThan(1.05);
  },
);

test("the model allows what is asked of 424 kbit/s and of our own engine, at either length", () => {
  const reading = (leBytes: number, kbits: 106 | 424, isoDep: "firmware" | "software"): number =>
    boundMs(readingPlan({ fileBytes: FILE_BYTES, leBytes, kbits, cardMs: 3, isoDep }), SPI_PLAN);
  for (const leBytes of [223, 2_000]) {
    expect(reading(leBytes, 106, "firmware") / reading(leBytes, 424, "firmware")).toBeGreaterThan(2.2);
    expect(reading(leBytes, 424, "firmware") / reading(leBytes, 424, "software")).toBeGreaterThan(1.15);
  }
  expect(reading(223, 106, "firmware") / reading(2_000, 424, "software")).toBeGreaterThan(3.5);
});

test.each([
  ["an identifier", IDENTIFIER_PLAN, 4, 61],
  ["an original chip", ORIGINAL_CHIP_PLAN, 6, 277],
] as const)("the plan of %s is what the design says", (_name, plan, commands, ms) => {
  expect(plan).toHaveLength(commands);
  expect(boundMs(plan, SPI_PLAN)).toBeCloseTo(ms, 0);
});

test("presentations leave nothing behind in the driver", { timeout: 120_000 }, async () => {
  const { value } = await measureGrowth(4_000);
  // Some kilobytes of compiled code come and go; a leak of one object a presentation would be more.
  expect(value).toBeLessThan(100);
});
