// Progress on a long command, on a clock that the test moves.
import { expect, test } from "vitest";
import type { CommandIo } from "../../src/app/command.ts";
import { Progress } from "../../src/app/commands/progress.ts";
import { millis } from "../../src/time/time.ts";

const OVERWRITE = "\u001B[1A\u001B[2K";

/** Shows `steps` steps of 100 ms and 1,000 rows each, of 100,000. */
function shown(
  steps: number,
  environment: CommandIo["environment"],
  interactive = true,
  total = 100_000,
): readonly string[] {
  const lines: string[] = [];
  let now = 0;
  const clock = { monotonicMs: () => millis(now) };
  const io = { environment, interactive, clock, err: (line: string) => lines.push(line) };
  const progress = new Progress(io, { what: "checked", total });
  for (let step = 1; step <= steps; step++) {
    now += 100;
    progress.show(step * 1_000);
  }
  return lines;
}

test("a terminal sees one line, written over four times a second at most", () => {
  const lines = shown(20, { TERM: "xterm" });
  expect(lines).toHaveLength(6);
  expect(lines[0]).toBe("checked 3,000 of 100,000 rows, 3 %, 10,000 rows/s, 10 s left");
  expect(lines[1]).toBe(`${OVERWRITE}checked 6,000 of 100,000 rows, 6 %, 10,000 rows/s, 10 s left`);
});

test.each([[{ TERM: "xterm", NO_COLOR: "1" }], [{ TERM: "dumb" }], [{}]])(
  "a terminal with %o gets plain lines, and fewer",
  (environment) => {
    const lines = shown(45, environment);
    expect(lines).toHaveLength(2);
    expect(lines.join("")).not.toContain("\u001B");
  },
);

test("a file or a pipe gets nothing", () => {
  expect(shown(50, { TERM: "xterm" }, false)).toEqual([]);
});

test("of a pipe, whose length nobody knows, rows and rate are shown", () => {
  expect(shown(3, {}, true, 0)).toEqual([]);
  expect(shown(20, {}, true, 0)).toEqual(["checked 20,000 rows, 10,000 rows/s"]);
});

test("of a file that is no table, kilobytes are shown", () => {
  const lines: string[] = [];
  let now = 0;
  const clock = { monotonicMs: () => millis(now) };
  const io = { environment: {}, interactive: true, clock, err: (line: string) => lines.push(line) };
  const progress = new Progress(io, { what: "read", total: 8_000, unit: "kB" });
  now = 2_000;
  progress.show(4_000);
  expect(lines).toEqual(["read 4,000 of 8,000 kB, 50 %, 2,000 kB/s, 2 s left"]);
});
