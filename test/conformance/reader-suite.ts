/**
 * What every reader must do, whatever bus its chip hangs on: one suite as a function of a transport, run on
 * the virtual board. Nothing here knows SPI. What needs no board is in any-reader-suite.ts.
 */
import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../src/bytes/hex.ts";
import type { CardChannel, DetectedCard, LoneReader, ReaderError } from "../../src/ports/card.ts";
import type { VirtualBoard } from "../../src/sim/board.ts";
import type { CardSpec } from "../../src/sim/cards/make-card.ts";
import { type FaultKind, type FaultRates, NO_FAULTS } from "../../src/sim/faults.ts";
import type { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { good } from "../good.ts";
import { type AnyRig, describeAnyReader } from "./any-reader-suite.ts";

/** One reader on a board of its own, in virtual time. */
export interface ReaderRig extends AnyRig {
  readonly timeline: VirtualTimeline;
  readonly board: VirtualBoard;
  readonly node: string;
  readonly nowMs: () => number;
  /** The process dies here and now; another one starts on the same board. */
  restartHost(): Promise<LoneReader>;
}

/** How a rig is wired, where it matters; `irq` only for buses that have such a line. */
export interface RigOptions {
  readonly irq: "wired" | "absent";
  readonly reset: "wired" | "absent";
  /** Who speaks ISO-DEP with cards of type A. */
  readonly isoDep: "firmware" | "software";
}

/** What the suite must know of a transport. */
export interface SuiteTransport {
  readonly makeRig: (options?: Partial<RigOptions>) => Promise<ReaderRig>;
  readonly hasIrq: boolean;
  /** Disturbances of this bus that cost time and nothing else. */
  readonly glitches: Partial<FaultRates>;
  /**
   * What an exchange with a card meets when the chip has lost its power: a command lost on a sleeping chip, or,
   * where the host repeats what was not acknowledged, a chip that has woken up and knows no card.
   */
  readonly brownOutUnderCard: "silence" | "noTarget";
}

const CIE: CardSpec = { card: "cie", family: "gemalto", nis: "123456789012" };
/** A CIE application behind a type B card; its family wants the master file. */
const TYPE_B: CardSpec = { card: "cie", family: "itj4i", nis: "123456789012", type: "B" };
const TRANSIT: CardSpec = { card: "transit", uid: "04A1B2C3" };
const SELECT_IAS = hex("00A4040C0DA0000000308000000009816001");
const SELECT_MASTER_FILE = hex("00A40000");
const SELECT_CIE = hex("00A4040C06A00000000039");
const READ_NIS = hex("00B081000C");
const NIS_ANSWER = "3132333435363738393031329000";

const POLL_MS = 550;

const settle = <T>(rig: ReaderRig, promise: Promise<T>): Promise<T> => rig.settle(promise);

const start = async (rig: ReaderRig): Promise<ReaderRig> => {
  good(await settle(rig, rig.reader.start()));
  return rig;
};

const never = (): AbortSignal => new AbortController().signal;

const poll = async (rig: ReaderRig, reader = rig.reader): Promise<DetectedCard | undefined> =>
  good(await settle(rig, reader.poll(never())));

async function present(rig: ReaderRig, spec: CardSpec): Promise<DetectedCard> {
  rig.board.place(rig.node, spec);
  const card = await poll(rig);
  if (card === undefined) throw new Error("the card was not found");
  return card;
}

const send = async (rig: ReaderRig, channel: CardChannel, command: Uint8Array): Promise<string> =>
  toHex(good(await settle(rig, channel.transceive(command))));

const chip = (rig: ReaderRig) => rig.board.reader(rig.node).chip;
const faults = (rig: ReaderRig) => rig.board.reader(rig.node).faults;

/** Polls until the reader fails, starting nothing anew; at most `rounds` rounds. */
async function failureOf(rig: ReaderRig, rounds: number): Promise<ReaderError | undefined> {
  for (let round = 0; round < rounds; round++) {
    const polled = await settle(rig, rig.reader.poll(never()));
    if (!polled.ok) return polled.error;
  }
  return undefined;
}

async function makeOccupiedRig(makeRig: SuiteTransport["makeRig"]): Promise<ReaderRig> {
  const rig = await makeRig();
  rig.board.place(rig.node, CIE);
  return rig;
}

/** Every kind of fault that a chip or its bus knows; those of other buses never strike. */
const FAULT_KINDS = Object.keys(NO_FAULTS).filter((kind): kind is FaultKind => kind in NO_FAULTS);

export function describeReader(
  name: string,
  { makeRig, hasIrq, glitches, brownOutUnderCard }: SuiteTransport,
): void {
  describeAnyReader(name, makeRig, "empty");
  describeAnyReader(name, () => makeOccupiedRig(makeRig), "occupied");

  describe(`${name}: start`, () => {
    test("knows the chip's version and sends no command that the chip does not know", async () => {
      const rig = await makeRig();
      expect(good(await settle(rig, rig.reader.start()))).toMatchObject({ firmware: "PN532 1.6" });
      expect(chip(rig).unhandled).toEqual([]);
    });

    test("again, in any state, also without a reset line", async () => {
      const rig = await start(await makeRig({ reset: "absent" }));
      await present(rig, CIE);
      await start(rig);
      expect(await poll(rig)).toBeDefined();
    });

    test("after a process that died with its command unanswered", async () => {
      const rig = await start(await makeRig({ reset: "absent" }));
      const card = await present(rig, CIE);
      void card.channel.transceive(SELECT_IAS);
      await rig.timeline.run(rig.timeline.nowUs() + 60_000);
      const reader = await rig.restartHost();
      good(await settle(rig, reader.start()));
      expect(await poll(rig, reader)).toMatchObject({ kind: "isoDep" });
    });

    test("a chip in reset for ever is silent, with a remedy", async () => {
      const rig = await makeRig({ reset: "absent" });
      chip(rig).setReset("low");
      const failed = await settle(rig, rig.reader.start());
      expect(failed).toMatchObject({ ok: false, error: { kind: "chipSilent" } });
    });
  });

  describe(`${name}: polling`, () => {
    test("a card is found within one try, whenever it comes", async () => {
      const rig = await start(await makeRig());
      const polling = rig.reader.poll(never());
      await rig.timeline.run(rig.timeline.nowUs() + 133_000);
      const placedAtMs = rig.nowMs();
      rig.board.place(rig.node, CIE);
      expect(good(await settle(rig, polling))).toMatchObject({ kind: "isoDep", sak: 0x20 });
      expect(rig.nowMs() - placedAtMs).toBeLessThan(30);
    });

    test("a card without ISO-DEP is told apart", async () => {
      const rig = await start(await makeRig());
      expect(await present(rig, TRANSIT)).toMatchObject({ kind: "other", sak: 0x08 });
    });

    test("a card of type B that was just taken away is found again within a tenth of a second", async () => {
      const rig = await start(await makeRig());
      await present(rig, TYPE_B);
      rig.board.remove(rig.node);
      good(await settle(rig, rig.reader.drop()));
      for (let round = 0; round < 10; round++) expect(await poll(rig)).toBeUndefined();
      const placedAtMs = rig.nowMs();
      expect(await present(rig, TYPE_B)).toMatchObject({ protocol: "typeB" });
      expect(rig.nowMs() - placedAtMs).toBeLessThan(100);
    });

    test("a card of type B is found in the same round as one of type A", async () => {
      const rig = await start(await makeRig());
      const before = rig.nowMs();
      expect(await present(rig, TYPE_B)).toMatchObject({ kind: "isoDep" });
      expect(rig.nowMs() - before).toBeLessThan(POLL_MS);
    });

    test("an abort ends the round at once and leaves the chip ready", async () => {
      const rig = await start(await makeRig());
      const owner = new AbortController();
      const polling = rig.reader.poll(owner.signal);
      await rig.timeline.run(rig.timeline.nowUs() + 100_000);
      owner.abort();
      const abortedAtMs = rig.nowMs();
      expect(good(await settle(rig, polling))).toBeUndefined();
      expect(rig.nowMs() - abortedAtMs).toBeLessThan(10);
      expect(await present(rig, CIE)).toBeDefined();
    });
  });

  describe(`${name}: exchanging`, () => {
    test("reads a NIS with four commands, detection included", async () => {
      const rig = await start(await makeRig());
      rig.board.placeAtNextTry(rig.node, CIE);
      const card = await poll(rig);
      if (card === undefined) throw new Error("the card was not found");
      expect(await send(rig, card.channel, SELECT_IAS)).toBe("9000");
      expect(await send(rig, card.channel, SELECT_CIE)).toBe("9000");
      expect(await send(rig, card.channel, READ_NIS)).toBe(NIS_ANSWER);
      expect(rig.board.snapshotTap(rig.node)).toMatchObject({ commands: 4 });
    });

    test("reads a NIS through a type B card", async () => {
      const rig = await start(await makeRig());
      const { channel } = await present(rig, TYPE_B);
      expect(await send(rig, channel, SELECT_MASTER_FILE)).toBe("9000");
      expect(await send(rig, channel, SELECT_CIE)).toBe("9000");
      expect(await send(rig, channel, READ_NIS)).toBe(NIS_ANSWER);
    });

    test("takes the long way when each answer is damaged once: no APDU goes out twice", async () => {
      const rig = await start(await makeRig());
      rig.board.setFaults(rig.node, { corruptRead: 0.3 });
      let answers = 0;
      for (let round = 0; round < 40; round++) {
        const reads = await nisRound(rig);
        answers += reads === NIS_ANSWER ? 1 : 0;
        // What was read is either right or was not given at all.
        expect([NIS_ANSWER, undefined]).toContain(reads);
      }
      expect(faults(rig).count("corruptRead")).toBeGreaterThan(20);
      expect(answers).toBeGreaterThan(3);
    });

    test("a card that is taken away while it works is lost, with the chip's status", async () => {
      const rig = await start(await makeRig());
      const card = await present(rig, CIE);
      const sent = card.channel.transceive(SELECT_IAS);
      await rig.timeline.run(rig.timeline.nowUs() + 5_000);
      rig.board.remove(rig.node);
      expect(await settle(rig, sent)).toEqual({ ok: false, error: { kind: "cardLost", status: 0x01 } });
      expect(await poll(rig)).toBeUndefined();
      expect(await present(rig, CIE)).toBeDefined();
    });

    test("radio noise is a lost card, with the status that the chip gave", async () => {
      const rig = await start(await makeRig());
      const seen = new Set<number>();
      for (let round = 0; round < 20; round++) {
        const card = await present(rig, CIE);
        rig.board.setFaults(rig.node, { radioError: 1 });
        const sent = await settle(rig, card.channel.transceive(SELECT_IAS));
        if (sent.ok || sent.error.kind !== "cardLost") throw new Error("noise passed for an answer");
        seen.add(sent.error.status);
        rig.board.setFaults(rig.node, {});
        rig.board.remove(rig.node);
      }
      expect([...seen].sort()).toEqual([0x02, 0x03, 0x05, 0x0b].sort());
    });
  });

  describe(`${name}: presence`, () => {
    test.each<readonly [string, CardSpec]>([
      ["CIE", CIE],
      ["type B card", TYPE_B],
      ["transit pass", TRANSIT],
      ["phone", { card: "phone" }],
    ])("a %s left lying stays, taken away goes", async (_name, spec) => {
      const rig = await start(await makeRig());
      await present(rig, spec);
      for (let checks = 0; checks < 5; checks++) {
        expect(good(await settle(rig, rig.reader.isPresent()))).toBe(true);
      }
      rig.board.remove(rig.node);
      const before = rig.nowMs();
      expect(good(await settle(rig, rig.reader.isPresent()))).toBe(false);
      expect(rig.nowMs() - before).toBeLessThan(80);
    });

    test("the check does not disturb a session", async () => {
      const rig = await start(await makeRig());
      const card = await present(rig, CIE);
      expect(await send(rig, card.channel, SELECT_IAS)).toBe("9000");
      expect(good(await settle(rig, rig.reader.isPresent()))).toBe(true);
      expect(await send(rig, card.channel, SELECT_CIE)).toBe("9000");
      expect(await send(rig, card.channel, READ_NIS)).toBe(NIS_ANSWER);
    });

    test("another pass in the place of the first is not the same card", async () => {
      const rig = await start(await makeRig());
      await present(rig, TRANSIT);
      rig.board.remove(rig.node);
      rig.board.place(rig.node, { card: "transit", uid: "04FFFFFF" });
      expect(good(await settle(rig, rig.reader.isPresent()))).toBe(false);
      expect(await poll(rig)).toMatchObject({ kind: "other" });
    });

    test("nothing is present before a card was found and after it was dropped", async () => {
      const rig = await start(await makeRig());
      expect(good(await settle(rig, rig.reader.isPresent()))).toBe(false);
      await present(rig, CIE);
      good(await settle(rig, rig.reader.drop()));
      expect(good(await settle(rig, rig.reader.isPresent()))).toBe(false);
    });
  });

  describe(`${name}: trouble`, () => {
    test("a brown-out is an error, and a new start recovers", async () => {
      const rig = await start(await makeRig({ reset: "absent" }));
      chip(rig).brownOut();
      expect(await failureOf(rig, 1)).toMatchObject({ kind: "chipSilent" });
      await start(rig);
      expect(await present(rig, CIE)).toBeDefined();
    });

    test("a brown-out during the start fails it, and the next start recovers", async () => {
      const rig = await makeRig({ reset: "absent" });
      const starting = rig.reader.start();
      for (const busy of [true, false, true]) {
        await rig.timeline.runUntil(() => chip(rig).isBusy() === busy, 1_000_000);
      }
      chip(rig).brownOut();
      expect(await settle(rig, starting)).toMatchObject({ ok: false });
      await start(rig);
      expect(await present(rig, CIE)).toBeDefined();
    });

    test("a failure that nobody cared about is an error of the next round, and a new start recovers", async () => {
      const rig = await start(await makeRig({ reset: "absent" }));
      await present(rig, TRANSIT);
      faults(rig).set({ brownOut: 1 });
      expect(await settle(rig, rig.reader.drop())).toMatchObject({ ok: false });
      faults(rig).set({});
      expect(await failureOf(rig, 1)).toMatchObject({ kind: "chipSilent" });
      await start(rig);
      expect(await poll(rig)).toBeDefined();
    });

    test("a brown-out in the middle of a round is noticed within four seconds", async () => {
      const rig = await start(await makeRig({ reset: "absent" }));
      const polling = rig.reader.poll(never());
      await rig.timeline.run(rig.timeline.nowUs() + 100_000);
      chip(rig).brownOut();
      const before = rig.nowMs();
      expect(await settle(rig, polling)).toMatchObject({ ok: false, error: { kind: "chipSilent" } });
      expect(rig.nowMs() - before).toBeLessThan(4_000);
    });

    test("a brown-out under a card is an error of the reader, or the next round finds the card again", async () => {
      const rig = await start(await makeRig());
      const card = await present(rig, CIE);
      chip(rig).brownOut();
      const sent = await settle(rig, card.channel.transceive(SELECT_IAS));
      if (brownOutUnderCard === "silence") {
        expect(sent).toMatchObject({
          ok: false,
          error: { kind: "readerFailed", error: { kind: "chipSilent" } },
        });
        return;
      }
      expect(sent).toEqual({ ok: false, error: { kind: "cardLost", status: 0x27 } });
      expect(await poll(rig)).toBeDefined();
    });

    test("a card's silence may have been a brown-out: the next round finds it again, or nobody at the old speed", async () => {
      const rig = await start(await makeRig());
      const card = await present(rig, CIE);
      const sent = card.channel.transceive(SELECT_IAS);
      await rig.timeline.runUntil(() => chip(rig).isBusy(), rig.timeline.nowUs() + 100_000);
      chip(rig).brownOut();
      expect(await settle(rig, sent)).toMatchObject({ ok: false, error: { kind: "cardLost" } });
      const polled = await settle(rig, rig.reader.poll(never()));
      if (polled.ok) expect(polled.value).toBeDefined();
      else expect(polled.error.kind).toBe("chipSilent");
      await start(rig);
      expect(await poll(rig)).toBeDefined();
    });

    test("a hung chip is silent until its reset line is pulsed", async () => {
      const rig = await start(await makeRig());
      rig.board.setFaults(rig.node, { hang: 1 });
      expect(await failureOf(rig, 1)).toMatchObject({ kind: "chipSilent" });
      rig.board.setFaults(rig.node, {});
      await start(rig);
      expect(await present(rig, CIE)).toBeDefined();
    });

    // A list of none is no test: a skipped one would say that something is missing here.
    test.each(hasIrq ? (["high", "low"] as const) : [])(
      "an interrupt line stuck %s is noticed at start and costs latency alone",
      async (level) => {
        const rig = await makeRig();
        rig.board.setStuckIrq(rig.node, level);
        const info = good(await settle(rig, rig.reader.start()));
        expect(info.degraded).toHaveLength(1);
        const card = await present(rig, CIE);
        expect(await send(rig, card.channel, SELECT_IAS)).toBe("9000");
      },
    );

    test("without an interrupt line nothing is degraded", async () => {
      const rig = await makeRig({ irq: "absent" });
      expect(good(await settle(rig, rig.reader.start())).degraded).toEqual([]);
      const card = await present(rig, CIE);
      expect(await send(rig, card.channel, SELECT_IAS)).toBe("9000");
    });

    test(`${Object.keys(glitches).join(", ")}: they cost time, not function`, async () => {
      const rig = await start(await makeRig());
      rig.board.setFaults(rig.node, glitches);
      const answers = [];
      for (let round = 0; round < 20; round++) answers.push(await nisRound(rig));
      expect(answers.filter((answer) => answer === NIS_ANSWER).length).toBeGreaterThan(15);
      for (const kind of FAULT_KINDS.filter((each) => each in glitches))
        expect({ kind, count: faults(rig).count(kind) > 5 }).toEqual({ kind, count: true });
    });

    test("stopped, the carrier is off; started, it is on again", async () => {
      const rig = await start(await makeRig());
      await settle(rig, rig.reader.stop());
      expect(rig.board.reader(rig.node).antenna.fieldIsOn()).toBe(false);
      await start(rig);
      expect(rig.board.reader(rig.node).antenna.fieldIsOn()).toBe(true);
    });

    test("any mixture of faults leaves a reader that works when they end", async () => {
      const rig = await start(await makeRig());
      rig.board.setFaults(rig.node, {
        ...Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0.02])),
        hang: 0.01,
        slowCard: 0,
        cardTorn: 0.01,
      });
      for (let round = 0; round < 60; round++) expect([NIS_ANSWER, undefined]).toContain(await nisRound(rig));
      rig.board.setFaults(rig.node, {});
      await start(rig);
      rig.board.remove(rig.node);
      expect(await nisRound(rig)).toBe(NIS_ANSWER);
    });

    test("no log line holds what the card said", async () => {
      const rig = await start(await makeRig());
      await nisRound(rig);
      expect(rig.logged.join("\n")).toContain("InDataExchange");
      expect(rig.logged.join("\n")).not.toMatch(/123456789012|3132333435363738/);
    });
  });
}

/** One presentation: card on, read, card off; the answer of the last read, or nothing if anything failed. */
async function nisRound(rig: ReaderRig): Promise<string | undefined> {
  rig.board.place(rig.node, CIE);
  const polled = await settle(rig, rig.reader.poll(never()));
  const answer = polled.ok && polled.value !== undefined ? await readNis(rig, polled.value) : undefined;
  rig.board.remove(rig.node);
  const dropped = polled.ok ? await settle(rig, rig.reader.drop()) : polled;
  if (!dropped.ok) await settle(rig, rig.reader.start());
  return answer;
}

async function readNis(rig: ReaderRig, card: DetectedCard): Promise<string | undefined> {
  let last: string | undefined;
  for (const command of [SELECT_IAS, SELECT_CIE, READ_NIS]) {
    const answer = await settle(rig, card.channel.transceive(command));
    if (!answer.ok) return undefined;
    last = toHex(answer.value);
  }
  return last;
}
