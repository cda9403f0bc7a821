/**
 * What `varco reader test` asks of a reader, in the order in which faults explain each other: a chip that is
 * silent has no line errors, and a bad line is no bad memory. After a chip that fails for good nothing is asked.
 */
import type { Diagnostics, InterruptVerdict, SelfTest } from "../../../drivers/pn532/diagnostics.ts";
import type { ReaderConfig } from "../../config/schema.ts";
import type { ReaderError, ReaderInfo } from "../../ports/card.ts";
import { ok, type Result } from "../../result.ts";
import { bad, type Check, doubtful, failure, notApplicable, well } from "../doctor/check.ts";
import { errorShare, type LineReport, testLines, WHOLE_FRAME_BYTES } from "./reader-test-line.ts";
import { findLink } from "./reader-test-link.ts";
import { remedyForDelay, remedyForErrors, remedyForHang } from "./reader-test-remedies.ts";
import { findSpeed } from "./reader-test-speed.ts";
import type { ReaderTest } from "./reader-test-task.ts";

/** More errors than this are no accident, and cost people their time. */
const MOST_ERRORS = 0.01;
const MOST_SLOW = 0.01;

/**
 * One finding after the other of a reader whose chip was just `started`. An interruption ends them: what was being
 * asked has no answer then.
 */
export async function* testReader(
  test: ReaderTest,
  started: Result<ReaderInfo, ReaderError>,
): AsyncGenerator<Check> {
  if (!started.ok) {
    yield failure("firmware", started.error);
    return;
  }
  yield firmware(started.value);
  let lineErred = true;
  const askAboutLine = async (): Promise<Result<Check, ReaderError>> => {
    const report = await testLine(test);
    lineErred = !report.ok || errorShare(report.value) > 0;
    return report.ok ? ok(judgeLine(report.value, test.reader)) : report;
  };
  for (const question of [{ what: "line", ask: askAboutLine }, ...QUESTIONS])
    if ((yield* putQuestion(test, question)) === "over") return;
  yield* findSpeed(test, { lineErred });
  if (!test.io.signal.aborted) yield* findLink(test);
}

/** The finding of one question; `over` after an interruption, and when the chip is lost for good. */
async function* putQuestion(
  test: ReaderTest,
  { what, ask }: Question,
): AsyncGenerator<Check, "goOn" | "over"> {
  const { chip, io } = test;
  if (io.interactive) io.err(`testing ${what} …`);
  const answer = await ask(test);
  if (io.signal.aborted) return "over";
  yield answer.ok ? answer.value : failure(what, answer.error);
  if (!answer.ok && !(await chip.start()).ok) return "over";
  return io.signal.aborted ? "over" : "goOn";
}

const firmware = (info: ReaderInfo): Check =>
  info.degraded.length === 0
    ? well("firmware", info.firmware)
    : doubtful("firmware", `${info.firmware}; ${info.degraded.join("; ")}`, "see the tests that follow");

interface Question {
  readonly what: string;
  readonly ask: (test: ReaderTest) => Promise<Result<Check, ReaderError>>;
}

const QUESTIONS: readonly Question[] = [
  { what: "reset line", ask: askResetLine },
  { what: "interrupt line", ask: askInterruptLine },
  { what: "ROM", ask: ({ chip }) => askMemory(chip, "rom") },
  { what: "RAM", ask: ({ chip }) => askMemory(chip, "ram") },
  { what: "antenna", ask: askAntenna },
];

const testLine = ({ chip, count, io }: ReaderTest): Promise<Result<LineReport, ReaderError>> =>
  testLines({ chip, signal: io.signal }, { count, dataBytes: WHOLE_FRAME_BYTES });

function judgeLine(report: LineReport, reader: ReaderConfig): Check {
  const found = describeLine(report);
  if (report.fellSilent) return bad("line", found, remedyForHang(reader));
  if (errorShare(report) > MOST_ERRORS) return bad("line", found, remedyForErrors(reader));
  if (errorShare(report) > 0) return doubtful("line", found, remedyForErrors(reader));
  if (report.slow > report.tests * MOST_SLOW) return doubtful("line", found, remedyForDelay(reader));
  return well("line", found);
}

function describeLine({ tests, damaged, lost, slow, medianMs, p99Ms }: LineReport): string {
  const times = medianMs === undefined ? "" : `; median ${medianMs} ms, p99 ${p99Ms} ms`;
  const percent = tests === 0 ? 0 : Math.round((10_000 * (damaged + lost)) / tests) / 100;
  return `${tests} line tests: ${damaged} damaged, ${lost} lost (${percent} %), ${slow} slow${times}`;
}

async function askResetLine({ chip }: ReaderTest): Promise<Result<Check, ReaderError>> {
  const verdict = await chip.resetLine();
  if (!verdict.ok) return verdict;
  switch (verdict.value) {
    case undefined:
      return ok(
        doubtful(
          "reset line",
          "not wired",
          "wire RSTPD_N to a GPIO and set resetLine: without it a hung chip stays hung",
        ),
      );
    case "holds":
      return ok(well("reset line", "holds the chip, and lets it go"));
    case "ignored":
      return ok(
        bad(
          "reset line",
          "the chip answers while its reset line is held",
          "check the wire to RSTPD_N (on the red board a pad on the back; the pin RSTO is another one) and resetLine",
        ),
      );
  }
}

const CHECK_IRQ = "check the wire to IRQ and irqLine: until then the reader is polled, which only costs time";

const INTERRUPT_FAULTS: Readonly<Record<Exclude<InterruptVerdict, "follows">, string>> = {
  neverFalls: "never falls while the chip has an answer",
  staysLow: "stays low though the chip has nothing to say",
  unsteady: "does not always follow the chip",
};

async function askInterruptLine({ chip, reader }: ReaderTest): Promise<Result<Check, ReaderError>> {
  if (reader.bus === "hsu")
    return ok(notApplicable("interrupt line", "a chip on a serial line speaks up by itself"));
  const verdict = await chip.interruptLine();
  if (!verdict.ok) return verdict;
  if (verdict.value === undefined)
    return ok(notApplicable("interrupt line", "not wired: the chip is polled each millisecond"));
  return ok(
    verdict.value === "follows"
      ? well("interrupt line", "follows the chip")
      : doubtful("interrupt line", INTERRUPT_FAULTS[verdict.value], CHECK_IRQ),
  );
}

async function askMemory(
  chip: Diagnostics,
  which: Extract<SelfTest, "rom" | "ram">,
): Promise<Result<Check, ReaderError>> {
  const name = which.toUpperCase();
  const good = await chip.selfTest(which);
  if (!good.ok) return good;
  return ok(
    good.value ? well(name, "good") : bad(name, "the chip's own test fails", "replace the reader board"),
  );
}

/** No more than a warning: boards are built with antennas of their own, and the distance loop has the last word. */
async function askAntenna({ chip }: ReaderTest): Promise<Result<Check, ReaderError>> {
  const seen = await chip.selfTest("antenna");
  if (!seen.ok) return seen;
  return ok(
    seen.value
      ? well("antenna", "its current is within bounds")
      : doubtful(
          "antenna",
          "its current is out of bounds",
          "look for a broken trace or metal behind the board, check the supply, then try varco reader test --distance",
        ),
  );
}
