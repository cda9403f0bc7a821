import { describe, expect, test } from "vitest";
import { createPn532Reader } from "../../../drivers/pn532/reader.ts";
import { hex } from "../../../src/bytes/hex.ts";
import type { GpioError, LineState, OutputLine } from "../../../src/ports/bus.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { err, ok } from "../../../src/result.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant } from "../../../src/time/time.ts";
import { ScriptedLink, SILENT, type Turn } from "./scripted-link.ts";

const LINE_TEST = Array.from({ length: 256 }, (_, index) =>
  (-index & 0xff).toString(16).padStart(2, "0"),
).join("");

const SAM: Turn = { command: "14011401", response: "15" };
const VERSION: Turn = { command: "02", response: "0332010607" };
const DIAGNOSE: Turn = { command: `0000${LINE_TEST}`, response: `0100${LINE_TEST}` };
const PARAMETERS: Turn = { command: "1214", response: "13" };
const TIMINGS: Turn = { command: "3202000B09", response: "33" };
const TRIES_25: Turn = { command: "3205FF0118", response: "33" };
const TRIES_1: Turn = { command: "3205FF0100", response: "33" };
const TRIES_2: Turn = { command: "3205FF0101", response: "33" };
const FIELD_ON: Turn = { command: "320101", response: "33" };
const FIELD_OFF: Turn = { command: "320100", response: "33" };
const START = [SAM, VERSION, DIAGNOSE, PARAMETERS, TIMINGS, TRIES_25, FIELD_OFF, FIELD_ON];

const NO_CARD: Turn = { command: "4A0100", response: "4B00" };
const NO_CARD_B: Turn = { command: "4A010300", response: "4B00" };
const EMPTY_ROUND = [NO_CARD, TRIES_1, NO_CARD_B];
const ISO_DEP: Turn = { command: "4A0100", response: "4B 01 01 0004 20 04 80010203 067577810231" };
const PASS: Turn = { command: "4A0100", response: "4B 01 01 0004 08 04 04A1B2C3" };
const OTHER_PASS: Turn = { command: "4A0100", response: "4B 01 01 0004 08 04 04FFFFFF" };
const ASK = (response: Turn["response"]): Turn => ({ command: "42B2", response });

/** A type B card by its PUPI, protocol type, FWI and the answer to ATTRIB. */
const typeB = ({ pupi = "11223344", type = "1", fwi = "8", attrib = "0105" } = {}): Turn => ({
  command: "4A010300",
  response: `4B 01 01 50 ${pupi} 00000000 00 8${type} ${fwi}1 ${attrib}`,
});

function rig(...turns: readonly Turn[]) {
  const timeline = new VirtualTimeline();
  const clock = VirtualClock.startingAt(timeline, instant(0));
  const link = new ScriptedLink(...turns);
  const reader = createPn532Reader({ link, clock, log: silentLog });
  const settle = <T>(promise: Promise<T>): Promise<T> => timeline.resolve(promise);
  const poll = () => settle(reader.poll(new AbortController().signal));
  return { timeline, clock, link, reader, settle, poll };
}

describe("start", () => {
  test("stops the chip first, and is exactly these commands, in this order", async () => {
    const { link, reader, settle } = rig(...START);
    expect(await settle(reader.start())).toEqual(ok({ firmware: "PN532 1.6", degraded: [] }));
    expect([link.left, link.wakes, link.aborts]).toEqual([[], 1, 1]);
  });

  test("sends a lost first SAMConfiguration again", async () => {
    const deaf = Array.from({ length: 3 }, (): Turn => ({ ...SAM, response: "deaf" }));
    const { reader, settle } = rig(...deaf, ...START);
    expect(await settle(reader.start())).toMatchObject({ ok: true });
  });

  test("gives up on a chip that is deaf to it twice over", async () => {
    const { reader, settle } = rig(...Array.from({ length: 6 }, (): Turn => ({ ...SAM, response: "deaf" })));
    expect(await settle(reader.start())).toEqual(err(SILENT));
  });

  test("takes an odd firmware with a warning", async () => {
    const odd: Turn = { ...VERSION, response: "0332010407" };
    const { reader, settle } = rig(SAM, odd, ...START.slice(2));
    expect(await settle(reader.start())).toMatchObject({
      ok: true,
      value: { firmware: "PN532 1.4", degraded: [expect.stringContaining("1.4")] },
    });
  });

  test("reports a degraded link", async () => {
    const { link, reader, settle } = rig(...START);
    link.degradedLines = ["slow"];
    expect(await settle(reader.start())).toMatchObject({ ok: true, value: { degraded: ["slow"] } });
  });

  test("refuses a link that damages the line test", async () => {
    const wrong: Turn = { ...DIAGNOSE, response: `0100${LINE_TEST.replace("fffe", "fffd")}` };
    const { reader, settle } = rig(SAM, VERSION, wrong);
    expect(await settle(reader.start())).toMatchObject({ ok: false, error: { kind: "chipGarbled" } });
  });

  test.each(START.map((turn, index) => [turn.command.slice(0, 6), index] as const).slice(1))(
    "names the command that the chip refuses: %s",
    async (_, index) => {
      const turns = START.map(
        (turn, at): Turn => (at === index ? { ...turn, response: "error frame" } : turn),
      );
      const { reader, settle } = rig(...turns);
      expect(await settle(reader.start())).toMatchObject({
        ok: false,
        error: { kind: "chipRefused", status: 0x7f },
      });
    },
  );

  test("pulses the reset line, then waits until the chip can hear", async () => {
    const { timeline, clock, link, settle } = rig(...START.filter((turn) => turn !== FIELD_OFF));
    const driven: [LineState, number][] = [];
    const reset: OutputLine = {
      drive: async (state) => {
        driven.push([state, timeline.nowUs()]);
        return ok(undefined);
      },
      readBack: async () => ok("inactive"),
      close: async () => undefined,
    };
    await settle(createPn532Reader({ link, reset, clock, log: silentLog }).start());
    expect(driven).toEqual([
      ["active", 0],
      ["inactive", 1000],
    ]);
    expect(timeline.nowUs()).toBeGreaterThanOrEqual(3000);
  });

  test("a reset line that fails is an error of the line", async () => {
    const { clock, link, settle } = rig();
    const error: GpioError = { kind: "gpioFailed", line: 24 };
    const reset: OutputLine = {
      drive: async () => err(error),
      readBack: async () => err(error),
      close: async () => undefined,
    };
    const started = await settle(createPn532Reader({ link, reset, clock, log: silentLog }).start());
    expect(started).toEqual(err({ kind: "line", error }));
  });
});

describe("polling", () => {
  test("of a type A card is one command", async () => {
    const { link, poll } = rig(ISO_DEP);
    const card = { protocol: "typeA", kind: "isoDep", sak: 0x20, historicalBytes: hex("31") };
    expect(await poll()).toMatchObject(ok(card));
    expect(link.left).toEqual([]);
  });

  test("in vain ends with one try for type B, and begins again with the tries for type A", async () => {
    const { link, poll } = rig(...EMPTY_ROUND, TRIES_25, ...EMPTY_ROUND);
    expect(await poll()).toEqual(ok(undefined));
    expect(await poll()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("finds a type B card, which has no SEL_RES", async () => {
    const { link, poll } = rig(NO_CARD, TRIES_1, typeB());
    const found = await poll();
    const card = { protocol: "typeB", kind: "isoDep", historicalBytes: hex("") };
    expect(found).toMatchObject(ok(card));
    expect(found.ok && found.value).not.toHaveProperty("sak");
    expect(link.left).toEqual([]);
  });

  test("tells a type B card without ISO-DEP apart", async () => {
    const { poll } = rig(NO_CARD, TRIES_1, typeB({ type: "0" }));
    expect(await poll()).toMatchObject(ok({ protocol: "typeB", kind: "other" }));
  });

  test("a type B card that describes itself wrongly is one without ISO-DEP, not a failure of the reader", async () => {
    const odd: Turn = { command: "4A010300", response: "4B 01 01 51 11223344 00000000 00 81 81 0105" };
    const { link, poll } = rig(NO_CARD, TRIES_1, odd, TRIES_25, NO_CARD, TRIES_1, NO_CARD_B);
    expect(await poll()).toMatchObject(ok({ protocol: "typeB", kind: "other" }));
    expect(await poll()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("an answer that no chip gives is garbled", async () => {
    const { poll } = rig({ ...NO_CARD, response: "4B0101" });
    expect(await poll()).toMatchObject({ ok: false, error: { kind: "chipGarbled" } });
  });

  test.each(["deaf", "mute"] as const)(
    "a chip that is %s is not asked again behind the owner's back",
    async (response) => {
      const { link, poll } = rig({ ...NO_CARD, response });
      expect(await poll()).toEqual(err(SILENT));
      expect(link.left).toEqual([]);
    },
  );
});

describe("presence of an ISO-DEP card", () => {
  async function check(...turns: readonly Turn[]) {
    const { link, reader, settle, poll } = rig(ISO_DEP, ...turns);
    await poll();
    const result = await settle(reader.isPresent());
    expect(link.left).toEqual([]);
    return result;
  }

  test("is an R(ACK), or its last block again", async () => {
    expect(await check(ASK("4300A2"))).toEqual(ok(true));
    expect(await check(ASK("4300029000"))).toEqual(ok(true));
  });

  test("is over after two times of silence", async () => {
    expect(await check(ASK("4301"), ASK("4301"))).toEqual(ok(false));
    expect(await check(ASK("4301"), ASK("4300A2"))).toEqual(ok(true));
  });

  test("is shown by noise too", async () => {
    expect(await check(ASK("4302"))).toEqual(ok(true));
  });

  test("is not judged by a chip that protects itself", async () => {
    for (const [status, cause] of [
      ["0D", "overTemperature"],
      ["2D", "overCurrent"],
    ] as const) {
      expect(await check(ASK(`43${status}`), FIELD_OFF)).toEqual(err({ kind: "chipProtection", cause }));
    }
  });

  test("is not judged by a silent chip", async () => {
    expect(await check(ASK("deaf"))).toEqual(err(SILENT));
    expect(await check(ASK("mute"))).toEqual(err(SILENT));
  });
});

describe("presence of a type B card", () => {
  async function check(card: Turn, ...turns: readonly Turn[]) {
    const { link, reader, settle, poll } = rig(NO_CARD, TRIES_1, card, ...turns);
    await poll();
    const result = await settle(reader.isPresent());
    expect(link.left).toEqual([]);
    return result;
  }
  const ask = (block: string, response: Turn["response"]): Turn => ({ command: `42${block}`, response });

  test("with ISO-DEP is a block to the device identifier that the chip gave it", async () => {
    expect(await check(typeB(), ask("BA05", "4300AA05"))).toEqual(ok(true));
    expect(await check(typeB(), ask("BA05", "4301"), ask("BA05", "4301"))).toEqual(ok(false));
  });

  test.each(["0100", "00"])(
    "with ISO-DEP and no device identifier (ATTRIB %s) is a plain block",
    async (attrib) => {
      expect(await check(typeB({ attrib }), ask("B2", "4300A2"))).toEqual(ok(true));
    },
  );

  test("without ISO-DEP is the same PUPI again after the field was reset, of type B alone", async () => {
    const pass = typeB({ type: "0" });
    const again = [FIELD_OFF, FIELD_ON, TRIES_2];
    expect(await check(pass, ...again, pass)).toEqual(ok(true));
    expect(await check(pass, ...again, typeB({ type: "0", pupi: "11223345" }))).toEqual(ok(false));
    expect(await check(pass, ...again, NO_CARD_B)).toEqual(ok(false));
  });
});

test.each([
  ["4", 550],
  ["B", 2 * 618.6 + 50],
  ["F", 550],
])("an APDU to a type B card of FWI %s may take twice its frame waiting time", async (fwi, responseMs) => {
  const { link, settle, poll } = rig(NO_CARD, TRIES_1, typeB({ fwi }), {
    command: "400100B081000C",
    response: "41009000",
  });
  const card = await poll();
  if (!card.ok || card.value === undefined) throw new Error("no card");
  expect(await settle(card.value.channel.transceive(hex("00B081000C")))).toEqual(ok(hex("9000")));
  expect(link.deadlines.at(-1)).toBeCloseTo(responseMs, 0);
});

describe("presence of another card", () => {
  test("resets the field, asks briefly for the same card, and polls at length again afterwards", async () => {
    const { link, reader, settle, poll } = rig(PASS, FIELD_OFF, FIELD_ON, TRIES_2, PASS, TRIES_25, ISO_DEP);
    await poll();
    expect(await settle(reader.isPresent())).toEqual(ok(true));
    await poll();
    expect(link.left).toEqual([]);
  });

  test("another identifier is another card", async () => {
    const { reader, settle, poll } = rig(PASS, FIELD_OFF, FIELD_ON, TRIES_2, OTHER_PASS);
    await poll();
    expect(await settle(reader.isPresent())).toEqual(ok(false));
    expect(await settle(reader.isPresent())).toEqual(ok(false));
  });
});

describe("dropping", () => {
  test("keeps the carrier off for at least 5 ms", async () => {
    const { timeline, link, reader, settle } = rig(FIELD_OFF, FIELD_ON);
    expect(await settle(reader.drop())).toEqual(ok(undefined));
    expect(timeline.nowUs()).toBeGreaterThanOrEqual(5000);
    expect(link.left).toEqual([]);
  });

  test("fails with the chip", async () => {
    const { reader, settle } = rig({ ...FIELD_OFF, response: "deaf" });
    expect(await settle(reader.drop())).toEqual(err(SILENT));
  });

  test("stopping leaves the carrier off, and bears a dead chip", async () => {
    const live = rig(FIELD_OFF);
    await live.settle(live.reader.stop());
    expect(live.link.left).toEqual([]);
    const dead = rig({ ...FIELD_OFF, response: "deaf" });
    await expect(dead.settle(dead.reader.stop())).resolves.toBeUndefined();
  });
});

describe("a faster radio link", () => {
  const FAST: Turn = { command: "4A0100", response: "4B 01 01 0004 20 04 80010203 067577810231" };
  const SELECT_424: Turn = { command: "4E010202", response: "4F00" };
  const APDU = hex("00B0000000");
  const SEND: Turn = { command: "400100B0000000", response: "41009000" };

  async function present(...turns: readonly Turn[]) {
    const one = rig(...START, FAST, ...turns);
    await one.settle(one.reader.start());
    const found = await one.poll();
    if (!found.ok || found.value === undefined) throw new Error("no card");
    return { ...one, card: found.value };
  }

  test("is agreed on by one command, with a card that offers it", async () => {
    const { card, settle, link } = await present(SELECT_424, SEND);
    expect(await settle(card.raiseSpeed())).toMatchObject(ok({ kbits: 424 }));
    expect(await settle(card.raiseSpeed())).toMatchObject(ok({ kbits: 424 }));
    expect(await settle(card.channel.transceive(APDU))).toEqual(ok(hex("9000")));
    expect(link.left).toEqual([]);
  });

  const found = (card: Awaited<ReturnType<ReturnType<typeof rig>["poll"]>>) => {
    if (!card.ok || card.value === undefined) throw new Error("no card");
    return card.value;
  };

  test.each([
    ["silence", "4F01"],
    ["a wrong word", "4F0B"],
  ])("refused by %s: the card is activated anew, and its product not asked again", async (_, response) => {
    const refusal = [{ ...SELECT_424, response }, FIELD_OFF, FIELD_ON, TRIES_2, FAST];
    const { card, settle, poll, link } = await present(...refusal, SEND, TRIES_25, FAST);
    expect(await settle(card.raiseSpeed())).toMatchObject(ok({ kbits: 106 }));
    expect(await settle(card.channel.transceive(APDU))).toEqual(ok(hex("9000")));
    expect(await settle(found(await poll()).raiseSpeed())).toMatchObject(ok({ kbits: 106 }));
    expect(link.left).toEqual([]);
  });

  test.each(["4F02", "mute"])(
    "met by %s, which is no refusal: the product is asked once more",
    async (response) => {
      const damage = [{ ...SELECT_424, response }, FIELD_OFF, FIELD_ON, TRIES_2, FAST];
      const { card, settle, poll, link } = await present(
        ...damage,
        TRIES_25,
        FAST,
        ...damage,
        TRIES_25,
        FAST,
      );
      expect(await settle(card.raiseSpeed())).toMatchObject(ok({ kbits: 106 }));
      for (let round = 0; round < 2; round++)
        expect(await settle(found(await poll()).raiseSpeed())).toMatchObject(ok({ kbits: 106 }));
      expect(link.left).toEqual([]);
    },
  );

  test("a card that left meanwhile is lost, and its product not blamed", async () => {
    const gone = [{ ...SELECT_424, response: "4F01" }, FIELD_OFF, FIELD_ON, TRIES_2, NO_CARD];
    const { card, settle, poll, link } = await present(...gone, TRIES_25, FAST, SELECT_424);
    expect(await settle(card.raiseSpeed())).toEqual(err({ kind: "cardLost", status: 0x01 }));
    expect(await settle(card.channel.transceive(APDU))).toEqual(err({ kind: "cardLost", status: 0x27 }));
    const again = await poll();
    if (!again.ok || again.value === undefined) throw new Error("no card");
    expect(await settle(again.value.raiseSpeed())).toMatchObject(ok({ kbits: 424 }));
    expect(link.left).toEqual([]);
  });

  test("another product in its place is not the card that was found", async () => {
    const other = { command: "4A0100", response: "4B 01 01 0004 20 04 80010203 067577810299" };
    const { card, settle } = await present(
      { ...SELECT_424, response: "4F01" },
      FIELD_OFF,
      FIELD_ON,
      TRIES_2,
      other,
    );
    expect(await settle(card.raiseSpeed())).toEqual(err({ kind: "cardLost", status: 0x01 }));
  });

  test("is no matter for a card that has begun to work", async () => {
    const { card, settle } = await present(SEND);
    await settle(card.channel.transceive(APDU));
    await expect(card.raiseSpeed()).rejects.toThrow("before the first APDU");
  });

  test("a chip that is too hot for it is the reader's trouble", async () => {
    const { card, settle, poll } = await present({ ...SELECT_424, response: "4F0D" }, FIELD_OFF);
    const error = { kind: "chipProtection", cause: "overTemperature" };
    expect(await settle(card.raiseSpeed())).toEqual(err({ kind: "readerFailed", error }));
    expect(await poll()).toEqual(err(error));
  });
});

describe("the check-up of an idle chip", () => {
  const STATUS = (status: string): Turn => ({ command: "04", response: `05${status}000000` });

  async function idle(...turns: readonly Turn[]) {
    const one = rig(...START, ...turns);
    await one.settle(one.reader.start());
    await one.timeline.run(one.timeline.nowUs() + 30_001_000);
    return one;
  }

  /** A chip in a brown-out may have lost them unseen. */
  const SETTINGS = [SAM, PARAMETERS, TIMINGS, TRIES_25, FIELD_ON];

  test("comes before the next round, after half a minute, and gives the chip its settings again", async () => {
    const { poll, link } = await idle(DIAGNOSE, STATUS("01"), ...SETTINGS, ...EMPTY_ROUND);
    expect(await poll()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("finds a chip that keeps its carrier off, which no poll would tell", async () => {
    const { poll, reader, settle } = await idle(DIAGNOSE, STATUS("2D"), ASK("432D"), FIELD_OFF);
    const error = err({ kind: "chipProtection", cause: "overCurrent" });
    expect(await poll()).toEqual(error);
    expect(await settle(reader.start())).toEqual(error);
  });

  test("a chip that is hot still when it has had time to cool is given time again", async () => {
    const hot = [...START, ASK("430D"), FIELD_OFF];
    const { poll, reader, settle, timeline, link } = await idle(
      DIAGNOSE,
      STATUS("0D"),
      ASK("430D"),
      FIELD_OFF,
      ...hot,
      ...START,
      ASK("4301"),
    );
    const error = err({ kind: "chipProtection", cause: "overTemperature" });
    expect(await poll()).toEqual(error);
    for (let cooling = 0; cooling < 2; cooling++) {
      await timeline.run(timeline.nowUs() + 9_000_000);
      expect(await settle(reader.start())).toEqual(error);
      await timeline.run(timeline.nowUs() + 1_500_000);
      if (cooling === 0) expect(await settle(reader.start())).toEqual(error);
    }
    expect(await settle(reader.start())).toMatchObject({ ok: true });
    expect(link.left).toEqual([]);
  });

  test("is content when an old alarm has passed", async () => {
    const { poll, link } = await idle(DIAGNOSE, STATUS("0D"), ASK("4301"), ...SETTINGS, ...EMPTY_ROUND);
    expect(await poll()).toEqual(ok(undefined));
    expect(link.left).toEqual([]);
  });

  test("ends with the reader's stop", async () => {
    const { reader, settle, timeline } = rig(...START, FIELD_OFF);
    await settle(reader.start());
    await settle(reader.stop());
    expect(timeline.pending()).toEqual([]);
  });
});

describe("the reader's numbers", () => {
  test("count commands, re-reads and recoveries", async () => {
    const { reader, settle, poll } = rig(
      ...START,
      { ...NO_CARD, response: "mute" },
      ...START,
      FIELD_OFF,
      FIELD_ON,
    );
    await settle(reader.start());
    expect(reader.health()).toMatchObject({ commands: 8, aborts: 0, recoveries: { reconfigure: 0 } });
    await poll();
    expect(await settle(reader.start())).toMatchObject({ ok: true, value: { recoveredBy: "reconfigure" } });
    expect(reader.health()).toMatchObject({
      commands: 17,
      aborts: 1,
      recoveries: { reconfigure: 1, reset: 0, reopen: 0 },
    });
  });
});
