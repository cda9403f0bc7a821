import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type I2cPackage, openI2cDevice } from "../../../drivers/bus/i2c.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { asNobody, saying } from "./surroundings.ts";

let folder = "";
let node = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "i2c-"));
  node = join(folder, "i2c-7");
  await writeFile(node, "");
});
afterAll(async () => rm(folder, { recursive: true }));

const ADDRESS = 0x24;

/** How the fake chip fails: at opening, at a transfer, by a throw. */
interface Failing {
  readonly open?: unknown;
  readonly transfer?: unknown;
  readonly thrown?: unknown;
}

/** A chip that gives 01 02 03 … and remembers what it was asked. */
function fake(failing: Failing = {}) {
  const asked: unknown[] = [];
  const end = (done: (error: unknown, lengthBytes: number) => void, lengthBytes: number): void => {
    if (failing.thrown !== undefined) throw failing.thrown;
    queueMicrotask(() => done(failing.transfer ?? null, lengthBytes));
  };
  const i2c: I2cPackage = {
    open(bus, opened) {
      asked.push({ open: bus });
      queueMicrotask(() => opened(failing.open ?? null));
      return {
        i2cRead(address, lengthBytes, buffer, done) {
          asked.push({ read: lengthBytes, address });
          for (let index = 0; index < lengthBytes; index++) buffer[index] = index + 1;
          end(done, lengthBytes);
        },
        i2cWrite(address, lengthBytes, buffer, done) {
          asked.push({ write: toHex(buffer.subarray(0, lengthBytes)), address });
          end(done, lengthBytes);
        },
        close(done) {
          asked.push("close");
          queueMicrotask(() => done(null));
        },
      };
    },
  };
  return { i2c, asked };
}

const open = (i2c: I2cPackage) => openI2cDevice({ node, address: ADDRESS, load: async () => i2c });

async function device(failing?: Failing) {
  const { i2c, asked } = fake(failing);
  const result = await open(i2c);
  if (!result.ok) throw new Error("not opened");
  return { device: result.value, asked };
}

describe("a chip on I2C", () => {
  test("is opened by the number in the node's name, and nothing is sent", async () => {
    expect((await device()).asked).toEqual([{ open: 7 }]);
  });

  test("is read and written in one transaction each", async () => {
    const { device: chip, asked } = await device();
    const read = await chip.read(3);
    expect(read.ok && read.value !== "notAcknowledged" && toHex(read.value)).toBe("010203");
    expect(await chip.write(hex("0000FF00FF00"))).toEqual({ ok: true, value: "written" });
    expect(asked.slice(1)).toEqual([
      { read: 3, address: ADDRESS },
      { write: "0000FF00FF00", address: ADDRESS },
    ]);
  });

  test("is closed", async () => {
    const { device: chip, asked } = await device();
    await chip.close();
    expect(asked.at(-1)).toBe("close");
  });

  test("is never asked for no bytes, nor given none: that may hang the bus", async () => {
    const { device: chip, asked } = await device();
    await expect(chip.read(0)).rejects.toThrow();
    await expect(chip.write(hex(""))).rejects.toThrow();
    expect(asked).toHaveLength(1);
  });
});

describe("nobody acknowledges", () => {
  test.each([
    ["EIO", { errno: 5, code: "EIO" }],
    ["EREMOTEIO", { errno: 121, code: "EREMOTEIO" }],
    ["ENXIO", { errno: 6, code: "ENXIO" }],
  ])("%s, in reading and in writing", async (_, error) => {
    const { device: chip } = await device({ transfer: Object.assign(new Error("refused"), error) });
    expect(await chip.read(1)).toEqual({ ok: true, value: "notAcknowledged" });
    expect(await chip.write(hex("00"))).toEqual({ ok: true, value: "notAcknowledged" });
  });

  test.each([
    ["a clock line held low (ETIMEDOUT)", { errno: 110, code: "ETIMEDOUT" }],
    ["another driver on the address (EBUSY)", { errno: 16, code: "EBUSY" }],
    ["a lost arbitration (EAGAIN)", { errno: 11, code: "EAGAIN" }],
    ["an error without a number", {}],
  ])("is not what %s means: the bus has failed", async (_, error) => {
    const cause = Object.assign(new Error("failed"), error);
    const { device: chip } = await device({ transfer: cause });
    expect(await chip.read(1)).toEqual({ ok: false, error: { kind: "busFailed", node, cause } });
    expect(await chip.write(hex("00"))).toEqual({ ok: false, error: { kind: "busFailed", node, cause } });
  });

  test("a throw is a failure of the bus", async () => {
    const cause = new Error("Invalid buffer");
    const { device: chip } = await device({ thrown: cause });
    expect(await chip.read(1)).toEqual({ ok: false, error: { kind: "busFailed", node, cause } });
  });
});

describe("an I2C node that cannot be used", () => {
  const opened = (name: string) => openI2cDevice({ node: name, address: ADDRESS });

  test("missing: how to enable I2C", async () => {
    expect(await opened("/dev/i2c-99")).toMatchObject({
      ok: false,
      error: { kind: "nodeMissing", node: "/dev/i2c-99", remedy: saying("dtparam=i2c_arm=on") },
    });
  });

  test.each(["/dev/spidev0.0", "/dev/i2c-", "/dev/i2c-1.bak", ""])(
    "not a name of a node: %s",
    async (name) => {
      expect(await opened(name)).toMatchObject({
        ok: false,
        error: { kind: "nodeMissing", remedy: saying("/dev/i2c-1") },
      });
    },
  );

  test("not allowed: which group to join", async () => {
    const locked = join(folder, "i2c-3");
    await writeFile(locked, "", { mode: 0 });
    await chmod(folder, 0o755);
    expect(await asNobody(() => opened(locked))).toMatchObject({
      ok: false,
      error: { kind: "permissionDenied", remedy: saying("group i2c") },
    });
  });

  test("package missing", async () => {
    const cause = new Error("Cannot find package");
    const result = await openI2cDevice({ node, address: ADDRESS, load: () => Promise.reject(cause) });
    expect(result).toMatchObject({ ok: false, error: { kind: "packageMissing", node, cause } });
  });

  test("refused at opening: the cause is kept", async () => {
    const cause = new Error("EMFILE");
    expect(await open(fake({ open: cause }).i2c)).toEqual({
      ok: false,
      error: { kind: "busFailed", node, cause },
    });
  });

  test("the real package is loaded, and fails on a bus that is not there", async () => {
    const absent = join(folder, "i2c-250");
    await writeFile(absent, "");
    const result = await opened(absent);
    if (!result.ok) throw new Error("not opened");
    // It opens the node of a bus with the first transaction.
    expect(await result.value.read(1)).toMatchObject({
      ok: false,
      error: { kind: "busFailed", cause: { code: "ENOENT" } },
    });
  });
});
