/**
 * The robustness matrix, rows of the radio: bit rates that a card agrees to or refuses, and a chip that switches its
 * antenna drivers off to protect itself (driver facts, §8, rows 29 and 30).
 */
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import type { Protection } from "../../src/sim/antenna.ts";
import { good } from "../good.ts";
import {
  antenna,
  clear,
  echo,
  echoed,
  exchange,
  GONE,
  isPresent,
  nextCard,
  pattern,
  presentBulk,
  read,
  SW_OK,
} from "./card-bench.ts";
import {
  type Bench,
  CIE,
  expectRecovered,
  LINKS,
  NIS_ANSWER,
  RecoveryTable,
  rowsOf,
  SELECT_IAS,
  startBench,
  TRANSPORTS,
} from "./matrix.ts";

const table = new RecoveryTable("radio");

describe.each(LINKS)("$link", ({ transport, isoDep }) => {
  const at = rowsOf({ ...transport, name: `${transport.name} ${isoDep}` });
  const begin = () => startBench(transport, { isoDep });

  describe("row 29: rates", () => {
    /** Commands that the chip was given at all. */
    const commands = (bench: Bench): number => bench.rig.reader.health().commands;

    test("row 29: a card that agrees is read at 424 kbit/s: its bytes are on the air for a quarter of the time", async () => {
      const bench = await begin();
      const airMs: number[] = [];
      for (const ta of ["absent", 0x33] as const) {
        const { card, bulk } = await presentBulk(bench, { ta, apduUs: 0 });
        expect(good(await bench.settle(card.raiseSpeed())).kbits).toBe(ta === "absent" ? 106 : 424);
        const before = bench.rig.board.snapshotTap(bench.rig.node)?.radioUs ?? 0;
        expect(await exchange(bench, card, read(2_000))).toEqual(concat(bulk.file.subarray(0, 2_000), SW_OK));
        airMs.push(((bench.rig.board.snapshotTap(bench.rig.node)?.radioUs ?? 0) - before) / 1_000);
        expect(await isPresent(bench)).toBe(true);
        await clear(bench);
      }
      expect((airMs[0] ?? 0) / (airMs[1] ?? 1)).toBeCloseTo(4, 3);
    });

    test("row 29: a card that refuses is activated anew and read at 106; its kind is not asked again", async () => {
      const bench = await begin();
      const { card } = await presentBulk(bench, { pps: "refuses" });
      const data = pattern(100);
      await table.within(bench, at(29, "InPSL refused", 400), async () => {
        expect(good(await bench.settle(card.raiseSpeed())).kbits).toBe(106);
        expect(await exchange(bench, card, echo(data))).toEqual(echoed(data));
      });
      await clear(bench);
      const again = await presentBulk(bench, { pps: "refuses" });
      const before = commands(bench);
      expect(good(await bench.settle(again.card.raiseSpeed())).kbits).toBe(106);
      expect(commands(bench)).toBe(before);
      expect(await exchange(bench, again.card, echo(data))).toEqual(echoed(data));
      await clear(bench);
      const other = await bench.present(CIE);
      expect(good(await bench.settle(other.raiseSpeed())).kbits).toBe(424);
      expect(await bench.readNis(other.channel)).toBe(NIS_ANSWER);
    });

    test("row 29: a card that agrees and falls silent is lost, and after a second time read at 106", async () => {
      const bench = await begin();
      const spec = { pps: "silentAfterwards" } as const;
      for (let silence = 0; silence < 2; silence++) {
        const { card } = await presentBulk(bench, spec);
        expect(good(await bench.settle(card.raiseSpeed())).kbits).toBe(424);
        expect(await bench.transceive(card.channel, echo(pattern(10)))).toMatchObject(GONE);
        await clear(bench);
      }
      await table.within(bench, at(29, "silent after PPS", 300), async () => {
        const { card } = await presentBulk(bench, spec);
        expect(good(await bench.settle(card.raiseSpeed())).kbits).toBe(106);
        expect(await exchange(bench, card, echo(pattern(10)))).toEqual(echoed(pattern(10)));
      });
    });

    test("row 29: a phone, which refuses, is told from a card all the same", async () => {
      const bench = await begin();
      const phone = await bench.present({ card: "phone" });
      await table.within(bench, at(29, "phone refuses", 400), async () => {
        expect(good(await bench.settle(phone.raiseSpeed())).kbits).toBe(106);
        expect(await bench.send(phone.channel, SELECT_IAS)).toBe("6A82");
      });
    });
  });
});

describe.each(TRANSPORTS)("$name", (transport) => {
  const at = rowsOf(transport);

  describe("row 30: the chip protects itself", () => {
    const CAUSES: readonly Exclude<Protection, "none">[] = ["overTemperature", "overCurrent"];
    /** A chip that is left alone for so long may be started again. */
    const COOL_DOWN_MS = 10_000;

    /** Tries to start once a second, as a lane does, until it succeeds. */
    async function startAgain(bench: Bench): Promise<void> {
      for (let seconds = 0; seconds < 60; seconds++) {
        if ((await bench.start()).ok) return;
        await bench.pass(1_000);
      }
      throw new Error("did not start within a minute");
    }

    test.each(CAUSES)(
      "row 30: %s under a card: field off, alarm, cool-down, then the card is read",
      async (cause) => {
        const bench = await startBench(transport);
        const { card, bulk } = await presentBulk(bench);
        bench.chip.setProtection(cause);
        const failed = await bench.transceive(card.channel, echo(pattern(10)));
        expect(failed).toEqual({
          ok: false,
          error: { kind: "readerFailed", error: { kind: "chipProtection", cause } },
        });
        expect(bulk.processed).toBe(0);
        expect(antenna(bench).fieldIsOn()).toBe(false);
        await bench.pass(2_000);
        bench.chip.setProtection("none");
        // The chip is well again, but what was off stays off until it has cooled down.
        expect(await bench.start()).toMatchObject({ ok: false, error: { kind: "chipProtection" } });
        expect(antenna(bench).fieldIsOn()).toBe(false);
        const answer = await table.within(
          bench,
          at(30, `${cause}: cool-down and start`, COOL_DOWN_MS),
          async () => {
            await startAgain(bench);
            return nextCard(bench);
          },
        );
        expect(answer).toBe(NIS_ANSWER);
        expectRecovered(bench);
      },
    );

    test.each(CAUSES)("row 30: %s while a card is watched is no departure of the card", async (cause) => {
      const bench = await startBench(transport);
      await presentBulk(bench);
      bench.chip.setProtection(cause);
      expect(await bench.settle(bench.rig.reader.isPresent())).toEqual({
        ok: false,
        error: { kind: "chipProtection", cause },
      });
    });

    test.each(CAUSES)(
      "row 30: %s of an idle chip, which says nothing by itself, is noticed",
      async (cause) => {
        const bench = await startBench(transport);
        bench.chip.setProtection(cause);
        bench.place(CIE);
        const failed = await table.within(bench, at(30, `${cause}: noticed when idle`, 31_000), async () => {
          for (;;) {
            const polled = await bench.poll();
            if (!polled.ok) return polled.error;
            expect(polled.value).toBeUndefined();
          }
        });
        expect(failed).toEqual({ kind: "chipProtection", cause });
      },
    );

    test("row 30: once it has recovered, an idle chip's old alarm is not taken for a new one", async () => {
      const bench = await startBench(transport);
      const { card } = await presentBulk(bench);
      bench.chip.setProtection("overTemperature");
      await bench.transceive(card.channel, echo(pattern(10)));
      bench.chip.setProtection("none");
      bench.remove();
      await startAgain(bench);
      const untilMs = bench.nowMs() + 100_000;
      while (bench.nowMs() < untilMs) good(await bench.poll());
      expect(await bench.readNis((await bench.present()).channel)).toBe(NIS_ANSWER);
    });
  });
});
