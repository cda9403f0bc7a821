import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SystemClock } from "../../src/app/system-clock.ts";
import { canonicalJson } from "../../src/journal/canonical-json.ts";
import { cloudEvent } from "../../src/journal/cloud-event.ts";
import type { JournalEvent, NewEvent } from "../../src/ports/journal.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";
import { DAY_MS, granted, mentioning, NOON, TemporaryJournal } from "./temporary-journal.ts";

/** Recomputes a hash from the message alone, with none of the journal's code: a back end's view. */
function hashOfMessage(event: JournalEvent): string {
  const {
    hash: _,
    personal: __,
    ...hashed
  } = JSON.parse(JSON.stringify(cloudEvent(event))) as Record<string, unknown>;
  const sorted = (value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([one], [other]) => (one < other ? -1 : 1))
            .map(([name, member]) => [name, sorted(member)]),
        )
      : value;
  const digest = createHash("sha256").update(Buffer.from(event.prev, "base64url"));
  return digest.update(JSON.stringify(sorted(hashed))).digest("base64url");
}

describe("the chain", () => {
  test("starts at 1 from 32 zero bytes, has no gaps, and each row names the hash of the one before", async () => {
    const { journal } = new TemporaryJournal();
    const [first, second] = good(await journal.append([granted(1), granted(2)]));
    const [third] = good(await journal.append([granted(3)]));
    expect([first?.seq, second?.seq, third?.seq]).toEqual([1, 2, 3]);
    expect(first?.prev).toBe(Buffer.alloc(32).toString("base64url"));
    expect(second?.prev).toBe(first?.hash);
    expect(third?.prev).toBe(second?.hash);
  });

  test("can be verified from the messages by foreign code", async () => {
    const world = new TemporaryJournal();
    good(
      await world.journal.append([
        granted(1),
        world.personalEvent(),
        { type: "acs.door.mode", data: { é: [1.5, null] } },
      ]),
    );
    for (const event of good(world.journal.read(0, 10))) expect(event.hash).toBe(hashOfMessage(event));
  });

  test("commits to a holder by a fresh salt, so that two rows of one holder do not match", async () => {
    const world = new TemporaryJournal();
    const pseudonym = world.random.bytes(32);
    const [one, two] = good(
      await world.journal.append([world.personalEvent(pseudonym), world.personalEvent(pseudonym)]),
    );
    for (const event of [one, two]) {
      const salt = Buffer.from(event?.personal?.salt ?? "", "base64url");
      expect(salt).toHaveLength(16);
      const ref = createHash("sha256").update(salt).update(pseudonym).digest("base64url");
      expect(event?.data["credential"]).toEqual({ kind: "nis", ref: `h:${ref}` });
      expect(event?.personal?.pseudonym).toBe(Buffer.from(pseudonym).toString("base64url"));
    }
    expect(one?.data["credential"]).not.toEqual(two?.data["credential"]);
  });

  test("what is read back is what was returned by append, whatever the data", async () => {
    const { journal } = new TemporaryJournal();
    const data = fc.dictionary(
      fc.string({ unit: "grapheme", minLength: 1 }),
      fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
      ),
    );
    await fc.assert(
      fc.asyncProperty(data, async (members) => {
        const [event] = good(await journal.append([{ type: "acs.system.test", data: members }]));
        const [read] = good(journal.read((event?.seq ?? 0) - 1, 1));
        if (event === undefined || read === undefined) throw new Error("no row");
        expect(canonicalJson(cloudEvent(read))).toBe(canonicalJson(cloudEvent(event)));
        expect(read.hash).toBe(hashOfMessage(read));
      }),
      { numRuns: 50 },
    );
  });
});

describe("time", () => {
  test("of an unsynchronised clock never goes below the newest row, and the row says so", async () => {
    const world = new TemporaryJournal();
    good(await world.journal.append([granted(1)]));
    world.clockState = "unsynced";
    world.clock.setWallOffset(instant(0));
    const [event] = good(await world.journal.append([granted(2)]));
    expect(event).toMatchObject({ time: NOON, clock: "unsynced" });
    expect(good(world.journal.newestTime())).toBe(NOON);
  });

  test("the newest row that was seen is that of the file at the start, then the last one written, not one refused", async () => {
    const world = new TemporaryJournal();
    expect(world.journal.newestSeen).toBe(Date.UTC(2026, 0, 1));
    good(await world.journal.append([granted(1)]));
    expect(world.journal.newestSeen).toBe(NOON);
    expect(world.reopen().newestSeen).toBe(NOON);
    world.clock.setWallOffset(instant(NOON + DAY_MS));
    world.database.connection.exec("PRAGMA query_only = ON");
    expect(await world.journal.append([granted(2)])).toMatchObject({ ok: false });
    expect(world.journal.newestSeen).toBe(NOON);
  });

  test("of a clock that holds over is written as it is, and read again with what it was worth", async () => {
    const world = new TemporaryJournal();
    world.clockState = "holdover";
    const [event] = good(await world.journal.append([granted(1)]));
    expect(event).toMatchObject({ time: NOON, clock: "holdover" });
    expect(good(world.journal.read(0, 1))).toEqual([event]);
  });

  test("of a synchronised clock is not below the build time either", async () => {
    const world = new TemporaryJournal();
    world.clock.setWallOffset(instant(Date.UTC(2025, 0, 1)));
    const [event] = good(await world.journal.append([granted(1)]));
    expect(event).toMatchObject({ time: Date.UTC(2026, 0, 1), clock: "unsynced" });
  });

  test("in an empty journal begins at the build time", async () => {
    const world = new TemporaryJournal();
    world.clockState = "unsynced";
    world.clock.setWallOffset(instant(0));
    const [event] = good(await world.journal.append([granted(1)]));
    expect(event?.time).toBe(Date.UTC(2026, 0, 1));
  });
});

describe("group commit", () => {
  test("appends of one turn share a transaction and keep their order", async () => {
    const { journal, timeline } = new TemporaryJournal();
    let commits = 0;
    const seen: number[] = [];
    journal.onCommit((events) => {
      commits++;
      seen.push(...events.map(({ seq }) => seq));
    });
    const rows = await Promise.all(
      Array.from({ length: 50 }, (_, number) => journal.append([granted(number)])),
    );
    // Listeners hear of it later, so that the one who waits for the commit is first.
    expect(commits).toBe(0);
    await timeline.run(0);
    expect(commits).toBe(1);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(rows.flatMap((row) => good(row).map(({ data }) => data["number"]))).toEqual([...Array(50).keys()]);
  });

  test("a full disk keeps nothing of the group, and the chain goes on when there is room again", async () => {
    const { journal, database } = new TemporaryJournal();
    good(await journal.append([granted(0)]));
    const pages = Number(database.connection.pragma("page_count", { simple: true }));
    database.connection.pragma(`max_page_count = ${pages}`);
    const big: NewEvent = { type: "acs.system.big", data: { text: "x".repeat(20_000) } };
    const [small, large] = await Promise.all([journal.append([granted(1)]), journal.append([big])]);
    for (const outcome of [small, large]) {
      expect(outcome).toMatchObject({
        ok: false,
        error: { kind: "diskFull", remedy: mentioning("free space") },
      });
    }
    expect(good(journal.range()).last).toBe(1);
    database.connection.pragma("max_page_count = 100000");
    const [next] = good(await journal.append([granted(2)]));
    expect(next?.seq).toBe(2);
    expect(next?.prev).toBe(good(journal.read(0, 1))[0]?.hash);
  });

  test("a queue that the disk cannot empty refuses instead of growing", async () => {
    const { journal } = new TemporaryJournal();
    const outcomes = await Promise.all(
      Array.from({ length: 1100 }, (_, number) => journal.append([granted(number)])),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1024);
    expect(outcomes.at(-1)).toMatchObject({ ok: false, error: { kind: "unavailable" } });
    expect(good(journal.range()).last).toBe(1024);
  });
});

describe("two processes", () => {
  test("a short lock of another writer is waited for without stopping the event loop", async () => {
    const world = new TemporaryJournal();
    const other = new TemporaryJournal(world.file);
    other.database.connection.exec("BEGIN IMMEDIATE");
    const pending = world.journal.append([granted(1)]);
    await turn();
    other.database.connection.exec("ROLLBACK");
    const [event] = good(await world.timeline.resolve(pending));
    expect(event?.seq).toBe(1);
  });

  test("a lock that stays is reported in bounded time, and nothing is kept", async () => {
    const world = new TemporaryJournal();
    const other = new TemporaryJournal(world.file);
    other.database.connection.exec("BEGIN IMMEDIATE");
    const outcome = await world.timeline.resolve(world.journal.append([granted(1)]));
    other.database.connection.exec("ROLLBACK");
    expect(outcome).toMatchObject({
      ok: false,
      error: { kind: "unavailable", remedy: mentioning("another process") },
    });
    expect(good(world.journal.range()).last).toBe(0);
  });

  test("both append to one chain", async () => {
    const gate = new TemporaryJournal();
    const command = new TemporaryJournal(gate.file);
    good(await gate.journal.append([granted(1)]));
    good(await command.journal.append([granted(2)]));
    good(await gate.journal.append([granted(3)]));
    const events = good(gate.journal.read(0, 10));
    expect(events.map(({ seq, data }) => [seq, data["number"]])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(new Set(events.map(({ boot }) => boot)).size).toBe(2);
    expect(new Set(events.map(({ journal }) => journal)).size).toBe(1);
  });
});

describe("outbox and counters", () => {
  test("an acknowledgement only ever rises, and all counters outlive the process", async () => {
    const world = new TemporaryJournal();
    good(await world.journal.append([granted(1), granted(2), granted(3)]));
    good(world.journal.acknowledge(2));
    good(world.journal.acknowledge(1));
    expect([await world.journal.nextConnection(), await world.journal.nextConnection()]).toEqual([1, 2]);
    const again = world.reopen();
    expect(good(again.range())).toEqual({ first: 1, last: 3, acked: 2 });
    expect(await again.nextConnection()).toBe(3);
    expect(again.journal).toBe(world.journal.journal);
    expect(again.boot).not.toBe(world.journal.boot);
  });

  test("a connection number waits for another writer, and rises even while none can be kept", async () => {
    const world = new TemporaryJournal();
    for (let number = 1; number <= 17; number++) await world.journal.nextConnection();
    const other = new TemporaryJournal(world.file);
    other.database.connection.exec("BEGIN IMMEDIATE");
    const pending = world.journal.nextConnection();
    await turn();
    other.database.connection.exec("ROLLBACK");
    expect(await world.timeline.resolve(pending)).toBe(18);
    const again = world.reopen();
    other.database.connection.exec("BEGIN IMMEDIATE");
    expect(await world.timeline.resolve(again.nextConnection())).toBe(19);
    expect(await world.timeline.resolve(again.nextConnection())).toBe(20);
    other.database.connection.exec("ROLLBACK");
    expect(await again.nextConnection()).toBe(21);
    expect(await world.reopen().nextConnection()).toBe(22);
  });

  test("on the machine's own clock, too, whoever waits for a commit is before the listeners", async () => {
    const { journal } = new TemporaryJournal(undefined, new SystemClock());
    const order: string[] = [];
    const heard = new Promise<void>((resolve) => {
      journal.onCommit(() => {
        order.push("listener");
        resolve();
      });
    });
    good(await journal.append([granted(1)]));
    await Promise.resolve();
    order.push("relay");
    await heard;
    expect(order).toEqual(["relay", "listener"]);
  });

  test("a listener hears no more after it has been taken off", async () => {
    const { journal, timeline } = new TemporaryJournal();
    let heard = 0;
    const stop = journal.onCommit(() => heard++);
    good(await journal.append([granted(1)]));
    await timeline.run(0);
    stop();
    good(await journal.append([granted(2)]));
    await timeline.run(0);
    expect(heard).toBe(1);
  });

  test("a personal part expires one retention period after its row", async () => {
    const world = new TemporaryJournal();
    good(await world.journal.append([world.personalEvent()]));
    const row = world.database.connection.prepare("SELECT expires_at, key_id FROM personal").get();
    expect(row).toEqual({ expires_at: NOON + 30 * DAY_MS, key_id: "k1" });
  });

  test("a row that was damaged is reported as corrupt, not passed on", async () => {
    const { journal, database, file } = new TemporaryJournal();
    good(await journal.append([granted(1)]));
    database.connection.exec("UPDATE event SET line = 'garbage'");
    expect(journal.read(0, 1)).toMatchObject({ ok: false, error: { kind: "corrupt", file } });
  });
});
