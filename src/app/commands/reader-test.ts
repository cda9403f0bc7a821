/**
 * `varco reader test`: one reader, its wires and its antenna, tested by the person who mounts or repairs it. Exit 0
 * when nothing fails (warnings allowed), 1 otherwise. Moves no relay.
 */
import type { Diagnostics } from "../../../drivers/pn532/diagnostics.ts";
import type { BoardConfig, ReaderConfig } from "../../config/schema.ts";
import type { Gpio, GpioError } from "../../ports/bus.ts";
import { silentLog } from "../../ports/log.ts";
import { ok, type Result } from "../../result.ts";
import { type Board, openBoard } from "../board.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode, type Invocation } from "../command.ts";
import { type Check, checkLine } from "../doctor/check.ts";
import { openDiagnostics, type ReaderSurroundings } from "../open-reader.ts";
import { lockReader } from "../process-lock.ts";
import { testReader } from "./reader-test-checks.ts";
import { showDistance } from "./reader-test-distance.ts";
import { failed, type Outcome, openConfig } from "./site.ts";
import { chooseDoor } from "./tap.ts";

const COUNT = { least: 20, most: 100_000, usual: 1_000 } as const;
const USUAL_SPI_HZ = 2_000_000;
const USUAL_BAUD = 115_200;

/** A reader and where it is. */
interface Place {
  readonly reader: ReaderConfig;
  readonly board: BoardConfig;
}

export const readerTestCommand: Execute = async (invocation, io) => {
  const count = Number(invocation.texts["count"] ?? COUNT.usual);
  if (!Number.isInteger(count) || count < COUNT.least || count > COUNT.most) {
    io.err(`--count takes a whole number from ${COUNT.least} to ${COUNT.most}`);
    return EXIT.usage;
  }
  const place = await choosePlace(invocation, io);
  if ("exit" in place) return place.exit;
  const { reader, board } = place.value;
  const lock = await lockReader(reader.node, board.kind === "virtual" ? board.socket : "");
  if (!lock.ok) return failed(io, lock.error).exit;
  try {
    return await testAt(place.value, { count, invocation, io });
  } finally {
    await lock.value.release();
  }
};

/** The reader that was named by its node, or the one of a door. */
async function choosePlace(invocation: Invocation, io: CommandIo): Promise<Outcome<Place>> {
  const named = namedReaders(invocation.texts);
  const [reader] = named;
  if (named.length > 1 || (reader !== undefined && invocation.texts["door"] !== undefined)) {
    io.err("name one reader: --door, --spi, --i2c or --hsu");
    return { exit: EXIT.usage };
  }
  if (reader !== undefined) return { value: { reader, board: { kind: "raspberryPi" } } };
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config;
  const door = chooseDoor(config.value, invocation, io);
  return "exit" in door ? door : { value: { reader: door.value.reader, board: config.value.board } };
}

function namedReaders({ spi, i2c, hsu }: Invocation["texts"]): readonly ReaderConfig[] {
  const readers: ReaderConfig[] = [];
  if (spi !== undefined) readers.push({ bus: "spi", node: spi, clockHz: USUAL_SPI_HZ });
  if (i2c !== undefined) readers.push({ bus: "i2c", node: i2c });
  if (hsu !== undefined) readers.push({ bus: "hsu", node: hsu, baud: USUAL_BAUD });
  return readers;
}

interface Task {
  readonly count: number;
  readonly invocation: Invocation;
  readonly io: CommandIo;
}

async function testAt({ reader, board: boardConfig }: Place, task: Task): Promise<ExitCode> {
  const { io } = task;
  const board = await openBoard(boardConfig, silentLog);
  if (!board.ok) return failed(io, board.error).exit;
  try {
    const gpio = await gpioFor(reader, board.value);
    if (!gpio.ok) return failed(io, gpio.error).exit;
    const surroundings = { board: board.value, gpio: gpio.value, clock: io.clock, log: silentLog };
    const chip = await openDiagnostics(reader, surroundings);
    if (!chip.ok) return failed(io, chip.error).exit;
    return await testChip(chip.value, reader, surroundings, task);
  } finally {
    await board.value.close();
  }
}

/** A reader without wired lines is tested on machines without GPIO, too. */
const gpioFor = async (reader: ReaderConfig, board: Board): Promise<Result<Gpio, GpioError>> =>
  "irqLine" in reader || "resetLine" in reader ? board.gpio() : ok(NO_LINES);

const NO_LINES: Gpio = {
  output: () => Promise.reject(new Error("a line that is not configured was opened")),
  input: () => Promise.reject(new Error("a line that is not configured was opened")),
};

async function testChip(
  chip: Diagnostics,
  reader: ReaderConfig,
  surroundings: ReaderSurroundings,
  { count, invocation, io }: Task,
): Promise<ExitCode> {
  const isJson = invocation.flags.has("json");
  if (invocation.flags.has("distance")) return showDistance(chip, io, isJson ? "json" : "text");
  const started = await chip.start();
  // A bus or a line that is not there says nothing about the reader.
  if (!started.ok && (started.error.kind === "bus" || started.error.kind === "line"))
    return failed(io, started.error).exit;
  const checks: Check[] = [];
  for await (const check of testReader({ chip, reader, count, io, surroundings }, started)) {
    checks.push(check);
    if (!isJson) io.out(checkLine(check, io.colour));
  }
  await chip.stop();
  return conclude(checks, io, isJson ? "json" : "text");
}

function conclude(checks: readonly Check[], io: CommandIo, format: "json" | "text"): ExitCode {
  if (io.signal.aborted) {
    io.err("interrupted: the test is not complete");
    return EXIT.negative;
  }
  const isFit = !checks.some(({ status }) => status === "fail");
  io.out(format === "json" ? JSON.stringify({ ok: isFit, checks }) : `\n${summary(checks)}`);
  return isFit ? EXIT.done : EXIT.negative;
}

/** What it all comes to, in one sentence. */
function summary(checks: readonly Check[]): string {
  const names = (status: Check["status"]): string =>
    checks
      .filter((check) => check.status === status)
      .map(({ name }) => name)
      .join(", ");
  const [failing, doubtful] = [names("fail"), names("warn")];
  if (failing !== "") return `This reader is not fit for service. Mend first: ${failing}. Then test again.`;
  if (doubtful !== "") return `This reader works. It would be better with: ${doubtful}.`;
  return "This reader is in good order.";
}
