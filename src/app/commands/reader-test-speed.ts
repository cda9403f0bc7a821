/**
 * How fast the bus of a reader may go: line tests at each speed that the program can set, from slow to fast, until
 * one shows an error; where it cannot set any, the speed that the bus has.
 */
import { Diagnostics } from "../../../drivers/pn532/diagnostics.ts";
import { createSpiLink } from "../../../drivers/pn532/spi-link.ts";
import type { ReaderConfig } from "../../config/schema.ts";
import type { ReaderError } from "../../ports/card.ts";
import { err, ok, type Result } from "../../result.ts";
import { bad, type Check, doubtful, failure, well } from "../doctor/check.ts";
import { errorShare, type LineReport, testLines, WHOLE_FRAME_BYTES } from "./reader-test-line.ts";
import { remedyForHang } from "./reader-test-remedies.ts";
import type { ReaderTest } from "./reader-test-task.ts";
import {
  judgeSpeeds,
  SPEED_CHECK,
  type SpeedTrials,
  type Trial,
  type TrialOutcome,
} from "./reader-test-verdict.ts";

/** Of the line tests asked for, at each speed. */
const SHARE_PER_SPEED = 0.2;
/** Tried besides the configured one. */
const SPI_CLOCKS_HZ = [1_000_000, 2_000_000, 3_000_000, 4_000_000] as const;
const SERIAL_BAUDS = [115_200, 230_400, 460_800, 921_600] as const;
/** Eight bits and their acknowledgement; the data go there and back, in frames with longer heads. */
const I2C_BITS = 9 * 2 * (WHOLE_FRAME_BYTES + 3);
const FAST_I2C_HZ = 400_000;
/** Clocks are a little slower than their names, and the measurement is no better than this. */
const NEAR_ENOUGH = 0.75;

type OnBus<Bus extends ReaderConfig["bus"]> = Extract<ReaderConfig, { bus: Bus }>;
/** What the line tests at the configured speed have shown. */
type LineFinding = Pick<SpeedTrials, "lineErred">;

/** One finding; none when the test was interrupted, since speeds that were not tried show no errors either. */
export async function* findSpeed(test: ReaderTest, line: LineFinding): AsyncGenerator<Check> {
  if (test.io.interactive) test.io.err(`testing ${SPEED_CHECK} …`);
  const found = await findOn(test, line);
  if (test.io.signal.aborted) return;
  yield found.ok ? found.value : failure(SPEED_CHECK, found.error);
}

function findOn(test: ReaderTest, line: LineFinding): Promise<Result<Check, ReaderError>> {
  const { reader } = test;
  switch (reader.bus) {
    case "spi":
      return findClock(test, reader, line);
    case "i2c":
      return measureClock(test, reader);
    case "hsu":
      return findBaud(test, reader, line);
  }
}

const runSeries = (
  { count, io }: ReaderTest,
  chip: Pick<Diagnostics, "lineTest">,
  dataBytes = WHOLE_FRAME_BYTES,
): Promise<Result<LineReport, ReaderError>> =>
  testLines({ chip, signal: io.signal }, { count: Math.ceil(count * SHARE_PER_SPEED), dataBytes });

/** Each speed once, from slow to fast, to the first that is not clean or to the interruption. */
async function trySpeeds(
  test: ReaderTest,
  speeds: readonly number[],
  seriesAt: (speed: number) => Promise<Result<LineReport, ReaderError>>,
): Promise<Result<readonly Trial[], ReaderError>> {
  const trials: Trial[] = [];
  for (const speed of [...new Set(speeds)].sort((one, other) => one - other)) {
    const report = await seriesAt(speed);
    if (test.io.signal.aborted) break;
    const outcome = await conclude(test, report);
    if (!outcome.ok) return outcome;
    trials.push({ speed, ...outcome.value });
    if (outcome.value.outcome !== "clean") break;
  }
  return ok(trials);
}

/** What a series says of its speed; the chip is started again after any that was not clean. */
async function conclude(
  { chip }: ReaderTest,
  report: Result<LineReport, ReaderError>,
): Promise<Result<TrialOutcome, ReaderError>> {
  if (report.ok && errorShare(report.value) === 0) return ok({ outcome: "clean" });
  const started = await chip.start();
  if (report.ok && report.value.fellSilent) return ok({ outcome: "silent", isBack: started.ok });
  if (!started.ok) return started;
  return ok(report.ok ? { outcome: "errors" } : { outcome: "untried", error: report.error });
}

async function findClock(
  test: ReaderTest,
  reader: OnBus<"spi">,
  line: LineFinding,
): Promise<Result<Check, ReaderError>> {
  const speeds = [...SPI_CLOCKS_HZ, reader.clockHz];
  const trials = await trySpeeds(test, speeds, (clockHz) => tryClock(test, reader.node, clockHz));
  return trials.ok ? ok(judgeSpeeds({ reader, trials: trials.value, ...line })) : trials;
}

/** Each clock wants its device opened anew; lines stay with the first. */
async function tryClock(
  test: ReaderTest,
  node: string,
  clockHz: number,
): Promise<Result<LineReport, ReaderError>> {
  const { board, clock, log } = test.surroundings;
  const bus = await board.spi(node, clockHz);
  if (!bus.ok) return err({ kind: "bus", error: bus.error });
  try {
    const link = createSpiLink({ bus: bus.value, clock });
    return await runSeries(test, new Diagnostics({ link, irq: undefined, clock, log }));
  } finally {
    await bus.value.close();
  }
}

async function findBaud(
  test: ReaderTest,
  reader: OnBus<"hsu">,
  line: LineFinding,
): Promise<Result<Check, ReaderError>> {
  const trials = await trySpeeds(test, [...SERIAL_BAUDS, reader.baud], async (baud) => {
    const set = await test.chip.setSpeed(baud);
    return set.ok ? runSeries(test, test.chip) : set;
  });
  return trials.ok ? ok(judgeSpeeds({ reader, trials: trials.value, ...line })) : trials;
}

/** The clock out of the time that 256 bytes more take; it is set at boot, not by a program. */
async function measureClock(test: ReaderTest, reader: OnBus<"i2c">): Promise<Result<Check, ReaderError>> {
  const long = await runSeries(test, test.chip);
  if (!long.ok) return long;
  const short = await runSeries(test, test.chip, 0);
  if (!short.ok) return short;
  if (long.value.fellSilent || short.value.fellSilent)
    return ok(bad(SPEED_CHECK, "the chip fell silent", remedyForHang(reader)));
  return ok(judgeI2c(long.value.medianMs, short.value.medianMs));
}

export function judgeI2c(longMs: number | undefined, shortMs: number | undefined): Check {
  if (longMs === undefined || shortMs === undefined || longMs <= shortMs)
    return bad(SPEED_CHECK, "no round trip to measure it by", "mend the line first");
  const clockHz = (I2C_BITS * 1_000) / (longMs - shortMs);
  const found = `the I2C clock is about ${Math.round(clockHz / 10_000) * 10} kHz`;
  return clockHz < FAST_I2C_HZ * NEAR_ENOUGH
    ? doubtful(
        SPEED_CHECK,
        found,
        "where the line shows no error, set dtparam=i2c_arm_baudrate=400000 in /boot/firmware/config.txt and reboot",
      )
    : well(SPEED_CHECK, found);
}
