import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { type CardAnswer, IsoDepCard, type IsoDepProfile } from "../../../src/sim/cards/iso-dep.ts";

const RATS_FSD_64 = hex("E050");
const FWT_US = 4096 / 13.56;
/** Historical bytes of 15, the most that there may be. */
const HISTORICAL = hex("80 31 80 65 B0 85 04 00 11 12 0F FF 82 90 00");

/** A card whose application echoes after `workUs`. */
function makeCard(options: Partial<IsoDepProfile> = {}, workUs = 1_000): IsoDepCard {
  const application = {
    process: (apdu: Uint8Array) => ({ response: apdu, workUs }),
    reset: () => undefined,
  };
  return new IsoDepCard({ historicalBytes: hex("80"), fsci: 8, fwi: 8, ...options }, application);
}

function opened(options: Partial<IsoDepProfile> = {}, workUs = 1_000): IsoDepCard {
  const card = makeCard(options, workUs);
  card.receive(RATS_FSD_64);
  return card;
}

const text = (answer: CardAnswer | undefined): string =>
  answer === undefined ? "silent" : toHex(answer.frame);
const say = (card: IsoDepCard, frame: string): string => text(card.receive(hex(frame)));

describe("answer to select", () => {
  test.each<readonly [string, Partial<IsoDepProfile>, string]>([
    ["an ordinary card", {}, "067833800280"],
    ["no TA", { ta: "absent" }, "0568800280"],
    ["reserved FSCI and FWI", { fsci: 15, fwi: 15 }, "067F33F00280"],
    ["the length byte alone", { atsLength: "one" }, "01"],
    ["a length byte that promises more", { atsLength: "tooLarge" }, "167833800280"],
  ])("of %s", (_name, options, ats) => {
    expect(say(makeCard(options), "E050")).toBe(ats);
  });

  test("is cut to what the reader's frame holds", () => {
    const card = makeCard({ historicalBytes: HISTORICAL });
    // Frames of 16 bytes: 14 without CRC, 5 of them in front of the historical bytes.
    expect(say(card, "E000")).toBe(`0E78338002${toHex(HISTORICAL.subarray(0, 9))}`);
  });

  test("comes once: a second RATS is none of the blocks that an active card knows", () => {
    expect(say(opened(), "E050")).toBe("silent");
  });
});

describe("PPS", () => {
  test("is answered by its start byte; with a wrong second byte, too many bytes or too high a rate it is ignored", () => {
    for (const wrong of ["D0010A", "D0110A00", "D0111A", "D0110F", "D1110A"]) {
      const card = opened();
      expect(say(card, wrong)).toBe("silent");
      expect(say(card, "D0110A")).toBe("D0");
    }
  });

  test("moves every later block to the agreed rates: frames at others are not heard, answers at others neither", () => {
    const card = opened();
    expect(say(card, "D01106")).toBe("D0"); // 212 back, 424 to the card
    const rates = (toCard: 0 | 1 | 2, toChip: 0 | 1 | 2) => card.receive(hex("B2"), { toCard, toChip });
    expect([rates(0, 0), rates(1, 1), rates(2, 2)]).toEqual([undefined, undefined, undefined]);
    expect(text(rates(2, 1))).toBe("A3");
    card.powerOff();
    expect(say(card, "E050")).toMatch(/^06/);
  });
});

describe("frame sizes", () => {
  test.each([
    [0, 16],
    [1, 24],
    [2, 32],
    [3, 40],
    [4, 48],
    [5, 64],
    [6, 96],
    [7, 128],
    [8, 256],
    [9, 256],
    [15, 256],
  ])("FSCI %i takes frames of %i bytes with their CRC, and no longer ones", (fsci, sizeBytes) => {
    const block = (lengthBytes: number): string => `02${"00".repeat(lengthBytes - 3)}`;
    expect(say(opened({ fsci }), block(sizeBytes))).toMatch(/^[01]2/);
    expect(say(opened({ fsci }), block(sizeBytes + 1))).toBe("silent");
  });

  test("an ATS of one byte stands for frames of 32 bytes", () => {
    const block = (lengthBytes: number): string => `02${"00".repeat(lengthBytes - 3)}`;
    expect(say(opened({ atsLength: "one" }), block(32))).toMatch(/^02/);
    expect(say(opened({ atsLength: "one" }), block(33))).toBe("silent");
  });
});

describe("waiting time", () => {
  /** Grants whatever is asked for until the card answers; the multipliers and all the time that passed. */
  function grantAll(card: IsoDepCard, limit = 20) {
    const multipliers: number[] = [];
    let answer = card.receive(hex("0200"));
    let tookUs = 0;
    while (answer?.frame[0] === 0xf2 && multipliers.length < limit) {
      multipliers.push(answer.frame[1] ?? 0);
      tookUs += answer.workUs;
      answer = card.receive(answer.frame);
    }
    return { multipliers, tookUs: tookUs + (answer?.workUs ?? 0), last: text(answer) };
  }

  test("work within the frame waiting time needs none", () => {
    expect(grantAll(opened({ fwi: 4 }, 4_800))).toMatchObject({ multipliers: [], tookUs: 4_800 });
  });

  test("work beyond it is asked for in one, up to 59 times", () => {
    expect(grantAll(opened({ fwi: 4 }, 15_000)).multipliers).toEqual([4]);
    expect(grantAll(opened({ fwi: 4 }, 58.5 * 16 * FWT_US)).multipliers).toEqual([59]);
  });

  test("work beyond 59 times is asked for again, before the granted time has passed", () => {
    const { multipliers, tookUs, last } = grantAll(opened({ fwi: 0 }, 40_000));
    expect(multipliers).toEqual([59, 59, 27]);
    expect(tookUs).toBeCloseTo(40_000 + 300, 0);
    expect(last).toBe("0200");
  });

  test("no multiplier makes more than 4949 ms: FWI 14 is asked for again and again", () => {
    const { multipliers, last } = grantAll(opened({ fwi: 14 }, 12_000_000));
    expect(multipliers).toEqual([3, 2, 1]);
    expect(last).toBe("0200");
  });

  test("a flood never ends", () => {
    expect(grantAll(opened({ fwi: 4, wtxFlood: 59 }), 1_000).multipliers).toEqual(Array(1_000).fill(59));
  });

  test("a request for time that got lost is repeated on R(NAK)", () => {
    const card = opened({ fwi: 4, wtxFlood: 7 });
    expect([say(card, "0200"), say(card, "B2")]).toEqual(["F207", "F207"]);
  });
});

describe("an endless chain", () => {
  test.each([
    [0, 1],
    [1, 2],
    [61, 62],
    [253, 62],
  ])(
    "of %i bytes in each block goes on as long as it is acknowledged, in blocks of %i",
    (dataBytes, blockBytes) => {
      const card = opened({ endlessChain: dataBytes });
      let answer = card.receive(hex("0200"));
      for (let block = 0; block < 1_000; block++) {
        expect(answer?.frame.length).toBe(blockBytes);
        expect((answer?.frame[0] ?? 0) & 0xfe).toBe(0x12);
        answer = card.receive(Uint8Array.of(0xa2 | (~(answer?.frame[0] ?? 0) & 1)));
      }
    },
  );
});

describe("any frames in any order", () => {
  const profile: fc.Arbitrary<IsoDepProfile> = fc.record({
    historicalBytes: fc.uint8Array({ maxLength: 15 }),
    fsci: fc.nat(15),
    fwi: fc.nat(15),
    ta: fc.oneof(fc.nat(255), fc.constant("absent" as const)),
    atsLength: fc.constantFrom("right", "one", "tooLarge"),
    pps: fc.constantFrom("obeys", "refuses", "silentAfterwards"),
  });
  /** Half of the frames look like those of the protocol, or no state but the first would ever be reached. */
  const frame = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .tuple(
        fc.constantFrom(0x02, 0x03, 0x12, 0x13, 0x0a, 0xa2, 0xa3, 0xb2, 0xb3, 0xc2, 0xf2, 0xd0, 0xe0),
        fc.uint8Array({ maxLength: 260 }),
      )
      .map(([first, rest]) => Uint8Array.of(first, ...rest)),
    fc.constantFrom(hex("D0110A"), hex("D01105"), hex("F201"), hex("C2")),
  );
  const hearAtEveryRate = (card: IsoDepCard, frames: readonly Uint8Array[]): readonly CardAnswer[] =>
    frames.flatMap((each) =>
      ([0, 1, 2] as const).flatMap((rate) => card.receive(each, { toCard: rate, toChip: rate }) ?? []),
    );
  const SIZES = [16, 24, 32, 40, 48, 64, 96, 128];

  test("never make a card throw, nor give more than the reader's frame holds, or no time to do it in", () => {
    const endlessChain = fc.option(fc.nat(300));
    fc.assert(
      fc.property(
        profile,
        fc.nat(15),
        fc.nat(15),
        endlessChain,
        fc.array(frame),
        (shape, fsdi, cid, endless, frames) => {
          const card = makeCard(endless === null ? shape : { ...shape, endlessChain: endless });
          const rats = Uint8Array.of(0xe0, (fsdi << 4) | cid);
          for (const answer of hearAtEveryRate(card, [rats, ...frames])) {
            expect(answer.frame.length + 2).toBeLessThanOrEqual(SIZES[fsdi] ?? 256);
            expect(answer.workUs).toBeGreaterThanOrEqual(0);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe("an answer that takes long to compute", () => {
  /** A card that says what it was told, and how often that had to be computed. */
  function deliberate(workUs: number) {
    const computed: string[] = [];
    const application = {
      process: (apdu: Uint8Array) => ({
        response: () => {
          computed.push(toHex(apdu));
          return apdu;
        },
        workUs,
      }),
      reset: () => undefined,
    };
    const card = new IsoDepCard({ historicalBytes: hex("80"), fsci: 8, fwi: 4 }, application);
    card.receive(RATS_FSD_64);
    return { card, computed };
  }

  test("is computed at once when no waiting time has to be asked for", () => {
    const { card, computed } = deliberate(1_000);
    expect(say(card, "020A0B")).toBe("020A0B");
    expect(computed).toEqual(["0A0B"]);
  });

  test("is computed after the last S(WTX), and only once", () => {
    const { card, computed } = deliberate(20_000);
    expect(say(card, "020A0B")).toMatch(/^F2/);
    expect(computed).toEqual([]);
    expect(say(card, "F205")).toBe("020A0B");
    expect(say(card, "B2")).toBe("020A0B");
    expect(computed).toEqual(["0A0B"]);
  });

  test("is not computed for a reader that goes on to something else", () => {
    const { card, computed } = deliberate(20_000);
    say(card, "020A0B");
    say(card, "030C0D");
    expect(say(card, "F205")).toBe("030C0D");
    expect(computed).toEqual(["0C0D"]);
  });
});
