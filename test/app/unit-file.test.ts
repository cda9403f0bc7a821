// The service unit, judged by systemd's own tools where this machine has them.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { parseCommandLine } from "../../src/app/cli.ts";
import { COMMANDS } from "../../src/app/command-table.ts";

const execute = promisify(execFile);
const UNIT = "systemd/varco.service";
const unit = readFileSync(UNIT, "utf8");
/** Lower is better; beyond 2.0 only facts of network and devices remain. */
const MOST_EXPOSED = 2;

const analyze = async (...words: readonly string[]) => execute("systemd-analyze", [...words]);
const present = await analyze("--version").then(
  () => true,
  () => false,
);
if (!present) process.stdout.write("systemd-analyze is missing: the unit is not judged\n");

test.each([
  ["ExecStart", "run"],
  ["ExecStopPost", "relay-off"],
])("%s is a command that exists: %s", (setting, name) => {
  const line = new RegExp(`^${setting}=.*/main\\.js (.*)$`, "m").exec(unit)?.[1] ?? "";
  expect(parseCommandLine(line.split(" "), COMMANDS)).toMatchObject({ kind: "command", command: { name } });
});

test("a gate never stays down, and never waits for network or time", () => {
  expect(unit).toMatch(/^StartLimitIntervalSec=0$/m);
  expect(unit).toMatch(/^Restart=always$/m);
  expect(unit).not.toMatch(/network-online|time-sync/);
});

test.runIf(present)("its exposure is small", async () => {
  const { stdout } = await analyze("security", "--offline=true", "--no-pager", UNIT);
  const level = Number(/exposure level for \S+: (\d+\.\d)/.exec(stdout)?.[1]);
  expect(level).toBeLessThanOrEqual(MOST_EXPOSED);
});
