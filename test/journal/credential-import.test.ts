import { expect, test } from "vitest";
import { importCredentials } from "../../src/journal/credential-import.ts";
import type { EnrolmentRow } from "../../src/journal/credential-rows.ts";
import { CredentialStore } from "../../src/journal/credential-store.ts";
import { good } from "../good.ts";
import { enrolment, holder } from "./enrolment.ts";
import { TemporaryJournal } from "./temporary-journal.ts";

const entries = (count: number, more: Partial<EnrolmentRow> = {}): readonly EnrolmentRow[] =>
  Array.from({ length: count }, (_, number) => enrolment(number, more));

function lists(world = new TemporaryJournal()) {
  const store = good(CredentialStore.open(world.database));
  const { connection } = world.database;
  const stopping = new AbortController();
  const start = (list: Iterable<EnrolmentRow>) =>
    importCredentials(list, {
      connection,
      journal: world.journal,
      clock: world.clock,
      signal: stopping.signal,
      neighbours: async () => "gate",
    });
  return {
    world,
    store,
    stopping,
    start,
    importAll: (list: Iterable<EnrolmentRow>) => world.timeline.resolve(start(list)),
    groupOf: (number: number) => good(store.standing(holder(number))).credential?.group,
    storedCount: () => connection.prepare("SELECT count(*) FROM credential").pluck().get(),
    visibleCount: () => connection.prepare("SELECT count(*) FROM admitted").pluck().get(),
  };
}

/** Gives some entries, and looks at the world before each. */
function* observed(list: readonly EnrolmentRow[], look: () => void): Generator<EnrolmentRow, void, void> {
  for (const entry of list) {
    look();
    yield entry;
  }
}

test("replaces who is there, adds who is not, leaves the others, and nothing superfluous stays", async () => {
  const { importAll, groupOf, storedCount } = lists();
  good(await importAll(entries(1200, { group: "old" })));
  good(await importAll(entries(700, { group: "new" })));
  expect([groupOf(0), groupOf(699), groupOf(700), groupOf(1199)]).toEqual(["new", "new", "old", "old"]);
  expect(storedCount()).toBe(1200);
});

test("until it has ended, the old list is the valid one", async () => {
  const { importAll, groupOf, visibleCount } = lists();
  good(await importAll(entries(10, { group: "old" })));
  const seen = new Set<unknown>();
  const look = () => seen.add(groupOf(0)).add(visibleCount());
  good(await importAll(observed(entries(2000, { group: "new" }), look)));
  expect([...seen]).toEqual(["old", 10]);
  expect([groupOf(0), visibleCount()]).toEqual(["new", 2000]);
});

test("leaves denied holders denied, also those denied meanwhile, and counts them", async () => {
  const { importAll, store, visibleCount } = lists();
  good(store.deny(enrolment(0)));
  good(store.deny(enrolment(1499)));
  let given = 0;
  const denyMeanwhile = () => {
    given++;
    if (given === 1000) good(store.deny(enrolment(1)));
  };
  const report = good(await importAll(observed(entries(1500), denyMeanwhile)));
  expect(report).toMatchObject({ stillDenied: 2 });
  for (const number of [0, 1, 1499])
    expect(good(store.standing(holder(number)))).toEqual({ denyListed: true });
  expect(visibleCount()).toBe(1497);
});

/** Imports over ten old entries and is stopped when most of the new ones are staged. */
async function stopHalfWay({ importAll, stopping }: ReturnType<typeof lists>) {
  good(await importAll(entries(10, { group: "old" })));
  let given = 0;
  const stop = () => {
    given++;
    if (given === 1700) stopping.abort();
  };
  return importAll(observed(entries(2000, { group: "new" }), stop));
}

test("stopped half way leaves no trace", async () => {
  const world = lists();
  expect(await stopHalfWay(world)).toMatchObject({ ok: false, error: { kind: "stopped" } });
  expect([world.groupOf(0), world.storedCount()]).toEqual(["old", 10]);
});

test("killed half way leaves no visible trace, and the next one removes the invisible", async () => {
  const killed = lists();
  const { connection } = killed.world.database;
  connection.exec("CREATE TRIGGER killed BEFORE DELETE ON credential BEGIN SELECT RAISE(ABORT, 'no'); END");
  await stopHalfWay(killed);
  connection.exec("DROP TRIGGER killed");
  expect(killed.groupOf(0)).toBe("old");
  expect(killed.storedCount()).toBeGreaterThan(1000);
  const next = lists(new TemporaryJournal(killed.world.file));
  good(await next.importAll(entries(1, { group: "newer" })));
  expect([next.groupOf(0), next.groupOf(1), next.groupOf(10)]).toEqual(["newer", "old", undefined]);
  expect(next.storedCount()).toBe(10);
});

test("ended in its last moment, after its rows became valid, it is valid, and the next one tidies up", async () => {
  const { importAll, groupOf, storedCount, world } = lists();
  good(await importAll(entries(10, { group: "old" })));
  world.database.connection.exec(
    "CREATE TRIGGER killed BEFORE DELETE ON credential BEGIN SELECT RAISE(ABORT, 'no'); END",
  );
  good(await importAll(entries(10, { group: "new" })));
  expect([groupOf(0), storedCount()]).toEqual(["new", 20]);
  world.database.connection.exec("DROP TRIGGER killed");
  good(await importAll([enrolment(77)]));
  expect([groupOf(0), storedCount()]).toEqual(["new", 11]);
});

test("of two at a time the later one counts, and nothing of the other", async () => {
  const first = lists();
  const second = lists(new TemporaryJournal(first.world.file));
  let given = 0;
  let later: Promise<unknown> = Promise.resolve();
  const beginOther = () => {
    given++;
    if (given === 600) later = second.importAll(entries(3, { group: "later" }));
  };
  const running = first.importAll(observed(entries(2000, { group: "first" }), beginOther));
  expect(await running).toMatchObject({ ok: false, error: { kind: "overtaken" } });
  expect(await later).toEqual({ ok: true, value: { imported: 3, replaced: 0, stillDenied: 0 } });
  expect([first.groupOf(0), first.visibleCount(), first.storedCount()]).toEqual(["later", 3, 3]);
});

test("a journal that fails ends it without a visible trace", async () => {
  const { importAll, visibleCount, world } = lists();
  world.database.connection.exec(
    "CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'no'); END",
  );
  expect(await importAll(entries(600))).toMatchObject({ ok: false, error: { kind: "unavailable" } });
  expect(visibleCount()).toBe(0);
});
