import { describe, expect, test } from "vitest";
import { commandFrame, LIST_ONE_TYPE_A, NODE, packet, SpiHost } from "./spi-host.ts";

const FIELD_ON = "320101";
const SELECT_MF = "400100A40000";
/** RATS with its CRC, and the ATS of a bulk card: TL, T0, TA, TB, TC, five historical bytes, CRC. */
const ACTIVATION_BYTES = 4 + 12;
/** READ BINARY of 100 bytes: command; I-block of 61, R(ACK), I-block of 39 and SW. All with their CRC. */
const READ_100 = "400100B0000064";
const READ_PARTS = [1 + 5 + 2, 1 + 61 + 2, 1 + 2, 1 + 39 + 2 + 2];

const ask = async (host: SpiHost, text: string): Promise<string> =>
  packet(await host.command(commandFrame(text), 275));
const antenna = (host: SpiHost) => host.board.reader(NODE).antenna;

async function withBulk() {
  const host = await new SpiHost().start();
  const { bulk, card } = host.board.place(NODE, { card: "bulk" });
  if (bulk === undefined) throw new Error("no bulk card");
  return { host, bulk, card };
}

describe("a card torn away", () => {
  test.each(Array.from({ length: ACTIVATION_BYTES + 1 }, (_, bytes) => bytes))(
    "after %i bytes of its activation is found only if that was all",
    async (bytes) => {
      const { host } = await withBulk();
      antenna(host).tearAfter(bytes);
      expect(packet(await host.command(LIST_ONE_TYPE_A, 60))).toMatch(
        bytes < ACTIVATION_BYTES ? /^4B00$/ : /^4B01/,
      );
    },
  );

  test("at any byte of a command has not heard it; at any byte of its answer it has, and status 01 is all that is left", async () => {
    const wholeBytes = READ_PARTS.reduce((sum, part) => sum + part, 0);
    for (let bytes = 0; bytes <= wholeBytes; bytes++) {
      const { host, bulk } = await withBulk();
      await host.command(LIST_ONE_TYPE_A, 60);
      antenna(host).tearAfter(bytes);
      const status = (await ask(host, READ_100)).slice(0, 4);
      expect([bytes, status]).toEqual([bytes, bytes < wholeBytes ? "4101" : "4100"]);
      expect([bytes, bulk.processed]).toEqual([bytes, bytes < (READ_PARTS[0] ?? 0) ? 0 : 1]);
    }
  });

  test("can be put back, and is torn but once", async () => {
    const { host, card } = await withBulk();
    antenna(host).tearAfter(0);
    await host.command(LIST_ONE_TYPE_A, 60);
    expect(antenna(host).cards()).toEqual([]);
    host.board.placeCard(NODE, card);
    expect(packet(await host.command(LIST_ONE_TYPE_A, 60))).toMatch(/^4B01/);
    expect(await ask(host, SELECT_MF)).toBe("41009000");
  });
});

describe.each([
  ["overTemperature", "0D"],
  ["overCurrent", "2D"],
] as const)("a chip in %s", (protection, status) => {
  test("has its drivers off: nobody is found, every frame has its status, and GetGeneralStatus tells", async () => {
    const { host } = await withBulk();
    await host.command(LIST_ONE_TYPE_A, 60);
    host.chip.setProtection(protection);
    expect(await ask(host, SELECT_MF)).toBe(`41${status}`);
    expect(await ask(host, "42B2")).toBe(`43${status}`);
    expect(await ask(host, "0006")).toBe(`01${status}`);
    expect(await ask(host, "04")).toBe(`05${status}00010100000000`);
    await ask(host, FIELD_ON);
    expect(packet(await host.command(LIST_ONE_TYPE_A, 60))).toBe("4B00");
    expect(antenna(host).fieldIsOn()).toBe(false);
  });

  test("that strikes in the middle of an exchange ends it, and the card has lost its power", async () => {
    const { host, bulk } = await withBulk();
    await host.command(LIST_ONE_TYPE_A, 60);
    await host.write(commandFrame(READ_100));
    await host.falls();
    await host.read(6);
    await host.pass(3_000);
    host.chip.setProtection(protection);
    await host.falls();
    expect(packet(await host.read(20))).toBe(`41${status}`);
    expect(bulk.processed).toBe(1);
    host.chip.setProtection("none");
    expect(await ask(host, SELECT_MF)).toBe("4101");
    await host.pass(5_000);
    expect(packet(await host.command(LIST_ONE_TYPE_A, 60))).toMatch(/^4B01/);
    expect(await ask(host, SELECT_MF)).toBe("41009000");
  });
});

describe("several cards", () => {
  const FIRST = { card: "bulk", uid: "08010203" } as const;
  const SECOND = { card: "bulk", uid: "08040506" } as const;

  test("two or three of a kind are nobody; the one that is left is found", async () => {
    const host = await new SpiHost().start();
    const [first, second, third] = [FIRST, SECOND, { card: "phone" } as const].map(
      (spec) => host.board.place(NODE, spec).card,
    );
    expect(await ask(host, "4A0100")).toBe("4B00");
    host.board.remove(NODE, third);
    expect(await ask(host, "4A0100")).toBe("4B00");
    host.board.remove(NODE, first);
    expect(await ask(host, "4A0100")).toMatch(/04080405060/);
    expect(antenna(host).cards()).toEqual([second]);
  });

  test.each([
    ["another", SECOND],
    ["the same", FIRST],
  ])(
    "one in the place of the active one, with %s UID, is silent until it is activated itself",
    async (_uid, spec) => {
      const host = await new SpiHost().start();
      host.board.place(NODE, FIRST);
      await ask(host, "4A0100");
      host.board.remove(NODE);
      const { bulk } = host.board.place(NODE, spec);
      expect(await ask(host, SELECT_MF)).toBe("4101");
      expect(bulk?.processed).toBe(0);
      expect(await ask(host, "4A0100")).toMatch(/^4B01/);
      expect(await ask(host, SELECT_MF)).toBe("41009000");
    },
  );

  test("swapped in the middle of an APDU, the answer of neither passes for the other's", async () => {
    const host = await new SpiHost().start();
    host.board.place(NODE, FIRST);
    await ask(host, "4A0100");
    await host.write(commandFrame(READ_100));
    await host.falls();
    await host.read(6);
    await host.pass(3_000);
    host.board.remove(NODE);
    host.board.place(NODE, SECOND);
    await host.falls();
    expect(packet(await host.read(20))).toBe("4101");
  });
});
