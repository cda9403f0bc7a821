import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { I2C_NODE, I2cHost } from "./i2c-host.ts";
import { ACK, commandFrame, LIST_ONE_TYPE_A, packet } from "./spi-host.ts";

const GET_FIRMWARE = "0000FF02FED4022A00";
const FIRMWARE = "0000FF06FAD50332010607E800";
const NACK = "0000FFFF0000";
const CIE = { card: "cie", family: "gemalto", nis: "123456789012" } as const;

/** A command written and its ACK ready to be read. */
async function acknowledged(): Promise<I2cHost> {
  const host = await new I2cHost().start();
  await host.pass(200);
  await host.write(GET_FIRMWARE);
  await host.ready();
  return host;
}

/** A response ready to be read. */
async function answered(): Promise<I2cHost> {
  const host = await acknowledged();
  await host.read(7);
  await host.ready();
  return host;
}

describe("the address", () => {
  test("is not acknowledged after power-on, wakes the chip, and is acknowledged 2 ms later", async () => {
    const host = new I2cHost();
    expect(await host.read(1)).toBe("nack");
    await host.pass(1_900);
    expect(await host.write(GET_FIRMWARE)).toBe("notAcknowledged");
    await host.pass(100);
    expect(await host.read(1)).toBe("00");
  });

  test("is not acknowledged for a moment after a whole frame was read", async () => {
    const host = await acknowledged();
    await host.read(7);
    expect(await host.read(1)).toBe("nack");
    await host.pass(100);
    expect(await host.read(1)).toBe("00");
  });

  test.each([
    ["80", "wakes the chip from PowerDown", "00"],
    ["20", "does not wake it when I2C is no wake-up source", "nack"],
  ])("%s: %s", async (sources, _what, seen) => {
    const host = await new I2cHost().start();
    await host.command(commandFrame(`16${sources}`), 10);
    await host.pass(200);
    expect(await host.read(1)).toBe("nack");
    await host.pass(3_000);
    expect(await host.read(1)).toBe(seen);
  });

  test("is not acknowledged in reset, and settings are gone behind it", async () => {
    const host = await new I2cHost().start();
    host.chip.setReset("low");
    expect(await host.read(1)).toBe("nack");
    host.chip.setReset("high");
    await host.pass(2_000);
    expect(await host.read(1)).toBe("nack");
    await host.pass(4_000);
    host.board.place(I2C_NODE, CIE);
    await host.command(commandFrame("3205FF0101"), 10);
    expect(packet(await host.command(LIST_ONE_TYPE_A, 40))).toBe("4B00");
  });
});

describe("a read", () => {
  test("of one byte looks and takes nothing", async () => {
    const host = await acknowledged();
    expect([await host.read(1), await host.read(1), await host.read(7)]).toEqual(["01", "01", `01${ACK}`]);
  });

  test("of the answer: ready byte, then the frame", async () => {
    const host = await answered();
    expect(await host.read(14)).toBe(`01${FIRMWARE}`);
    await host.pass(200);
    expect(await host.read(1)).toBe("00");
  });

  test("past the end of the ACK sees the remains of the command", async () => {
    const host = await acknowledged();
    expect(await host.read(10)).toBe(`01${ACK}022A00`);
  });

  test("that stops in the middle ends the frame; NACK brings it whole", async () => {
    const host = await answered();
    expect(await host.read(6)).toBe(`01${FIRMWARE.slice(0, 10)}`);
    expect(await host.read(1)).toBe("00");
    expect(await host.write(NACK)).toBe("written");
    expect(await host.read(14)).toBe(`01${FIRMWARE}`);
  });

  test("says what was so when it began: a frame that gets ready meanwhile is not in it", async () => {
    const host = await new I2cHost().start();
    await host.pass(200);
    await host.write(GET_FIRMWARE);
    const long = await host.read(100);
    expect(long.slice(0, 2)).toBe("00");
    expect(host.timeline.nowUs()).toBeGreaterThan(500);
    expect(await host.read(7)).toBe(`01${ACK}`);
  });
});

test("a transaction takes nine bits for each byte and for the address; one that is refused, nine bits", async () => {
  const host = await new I2cHost().start();
  await host.pass(200);
  const took = async (act: () => Promise<unknown>): Promise<number> => {
    const before = host.timeline.nowUs();
    await act();
    return host.timeline.nowUs() - before;
  };
  expect(await took(() => host.read(99))).toBe(2_250);
  expect(await took(() => host.write("00".repeat(19)))).toBe(450);
  host.chip.setReset("low");
  expect(await took(() => host.read(99))).toBe(23);
});

describe("faults", () => {
  test("a burst of refusals lasts up to 20 ms and is over then", async () => {
    const host = await new I2cHost().start();
    await host.pass(200);
    host.board.setFaults(I2C_NODE, { nackBurst: 1 });
    expect(await host.read(1)).toBe("nack");
    host.board.setFaults(I2C_NODE, {});
    await host.pass(20_000);
    expect(await host.read(1)).toBe("00");
    expect(host.faults.count("nackBurst")).toBe(1);
  });

  test("a ready byte may come later than the interrupt", async () => {
    const host = await new I2cHost().start();
    host.board.setFaults(I2C_NODE, { lateReady: 1 });
    await host.pass(200);
    await host.write(GET_FIRMWARE);
    await host.pass(500);
    expect([host.board.pins.level(25), await host.read(1)]).toEqual(["low", "00"]);
    await host.pass(15_000);
    expect(await host.read(7)).toBe(`01${ACK}`);
  });

  test("a frame may arrive damaged, and NACK brings it again", async () => {
    const host = await answered();
    host.board.setFaults(I2C_NODE, { corruptRead: 1 });
    expect(await host.read(14)).not.toBe(`01${FIRMWARE}`);
    host.board.setFaults(I2C_NODE, {});
    await host.pass(200);
    await host.write(NACK);
    expect(await host.read(14)).toBe(`01${FIRMWARE}`);
  });

  test("a clock line held low ends each transfer after a second, until reset", async () => {
    const host = await new I2cHost().start();
    await host.pass(200);
    host.faults.script("heldClock", [true]);
    for (let transfers = 0; transfers < 2; transfers++) {
      const before = host.timeline.nowUs();
      await expect(host.read(1)).rejects.toThrow("busFailed");
      expect(host.timeline.nowUs() - before).toBe(1_000_000);
    }
    host.chip.setReset("low");
    host.chip.setReset("high");
    expect(await host.read(1)).toBe("nack");
    expect(host.faults.count("heldClock")).toBe(1);
  });

  test("power lost while a frame is read lets the data line go", async () => {
    const host = await answered();
    const reading = host.read(14);
    host.timeline.at(host.timeline.nowUs() + 100, () => host.chip.brownOut());
    expect(await reading).toBe(`01${"FF".repeat(13)}`);
  });
});

test("no sequence of transactions makes the chip throw or hang", async () => {
  const transaction = fc.oneof(
    fc.integer({ min: 1, max: 60 }),
    fc.uint8Array({ minLength: 1, maxLength: 30 }).map(toHex),
    fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => commandFrame(toHex(bytes))),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(transaction, { maxLength: 12 }), async (transactions) => {
      const host = await new I2cHost().start();
      host.board.place(I2C_NODE, CIE);
      for (const next of transactions) {
        if (typeof next === "number")
          expect(["nack", next * 2]).toContain(lengthOrNack(await host.read(next)));
        else await host.write(next);
        await host.pass(3_000);
      }
    }),
    { numRuns: 60 },
  );
});

const lengthOrNack = (seen: string): string | number => (seen === "nack" ? seen : seen.length);
