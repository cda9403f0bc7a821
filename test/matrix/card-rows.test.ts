/**
 * The robustness matrix, rows of cards that come and go: taken away at any byte, several at once, swapped without a
 * gap, left lying for an hour, and noise on the air (driver facts, §8, rows 21 to 24).
 */
import { describe, expect, test } from "vitest";
import type { LinkError } from "../../src/ports/card.ts";
import type { Result } from "../../src/result.ts";
import type { CardSpec } from "../../src/sim/cards/make-card.ts";
import { good } from "../good.ts";
import {
  antenna,
  clear,
  echo,
  echoed,
  exchange,
  extended,
  GONE,
  isPresent,
  nextCard,
  pattern,
  presentBulk,
} from "./card-bench.ts";
import {
  type Bench,
  CIE,
  expectCounted,
  NIS_ANSWER,
  RecoveryTable,
  rowsOf,
  startBench,
  TRANSPORTS,
} from "./matrix.ts";

const table = new RecoveryTable("cards that come and go");

const BULK: CardSpec = { card: "bulk" };
const TRANSIT: CardSpec = { card: "transit", uid: "14A1B2C3" };

const NOISE = [0x02, 0x03, 0x05, 0x0b];
/** How the chip says that a card has gone: no answer in time, protocol error, no target. */
const GONE_STATUS = [0x01, 0x0b, 0x27];

/** The card is lost, and the chip's own word for it is handed on. */
function expectLost(answer: Result<Uint8Array, LinkError>): void {
  expect(answer).toMatchObject(GONE);
  const status = answer.ok || answer.error.kind !== "cardLost" ? undefined : answer.error.status;
  expect(GONE_STATUS).toContain(status);
}

/** Up to five APDUs under noise, until one is lost. */
async function noisyPresentation(bench: Bench, radioError: number) {
  const { card, bulk } = await presentBulk(bench);
  bench.faults.set({ radioError });
  let right = 0;
  let lost = 0;
  while (right < 5 && lost === 0) {
    const data = pattern(1 + right);
    const answer = await bench.transceive(card.channel, echo(data));
    if (answer.ok) {
      expect(answer.value).toEqual(echoed(data));
      right += 1;
    } else {
      expect(answer.error.kind === "cardLost" && NOISE.includes(answer.error.status)).toBe(true);
      lost += 1;
    }
  }
  bench.faults.set({});
  return { right, lost, processed: bulk.processed };
}

describe.each(TRANSPORTS)("$name", (transport) => {
  const at = rowsOf(transport);

  describe("row 21: a card is taken away", () => {
    test.each([0, 2, 4, 9, 15])(
      "row 21: after %i of 16 bytes of RATS and ATS: nobody is found, and the next card is read",
      async (bytes) => {
        const bench = await startBench(transport);
        bench.place(BULK);
        antenna(bench).tearAfter(bytes);
        expect(good(await bench.poll())).toBeUndefined();
        const answer = await table.within(bench, at(21, "torn in RATS", 200), () => nextCard(bench));
        expect(answer).toBe(NIS_ANSWER);
      },
    );

    test("row 21: at any byte of a chained command or its chained answer: lost once, and the next card is read", async () => {
      const bench = await startBench(transport);
      const command = echo(pattern(120));
      // Blocks of 32 bytes to the card and of 64 back: 5 + 3 blocks, each but the last with its R(ACK).
      const airBytes = 125 + 5 * 3 + 4 * 3 + 122 + 2 * 3 + 3;
      for (let bytes = 0; bytes < airBytes; bytes += 13) {
        const { card, bulk } = await presentBulk(bench, { fsci: 2 });
        antenna(bench).tearAfter(bytes);
        const answer = await table.within(bench, at(21, "torn in an exchange", 500), async () => {
          expectLost(await bench.transceive(card.channel, command));
          expect(await isPresent(bench)).toBe(false);
          return nextCard(bench);
        });
        expect([bytes, answer]).toEqual([bytes, NIS_ANSWER]);
        expect(bulk.processed).toBeLessThanOrEqual(1);
        await clear(bench);
      }
    });

    test("row 21: between two APDUs: the second one says so, and the next card is read", async () => {
      const bench = await startBench(transport);
      const { card } = await presentBulk(bench);
      await exchange(bench, card, echo(pattern(10)));
      bench.remove();
      const answer = await table.within(bench, at(21, "gone between APDUs", 400), async () => {
        expectLost(await bench.transceive(card.channel, echo(pattern(10))));
        return nextCard(bench);
      });
      expect(answer).toBe(NIS_ANSWER);
    });

    test("row 21: while it works on waiting time that was granted: lost when that has passed", async () => {
      const bench = await startBench(transport);
      const { card, bulk } = await presentBulk(bench, { fwi: 4, apduUs: 280_000 });
      const sent = card.channel.transceive(echo(pattern(10)));
      await bench.pass(150);
      expect(bulk.processed).toBe(1);
      bench.remove();
      const answer = await table.within(bench, at(21, "gone during WTX", 700), async () => {
        expectLost(await bench.settle(sent));
        return nextCard(bench);
      });
      expect(answer).toBe(NIS_ANSWER);
    });

    test("row 21: in the middle of the long step of PACE: lost, and the next card is read", async () => {
      const bench = await startBench(transport);
      const { card } = await presentBulk(bench);
      antenna(bench).tearAfter(200);
      const answer = await table.within(bench, at(21, "torn in 273 bytes", 400), async () => {
        expectLost(await bench.transceive(card.channel, extended("80EC0000", pattern(264))));
        return nextCard(bench);
      });
      expect(answer).toBe(NIS_ANSWER);
    });
  });

  describe("row 22: several cards", () => {
    test("row 22: two, then three at once are nobody; the last one left is read", async () => {
      const bench = await startBench(transport);
      const others = [bench.place({ card: "phone" }), bench.place(BULK)];
      expect(good(await bench.poll())).toBeUndefined();
      bench.place(CIE);
      expect(good(await bench.poll())).toBeUndefined();
      for (const { card } of others) bench.rig.board.remove(bench.rig.node, card);
      const answer = await table.within(bench, at(22, "one of three is left", 300), async () =>
        bench.readNis((await bench.find()).channel),
      );
      expect(answer).toBe(NIS_ANSWER);
    });

    test("row 22: a second card upon the active one is a collision, and its first APDU after that is read", async () => {
      const bench = await startBench(transport);
      const { card } = await presentBulk(bench);
      const { card: second } = bench.place({ card: "phone" });
      expect(await bench.transceive(card.channel, echo(pattern(10)))).toEqual({
        ok: false,
        error: { kind: "cardLost", status: 0x06 },
      });
      bench.rig.board.remove(bench.rig.node, second);
      const answer = await table.within(bench, at(22, "second card taken away", 200), () => nextCard(bench));
      expect(answer).toBe(NIS_ANSWER);
    });

    test.each([
      ["another UID", "08040506"],
      ["the same UID", "08010203"],
    ])("row 22: a card in its place without a gap, with %s, is a new presence", async (_what, uid) => {
      const bench = await startBench(transport);
      const { card } = await presentBulk(bench, { uid: "08010203" });
      await exchange(bench, card, echo(pattern(10)));
      bench.remove();
      const { bulk } = bench.place({ ...BULK, uid });
      const found = await table.within(bench, at(22, "swap without a gap", 300), async () => {
        expect(await isPresent(bench)).toBe(false);
        good(await bench.settle(bench.rig.reader.drop()));
        return bench.find();
      });
      // What was begun with the first card cannot go on with the second.
      expect(await bench.transceive(card.channel, echo(pattern(10)))).toMatchObject(GONE);
      expect(bulk?.processed).toBe(0);
      expect(await exchange(bench, found, echo(pattern(4)))).toEqual(echoed(pattern(4)));
    });
  });

  describe("row 23: a card left lying", () => {
    test.each<readonly [string, number, CardSpec]>([
      ["CIE", 60, CIE],
      ["transit pass", 10, TRANSIT],
    ])(
      "row 23: a %s lies there for %i minutes: present at each look, four times a second, and gone once",
      async (_name, minutes, spec) => {
        const bench = await startBench(transport);
        await bench.present(spec);
        const untilMs = bench.nowMs() + minutes * 60_000;
        while (bench.nowMs() < untilMs) {
          if (!(await isPresent(bench))) throw new Error(`flickered at ${bench.nowMs()} ms`);
          await bench.pass(250);
        }
        bench.remove();
        const answer = await table.within(bench, at(23, "gone after long", 400), async () => {
          expect(await isPresent(bench)).toBe(false);
          return nextCard(bench);
        });
        expect(answer).toBe(NIS_ANSWER);
        expectCounted(bench, {});
      },
      120_000,
    );
  });

  describe("row 24: bursts on the air", () => {
    test.each([0.01, 0.05, 0.2])(
      "row 24: status 02, 03, 05 and 0B at %d of all blocks: each one is told, no APDU is sent again",
      async (radioError) => {
        const bench = await startBench(transport);
        const sum = { right: 0, lost: 0, processed: 0 };
        for (let presentation = 0; presentation < 40; presentation++) {
          const { right, lost, processed } = await noisyPresentation(bench, radioError);
          sum.right += right;
          sum.lost += lost;
          sum.processed += processed;
          const noise = at(24, `after noise at ${radioError}`, 200);
          expect(await table.within(bench, noise, () => nextCard(bench))).toBe(NIS_ANSWER);
          await clear(bench);
        }
        // Noise strikes before the card has heard the block: what it worked on is what was answered.
        expect(sum.processed).toBe(sum.right);
        expect(sum.lost).toBe(bench.faults.count("radioError"));
        expect(sum.lost).toBeGreaterThan(0);
        // On SPI an answer one byte longer than usual is asked for again for its postamble: see row 8.
        expect(bench.rig.reader.health()).toMatchObject({ resends: 0, aborts: 0, strays: 0 });
      },
    );
  });
});
