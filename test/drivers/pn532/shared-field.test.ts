// A reader that takes turns, command by command: what goes over its link, and what does not without a turn.
import { beforeEach, describe, expect, test } from "vitest";
import { type FieldTurn, FieldTurns } from "../../../drivers/pn532/field-turns.ts";
import { createSharedPn532Reader } from "../../../drivers/pn532/reader.ts";
import { hex } from "../../../src/bytes/hex.ts";
import type { LineState, OutputLine } from "../../../src/ports/bus.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { err, ok } from "../../../src/result.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant, millis } from "../../../src/time/time.ts";
import { ScriptedLink, SILENT, type Turn } from "./scripted-link.ts";

const LINE_TEST = Array.from({ length: 256 }, (_, index) =>
  (-index & 0xff).toString(16).padStart(2, "0"),
).join("");
const SAM: Turn = { command: "14011401", response: "15" };
const FIELD_ON: Turn = { command: "320101", response: "33" };
const FIELD_OFF: Turn = { command: "320100", response: "33" };
/** The carrier goes off before all else, and nothing switches it on. */
const START: readonly Turn[] = [
  SAM,
  FIELD_OFF,
  { command: "02", response: "0332010607" },
  { command: `0000${LINE_TEST}`, response: `0100${LINE_TEST}` },
  { command: "1214", response: "13" },
  { command: "3202000B09", response: "33" },
  { command: "3205FF0100", response: "33" },
];

const NO_CARD: Turn = { command: "4A0100", response: "4B00" };
const NO_CARD_B: Turn = { command: "4A010300", response: "4B00" };
/** The register that still holds the request after silence, and something else after a collision. */
const SILENCE: Turn = { command: "066339", response: "0726" };
const GARBLE: Turn = { command: "066339", response: "0744" };
const SILENCE_B: Turn = { command: "42050000", response: "4301" };
const GARBLE_B: Turn = { command: "42050000", response: "4306" };
const found = (uid: string, historicalByte = "31"): Turn => ({
  command: "4A0100",
  response: `4B 01 01 0004 20 04 ${uid} 0675778102${historicalByte}`,
});
const [ANONYMOUS, ANONYMOUS_AGAIN, OTHER_FAMILY] = [
  found("08010203"),
  found("08AABBCC"),
  found("08DDEEFF", "32"),
];
const [NAMED, OTHER_NAMED] = [found("04010203"), found("04AABBCC")];
const foundB = (pupi: string): Turn => ({
  command: "4A010300",
  response: `4B 01 01 50 ${pupi} 00000000 00 81 81 0105`,
});
const THERE: Turn = { command: "42B2", response: "4300A2" };
const PATIENCE_MS = 500;

let timeline: VirtualTimeline;
let clock: VirtualClock;
/** The other reader of the group. */
let other: FieldTurn;

beforeEach(() => {
  timeline = new VirtualTimeline();
  clock = VirtualClock.startingAt(timeline, instant(0));
});

const settle = <T>(promise: Promise<T>): Promise<T> => timeline.resolve(promise);
const pass = (durationMs: number) => timeline.run(timeline.nowUs() + durationMs * 1_000);
const never = () => new AbortController().signal;

function resetLine() {
  const driven: LineState[] = [];
  const reset: OutputLine = {
    drive: async (state) => {
      driven.push(state);
      return ok(undefined);
    },
    readBack: async () => ok("inactive"),
    close: async () => undefined,
  };
  return { driven, reset };
}

function rig(turns: readonly Turn[], reset?: OutputLine) {
  const link = new ScriptedLink(...turns);
  const fields = new FieldTurns(clock);
  other = fields.join();
  const reader = createSharedPn532Reader({ link, clock, reset, log: silentLog }, fields.join());
  return { link, reader, poll: () => settle(reader.poll(never())) };
}

/** With a card found, in the reader's turn, and the other reader waiting unless said otherwise. */
async function present(card: Turn, turns: readonly Turn[], neighbour: "waits" | "absent" = "waits") {
  const before = card.command === NO_CARD_B.command ? [NO_CARD, card] : [card];
  const one = rig([NO_CARD, SILENCE, NO_CARD_B, ...before, ...turns]);
  await one.poll();
  await one.poll();
  const look = await one.poll();
  if (!look.ok || look.value === undefined || look.value === "notLooked") throw new Error("no card");
  if (neighbour === "waits") await wait();
  return { ...one, card: look.value, isPresent: () => settle(one.reader.isPresent()) };
}

/** The other reader asks for its turn, and goes on with its own life. */
async function wait(): Promise<void> {
  void other.take(millis(60_000));
  await pass(0);
}

describe("a start", () => {
  test("silences the chip first, leaves it silent, and asks for no turn", async () => {
    const { link, reader } = rig(START);
    await settle(other.take(millis(60_000)));
    expect(await settle(reader.start())).toMatchObject({ ok: true });
    expect(link.left).toEqual([]);
    expect(other.isMine()).toBe(true);
  });

  test("gives back the turn in which the reader failed, when its chip has been silenced", async () => {
    const { link, reader, poll } = rig([{ ...NO_CARD, response: "mute" }, FIELD_OFF, ...START]);
    await poll();
    expect(await poll()).toEqual(err(SILENT));
    expect(await settle(other.take(millis(60_000)))).toBe(true);
    expect(await settle(reader.start())).toMatchObject({ ok: true, value: { recoveredBy: "reconfigure" } });
    expect(link.left).toEqual([]);
  });

  test("after protection is followed by the proof that the carrier stays on, in the reader's turn", async () => {
    const hot: Turn = { command: "42B2", response: "430D" };
    const cool: Turn = { command: "42B2", response: "4301" };
    const switchedOff = [FIELD_OFF, FIELD_OFF];
    const tooSoon = [...START, FIELD_ON, hot, ...switchedOff];
    const inTime = [...START, FIELD_ON, cool, NO_CARD, SILENCE, NO_CARD_B];
    const { link, reader, poll } = rig([ANONYMOUS, hot, ...switchedOff, ...tooSoon, ...inTime]);
    const error = err({ kind: "chipProtection", cause: "overTemperature" });
    await poll();
    await poll();
    expect(await settle(reader.isPresent())).toEqual(error);
    await pass(10_000);
    expect(await settle(reader.start())).toMatchObject({ ok: true });
    await poll();
    expect(await poll()).toEqual(error);
    await pass(10_000);
    expect(await settle(reader.start())).toMatchObject({ ok: true });
    await poll();
    expect(await poll()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });
});

describe("polling", () => {
  test("without a turn sends nothing, and says that nobody looked", async () => {
    const { poll } = rig([]);
    await settle(other.take(millis(60_000)));
    const begunAt = clock.monotonicMs();
    expect(await poll()).toEqual(ok("notLooked"));
    expect(clock.monotonicMs() - begunAt).toBe(PATIENCE_MS);
    expect(await poll()).toEqual(ok("notLooked"));
  });

  test("says so as soon as the turn has come, and looks next time", async () => {
    const { poll, link } = rig([ANONYMOUS]);
    await settle(other.take(millis(60_000)));
    timeline.at(timeline.nowUs() + 40_000, () => other.yield());
    expect(await poll()).toEqual(ok("notLooked"));
    expect(clock.monotonicMs()).toBeCloseTo(46, 0);
    expect(await poll()).toMatchObject(ok({ kind: "isoDep" }));
    expect(link.left).toEqual([]);
  });

  test("is one quick look for each type, after which the carrier goes off if somebody waits", async () => {
    const { poll, link } = rig([NO_CARD, SILENCE, NO_CARD_B, FIELD_OFF]);
    await poll();
    void other.take(millis(60_000));
    expect(await poll()).toEqual(ok(undefined));
    await pass(10);
    expect(link.left).toEqual([]);
    expect(other.isMine()).toBe(true);
  });

  test("leaves the carrier on while nobody waits", async () => {
    const { poll, link } = rig([NO_CARD, SILENCE, NO_CARD_B, NO_CARD, foundB("11223344")]);
    await poll();
    expect(await poll()).toEqual(ok(undefined));
    expect(await poll()).toMatchObject(ok({ protocol: "typeB" }));
    expect(link.left).toEqual([]);
  });

  test("that is given up neither waits nor looks", async () => {
    const { reader } = rig([]);
    expect(await settle(reader.poll(AbortSignal.abort()))).toEqual(ok(undefined));
  });

  test("goes on silent when the turn was lost", async () => {
    const { poll, link } = rig([NO_CARD, SILENCE, NO_CARD_B, FIELD_OFF]);
    await poll();
    await poll();
    await pass(20_000);
    await settle(other.take(millis(60_000)));
    expect(await poll()).toEqual(ok("notLooked"));
    expect(link.left).toEqual([]);
  });
});

describe("a card that stays", () => {
  test("is watched as ever while nobody waits", async () => {
    const { isPresent, link } = await present(ANONYMOUS, [THERE, THERE], "absent");
    expect([await isPresent(), await isPresent()]).toEqual([ok(true), ok(true)]);
    expect(link.left).toEqual([]);
  });

  test("gives way after each look, and is there as long as nobody can say otherwise", async () => {
    const { isPresent, link } = await present(ANONYMOUS, [THERE, FIELD_OFF]);
    expect(await isPresent()).toEqual(ok(true));
    expect(link.left).toEqual([]);
    await pass(10);
    expect(other.isMine()).toBe(true);
    expect([await isPresent(), await isPresent()]).toEqual([ok(true), ok(true)]);
  });

  test("can be sent nothing any more once it has given way", async () => {
    const { isPresent, card } = await present(ANONYMOUS, [THERE, FIELD_OFF]);
    await isPresent();
    expect(await settle(card.channel.transceive(hex("00A40400")))).toMatchObject({
      ok: false,
      error: { kind: "cardLost" },
    });
  });

  test.each<[string, Turn, readonly Turn[], boolean]>([
    ["the same number", NAMED, [NAMED], true],
    ["another number", NAMED, [OTHER_NAMED], false],
    ["a number made up anew, same family", ANONYMOUS, [ANONYMOUS_AGAIN], true],
    ["a number made up anew, another family", ANONYMOUS, [OTHER_FAMILY], false],
    ["a fixed number in place of a made-up one", ANONYMOUS, [NAMED], false],
    ["nothing at first", ANONYMOUS, [NO_CARD, ANONYMOUS_AGAIN], true],
    ["nothing twice", ANONYMOUS, [NO_CARD, NO_CARD, SILENCE], false],
    ["type B with another PUPI", foundB("11223344"), [foundB("55667788")], true],
    ["type B and nothing", foundB("11223344"), [NO_CARD_B, NO_CARD_B, SILENCE_B, SILENCE_B], false],
  ])("is looked for in the next turn: %s", async (_what, card, turns, isThere) => {
    const sign = card.command === NO_CARD_B.command ? { command: "42BA05", response: "4300AA05" } : THERE;
    const { isPresent, link } = await present(card, [sign, FIELD_OFF, ...turns]);
    await isPresent();
    await pass(10);
    other.yield();
    expect(await isPresent()).toEqual(ok(isThere));
    expect(link.left).toEqual([]);
  });

  test.each<[string, Turn, Turn, readonly Turn[]]>([
    ["A", ANONYMOUS, THERE, [NO_CARD, NO_CARD, GARBLE]],
    ["B", foundB("11223344"), { command: "42BA05", response: "4300AA05" }, [NO_CARD_B, NO_CARD_B, GARBLE_B]],
  ])(
    "of type %s is there while somebody answers whom the chip cannot make out",
    async (_type, card, sign, garbled) => {
      const { isPresent, link } = await present(card, [sign, FIELD_OFF, ...garbled, ...garbled, card]);
      await isPresent();
      await pass(10);
      other.yield();
      for (let looks = 0; looks < 3; looks++) expect(await isPresent()).toEqual(ok(true));
      expect(link.left).toEqual([]);
    },
  );

  test("is gone on a chip that has never shown what silence looks like", async () => {
    const odd: Turn = { ...SILENCE, response: "0700" };
    const { reader, poll, link } = rig([
      NO_CARD,
      odd,
      NO_CARD_B,
      ANONYMOUS,
      THERE,
      FIELD_OFF,
      NO_CARD,
      NO_CARD,
    ]);
    for (let polls = 0; polls < 3; polls++) await poll();
    await wait();
    expect(await settle(reader.isPresent())).toEqual(ok(true));
    await pass(10);
    other.yield();
    expect(await settle(reader.isPresent())).toEqual(ok(false));
    expect(link.left).toEqual([]);
  });

  test("that is found again has a sign of life again", async () => {
    const { isPresent, link } = await present(ANONYMOUS, [THERE, FIELD_OFF, ANONYMOUS_AGAIN, THERE]);
    await isPresent();
    await pass(10);
    other.yield();
    expect([await isPresent(), await isPresent()]).toEqual([ok(true), ok(true)]);
    expect(link.left).toEqual([]);
  });

  test("and is gone: dropping it is the end of the turn, and the field is off for the next", async () => {
    const { reader, link } = await present(ANONYMOUS, [FIELD_OFF]);
    expect(await settle(reader.drop())).toEqual(ok(undefined));
    await pass(10);
    expect(link.left).toEqual([]);
    expect(other.isMine()).toBe(true);
  });
});

describe("a chip that cannot be silenced", () => {
  const DEAF: Turn = { ...NO_CARD, response: "deaf" };
  const DEAF_OFF: Turn = { ...FIELD_OFF, response: "deaf" };

  test("is reset, and its turn ends within a fifth of a second", async () => {
    const { driven, reset } = resetLine();
    const { poll } = rig([DEAF, DEAF_OFF], reset);
    await poll();
    const begunAt = clock.monotonicMs();
    expect(await poll()).toEqual(err(SILENT));
    expect(driven).toEqual(["active", "inactive"]);
    expect(await settle(other.take(millis(60_000)))).toBe(true);
    expect(clock.monotonicMs() - begunAt).toBeLessThan(200);
  });

  test("without a reset line is not waited for", async () => {
    const { poll } = rig([DEAF, DEAF_OFF]);
    await poll();
    expect(await poll()).toEqual(err(SILENT));
    expect(await settle(other.take(millis(60_000)))).toBe(true);
  });
});

test("a stop leaves carrier and turn to the others", async () => {
  const { reader, link } = await present(ANONYMOUS, [FIELD_OFF]);
  await settle(reader.stop());
  await pass(10);
  expect(link.left).toEqual([]);
  expect(other.isMine()).toBe(true);
});
