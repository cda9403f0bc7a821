import { describe, expect, test } from "vitest";
import { activeCard } from "../../../drivers/pn532/active-card.ts";
import { CardSpeeds } from "../../../drivers/pn532/card-speed.ts";
import { hex } from "../../../src/bytes/hex.ts";
import { type Millis, millis } from "../../../src/time/time.ts";

/** A type A card that offers what TA(1) says, with a historical byte that names its product. */
const card = ({ ta = 0x33, product = 1 } = {}) =>
  activeCard(
    {
      protocol: "typeA",
      number: 1,
      sak: 0x20,
      uid: hex("04010203"),
      ats: Uint8Array.of(6, 0x78, ta, 0x80, 0x02, product),
    },
    "firmware",
  );

const HOUR_MS = 3_600_000;

function make() {
  const time: { nowMs: Millis } = { nowMs: millis(0) };
  const speeds = new CardSpeeds({ monotonicMs: () => time.nowMs });
  const pass = (hours: number): void => {
    time.nowMs = millis(time.nowMs + hours * HOUR_MS);
  };
  return { speeds, pass };
}

describe("the rate worth asking for", () => {
  test.each([
    [0x00, 106],
    [0x11, 212],
    [0x33, 424],
    [0x77, 424],
    [0xf7, 424],
    [0x13, 212],
    [0x12, 106],
    [0x02, 106],
    [0x20, 106],
    [0x44, 106],
  ])("with TA(1) %i is %i kbit/s both ways", (ta, kbits) => {
    expect(make().speeds.worthTrying(card({ ta }))).toBe(kbits);
  });

  test("is 106 at once for a product that refused, and for it alone", () => {
    const { speeds } = make();
    speeds.failed(card(), "refused");
    expect([speeds.worthTrying(card()), speeds.worthTrying(card({ product: 2 }))]).toEqual([106, 424]);
  });

  test.each(["damaged", "silent"] as const)(
    "is 106 for a product that was %s twice, and for it alone",
    (how) => {
      const { speeds } = make();
      speeds.failed(card(), how);
      expect(speeds.worthTrying(card())).toBe(424);
      speeds.failed(card(), how);
      expect([speeds.worthTrying(card()), speeds.worthTrying(card({ product: 2 }))]).toEqual([106, 424]);
    },
  );

  test("is asked for again after one failure that was no refusal, and after a success", () => {
    const { speeds } = make();
    speeds.failed(card(), "damaged");
    expect(speeds.worthTrying(card())).toBe(424);
    speeds.worked(card(), 424);
    speeds.failed(card(), "silent");
    expect(speeds.worthTrying(card())).toBe(424);
    speeds.failed(card(), "damaged");
    expect(speeds.worthTrying(card())).toBe(106);
  });

  test.each(["refused", "damaged", "silent"] as const)(
    "is asked for once more after an hour; a trial in vain (%s) makes the next one twice as late",
    (how) => {
      const { speeds, pass } = make();
      speeds.failed(card(), "refused");
      for (const hours of [1, 2, 4, 8, 16, 32, 64, 128, 128]) {
        pass(hours - 0.001);
        expect(speeds.worthTrying(card())).toBe(106);
        pass(0.001);
        expect(speeds.worthTrying(card())).toBe(424);
        speeds.failed(card(), how);
        speeds.worked(card(), 106);
      }
    },
  );

  test("stays at 106 after a trial that has lost a card, until one was read", () => {
    const { speeds, pass } = make();
    speeds.failed(card(), "silent");
    speeds.failed(card(), "silent");
    pass(1);
    speeds.failed(card(), "silent");
    pass(1_000);
    expect(speeds.worthTrying(card())).toBe(106);
    speeds.worked(card(), 106);
    expect(speeds.worthTrying(card())).toBe(424);
    // A refusal costs no card.
    speeds.failed(card(), "refused");
    pass(1_000);
    expect(speeds.worthTrying(card())).toBe(424);
  });

  test("is as at first once a card has answered at it", () => {
    const { speeds, pass } = make();
    speeds.failed(card(), "refused");
    pass(1);
    speeds.worked(card(), 424);
    speeds.failed(card(), "damaged");
    expect(speeds.worthTrying(card())).toBe(424);
  });

  test("is forgotten for the oldest of very many products", () => {
    const { speeds } = make();
    for (let product = 0; product < 65; product++) speeds.failed(card({ product }), "refused");
    expect([speeds.worthTrying(card({ product: 0 })), speeds.worthTrying(card({ product: 64 }))]).toEqual([
      424, 106,
    ]);
  });
});
