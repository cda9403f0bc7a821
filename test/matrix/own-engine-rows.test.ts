/**
 * The robustness matrix, rows of our own ISO-DEP engine: noise in either direction that it repeats blocks for, and a chip
 * whose processor does not keep up with long frames (driver facts, §8, rows 24 and 29; §9, 3).
 */
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import type { CardLink } from "../../src/ports/card.ts";
import { good } from "../good.ts";
import {
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
import { type Bench, CIE, NIS_ANSWER, RecoveryTable, rowsOf, startBench, TRANSPORTS } from "./matrix.ts";

const table = new RecoveryTable("our own ISO-DEP engine");
const LONG_BYTES = 2_000;

describe.each(TRANSPORTS)("$name", (transport) => {
  const at = rowsOf(transport);
  const begin = () => startBench(transport, { isoDep: "software" });

  describe("row 24: bursts on the air", () => {
    const PRESENTATIONS = 40;
    const APDUS = 5;

    /** One card, some APDUs, noise from its detection on; how many were answered, and rightly. */
    async function noisyPresentation(bench: Bench, rate: number): Promise<number> {
      const { card, bulk } = await presentBulk(bench);
      bench.faults.set({ radioError: rate / 2, answerLost: rate / 2 });
      let answered = 0;
      for (; answered < APDUS; answered++) {
        const data = pattern(200 + answered);
        const answer = await bench.transceive(card.channel, echo(data));
        if (!answer.ok) break;
        expect(answer.value).toEqual(echoed(data));
      }
      bench.faults.set({});
      // Each once, and the one that was lost once or never.
      expect([answered, Math.min(answered + 1, APDUS)]).toContain(bulk.processed);
      return answered;
    }

    test.each([
      [0.01, 0],
      [0.05, 1],
      [0.2, 12],
    ])(
      "row 24: at %d of all blocks, half of them on the way back: blocks are asked for again, no APDU is",
      async (rate, mostLost) => {
        const bench = await begin();
        let lost = 0;
        for (let presentation = 0; presentation < PRESENTATIONS; presentation++) {
          if ((await noisyPresentation(bench, rate)) < APDUS) lost += 1;
          expect(await nextCard(bench)).toBe(NIS_ANSWER);
          await clear(bench);
        }
        expect(lost).toBeLessThanOrEqual(mostLost);
        const struck = bench.faults.count("radioError") + bench.faults.count("answerLost");
        // Three times in a row.
        expect(struck).toBeGreaterThanOrEqual(Math.max(1, lost * 3));
        expect(bench.rig.reader.health()).toMatchObject({ resends: 0, aborts: 0, strays: 0 });
      },
    );
  });

  describe("row 29: frames that the chip does not carry", () => {
    /** A card comes, the fastest rate is agreed on, and a long answer read; it is taken away again. */
    async function readLong(bench: Bench): Promise<{ readonly link: CardLink; readonly isRead: boolean }> {
      const { card, bulk } = await presentBulk(bench);
      const link = good(await bench.settle(card.raiseSpeed()));
      const answer = await bench.transceive(card.channel, read(LONG_BYTES));
      if (answer.ok) expect(answer.value).toEqual(concat(bulk.file.subarray(0, LONG_BYTES), SW_OK));
      else expect(answer).toMatchObject(GONE);
      await clear(bench);
      return { link, isRead: answer.ok };
    }

    test("row 29: a chip that carries them all is asked for the longest", async () => {
      const bench = await begin();
      for (let time = 0; time < 3; time++)
        expect(await readLong(bench)).toEqual({
          link: { kbits: 424, isoDep: "software", frameBytes: 256 },
          isRead: true,
        });
    });

    test.each([
      [200, [256, 128, 128]],
      [100, [256, 128, 64, 64]],
      [50, [256, 128, 64, "firmware", "firmware"]],
    ])(
      "row 29: up to %i bytes: smaller ones after each failure, and it is remembered",
      async (longest, ways) => {
        const bench = await begin();
        bench.faults.longestFastFrameBytes = longest;
        const seen = [];
        for (const way of ways) {
          const { link, isRead } = await readLong(bench);
          const frames = link.isoDep === "firmware" ? "firmware" : link.frameBytes;
          seen.push(frames);
          expect(isRead).toBe(frames === "firmware" || frames <= longest);
          expect(way).toBe(frames);
        }
        expect(seen).toEqual(ways);
        // Where the firmware has to do it, the right way costs a new activation each time, and no more.
        await table.within(bench, at(29, `frames of up to ${longest} bytes`, 2_500), () => readLong(bench));
      },
    );

    test("row 29: in the same presentation: the card is activated anew, and read in smaller frames", async () => {
      const bench = await begin();
      bench.faults.longestFastFrameBytes = 128;
      const { card } = await presentBulk(bench);
      good(await bench.settle(card.raiseSpeed()));
      expect(await bench.transceive(card.channel, read(LONG_BYTES))).toMatchObject(GONE);
      good(await bench.settle(bench.rig.reader.drop()));
      const again = await bench.find();
      expect(good(await bench.settle(again.raiseSpeed()))).toMatchObject({ kbits: 424, frameBytes: 128 });
      expect(good(await bench.transceive(again.channel, read(LONG_BYTES))).length).toBe(LONG_BYTES + 2);
    });

    test("row 29: cards that were taken away in the middle speak against nobody's frames", async () => {
      const bench = await begin();
      for (let time = 0; time < 4; time++) {
        const { card } = await presentBulk(bench);
        good(await bench.settle(card.raiseSpeed()));
        bench.rig.timeline.at(bench.rig.timeline.nowUs() + 30_000, () => bench.remove());
        expect(await bench.transceive(card.channel, read(LONG_BYTES))).toMatchObject(GONE);
        await clear(bench);
      }
      expect(await readLong(bench)).toMatchObject({ link: { frameBytes: 256 }, isRead: true });
    });
  });

  describe("row 29: the way back to what a chip had given up", () => {
    const HOUR_MS = 3_600_000;
    const told = (bench: Bench) =>
      bench.rig.logged.filter((line) => line.includes("pn532.frames")).map((line) => line.split(" ").at(-1));

    /** A document's worth of long answers, one block each, by a card of this kind; what it was read over. */
    async function readDocument(bench: Bench, historicalBytes: string): Promise<CardLink | "lost"> {
      const { card } = await presentBulk(bench, { historicalBytes });
      const link = good(await bench.settle(card.raiseSpeed()));
      let isRead = true;
      for (let apdu = 0; apdu < 16 && isRead; apdu++)
        isRead = (await bench.transceive(card.channel, read(240))).ok;
      await clear(bench);
      return isRead ? link : "lost";
    }

    test("row 29: a noisy hour is not for ever: health and log tell the chip's frames, down and up", async () => {
      const bench = await begin();
      const { reader } = bench.rig;
      expect(reader.health()).toMatchObject({ isoDep: "software", frameBytes: 256 });
      bench.faults.longestFastFrameBytes = 200;
      for (const kind of ["A1", "A2"]) expect(await readDocument(bench, kind)).toBe("lost");
      expect(reader.health()).toMatchObject({ isoDep: "software", frameBytes: 128 });
      expect(await readDocument(bench, "A3")).toMatchObject({ kbits: 424, frameBytes: 128 });
      bench.faults.longestFastFrameBytes = Number.POSITIVE_INFINITY;
      expect(await readDocument(bench, "A3")).toMatchObject({ frameBytes: 128 });
      await bench.pass(HOUR_MS);
      expect(await readDocument(bench, "A3")).toMatchObject({ kbits: 424, frameBytes: 256 });
      expect(reader.health()).toMatchObject({ isoDep: "software", frameBytes: 256 });
      expect(told(bench)).toEqual([
        '{"isoDep":"software","frameBytes":128}',
        '{"isoDep":"software","frameBytes":256}',
      ]);
    });

    test("row 29: a chip that cannot costs one card in an hour, then in two, and is read in between", async () => {
      const bench = await begin();
      bench.faults.longestFastFrameBytes = 200;
      for (const kind of ["A1", "A2"]) expect(await readDocument(bench, kind)).toBe("lost");
      for (const hours of [1, 2]) {
        await bench.pass((hours - 0.01) * HOUR_MS);
        expect(await readDocument(bench, "A3")).toMatchObject({ frameBytes: 128 });
        await bench.pass(0.02 * HOUR_MS);
        expect(await readDocument(bench, "A3")).toBe("lost");
        expect(await readDocument(bench, "A3")).toMatchObject({ frameBytes: 128 });
      }
      expect(told(bench)).toEqual(['{"isoDep":"software","frameBytes":128}']);
    });
  });

  describe("row 29: registers that a chip keeps as they were written", () => {
    /** A card that is read at 424 kbit/s by our own engine, and pulled away in the middle. */
    async function lostAt424(bench: Bench): Promise<void> {
      const { card } = await presentBulk(bench);
      expect(good(await bench.settle(card.raiseSpeed())).kbits).toBe(424);
      expect(await exchange(bench, card, echo(pattern(10)))).toEqual(echoed(pattern(10)));
      bench.remove();
      expect(await bench.transceive(card.channel, echo(pattern(10)))).toMatchObject(GONE);
    }

    test("row 29: the next card is looked for at 106 kbit/s, of type A", async () => {
      const bench = await begin();
      await lostAt424(bench);
      expect(await bench.readNis((await bench.present(CIE)).channel)).toBe(NIS_ANSWER);
    });

    test("row 29: and of type B", async () => {
      const bench = await begin();
      await lostAt424(bench);
      const { card } = await presentBulk(bench);
      good(await bench.settle(card.raiseSpeed()));
      await clear(bench);
      const typeB = { card: "cie", family: "itj4i", nis: "123456789012", type: "B" } as const;
      expect((await bench.present(typeB)).protocol).toBe("typeB");
    });

    test("row 29: and by whoever is started behind a program that was killed, without a reset line", async () => {
      const bench = await startBench(transport, { isoDep: "software", reset: "absent" });
      await lostAt424(bench);
      const reader = await bench.rig.restartHost();
      good(await bench.settle(reader.start()));
      bench.place(CIE);
      const found = good(await bench.settle(reader.poll(new AbortController().signal)));
      if (found === undefined) throw new Error("the card was not found");
      expect(await bench.readNis(found.channel)).toBe(NIS_ANSWER);
    });
  });

  describe("a card that is dropped while it lies there", () => {
    test("is taken leave of by S(DESELECT), and found again at once", async () => {
      const bench = await begin();
      const { card } = await presentBulk(bench);
      await exchange(bench, card, echo(pattern(10)));
      const begunMs = bench.nowMs();
      good(await bench.settle(bench.rig.reader.drop()));
      const leaving = bench.nowMs() - begunMs;
      good(await bench.settle(bench.rig.reader.drop()));
      // Two short commands more than a drop of nobody, at the speed of the slowest link.
      expect(leaving).toBeGreaterThan(bench.nowMs() - begunMs - leaving);
      expect(leaving).toBeLessThan(30);
      expect(await isPresent(bench)).toBe(false);
      const again = await bench.find();
      expect(await exchange(bench, again, echo(pattern(10)))).toEqual(echoed(pattern(10)));
    });

    test("and has gone is not waited for once its absence was seen", async () => {
      const bench = await begin();
      const { card } = await presentBulk(bench);
      await exchange(bench, card, echo(pattern(10)));
      bench.remove();
      expect(await isPresent(bench)).toBe(false);
      const before = bench.rig.reader.health().commands;
      good(await bench.settle(bench.rig.reader.drop()));
      // Carrier off and on.
      expect(bench.rig.reader.health().commands).toBe(before + 2);
    });
  });

  test("cards of type B, and cards without APDUs, are the firmware's affair", async () => {
    const bench = await begin();
    const typeB = await bench.present({
      ...CIE,
      card: "cie",
      family: "itj4i",
      nis: "123456789012",
      type: "B",
    });
    expect(good(await bench.settle(typeB.raiseSpeed()))).toMatchObject({ isoDep: "firmware", kbits: 106 });
    expect(await isPresent(bench)).toBe(true);
    await clear(bench);
    const pass = await bench.present({ card: "transit", uid: "04A1B2C3" });
    expect(pass.kind).toBe("other");
    expect(await isPresent(bench)).toBe(true);
    await clear(bench);
    expect(await nextCard(bench)).toBe(NIS_ANSWER);
  });

  test("a card that is watched is there until it is gone, whatever the number of its last block", async () => {
    const bench = await begin();
    const { card } = await presentBulk(bench);
    for (let apdus = 0; apdus < 3; apdus++) {
      expect(await isPresent(bench)).toBe(true);
      expect(await exchange(bench, card, echo(pattern(50)))).toEqual(echoed(pattern(50)));
    }
    bench.remove();
    expect(await isPresent(bench)).toBe(false);
  });

  test("a brown-out under a card is noticed, and the next card is read by our own engine again", async () => {
    const bench = await begin();
    const { card } = await presentBulk(bench);
    bench.chip.brownOut();
    const failed = await bench.transceive(card.channel, echo(pattern(10)));
    expect(failed.ok).toBe(false);
    bench.remove();
    await bench.findAgain().catch(() => undefined);
    bench.place({ card: "bulk" });
    const found = await bench.findAgain();
    expect(good(await bench.settle(found.raiseSpeed()))).toEqual({
      kbits: 424,
      isoDep: "software",
      frameBytes: 256,
    });
    expect(await exchange(bench, found, echo(pattern(10)))).toEqual(echoed(pattern(10)));
  });
});
