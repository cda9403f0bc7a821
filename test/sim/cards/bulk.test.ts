import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { BulkApplication } from "../../../src/sim/cards/bulk.ts";
import { makeCard, parseCardSpec } from "../../../src/sim/cards/make-card.ts";

const ask = (card: BulkApplication, command: string): string => toHex(card.process(hex(command)).response);

describe("the file", () => {
  test("is 20480 bytes, and an APDU takes 3 ms, unless it is told otherwise", () => {
    expect(new BulkApplication({ card: "bulk" }).file.length).toBe(20_480);
    expect(new BulkApplication({ card: "bulk" }).process(hex("00A40000")).workUs).toBe(3_000);
    const other = new BulkApplication({ card: "bulk", fileBytes: 7, apduUs: 5 });
    expect([other.file.length, other.process(hex("00A40000")).workUs]).toEqual([7, 5]);
  });

  test("is read with short and extended lengths, from any offset, and no further than its end", () => {
    const card = new BulkApplication({ card: "bulk", fileBytes: 70_000 });
    expect(ask(card, "00B0000004")).toBe("000102039000");
    expect(ask(card, "00B000FB02")).toBe("00019000"); // 251 is 0 again
    expect(card.process(hex("00B0000000")).response.length).toBe(256 + 2);
    expect(card.process(hex("00B00000000102")).response.length).toBe(258 + 2);
    expect(card.process(hex("00B00000000000")).response.length).toBe(65_536 + 2);
    const short = new BulkApplication({ card: "bulk", fileBytes: 3 });
    expect([ask(short, "00B0000008"), ask(short, "00B0000308"), ask(short, "00B0000408")]).toEqual([
      "0001029000",
      "9000",
      "6B00",
    ]);
  });

  test("is written, outlives the loss of power, and refuses what does not fit", () => {
    const card = new BulkApplication({ card: "bulk", fileBytes: 8 });
    expect(ask(card, "00D6000203AABBCC")).toBe("9000");
    card.reset();
    expect(ask(card, "00B0000008")).toBe("0001AABBCC0506079000");
    expect(ask(card, "00D6000603AABBCC")).toBe("6B00");
  });
});

test("echoes, selects anything, refuses the rest, and counts every APDU", () => {
  const card = new BulkApplication({ card: "bulk" });
  expect(ask(card, "80EC00000411223344")).toBe("112233449000");
  expect(ask(card, "00A4040C02A000")).toBe("9000");
  expect(ask(card, "0084000008")).toBe("6D00");
  expect(ask(card, "00A404")).toBe("6700");
  expect(card.processed).toBe(4);
});

describe("as JSON from outside", () => {
  const ODD = {
    card: "bulk",
    uid: "04010203040506",
    fsci: 15,
    fwi: 15,
    ta: "absent",
    atsLength: "tooLarge",
    pps: "refuses",
    wtxFlood: 59,
    endlessChain: 0,
    fileBytes: 0,
    apduUs: 0,
  };

  test("passes with every option, and is the card that it says", () => {
    expect(parseCardSpec(ODD)).toEqual({ ok: true, value: ODD });
    const made = makeCard({ card: "bulk", uid: "04010203040506", ta: "absent" });
    expect(made.bulk).toBeInstanceOf(BulkApplication);
    expect(made.card).toMatchObject({ type: "A", profile: { sensRes: 0x0044, selRes: 0x20 } });
  });

  test.each([
    ["fsci", 16],
    ["fwi", -1],
    ["ta", 256],
    ["ta", "present"],
    ["atsLength", "long"],
    ["pps", true],
    ["wtxFlood", 60],
    ["wtxFlood", 0],
    ["endlessChain", 1.5],
    ["fileBytes", 100_001],
    ["apduUs", "3"],
    ["uid", "0102"],
  ])("is refused with %s %s", (name, value) => {
    expect(parseCardSpec({ ...ODD, [name]: value })).toEqual({
      ok: false,
      error: expect.stringContaining(name) as string,
    });
  });
});
