import { describe, expect, test } from "vitest";
import type { FaultRates } from "../../src/sim/faults.ts";
import { ACK, commandFrame, LIST_ONE_TYPE_A, NODE, SpiHost } from "./spi-host.ts";

const CIE = { card: "cie", family: "gemalto", nis: "123456789012" } as const;
const FIRMWARE = "0000FF02FED4022A00";
const FIRMWARE_ANSWER = "0000FF06FAD50332010607E800";
const SELECT_IAS = "00A4040C0DA0000000308000000009816001";

/** A configured host on which the named faults strike always, from now on. */
async function faulty(rates: Partial<FaultRates>) {
  const host = await new SpiHost().start();
  host.board.setFaults(NODE, rates);
  return { host, count: (kind: keyof FaultRates) => host.board.reader(NODE).faults.count(kind) };
}

describe("each fault shows on the bus and is counted", () => {
  test("lost ACK: the response stands where the ACK was expected", async () => {
    const { host, count } = await faulty({ lostAck: 1 });
    await host.write(FIRMWARE);
    await host.falls();
    expect([await host.read(13), count("lostAck")]).toEqual([FIRMWARE_ANSWER, 1]);
  });

  test("lost response: ACK, then silence; the next command works", async () => {
    const { host } = await faulty({ lostResponse: 1 });
    await host.write(FIRMWARE);
    await host.falls();
    expect(await host.read(6)).toBe(ACK);
    expect(await host.falls()).toBe(false);
    host.board.setFaults(NODE, {});
    expect(await host.command(FIRMWARE, 13)).toBe(FIRMWARE_ANSWER);
  });

  test("corrupt read: exactly one byte of the transfer differs", async () => {
    const { host } = await faulty({ corruptRead: 1 });
    await host.write(FIRMWARE);
    await host.falls();
    const seen = await host.transfer("03000000000000");
    const differences = [...`01${ACK}`.matchAll(/../g)].filter(
      ([byte], index) => seen.slice(index * 2, index * 2 + 2) !== byte,
    );
    expect(differences).toHaveLength(1);
  });

  test("garbled status: something that chips have been seen to say instead of the truth", async () => {
    const { host } = await faulty({ garbledStatus: 1 });
    expect(["0108", "01AA", "01FF", "0100"]).toContain(await host.transfer("0200"));
  });

  test("lost edge: the line stays high, the status tells", async () => {
    const { host } = await faulty({ lostEdge: 1 });
    await host.write(FIRMWARE);
    expect(await host.falls(10_000)).toBe(false);
    expect(await host.ready()).toBe(true);
  });

  test("spurious edge: the line falls while there is nothing to read, and once more for the answer", async () => {
    const { host } = await faulty({ spuriousEdge: 1 });
    await host.write(FIRMWARE);
    await host.falls();
    await host.read(6);
    expect([await host.falls(1), await host.ready()]).toEqual([true, false]);
    await host.pass(100);
    expect(host.board.pins.level(25)).toBe("high");
    expect(await host.falls()).toBe(true);
    expect(await host.read(13)).toBe(FIRMWARE_ANSWER);
  });

  test("hang: ACK and then silence, for every command, until reset", async () => {
    const { host } = await faulty({ hang: 1 });
    for (let round = 0; round < 2; round++) {
      await host.write(FIRMWARE);
      await host.falls();
      expect(await host.read(6)).toBe(ACK);
      expect(await host.falls()).toBe(false);
      host.board.setFaults(NODE, {});
    }
    host.chip.setReset("low");
    host.chip.setReset("high");
    await host.transfer("00");
    await host.pass(4_000);
    expect(await host.command(FIRMWARE, 13)).toBe(FIRMWARE_ANSWER);
  });

  test("brown-out at a command: no ACK, and the chip sleeps", async () => {
    const { host } = await faulty({ brownOut: 1 });
    await host.write(FIRMWARE);
    expect(await host.falls(100_000)).toBe(false);
    expect(await host.transfer("0200")).toBe("FFFF");
  });

  test.each([
    ["slowCard", /^009000$/],
    ["radioError", /^(02|03|05|0B)$/],
    ["cardTorn", /^01$/],
  ] as const)("%s at a block to the card", async (kind, answer) => {
    const { host, count } = await faulty({});
    host.board.place(NODE, CIE);
    await host.command(LIST_ONE_TYPE_A, 60);
    host.board.setFaults(NODE, { [kind]: 1 });
    expect(await host.apdu(SELECT_IAS)).toMatch(answer);
    expect(count(kind)).toBe(1);
  });
});

describe("stuck interrupt line", () => {
  test.each(["high", "low"] as const)("%s: the level tells nothing, the status does", async (stuck) => {
    const { host } = await faulty({});
    host.board.setStuckIrq(NODE, stuck);
    await host.write(FIRMWARE);
    await host.pass(500);
    expect([host.board.pins.level(25), await host.ready()]).toEqual([stuck, true]);
    expect(await host.read(6)).toBe(ACK);
    expect(host.board.pins.level(25)).toBe(stuck);
    host.board.setStuckIrq(NODE, "free");
    expect(await host.falls()).toBe(true);
  });
});

test("the same seed gives the same faults at the same places", async () => {
  const story = async (): Promise<readonly string[]> => {
    const { host } = await faulty({ corruptRead: 0.3 });
    const seen: string[] = [];
    for (let round = 0; round < 10; round++) {
      await host.write(commandFrame("02"));
      await host.falls();
      seen.push(await host.read(6));
      await host.falls();
      seen.push(await host.read(13));
    }
    return seen;
  };
  expect(await story()).toEqual(await story());
});
