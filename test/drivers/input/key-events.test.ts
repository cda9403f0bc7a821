// The kernel's events to characters: both widths, any chunking, shift, repeats, losses, and bytes that are no events.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyEvents, type Typist } from "../../../drivers/input/key-events.ts";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex } from "../../../src/bytes/hex.ts";
import { text } from "./entry-events.ts";
import {
  controlled,
  dropped,
  event,
  KEY,
  PAD_DIGITS,
  PRESS,
  RELEASE,
  REPEAT,
  report,
  stroke,
  typed,
} from "./keyboard.ts";

const WIDTHS = [16, 24] as const;

class Page implements Typist {
  readonly characters: number[] = [];
  type(character: number): void {
    this.characters.push(character);
  }
  lose(): void {
    this.characters.push(0x3f);
  }
  get text(): string {
    return text(Uint8Array.from(this.characters));
  }
}

/** What was typed; `?` stands for a loss. */
function read(eventBytes: 16 | 24, ...chunks: readonly Uint8Array[]): string {
  const page = new Page();
  const events = new KeyEvents(eventBytes, page);
  for (const chunk of chunks) events.push(chunk);
  return page.text;
}

test("the key 1 pressed and let go, byte by byte as 64-bit programs read it", () => {
  const press =
    "9d13b16a00000000 9b2d040000000000 0400 0400 1e000700 9d13b16a00000000 9b2d040000000000 0100 0200 01000000";
  const release =
    "9d13b16a00000000 a1c4050000000000 0100 0200 00000000 9d13b16a00000000 a1c4050000000000 0000 0000 00000000";
  expect(read(24, hex(`${press}${release}`.replaceAll(" ", "")))).toBe("1");
});

test("the key 1 pressed and let go, byte by byte as 32-bit programs read it", () => {
  const press = "9d13b16a 9b2d0400 0400 0400 1e000700 9d13b16a 9b2d0400 0100 0200 01000000";
  const release = "9d13b16a a1c40500 0100 0200 00000000 9d13b16a a1c40500 0000 0000 00000000";
  expect(read(16, hex(`${press}${release}`.replaceAll(" ", "")))).toBe("1");
});

describe.each(WIDTHS)("events of %i bytes", (width) => {
  test("of a scanner that sends control characters as Ctrl and a key: a seal with its separators", () => {
    const seal = "DC04FR05000160Anne/MARIE\x1e62MARTIN\x1d65ID\x1fABC\n";
    expect(read(width, typed(width, seal))).toBe(seal.replace("\n", "\r"));
  });

  test.each([
    ["]", 27, "\x1d"],
    ["6", 7, "\x1e"],
    ["-", 12, "\x1f"],
  ])("Ctrl and %s, without shift and on the right too", (_, code, separator) => {
    const key = stroke(width, code);
    expect(read(width, controlled(width, key), controlled(width, key, KEY.rightControl))).toBe(
      separator.repeat(2),
    );
  });

  test("Ctrl changes no other key, and no key behind its release", () => {
    const seven = stroke(width, 8);
    expect(read(width, controlled(width, seven), stroke(width, 7), stroke(width, 27))).toBe("76]");
  });

  test("Ctrl that was held when keystrokes were lost counts no longer", () => {
    const held = report(width, KEY.leftControl, PRESS);
    expect(read(width, held, dropped(width), event(width, 0, 0, 0), stroke(width, 7))).toBe("?6");
  });

  test("of a scanner: a zone with its fillers and its Enter", () => {
    const zone = "P<UTOERIKSSON<<ANNA<MARIA0123456789QWERTYUIOPLKJHGFDSAZXCVBNM\n";
    expect(read(width, typed(width, zone))).toBe(zone.replace("\n", "\r"));
  });

  test("of a number pad, whatever NumLock says", () => {
    const strokes = [KEY.numLock, ...PAD_DIGITS, KEY.padEnter].map((code) => stroke(width, code));
    expect(read(width, ...strokes)).toBe("0123456789\r");
  });

  test("of telephone keys", () => {
    const codes = Array.from({ length: 12 }, (_, index) => 0x200 + index);
    expect(read(width, ...codes.map((code) => stroke(width, code)))).toBe("0123456789*#");
  });

  test("of a European keyboard: the filler has a key of its own", () => {
    expect(read(width, stroke(width, KEY.less))).toBe("<");
  });

  test("escape and backspace", () => {
    expect(read(width, stroke(width, KEY.escape), stroke(width, KEY.backspace))).toBe("\x1b\b");
  });

  test("small letters without shift; either shift, and both", () => {
    const both = [
      report(width, KEY.leftShift, PRESS),
      report(width, KEY.rightShift, PRESS),
      report(width, KEY.leftShift, REPEAT),
      report(width, KEY.leftShift, RELEASE),
      typed(width, "a"),
      report(width, KEY.rightShift, RELEASE),
      typed(width, "a"),
    ];
    expect(read(width, ...both)).toBe("Aa");
  });

  test("a digit held down counts once, backspace as long as it is held", () => {
    const held = (code: number) =>
      [PRESS, REPEAT, REPEAT, RELEASE].map((value) => report(width, code, value));
    expect(read(width, ...held(2), ...held(KEY.backspace))).toBe("1\b\b\b");
  });

  test("keys without a character and events of other kinds mean nothing", () => {
    const others = [
      stroke(width, KEY.left),
      event(width, 2, 8, 1),
      event(width, 0x11, 0, 1),
      event(width, 5, 2, 1),
    ];
    expect(read(width, ...others, typed(width, "7"))).toBe("7");
  });

  test("a full buffer is a loss; what stands before the next report is no state, and shift is taken to be up", () => {
    const events = [
      typed(width, "1"),
      report(width, KEY.leftShift, PRESS),
      dropped(width),
      event(width, 1, 3, PRESS),
      event(width, 0, 0, 0),
      typed(width, "3"),
    ];
    expect(read(width, ...events)).toBe("1?3");
  });

  test("cut anywhere, say the same", () => {
    const whole = concat(typed(width, "AB<12"), dropped(width), typed(width, "3\n"));
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 30 }), (cuts) => {
        const places = [0, ...cuts.sort((left, right) => left - right), whole.length];
        const chunks = places.slice(1).map((end, index) => whole.subarray(places[index], end));
        expect(read(width, ...chunks)).toBe(read(width, whole));
      }),
    );
  });

  test("that are any bytes or any events never throw, and type at most one character each", () => {
    const anyEvent = fc
      .tuple(fc.nat(6), fc.oneof(fc.nat(130), fc.nat(0xffff)), fc.integer({ min: -1, max: 3 }))
      .map(([type, code, value]) => event(width, type, code, value));
    const stream = fc
      .array(fc.oneof(anyEvent, fc.uint8Array({ maxLength: 30 })), { maxLength: 100 })
      .map((parts) => concat(...parts));
    fc.assert(
      fc.property(stream, (bytes) => {
        expect(read(width, bytes).length).toBeLessThanOrEqual(Math.floor(bytes.length / width));
      }),
    );
  });
});
