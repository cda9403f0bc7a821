import { describe, expect, test } from "vitest";
import { openReopeningI2c, openReopeningSpi } from "../../../drivers/bus/reopening.ts";
import { hex } from "../../../src/bytes/hex.ts";
import type { BusError, I2cDevice, SpiBus } from "../../../src/ports/bus.ts";
import { err, ok, type Result } from "../../../src/result.ts";
import { good } from "../../good.ts";

const MISSING: BusError = { kind: "nodeMissing", node: "/dev/spidev0.0", remedy: "enable SPI" };
const FORBIDDEN: BusError = { kind: "permissionDenied", node: "/dev/spidev0.0", remedy: "join the group" };

/** A node that opens, or not, as its turns say; counts what was closed. */
function node<Bus>(make: (close: () => Promise<void>) => Bus, ...turns: readonly ("there" | BusError)[]) {
  const left = [...turns];
  const counts = { closed: 0 };
  const open = async (): Promise<Result<Bus, BusError>> => {
    const turn = left.shift() ?? "there";
    if (turn !== "there") return err(turn);
    return ok(
      make(async () => {
        counts.closed += 1;
      }),
    );
  };
  return { open, counts };
}

const spi = (close: () => Promise<void>): SpiBus => ({ transfer: async (bytes) => ok(bytes), close });
const i2c = (close: () => Promise<void>): I2cDevice => ({
  read: async (lengthBytes) => ok(new Uint8Array(lengthBytes)),
  write: async () => ok("written"),
  close,
});

describe("a node that is opened again", () => {
  test("is closed first", async () => {
    const { open, counts } = node(spi);
    const bus = good(await openReopeningSpi(open));
    expect(await bus.reopen()).toEqual(ok(undefined));
    expect(counts.closed).toBe(1);
    expect(await bus.transfer(hex("01"))).toEqual(ok(hex("01")));
  });

  test("may be missing at first, and be used once it is there", async () => {
    const { open } = node(i2c, MISSING, MISSING);
    const device = good(await openReopeningI2c(open));
    expect(await device.read(1)).toEqual(err(MISSING));
    expect(await device.reopen()).toEqual(err(MISSING));
    expect(await device.write(hex("00"))).toEqual(err(MISSING));
    expect(await device.reopen()).toEqual(ok(undefined));
    expect(await device.read(1)).toEqual(ok(hex("00")));
  });

  test("may go missing later", async () => {
    const { open, counts } = node(spi, "there", MISSING);
    const bus = good(await openReopeningSpi(open));
    expect(await bus.reopen()).toEqual(err(MISSING));
    expect(await bus.transfer(hex("01"))).toEqual(err(MISSING));
    await bus.close();
    expect(counts.closed).toBe(1);
  });

  test("is no use without the right to it, which only a person gives", async () => {
    expect(await openReopeningSpi(node(spi, FORBIDDEN).open)).toEqual(err(FORBIDDEN));
  });
});
