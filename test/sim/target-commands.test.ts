import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { IsoDepCard } from "../../src/sim/cards/iso-dep.ts";
import { TypeACard } from "../../src/sim/cards/type-a.ts";
import { commandFrame, LIST_ONE_TYPE_A, NODE, packet, SpiHost } from "./spi-host.ts";

const CIE = { card: "cie", family: "gemalto", nis: "123456789012" } as const;
const TRANSIT = { card: "transit", uid: "DEADBEEF" } as const;
const SELECT_IAS = "00A4040C0DA0000000308000000009816001";
const FIELD_OFF = "0000FF04FCD4320100F900";
const NOBODY = "4B00";

async function activated() {
  const host = await new SpiHost().start();
  const { card } = host.board.place(NODE, CIE);
  await host.command(LIST_ONE_TYPE_A, 60);
  return { host, card };
}

const poll = async (host: SpiHost): Promise<string> => packet(await host.command(LIST_ONE_TYPE_A, 60));
const thru = async (host: SpiHost, frame: string): Promise<string> =>
  packet(await host.command(commandFrame(`42${frame}`), 70));

describe("InListPassiveTarget", () => {
  test("a card left lying is missed by the next poll and found by the one after", async () => {
    const { host } = await activated();
    expect(await poll(host)).toBe(NOBODY);
    expect(await poll(host)).toMatch(/^4B01/);
  });

  test.each([
    ["InDeselect", "4401"],
    ["InRelease", "5200"],
  ])("after %s the next poll finds it", async (_name, command) => {
    const { host } = await activated();
    expect(packet(await host.command(commandFrame(command), 10))).toMatch(/00$/);
    expect(await poll(host)).toMatch(/^4B01/);
  });

  test("the field off for 5 ms lets the next poll find it, for 4 ms does not", async () => {
    const { host } = await activated();
    await host.command(FIELD_OFF);
    await host.pass(4_000 - 1_000);
    expect(await poll(host)).toBe(NOBODY);
    await poll(host);
    await host.command(FIELD_OFF);
    await host.pass(5_000);
    expect(await poll(host)).toMatch(/^4B01/);
  });

  test("retries are honoured at 20 ms for each try", async () => {
    const host = await new SpiHost().start();
    await host.command(commandFrame("3205FF0104"));
    await poll(host);
    const before = host.timeline.nowUs();
    expect(await poll(host)).toBe(NOBODY);
    const tookUs = host.timeline.nowUs() - before;
    expect(tookUs).toBeGreaterThan(100_000);
    expect(tookUs).toBeLessThan(102_000);
  });

  test("a card that comes during an endless poll is found at the next try", async () => {
    const host = await new SpiHost().start();
    await host.command(commandFrame("3205FF01FF"));
    await host.write(LIST_ONE_TYPE_A);
    await host.falls();
    await host.read(6);
    await host.pass(1_234_567);
    host.board.place(NODE, CIE);
    const placedAtUs = host.timeline.nowUs();
    expect(await host.falls()).toBe(true);
    const tap = host.board.snapshotTap(NODE);
    expect(tap?.placedAtUs).toBe(placedAtUs);
    expect((tap?.foundAtUs ?? 0) - placedAtUs).toBeLessThanOrEqual(20_000);
    expect(host.timeline.nowUs() - (tap?.foundAtUs ?? 0)).toBe(6_000);
  });

  test("a UID of an identity document is another after each loss of power, and stays until then", async () => {
    const { host } = await activated();
    await host.command(commandFrame("5200"), 10);
    const first = await poll(host);
    await host.command(commandFrame("5200"), 10);
    expect(await poll(host)).toBe(first);
    await host.command(FIELD_OFF);
    await host.pass(5_000);
    const second = await poll(host);
    expect(second).toMatch(/^4B01/);
    expect(second).not.toBe(first);
  });

  test("a transit pass has a fixed UID, no ISO-DEP and no answer to APDUs", async () => {
    const host = await new SpiHost().start();
    host.board.place(NODE, TRANSIT);
    expect(await poll(host)).toBe("4B010100040804DEADBEEF");
    expect(await host.apdu(SELECT_IAS)).toBe("01");
  });

  test("a wanted UID passes over every other card", async () => {
    const host = await new SpiHost().start();
    host.board.place(NODE, TRANSIT);
    expect(packet(await host.command(commandFrame("4A0100DEADBEEE"), 40))).toBe(NOBODY);
    await poll(host);
    await host.command(commandFrame("5200"), 10);
    expect(packet(await host.command(commandFrame("4A0100DEADBEEF"), 40))).toMatch(/DEADBEEF$/);
  });

  test("two cards in one field collide: nobody is found until one is taken away", async () => {
    const host = await new SpiHost().start();
    host.board.place(NODE, CIE);
    const { card } = host.board.place(NODE, TRANSIT);
    expect(await poll(host)).toBe(NOBODY);
    host.board.remove(NODE, card);
    expect(await poll(host)).toMatch(/^4B01/);
  });

  test("type B finds nothing, and a UID of seven bytes is wanted with its cascade tag", async () => {
    const host = await new SpiHost().start();
    host.board.place(NODE, { card: "payment", uid: "04010203040506" });
    expect(packet(await host.command("0000FF05FBD44A010300DE00", 40))).toBe(NOBODY);
    expect(packet(await host.command(commandFrame("4A010004010203"), 40))).toBe(NOBODY);
    await poll(host);
    expect(packet(await host.command(commandFrame("4A01008804010203040506"), 60))).toMatch(
      /^4B01010044280704010203040506/,
    );
  });
});

describe("exchange", () => {
  test("a phone answers no application, a bank card only its payment directory", async () => {
    const ppse = "00A404000E325041592E5359532E4444463031";
    for (const [card, answer] of [
      ["phone", /^006A82$/],
      ["payment", /^006F10840E325041592E5359532E44444630319000$/],
    ] as const) {
      const host = await new SpiHost().start();
      host.board.place(NODE, { card });
      await poll(host);
      expect(await host.apdu(SELECT_IAS)).toBe("006A82");
      expect(await host.apdu(ppse)).toMatch(answer);
    }
  });

  test("a card taken away in the middle of an answer gives status 01, and so does every later exchange", async () => {
    const { host } = await activated();
    await host.write(commandFrame(`4001${SELECT_IAS}`));
    await host.falls();
    await host.read(6);
    await host.pass(10_000);
    host.board.remove(NODE);
    expect(await host.falls()).toBe(true);
    expect(packet(await host.read(20))).toBe("4101");
    expect(await host.apdu(SELECT_IAS)).toBe("01");
  });

  test("a second card beside the active one garbles its answers: status 06", async () => {
    const { host } = await activated();
    host.board.place(NODE, TRANSIT);
    expect(await host.apdu(SELECT_IAS)).toBe("06");
  });

  test("a command in two host frames arrives as one: bit 6 of the target number says that more follows", async () => {
    const { host } = await activated();
    expect(packet(await host.command(commandFrame(`4041${SELECT_IAS.slice(0, 20)}`), 12))).toBe("4100");
    expect(packet(await host.command(commandFrame(`4001${SELECT_IAS.slice(20)}`), 12))).toBe("41009000");
  });

  test("presence by R(NAK): R(ACK) from a card that is there, status 01 after fRetryTimeout when it is gone", async () => {
    const { host, card } = await activated();
    await host.apdu(SELECT_IAS);
    expect(await thru(host, "B2")).toBe("4300029000"); // its own number: the last block once more
    expect(await thru(host, "B3")).toBe("4300A2");
    expect(packet(await host.command(commandFrame("0006"), 12))).toBe("0100");
    host.board.remove(NODE, card);
    await host.command(commandFrame("3202000B08"));
    const before = host.timeline.nowUs();
    expect(await thru(host, "B2")).toBe("4301");
    expect(host.timeline.nowUs() - before).toBeLessThan(15_000);
  });

  test("InSelect wakes a deselected card", async () => {
    const { host } = await activated();
    await host.command(commandFrame("4401"), 10);
    expect(packet(await host.command(commandFrame("5401"), 12))).toBe("5500");
    expect(await host.apdu(SELECT_IAS)).toBe("009000");
  });
});

describe("long APDUs, with a card that echoes them", () => {
  /** Takes blocks of 32 bytes, so that every command longer than 29 bytes is chained to it. */
  const echo = (): TypeACard => {
    const application = {
      process: (apdu: Uint8Array) => ({ response: apdu, workUs: 1_000 }),
      reset: () => undefined,
    };
    const isoDep = new IsoDepCard({ historicalBytes: new Uint8Array(), fsci: 2, fwi: 4 }, application);
    return new TypeACard({ sensRes: 0x0004, selRes: 0x20, uid: () => hex("08010203"), isoDep });
  };

  test.each([1, 29, 30, 61, 62, 262])("%i bytes in one host frame each way", async (lengthBytes) => {
    const host = await new SpiHost().start();
    host.board.placeCard(NODE, echo());
    await poll(host);
    const text = "5A".repeat(lengthBytes);
    expect(await host.apdu(text)).toBe(`00${text}`);
  });

  test("600 bytes go out in three parts and come back in three, status bit 6 saying that more is to come", async () => {
    const host = await new SpiHost().start();
    host.board.placeCard(NODE, echo());
    await poll(host);
    const text = toHex(Uint8Array.from({ length: 600 }, (_, index) => index & 0xff));
    const exchange = async (target: string, part: string): Promise<string> =>
      packet(await host.command(commandFrame(`40${target}${part}`), 275)).slice(2);
    expect(await exchange("41", text.slice(0, 524))).toBe("00");
    expect(await exchange("41", text.slice(524, 1048))).toBe("00");
    expect(await exchange("01", text.slice(1048))).toBe(`40${text.slice(0, 524)}`);
    expect(await exchange("01", "")).toBe(`40${text.slice(524, 1048)}`);
    expect(await exchange("01", "")).toBe(`00${text.slice(1048)}`);
  });
});

test("the split of a tap adds up: radio, chip, bus and card of a NIS reading", async () => {
  const host = await new SpiHost().start();
  host.board.placeAtNextTry(NODE, CIE);
  await poll(host);
  for (const apdu of [SELECT_IAS, "00A4040C06A00000000039", "00B081000C"]) await host.apdu(apdu);
  const tap = host.board.snapshotTap(NODE);
  if (tap === undefined) throw new Error("no tap");
  // 6 ms activation and 70 bytes of 84.96 us; 3 x (0.5 + 0.5) ms; 3 x 15 ms.
  expect(tap.radioUs).toBeCloseTo(6_000 + 70 * 84.96, 3);
  expect([tap.chipUs, tap.cardUs, tap.commands]).toEqual([3_000, 45_000, 4]);
  const spentUs = tap.radioUs + tap.chipUs + tap.busUs + tap.cardUs;
  // Instants are whole microseconds: each of some twenty waits may be half of one off.
  expect(Math.abs(host.timeline.nowUs() - tap.foundAtUs - spentUs)).toBeLessThan(10);
});
