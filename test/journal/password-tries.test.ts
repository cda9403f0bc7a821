import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PasswordTryStore } from "../../src/journal/password-try-store.ts";
import { runRetention } from "../../src/journal/retention.ts";
import type { PasswordTry, TryOutcome } from "../../src/ports/password-tries.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";
import { holder } from "./enrolment.ts";
import { DAY_MS, NOON, TemporaryJournal } from "./temporary-journal.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MOST_TRIES = 10_000;

function open(world = new TemporaryJournal()) {
  const state = { now: NOON };
  const tries = good(PasswordTryStore.open(world.database, world.journal, () => state.now));
  const begin = async (door: string, who?: Uint8Array): Promise<PasswordTry | "blocked"> =>
    good(await tries.begin(door, who));
  const lane = {
    world,
    tries,
    begin,
    pass: (ms: number) => {
      state.now = instant(state.now + ms);
    },
    /** One try; whether it was allowed. */
    one: async (outcome: TryOutcome, door: string, who?: Uint8Array) => {
      const attempt = await begin(door, who);
      if (attempt === "blocked") return "blocked";
      good(await tries.end(attempt, outcome));
      return "made";
    },
    many: async (count: number, outcome: TryOutcome, door: string, who?: Uint8Array) => {
      const ends = [];
      for (let left = count; left > 0; left--) ends.push(await lane.one(outcome, door, who));
      return ends;
    },
    mayTry: (door: string, who?: Uint8Array) => good(tries.mayTry(door, who)),
    rows: () =>
      world.database.connection.prepare("SELECT count(*) FROM password_try").pluck().get() as number,
    restarted: () => {
      const reopened = open(new TemporaryJournal(world.file));
      reopened.pass(state.now - NOON);
      return reopened;
    },
  };
  return lane;
}

describe("a door", () => {
  test("is closed by its tenth wrong password for a minute, and says until when; other doors are not", async () => {
    const { many, one, mayTry, pass } = open();
    expect(await many(10, "wrong", "lane-1")).not.toContain("blocked");
    expect(mayTry("lane-1")).toEqual({ until: NOON + MINUTE });
    expect(await one("wrong", "lane-1")).toBe("blocked");
    expect(mayTry("lane-2")).toBe("yes");
    pass(MINUTE - 1);
    expect(await one("right", "lane-1")).toBe("blocked");
    pass(1);
    expect(mayTry("lane-1")).toBe("yes");
    expect(await one("wrong", "lane-1")).toBe("made");
    expect(mayTry("lane-1")).toEqual({ until: NOON + 3 * MINUTE });
  });

  test("is not cleared by a right password, and no right one counts", async () => {
    const { many, one, mayTry } = open();
    await many(9, "wrong", "lane-1");
    await many(50, "right", "lane-1");
    expect(mayTry("lane-1")).toBe("yes");
    await one("wrong", "lane-1");
    expect(mayTry("lane-1")).not.toBe("yes");
  });

  test("is not closed by cards that slip away", async () => {
    const { many, mayTry, rows } = open();
    await many(100, "unknown", "lane-1", holder(1));
    expect(mayTry("lane-1", holder(1))).toBe("yes");
    expect(rows()).toBe(0);
  });
});

describe("a holder", () => {
  test("is blocked at every door for an hour by five wrong passwords in a row, wherever they were tried", async () => {
    const { many, one, mayTry, pass } = open();
    await many(2, "wrong", "lane-1", holder(1));
    await many(3, "wrong", "lane-2", holder(1));
    expect(mayTry("lane-3", holder(1))).toEqual({ until: NOON + HOUR });
    expect(mayTry("lane-3", holder(2))).toBe("yes");
    expect(mayTry("lane-3")).toBe("yes");
    pass(HOUR);
    expect(await one("wrong", "lane-3", holder(1))).toBe("made");
    expect(mayTry("lane-1", holder(1))).toEqual({ until: NOON + 3 * HOUR });
  });

  test("is cleared by a right one; the door keeps its count", async () => {
    const { many, one, mayTry } = open();
    await many(4, "wrong", "lane-1", holder(1));
    await one("right", "lane-1", holder(1));
    await many(4, "wrong", "lane-1", holder(1));
    expect(mayTry("lane-2", holder(1))).toBe("yes");
    await many(2, "wrong", "lane-1", holder(2));
    expect(mayTry("lane-1")).not.toBe("yes");
  });

  test("may be tried at two doors at once; what one takes back the other does not lose", async () => {
    const { begin, tries, many, mayTry } = open();
    await many(3, "wrong", "lane-1", holder(1));
    const first = await begin("lane-1", holder(1));
    const second = await begin("lane-2", holder(1));
    expect(second).not.toBe("blocked");
    expect(await begin("lane-3", holder(1))).toBe("blocked");
    if (first === "blocked" || second === "blocked") return;
    good(await tries.end(first, "unknown"));
    good(await tries.end(second, "wrong"));
    expect(mayTry("lane-3", holder(1))).not.toBe("yes");
  });
});

describe("the count survives", () => {
  test("a process that ends between password and answer: the try was wrong", async () => {
    const { begin, many, restarted } = open();
    await many(4, "wrong", "lane-1", holder(1));
    await begin("lane-1", holder(1));
    expect(restarted().mayTry("lane-2", holder(1))).toEqual({ until: NOON + HOUR });
  });

  test("a clock that is put back: the block is as long as ever from then on, and no longer", async () => {
    const { many, mayTry, pass } = open();
    pass(3650 * DAY_MS);
    await many(10, "wrong", "lane-1");
    pass(-3650 * DAY_MS);
    expect(mayTry("lane-1")).toEqual({ until: NOON + MINUTE });
    pass(MINUTE);
    expect(mayTry("lane-1")).toBe("yes");
  });
});

describe("what is kept", () => {
  const erase = async ({ world }: ReturnType<typeof open>) => {
    const { database, journal, clock } = world;
    const options = { database, journal, clock, retentionMs: 90 * DAY_MS, delivery: "none" } as const;
    good(await world.timeline.resolve(runRetention({ ...options, clockState: () => "synced" })));
  };

  test("of a door goes after ten minutes, of a holder after a week, and no byte of him is left", async () => {
    const lane = open();
    await lane.one("wrong", "lane-1");
    await lane.one("wrong", "lane-1", holder(77));
    lane.world.clock.setWallOffset(instant(NOON + 10 * MINUTE));
    await erase(lane);
    expect(lane.rows()).toBe(1);
    lane.world.clock.setWallOffset(instant(NOON + 7 * DAY_MS));
    await erase(lane);
    expect(lane.rows()).toBe(0);
    const files = ["", "-wal", "-shm"].map((end) => readFileSync(`${lane.world.file}${end}`));
    expect(Buffer.concat(files).includes(Buffer.from(holder(77)))).toBe(false);
  });

  test("is bounded: beyond very many, the oldest go", async () => {
    const { world, one, rows, pass } = open();
    world.database.connection.exec(
      `WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${MOST_TRIES})
       INSERT INTO password_try (door, holder, at, door_block, holder_block, expires_at)
       SELECT 'lane-' || n, randomblob(32), ${NOON}, 0, 0, ${NOON + DAY_MS} FROM number`,
    );
    pass(1);
    for (let more = 0; more < 5; more++) await one("wrong", `new-${more}`, holder(more));
    expect(rows()).toBe(MOST_TRIES);
    const oldest = world.database.connection.prepare("SELECT door FROM password_try ORDER BY id").pluck();
    expect(oldest.get()).toBe("lane-6");
  });
});

test("a damaged row is an error, never a try that was not made", async () => {
  const { world, tries, one } = open();
  await one("wrong", "lane-1", holder(1));
  for (const damage of ["at = 'x'", "at = 1.5", "door_block = -1", "holder_block = 'x'"]) {
    world.database.connection.exec(`SAVEPOINT sound; UPDATE password_try SET ${damage}`);
    expect(tries.mayTry("lane-1", holder(1))).toMatchObject({ ok: false, error: { kind: "corrupt" } });
    expect(await tries.begin("lane-1", holder(1))).toMatchObject({ ok: false, error: { kind: "corrupt" } });
    world.database.connection.exec("ROLLBACK TO sound; RELEASE sound");
  }
});
