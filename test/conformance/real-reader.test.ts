/**
 * The conformance suite on a real reader, for whoever has one on the desk. Wire it, stop the gate, leave the field
 * empty and run `TEST_PN532=spi:/dev/spidev0.0 npx vitest run test/conformance/real-reader.test.ts`; or
 * `i2c:/dev/i2c-1`, or `hsu:/dev/ttyUSB0`. With `TEST_PN532_CARD=1` a card must lie on it all the time, and what can
 * be asked of a card is asked too. No interrupt and no reset line is used, so that only the bus must be right.
 */
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { openSerialLine } from "../../drivers/bus/hsu.ts";
import { openI2cDevice } from "../../drivers/bus/i2c.ts";
import { openSpiBus } from "../../drivers/bus/spi.ts";
import type { HostLink } from "../../drivers/pn532/host-link.ts";
import { createHsuLink } from "../../drivers/pn532/hsu-link.ts";
import { createI2cLink, PN532_I2C_ADDRESS } from "../../drivers/pn532/i2c-link.ts";
import { createPn532Reader } from "../../drivers/pn532/reader.ts";
import { createSpiLink } from "../../drivers/pn532/spi-link.ts";
import { SystemClock } from "../../src/app/system-clock.ts";
import type { BusError } from "../../src/ports/bus.ts";
import type { Result } from "../../src/result.ts";
import { type AnyRig, describeAnyReader } from "./any-reader-suite.ts";
import { listeningLog } from "./virtual-rig.ts";

const SPI_HZ = 1_000_000;
const BAUD = 115_200;

interface Target {
  readonly bus: "spi" | "i2c" | "hsu";
  readonly node: string;
}

/** `bus:node`; throws for anything else, so that a slip of the pen does not pass for a run without a reader. */
function parseTarget(text: string): Target {
  const [, bus, node] = /^(spi|i2c|hsu):(\/.+)$/.exec(text) ?? [];
  if ((bus !== "spi" && bus !== "i2c" && bus !== "hsu") || node === undefined)
    throw new Error(`TEST_PN532 is spi:, i2c: or hsu: and a device node, not ${text}`);
  return { bus, node };
}

test("a reader is named by its bus and its node", () => {
  expect(parseTarget("spi:/dev/spidev0.0")).toEqual({ bus: "spi", node: "/dev/spidev0.0" });
  expect(parseTarget("hsu:/dev/ttyUSB0")).toEqual({ bus: "hsu", node: "/dev/ttyUSB0" });
  expect(() => parseTarget("/dev/i2c-1")).toThrow("TEST_PN532");
});

const clock = new SystemClock();

/** Opens a node for one test. */
async function opened<Bus extends { close(): Promise<void> }>(
  opening: Promise<Result<Bus, BusError>>,
): Promise<Bus> {
  const bus = await opening;
  if (!bus.ok) throw new Error(`${bus.error.kind}: ${"remedy" in bus.error ? bus.error.remedy : ""}`);
  onTestFinished(() => bus.value.close());
  return bus.value;
}

async function linkTo({ bus, node }: Target): Promise<HostLink> {
  switch (bus) {
    case "spi":
      return createSpiLink({ bus: await opened(openSpiBus({ node, clockHz: SPI_HZ })), clock });
    case "i2c": {
      const device = await opened(openI2cDevice({ node, address: PN532_I2C_ADDRESS }));
      return createI2cLink({ device, clock });
    }
    case "hsu": {
      const line = await opened(openSerialLine({ node, baud: BAUD }));
      return createHsuLink({ line, clock, baud: BAUD });
    }
  }
}

async function makeRealRig(target: Target): Promise<AnyRig> {
  const logged: string[] = [];
  const reader = createPn532Reader({ link: await linkTo(target), clock, log: listeningLog(logged) });
  onTestFinished(() => reader.stop());
  return { reader, logged, settle: (promise) => promise, passMs: delay };
}

const named = process.env["TEST_PN532"];
if (named !== undefined) {
  const target = parseTarget(named);
  const field = process.env["TEST_PN532_CARD"] === "1" ? "occupied" : "empty";
  describeAnyReader(`PN532 at ${named}`, () => makeRealRig(target), field);
}
