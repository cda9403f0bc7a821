import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BlockOut,
  type Heard,
  type IsoDepExchange,
  IsoDepSession,
  type IsoDepTerms,
} from "../../../drivers/pn532/iso-dep.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import type { Result } from "../../../src/result.ts";
import {
  ERROR_FREE,
  type Line,
  LONG,
  LOST_BLOCKS,
  LOST_PARTS,
  LOST_REQUESTS_FOR_TIME,
  OUT_OF_PLACE,
  PART_1,
  PART_3,
  SHORT,
} from "./iso-dep-scenarios.table.ts";

/** 13 bytes of a command fit in a block, 61 of an answer; the card answers within 4.83 ms. */
const TERMS: IsoDepTerms = { cardFrameBytes: 16, readerFrameBytes: 64, frameWaitingExponent: 4 };

interface Played {
  readonly lines: readonly Line[];
  readonly outs: readonly BlockOut[];
  /** A response, or what became of it instead. */
  readonly end: string;
}

const heardFrom = (text: string): Heard =>
  text === "silence" || text === "damaged" ? { kind: text } : { kind: "block", bytes: hex(text) };

function endOf(result: Result<unknown, { readonly kind: string }>): string {
  if (!result.ok) return result.error.kind;
  return result.value instanceof Uint8Array ? toHex(result.value) : "done";
}

/** Plays what is heard against one exchange, until it ends or nothing is left to hear. */
function play(dialogue: IsoDepExchange<Uint8Array> | IsoDepExchange<void>, heard: readonly string[]): Played {
  const lines: Line[] = [];
  const outs: BlockOut[] = [];
  let step = dialogue.next(SILENCE);
  while (step.done !== true) {
    outs.push(step.value);
    const next = heard[lines.length];
    lines.push([toHex(step.value.block), next ?? "?"]);
    if (next === undefined) return { lines, outs, end: "open" };
    step = dialogue.next(heardFrom(next));
  }
  return { lines, outs, end: lines.length === heard.length ? endOf(step.value) : "ended early" };
}

/** What a generator's first step is handed, and does not see. */
const SILENCE: Heard = { kind: "silence" };

const session = (terms: Partial<IsoDepTerms> = {}): IsoDepSession =>
  new IsoDepSession({ ...TERMS, ...terms });

const run = (command: string, heard: readonly string[], terms: Partial<IsoDepTerms> = {}): Played =>
  play(session(terms).exchange(hex(command), 2), heard);

const heardIn = (lines: readonly Line[]): readonly string[] =>
  lines.map(([, heard]) => heard.replaceAll(" ", ""));
const compact = (lines: readonly Line[]): readonly Line[] =>
  lines.map(([sent, heard]) => [sent.replaceAll(" ", ""), heard.replaceAll(" ", "")]);

function expectScenario(command: string, lines: readonly Line[], end: string): void {
  const played = run(command, heardIn(lines));
  expect(played.lines).toEqual(compact(lines));
  expect(played.end).toBe(end);
}

describe("without errors (ISO/IEC 14443-4 annex B.2)", () => {
  test("blocks of both sides carry 0, then 1, then 0 again (rules A and B)", () => {
    const card = session();
    const exchanges = ["02 9000", "03 6A82", "02 6300"].map((answer) =>
      play(card.exchange(hex(SHORT), 2), [answer.replace(" ", "")]),
    );
    expect(exchanges.map(({ lines, end }) => [lines[0]?.[0], end])).toEqual([
      [`02${SHORT}`, "9000"],
      [`03${SHORT}`, "6A82"],
      [`02${SHORT}`, "6300"],
    ]);
  });

  test.each(ERROR_FREE)("%s", (_, command, lines, end) => expectScenario(command, lines, end));

  test("numbers go on behind chains of both sides", () => {
    const card = session();
    const chained = ["A2", "13C1", "029000"];
    expect(play(card.exchange(hex(PART_1 + PART_3), 2), chained).end).toBe("C19000");
    expect(play(card.exchange(hex(SHORT), 2), ["039000"]).lines).toEqual([[`03${SHORT}`, "039000"]]);
  });
});

describe("errors in the exchange of I-blocks (annex B.3.1; rules 4, 6, 11 and 12)", () => {
  test.each(LOST_BLOCKS)("%s", (_, command, lines, end) => expectScenario(command, lines, end));

  test("in the second exchange numbers are the others", () => {
    const card = session();
    play(card.exchange(hex(SHORT), 2), ["029000"]);
    const lines: readonly Line[] = [
      [`03${SHORT}`, "silence"],
      ["B3", "A2"],
      [`03${SHORT}`, "damaged"],
      ["B3", "036A82"],
    ];
    const played = play(card.exchange(hex(SHORT), 2), heardIn(lines));
    expect([played.lines, played.end]).toEqual([lines, "6A82"]);
  });
});

describe("errors in requests for time (annex B.3.2; rules 3, 4 and 11)", () => {
  test.each(LOST_REQUESTS_FOR_TIME)("%s", (_, command, lines, end) => expectScenario(command, lines, end));
});

describe("errors in chains (annex B.3.4; rules 4 to 7, 11 to 13)", () => {
  test.each(LOST_PARTS)("%s", (_, command, lines, end) => expectScenario(command, lines, end));
});

describe("a block that is out of place", () => {
  test.each(OUT_OF_PLACE)("%s", (_, command, lines, end) => expectScenario(command, lines, end));

  test.each([
    ["R(NAK), which cards do not send", "B2"],
    ["R(NAK) of the other number", "B3"],
    ["S(DESELECT) that nobody asked for", "C2"],
    ["nothing between the ends of a frame", ""],
    ["an I-block with CID", "0A 00 9000"],
    ["an I-block with NAD", "06 00 9000"],
    ["a request for no time", "F2 00"],
    ["a request for reserved time", "F2 3C"],
    ["an ATS", "05 78 80 70 02"],
  ])("%s is asked for again, and in the end garbled", (_, text) => {
    const heard = text.replaceAll(" ", "");
    expect(run(SHORT, [heard, heard, "029000"]).end).toBe("9000");
    expect(run(SHORT, ["12C1", heard, heard, "039000"]).end).toBe("C19000");
    expect(run(SHORT, [heard, heard, heard]).end).toBe("garbled");
    expect(run(SHORT, ["12C1", heard, heard, heard]).end).toBe("garbled");
  });
});

describe("the end of patience", () => {
  const asked = (heard: readonly string[], command = SHORT): readonly string[] =>
    run(command, heard).lines.map(([sent]) => sent);

  test.each([
    ["silence alone", ["silence", "silence", "silence"], "lost"],
    ["damage alone", ["damaged", "damaged", "damaged"], "lost"],
    ["a block out of place, then silence", ["A3", "silence", "silence"], "lost"],
    ["silence, then a block out of place", ["silence", "silence", "039000"], "garbled"],
  ])("comes with the third block in vain: %s", (_, heard, end) => {
    expect(run(SHORT, heard).end).toBe(end);
    expect(asked(heard)).toEqual([`02${SHORT}`, "B2", "B2"]);
  });

  test("comes with the third part in vain, too", () => {
    const heard = ["12C1", "silence", "damaged", "silence"];
    expect(run(SHORT, heard).end).toBe("lost");
    expect(asked(heard)).toEqual([`02${SHORT}`, "A3", "A3", "A3"]);
  });

  test("is not put off by R(ACK) to each R(NAK): the I-block is sent three times at most", () => {
    const heard = ["silence", "A3", "silence", "A3", "silence"];
    expect(run(SHORT, heard).end).toBe("lost");
    expect(asked(heard)).toEqual([`02${SHORT}`, "B2", `02${SHORT}`, "B2", `02${SHORT}`]);
  });

  test.each([
    ["acknowledgement", LONG, ["silence", "silence", "A2", "silence", "silence", "A3", "029000"], "9000"],
    ["part of the answer", SHORT, ["silence", "damaged", "12C1", "silence", "damaged", "039000"], "C19000"],
    ["request for time", SHORT, ["silence", "damaged", "F201", "silence", "damaged", "029000"], "9000"],
  ])("begins anew with each %s", (_, command, heard, end) => {
    expect(run(command, heard).end).toBe(end);
  });
});

describe("an answer that is none", () => {
  test.each([
    ["no bytes", ["02"], "answer without status words"],
    ["one byte", ["0290"], "answer without status words"],
    ["one byte in two parts", ["1290", "03"], "answer without status words"],
    ["an empty part of a chain", ["12"], "empty part of a chained answer"],
    ["an empty part behind others", ["12C1", "13"], "empty part of a chained answer"],
    [
      "a block of 63 bytes for a reader that takes 62",
      [`02${"00".repeat(62)}`],
      "block longer than the reader's frame",
    ],
    ["a part of 63 bytes", ["12C1", `03${"00".repeat(62)}`], "block longer than the reader's frame"],
    ["R(ACK) in the place of an answer", ["A2"], "acknowledgement in the place of an answer"],
    ["a stale answer for ever", ["03C1", "03C1", "03C1"], "iBlock out of place"],
    [
      "a block with a card number for ever",
      ["0A009000", "0A009000", "0A009000"],
      "invalid block: cardNumber",
    ],
  ])("%s is garbled", (_, heard, why) => {
    const dialogue = session().exchange(hex(SHORT), 2);
    let step = dialogue.next(SILENCE);
    for (const text of heard) step = dialogue.next(heardFrom(text));
    expect(step).toEqual({ done: true, value: { ok: false, error: { kind: "garbled", why } } });
  });

  test("a block that fills the reader's frame is taken", () => {
    expect(run(SHORT, [`02${"C1".repeat(61)}`]).end).toBe("C1".repeat(61));
  });

  test("the longest response passes, byte by byte; one byte more is garbled", () => {
    const parts = (lengthBytes: number): readonly string[] =>
      Array.from({ length: lengthBytes }, (_, index) => {
        const chaining = index === lengthBytes - 1 ? 0 : 0x10;
        return toHex(Uint8Array.of(0x02 | chaining | (index & 1), index & 0xff));
      });
    const whole = play(session().exchange(hex(SHORT), 2), parts(65_538));
    expect(hex(whole.end)).toEqual(Uint8Array.from({ length: 65_538 }, (_, index) => index & 0xff));
    expect(play(session().exchange(hex(SHORT), 2), parts(65_539)).end).toBe("garbled");
  });

  test("the longest command passes in the smallest blocks", () => {
    const blocks = Math.ceil(65_544 / 13);
    const heard = Array.from({ length: blocks }, (_, index) =>
      index === blocks - 1 ? "039000" : toHex(Uint8Array.of(0xa2 | (index & 1))),
    );
    const played = play(session().exchange(new Uint8Array(65_544).fill(0xaa), 2), heard);
    expect([played.end, played.lines.length]).toEqual(["9000", 5_042]);
    expect(played.lines.map(([sent]) => sent.slice(2)).join("")).toBe("AA".repeat(65_544));
  });

  test.each([
    ["requests for time", ["F201"]],
    ["requests for time and silence", ["F201", "silence", "damaged"]],
  ])("%s without end come to an end", (_, heard) => {
    const dialogue = session().exchange(hex(SHORT), 2);
    let step = dialogue.next(SILENCE);
    let blocks = 0;
    for (; step.done !== true; blocks++) step = dialogue.next(heardFrom(heard[blocks % heard.length] ?? ""));
    expect(blocks).toBe(100_000);
    expect(step.value).toMatchObject({ ok: false, error: { kind: "garbled" } });
  });
});

describe("how long an answer is waited for, and how long it may be", () => {
  /** Margin over the frame waiting time, of which FWI 4 gives 4.83 ms. */
  const MARGIN_MS = 3.625;
  const FWT_MS = 4.833;

  test.each([
    ["an answer at once", SHORT, ["029000"], [1]],
    ["an answer that got lost", SHORT, ["silence", "029000"], [1, 1]],
    ["time granted: for the next block alone", SHORT, ["F207", "12C1", "039000"], [1, 7, 1]],
    ["time granted, and over: R(NAK) is answered at once", SHORT, ["F207", "silence", "029000"], [1, 7, 1]],
    ["time granted, and noise in it: the card works on", SHORT, ["F207", "damaged", "029000"], [1, 7, 7]],
    ["time granted, and a late block in it", SHORT, ["F207", "039000", "029000"], [1, 7, 7]],
    ["time granted twice", SHORT, ["F207", "F203", "029000"], [1, 7, 3]],
    ["time granted in a chain", SHORT, ["12C1", "F207", "silence", "039000"], [1, 1, 7, 1]],
    ["time granted for a part of a command", LONG, ["F207", "A2", "A3", "029000"], [1, 7, 1, 1]],
    ["a command that got lost", SHORT, ["silence", "A3", "029000"], [1, 1, 1]],
  ])("%s", (_, command, heard, multiples) => {
    const waits = run(command, heard).outs.map(({ waitMs }) => waitMs);
    expect(waits).toHaveLength(multiples.length);
    for (const [index, multiple] of multiples.entries())
      expect(waits[index]).toBeCloseTo(multiple * FWT_MS + MARGIN_MS, 1);
  });

  test("no grant is longer than the longest frame waiting time", () => {
    const { outs } = run(SHORT, ["F23B", "029000"], { frameWaitingExponent: 13 });
    expect(outs[1]?.waitMs).toBeCloseTo(4949 + MARGIN_MS, 0);
  });

  test.each([
    ["a short answer", SHORT, 2, ["029000"], [3]],
    ["nothing expected: still a request for time", SHORT, 0, ["029000"], [2]],
    ["an answer of one full block", SHORT, 61, ["029000"], [62]],
    ["an answer of more than one block", SHORT, 1_000, ["029000"], [62]],
    ["what is left of it", SHORT, 91, [`12${"C1".repeat(61)}`, "13C1", "029000"], [62, 31, 30]],
    ["more than was expected", SHORT, 2, [`12${"C1".repeat(61)}`, "039000"], [3, 17]],
    ["a part of a command: R(ACK), or a request for time", LONG, 20, ["A2", "A3", "029000"], [2, 2, 21]],
    ["R(NAK): what was missed", SHORT, 20, ["silence", "029000"], [21, 21]],
    ["R(NAK) to a part of a command", LONG, 20, ["silence", "A2", "A3", "029000"], [2, 2, 2, 21]],
    ["a grant: what was asked for", SHORT, 20, ["F201", "029000"], [21, 21]],
  ])("%s", (_, command, expectedBytes, heard, answerBytes) => {
    const { outs } = play(session().exchange(hex(command), expectedBytes), heard);
    expect(outs.map((out) => out.answerBytes)).toEqual(answerBytes);
  });

  test.each([
    [16, 13],
    [32, 29],
    [256, 253],
  ])("a card that takes frames of %i bytes gets %i of a command in each", (cardFrameBytes, dataBytes) => {
    const command = "AB".repeat(300);
    const { lines } = run(command, ["A2"], { cardFrameBytes });
    expect(lines[0]?.[0]).toBe(`12${"AB".repeat(dataBytes)}`);
  });
});

describe("a session", () => {
  test.each([
    ["lost", ["silence", "silence", "silence"]],
    ["garbled", ["A2"]],
  ])("is over when an exchange ends in %s: the next is lost unsent", (end, heard) => {
    const card = session();
    expect(play(card.exchange(hex(SHORT), 2), heard).end).toBe(end);
    expect(play(card.exchange(hex(SHORT), 2), [])).toEqual({ lines: [], outs: [], end: "lost" });
  });

  test("is over when an exchange was left in the middle", () => {
    const card = session();
    const dialogue = card.exchange(hex(SHORT), 2);
    dialogue.next(SILENCE);
    expect(play(card.exchange(hex(SHORT), 2), []).end).toBe("lost");
    dialogue.return({ ok: false, error: { kind: "lost" } });
    expect(play(card.exchange(hex(SHORT), 2), []).end).toBe("lost");
  });

  test("is not touched by an exchange that was never begun", () => {
    const card = session();
    card.exchange(hex(SHORT), 2);
    expect(play(card.exchange(hex(SHORT), 2), ["029000"]).lines[0]?.[0]).toBe(`02${SHORT}`);
  });

  test.each([0, 3, 65_545])("takes no command of %i bytes, which is a defect", (lengthBytes) => {
    expect(() => session().exchange(new Uint8Array(lengthBytes), 2).next(SILENCE)).toThrow(
      "command APDU length",
    );
  });

  test("takes no frames of less than 16 bytes, which is a defect", () => {
    expect(() => session({ cardFrameBytes: 15 })).toThrow("frame size");
    expect(() => session({ readerFrameBytes: 15 })).toThrow("frame size");
  });
});

describe("a sign of life", () => {
  test("is R(NAK) with the number of the next I-block, which the card does not have (rule 12)", () => {
    const card = session();
    const signs = [toHex(card.signOfLife)];
    for (const answer of ["029000", "039000"]) {
      play(card.exchange(hex(SHORT), 2), [answer]);
      signs.push(toHex(card.signOfLife));
    }
    expect(signs).toEqual(["B2", "B3", "B2"]);
  });

  test("whose R(ACK) is heard late does not make the next command run twice", () => {
    const card = session();
    expect(toHex(card.signOfLife)).toBe("B2");
    const lines: readonly Line[] = [
      [`02${SHORT}`, "A3"],
      ["B2", "029000"],
    ];
    expect(play(card.exchange(hex(SHORT), 2), heardIn(lines))).toMatchObject({ lines, end: "9000" });
  });
});

describe("S(DESELECT) (annex B.3.3; rules 3 and 8)", () => {
  test.each<readonly [string, readonly Line[], string]>([
    ["answered", [["C2", "C2"]], "done"],
    [
      "lost",
      [
        ["C2", "silence"],
        ["C2", "C2"],
      ],
      "done",
    ],
    [
      "answered with noise",
      [
        ["C2", "damaged"],
        ["C2", "damaged"],
        ["C2", "C2"],
      ],
      "done",
    ],
    [
      "answered by a late block",
      [
        ["C2", "029000"],
        ["C2", "C2"],
      ],
      "done",
    ],
    [
      "never answered",
      [
        ["C2", "silence"],
        ["C2", "silence"],
        ["C2", "silence"],
      ],
      "lost",
    ],
    [
      "answered by other blocks alone",
      [
        ["C2", "A2"],
        ["C2", "A2"],
        ["C2", "CA00"],
      ],
      "lost",
    ],
  ])("%s", (_, lines, end) => {
    const played = play(session().deselect(), heardIn(lines));
    expect([played.lines, played.end]).toEqual([lines, end]);
    for (const { waitMs, answerBytes } of played.outs) {
      expect(waitMs).toBeCloseTo(4.833 + 3.625, 2);
      expect(answerBytes).toBe(1);
    }
  });

  test("ends the session: neither a command nor another S(DESELECT) is sent", () => {
    const card = session();
    play(card.deselect(), ["C2"]);
    expect(play(card.exchange(hex(SHORT), 2), [])).toMatchObject({ lines: [], end: "lost" });
    expect(play(card.deselect(), [])).toMatchObject({ lines: [], end: "lost" });
  });

  test("can be said to a card that was garbled before", () => {
    const card = session();
    play(card.exchange(hex(SHORT), 2), ["A2"]);
    expect(play(card.deselect(), ["C2"]).end).toBe("done");
  });
});

describe("whatever a card says", () => {
  const pcb = fc.constantFrom(0x02, 0x03, 0x12, 0x13, 0xa2, 0xa3, 0xb2, 0xb3, 0xc2, 0xf2);
  const likely = fc
    .tuple(pcb, fc.uint8Array({ maxLength: 4 }))
    .map(([first, rest]) => Uint8Array.of(first, ...(first >= 0xa0 && first < 0xf0 ? [] : rest)));
  const wtx = fc.integer({ min: 0, max: 255 }).map((byte) => Uint8Array.of(0xf2, byte));
  const heard: fc.Arbitrary<Heard> = fc.oneof(
    { weight: 8, arbitrary: fc.oneof(likely, wtx).map((bytes) => ({ kind: "block" as const, bytes })) },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ kind: "block" as const, bytes })),
    },
    { weight: 1, arbitrary: fc.constantFrom<Heard>({ kind: "damaged" }, { kind: "silence" }) },
  );
  const LIKELY_BLOCKS = 200;

  test("nothing throws, blocks fit the card, and an answer is one", () => {
    let answers = 0;
    const property = fc.property(
      fc.uint8Array({ minLength: 4, maxLength: 40 }),
      fc.array(heard, { maxLength: LIKELY_BLOCKS }),
      fc.nat(300),
      (command, blocks, expectedBytes) => {
        const dialogue = session().exchange(command, expectedBytes);
        let step = dialogue.next(SILENCE);
        for (const next of blocks) {
          if (step.done === true) break;
          expect(step.value.block.length).toBeLessThanOrEqual(TERMS.cardFrameBytes - 2);
          expect(step.value.answerBytes).toBeLessThanOrEqual(TERMS.readerFrameBytes - 2);
          expect(step.value.answerBytes).toBeGreaterThanOrEqual(2);
          step = dialogue.next(next);
        }
        if (step.done === true && step.value.ok) {
          answers += 1;
          expect(step.value.value.length).toBeGreaterThanOrEqual(2);
        }
      },
    );
    fc.assert(property, { numRuns: 3_000, seed: 1 });
    expect(answers).toBeGreaterThan(100);
  });

  test("the same words without end come to an end", () => {
    fc.assert(
      fc.property(fc.array(heard, { minLength: 1, maxLength: 3 }), (words) => {
        const dialogue = session().exchange(hex(LONG), 2);
        let step = dialogue.next(SILENCE);
        let blocks = 0;
        for (; step.done !== true; blocks++) step = dialogue.next(words[blocks % words.length] ?? SILENCE);
        expect(blocks).toBeLessThanOrEqual(100_000);
      }),
      { numRuns: 25, seed: 1 },
    );
  });
});
