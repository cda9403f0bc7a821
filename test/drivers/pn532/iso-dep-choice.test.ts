import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FrameChoice, framesOf, IsoDepChoice } from "../../../drivers/pn532/iso-dep-choice.ts";
import type { LogFields } from "../../../src/ports/log.ts";
import { type Millis, millis } from "../../../src/time/time.ts";

const HOUR_MS = 3_600_000;
/** The longest block of the largest frames. */
const LONG = 254;
/** APDUs with a long block that make a success of a trial. */
const PROOFS = 16;

interface Time {
  nowMs: Millis;
}

const make = (engine: "firmware" | "software", time: Time = { nowMs: millis(0) }): IsoDepChoice =>
  new IsoDepChoice({
    engine,
    clock: { monotonicMs: () => time.nowMs },
    log: { info: () => undefined, warn: () => undefined },
  });

type How = "damaged" | "overflow" | "other";

/** A reading of a card that was activated as the choice has it now. */
const broke = (choice: IsoDepChoice, family: string, how: How, blockBytes: number): void =>
  choice.failed({ family, frames: choice.of(family) }, how, blockBytes);
const held = (choice: IsoDepChoice, family: string, blockBytes: number): void =>
  choice.worked({ family, frames: choice.of(family) }, blockBytes);

const failed = (choice: IsoDepChoice, family: string, times: number): void => {
  for (let time = 0; time < times; time++) broke(choice, family, "damaged", LONG);
};

test("the firmware's engine is never left by itself", () => {
  const choice = make("firmware");
  expect([choice.first, choice.of("A")]).toEqual(["firmware", "firmware"]);
  held(choice, "A", 254);
  expect(choice.of("A")).toBe("firmware");
});

describe("our own engine", () => {
  test("begins with the largest frames, and goes down one size at two failures in a row", () => {
    const choice = make("software");
    const seen = [];
    for (let failures = 0; failures < 8; failures++) {
      seen.push(choice.of("A"));
      broke(choice, "A", "damaged", 254);
    }
    expect(seen).toEqual([256, 256, 128, 128, 64, 64, "firmware", "firmware"]);
    expect(choice.of("A")).toBe("firmware");
  });

  test("goes down at once where the chip says that its buffer was full", () => {
    const choice = make("software");
    broke(choice, "A", "overflow", 254);
    expect(choice.of("A")).toBe(128);
    broke(choice, "A", "damaged", 254);
    broke(choice, "A", "overflow", 254);
    expect(choice.of("A")).toBe(64);
    broke(choice, "A", "overflow", 254);
    expect(choice.of("A")).toBe("firmware");
  });

  test("does not blame the size of frames for noise on short ones", () => {
    const choice = make("software");
    for (let time = 0; time < 9; time++) broke(choice, "A", "damaged", 128);
    expect(choice.of("A")).toBe(256);
  });

  test("asks all cards for less when one after the other does not answer its selection", () => {
    const choice = make("software");
    for (let time = 0; time < 4; time++) choice.selectionFailed(choice.first);
    choice.selectionWorked();
    for (let time = 0; time < 4; time++) choice.selectionFailed(choice.first);
    expect(choice.first).toBe(256);
    choice.selectionFailed(choice.first);
    expect(choice.first).toBe(128);
    for (let time = 0; time < 4; time++) choice.selectionFailed(choice.first);
    expect(choice.first).toBe(128);
    for (let time = 0; time < 6; time++) choice.selectionFailed(choice.first);
    expect(choice.first).toBe("firmware");
    for (let time = 0; time < 10; time++) choice.selectionFailed(choice.first);
    expect(choice.first).toBe("firmware");
  });

  test("keeps other kinds of cards at what they can", () => {
    const choice = make("software");
    failed(choice, "A", 4);
    expect([choice.of("A"), choice.of("B"), choice.first]).toEqual([64, 256, 256]);
  });

  test("takes what two kinds of cards cannot carry for the chip's limit", () => {
    const choice = make("software");
    failed(choice, "A", 2);
    failed(choice, "B", 2);
    expect([choice.first, choice.of("C")]).toEqual([128, 128]);
    failed(choice, "C", 2);
    expect([choice.first, choice.of("C")]).toEqual([128, 64]);
  });

  test("forgets a failure over a block that the next smaller frames could not hold, and over no other", () => {
    const choice = make("software");
    broke(choice, "A", "damaged", 254);
    held(choice, "A", 254);
    broke(choice, "A", "damaged", 254);
    expect(choice.of("A")).toBe(256);
    held(choice, "A", 128);
    broke(choice, "A", "damaged", 254);
    expect(choice.of("A")).toBe(128);
  });

  test("forgets at the smallest frames over a block that is not short", () => {
    const choice = make("software");
    failed(choice, "A", 5);
    held(choice, "A", 33);
    broke(choice, "A", "damaged", 254);
    expect(choice.of("A")).toBe(64);
    held(choice, "A", 32);
    broke(choice, "A", "damaged", 254);
    expect(choice.of("A")).toBe("firmware");
  });

  test("remembers a bounded number of kinds, those of which it was told last", () => {
    const choice = make("software");
    const others = (from: number, to: number): void => {
      for (let kind = from; kind < to; kind++) broke(choice, `kind ${kind}`, "damaged", 254);
    };
    failed(choice, "A", 2);
    others(0, 63);
    expect(choice.of("A")).toBe(128);
    broke(choice, "A", "damaged", 254);
    others(63, 126);
    expect(choice.of("A")).toBe(128);
    others(126, 127);
    expect(choice.of("A")).toBe(256);
  });

  test("counts failures at one size of frames together, and at no other", () => {
    const choice = make("software");
    failed(choice, "C", 1);
    failed(choice, "A", 2);
    failed(choice, "B", 2);
    expect(choice.of("C")).toBe(128);
    failed(choice, "C", 1);
    expect(choice.of("C")).toBe(128);
    failed(choice, "C", 1);
    expect(choice.of("C")).toBe(64);
  });
});

describe("what was given up is tried again", () => {
  /** A chip that two kinds of cards have brought down to frames of 128 bytes, in a world with a clock. */
  function limited() {
    const time: Time = { nowMs: millis(0) };
    const choice = make("software", time);
    failed(choice, "A", 2);
    failed(choice, "B", 2);
    const pass = (hours: number): void => {
      time.nowMs = millis(time.nowMs + hours * HOUR_MS);
    };
    const prove = (family: string, times = PROOFS): void => {
      for (let proof = 0; proof < times; proof++) held(choice, family, LONG);
    };
    return { choice, pass, prove };
  }

  test("after an hour, and not before", () => {
    const { choice, pass } = limited();
    pass(0.999);
    expect([choice.first, choice.of("A"), choice.of("C")]).toEqual([128, 128, 128]);
    pass(0.001);
    expect([choice.first, choice.of("A"), choice.of("C")]).toEqual([256, 256, 256]);
    expect(choice.chip).toBe(128);
  });

  test("for good once a document's worth of long blocks has arrived, of whatever kinds", () => {
    const { choice, pass, prove } = limited();
    pass(1);
    prove("A", PROOFS / 2);
    prove("C", PROOFS / 2 - 1);
    expect(choice.chip).toBe(128);
    prove("C", 1);
    expect([choice.chip, choice.of("A"), choice.of("C")]).toEqual([256, 256, 256]);
    // One failure is noise again; A, which has failed with them, is on a trial of its own.
    failed(choice, "C", 1);
    expect(choice.of("C")).toBe(256);
    failed(choice, "A", 1);
    expect(choice.of("A")).toBe(128);
  });

  test("and short blocks prove nothing, however many", () => {
    const { choice, pass } = limited();
    pass(1);
    for (let block = 0; block < 100; block++) held(choice, "A", 128);
    expect(choice.chip).toBe(128);
    expect(choice.of("A")).toBe(256);
  });

  test("one kind that fared worse than the chip has its own trial", () => {
    const { choice, pass, prove } = limited();
    failed(choice, "C", 2);
    expect(choice.of("C")).toBe(64);
    pass(1);
    prove("A");
    expect([choice.chip, choice.of("C")]).toEqual([256, 128]);
    prove("C");
    expect([choice.of("C"), choice.chip]).toEqual([128, 256]);
    pass(1);
    expect(choice.of("C")).toBe(256);
  });

  test("and that trial is no matter of the chip's, which has its own", () => {
    const { choice, pass, prove } = limited();
    pass(0.5);
    failed(choice, "C", 2);
    pass(1);
    prove("C");
    expect([choice.of("C"), choice.first, choice.chip]).toEqual([256, 256, 128]);
  });

  test("one kind that falls again after a trial that went well waits for longer than the first time", () => {
    const { choice, pass, prove } = limited();
    failed(choice, "C", 2);
    pass(1);
    prove("C");
    broke(choice, "C", "damaged", LONG);
    held(choice, "C", LONG);
    failed(choice, "C", 2);
    expect(choice.of("C")).toBe(64);
    pass(1);
    expect(choice.of("C")).toBe(64);
    pass(1);
    expect(choice.of("C")).toBe(128);
  });

  test("one kind that is with the firmware falls no further, whatever breaks off there", () => {
    const { choice, pass } = limited();
    for (let time = 0; time < 5; time++) broke(choice, "C", "overflow", LONG);
    expect(choice.of("C")).toBe("firmware");
    pass(100);
    expect(choice.of("C")).toBe(64);
  });

  test.each<[string, How, number]>([
    ["frames that arrive damaged", "damaged", LONG],
    ["a chip that is overrun", "overflow", LONG],
  ])("and put back at once by %s; the next trial is twice as late, up to 128 hours", (_, how, blockBytes) => {
    const { choice, pass } = limited();
    for (const hours of [1, 2, 4, 8, 16, 32, 64, 128, 128, 128]) {
      pass(hours - 0.001);
      expect(choice.of("A")).toBe(128);
      pass(0.001);
      expect(choice.of("A")).toBe(256);
      broke(choice, "A", how, blockBytes);
      expect([choice.of("A"), choice.of("C"), choice.first]).toEqual([128, 128, 128]);
      held(choice, "A", LONG);
    }
  });

  test.each<[string, How, number]>([
    ["a card that is taken away", "other", LONG],
    ["noise on short blocks", "damaged", 128],
  ])("put back by %s too, which proves nothing: as long a wait again", (_, how, blockBytes) => {
    const { choice, pass } = limited();
    for (let trials = 0; trials < 5; trials++) {
      pass(1);
      expect(choice.of("A")).toBe(256);
      broke(choice, "A", how, blockBytes);
      expect(choice.of("A")).toBe(128);
      held(choice, "A", LONG);
    }
  });

  test("but not with a kind that a trial has failed with, before one of its cards was read", () => {
    const { choice, pass } = limited();
    pass(1);
    broke(choice, "A", "damaged", LONG);
    pass(1_000);
    expect([choice.first, choice.of("A"), choice.of("B")]).toEqual([256, 128, 256]);
    // A short block is no reading.
    held(choice, "A", 64);
    expect(choice.of("A")).toBe(128);
    held(choice, "A", 65);
    expect(choice.of("A")).toBe(256);
  });

  test("a trial that broke off begins its count anew", () => {
    const { choice, pass, prove } = limited();
    pass(1);
    prove("A", PROOFS - 1);
    broke(choice, "A", "other", LONG);
    held(choice, "A", LONG);
    pass(1);
    prove("A", PROOFS - 1);
    expect(choice.chip).toBe(128);
  });

  test("a card that breaks off outside of a trial puts nothing off, and lowers nothing", () => {
    const { choice, pass } = limited();
    pass(0.5);
    for (let time = 0; time < 9; time++) broke(choice, "A", "other", LONG);
    expect(choice.of("A")).toBe(128);
    pass(0.5);
    expect(choice.of("A")).toBe(256);
  });

  test("what falls again after a trial that went well waits for longer than the first time", () => {
    const { choice, pass, prove } = limited();
    pass(1);
    prove("A");
    failed(choice, "A", 2);
    failed(choice, "D", 2);
    expect(choice.chip).toBe(128);
    pass(1);
    expect(choice.of("C")).toBe(128);
    pass(1);
    expect(choice.of("C")).toBe(256);
  });

  test("a selection that fails in a trial ends it, and does not count as one of five", () => {
    const { choice, pass } = limited();
    pass(1);
    choice.selectionFailed(256);
    expect(choice.first).toBe(128);
    for (let time = 0; time < 4; time++) choice.selectionFailed(128);
    expect(choice.first).toBe(128);
    pass(1);
    expect(choice.first).toBe(256);
  });

  test("a selection in a family's smaller frames that fails ends no trial of the chip's", () => {
    const { choice, pass } = limited();
    pass(1);
    choice.selectionFailed(64);
    expect(choice.first).toBe(256);
  });

  test("kinds of cards that fell before the chip rose are no proof against it", () => {
    const { choice, pass, prove } = limited();
    pass(1);
    prove("C");
    expect(choice.chip).toBe(256);
    failed(choice, "D", 2);
    expect([choice.of("D"), choice.chip]).toEqual([128, 256]);
    failed(choice, "E", 2);
    expect(choice.chip).toBe(128);
  });

  test("the firmware's engine is left for the smallest frames first", () => {
    const time: Time = { nowMs: millis(0) };
    const choice = make("software", time);
    for (let time = 0; time < 20; time++) choice.selectionFailed(choice.first);
    expect(choice.first).toBe("firmware");
    // The third fall in a row: four hours.
    time.nowMs = millis(4 * HOUR_MS);
    expect([choice.first, choice.of("A")]).toEqual([64, 64]);
  });

  test("the firmware's engine is never left where it was chosen", () => {
    const time: Time = { nowMs: millis(0) };
    const choice = make("firmware", time);
    time.nowMs = millis(10_000 * HOUR_MS);
    expect([choice.first, choice.of("A"), choice.chip]).toEqual(["firmware", "firmware", "firmware"]);
  });
});

describe("whatever happens to a chip that carries so much and no more", () => {
  const CARRIED = [256, 128, 64, 32] as const;
  const FAMILIES = ["A", "B", "C", "D"] as const;
  const visit = fc.record({
    family: fc.constantFrom(...FAMILIES),
    waitHours: fc.constantFrom(0, 0.1, 1, 5, 200),
    apdus: fc.integer({ min: 0, max: 2 * PROOFS }),
    how: fc.constantFrom("damaged" as const, "overflow" as const),
  });

  interface Visit {
    readonly family: string;
    readonly waitHours: number;
    readonly apdus: number;
    readonly how: How;
  }

  /** After a while a card of the family comes, and is read or not. */
  function present(choice: IsoDepChoice, time: Time, carried: number, each: Visit): "read" | "failed" {
    const { family, waitHours, apdus, how } = each;
    time.nowMs = millis(time.nowMs + waitHours * HOUR_MS);
    const frames = choice.of(family);
    if (frames !== "firmware" && frames > carried) {
      choice.failed({ family, frames }, how, LONG);
      return "failed";
    }
    for (let apdu = 0; apdu < apdus; apdu++) choice.worked({ family, frames }, LONG);
    return "read";
  }

  /** A choice that has met the chip with each kind of card. */
  function taught(carried: number, time: Time): IsoDepChoice {
    const choice = make("software", time);
    for (const family of FAMILIES)
      for (let visits = 0; visits < 4; visits++)
        present(choice, time, carried, { family, waitHours: 0, apdus: 0, how: "overflow" });
    return choice;
  }

  test("once it is known, no kind fails twice in a row, and trials in vain become rare", () => {
    fc.assert(
      fc.property(fc.constantFrom(...CARRIED), fc.array(visit, { maxLength: 200 }), (carried, visits) => {
        const time: Time = { nowMs: millis(0) };
        const choice = taught(carried, time);
        const outcomes = visits.map((each) => ({
          family: each.family,
          outcome: present(choice, time, carried, each),
        }));
        for (const family of FAMILIES) {
          const its = outcomes.filter((each) => each.family === family);
          expect(its.map(({ outcome }) => outcome).join(" ")).not.toContain("failed failed");
        }
        // Of the chip and of each family: after 1, 2, 4 … 64 hours, and then one in 128.
        const mostOfOne = 8 + time.nowMs / (128 * HOUR_MS);
        const failures = outcomes.filter(({ outcome }) => outcome === "failed").length;
        expect(failures).toBeLessThanOrEqual((1 + FAMILIES.length) * mostOfOne);
      }),
    );
  });

  test("one that carries everything again is used as at first, once each kind of card was read often enough", () => {
    fc.assert(
      fc.property(fc.constantFrom(...CARRIED), fc.array(visit, { maxLength: 50 }), (carried, visits) => {
        const time: Time = { nowMs: millis(0) };
        const choice = make("software", time);
        for (const each of visits) present(choice, time, carried, each);
        const ways = (): readonly FrameChoice[] => [
          choice.chip,
          ...FAMILIES.map((family) => choice.of(family)),
        ];
        for (let round = 0; round < 2 * CARRIED.length; round++)
          for (const family of FAMILIES)
            present(choice, time, 256, { family, waitHours: 128, apdus: PROOFS, how: "damaged" });
        expect(ways()).toEqual([256, 256, 256, 256, 256]);
      }),
    );
  });
});

test("the log is told when the chip's frames change, and of no kind of card", () => {
  const time: Time = { nowMs: millis(0) };
  const told: unknown[] = [];
  const note = (level: string) => (event: string, fields?: LogFields) => told.push([level, event, fields]);
  const choice = new IsoDepChoice({
    engine: "software",
    clock: { monotonicMs: () => time.nowMs },
    log: { info: note("info"), warn: note("warn") },
  });
  failed(choice, "A", 2);
  expect(told).toEqual([]);
  failed(choice, "B", 2);
  time.nowMs = millis(HOUR_MS);
  broke(choice, "A", "overflow", LONG);
  held(choice, "A", LONG);
  time.nowMs = millis(3 * HOUR_MS);
  for (let proof = 0; proof < PROOFS; proof++) held(choice, "A", LONG);
  for (let time = 0; time < 15; time++) choice.selectionFailed(choice.first);
  expect(told).toEqual([
    ["warn", "pn532.frames", { isoDep: "software", frameBytes: 128 }],
    ["info", "pn532.frames", { isoDep: "software", frameBytes: 256 }],
    ["warn", "pn532.frames", { isoDep: "software", frameBytes: 128 }],
    ["warn", "pn532.frames", { isoDep: "software", frameBytes: 64 }],
    ["warn", "pn532.frames", { isoDep: "firmware", frameBytes: 64 }],
  ]);
});

test.each<[FrameChoice, string, number]>([
  [256, "software", 256],
  [64, "software", 64],
  ["firmware", "firmware", 64],
])("%s is told as %s in frames of %i bytes", (choice, isoDep, frameBytes) => {
  expect(framesOf(choice)).toEqual({ isoDep, frameBytes });
});
