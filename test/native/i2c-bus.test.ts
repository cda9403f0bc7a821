// The reader on I2C through the real package i2c-bus: the conformance suite, and what the adapter makes of the error
// numbers by which controllers say that nobody acknowledged.
import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import { openI2cDevice } from "../../drivers/bus/i2c.ts";
import { hex } from "../../src/bytes/hex.ts";
import { describeReader } from "../conformance/reader-suite.ts";
import { finished, start } from "../interop/processes.ts";
import { I2C, makeI2cRig } from "./native-rig.ts";
import { buildProgram, underShim } from "./shim.ts";

const { EACCES, EIO, ENXIO, ETIMEDOUT } = constants.errno;
/** Linux's, which Node.js has no name for. */
const EREMOTEIO = 121;

await underShim(import.meta.url, 45, (shim) => {
  const { board } = shim;

  describeReader("PN532 by i2c-bus", {
    makeRig: (options) => makeI2cRig(board, options),
    hasIrq: true,
    glitches: { lostEdge: 0.2, spuriousEdge: 0.3, nackBurst: 0.02, lateReady: 0.1 },
    brownOutUnderCard: "noTarget",
  });

  describe("an address that nobody acknowledges", () => {
    test.each([
      ["EIO", EIO],
      ["EREMOTEIO", EREMOTEIO],
      ["ENXIO", ENXIO],
    ])("is no error of the bus when the controller calls it %s", async (_, errno) => {
      const rig = await makeI2cRig(board);
      rig.server.notAcknowledged = errno;
      const nobody = await rig.openBus(0x48);
      expect(await rig.settle(nobody.read(1))).toEqual({ ok: true, value: "notAcknowledged" });
      expect(await rig.settle(nobody.write(hex("00")))).toEqual({ ok: true, value: "notAcknowledged" });
      const chip = await rig.openBus();
      expect(await rig.settle(chip.read(1))).toMatchObject({ ok: true });
    });

    test("and a clock line that is held are two things", async () => {
      const rig = await makeI2cRig(board);
      rig.server.notAcknowledged = ETIMEDOUT;
      const nobody = await rig.openBus(0x48);
      expect(await rig.settle(nobody.read(1))).toMatchObject({
        ok: false,
        error: { kind: "busFailed", cause: { code: "ETIMEDOUT" } },
      });
    });
  });

  describe("an i2c-dev node", () => {
    test.each([
      ["nobody's", { node: "/dev/i2c-7" }, 0, "nodeMissing"],
      ["forbidden", {}, EACCES, "permissionDenied"],
    ])("%s: does not open, and says why", async (_, change, refusal, kind) => {
      const { server } = await makeI2cRig(board);
      server.refusal = refusal;
      const opened = await openI2cDevice({ node: I2C.node, address: 0x24, ...change });
      expect(opened).toMatchObject({ ok: false, error: { kind } });
    });

    test("that goes away while it is open does not acknowledge: for a controller both are EIO", async () => {
      const rig = await makeI2cRig(board);
      const bus = await rig.openBus();
      expect(await rig.settle(bus.read(1))).toMatchObject({ ok: true });
      rig.server.cut();
      expect(await rig.settle(bus.read(1))).toEqual({ ok: true, value: "notAcknowledged" });
    });

    test("serves another program, which combines messages by I2C_RDWR, beside the driver", async () => {
      const rig = await makeI2cRig(board);
      expect(await rig.settle(rig.reader.start())).toMatchObject({ ok: true });
      // Just behind an exchange the chip is busy with itself.
      await rig.passMs(1);
      const user = finished(start(buildProgram("i2c-user.c", shim), []));
      const { exit, out } = await rig.settle(rig.calls.follow(user));
      // Not ready just behind the command; then the status byte and the acknowledgement frame.
      expect({ exit, out }).toEqual({ exit: 0, out: "00 010000ff00ff00" });
      expect(await rig.settle(rig.reader.start())).toMatchObject({ ok: true });
    });
  });
});
