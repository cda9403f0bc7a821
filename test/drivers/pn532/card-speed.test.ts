import { describe, expect, test } from "vitest";
import { activeCard } from "../../../drivers/pn532/active-card.ts";
import { CardSpeeds } from "../../../drivers/pn532/card-speed.ts";
import { hex } from "../../../src/bytes/hex.ts";

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
    expect(new CardSpeeds().worthTrying(card({ ta }))).toBe(kbits);
  });

  test("stays at 106 for a product that failed twice, and for it alone", () => {
    const speeds = new CardSpeeds();
    speeds.failed(card());
    speeds.failed(card());
    expect([speeds.worthTrying(card()), speeds.worthTrying(card({ product: 2 }))]).toEqual([106, 424]);
  });

  test("is asked for again after one failure, and after a success", () => {
    const speeds = new CardSpeeds();
    speeds.failed(card());
    expect(speeds.worthTrying(card())).toBe(424);
    speeds.worked(card());
    speeds.failed(card());
    expect(speeds.worthTrying(card())).toBe(424);
    speeds.failed(card());
    expect(speeds.worthTrying(card())).toBe(106);
  });

  test("is forgotten for the oldest of very many products", () => {
    const speeds = new CardSpeeds();
    for (let product = 0; product < 65; product++) {
      speeds.failed(card({ product }));
      speeds.failed(card({ product }));
    }
    expect([speeds.worthTrying(card({ product: 0 })), speeds.worthTrying(card({ product: 64 }))]).toEqual([
      424, 106,
    ]);
  });
});
