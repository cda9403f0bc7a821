/** What one command of the driver costs over each bus, with the interrupt line and without. */
import type { Clock } from "../../ports/clock.ts";
import { type BenchBus, openBenchReader, start } from "./bench-reader.ts";
import { type BusPlan, boundMs, hsuPlan, I2C_PLAN, ROUND_TRIP_PLAN, SPI_PLAN } from "./bound.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { good } from "./good.ts";
import { askLateness } from "./lateness.ts";

/** Commands before the first that counts. */
const WARM_UP = 50;
const BAUD = 115_200;

/** A way to the chip, named as in the figure. */
export interface RoundTripBus extends BenchBus {
  readonly name: string;
  readonly plan: BusPlan;
}

const SPI = { laneBus: { bus: "spi" }, plan: SPI_PLAN } as const;
const I2C = { laneBus: { bus: "i2c" }, plan: I2C_PLAN } as const;
export const ROUND_TRIP_BUSES: readonly RoundTripBus[] = [
  { name: "command.roundTrip.spi.irq", irq: "wired", ...SPI },
  { name: "command.roundTrip.spi.poll", irq: "absent", ...SPI },
  { name: "command.roundTrip.i2c.irq", irq: "wired", ...I2C },
  { name: "command.roundTrip.i2c.poll", irq: "absent", ...I2C },
  {
    name: "command.roundTrip.hsu",
    irq: "absent",
    laneBus: { bus: "hsu", baud: BAUD },
    plan: hsuPlan(BAUD),
  },
];

/** The median of `count` commands without radio, its bound, and what the host adds to that. */
export async function measureRoundTrip(
  { name, plan, ...bus }: RoundTripBus,
  clock: Clock,
  count: number,
): Promise<Figure> {
  const bench = await openBenchReader(clock, bus);
  try {
    const chip = await bench.openDiagnostics();
    await start(chip);
    const timesMs: number[] = [];
    for (let turn = 0; turn < WARM_UP + count; turn++) {
      const tookMs = good(await chip.roundTrip());
      if (turn >= WARM_UP) timesMs.push(tookMs);
    }
    await chip.stop();
    const late = (await askLateness(bench.director)).note;
    const medianMs = quantile(timesMs, 0.5);
    const bound = boundMs(ROUND_TRIP_PLAN, plan);
    const p99Ms = rounded(quantile(timesMs, 0.99));
    return {
      name,
      value: rounded(medianMs),
      unit: "ms",
      bound: rounded(bound),
      ratio: rounded(medianMs / bound),
      note: `host ${rounded(medianMs - bound)} ms over bus and chip; ${count} commands, p99 ${p99Ms} ms${late}`,
    };
  } finally {
    await bench.close();
  }
}

/** The same figure where it cannot be taken. */
export const unmeasuredRoundTrip = ({ name, plan }: RoundTripBus, note: string): Figure => ({
  name,
  value: null,
  unit: "ms",
  bound: rounded(boundMs(ROUND_TRIP_PLAN, plan)),
  note,
});
