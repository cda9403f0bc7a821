// Characters to entries: line ends of every device, zones of several lines, corrections, bounds, and nothing left behind.
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import {
  BETWEEN_LINES_MS,
  EntryCollector,
  MAX_ENTRY_BYTES,
  UNFINISHED_MS,
} from "../../../drivers/input/entry-collector.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant } from "../../../src/time/time.ts";
import { ascii, Told } from "./entry-events.ts";

let timeline: VirtualTimeline;
let told: Told;
let collector: EntryCollector;
let buffer: Uint8Array;

beforeEach(() => {
  timeline = new VirtualTimeline();
  told = new Told();
  buffer = new Uint8Array(MAX_ENTRY_BYTES);
  const clock = VirtualClock.startingAt(timeline, instant(0));
  collector = new EntryCollector({ clock, listener: told.listener, text: buffer });
});

const type = (characters: string): void => {
  for (const character of ascii(characters)) collector.type(character);
};
const pass = (durationMs: number) => timeline.run(timeline.nowUs() + durationMs * 1_000);

const TD1 = [
  "I<UTOD231458907<<<<<<<<<<<<<<<",
  "7408122F1204159UTO<<<<<<<<<<<6",
  "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
];
const TD2 = ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"];
const TD3 = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"];

describe("a number", () => {
  test.each([
    ["carriage return", "\r"],
    ["line feed", "\n"],
    ["both", "\r\n"],
    ["end of text", "\x03"],
    ["the key # of a keypad without Enter", "#"],
  ])("ends by %s, at once", (_, end) => {
    type(`123456${end}`);
    expect(told.entries).toEqual(["123456"]);
  });

  test("may stand between STX and ETX, with or without a line end", () => {
    type("\x02123456\r\n\x03\x02654321\x03");
    expect(told.entries).toEqual(["123456", "654321"]);
  });

  test("may be corrected, and begun anew", () => {
    type("124\b3456\r99\x7f\x7f\x7f123456\r77\x1b123456\r88*123456#");
    expect(told.entries).toEqual(Array(4).fill("123456"));
  });

  test("is no entry before Enter, and none for Enter alone", async () => {
    type("\r\n#123456");
    await pass(UNFINISHED_MS - 1);
    expect(told.events).toEqual([]);
  });

  test("left by half is nothing that the next person goes on with", async () => {
    type("123");
    await pass(UNFINISHED_MS);
    expect(told.losses).toEqual(["entryUnfinished"]);
    type("456\r");
    expect(told.entries).toEqual(["456"]);
  });

  test("typed slowly is whole: each key begins the wait anew", async () => {
    for (const digit of "123456") {
      type(digit);
      await pass(UNFINISHED_MS - 1);
    }
    type("\r");
    expect([told.entries, told.losses]).toEqual([["123456"], []]);
  });
});

describe("a machine readable zone", () => {
  test.each([
    ["TD1", TD1],
    ["TD2", TD2],
    ["TD3", TD3],
  ])("%s: its lines are one entry, as soon as the last has come", async (_, lines) => {
    for (const line of lines) {
      expect(told.entries).toEqual([]);
      await pass(BETWEEN_LINES_MS - 1);
      type(`${line}\r\n`);
    }
    expect(told.entries).toEqual([lines.join("\n")]);
  });

  test("in one line is whole by itself", () => {
    type(`${TD3.join("")}\r${TD1.join("")}\r`);
    expect(told.entries).toEqual([TD3.join(""), TD1.join("")]);
  });

  test("whose second line does not come is handed over as it is", async () => {
    type(`${TD3[0]}\r`);
    await pass(BETWEEN_LINES_MS - 1);
    expect(told.entries).toEqual([]);
    await pass(1);
    expect(told.entries).toEqual([TD3[0]]);
  });

  test("whose second line breaks off is handed over without it, and that goes on by itself", async () => {
    type(`${TD3[0]}\r123`);
    await pass(BETWEEN_LINES_MS);
    expect(told.entries).toEqual([TD3[0]]);
    type("456\r");
    expect(told.entries).toEqual([TD3[0], "123456"]);
  });

  test("misread by a character is one entry all the same, not three", async () => {
    type(`${TD1[0]?.slice(1)}\r${TD1[1]}\r${TD1[2]}\r`);
    await pass(BETWEEN_LINES_MS);
    expect(told.entries).toEqual([[TD1[0]?.slice(1), TD1[1], TD1[2]].join("\n")]);
  });

  test("and the number typed behind it are two", () => {
    type(`${TD3.join("\r")}\r123456\r`);
    expect(told.entries).toEqual([TD3.join("\n"), "123456"]);
  });
});

describe("a seal (2D-Doc, text form)", () => {
  const seal = `DC04FR0500012411241107${"01"}FR60Anne#Marie/L*\x1e62MARTIN\x1d65ID\x1f${"ABCDEFG2".repeat(12)}`;
  const passportOfThatNumber = [TD3[0] ?? "", `DC0412345${TD3[1]?.slice(9)}`];

  test.each([
    ["carriage return", "\r"],
    ["line feed", "\n"],
    ["both", "\r\n"],
  ])(
    "is one entry as soon as its line has ended by %s, its separators and its small letters in it",
    (_, end) => {
      type(`${seal}${end}`);
      expect(told.entries).toEqual([seal]);
    },
  );

  test("may be as long as an entry, and no longer", () => {
    type(`${seal.padEnd(MAX_ENTRY_BYTES, "A")}\r`);
    type(`${seal.padEnd(MAX_ENTRY_BYTES + 1, "A")}\r`);
    expect([told.entries.map((entry) => entry.length), told.losses]).toEqual([
      [MAX_ENTRY_BYTES],
      ["entryTooLong"],
    ]);
  });

  test("behind a zone whose last line has not come is an entry of its own", () => {
    const plain = seal.replaceAll(/[#*]/g, "");
    type(`${TD3[0]}\r${plain}\r`);
    expect(told.entries).toEqual([TD3[0], plain]);
  });

  test("and digits behind it are two", () => {
    type(`${seal}\r123456#`);
    expect(told.entries).toEqual([seal, "123456"]);
  });

  test("is not meant by the second line of a zone whose number begins like one", () => {
    type(passportOfThatNumber.map((line) => `${line}\r`).join(""));
    expect(told.entries).toEqual([passportOfThatNumber.join("\n")]);
  });

  test("that breaks off is nothing that the next person goes on with", async () => {
    type(seal.slice(0, 60));
    await pass(UNFINISHED_MS);
    type("123456\r");
    expect([told.losses, told.entries]).toEqual([["entryUnfinished"], ["123456"]]);
    expect(buffer).toEqual(new Uint8Array(MAX_ENTRY_BYTES));
  });
});

describe("what is no entry", () => {
  test("too long: told once, and dropped up to its end", () => {
    type("7".repeat(MAX_ENTRY_BYTES));
    expect(told.events).toEqual([]);
    type(`${"7".repeat(1_000)}\b\b\r123456\r`);
    expect([told.losses, told.entries]).toEqual([["entryTooLong"], ["123456"]]);
  });

  test("in lines without end: no more than fits, ever", async () => {
    for (let lines = 0; lines < 40; lines++) type(`${"7".repeat(25)}\r`);
    await pass(UNFINISHED_MS);
    expect(told.losses.length).toBeGreaterThan(1);
    for (const entry of told.entries) expect(entry.length).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
  });

  test("whose keys were lost in the middle: told once, and dropped up to its end", () => {
    type("12");
    collector.lose();
    type("34");
    collector.lose();
    type("123456\r123456\r");
    expect([told.losses, told.entries]).toEqual([["keysLost"], ["123456"]]);
  });

  test("whose Enter was lost too: whoever comes a while later is heard", async () => {
    type("12");
    collector.lose();
    await pass(UNFINISHED_MS);
    type("123456\r");
    expect([told.losses, told.entries]).toEqual([["keysLost"], ["123456"]]);
  });
});

describe("nothing is left behind", () => {
  const nothing = new Uint8Array(MAX_ENTRY_BYTES);

  test.each<readonly [string, () => void]>([
    ["handed over", () => type("123456\r")],
    ["handed over as a zone", () => type(`${TD1.join("\r")}\r`)],
    ["taken back", () => type("123456\b\b\b\b\b\b")],
    ["begun anew", () => type("123456\x1b")],
    ["too long", () => type("7".repeat(MAX_ENTRY_BYTES + 1))],
    [
      "lost",
      () => {
        type("123456");
        collector.lose();
      },
    ],
    [
      "not wanted any more",
      () => {
        type(`${TD3[0]}\r123`);
        collector.clear();
      },
    ],
  ])("of what was %s", (_, enter) => {
    enter();
    expect(buffer).toEqual(nothing);
  });

  test("of what nobody went on with, and of what has come to its end by silence", async () => {
    type("123");
    await pass(UNFINISHED_MS);
    expect(buffer).toEqual(nothing);
    type(`${TD3[0]}\r`);
    await pass(BETWEEN_LINES_MS);
    expect(buffer).toEqual(nothing);
  });

  test("but of the line that has begun, its own characters alone", async () => {
    type(`${TD3[0]}\r123`);
    await pass(BETWEEN_LINES_MS);
    expect(buffer).toEqual(Uint8Array.from({ ...nothing, ...ascii("123"), length: MAX_ENTRY_BYTES }));
  });
});

const CONTROLS = "\x02\x03\b\r\x1b\x7f";
/** Of a keypad, but not in a seal. */
const KEYPAD_CONTROLS = "#*";

test("whatever is typed, entries are whole, bounded, and free of what controls them", async () => {
  const strokes = fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(...ascii("0123456789<\r\n")),
      fc.constant("wait" as const),
      fc.constant("lose" as const),
    ),
    { maxLength: 600 },
  );
  await fc.assert(
    fc.asyncProperty(strokes, async (keys) => {
      const world = new VirtualTimeline();
      const heard = new Told();
      const clock = VirtualClock.startingAt(world, instant(0));
      const text = new Uint8Array(MAX_ENTRY_BYTES);
      const any = new EntryCollector({ clock, listener: heard.listener, text });
      for (const key of keys) {
        if (key === "wait") await world.run(world.nowUs() + BETWEEN_LINES_MS * 1_000);
        else if (key === "lose") any.lose();
        else any.type(key);
      }
      await world.run(world.nowUs() + UNFINISHED_MS * 1_000);
      for (const entry of heard.entries) {
        expect(entry.length).toBeGreaterThan(0);
        expect(entry.length).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
        const controls = /^DC\d\d/.test(entry) ? CONTROLS : CONTROLS + KEYPAD_CONTROLS;
        expect([...entry].filter((character) => controls.includes(character))).toEqual([]);
      }
      expect(world.pending()).toEqual([]);
      expect(text).toEqual(new Uint8Array(MAX_ENTRY_BYTES));
    }),
    { numRuns: 200 },
  );
});
