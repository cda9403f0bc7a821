import { describe, expect, test } from "vitest";
import { recentPresentations } from "../../src/app/recent-presentation.ts";
import type { NewEvent } from "../../src/ports/journal.ts";
import { millis } from "../../src/time/time.ts";
import { good } from "../good.ts";
import { TemporaryJournal } from "../journal/temporary-journal.ts";

const PSEUDONYM = new Uint8Array(32).fill(7);
const presented = (door: string): NewEvent => ({
  type: "acs.access.granted",
  data: { door },
  personal: { pseudonym: PSEUDONYM, keyId: "site", kind: "nis" },
});
const trouble: NewEvent = { type: "acs.system.readerDown", data: { door: "lane-1" } };

async function recents(door: string, ...rows: readonly NewEvent[]) {
  const { journal } = new TemporaryJournal();
  good(await journal.append(rows));
  return recentPresentations(journal, door, millis(1_000));
}

describe("who was last at a door", () => {
  test("is nobody in an empty journal, nor at a door that nobody came to", async () => {
    expect(await recents("lane-1")).toEqual([]);
    expect(await recents("lane-2", presented("lane-1"))).toEqual([]);
  });

  test.each([0, 510, 511, 512, 513, 1_023, 1_024, 2_000])(
    "is known behind %i rows of a neighbour in trouble",
    async (between) => {
      const rows = [presented("lane-2"), ...Array.from({ length: between }, () => trouble)];
      expect(await recents("lane-2", ...rows)).toHaveLength(1);
      expect(await recents("lane-2", trouble, ...rows)).toHaveLength(1);
    },
  );

  test("is known behind a card that could not be read", async () => {
    const phone: NewEvent = { type: "acs.access.denied", data: { door: "lane-1" } };
    expect(await recents("lane-1", phone)).toEqual([]);
    expect(await recents("lane-1", presented("lane-1"), phone)).toHaveLength(1);
  });

  test("is known to have been refused, unless it was for being admitted next door", async () => {
    const denied = (detail: string): NewEvent => ({
      ...presented("lane-1"),
      type: "acs.access.denied",
      data: { door: "lane-1", reason: "Other", detail },
    });
    expect(await recents("lane-1", presented("lane-1"))).toMatchObject([{ refused: false }]);
    expect(await recents("lane-1", denied("unknown"))).toMatchObject([{ refused: true }]);
    expect(await recents("lane-1", denied("admittedNextDoor"))).toMatchObject([{ refused: false }]);
  });
});
