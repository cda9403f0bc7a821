import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { IsoDepCard } from "../../src/sim/cards/iso-dep.ts";
import { TypeBCard } from "../../src/sim/cards/type-b.ts";
import { commandFrame, LIST_ONE_TYPE_A, NODE, packet, SpiHost } from "./spi-host.ts";

const CIE = { card: "cie", family: "itj4i", nis: "123456789012", type: "B", uid: "0A0B0C0D" } as const;
const TRANSIT = { card: "transit", uid: "DEADBEEF" } as const;
const LIST_ONE_TYPE_B = "0000FF05FBD44A010300DE00";
const NOBODY = "4B00";
/** Tg, ATQB: PUPI, application data, 106 kbit/s, 256 bytes and ISO-DEP, FWI 8 and a card number; ATTRIB's answer. */
const FOUND = "4B0101500A0B0C0D0000000000818101" + "01";
const FIELD_OFF = "0000FF04FCD4320100F900";

const poll = async (host: SpiHost): Promise<string> => packet(await host.command(LIST_ONE_TYPE_B, 60));
const thru = async (host: SpiHost, frame: string): Promise<string> =>
  packet(await host.command(commandFrame(`42${frame}`), 70));
const ask = async (host: SpiHost, text: string): Promise<string> =>
  packet(await host.command(commandFrame(text), 70));

async function withCard() {
  const host = await new SpiHost().start();
  const { card } = host.board.place(NODE, CIE);
  return { host, card };
}

describe("InListPassiveTarget", () => {
  test("finds a type B card by its own kind of request, with ATQB and the answer to ATTRIB", async () => {
    const { host } = await withCard();
    expect(packet(await host.command(LIST_ONE_TYPE_A, 60))).toBe(NOBODY);
    expect(await poll(host)).toBe(FOUND);
  });

  test("wants the application family, and finds the card only for its own or for all", async () => {
    const { host } = await withCard();
    expect(await host.command(commandFrame("4A0103"), 8)).toBe("0000FF01FF7F8100");
    expect(await ask(host, "4A010310")).toBe(NOBODY);
    expect(await poll(host)).toBe(FOUND);
  });

  test("an active card stays active under further requests, until the field was off for 5 ms", async () => {
    const { host } = await withCard();
    await poll(host);
    expect([await poll(host), await poll(host)]).toEqual([NOBODY, NOBODY]);
    await host.command(FIELD_OFF);
    await host.pass(5_000);
    expect(await poll(host)).toBe(FOUND);
  });

  test("a deselected card sleeps until InSelect wakes it", async () => {
    const { host } = await withCard();
    await poll(host);
    expect(await ask(host, "4401")).toBe("4500");
    expect(await ask(host, "5401")).toBe("5500");
    expect(await host.apdu("00A4040C0DA0000000308000000009816001")).toBe("006A82");
    expect(await ask(host, "4401")).toBe("4500");
    expect(await poll(host)).toBe(NOBODY);
  });

  test("cards of both types in one field do not disturb each other; two of type B collide", async () => {
    const { host } = await withCard();
    host.board.place(NODE, TRANSIT);
    expect(packet(await host.command(LIST_ONE_TYPE_A, 60))).toMatch(/DEADBEEF$/);
    expect(await poll(host)).toBe(FOUND);
    await host.command(FIELD_OFF);
    await host.pass(5_000);
    host.board.place(NODE, { ...CIE, uid: "01020304" });
    expect(await poll(host)).toBe(NOBODY);
  });

  test("the PUPI of an identity document is another one after each loss of power", async () => {
    const host = await new SpiHost().start();
    const { uid: _, ...spec } = CIE;
    host.board.place(NODE, spec);
    const first = await poll(host);
    await host.command(FIELD_OFF);
    await host.pass(5_000);
    const second = await poll(host);
    expect([first.slice(0, 8), second.slice(0, 8)]).toEqual(["4B010150", "4B010150"]);
    expect(second).not.toBe(first);
  });

  test.each([
    ["FeliCa 212", "4A010100FFFF0100"],
    ["FeliCa 424", "4A010200FFFF0100"],
    ["Jewel", "4A0104"],
  ])("%s finds nothing", async (_name, command) => {
    const { host } = await withCard();
    expect(await ask(host, command)).toBe(NOBODY);
  });
});

describe("exchange", () => {
  test("the NIS of a CIE behind type B", async () => {
    const { host } = await withCard();
    await poll(host);
    expect(await host.apdu("00A40000")).toBe("009000");
    expect(await host.apdu("00A4040C06A00000000039")).toBe("009000");
    expect(await host.apdu("00B081000C")).toBe("003132333435363738393031329000");
  });

  test("blocks carry the card's number 1; one with another number or none is ignored", async () => {
    const { host } = await withCard();
    await poll(host);
    expect(await thru(host, "BA01")).toBe("4300AB01");
    expect(await thru(host, "BA02")).toBe("4301");
    expect(await thru(host, "B2")).toBe("4301");
    expect(await thru(host, "CA01")).toBe("4300CA01");
    expect(await thru(host, "050008")).toBe("4300500A0B0C0D00000000008181");
  });

  test("presence by Diagnose, and the card's removal", async () => {
    const { host, card } = await withCard();
    await poll(host);
    expect(await ask(host, "0006")).toBe("0100");
    host.board.remove(NODE, card);
    expect(await ask(host, "0006")).toBe("0101");
  });

  test.each([1, 12, 13, 60, 61, 262])(
    "%i bytes each way, with a card that takes blocks of 16",
    async (lengthBytes) => {
      const host = await new SpiHost().start();
      const application = {
        process: (apdu: Uint8Array) => ({ response: apdu, workUs: 1_000 }),
        reset: () => undefined,
      };
      const isoDep = new IsoDepCard({ historicalBytes: new Uint8Array(), fsci: 0, fwi: 4 }, application);
      const protocolInfo = hex("00 01 41");
      const applicationData = new Uint8Array(4);
      const card = new TypeBCard({ pupi: () => hex("01020304"), applicationData, protocolInfo, isoDep });
      host.board.placeCard(NODE, card);
      await poll(host);
      const text = toHex(Uint8Array.from({ length: lengthBytes }, (_, index) => index));
      expect(await host.apdu(text)).toBe(`00${text}`);
    },
  );

  test("a card that takes no number is spoken to without one", async () => {
    const host = await new SpiHost().start();
    const application = {
      process: (apdu: Uint8Array) => ({ response: apdu, workUs: 0 }),
      reset: () => undefined,
    };
    const isoDep = new IsoDepCard({ historicalBytes: new Uint8Array(), fsci: 8, fwi: 4 }, application);
    const protocolInfo = hex("00 81 40");
    const applicationData = new Uint8Array(4);
    host.board.placeCard(
      NODE,
      new TypeBCard({ pupi: () => hex("01020304"), applicationData, protocolInfo, isoDep }),
    );
    expect(await poll(host)).toMatch(/0100$/);
    expect(await host.apdu("1234")).toBe("001234");
    expect(await thru(host, "B3")).toBe("4300A2");
  });
});
