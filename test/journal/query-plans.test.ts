/** No statement of a running gate may cost more in a journal of years than in one of days. */
import type { Database } from "better-sqlite3";
import { expect, test } from "vitest";
import { ChipPinStore } from "../../src/journal/chip-pin-store.ts";
import { CredentialStore } from "../../src/journal/credential-store.ts";
import { PasswordTryStore } from "../../src/journal/password-try-store.ts";
import { runRetention } from "../../src/journal/retention.ts";
import { SqliteJournal } from "../../src/journal/sqlite-journal.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";
import { enrolment, holder } from "./enrolment.ts";
import { DAY_MS, granted, TemporaryJournal } from "./temporary-journal.ts";

/** The connection, and every statement that is prepared through it from now on. */
function listening(connection: Database): { readonly connection: Database; readonly texts: Set<string> } {
  const texts = new Set<string>();
  const proxy = new Proxy(connection, {
    get: (target, name) => {
      if (name === "prepare")
        return (sql: string) => {
          texts.add(sql);
          return target.prepare(sql);
        };
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
  return { connection: proxy, texts };
}

test("the gate's statements find their rows by an index, whatever they ask of events, parts or lists", async () => {
  const world = new TemporaryJournal();
  const { connection, texts } = listening(world.database.connection);
  const database = { ...world.database, connection };
  const journal = good(
    SqliteJournal.open({
      database,
      source: "acs:demo/gate-1",
      clock: world.clock,
      clockState: () => "synced",
      random: world.random,
      buildTime: instant(0),
      retentionMs: DAY_MS,
    }),
  );
  const store = good(CredentialStore.open(database));
  const pins = good(ChipPinStore.open(database, journal, world.clock));
  const tries = good(PasswordTryStore.open(database, journal, () => instant(0)));
  good(await journal.append([granted(1)]));
  good(store.put([enrolment(1)]));
  good(store.standing(holder(1)));
  good(pins.enrolmentOf(holder(1)));
  good(await tries.begin("lane-1", holder(1)));
  good(
    await world.timeline.resolve(
      runRetention({
        database,
        journal,
        clock: world.clock,
        clockState: () => "synced",
        retentionMs: DAY_MS,
        delivery: "acknowledged",
      }),
    ),
  );
  // The list for people is the one statement that reads everything.
  // So is bringing back a try of the future, of which there is none unless a clock was put back.
  const asked = [...texts].filter((sql) => !/ORDER BY reference|WHERE at > @now/.test(sql));
  const plan = (sql: string) =>
    world.database.connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values(sql)) as {
      readonly detail: string;
    }[];
  const scans = asked.flatMap((sql) =>
    plan(sql)
      .filter(({ detail }) => READS_ALL.test(detail))
      .map(({ detail }) => `${detail}: ${sql}`),
  );
  expect(asked.length).toBeGreaterThan(20);
  expect(scans).toEqual([]);
});

/** A walk through a table, or through the personal parts to a least number that none may have. */
const READS_ALL =
  /^SCAN (event|personal|credential|newest|old|owner|denied|chip_pin|password_try)|^SEARCH personal$/;

/** Any values: the plan does not depend on them. */
const values = (sql: string): readonly unknown[] =>
  sql.includes("@pseudonym")
    ? [Object.fromEntries([...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name, null]))]
    : Array.from({ length: sql.split("?").length - 1 }, () => 0);
