// A holder who may be met by several pseudonyms: one entry for those who keep the lists, several keys for who asks.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importCredentials } from "../../src/journal/credential-import.ts";
import { CredentialRegister } from "../../src/journal/credential-register.ts";
import { CredentialRows, type Enrolment, rowsOf } from "../../src/journal/credential-rows.ts";
import { CredentialStore } from "../../src/journal/credential-store.ts";
import { EnrolmentSheet } from "../../src/journal/enrolment-sheet.ts";
import { runRetention } from "../../src/journal/retention.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";
import { enrolment, holder } from "./enrolment.ts";
import { DAY_MS, NOON, TemporaryJournal } from "./temporary-journal.ts";

/** Known by the first number, met by all. */
const person = (
  [own, ...others]: readonly [number, ...number[]],
  more: Partial<Omit<Enrolment, "pseudonym">> = {},
): Enrolment => ({ ...enrolment(own), kind: "name", aliases: others.map(holder), ...more });

function lists() {
  const world = new TemporaryJournal();
  const store = good(CredentialStore.open(world.database));
  const register = good(CredentialRegister.open(world.database, world.journal, world.clock));
  const { connection } = world.database;
  const signal = new AbortController().signal;
  const surroundings = { connection, journal: world.journal, clock: world.clock, signal } as const;
  return {
    world,
    store,
    register,
    standing: (number: number) => {
      const { denyListed, credential } = good(store.standing(holder(number)));
      return denyListed ? "denied" : (credential?.group ?? "stranger");
    },
    /** As the command does it: through a sheet, in key order. */
    importAll: async (entries: readonly Enrolment[]) => {
      const sheet = new EnrolmentSheet();
      for (const [index, entry] of entries.entries()) sheet.add(entry, index + 2);
      const imported = importCredentials(sheet.inKeyOrder(), {
        ...surroundings,
        neighbours: async () => "gate",
      });
      return good(await world.timeline.resolve(imported));
    },
    storedCount: () => connection.prepare("SELECT count(*) FROM credential").pluck().get(),
    listed: () =>
      Array.from(register.list(), (entry) => good(entry)).map(({ displayTag, kind }) => [displayTag, kind]),
    lastRow: () => good(world.journal.read(0, 1000)).at(-1)?.data,
  };
}

describe("an entry with aliases", () => {
  test("is met by each of them, and is one entry to those who keep the list", async () => {
    const { register, standing, listed, lastRow } = lists();
    good(await register.admit(person([1, 2, 3], { group: "staff" })));
    expect([1, 2, 3, 4].map(standing)).toEqual(["staff", "staff", "staff", "stranger"]);
    expect(listed()).toEqual([["card#0001", "name"]]);
    expect(lastRow()).toMatchObject({ added: 1, credential: { kind: "name" } });
  });

  test("is revoked whole, by reference or tag, on either list", async () => {
    const { register, standing } = lists();
    good(await register.admit(person([1, 2], { reference: "M-1" })));
    good(await register.deny(person([3, 4])));
    expect([1, 2, 3, 4].map(standing)).toEqual(["members", "members", "denied", "denied"]);
    expect(good(await register.revoke({ reference: "M-1" }))).toEqual({ kind: "revoked", count: 1 });
    expect(good(await register.revoke({ displayTag: "card#0003" }))).toEqual({ kind: "revoked", count: 1 });
    expect([1, 2, 3, 4].map(standing)).toEqual(["stranger", "stranger", "stranger", "stranger"]);
  });

  test("moves whole between the lists", async () => {
    const { register, standing } = lists();
    good(await register.admit(person([1, 2, 3])));
    good(await register.deny(person([1, 2])));
    expect([1, 2, 3].map(standing)).toEqual(["denied", "denied", "stranger"]);
    good(await register.admit(person([1, 3])));
    expect([1, 2, 3].map(standing)).toEqual(["members", "stranger", "members"]);
  });

  test("is replaced whole: what it was met by before, and is no more, meets nobody", async () => {
    const { register, standing } = lists();
    good(await register.admit(person([1, 2, 3])));
    good(await register.admit(person([1, 4], { group: "staff" })));
    expect([1, 2, 3, 4].map(standing)).toEqual(["staff", "stranger", "stranger", "staff"]);
  });

  test("is erased whole at its date, and no row of it is left", async () => {
    const { world, register, standing, storedCount } = lists();
    good(await register.admit(person([1, 2, 3], { validUntil: instant(NOON + DAY_MS) })));
    world.clock.setWallOffset(instant(NOON + 32 * DAY_MS));
    const { database, journal, clock } = world;
    const options = { database, journal, clock, retentionMs: 90 * DAY_MS, delivery: "none" } as const;
    good(await world.timeline.resolve(runRetention({ ...options, clockState: () => "synced" })));
    expect([1, 2, 3].map(standing)).toEqual(["stranger", "stranger", "stranger"]);
    expect(storedCount()).toBe(0);
  });
});

describe("a pseudonym that two entries share", () => {
  test("belongs to the newer one of the allow list; whoever was known by it first is taken over whole", async () => {
    const { register, standing } = lists();
    good(await register.admit(person([1, 2], { group: "old" })));
    good(await register.admit(person([5, 2], { group: "alias-shared" })));
    expect([1, 2, 5].map(standing)).toEqual(["old", "alias-shared", "alias-shared"]);
    good(await register.admit(person([6, 1], { group: "taken-over" })));
    expect([1, 2, 6].map(standing)).toEqual(["taken-over", "alias-shared", "taken-over"]);
    good(await register.revoke({ displayTag: "card#0006" }));
    expect([1, 6].map(standing)).toEqual(["stranger", "stranger"]);
  });

  test("stays denied when one of two denied entries is revoked, or another is admitted that has it too", async () => {
    const { register, standing } = lists();
    good(await register.deny(person([1, 9])));
    good(await register.deny(person([2, 9])));
    good(await register.admit(person([3, 9])));
    expect([1, 2, 3, 9].map(standing)).toEqual(["denied", "denied", "members", "denied"]);
    good(await register.revoke({ displayTag: "card#0001" }));
    expect([1, 9].map(standing)).toEqual(["stranger", "denied"]);
    good(await register.revoke({ displayTag: "card#0002" }));
    expect([2, 9].map(standing)).toEqual(["stranger", "stranger"]);
  });
});

describe("an import", () => {
  test("counts holders, not rows, and writes all rows", async () => {
    const { importAll, standing, lastRow } = lists();
    const first = await importAll([person([1, 2, 3]), person([4]), person([5, 6])]);
    expect(first).toEqual({ imported: 3, replaced: 0, stillDenied: 0 });
    expect(lastRow()).toEqual({ added: 3, removed: 0, denied: 0 });
    expect([1, 2, 3, 4, 5, 6].map(standing)).toEqual(Array<string>(6).fill("members"));
    expect(await importAll([person([1, 2])])).toEqual({ imported: 1, replaced: 1, stillDenied: 0 });
  });

  test("takes aliases from an entry that it brings without them, and leaves no row of them", async () => {
    const { importAll, standing, storedCount } = lists();
    await importAll([person([1, 2, 3]), person([7, 8])]);
    await importAll([person([1, 3, 4], { group: "staff" })]);
    const expected = ["staff", "stranger", "staff", "staff", "members", "members"];
    expect([1, 2, 3, 4, 7, 8].map(standing)).toEqual(expected);
    expect(storedCount()).toBe(5);
  });

  test("leaves whoever is denied denied, also by an alias, and no row of him", async () => {
    const { register, importAll, standing, storedCount } = lists();
    good(await register.deny(person([1, 2])));
    const report = await importAll([person([1, 3]), person([4, 2])]);
    expect(report).toEqual({ imported: 1, replaced: 0, stillDenied: 1 });
    expect([1, 2, 3, 4].map(standing)).toEqual(["denied", "denied", "stranger", "members"]);
    expect(storedCount()).toBe(1);
  });

  test("that is killed has admitted nobody by an alias either", () => {
    const { world, standing } = lists();
    const rows = new CredentialRows(world.database.connection);
    for (const row of rowsOf(person([1, 2]))) rows.stage(row, 7);
    expect([1, 2].map(standing)).toEqual(["stranger", "stranger"]);
  });

  test("that is killed before it has tidied up: its list is the valid one, by the tables as by the array", async () => {
    const desk = lists();
    good(await desk.register.admit(person([1, 2, 3], { group: "old" })));
    good(await desk.register.admit(person([5, 6], { group: "old" })));
    const rows = new CredentialRows(desk.world.database.connection);
    // The second is another holder by now, who has the first's number as an alias, as he had it of himself.
    for (const entry of [person([1, 3]), person([7, 5])]) for (const row of rowsOf(entry)) rows.stage(row, 1);
    desk.world.database.connection.exec(
      "UPDATE counter SET value = 1 WHERE name IN ('generation', 'import')",
    );
    const expected = ["members", "stranger", "members", "members", "stranger", "members"];
    expect([1, 2, 3, 5, 6, 7].map(desk.standing)).toEqual(expected);
    const stopping = new AbortController();
    const keeping = desk.store.keepIndexed(desk.world.clock, stopping.signal);
    await agrees(desk);
    stopping.abort();
    await desk.world.timeline.resolve(keeping);
    await desk.importAll([person([9])]);
    expect([1, 2, 3, 5, 6, 7].map(desk.standing)).toEqual(expected);
    expect(desk.storedCount()).toBe(5);
  });

  test("during which a holder is revoked does not bring him back by an alias that comes later", () => {
    const { world, standing } = lists();
    const rows = new CredentialRows(world.database.connection);
    const [own, alias] = [...rowsOf(person([1, 2]))];
    if (own === undefined || alias === undefined) throw new Error("two rows");
    rows.stage(own, 7);
    rows.remove(holder(1));
    rows.stage(alias, 7);
    world.database.connection.exec("UPDATE counter SET value = 7 WHERE name = 'generation'");
    expect([1, 2].map(standing)).toEqual(["stranger", "stranger"]);
  });
});

/** What an operator may do with entries whose pseudonyms overlap in every way. */
type Step =
  | { readonly do: "admit" | "deny"; readonly entry: Enrolment }
  | { readonly do: "revoke"; readonly own: number }
  | { readonly do: "import"; readonly entries: readonly Enrolment[] };

const NUMBERS = 7;
const numbers = fc.uniqueArray(fc.integer({ min: 1, max: NUMBERS }), { minLength: 1, maxLength: 4 });
const entry = fc
  .tuple(numbers, fc.constantFrom("a", "b", "c"))
  .map(([[own = 1, ...others], group]) => person([own, ...others], { group }));
/** A list in which nobody is there twice, as the command makes sure. */
const list = fc.array(entry, { minLength: 1, maxLength: 3 }).filter((entries) => {
  const all = entries.flatMap((one) => [one.pseudonym, ...(one.aliases ?? [])]).map(String);
  return new Set(all).size === all.length;
});
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom("admit" as const, "deny" as const), entry }),
  fc.record({ do: fc.constant("revoke" as const), own: fc.integer({ min: 1, max: NUMBERS }) }),
  fc.record({ do: fc.constant("import" as const), entries: list }),
);

const ALL = Array.from({ length: NUMBERS }, (_, index) => index + 1);

async function take(each: Step, { register, importAll }: ReturnType<typeof lists>): Promise<void> {
  if (each.do === "import") await importAll(each.entries);
  else if (each.do === "revoke") good(await register.revoke({ displayTag: `card#000${each.own}` }));
  else good(await register[each.do](each.entry));
}

/** The array is of the newest version in the end, and says of all what the tables say. */
async function agrees({ world, store }: ReturnType<typeof lists>): Promise<void> {
  const tables = new CredentialRows(world.database.connection);
  for (let turn = 0; turn < 50 && !good(store.isIndexed()); turn++)
    await world.timeline.resolve(world.clock.sleep(10));
  expect(good(store.isIndexed())).toBe(true);
  const by = ALL.map(holder);
  expect(by.map((who) => good(store.standing(who)))).toEqual(by.map((who) => tables.standing(who)));
}

test("whatever is done: a denied holder is denied by all, the array says what the tables say, and revoking all leaves nobody", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const desk = lists();
      const stopping = new AbortController();
      const keeping = desk.store.keepIndexed(desk.world.clock, stopping.signal);
      for (const each of steps) {
        await take(each, desk);
        await agrees(desk);
        const denied = each.do === "deny" ? [each.entry.pseudonym, ...(each.entry.aliases ?? [])] : [];
        expect(denied.every((who) => good(desk.store.standing(who)).denyListed)).toBe(true);
      }
      for (const own of ALL) await take({ do: "revoke", own }, desk);
      expect(new Set(ALL.map(desk.standing))).toEqual(new Set(["stranger"]));
      await desk.importAll([person([1])]);
      expect(desk.storedCount()).toBe(1);
      stopping.abort();
      await desk.world.timeline.resolve(keeping);
    }),
    { numRuns: 20 },
  );
});
