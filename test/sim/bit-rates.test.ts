import { describe, expect, test } from "vitest";
import type { BulkSpec } from "../../src/sim/cards/bulk.ts";
import { commandFrame, LIST_ONE_TYPE_A, NODE, packet, SpiHost } from "./spi-host.ts";

const SELECT_424 = "4E010202";
/** Byte times of 106, 212 and 424 kbit/s, by the code of the rate. */
const BYTE_US = [84.96, 42.48, 21.24];
/** As UM0701-02 has it: InPSL codes 0, 1, 2. Bits of TA(1): 1 and 2 to the card, 5 and 6 back. */
const TA = { to212: 0x11, to424: 0x22, onlyBack: 0x20, sameBothWays: 0xb3 };

const ask = async (host: SpiHost, text: string): Promise<string> =>
  packet(await host.command(commandFrame(text), 275));

async function activated(options: Partial<BulkSpec> = {}) {
  const host = await new SpiHost().start();
  const { bulk } = host.board.place(NODE, { card: "bulk", uid: "08010203", ...options });
  await host.command(LIST_ONE_TYPE_A, 60);
  if (bulk === undefined) throw new Error("no bulk card");
  return { host, bulk };
}

/** Radio time that a command costs, in microseconds. */
async function radioUs(host: SpiHost, command: string): Promise<number> {
  const before = host.board.snapshotTap(NODE)?.radioUs ?? 0;
  await ask(host, command);
  return (host.board.snapshotTap(NODE)?.radioUs ?? 0) - before;
}

/** READ BINARY of 58 bytes: a block of 8 and one of 63 bytes, CRC included, and the longest that fits 64. */
const READ_58 = "4001" + "00B000003A";
const [COMMAND_BYTES, ANSWER_BYTES] = [8, 63];

describe("InPSL", () => {
  test.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [0, 2],
    [2, 1],
  ])("rates %i to the card and %i back hold for every later block, each way", async (toCard, toChip) => {
    const { host } = await activated();
    expect(await ask(host, `4E010${toCard}0${toChip}`)).toBe("4F00");
    const expected = COMMAND_BYTES * (BYTE_US[toCard] ?? 0) + ANSWER_BYTES * (BYTE_US[toChip] ?? 0);
    expect(await radioUs(host, READ_58)).toBeCloseTo(expected, 3);
    expect(await radioUs(host, READ_58)).toBeCloseTo(expected, 3);
  });

  test("the PPS itself goes at 106 kbit/s: five bytes out, three back", async () => {
    const { host } = await activated();
    expect(await radioUs(host, SELECT_424)).toBeCloseTo((5 + 3) * 84.96, 3);
  });

  test("GetGeneralStatus shows the rate from the card, then the rate to it", async () => {
    const { host } = await activated();
    expect(await ask(host, "04")).toBe("050000010100000000");
    await ask(host, "4E010102");
    expect(await ask(host, "04")).toBe("050000010102010000");
  });

  test.each([
    ["the next activation", ["5200", "4A0100"]],
    ["InSelect after InDeselect", ["4401", "5401"]],
  ])("%s is at 106 kbit/s again", async (_name, commands) => {
    const { host } = await activated();
    await ask(host, SELECT_424);
    for (const command of commands) await ask(host, command);
    expect(await ask(host, "04")).toBe("050000010100000000");
    expect(await radioUs(host, READ_58)).toBeCloseTo((COMMAND_BYTES + ANSWER_BYTES) * 84.96, 3);
  });

  test("raw frames go at the agreed rate, too: the sign of life of a card at 424", async () => {
    const { host } = await activated();
    await ask(host, SELECT_424);
    expect(await radioUs(host, "42B2")).toBeCloseTo((3 + 3) * 21.24, 3);
    expect(await ask(host, "42B2")).toBe("4300A3"); // R(ACK) with the number that a fresh card has
  });

  test.each([
    ["212 where only 424 is offered", TA.to424, "4E010101"],
    ["424 where only 212 is offered", TA.to212, "4E010202"],
    ["424 to the card where it is offered only back", TA.onlyBack, "4E010202"],
    ["two different rates where they must be the same", TA.sameBothWays, "4E010102"],
    ["424 where the ATS has no TA", "absent" as const, "4E010202"],
  ])("status 01 for %s, after which the card still answers at 106", async (_name, ta, command) => {
    const { host } = await activated({ ta });
    expect(await ask(host, command)).toBe("4F01");
    expect(await ask(host, "400180EC0000025A5A")).toBe("41005A5A9000");
  });

  test("status 01 from a card that refuses, which is silent until it is activated anew", async () => {
    const { host } = await activated({ pps: "refuses" });
    expect(await ask(host, SELECT_424)).toBe("4F01");
    expect(await ask(host, READ_58)).toBe("4101");
    expect(await ask(host, "42B2")).toBe("4301");
    await ask(host, "5200");
    expect(await ask(host, "4A0100")).toBe("4B00");
    expect(await ask(host, "4A0100")).toMatch(/^4B01/);
    expect(await ask(host, "400180EC0000025A5A")).toBe("41005A5A9000");
  });

  test("a phone refuses", async () => {
    const host = await new SpiHost().start();
    host.board.place(NODE, { card: "phone" });
    await host.command(LIST_ONE_TYPE_A, 60);
    expect(await ask(host, SELECT_424)).toBe("4F01");
  });

  test("a card that agrees and then falls silent shows it at the first block", async () => {
    const { host, bulk } = await activated({ pps: "silentAfterwards" });
    expect(await ask(host, SELECT_424)).toBe("4F00");
    expect(await ask(host, READ_58)).toBe("4101");
    expect(bulk.processed).toBe(0);
  });

  test("after the first block it is too late", async () => {
    const { host } = await activated();
    await ask(host, READ_58);
    expect(await ask(host, SELECT_424)).toBe("4F01");
  });

  test.each([0, 1, 3])("MxRtyPSL %i: as many further tries, 4.8 ms of silence each", async (retries) => {
    const { host } = await activated({ pps: "refuses" });
    await ask(host, `3205FF0${retries}00`);
    const spentUs = await radioUs(host, SELECT_424);
    expect(spentUs).toBeCloseTo((retries + 1) * (5 * 84.96 + 65_536 / 13.56), 1);
  });

  test("a number that is no rate is an invalid parameter, no target the wrong context", async () => {
    const { host } = await activated();
    expect(await ask(host, "4E010303")).toBe("4F10");
    await ask(host, "5200");
    expect(await ask(host, SELECT_424)).toBe("4F27");
  });

  test("type B agrees on its rate in ATTRIB and does not know PPS", async () => {
    const host = await new SpiHost().start();
    host.board.place(NODE, { card: "cie", family: "itj4i", nis: "123456789012", type: "B" });
    await ask(host, "4A010300");
    expect(await ask(host, SELECT_424)).toBe("4F01");
    expect(await ask(host, "400100A40000")).toBe("41009000");
  });
});

describe("the registers of the radio", () => {
  const ANALOG = "066302630363086314630C";
  const RAISE = "086302A06303A0630885631408630CB2";
  const LOWER = "08630280630380630885631426630C62";

  test("are those of 106 kbit/s after power-on, and those of the rate behind InPSL", async () => {
    const { host } = await activated();
    expect(await ask(host, ANALOG)).toBe("078080852662");
    await ask(host, SELECT_424);
    expect(await ask(host, ANALOG)).toBe("07A0A08508B2");
    await ask(host, "5200");
    await ask(host, "4A0100");
    expect(await ask(host, ANALOG)).toBe("078080852662");
  });

  test("keep what the host wrote: nobody is found until it has written them back", async () => {
    const { host } = await activated();
    await ask(host, RAISE);
    await ask(host, "320100");
    await host.pass(6_000);
    await ask(host, "320101");
    expect(await ask(host, "4A0100")).toBe("4B00");
    expect(await ask(host, "066339")).toBe("0726");
    expect(await ask(host, ANALOG)).toBe("07A0A08508B2");
    await ask(host, LOWER);
    expect(await ask(host, "4A0100")).toMatch(/^4B01/);
  });

  test.each([
    ["the width of the pulses", "08631408"],
    ["the receiver", "08630CB2"],
    ["its threshold", "08630855"],
  ])("have to fit the rate, or nothing is understood: %s", async (_, spoil) => {
    const { host } = await activated();
    expect(await ask(host, "42B2")).toBe("4300A3");
    await ask(host, spoil);
    expect(await ask(host, "42B2")).toBe("4301");
    await ask(host, "5200");
    expect(await ask(host, "4A0100")).toBe("4B00");
  });
});
