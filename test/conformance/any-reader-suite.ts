/**
 * What can be asked of any reader, also of a real one on a desk, of whose card and power nothing is known: the
 * part of the conformance suite that needs no virtual board.
 */
import { describe, expect, test } from "vitest";
import { hex } from "../../src/bytes/hex.ts";
import type { DetectedCard, LoneReader } from "../../src/ports/card.ts";
import { good } from "../good.ts";

/** One reader and the time it lives in. */
export interface AnyRig {
  readonly reader: LoneReader;
  /** Events that were logged, with their fields as text. */
  readonly logged: readonly string[];
  /** Sees a promise through to its end. */
  settle<T>(promise: Promise<T>): Promise<T>;
  passMs(durationMs: number): Promise<void>;
  /** Absent in real time, in which a test that was held up would fail without a fault of the reader's. */
  readonly nowMs?: () => number;
}

/** What lies on the reader. */
export type Field = "empty" | "occupied";

const POLL_MS = 550;
const SELECT_IAS = hex("00A4040C0DA0000000308000000009816001");

/** Does `work`, in a rig with a time of its own within so many milliseconds. */
async function within<T>(rig: AnyRig, limitMs: number, work: () => Promise<T>): Promise<T> {
  const beganMs = rig.nowMs?.() ?? 0;
  const result = await work();
  if (rig.nowMs !== undefined) expect(rig.nowMs() - beganMs).toBeLessThan(limitMs);
  return result;
}

const start = async (rig: AnyRig) => good(await rig.settle(rig.reader.start()));

const poll = async (rig: AnyRig, signal = new AbortController().signal): Promise<DetectedCard | undefined> =>
  good(await rig.settle(rig.reader.poll(signal)));

const isPresent = async (rig: AnyRig): Promise<boolean> => good(await rig.settle(rig.reader.isPresent()));

/** Defines the tests that suit what lies on the reader. */
export function describeAnyReader(name: string, makeRig: () => Promise<AnyRig>, field: Field): void {
  const started = async (): Promise<AnyRig> => {
    const rig = await makeRig();
    await start(rig);
    return rig;
  };
  if (field === "empty") describeEmpty(name, makeRig, started);
  else describeOccupied(name, started);
}

function describeEmpty(name: string, makeRig: () => Promise<AnyRig>, started: () => Promise<AnyRig>): void {
  describe(`${name}: nobody there`, () => {
    test("starts in good order, and says what chip it is", async () => {
      const rig = await makeRig();
      const info = await within(rig, 100, () => start(rig));
      expect(info).toMatchObject({
        firmware: expect.stringMatching(/^PN532 1\.\d$/) as unknown,
        degraded: [],
      });
    });

    test("an empty field ends the round without a card, in little more than half a second", async () => {
      const rig = await started();
      expect(await within(rig, POLL_MS, () => poll(rig))).toBeUndefined();
    });

    test("round after round", async () => {
      const rig = await started();
      for (let round = 0; round < 10; round++) expect(await poll(rig)).toBeUndefined();
    });

    test("an abort ends the round at once and leaves the chip ready", async () => {
      const rig = await started();
      const owner = new AbortController();
      const polling = rig.reader.poll(owner.signal);
      await rig.passMs(100);
      owner.abort();
      expect(good(await within(rig, 10, () => rig.settle(polling)))).toBeUndefined();
      expect(await poll(rig)).toBeUndefined();
    });

    test("a signal that is aborted already costs no command", async () => {
      const rig = await started();
      const lines = rig.logged.length;
      expect(await poll(rig, AbortSignal.abort())).toBeUndefined();
      expect(rig.logged.length).toBe(lines);
    });

    test("nothing is present", async () => {
      expect(await isPresent(await started())).toBe(false);
    });

    test("stopped and started, started twice, it polls on", async () => {
      const rig = await started();
      await rig.settle(rig.reader.stop());
      await start(rig);
      expect(await poll(rig)).toBeUndefined();
      await start(rig);
      expect(await poll(rig)).toBeUndefined();
    });
  });
}

function describeOccupied(name: string, started: () => Promise<AnyRig>): void {
  const found = async () => {
    const rig = await started();
    const card = await poll(rig);
    if (card === undefined) throw new Error("the card was not found");
    return { rig, card };
  };

  describe(`${name}: a card lies there`, () => {
    test("it is found in the first round, and again after a new start", async () => {
      const { rig, card } = await found();
      await start(rig);
      expect(await poll(rig)).toMatchObject({ kind: card.kind, protocol: card.protocol });
    });

    test("it stays", async () => {
      const { rig } = await found();
      for (let checks = 0; checks < 5; checks++) expect(await isPresent(rig)).toBe(true);
    });

    test("dropped, it is not present, and is found again at once", async () => {
      const { rig, card } = await found();
      good(await rig.settle(rig.reader.drop()));
      expect(await isPresent(rig)).toBe(false);
      expect(await within(rig, 20, () => poll(rig))).toMatchObject({ kind: card.kind });
    });

    test("a channel of a card that was dropped is dead", async () => {
      const { rig, card } = await found();
      good(await rig.settle(rig.reader.drop()));
      const sent = await rig.settle(card.channel.transceive(SELECT_IAS));
      expect(sent).toEqual({ ok: false, error: { kind: "cardLost", status: 0x27 } });
    });
  });
}
