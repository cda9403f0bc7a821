// The reader on SPI through the real package spi-device: the conformance suite, how the bus is set up, and what the
// adapter makes of the errors that a kernel gives.
import { constants } from "node:os";
import { describe, expect, onTestFinished, test } from "vitest";
import { openReopeningSpi } from "../../drivers/bus/reopening.ts";
import { openSpiBus, type SpiDevice, type SpiPackage } from "../../drivers/bus/spi.ts";
import { createPn532Reader } from "../../drivers/pn532/reader.ts";
import { createSpiLink } from "../../drivers/pn532/spi-link.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { silentLog } from "../../src/ports/log.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { instant } from "../../src/time/time.ts";
import { describeReader } from "../conformance/reader-suite.ts";
import { makeSpiRig, SPI } from "./native-rig.ts";
import { underShim } from "./shim.ts";

const { EACCES, ENODEV } = constants.errno;

await underShim(import.meta.url, 45, ({ board }) => {
  describeReader("PN532 by spi-device", {
    makeRig: (options) => makeSpiRig(board, options),
    hasIrq: true,
    glitches: { lostEdge: 0.2, spuriousEdge: 0.3, garbledStatus: 0.2 },
    brownOutUnderCard: "silence",
  });

  describe("a spidev node", () => {
    test("is set to mode 0, 8 bits and the clock of the configuration", async () => {
      const { reader, server, settle } = await makeSpiRig(board);
      expect(await settle(reader.start())).toMatchObject({ ok: true });
      expect(server.settings).toEqual({ mode: 0, bits: 8, speedHz: SPI.clockHz });
    });

    test("is clocked by each transfer, whatever speed it was opened with last", async () => {
      const { server, calls, settle, openBus } = await makeSpiRig(board);
      const opened = await openSpiBus({ ...SPI, clockHz: SPI.clockHz / 2 });
      if (!opened.ok) throw new Error("not opened");
      const slow = { transfer: (bytes: Uint8Array) => calls.follow(opened.value.transfer(bytes)) };
      const fast = await openBus();
      const speeds: unknown[] = [];
      for (const bus of [slow, fast, slow]) {
        expect(await settle(bus.transfer(hex("02")))).toMatchObject({ ok: true });
        speeds.push(server.settings?.speedHz);
      }
      expect(speeds).toEqual([SPI.clockHz / 2, SPI.clockHz, SPI.clockHz / 2]);
    });

    test.each([
      ["nobody's", { node: "/dev/spidev3.1" }, 0, { kind: "nodeMissing", cause: { code: "ENOENT" } }],
      ["forbidden", {}, EACCES, { kind: "permissionDenied", cause: { code: "EACCES" } }],
      ["without a controller", {}, ENODEV, { kind: "nodeMissing", cause: { code: "ENODEV" } }],
    ])("%s: does not open, and says why", async (_, change, refusal, error) => {
      const { server } = await makeSpiRig(board);
      server.refusal = refusal;
      expect(await openSpiBus({ ...SPI, ...change })).toMatchObject({ ok: false, error });
    });

    test("that goes away while it is open is a failed bus, at once and from then on", async () => {
      const { reader, server, settle } = await makeSpiRig(board);
      expect(await settle(reader.start())).toMatchObject({ ok: true });
      server.cut();
      const failure = {
        ok: false,
        error: { kind: "bus", error: { kind: "busFailed", cause: { code: "EIO" } } },
      };
      const signal = new AbortController().signal;
      expect(await settle(reader.poll(signal))).toMatchObject(failure);
      expect(await settle(reader.poll(signal))).toMatchObject(failure);
    });

    test("that comes back is opened anew by the reader's next start", async () => {
      const { server, calls, settle, timeline } = await makeSpiRig(board);
      const bus = await openReopeningSpi(() => openSpiBus(SPI));
      if (!bus.ok) throw new Error("the node does not open");
      onTestFinished(() => bus.value.close());
      const clock = VirtualClock.startingAt(timeline, instant(0));
      const transfer = (bytes: Uint8Array) => calls.follow(bus.value.transfer(bytes));
      const reader = createPn532Reader({
        link: createSpiLink({ bus: { ...bus.value, transfer }, clock }),
        reopen: () => calls.follow(bus.value.reopen()),
        clock,
        log: silentLog,
      });
      const signal = new AbortController().signal;
      expect(await settle(reader.start())).toMatchObject({ ok: true });
      server.cut();
      server.refusal = ENODEV;
      const lost = { ok: false, error: { kind: "bus", error: { cause: { code: "EIO" } } } };
      expect(await settle(reader.poll(signal))).toMatchObject(lost);
      const missing = { ok: false, error: { kind: "bus", error: { kind: "nodeMissing" } } };
      expect(await settle(reader.start())).toMatchObject(missing);
      server.refusal = 0;
      expect(await settle(reader.start())).toMatchObject({ ok: true });
      expect(await settle(reader.poll(signal))).toEqual({ ok: true, value: undefined });
      expect(reader.health().recoveries).toMatchObject({ reopen: 1 });
    });

    test("takes messages up to the buffer of its driver, and says so of longer ones", async () => {
      const rig = await makeSpiRig(board);
      const bus = await rig.openBus();
      const longest = await rig.settle(bus.transfer(new Uint8Array(4096)));
      expect(longest).toMatchObject({ ok: true, value: { length: 4096 } });
      const tooLong = await rig.settle(bus.transfer(new Uint8Array(4097)));
      expect(tooLong).toMatchObject({ ok: false, error: { kind: "busFailed", cause: { code: "EMSGSIZE" } } });
    });

    test("holds chip select over all transfers of a message", async () => {
      const { reader, calls, settle } = await makeSpiRig(board);
      expect(await settle(reader.start())).toMatchObject({ ok: true });
      const device = await openedByPackage();
      // The status opcode, and behind it the status: not ready. In a period of its own the 00 would be an
      // opcode, and 80 be seen once more.
      const message = [hex("40"), hex("00")].map((sendBuffer) => {
        const receiveBuffer = new Uint8Array(1).fill(0x55);
        return { byteLength: 1, sendBuffer, receiveBuffer, speedHz: SPI.clockHz };
      });
      const sent = new Promise((resolve) => device.transfer(message, resolve));
      expect(await settle(calls.follow(sent))).toBeNull();
      expect(message.map(({ receiveBuffer }) => toHex(receiveBuffer))).toEqual(["80", "00"]);
    });
  });
});

async function openedByPackage(): Promise<SpiDevice> {
  const { default: spi } = (await import("spi-device")) as { default: SpiPackage };
  return new Promise((resolve, reject) => {
    const device = spi.open(0, 0, { mode: 0, maxSpeedHz: SPI.clockHz }, (error) => {
      if (error === null) resolve(device);
      else reject(error);
    });
  });
}
