// The array beside the tables: whatever happens to the lists, and whoever does it, a decision hears what the
// tables say at that moment, from the array as soon as it has caught up.
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { importCredentials } from "../../src/journal/credential-import.ts";
import { CredentialRows, type EnrolmentRow } from "../../src/journal/credential-rows.ts";
import { CredentialStore } from "../../src/journal/credential-store.ts";
import { openDatabase } from "../../src/journal/database.ts";
import { runRetention } from "../../src/journal/retention.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";
import { enrolment, holder } from "./enrolment.ts";
import { DAY_MS, NOON, TemporaryJournal } from "./temporary-journal.ts";

/** A gate's store with its array, and a connection of another process to the same file. */
function worldWithArray() {
  const world = new TemporaryJournal();
  const { timeline, clock } = world;
  const store = good(CredentialStore.open(world.database));
  const other = good(openDatabase(world.file, { busyTimeoutMs: 20 }));
  const stopping = new AbortController();
  const keeping = store.keepIndexed(clock, stopping.signal);
  onTestFinished(() => other.close());
  const isIndexed = () => good(store.isIndexed());
  return {
    world,
    store,
    other,
    elsewhere: good(CredentialStore.open(other)),
    tables: new CredentialRows(world.database.connection),
    isIndexed,
    /** Lets the keeper work until the array is of the version of the tables. */
    settle: async () => {
      for (let turn = 0; turn < 50 && !isIndexed(); turn++) await timeline.resolve(clock.sleep(10));
      expect(isIndexed()).toBe(true);
    },
    stop: async () => {
      stopping.abort();
      await timeline.resolve(keeping);
    },
    import: (entries: readonly EnrolmentRow[]) =>
      timeline.resolve(
        importCredentials(entries, {
          connection: world.database.connection,
          journal: world.journal,
          clock,
          signal: new AbortController().signal,
          neighbours: async () => "none",
        }),
      ),
    erase: () =>
      timeline.resolve(
        runRetention({
          database: world.database,
          journal: world.journal,
          clock,
          clockState: () => "synced",
          retentionMs: DAY_MS,
          delivery: "none",
        }),
      ),
  };
}

test("a change of another process is heard at the next question, and is in the array soon after", async () => {
  const { store, elsewhere, settle, isIndexed } = worldWithArray();
  good(store.put([enrolment(1), enrolment(2)]));
  await settle();
  good(elsewhere.deny(enrolment(1)));
  expect(isIndexed()).toBe(false);
  expect(good(store.standing(holder(1)))).toEqual({ denyListed: true });
  await settle();
  expect(good(store.standing(holder(1)))).toEqual({ denyListed: true });
  expect(good(store.standing(holder(2))).credential?.group).toBe("members");
});

test("nobody is looked up in an array of another version, even if the tables were changed by hand", async () => {
  const { store, other, settle } = worldWithArray();
  good(store.put([enrolment(1), enrolment(2)]));
  await settle();
  other.connection.exec("UPDATE credential SET enabled = 0");
  expect(good(store.standing(holder(1))).credential?.enabled).toBe(false);
  other.connection.exec("DELETE FROM credential");
  expect(good(store.standing(holder(2)))).toEqual({ denyListed: false });
});

test("what an import has not made valid is not in it, and what it has is, for a question at once", async () => {
  const world = worldWithArray();
  good(world.store.put([enrolment(0, { group: "old" })]));
  await world.settle();
  const seen = new Set<unknown>();
  function* observed(): Generator<EnrolmentRow, void, void> {
    for (let number = 0; number < 1500; number++) {
      seen.add(good(world.store.standing(holder(0))).credential?.group).add(world.isIndexed());
      yield enrolment(number, { group: "new" });
    }
  }
  good(await world.import([...observed()]));
  expect([...seen]).toEqual(["old", true]);
  expect(good(world.store.standing(holder(0))).credential?.group).toBe("new");
  await world.settle();
  expect(good(world.store.standing(holder(1499))).credential?.group).toBe("new");
});

test("more changes than are on record only cost a fresh start", async () => {
  const { store, settle } = worldWithArray();
  await settle();
  good(store.put(Array.from({ length: 1200 }, (_, number) => enrolment(number))));
  await settle();
  expect(good(store.standing(holder(0))).credential?.group).toBe("members");
  expect(good(store.standing(holder(1199))).credential?.group).toBe("members");
});

test("a database that fails admits nobody, whatever the array says", async () => {
  const { store, world, settle } = worldWithArray();
  good(store.put([enrolment(1)]));
  await settle();
  world.database.connection.exec("DROP TABLE list_change; DROP VIEW admitted");
  expect(store.standing(holder(1)).ok).toBe(false);
});

test("stopped, the keeper ends, and the tables go on answering", async () => {
  const { store, settle, stop, isIndexed } = worldWithArray();
  good(store.put([enrolment(1)]));
  await settle();
  await stop();
  expect(isIndexed()).toBe(false);
  expect(good(store.standing(holder(1))).credential?.group).toBe("members");
});

test("a holder who is erased is not even named among the changes", async () => {
  const { store, world, settle, erase } = worldWithArray();
  good(store.put([enrolment(5, { validUntil: instant(NOON - 31 * DAY_MS) })]));
  await settle();
  good(await erase());
  expect(world.database.connection.prepare("SELECT * FROM list_change").all()).toEqual([]);
  expect(good(store.standing(holder(5)))).toEqual({ denyListed: false });
  await settle();
  expect(good(store.standing(holder(5)))).toEqual({ denyListed: false });
});

interface Step {
  readonly do: "put" | "deny" | "remove" | "import" | "erase" | "settle";
  readonly who: number;
  readonly group: string;
  readonly days: number;
}

const HOLDERS = 12;
const steps = fc.array(
  fc.record<Step>({
    do: fc.constantFrom("put", "put", "deny", "remove", "import", "erase", "settle"),
    who: fc.nat({ max: HOLDERS - 1 }),
    group: fc.constantFrom("members", "staff"),
    days: fc.integer({ min: -40, max: 5 }),
  }),
  { minLength: 1, maxLength: 12 },
);

/** Takes a step, by the gate's own connection or by another. */
async function take(world: ReturnType<typeof worldWithArray>, step: Step): Promise<void> {
  const { who, group } = step;
  const entry = enrolment(who, { group, validUntil: instant(NOON + step.days * DAY_MS) });
  switch (step.do) {
    case "put":
      return good(world.elsewhere.put([entry]));
    case "deny":
      return good(world.store.deny(entry));
    case "remove":
      return void world.other.connection
        .prepare("DELETE FROM credential WHERE pseudonym = ?")
        .run(holder(who));
    case "import":
      return void good(
        await world.import([0, 1, 2].map((more) => enrolment((who + more) % HOLDERS, { group }))),
      );
    case "erase":
      return void good(await world.erase());
    case "settle":
      return world.settle();
  }
}

test("after any sequence of changes the answer is that of the tables, lagging or caught up", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const world = worldWithArray();
      const compare = () => {
        for (let number = 0; number <= HOLDERS; number++)
          expect(good(world.store.standing(holder(number)))).toEqual(world.tables.standing(holder(number)));
      };
      for (const step of taken) {
        await take(world, step);
        compare();
      }
      await world.settle();
      compare();
      await world.stop();
    }),
    { numRuns: 60 },
  );
});
