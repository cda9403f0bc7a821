/** Dialogues of blocks over a scripted chip: what each of its answers is heard as, how long it is waited for, and what is reported. */
import { describe, expect, test } from "vitest";
import { type BlockReport, carryBlocks, isTooLong } from "../../../drivers/pn532/block-channel.ts";
import type { BlockOut, Heard, IsoDepError } from "../../../drivers/pn532/iso-dep.ts";
import { hex } from "../../../src/bytes/hex.ts";
import type { LinkError } from "../../../src/ports/card.ts";
import { err, ok, type Result } from "../../../src/result.ts";
import { after } from "../../../src/time/time.ts";
import { type SteppedClock, scriptedChip } from "./scripted-chip.ts";
import { SILENT, type Turn } from "./scripted-link.ts";

const I_BLOCK = "0200B0000000";
/** Within the patience that the start sets, so that no command is needed for it. */
const WAIT_MS = 20;
const CHIP_MS = 25.6 + 80;
const HALF_MINUTE_MS = 30_000;

const send = (response: Turn["response"], block = I_BLOCK): Turn => ({ command: `42${block}`, response });
const block = (text: string, waitMs = WAIT_MS, answerBytes = 20): BlockOut => ({
  block: hex(text),
  waitMs,
  answerBytes,
});

type Dialogue<T> = Generator<BlockOut, Result<T, IsoDepError>, Heard>;

/** Sends the same block as often as is asked for, and gives what was heard. */
function* listen(times: number): Dialogue<readonly Heard[]> {
  const heard: Heard[] = [];
  for (let time = 0; time < times; time++) heard.push(yield block(I_BLOCK));
  return ok(heard);
}

/** One block, and then this end whatever was heard. */
function* ending(end: Result<string, IsoDepError>): Dialogue<string> {
  yield block(I_BLOCK);
  return end;
}

interface Limits {
  readonly untilMs?: number;
  readonly partMs?: number;
}

async function carry<T>(
  turns: readonly Turn[],
  dialogue: (clock: SteppedClock) => Dialogue<T>,
  { untilMs = HALF_MINUTE_MS, partMs = HALF_MINUTE_MS }: Limits = {},
): Promise<BlockReport<T> & { readonly left: readonly string[]; readonly deadlines: readonly number[] }> {
  const { clock, link, runner, timeout } = scriptedChip(...turns);
  const road = { runner, clock, timeout, until: after(clock.monotonicMs(), untilMs), partMs };
  const report = await carryBlocks(road, dialogue(clock));
  return { ...report, left: link.left, deadlines: link.deadlines };
}

describe("what the chip says of a raw frame", () => {
  test.each<[string, Turn["response"], Heard, BlockReport<unknown>["lastFrame"]]>([
    ["its bytes are a block", "43 00 02 9000", { kind: "block", bytes: hex("029000") }, "other"],
    ["status 01 is silence", "4301", { kind: "silence" }, "other"],
    ["its own silence, behind the whole time, is the card's", "mute", { kind: "silence" }, "other"],
    ["a checksum error is damage", "4302", { kind: "damaged" }, "damaged"],
    ["a framing error is damage", "4305", { kind: "damaged" }, "damaged"],
    ["a protocol error is damage", "430B", { kind: "damaged" }, "damaged"],
    ["a full radio buffer is damage by its length", "4309", { kind: "damaged" }, "overflow"],
    ["a small buffer is, and no refusal of ours", "4307", { kind: "damaged" }, "overflow"],
    ["the firmware's own overflow is, too", "430E", { kind: "damaged" }, "overflow"],
  ])("%s", async (_, response, heard, lastFrame) => {
    const report = await carry([send(response)], () => listen(1));
    expect(report).toMatchObject({ outcome: ok([heard]), lastFrame, left: [] });
  });

  test("no target is the end of the card, and nothing more is sent", async () => {
    const report = await carry([send("4327")], () => listen(2));
    expect(report.outcome).toEqual(err({ kind: "cardLost", status: 0x27 }));
  });

  test.each<[string, Turn["response"], LinkError]>([
    [
      "a refusal of the command",
      "4310",
      {
        kind: "readerFailed",
        error: { kind: "chipRefused", command: "InCommunicateThru", status: 0x10 },
      },
    ],
    [
      "its protection",
      "430D",
      { kind: "readerFailed", error: { kind: "chipProtection", cause: "overTemperature" } },
    ],
    ["no acknowledgement", "deaf", { kind: "readerFailed", error: SILENT }],
  ])("%s is the reader's trouble", async (_, response, error) => {
    const report = await carry([send(response)], () => listen(2));
    expect(report).toMatchObject({ outcome: err(error), left: [] });
  });

  test.each([
    [0x07, true],
    [0x09, true],
    [0x0e, true],
    [0x00, false],
    [0x01, false],
    [0x02, false],
    [0x0b, false],
  ])("status %i says that a frame was too long: %s", (status, isSo) => {
    expect(isTooLong(status)).toBe(isSo);
  });
});

describe("the end of a dialogue", () => {
  test.each<[string, string, Result<string, IsoDepError>, Result<string, LinkError>]>([
    ["its answer", "43 00 02", ok("answer"), ok("answer")],
    [
      "a card that breaks the protocol",
      "43 00 02",
      err({ kind: "garbled", why: "so" }),
      err({ kind: "cardGarbled", why: "so" }),
    ],
    ["a loss with the chip's last word", "4302", err({ kind: "lost" }), err({ kind: "cardLost", status: 2 })],
    [
      "a loss behind a block, which the chip has no word for",
      "43 00 02",
      err({ kind: "lost" }),
      err({ kind: "cardLost", status: 1 }),
    ],
  ])("is %s", async (_, response, end, outcome) => {
    expect((await carry([send(response)], () => ending(end))).outcome).toEqual(outcome);
  });

  test("without a block sent costs no command", async () => {
    const report = await carry([], () => listen(0));
    expect(report).toMatchObject({ outcome: ok([]), longestBytes: 0, lastFrame: "other" });
  });

  test("tells the longest block that arrived whole, and what the last frame came to", async () => {
    const turns = [send("43 00 02 9000"), send("43 00 02"), send("4302"), send("4309")];
    expect(await carry(turns, () => listen(4))).toMatchObject({ longestBytes: 3, lastFrame: "overflow" });
    expect(await carry(turns.slice(0, 3), () => listen(3))).toMatchObject({
      longestBytes: 3,
      lastFrame: "damaged",
    });
    expect(await carry([send("4302"), send("43 00 02")], () => listen(2))).toMatchObject({
      longestBytes: 1,
      lastFrame: "other",
    });
  });
});

describe("how long is waited", () => {
  test("for a block, as long as it says: the chip's patience is set by it", async () => {
    const turns: readonly Turn[] = [{ command: "3202000B0B", response: "33" }, send("43 00 02")];
    const { outcome, deadlines } = await carry(turns, function* (): Dialogue<string> {
      yield block(I_BLOCK, 77);
      return ok("heard");
    });
    expect(outcome).toEqual(ok("heard"));
    expect(deadlines.at(-1)).toBeCloseTo(102.4 + 80, 6);
  });

  test("the chip that refuses to be patient is the reader's trouble", async () => {
    const turns: readonly Turn[] = [{ command: "3202000B0B", response: "error frame" }];
    const { outcome } = await carry(turns, function* (): Dialogue<string> {
      yield block(I_BLOCK, 77);
      return ok("heard");
    });
    expect(outcome).toMatchObject(
      err({ kind: "readerFailed", error: { kind: "chipRefused", status: 0x7f } }),
    );
  });

  test("never behind the end; a chip that is silent until then says nothing of the card", async () => {
    const { outcome, deadlines } = await carry([send("mute")], () => listen(1), { untilMs: CHIP_MS - 1 });
    expect(outcome).toEqual(err({ kind: "cardLost", status: 1 }));
    expect(deadlines[1]).toBeCloseTo(CHIP_MS - 1, 6);
  });

  test("just until the end is the whole time", async () => {
    expect((await carry([send("mute")], () => listen(1), { untilMs: CHIP_MS })).outcome).toEqual(
      ok([{ kind: "silence" }]),
    );
  });

  test("just before the end is what one block takes on the air", async () => {
    const { outcome, deadlines } = await carry([send("43 00 02")], () => listen(1), { untilMs: 3 });
    expect(outcome).toMatchObject({ ok: true });
    expect(deadlines[1]).toBeCloseTo(20, 6);
  });

  test("behind the end nothing is sent", async () => {
    const { outcome, left } = await carry([send("43 00 02")], () => listen(1), { untilMs: 0 });
    expect(outcome).toEqual(err({ kind: "cardLost", status: 1 }));
    expect(left).toHaveLength(1);
  });

  /** Two blocks with some time between. */
  const pausing =
    (pauseMs: number) =>
    (clock: SteppedClock): Dialogue<number> =>
      (function* (): Dialogue<number> {
        for (let blocks = 0; blocks < 3; blocks++) {
          yield block(I_BLOCK);
          clock.pass(pauseMs);
        }
        return ok(3);
      })();
  const [BLOCK, WTX] = [send("43 00 02"), send("43 00 F2 01")];

  test("a part of an answer has its time for itself, however long the whole takes", async () => {
    const limits = { partMs: 100 };
    expect((await carry([BLOCK, BLOCK, BLOCK], pausing(99), limits)).outcome).toEqual(ok(3));
    expect((await carry([BLOCK, BLOCK, BLOCK], pausing(100), limits)).outcome).toEqual(
      err({ kind: "cardLost", status: 1 }),
    );
  });

  test("a card that asks for time again and again has no more than one part's", async () => {
    const limits = { partMs: 100 };
    expect((await carry([WTX, WTX, WTX], pausing(49), limits)).outcome).toEqual(ok(3));
    const report = await carry([WTX, WTX, WTX], pausing(50), limits);
    expect(report.outcome).toEqual(err({ kind: "cardLost", status: 1 }));
    expect(report.left).toHaveLength(1);
  });

  test("damage and silence are no parts either", async () => {
    const report = await carry([send("4302"), send("4301"), BLOCK], pausing(50), { partMs: 100 });
    expect(report.outcome).toEqual(err({ kind: "cardLost", status: 1 }));
  });

  test("the last part ends with the whole", async () => {
    const report = await carry([BLOCK, BLOCK, BLOCK], pausing(99), { partMs: 100, untilMs: 150 });
    expect(report).toMatchObject({ outcome: err({ kind: "cardLost", status: 1 }) });
    expect(report.left).toHaveLength(1);
  });
});

test("the host reads as much as the block says is to be expected", async () => {
  const { clock, link, runner, timeout } = scriptedChip(send("43 00 02 9000"), send("43 00 02 9000"));
  const road = { runner, clock, timeout, until: after(clock.monotonicMs(), 1_000), partMs: 1_000 };
  const lengths: number[] = [];
  await carryBlocks(
    road,
    (function* (): Dialogue<string> {
      for (const answerBytes of [10, 60]) {
        yield block(I_BLOCK, WAIT_MS, answerBytes);
        lengths.push(link.reads.at(-1) ?? 0);
      }
      return ok("read");
    })(),
  );
  const [short = 0, long = 0] = lengths;
  expect(long - short).toBe(50);
});
