/**
 * The robustness matrix, rows of APDUs: cards that ask for time or answer without end, absurd answers to select, and
 * every length that an APDU can have (driver facts, §8, rows 25 to 28), by the firmware's ISO-DEP engine and by our own.
 */
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import type { BulkSpec } from "../../src/sim/cards/bulk.ts";
import { good } from "../good.ts";
import {
  APDU_LIMIT_MS,
  echo,
  echoed,
  exchange,
  extended,
  GONE,
  isPresent,
  nextCard,
  pattern,
  presentBulk,
  read,
  SW_OK,
} from "./card-bench.ts";
import { expectCounted, LINKS, NIS_ANSWER, RecoveryTable, rowsOf, startBench } from "./matrix.ts";

const table = new RecoveryTable("APDUs");

describe.each(LINKS)("$link", ({ transport, isoDep }) => {
  const at = rowsOf({ ...transport, name: `${transport.name} ${isoDep}` });

  describe("row 25: waiting time", () => {
    /** The firmware has to be stopped; this driver's engine only where the end comes in the middle of a block. */
    test.each<readonly [string, Partial<BulkSpec>, number]>([
      ["each time 59-fold", { fwi: 4, wtxFlood: 59 }, 1],
      ["by single waiting times", { fwi: 4, wtxFlood: 1 }, 0],
      ["by the shortest there is", { fwi: 0, wtxFlood: 1 }, 0],
      ["of the longest, FWI 14", { fwi: 14, wtxFlood: 59 }, 1],
    ])(
      "row 25: asked for without end, %s: the APDU ends, and the next card is read",
      async (what, options, inTheMiddle) => {
        const bench = await startBench(transport, { isoDep });
        const { card, bulk } = await presentBulk(bench, options);
        const answer = await table.within(bench, at(25, `flood ${what}`, APDU_LIMIT_MS + 500), async () => {
          expect(await bench.transceive(card.channel, echo(pattern(10)))).toMatchObject(GONE);
          return nextCard(bench);
        });
        expect(answer).toBe(NIS_ANSWER);
        expect(bulk.processed).toBe(1);
        expectCounted(bench, { aborts: isoDep === "firmware" ? 1 : inTheMiddle });
      },
    );

    test.each<readonly [string, Partial<BulkSpec>]>([
      ["59 waiting times of FWI 4", { fwi: 4, apduUs: 283_000 }],
      ["several requests of 59 at FWI 0", { fwi: 0, apduUs: 60_000 }],
      ["most of FWI 14", { fwi: 14, apduUs: 4_900_000 }],
    ])("row 25: a card that works for %s is waited for", async (what, options) => {
      const bench = await startBench(transport, { isoDep });
      const { card } = await presentBulk(bench, options);
      const workMs = (options.apduUs ?? 0) / 1_000;
      const answer = await table.within(bench, at(25, `work of ${what}`, workMs + 100), () =>
        exchange(bench, card, echo(pattern(10))),
      );
      expect(answer).toEqual(echoed(pattern(10)));
      expectCounted(bench, {});
    });

    test("row 25: a card that answers a byte at a time for ever meets the end of the whole APDU", async () => {
      const bench = await startBench(transport, { isoDep });
      const { card } = await presentBulk(bench, { fwi: 14, endlessChain: 1 });
      await table.within(bench, at(25, "end of the whole APDU", APDU_LIMIT_MS + 100), async () => {
        const fromMs = bench.nowMs();
        expect(await bench.transceive(card.channel, echo(pattern(10)))).toMatchObject(GONE);
        expect(bench.nowMs() - fromMs).toBeGreaterThan(APDU_LIMIT_MS - 100);
      });
      expect(await nextCard(bench)).toBe(NIS_ANSWER);
      expectCounted(bench, { aborts: isoDep === "firmware" ? 1 : 0 });
    });
  });

  describe("row 26: an absurd answer to select", () => {
    test.each<readonly [string, Partial<BulkSpec>]>([
      ["TL 1", { atsLength: "one" }],
      ["TL beyond what comes", { atsLength: "tooLarge" }],
      ["FSCI 15", { fsci: 15 }],
      ["FSCI 9", { fsci: 9 }],
      ["FSCI 0", { fsci: 0 }],
      ["FWI 15", { fwi: 15 }],
      ["FWI 0", { fwi: 0 }],
      ["no TA", { ta: "absent" }],
      ["TA FF", { ta: 0xff }],
      ["TA 08, which is reserved", { ta: 0x08 }],
      ["all of it", { fsci: 15, fwi: 15, ta: 0xff, atsLength: "tooLarge" }],
    ])("row 26: %s: the card is read all the same, at the rate that it gives", async (what, options) => {
      const bench = await startBench(transport, { isoDep });
      const { card } = await presentBulk(bench, options);
      const data = pattern(200);
      await table.within(bench, at(26, what, 150), async () => {
        const kbits = good(await bench.settle(card.raiseSpeed())).kbits;
        const offersNone = options.ta === "absent" || options.ta === 0x08 || options.atsLength === "one";
        expect(kbits).toBe(offersNone ? 106 : 424);
        expect(await exchange(bench, card, echo(data))).toEqual(echoed(data));
        expect(await isPresent(bench)).toBe(true);
      });
    });
  });

  describe("row 27: an answer without end", () => {
    test.each([0, 1, 61])(
      "row 27: in blocks of %i bytes: refused, and the next card is read",
      async (endlessChain) => {
        const bench = await startBench(transport, { isoDep });
        const { card, bulk } = await presentBulk(bench, { endlessChain });
        const answer = await table.within(
          bench,
          at(27, `blocks of ${endlessChain} bytes`, APDU_LIMIT_MS + 500),
          async () => {
            const refused = await bench.transceive(card.channel, read(256));
            expect(refused.ok ? "answered" : refused.error.kind).toMatch(/^card(Lost|Garbled)$/);
            return nextCard(bench);
          },
        );
        expect(answer).toBe(NIS_ANSWER);
        expect(bulk.processed).toBe(1);
      },
    );
  });

  describe("row 28: lengths", () => {
    /** A byte takes 0.085 ms on the air and, on a serial line at 115200 bit/s, 0.087 ms to the host; a quarter with the rest. */
    const boundMs = (lengthBytes: number): number => Math.min(APDU_LIMIT_MS, 50 + lengthBytes / 4);

    test.each([256 + 2, 262, 263, 1_000, 65_538])("row 28: an answer of %i bytes", async (lengthBytes) => {
      const bench = await startBench(transport, { isoDep });
      const { card, bulk } = await presentBulk(bench, { fileBytes: 70_000 });
      const answer = await table.within(bench, at(28, `answer of ${lengthBytes}`, boundMs(lengthBytes)), () =>
        exchange(bench, card, read(lengthBytes - 2)),
      );
      expect(answer).toEqual(concat(bulk.file.subarray(0, lengthBytes - 2), SW_OK));
      expect(bulk.processed).toBe(1);
    });

    test.each([262, 263, 273, 65_544])("row 28: a command of %i bytes", async (lengthBytes) => {
      const bench = await startBench(transport, { isoDep });
      const { card, bulk } = await presentBulk(bench, { fileBytes: 70_000 });
      const data = pattern(lengthBytes - 9);
      const answer = await table.within(
        bench,
        at(28, `command of ${lengthBytes}`, boundMs(lengthBytes)),
        () => exchange(bench, card, extended("00D60000", data)),
      );
      expect(answer).toEqual(SW_OK);
      expect(bulk.file.subarray(0, data.length)).toEqual(data);
      expect(bulk.processed).toBe(1);
    });

    test("a 273-byte APDU with a 266-byte answer passes, as the CIE's PACE step has them", async () => {
      const bench = await startBench(transport, { isoDep });
      const { card } = await presentBulk(bench);
      const command = extended("80EC0000", pattern(264));
      expect(command.length).toBe(273);
      const answer = await table.within(bench, at(28, "273 bytes out, 266 back", 250), () =>
        exchange(bench, card, command),
      );
      expect(answer).toEqual(echoed(pattern(264)));
    });
  });
});
