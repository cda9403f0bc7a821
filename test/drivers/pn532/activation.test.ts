/** From "is anybody there" to a card that takes APDUs, command by command: what the chip is told, and what it is not told again. */
import { describe, expect, test } from "vitest";
import { Activation } from "../../../drivers/pn532/activation.ts";
import { IsoDepChoice } from "../../../drivers/pn532/iso-dep-choice.ts";
import { RadioRate } from "../../../drivers/pn532/radio-rate.ts";
import { toHex } from "../../../src/bytes/hex.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { err, ok } from "../../../src/result.ts";
import { scriptedChip } from "./scripted-chip.ts";
import { SILENT, type Turn } from "./scripted-link.ts";

const TRIES = 3;
const HOUR_MS = 3_600_000;

const done = (command: string): Turn => ({ command, response: command.startsWith("32") ? "33" : "13" });
const [BY_US, BY_FIRMWARE] = [done("12 04"), done("12 14")];
const [FIELD_OFF, FIELD_ON] = [done("32 01 00"), done("32 01 01")];
const tries = (count: number): Turn => done(`32 05 FF 01 0${count - 1}`);
const SIGN_OF_LIFE = done("32 02 00 0B 09");

const look = (response: Turn["response"]): Turn => ({ command: "4A 01 00", response });
const NOBODY = look("4B 00");
/** Without an answer to select. */
const SELECTED = look("4B 01 01 0004 20 04 04010203");
const PASS = look("4B 01 01 0004 08 04 04A1B2C3");
/** No guard time, and one of 38.7 ms and of 1.2 s. */
const [ATS, GUARDED, SLOW] = ["06 78 33 80 02 31", "06 78 33 87 02 31", "06 78 33 8C 02 31"];
const BY_ITSELF = look(`4B 01 01 0004 20 04 04010203 ${ATS}`);
const TYPE_B: Turn = { command: "4A 01 03 00", response: "4B 01 01 50 11223344 00000000 00 81 81 0105" };
const NOBODY_B: Turn = { command: "4A 01 03 00", response: "4B 00" };

const rats = (frameCode: 5 | 7 | 8, response: Turn["response"] = `43 00 ${ATS}`): Turn => ({
  command: `42 E0 ${frameCode}0`,
  response,
});
const PPS = ["42 D0 11 0A", "06 6302 6303", "08 6302A0 6303A0 630885 631408 630CB2"] as const;
const LOWERED: Turn = { command: "08 630280 630380 630885 631426 630C62", response: "09" };

function rig(engine: "firmware" | "software", ...turns: readonly Turn[]) {
  const chip = scriptedChip(...turns);
  const { clock, runner, timeout } = chip;
  const choice = new IsoDepChoice({ engine, clock, log: silentLog });
  const radio = new RadioRate({ runner, timeout });
  const activation = new Activation({ runner, clock, timeout, choice, radio, usualTries: TRIES });
  const find = async (protocol: "typeA" | "typeB" = "typeA", count = TRIES) => {
    const found = await activation.activate(protocol, count);
    return found.ok ? ok(found.value?.frames) : found;
  };
  return { ...chip, choice, radio, activation, find };
}

describe("by the firmware's engine", () => {
  test("a card is one command: the chip has its settings from the start", async () => {
    const { link, activation } = rig("firmware", BY_ITSELF);
    const found = await activation.activate("typeA", TRIES);
    expect(found).toMatchObject(ok({ protocol: "typeA", kind: "isoDep", frames: "firmware", number: 1 }));
    expect(link.left).toEqual([]);
  });

  test("a card is left to it where the chip tells no answer to select", async () => {
    const { link, find } = rig("firmware", SELECTED);
    expect(await find()).toEqual(ok("firmware"));
    expect(link.left).toEqual([]);
  });

  test("nobody is nobody", async () => {
    const { link, find } = rig("firmware", NOBODY, NOBODY_B);
    expect([await find(), await find("typeB")]).toEqual([ok(undefined), ok(undefined)]);
    expect(link.left).toEqual([]);
  });

  test("the number of tries is told when it changes, and after the chip was given its settings anew", async () => {
    const { link, activation, find } = rig(
      ...(["firmware", tries(1), NOBODY, NOBODY, tries(TRIES), NOBODY, tries(1), NOBODY] as const),
      ...[tries(2), NOBODY, NOBODY],
    );
    await find("typeA", 1);
    await find("typeA", 1);
    await find();
    await find("typeA", 1);
    activation.wasConfigured();
    await find("typeA", 2);
    activation.wasConfigured();
    await find();
    expect(link.left).toEqual([]);
  });

  test("the chip is given time by the tries, less by what it has shown, and as at first after a start", async () => {
    // The number by which an own field is polled; others teach nothing.
    const usual = 25;
    const MANY = done("32 05 FF 01 18");
    const chip = scriptedChip(MANY, NOBODY, NOBODY, MANY, NOBODY);
    const { clock, runner, timeout, link } = chip;
    const choice = new IsoDepChoice({ engine: "firmware", clock, log: silentLog });
    const radio = new RadioRate({ runner, timeout });
    const activation = new Activation({ runner, clock, timeout, choice, radio, usualTries: TRIES });
    const slowest = usual * 150 + 100;
    const shown = 2 * 700 + 100;
    const begun: number[] = [];
    const read = link.read.bind(link);
    const write = link.write.bind(link);
    link.write = (frame) => {
      if (toHex(frame).includes("D44A")) begun.push(clock.monotonicMs());
      return write(frame);
    };
    link.read = (wanted) => {
      // A poll in vain takes 700 ms.
      if (wanted.lengthBytes > 6) clock.pass(700);
      return read(wanted);
    };
    const waited = async (): Promise<number> => {
      const before = link.deadlines.length;
      await activation.activate("typeA", usual);
      return Math.max(...link.deadlines.slice(before)) - (begun.at(-1) ?? 0);
    };
    expect(await waited()).toBeCloseTo(slowest, 6);
    expect(await waited()).toBeCloseTo(shown, 6);
    activation.wasStarted();
    expect(await waited()).toBeCloseTo(slowest, 6);
  });

  test("a chip that is still trying when its time is over is no empty field", async () => {
    expect(await rig("firmware", look("mute")).find()).toEqual(err({ kind: "unanswered" }));
    expect(await rig("firmware", look("deaf")).find()).toEqual(err({ kind: "reader", error: SILENT }));
  });

  test("whoever asked may change his mind", async () => {
    const { activation } = rig("firmware", look("mute"));
    const found = await activation.activate("typeA", TRIES, AbortSignal.abort());
    expect(found).toEqual(err({ kind: "aborted" }));
  });
});

describe("by our own engine", () => {
  test("automatic RATS goes off once, and the card is asked for the largest frames by us", async () => {
    const { link, find } = rig("software", BY_US, SELECTED, rats(8), SELECTED, rats(8));
    expect([await find(), await find()]).toEqual([ok(256), ok(256)]);
    expect(link.left).toEqual([]);
    // Each answer in one go behind its acknowledgement.
    expect(link.reads).toHaveLength(5 * 2);
  });

  test("and goes off again once the chip was given its settings anew", async () => {
    const { link, activation, find } = rig("software", BY_US, NOBODY, BY_US, NOBODY);
    await find();
    activation.wasConfigured();
    await find();
    expect(link.left).toEqual([]);
  });

  test("the card's answer to select is the card's, whatever the chip said", async () => {
    const { activation } = rig("software", BY_US, SELECTED, rats(8));
    expect(await activation.activate("typeA", TRIES)).toMatchObject(
      ok({ cardFrameBytes: 256, frameWaitingExponent: 8, fastestKbits: 424 }),
    );
  });

  test("a card without ISO-DEP, and nobody, are asked for nothing", async () => {
    const { link, find } = rig("software", BY_US, PASS, NOBODY);
    expect([await find(), await find()]).toEqual([ok("firmware"), ok(undefined)]);
    expect(link.left).toEqual([]);
  });

  test("type B is the firmware's, whose settings for type A are no matter to it", async () => {
    const { link, find } = rig("software", TYPE_B, BY_US, NOBODY, TYPE_B);
    expect([await find("typeB"), await find(), await find("typeB")]).toEqual([
      ok("firmware"),
      ok(undefined),
      ok("firmware"),
    ]);
    expect(link.left).toEqual([]);
  });

  test("a card that the chip has asked by itself is its own, and the chip told again", async () => {
    const { link, find } = rig("software", BY_US, BY_ITSELF, BY_US, SELECTED, rats(8));
    expect([await find(), await find()]).toEqual([ok("firmware"), ok(256)]);
    expect(link.left).toEqual([]);
  });

  test.each<[string, string, readonly number[]]>([
    ["none", ATS, []],
    ["38.7 ms", GUARDED, [38.66]],
    ["1.2 s, which holds up the lane", SLOW, [100]],
  ])("a card is left alone behind its answer for as long as it asks: %s", async (_, ats, sleeps) => {
    const { clock, find } = rig("software", BY_US, SELECTED, rats(8, `43 00 ${ats}`));
    await find();
    expect(clock.slept.map((ms) => Math.round(ms * 100) / 100)).toEqual(sleeps);
  });

  test("the chip waits for the answer as for a sign of life", async () => {
    const { link, timeout, find } = rig(
      "software",
      done("32 02 00 0B 0D"),
      BY_US,
      SELECTED,
      SIGN_OF_LIFE,
      rats(8),
    );
    await timeout.reach(400);
    await find();
    expect(link.left).toEqual([]);
    expect(link.deadlines.at(-1)).toBeCloseTo(25.6 + 80, 6);
  });

  test("the chip's patience is the start's, once it was given its settings anew", async () => {
    const { link, timeout, activation, find } = rig(
      "software",
      done("32 02 00 0B 0D"),
      BY_US,
      SELECTED,
      rats(8),
    );
    await timeout.reach(400);
    activation.wasConfigured();
    await find();
    expect(link.left).toEqual([]);
  });

  describe("a card that gives no answer to select", () => {
    test.each<[string, readonly Turn[]]>([
      ["is asked twice where it is silent", [rats(8, "43 01"), rats(8, "43 01")]],
      ["is asked once where it has answered", [rats(8, "43 02")]],
      ["is asked once more where the silence came first", [rats(8, "43 01"), rats(8, "43 0B")]],
    ])("%s, and nobody until the field was off", async (_, asked) => {
      const { link, clock, find } = rig("software", BY_US, SELECTED, ...asked, FIELD_OFF, FIELD_ON);
      expect(await find()).toEqual(ok(undefined));
      expect(clock.slept).toEqual([6]);
      expect(link.left).toEqual([]);
    });

    test("is one of five in a row, behind which all are asked for less", async () => {
      const failure = [SELECTED, rats(8, "43 02"), FIELD_OFF, FIELD_ON];
      const { choice, find } = rig(
        ...(["software", BY_US, ...failure, SELECTED, rats(8), ...failure, ...failure] as const),
        ...[...failure, ...failure, ...failure],
      );
      for (let looks = 0; looks < 6; looks++) await find();
      expect(choice.first).toBe(256);
      await find();
      expect(choice.first).toBe(128);
    });

    test.each<[string, readonly Turn[], unknown]>([
      ["a dead chip", [rats(8, "deaf")], { kind: "reader", error: SILENT }],
      [
        "a hot one",
        [rats(8, "43 0D")],
        { kind: "reader", error: { kind: "chipProtection", cause: "overTemperature" } },
      ],
      [
        "one that cannot reset the field",
        [rats(8, "43 02"), { ...FIELD_OFF, response: "deaf" }],
        { kind: "reader", error: SILENT },
      ],
      [
        "one that does not switch it on again",
        [rats(8, "43 02"), FIELD_OFF, { ...FIELD_ON, response: "deaf" }],
        { kind: "reader", error: SILENT },
      ],
    ])("for %s is the reader's trouble", async (_, turns, error) => {
      expect(await rig("software", BY_US, SELECTED, ...turns).find()).toEqual(err(error));
    });
  });

  describe("a card whose kind cannot carry the largest frames", () => {
    const family = "A 20 31";
    const limit = (choice: IsoDepChoice, ...levels: readonly (256 | 128 | 64)[]): void => {
      for (const frames of levels) choice.failed({ family, frames }, "overflow", 254);
    };
    const anew = [FIELD_OFF, FIELD_ON, tries(2)];

    test("is activated anew with smaller ones, which are agreed on once", async () => {
      const { link, clock, choice, find } = rig(
        "software",
        BY_US,
        SELECTED,
        rats(8),
        ...anew,
        SELECTED,
        rats(7),
      );
      limit(choice, 256);
      expect(await find()).toEqual(ok(128));
      expect(clock.slept).toEqual([6]);
      expect(link.left).toEqual([]);
    });

    test("is activated anew by the firmware where none carry", async () => {
      const { link, choice, find } = rig(
        "software",
        BY_US,
        SELECTED,
        rats(8),
        ...anew,
        BY_FIRMWARE,
        BY_ITSELF,
      );
      limit(choice, 256, 128, 64);
      expect(await find()).toEqual(ok("firmware"));
      expect(link.left).toEqual([]);
    });

    test("and that has gone meanwhile is nobody", async () => {
      const { link, choice, find } = rig("software", BY_US, SELECTED, rats(8), ...anew, NOBODY);
      limit(choice, 256);
      expect(await find()).toEqual(ok(undefined));
      expect(choice.of(family)).toBe(128);
      expect(link.left).toEqual([]);
    });

    test("and is lost by a trial of better ones has ended it", async () => {
      const { link, clock, choice, find } = rig("software", BY_US, SELECTED, rats(8), ...anew, NOBODY);
      limit(choice, 256, 128);
      clock.pass(2 * HOUR_MS);
      expect(choice.of(family)).toBe(128);
      expect(await find()).toEqual(ok(undefined));
      expect(choice.of(family)).toBe(64);
      expect(link.left).toEqual([]);
    });

    test("is looked for in vain by a chip that does not reset its field", async () => {
      const { choice, find } = rig("software", BY_US, SELECTED, rats(8), { ...FIELD_OFF, response: "deaf" });
      limit(choice, 256);
      expect(await find()).toEqual(err({ kind: "reader", error: SILENT }));
    });
  });
});

describe("every activation begins at 106 kbit/s", () => {
  const [ask, read, raise] = PPS;
  const RAISING: readonly Turn[] = [
    { command: ask, response: "43 00 D0" },
    { command: read, response: "07 80 80" },
    { command: raise, response: "09" },
  ];

  test.each<["typeA" | "typeB", readonly Turn[]]>([
    ["typeA", [BY_US, NOBODY]],
    ["typeB", [NOBODY_B]],
  ])("of %s, behind a card that was read faster, before anything else", async (protocol, then) => {
    const { link, radio, find } = rig("software", ...RAISING, LOWERED, ...then);
    await radio.agree(424);
    expect(await find(protocol)).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("or not at all, where the chip does not do it", async () => {
    const { link, radio, find } = rig("software", ...RAISING, { ...LOWERED, response: "deaf" });
    await radio.agree(424);
    expect(await find()).toEqual(err({ kind: "reader", error: SILENT }));
    expect(link.left).toEqual([]);
  });
});

test("the field is reset by a carrier that is off for longer than the 5 ms in which a card forgets", async () => {
  const { link, clock, activation } = rig("firmware", FIELD_OFF, FIELD_ON);
  expect(await activation.resetField()).toEqual(ok(undefined));
  expect(clock.slept).toEqual([6]);
  expect(link.left).toEqual([]);
});

test.each(["tries", "settings"])("a chip that refuses its %s is not asked for cards", async (what) => {
  const refused = (turn: Turn): Turn => ({ ...turn, response: "error frame" });
  const { find, link } = rig("software", refused(what === "tries" ? tries(1) : BY_US));
  expect(await find("typeA", what === "tries" ? 1 : TRIES)).toMatchObject(
    err({ kind: "reader", error: { kind: "chipRefused", status: 0x7f } }),
  );
  expect(link.left).toEqual([]);
});
