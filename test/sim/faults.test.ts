import { describe, expect, test } from "vitest";
import type { FaultRates } from "../../src/sim/faults.ts";
import { ACK, commandFrame, LIST_ONE_TYPE_A, NODE, onWire, packet, SpiHost } from "./spi-host.ts";

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

  test("doubled ACK: it is read twice, and the answer follows", async () => {
    const { host, count } = await faulty({ doubledAck: 1 });
    await host.write(FIRMWARE);
    for (let acks = 0; acks < 2; acks++) {
      await host.falls();
      expect(await host.read(6)).toBe(ACK);
    }
    await host.falls();
    expect([await host.read(13), count("doubledAck")]).toEqual([FIRMWARE_ANSWER, 1]);
  });

  test("NACK from the chip: between the ACK and the answer", async () => {
    const { host, count } = await faulty({ strayNack: 1 });
    await host.write(FIRMWARE);
    await host.falls();
    expect(await host.read(6)).toBe(ACK);
    await host.falls();
    expect(await host.read(6)).toBe("0000FFFF0000");
    await host.falls();
    expect([await host.read(13), count("strayNack")]).toEqual([FIRMWARE_ANSWER, 1]);
  });

  test("ACK after response: it stands there until it is read, before the next ACK", async () => {
    const { host, count } = await faulty({ ackAfterResponse: 1 });
    expect(await host.command(FIRMWARE, 13)).toBe(FIRMWARE_ANSWER);
    expect([await host.ready(), count("ackAfterResponse")]).toEqual([true, 1]);
    await host.write(FIRMWARE);
    await host.pass(5_000);
    expect(await host.read(6)).toBe(ACK);
    await host.falls();
    expect(await host.read(6)).toBe(ACK);
    await host.falls();
    expect(await host.read(13)).toBe(FIRMWARE_ANSWER);
  });

  test("stale response: the last one stands where the ACK is expected, the ACK behind it", async () => {
    const { host, count } = await faulty({});
    await host.command(FIRMWARE, 13);
    host.board.setFaults(NODE, { staleResponse: 1 });
    await host.write(LIST_ONE_TYPE_A);
    await host.pass(5_000);
    expect(await host.read(13)).toBe(FIRMWARE_ANSWER);
    await host.falls();
    expect([await host.read(6), count("staleResponse")]).toEqual([ACK, 1]);
  });

  test("late response: it comes behind the next command's ACK, after an abort also", async () => {
    const { host, count } = await faulty({ lateResponse: 1 });
    await host.write(FIRMWARE);
    await host.falls();
    expect(await host.read(6)).toBe(ACK);
    expect(await host.falls()).toBe(false);
    await host.write(ACK);
    await host.pass(5_000);
    host.board.setFaults(NODE, {});
    await host.write(LIST_ONE_TYPE_A);
    await host.falls();
    expect(await host.read(6)).toBe(ACK);
    await host.falls();
    expect(await host.read(13)).toBe(FIRMWARE_ANSWER);
    await host.falls();
    expect([packet(await host.read(10)), count("lateResponse")]).toEqual(["4B00", 1]);
  });

  test("error frame: in the place of the answer", async () => {
    const { host, count } = await faulty({ errorFrame: 1 });
    expect(await host.command(FIRMWARE, 8)).toBe("0000FF01FF7F8100");
    expect(count("errorFrame")).toBe(1);
  });

  test("bus error: the transfer fails with what the system says, and reaches nobody", async () => {
    const { host, count } = await faulty({ busError: 1 });
    const failed = await host.timeline.resolve(host.board.spiBus(NODE).transfer(onWire(`01${FIRMWARE}`)));
    expect(failed).toMatchObject({ ok: false, error: { kind: "busFailed", cause: { code: "EIO" } } });
    host.board.setFaults(NODE, {});
    expect([await host.falls(100_000), count("busError")]).toEqual([false, 1]);
  });

  test.each<[keyof FaultRates, string]>([
    ["missingPreamble", "00FF06FAD50332010607E800"],
    ["wrongLengthChecksum", "0000FF06FBD50332010607E800"],
    ["wrongDataChecksum", "0000FF06FAD50332010607E900"],
    ["wrongDirection", "0000FF06FAD40332010607E900"],
    ["wrongCode", "0000FF06FAD50232010607E900"],
    ["wrongPostamble", "0000FF06FAD50332010607E801"],
    ["needlesslyExtended", "0000FFFFFF0006FAD503320106"],
  ])("%s: the frame, byte by byte", async (kind, seen) => {
    const { host, count } = await faulty({});
    await host.write(FIRMWARE);
    await host.falls();
    await host.read(6);
    host.board.setFaults(NODE, { [kind]: 1 });
    await host.falls();
    expect(await host.read(seen.length / 2)).toBe(seen);
    expect(count(kind)).toBe(1);
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

describe("what a test wants exactly", () => {
  test("a script strikes at the occasions it names, throws no dice, and ends", async () => {
    const { host, count } = await faulty({});
    const { faults } = host.board.reader(NODE);
    faults.script("errorFrame", [false, true]);
    const answers = [];
    for (let round = 0; round < 3; round++) answers.push((await host.command(FIRMWARE, 13)).slice(0, 12));
    expect(answers).toEqual(["0000FF06FAD5", "0000FF01FF7F", "0000FF06FAD5"]);
    expect([count("errorFrame"), faults.askedCount]).toEqual([1, 0]);
  });

  test("a script keeps idle rounds from being skipped", async () => {
    const { faults } = (await faulty({})).host.board.reader(NODE);
    expect(faults.roundsWithoutStrike([], 10)).toBe(10);
    faults.script("lostAck", [true]);
    expect(faults.roundsWithoutStrike([], 10)).toBe(0);
  });

  test("every frame goes through the tamper's hands, the changed ones are counted", async () => {
    const { host } = await faulty({});
    const { faults } = host.board.reader(NODE);
    const seen: string[] = [];
    faults.setTamper((frame, content) => {
      seen.push(content);
      return content === "response" ? frame.toReversed() : frame;
    });
    expect(await host.command(FIRMWARE, 13)).toBe("00E80706013203D5FA06FF0000");
    expect([seen, faults.count("tampered")]).toEqual([["ack", "response"], 1]);
  });

  test("a garbled status is what it was set to, and anything again afterwards", async () => {
    const { host } = await faulty({ garbledStatus: 1 });
    const { faults } = host.board.reader(NODE);
    faults.setGarbledStatus(0x55);
    expect([await host.transfer("0200"), await host.transfer("0200")]).toEqual(["0155", "0155"]);
    faults.setGarbledStatus();
    expect(["0108", "01AA", "01FF", "0100"]).toContain(await host.transfer("0200"));
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
