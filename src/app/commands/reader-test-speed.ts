/**
 * How fast the bus of a reader may go: line tests at each speed that the program can set, from slow to fast, until
 * one shows an error; where it cannot set any, the speed that the bus has.
 */
import type { ReaderConfig } from "../../config/schema.ts";
import type { BusError, GpioError } from "../../ports/bus.ts";
import type { ReaderError } from "../../ports/card.ts";
import { err, ok, type Result } from "../../result.ts";
import { bad, type Check, doubtful, failure, well } from "../doctor/check.ts";
import { openDiagnostics } from "../open-reader.ts";
import { type LineReport, type LineTester, testLines, WHOLE_FRAME_BYTES } from "./reader-test-line.ts";
import type { ReaderTest } from "./reader-test-task.ts";

const NAME = "bus speed";
/** Of the line tests asked for, at each speed. */
const SHARE_PER_SPEED = 0.2;
const SPI_CLOCKS_HZ = [1_000_000, 2_000_000, 3_000_000, 4_000_000] as const;
const SERIAL_BAUDS = [115_200, 230_400, 460_800, 921_600] as const;
/** Eight bits and their acknowledgement; the data go there and back, in frames with longer heads. */
const I2C_BITS = 9 * 2 * (WHOLE_FRAME_BYTES + 3);
const FAST_I2C_HZ = 400_000;
/** Clocks are a little slower than their names, and the measurement is no better than this. */
const NEAR_ENOUGH = 0.75;

type OnBus<Bus extends ReaderConfig["bus"]> = Extract<ReaderConfig, { bus: Bus }>;

export async function* findSpeed(test: ReaderTest, reader: ReaderConfig): AsyncGenerator<Check> {
  if (test.io.interactive) test.io.err(`testing ${NAME} …`);
  const found = await findOn(test, reader);
  yield found.ok ? found.value : failure(NAME, found.error);
}

function findOn(test: ReaderTest, reader: ReaderConfig): Promise<Result<Check, ReaderError>> {
  switch (reader.bus) {
    case "spi":
      return findClock(test, reader);
    case "i2c":
      return measureClock(test);
    case "hsu":
      return findBaud(test, reader);
  }
}

const seriesOf = ({ count }: ReaderTest) => ({
  count: Math.ceil(count * SHARE_PER_SPEED),
  dataBytes: WHOLE_FRAME_BYTES,
});

const isClean = ({ damaged, lost }: LineReport): boolean => damaged + lost === 0;

/** The speeds without an error, from slow to fast; after the first with one the chip is started again. */
async function cleanSpeeds(
  test: ReaderTest,
  speeds: readonly number[],
  at: (speed: number) => Promise<Result<LineTester["chip"], ReaderError>>,
): Promise<Result<readonly number[], ReaderError>> {
  const clean: number[] = [];
  for (const speed of speeds) {
    const chip = await at(speed);
    const report = chip.ok
      ? await testLines({ chip: chip.value, signal: test.io.signal }, seriesOf(test))
      : chip;
    if (report.ok && isClean(report.value)) {
      clean.push(speed);
      continue;
    }
    const started = await test.chip.start();
    return started.ok ? ok(clean) : started;
  }
  return ok(clean);
}

/** Each clock wants its device opened anew; lines stay with the first. */
async function findClock(
  test: ReaderTest,
  { node, clockHz }: OnBus<"spi">,
): Promise<Result<Check, ReaderError>> {
  const clean = await cleanSpeeds(test, SPI_CLOCKS_HZ, async (clock) => {
    const opened = await openDiagnostics({ bus: "spi", node, clockHz: clock }, test.surroundings);
    return opened.ok ? opened : err(asReaderError(opened.error));
  });
  return clean.ok ? ok(judgeClock(clean.value, clockHz)) : clean;
}

const asReaderError = (error: BusError | GpioError): ReaderError =>
  "node" in error ? { kind: "bus", error } : { kind: "line", error };

/** One step below the fastest: what is clean at the next step has a margin for heat, age and longer wires. */
export function judgeClock(clean: readonly number[], configuredHz: number): Check {
  const [slowest] = clean;
  const fastest = clean.at(-1);
  if (slowest === undefined || fastest === undefined)
    return bad(
      NAME,
      "errors at 1 MHz already",
      "shorten the wires and check the ground wire, then test again",
    );
  const proposed = clean.at(-2) ?? slowest;
  const found = `no error up to ${fastest / 1_000_000} MHz; with a margin: clockHz: ${proposed}`;
  return configuredHz > proposed
    ? doubtful(NAME, found, `set clockHz: ${proposed} (it is ${configuredHz})`)
    : well(NAME, found);
}

async function findBaud(test: ReaderTest, { baud }: OnBus<"hsu">): Promise<Result<Check, ReaderError>> {
  const clean = await cleanSpeeds(test, SERIAL_BAUDS, async (speed) => {
    const set = await test.chip.setSpeed(speed);
    return set.ok ? ok(test.chip) : set;
  });
  return clean.ok ? ok(judgeBaud(clean.value, baud)) : clean;
}

export function judgeBaud(clean: readonly number[], configuredBaud: number): Check {
  const fastest = clean.at(-1);
  if (fastest === undefined)
    return bad(
      NAME,
      "errors at 115200 bit/s already",
      "shorten the wires and check the ground wire, then test again",
    );
  const found = `no error up to ${fastest} bit/s: baud: ${fastest}`;
  return configuredBaud > fastest
    ? doubtful(NAME, found, `set baud: ${fastest} (it is ${configuredBaud})`)
    : well(NAME, found);
}

/** The clock out of the time that 256 bytes more take; it is set at boot, not by a program. */
async function measureClock(test: ReaderTest): Promise<Result<Check, ReaderError>> {
  const tester: LineTester = { chip: test.chip, signal: test.io.signal };
  const long = await testLines(tester, seriesOf(test));
  if (!long.ok) return long;
  const short = await testLines(tester, { ...seriesOf(test), dataBytes: 0 });
  if (!short.ok) return short;
  return ok(judgeI2c(long.value.medianMs, short.value.medianMs));
}

export function judgeI2c(longMs: number | undefined, shortMs: number | undefined): Check {
  if (longMs === undefined || shortMs === undefined || longMs <= shortMs)
    return bad(NAME, "no round trip to measure it by", "mend the line first");
  const clockHz = (I2C_BITS * 1_000) / (longMs - shortMs);
  const found = `the I2C clock is about ${Math.round(clockHz / 10_000) * 10} kHz`;
  return clockHz < FAST_I2C_HZ * NEAR_ENOUGH
    ? doubtful(
        NAME,
        found,
        "where the line shows no error, set dtparam=i2c_arm_baudrate=400000 in /boot/firmware/config.txt and reboot",
      )
    : well(NAME, found);
}
