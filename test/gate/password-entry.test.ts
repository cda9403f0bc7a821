// What is entered at a lane: what opens a document and what does not, for how long it is kept, and that it is wiped.
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { equalBytes } from "../../src/bytes/bytes.ts";
import { toHex } from "../../src/bytes/hex.ts";
import { checkDigit } from "../../src/emrtd/lds/check-digit.ts";
import { documentPasswords, type EnteredPasswords, wipePasswords } from "../../src/gate/entered-password.ts";
import { KEPT_MS } from "../../src/gate/kept-entry.ts";
import { PasswordEntry } from "../../src/gate/password-entry.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { type Instant, instant, type Millis, millis } from "../../src/time/time.ts";
import { bad, good } from "../good.ts";
import vectors from "../vectors/mrz-and-keys.json" with { type: "json" };

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array | undefined): string => String.fromCharCode(...(bytes ?? []));
const passwords = (entry: string): EnteredPasswords => good(documentPasswords(ascii(entry)));
const presented = (entry: string): readonly string[] => passwords(entry).map((each) => text(each.presented));
const refusal = (entry: string): string => bad(documentPasswords(ascii(entry))).why;

const LINES = { TD1: 30, TD2: 36, TD3: 44 } as const;
const zoneOf = (format: string): string => vectors.mrz.find((row) => row.format === format)?.mrz ?? "";
const inLines = (zone: string, characters: number): string =>
  (zone.match(new RegExp(`.{${characters}}`, "g")) ?? []).join("\n");
const replaced = (zone: string, at: number, character: string): string =>
  zone.slice(0, at) + character + zone.slice(at + 1);
/** A passport's zone with this number, nine characters, and the right check digits of the fields that make the key. */
const passport = (number: string, digit: number | string | undefined = checkDigit(ascii(number))): string =>
  `P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<${number}${digit}UTO7408122F1204159<<<<<<<<<<<<<<00`;

describe("six digits", () => {
  test.each(["123456", "000000", "123 456"])("%s are the card access number", (entry) => {
    const [{ password, presented: zone }, ...others] = passwords(entry);
    expect([password.reference, text(password.key), zone, others]).toEqual([
      "CAN",
      entry.replace(" ", ""),
      undefined,
      [],
    ]);
  });
});

describe("a machine readable zone", () => {
  test.each(vectors.mrz)("$format of $parsed.documentNumber, joined and in lines, gives its key", (row) => {
    const lines = inLines(row.mrz, LINES[row.format as keyof typeof LINES]);
    for (const entry of [row.mrz, lines, lines.replaceAll("\n", "\r\n"), lines.toLowerCase()]) {
      const [{ password, presented: zone }, ...others] = passwords(entry);
      expect([password.reference, toHex(password.key), others]).toEqual(["MRZ", row.sha1, []]);
      expect(text(zone)).toBe(row.parsed.mrzInformation);
    }
  });

  test.each([
    ["L898902C<", "L8989O2C<"],
    ["A00000001", "AOO000001"],
  ])("of number %s with letters O read for zeros is what its check digit says", (number, misread) => {
    expect(presented(passport(misread, checkDigit(ascii(number))))).toEqual(presented(passport(number)));
  });

  test.each([
    ["birth", "7004030", "7OO4O3O"],
    ["expiry", "2010050", "2O1OO5O"],
  ])(
    "with letters O read for zeros in the date of %s and its check digit is what it must be",
    (field, right, misread) => {
      expect(checkDigit(ascii(right.slice(0, 6)))).toBe(Number(right.at(-1)));
      const zone = (printed: string) =>
        passport("L898902C<").replace(field === "birth" ? "7408122" : "1204159", printed);
      expect(presented(zone(misread))).toEqual(presented(zone(right)));
    },
  );

  test("with a letter O read for the number's check digit can mean but zero", () => {
    expect(checkDigit(ascii("A12345674"))).toBe(0);
    expect(presented(passport("A12345674", "O"))).toEqual(presented(passport("A12345674")));
  });

  test("with a letter O in the number that is one keeps it", () => {
    expect(presented(passport("CO1234567"))).toEqual([expect.stringMatching(/^CO1234567/)]);
  });

  test("whose number fits its check digit both ways gives two to try, as read first", () => {
    // 7 × 24 and 3 × 24 end in 8 and 2, so that two letters O weigh as much as two zeros.
    expect(presented(passport("OO1234567")).map((information) => information.slice(0, 9))).toEqual([
      "OO1234567",
      "001234567",
    ]);
  });

  test("with a long number that has letters O for zeros in its second half", () => {
    const number = "D23145890704";
    const zone = (printed: string): string =>
      `I<UTO${printed.slice(0, 9)}<${printed.slice(9)}${checkDigit(ascii(number))}${"<".repeat(11)}7408122F1204159UTO<<<<<<<<<<<6${"<".repeat(30)}`;
    expect(presented(zone(number.replaceAll("0", "O")))).toEqual(presented(zone(number)));
    expect(presented(zone(number))).toEqual([expect.stringContaining(number)]);
  });
});

describe("what opens no document", () => {
  test.each(["", "1", "12345", "1234567", "A", "<".repeat(89), "P<UTO", "1".repeat(256)])(
    "for its length: %s",
    (entry) => {
      expect(refusal(entry)).toBe("length");
    },
  );

  test.each([
    ["a letter among six digits", "12345A"],
    ["a blot in the number", replaced(zoneOf("TD3"), 44, "?")],
    ["a letter in the date of birth", replaced(zoneOf("TD1"), 30, "\x00")],
  ])("for its characters: %s", (_, entry) => {
    expect(refusal(entry)).toBe("characters");
  });

  test.each([
    ["the number", replaced(zoneOf("TD1"), 5, "5")],
    ["the birth", replaced(zoneOf("TD2"), 49, "5")],
    ["the expiry", replaced(zoneOf("TD3"), 65, "5")],
    ["a check digit", replaced(zoneOf("TD3"), 53, "7")],
  ])("for a check digit: %s misread", (_, entry) => {
    expect(refusal(entry)).toBe("checkDigit");
  });

  test("says nothing of what was entered", () => {
    expect(bad(documentPasswords(ascii(replaced(zoneOf("TD3"), 65, "5"))))).toEqual({
      kind: "entryUnusable",
      why: "checkDigit",
    });
  });
});

test("any entry is left as it was and gives one password, two, or a refusal", () => {
  const blots = fc.tuple(
    fc.constantFrom(...vectors.mrz.map(({ mrz }) => mrz)),
    fc.array(fc.tuple(fc.nat(89), fc.constantFrom("O", "0", "<", "?", "5")), { maxLength: 4 }),
  );
  const misread = blots.map(([zone, places]) =>
    ascii(
      places.reduce(
        (read, [at, character]) => replaced(read, Math.min(at, read.length - 1), character),
        zone,
      ),
    ),
  );
  const sized = fc
    .constantFrom(6, 72, 88, 90)
    .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 256 }), sized, misread), (entry) => {
      const before = entry.slice();
      const result = documentPasswords(entry);
      expect(equalBytes(entry, before)).toBe(true);
      if (!result.ok) return;
      expect(result.value.length).toBeLessThanOrEqual(2);
      for (const { password } of result.value) expect([6, 20]).toContain(password.key.length);
      wipePasswords(result.value);
      expect(result.value.every(isWiped)).toBe(true);
    }),
  );
});

const isWiped = ({ password, presented: zone }: EnteredPasswords[number]): boolean =>
  [...password.key, ...(zone ?? [])].every((byte) => byte === 0);

describe("a lane's entry", () => {
  let timeline: VirtualTimeline;
  let entry: PasswordEntry;
  /** All that was ever made of entries, in their order, to see what becomes of it. */
  let made: EnteredPasswords[];

  beforeEach(() => {
    timeline = new VirtualTimeline();
    made = [];
    entry = ofLane(VirtualClock.startingAt(timeline, instant(0)));
  });

  const ofLane = (clock: Clock): PasswordEntry =>
    new PasswordEntry({
      clock,
      passwordsOf: (bytes) => {
        const result = documentPasswords(bytes);
        if (result.ok) made.push(result.value);
        return result;
      },
    });

  const pass = (durationMs: number) => timeline.run(timeline.nowUs() + durationMs * 1_000);
  const enter = (typed: string) => entry.enter(ascii(typed));
  const can = (taken: EnteredPasswords | undefined): string | undefined =>
    taken === undefined ? undefined : text(taken[0].password.key);
  const wiped = (): readonly boolean[] => made.map((each) => each.every(isWiped));

  test("is there for one use, and whole for whoever took it", async () => {
    expect(enter("123456")).toEqual({ ok: true, value: undefined });
    const taken = entry.take();
    expect(entry.take()).toBeUndefined();
    await pass(KEPT_MS);
    entry.clear();
    expect([can(taken), wiped()]).toEqual(["123456", [false]]);
  });

  test("is wiped where it came in, usable or not", () => {
    for (const typed of ["123456", "12345", zoneOf("TD1")]) {
      const bytes = ascii(typed);
      entry.enter(bytes);
      expect(bytes).toEqual(new Uint8Array(typed.length));
    }
  });

  test("is there for ten seconds, and then wiped", async () => {
    enter("123456");
    await pass(KEPT_MS - 1);
    expect(can(entry.take())).toBe("123456");
    enter(zoneOf("TD1"));
    await pass(KEPT_MS - 1);
    expect(wiped()).toEqual([false, false]);
    await pass(1);
    expect([entry.take(), wiped()]).toEqual([undefined, [false, true]]);
  });

  test("gives way to a newer one and is wiped, even by an unusable one", () => {
    enter("123456");
    enter("654321");
    expect([can(entry.take()), wiped()]).toEqual(["654321", [true, false]]);
    enter("123456");
    expect(bad(enter("12345"))).toEqual({ kind: "entryUnusable", why: "length" });
    expect([entry.take(), wiped()]).toEqual([undefined, [true, false, true]]);
  });

  test("entered anew has its own ten seconds", async () => {
    enter("123456");
    await pass(KEPT_MS - 1);
    enter("654321");
    await pass(KEPT_MS - 1);
    expect(can(entry.take())).toBe("654321");
  });

  test("cleared is wiped", () => {
    enter("123456");
    entry.clear();
    expect([entry.take(), wiped()]).toEqual([undefined, [true]]);
  });

  test("too old is wiped by whoever asks for it, even if its timer is late", () => {
    const slow = new LateClock();
    const late = ofLane(slow);
    late.enter(ascii("123456"));
    slow.now = KEPT_MS;
    expect([late.take(), wiped()]).toEqual([undefined, [true]]);
  });

  test("taken leaves no timer behind", async () => {
    enter("123456");
    entry.take();
    await pass(0);
    expect(timeline.pending()).toEqual([]);
  });

  describe("for a document that waits", () => {
    const waitFor = (signal = new AbortController().signal) => timeline.resolve(entry.waitFor(signal));

    test("is there at once, if it was entered before", async () => {
      enter("123456");
      expect(can(await waitFor())).toBe("123456");
      expect(entry.take()).toBeUndefined();
    });

    test("comes when it is entered, and is kept for nobody else", async () => {
      const waiting = entry.waitFor(new AbortController().signal);
      await pass(20_000);
      enter("123456");
      expect(entry.take()).toBeUndefined();
      await pass(KEPT_MS);
      expect([can(await waiting), wiped()]).toEqual(["123456", [false]]);
      expect(timeline.pending()).toEqual([]);
    });

    test("is waited for beyond an unusable one", async () => {
      const waiting = entry.waitFor(new AbortController().signal);
      expect(bad(enter("12345")).why).toBe("length");
      enter("123456");
      expect(can(await waiting)).toBe("123456");
    });

    test("is not there any more when it is too old", async () => {
      enter("123456");
      await pass(KEPT_MS);
      const gone = new AbortController();
      const waiting = entry.waitFor(gone.signal);
      gone.abort();
      expect(await waiting).toBeUndefined();
    });

    test("that was taken away: the next entry is for the next document", async () => {
      const gone = new AbortController();
      const waiting = entry.waitFor(gone.signal);
      gone.abort();
      expect(await waiting).toBeUndefined();
      enter("123456");
      expect(await entry.waitFor(AbortSignal.abort())).toBeUndefined();
      expect(can(await waitFor())).toBe("123456");
    });

    test("and then for the next: each waits by itself", async () => {
      const first = entry.waitFor(new AbortController().signal);
      expect(() => entry.waitFor(new AbortController().signal)).toThrow("waits already");
      enter("123456");
      const second = entry.waitFor(new AbortController().signal);
      enter("654321");
      expect([can(await first), can(await second)]).toEqual(["123456", "654321"]);
    });
  });
});

/** A clock whose timers never come. */
class LateClock implements Clock {
  now = 0;
  monotonicMs(): Millis {
    return millis(this.now);
  }
  wallTime(): Instant {
    return instant(this.now);
  }
  sleep(): Promise<void> {
    return new Promise(() => undefined);
  }
}
