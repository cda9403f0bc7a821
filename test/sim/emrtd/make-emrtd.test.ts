/** A virtual document behind its transport: what the antenna sees, and cards that never come to an end or are never heard of again. */
import { describe, expect, test } from "vitest";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { IsoDepCard } from "../../../src/sim/cards/iso-dep.ts";
import type { ChipFault } from "../../../src/sim/emrtd/chip-faults.ts";
import { contentOf } from "../../../src/sim/emrtd/documents/content-of.ts";
import { makeEmrtd } from "../../../src/sim/emrtd/make-emrtd.ts";
import { SeededRandom } from "../../../src/sim/seeded-random.ts";

const READ_CARD_ACCESS = hex("00B09C0000");

/** The card's answer to the first I-block after activation. */
function firstAnswer(fault?: ChipFault): string {
  const { card } = makeEmrtd({ card: "emrtd", profile: "cnie", latency: "none", ...(fault && { fault }) });
  card.enterField(new SeededRandom(1));
  card.select();
  card.receive(hex("E080"));
  return toHex(card.receive(concat(Uint8Array.of(0x02), READ_CARD_ACCESS))?.frame ?? new Uint8Array());
}

test("the antenna sees a card of type A with the historical bytes of its kind", () => {
  const { card } = makeEmrtd({ card: "emrtd", profile: "cnie", uid: "08010203", fwi: 10 });
  card.enterField(new SeededRandom(1));
  expect(toHex(card.select())).toBe("08010203");
  const ats = toHex(card.receive(hex("E080"))?.frame ?? new Uint8Array());
  expect(ats.slice(4, 10)).toBe("33A002");
  expect(ats.endsWith(toHex(contentOf("cnie").historicalBytes))).toBe(true);
});

test("its answers come in blocks", () => {
  const file = toHex(contentOf("cnie").masterFile.get(0x011c) ?? new Uint8Array());
  expect(firstAnswer()).toBe(`02${file}9000`);
});

describe("a card without an end", () => {
  test("asks for waiting time again and again", () => {
    expect(firstAnswer("wtxFlood")).toBe("F23B");
  });

  test("chains its answer for ever", () => {
    expect(firstAnswer("endlessChain")).toMatch(/^12(00){100}$/);
  });
});

test("a card that dies of a command is silent for it and for all that follow, until it has lost power", () => {
  const response = hex("9000");
  const application = {
    process: () => ({ response, workUs: 0, unheard: true }),
    reset: () => undefined,
  };
  const card = new IsoDepCard({ historicalBytes: new Uint8Array(), fsci: 8, fwi: 8 }, application);
  card.open({ frameSizeCode: 8, cid: 0 });
  expect(card.receive(hex("0200B09C0000"))).toBeUndefined();
  expect(card.receive(hex("B2"))).toBeUndefined();
  card.powerOff();
  expect(card.receive(hex("E080"))).toBeDefined();
});

test("a fault that cannot befall the document is a defect of whoever asks", () => {
  expect(() => makeEmrtd({ card: "emrtd", profile: "passport-us", fault: "cardAccessSpelledOut" })).toThrow(
    RangeError,
  );
});
