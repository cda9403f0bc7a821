import { describe, expect, test } from "vitest";
import { isPpsAnswer, ppsFrame, ratsFrame } from "../../../drivers/pn532/iso-dep-activation.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { IsoDepCard } from "../../../src/sim/cards/iso-dep.ts";
import { RATES_106, type RateCode } from "../../../src/sim/timing.ts";

function makeCard(): IsoDepCard {
  const application = {
    process: () => ({ response: hex("11".repeat(300)), workUs: 1_000 }),
    reset: () => undefined,
  };
  return new IsoDepCard({ historicalBytes: hex("80"), fsci: 8, fwi: 8 }, application);
}

const ask = (card: IsoDepCard, frame: Uint8Array): Uint8Array =>
  card.receive(frame)?.frame ?? new Uint8Array(0);

describe("RATS", () => {
  test.each([
    [64, "E050"],
    [128, "E070"],
    [256, "E080"],
  ] as const)("for frames of %i bytes is %s, and the card keeps to them", (frameBytes, text) => {
    expect(toHex(ratsFrame(frameBytes))).toBe(text);
    const card = makeCard();
    ask(card, ratsFrame(frameBytes));
    expect(ask(card, hex("0200A4040C"))).toHaveLength(frameBytes - 2);
  });
});

describe("PPS", () => {
  test.each<readonly [106 | 212 | 424, string, RateCode]>([
    [106, "D01100", 0],
    [212, "D01105", 1],
    [424, "D0110A", 2],
  ])("to %i kbit/s is %s, which the card agrees to and then lives by", (kbits, text, rate) => {
    expect(toHex(ppsFrame(kbits))).toBe(text);
    const card = makeCard();
    ask(card, ratsFrame(256));
    expect(isPpsAnswer(ask(card, ppsFrame(kbits)))).toBe(true);
    expect(card.receive(hex("B2"), { toCard: rate, toChip: rate })).toBeDefined();
    if (rate !== 0) expect(card.receive(hex("B2"), RATES_106)).toBeUndefined();
  });

  test.each([
    ["its start byte", "D0", true],
    ["nothing", "", false],
    ["the start byte for card number 1", "D1", false],
    ["the whole request", "D01105", false],
    ["a block", "A2", false],
  ])("is agreed to by %s: %s, %s", (_, text, agreed) => {
    expect(isPpsAnswer(hex(text))).toBe(agreed);
  });
});
