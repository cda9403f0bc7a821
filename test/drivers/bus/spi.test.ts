import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSpiBus, type SpiPackage } from "../../../drivers/bus/spi.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { asNobody, saying } from "./surroundings.ts";

let folder = "";
let node = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spidev-"));
  node = join(folder, "spidev1.2");
  await writeFile(node, "");
});
afterAll(async () => rm(folder, { recursive: true }));

const CLOCK_HZ = 2_000_000;

interface Fake {
  readonly spi: SpiPackage;
  readonly opened: unknown[];
  readonly closed: string[];
  readonly speedsHz: number[];
}

/** A device that answers each byte with its complement, or fails as told. */
function fake(
  failing: { readonly open?: Error; readonly transfer?: Error; readonly thrown?: Error } = {},
): Fake {
  const opened: unknown[] = [];
  const closed: string[] = [];
  const speedsHz: number[] = [];
  const spi: SpiPackage = {
    open(bus, device, options, done) {
      opened.push({ bus, device, options });
      queueMicrotask(() => done(failing.open ?? null));
      return {
        transfer(message, transferred) {
          speedsHz.push(...message.map(({ speedHz }) => speedHz));
          if (failing.thrown !== undefined) throw failing.thrown;
          for (const { byteLength, sendBuffer, receiveBuffer } of message) {
            for (let index = 0; index < byteLength; index++) receiveBuffer[index] = ~(sendBuffer[index] ?? 0);
          }
          queueMicrotask(() => transferred(failing.transfer ?? null));
        },
        close(done) {
          closed.push("closed");
          queueMicrotask(() => done(null));
        },
      };
    },
  };
  return { spi, opened, closed, speedsHz };
}

const open = (spi: SpiPackage) => openSpiBus({ node, clockHz: CLOCK_HZ, load: async () => spi });

async function bus(one: Fake) {
  const result = await open(one.spi);
  if (!result.ok) throw new Error("not opened");
  return result.value;
}

describe("an SPI node", () => {
  test("is opened by the numbers in its name, in mode 0, at the configured clock", async () => {
    const one = fake();
    await bus(one);
    expect(one.opened).toEqual([{ bus: 1, device: 2, options: { mode: 0, maxSpeedHz: CLOCK_HZ } }]);
  });

  test("is clocked by each transfer itself: the kernel's own speed is that of whoever opened the node last", async () => {
    const one = fake();
    await (await bus(one)).transfer(hex("00"));
    expect(one.speedsHz).toEqual([CLOCK_HZ]);
  });

  test("transfers both ways at once, as many bytes back as out", async () => {
    const answer = await (await bus(fake())).transfer(hex("00FF55"));
    expect(answer.ok ? toHex(answer.value) : answer).toBe("FF00AA");
  });

  test("is closed", async () => {
    const one = fake();
    await (await bus(one)).close();
    expect(one.closed).toEqual(["closed"]);
  });
});

describe("an SPI node that cannot be used", () => {
  test("missing: how to enable SPI", async () => {
    const missing = "/dev/spidev9.9";
    const result = await openSpiBus({ node: missing, clockHz: CLOCK_HZ });
    expect(result).toMatchObject({
      ok: false,
      error: { kind: "nodeMissing", node: missing, remedy: saying("dtparam=spi=on") },
    });
  });

  test.each(["/dev/i2c-1", "/dev/spidev0", "/dev/spidev0.0.bak", ""])(
    "not a name of a node: %s",
    async (name) => {
      const result = await openSpiBus({ node: name, clockHz: CLOCK_HZ });
      expect(result).toMatchObject({
        ok: false,
        error: { kind: "nodeMissing", remedy: saying("spidev0.0") },
      });
    },
  );

  test("package missing", async () => {
    const cause = new Error("Cannot find package");
    const result = await openSpiBus({ node, clockHz: CLOCK_HZ, load: () => Promise.reject(cause) });
    expect(result).toMatchObject({ ok: false, error: { kind: "packageMissing", node, cause } });
  });

  test("refused at opening: the cause is kept", async () => {
    const cause = new Error("EIO");
    expect(await open(fake({ open: cause }).spi)).toEqual({
      ok: false,
      error: { kind: "busFailed", node, cause },
    });
  });

  test.each([
    ["by its callback", { transfer: new Error("EREMOTEIO") }],
    ["by a throw", { thrown: new Error("EREMOTEIO") }],
  ])("a transfer that fails %s", async (_, failing) => {
    const answer = await (await bus(fake(failing))).transfer(hex("00"));
    expect(answer).toEqual({ ok: false, error: { kind: "busFailed", node, cause: new Error("EREMOTEIO") } });
  });

  test("the real package refuses a device that is not there", async () => {
    const absent = join(folder, "spidev250.250");
    await writeFile(absent, "");
    const result = await openSpiBus({ node: absent, clockHz: CLOCK_HZ });
    expect(result).toMatchObject({ ok: false, error: { kind: "busFailed", cause: { code: "ENOENT" } } });
  });

  test("not allowed: which group to join", async () => {
    const locked = join(folder, "spidev3.0");
    await writeFile(locked, "", { mode: 0 });
    await chmod(folder, 0o755);
    const result = await asNobody(() => openSpiBus({ node: locked, clockHz: CLOCK_HZ }));
    expect(result).toMatchObject({
      ok: false,
      error: { kind: "permissionDenied", remedy: saying("group spi") },
    });
  });
});
