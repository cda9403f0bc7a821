// The service unit, judged by systemd's own tools where this machine has them.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { parseCommandLine } from "../../src/app/cli.ts";
import { COMMANDS } from "../../src/app/command-table.ts";
import { temporaryFolder } from "../temporary-folder.ts";

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

/** The words after the program in a command of the unit. */
const wordsOf = (setting: string): readonly string[] =>
  (new RegExp(`^${setting}=-?/usr/bin/node .*?/main\\.js (.*)$`, "m").exec(unit)?.[1] ?? "").split(" ");

test.each([
  ["ExecStart", "run"],
  ["ExecStopPost", "relay-off"],
])("%s is a command that exists: %s", (setting, name) => {
  expect(parseCommandLine(wordsOf(setting), COMMANDS)).toMatchObject({ kind: "command", command: { name } });
});

test("unit and command start the very program that the installer checks and installs", () => {
  const installer = readFileSync("deploy/install.sh", "utf8");
  const constant = (name: string) => new RegExp(`^${name}=(\\S+)$`, "m").exec(installer)?.[1] ?? "";
  const program = `${constant("PREFIX")}/current/dist/src/app/main.js`;
  const node = constant("NODE");
  expect(unit.match(new RegExp(`=-?${node} [^/]*${program} `, "g"))).toHaveLength(2);
  expect(readFileSync("deploy/varco", "utf8").split(`${node} ${program} "$@"`)).toHaveLength(3);
});

test("a gate never stays down, and never waits for network or time", () => {
  expect(unit).toMatch(/^StartLimitIntervalSec=0$/m);
  expect(unit).toMatch(/^Restart=always$/m);
  expect(unit).not.toMatch(/network-online|time-sync/);
});

test("a child may report for the gate, and lines of sysfs stay writable", () => {
  expect(unit).toMatch(/^NotifyAccess=all$/m);
  // systemd-notify and the reader's lock speak over Unix sockets.
  expect(unit).toMatch(/^RestrictAddressFamilies=AF_UNIX /m);
  // Unlike these two, ProtectSystem=strict leaves /sys and /dev as they are (systemd.exec).
  expect(unit).not.toMatch(/^(ProtectKernelTunables|PrivateDevices)=yes$/m);
});

test("the devices of every bus are open to the gate, each through the group that owns it", () => {
  const allowed = [...unit.matchAll(/^DeviceAllow=char-(\S+) rw$/gm)].map(([, name]) => name);
  expect(allowed).toEqual(["spi", "i2c", "ttyAMA", "ttyS", "ttyUSB", "ttyACM"]);
  const groups = /^SupplementaryGroups=(.*)$/m.exec(unit)?.[1]?.split(" ") ?? [];
  expect(groups).toEqual(["gpio", "spi", "i2c", "dialout", "input"]);
  const users = readFileSync("systemd/varco.sysusers.conf", "utf8");
  for (const group of groups) {
    expect(users).toMatch(new RegExp(`^g ${group} - -$`, "m"));
    expect(users).toMatch(new RegExp(`^m varco ${group}$`, "m"));
  }
});

test.runIf(present)("systemd reads it without a complaint", async () => {
  const folder = temporaryFolder("unit");
  const file = join(folder, "varco.service");
  // Where Node.js lies on this machine is no matter of the unit.
  await writeFile(file, unit.replaceAll("/usr/bin/node", process.execPath));
  const { stderr } = await analyze("verify", "--man=no", file);
  expect(stderr.split("\n").filter((line) => line.includes("varco"))).toEqual([]);
});

test.runIf(present)("its exposure is small", async () => {
  const { stdout } = await analyze("security", "--offline=true", "--no-pager", UNIT);
  const level = Number(/exposure level for \S+: (\d+\.\d)/.exec(stdout)?.[1]);
  expect(level).toBeLessThanOrEqual(MOST_EXPOSED);
});
