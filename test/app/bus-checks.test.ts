// What the doctor says of a reader's bus, by what a board shows of itself.
import { chmod, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkBuses, checkConsole, checkStretching } from "../../src/app/doctor/bus-checks.ts";
import type { Check } from "../../src/app/doctor/check.ts";
import type { ReaderConfig } from "../../src/config/schema.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { containing } from "./matchers.ts";

async function checksOf(...readers: readonly ReaderConfig[]): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for await (const check of checkBuses(readers)) checks.push(check);
  return checks;
}

describe("a reader's node", () => {
  test.each([
    [{ bus: "spi", node: "/dev/spidev9.9", clockHz: 2_000_000 }, "dtparam=spi=on"],
    [{ bus: "i2c", node: "/dev/i2c-99" }, "dtparam=i2c_arm=on"],
    [{ bus: "hsu", node: "/dev/ttyNone9", baud: 115_200 }, "enable_uart=1"],
  ] as const)("that is missing: how to enable $bus", async (reader, remedy) => {
    const [check] = await checksOf(reader);
    expect(check).toMatchObject({ status: "fail", found: "does not exist", remedy: containing(remedy) });
  });

  test("that can be used is well, and a serial one is followed to its device", async () => {
    const folder = temporaryFolder("node");
    const device = join(folder, "ttyTest0");
    await writeFile(device, "");
    await chmod(device, 0o600);
    await symlink(device, join(folder, "serial0"));
    const checks = await checksOf({ bus: "hsu", node: join(folder, "serial0"), baud: 115_200 });
    expect(checks.map(({ name, status }) => [basename(name), status])).toEqual([
      ["serial0", "ok"],
      ["serial0", "ok"],
    ]);
  });
});

test("a chip that stretches the I2C clock is told of where there is one", async () => {
  const names = (await checksOf({ bus: "i2c", node: "/dev/i2c-99" })).map(({ name }) => name);
  expect(names).toEqual(["node /dev/i2c-99", "i2c clock"]);
});

test.each([
  ["Raspberry Pi 5 Model B Rev 1.0", "ok"],
  ["Raspberry Pi 500 Rev 1.0", "ok"],
  ["Raspberry Pi Compute Module 5 Rev 1.0", "ok"],
  ["Raspberry Pi 4 Model B Rev 1.5", "warn"],
  ["Raspberry Pi Zero 2 W Rev 1.0", "warn"],
  ["Raspberry Pi Compute Module 4 Rev 1.1", "warn"],
  ["", "warn"],
])("the I2C controller of a %s: %s", (model, status) => {
  expect(checkStretching(model).status).toBe(status);
});

test.each([
  ["console=tty1 root=/dev/sda", "ok"],
  ["console=ttyAMA0,115200 console=tty1", "fail"],
  ["8250.nr_uarts=1 console=ttyAMA0", "fail"],
  ["console=ttyAMA01", "ok"],
  ["earlyconsole=ttyAMA0", "ok"],
  ["", "ok"],
])("a reader on ttyAMA0 under a kernel started with %s: %s", (commandLine, status) => {
  expect(checkConsole("/dev/serial0", "ttyAMA0", commandLine).status).toBe(status);
});
