import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadOrCreateSigner } from "../../src/crypto/signing-key.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { CredentialStore } from "../../src/journal/credential-store.ts";
import { type RetentionOptions, runRetention } from "../../src/journal/retention.ts";
import { verifyChain } from "../../src/journal/verify-chain.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";
import { enrolment } from "./enrolment.ts";
import { DAY_MS, granted, NOON, TemporaryJournal, temporaryDirectory } from "./temporary-journal.ts";

const run = async (world: TemporaryJournal, delivery: RetentionOptions["delivery"] = "acknowledged") =>
  good(
    await world.timeline.resolve(
      runRetention({
        database: world.database,
        journal: world.journal,
        clock: world.clock,
        clockState: () => world.clockState,
        retentionMs: 30 * DAY_MS,
        delivery,
      }),
    ),
  );

const bytesOnDisk = ({ file }: TemporaryJournal): Buffer =>
  Buffer.concat([file, `${file}-wal`, `${file}-shm`].map((name) => readFileSync(name)));

/** Moves the wall clock, not the timers. */
const passDays = (world: TemporaryJournal, days: number): void =>
  world.clock.setWallOffset(instant(NOON + days * DAY_MS));

test("after its date no byte sequence of a pseudonym is left in database, log or index; the chain holds", async () => {
  const world = new TemporaryJournal();
  const store = good(CredentialStore.open(world.database));
  const pseudonyms = Array.from({ length: 60 }, () => world.random.bytes(32));
  for (const pseudonym of pseudonyms) good(await world.journal.append([world.personalEvent(pseudonym)]));
  const enrolled = pseudonyms.map((pseudonym) => ({
    pseudonym,
    kind: "nis" as const,
    displayTag: "card#0001",
    keyId: "k1",
    group: "members",
    enabled: true,
    validUntil: instant(NOON + 5),
  }));
  good(store.put(enrolled));
  const found = () =>
    pseudonyms.filter((pseudonym) => bytesOnDisk(world).includes(Buffer.from(pseudonym))).length;
  expect(found()).toBe(60);

  passDays(world, 29);
  expect(await run(world)).toMatchObject({ kind: "done", erased: 0 });
  expect(found()).toBe(60);

  passDays(world, 31);
  expect(await run(world)).toMatchObject({ kind: "done", erased: 120, logTruncated: true });
  expect(found()).toBe(0);
  expect(good(world.journal.read(0, 100)).every(({ personal }) => personal === undefined)).toBe(true);
  const signer = good(loadOrCreateSigner(join(temporaryDirectory(), "key"), systemRandom));
  expect(verifyChain(world.database, signer.publicKey)).toMatchObject({
    ok: true,
    value: { first: 1, last: 60 },
  });
});

test.each([
  ["is not synchronised", "unsynced", 400],
  ["is behind the newest row", "synced", -1],
] as const)("a clock that %s erases nothing", async (_why, state, days) => {
  const world = new TemporaryJournal();
  good(await world.journal.append([world.personalEvent()]));
  world.clockState = state;
  passDays(world, days);
  const { connection } = world.database;
  good(good(CredentialStore.open(world.database)).deny(enrolment(1)));
  expect(connection.prepare("SELECT * FROM list_change").all()).toHaveLength(1);
  expect(await run(world)).toEqual({ kind: "clockUntrusted" });
  expect(good(world.journal.read(0, 1))[0]?.personal).toBeDefined();
  // Who was revoked is named among the changes, and forgetting that needs no clock.
  expect(connection.prepare("SELECT * FROM list_change").all()).toEqual([]);
});

test("a clock that holds over from a trusted source erases as a synchronised one", async () => {
  const world = new TemporaryJournal();
  good(await world.journal.append([world.personalEvent()]));
  world.clockState = "holdover";
  passDays(world, 400);
  expect(await run(world)).toMatchObject({ kind: "done", erased: 1 });
  expect(good(world.journal.read(0, 1))[0]?.personal).toBeUndefined();
});

test("old rows go from the head once delivered, a row tells of it, and the rest still verifies", async () => {
  const world = new TemporaryJournal();
  good(await world.journal.append(Array.from({ length: 2500 }, (_, number) => granted(number))));
  good(world.journal.acknowledge(2400));
  passDays(world, 31);
  expect(await run(world)).toMatchObject({ kind: "done", pruned: 2400 });
  const { first, last } = good(world.journal.range());
  expect(first).toBe(2401);
  const told = good(world.journal.read(2500, 100));
  expect(told.map(({ type, data }) => [type, data["first"], data["last"]])).toEqual([
    ["acs.system.pruned", 1, 1000],
    ["acs.system.pruned", 1001, 2000],
    ["acs.system.pruned", 2001, 2400],
  ]);
  const signer = good(loadOrCreateSigner(join(temporaryDirectory(), "key"), systemRandom));
  expect(verifyChain(world.database, signer.publicKey)).toMatchObject({ ok: true, value: { first, last } });
});

test("rows that the back end has not acknowledged, and young ones, stay; the newest always does", async () => {
  const world = new TemporaryJournal();
  good(await world.journal.append([granted(1), granted(2)]));
  passDays(world, 31);
  expect(await run(world)).toMatchObject({ pruned: 0 });
  good(world.journal.acknowledge(2));
  passDays(world, 29);
  expect(await run(world)).toMatchObject({ pruned: 0 });
  passDays(world, 31);
  expect(await run(world)).toMatchObject({ pruned: 1 });
  expect(good(world.journal.range())).toMatchObject({ first: 2, last: 3 });
});

test("without a back end rows go by time alone", async () => {
  const world = new TemporaryJournal();
  good(await world.journal.append([granted(1), granted(2)]));
  passDays(world, 29);
  expect(await run(world, "none")).toMatchObject({ pruned: 0 });
  passDays(world, 31);
  expect(await run(world, "acknowledged")).toMatchObject({ pruned: 0 });
  expect(await run(world, "none")).toMatchObject({ pruned: 1 });
});

describe("rows of a clock that was ten years ahead", () => {
  async function journalWithStrays(strayCount: number) {
    const world = new TemporaryJournal();
    good(await world.journal.append([granted(1)]));
    passDays(world, 3650);
    for (let left = strayCount; left > 0; left -= 500)
      good(
        await world.journal.append(Array.from({ length: Math.min(left, 500) }, () => world.personalEvent())),
      );
    passDays(world, 1);
    good(await world.journal.append([world.personalEvent(), granted(2)]));
    return world;
  }
  const personalCount = ({ database }: TemporaryJournal): unknown =>
    database.connection.prepare("SELECT count(*) FROM personal").pluck().get();

  test("are kept as long as the rows around them", async () => {
    const world = await journalWithStrays(3);
    good(world.journal.acknowledge(6));
    passDays(world, 30.5);
    expect(await run(world)).toMatchObject({ erased: 0, pruned: 1 });
    expect(good(world.journal.range()).first).toBe(2);
  });

  test("go with them, in whatever number, and block nothing behind them", async () => {
    const world = await journalWithStrays(2500);
    good(world.journal.acknowledge(2503));
    passDays(world, 31.5);
    expect(await run(world)).toMatchObject({ pruned: 2503 });
    expect(good(world.journal.range()).first).toBe(2504);
    expect(personalCount(world)).toBe(0);
  });

  test("lose their personal part at its due date although no back end has taken them", async () => {
    const world = await journalWithStrays(1200);
    passDays(world, 30.5);
    expect(await run(world)).toMatchObject({ erased: 0, pruned: 0 });
    passDays(world, 31.5);
    expect(await run(world)).toMatchObject({ erased: 1201, pruned: 0 });
    expect(personalCount(world)).toBe(0);
  });
});

test("a clock that falls back by months makes strays of good rows, and erases none of them", async () => {
  const world = new TemporaryJournal();
  good(await world.journal.append([world.personalEvent(), granted(2)]));
  good(world.journal.acknowledge(2));
  passDays(world, -200);
  good(await world.journal.append([granted(3)]));
  passDays(world, -199);
  expect(await run(world, "none")).toMatchObject({ kind: "done", erased: 0, pruned: 0 });
});

test("an expired credential takes along what it had replaced", async () => {
  const world = new TemporaryJournal();
  const store = good(CredentialStore.open(world.database));
  const pseudonym = world.random.bytes(32);
  const entry = { ...enrolment(1), pseudonym };
  good(store.put([entry]));
  // As an import leaves it that is killed after its rows became valid and before the old ones were removed.
  world.database.connection.exec(
    `UPDATE counter SET value = 1 WHERE name = 'generation';
     INSERT INTO credential SELECT pseudonym, 1, display_tag, group_name, NULL, ${NOON}, NULL, 1, key_id, ${NOON},
       kind, entry FROM credential`,
  );
  good(await world.journal.append([granted(1)]));
  passDays(world, 1);
  expect(await run(world)).toMatchObject({ erased: 2 });
  expect(good(store.standing(pseudonym)).credential).toBeUndefined();
});
