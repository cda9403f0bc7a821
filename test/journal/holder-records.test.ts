// What is kept of one person: all of it is found from any end, and after its erasure nothing of it is left in any file.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadOrCreateSigner } from "../../src/crypto/signing-key.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { ChipPinRows } from "../../src/journal/chip-pin-rows.ts";
import { importCredentials } from "../../src/journal/credential-import.ts";
import { CredentialRegister } from "../../src/journal/credential-register.ts";
import { CredentialRows, type Enrolment } from "../../src/journal/credential-rows.ts";
import { CredentialStore } from "../../src/journal/credential-store.ts";
import { openDatabase } from "../../src/journal/database.ts";
import { EnrolmentSheet } from "../../src/journal/enrolment-sheet.ts";
import { type FoundHolder, HolderDesk, type HolderMeant } from "../../src/journal/holder-records.ts";
import { PasswordTryStore } from "../../src/journal/password-try-store.ts";
import { verifyChain } from "../../src/journal/verify-chain.ts";
import { cardKey } from "../../src/sim/pki/test-key.ts";
import { good } from "../good.ts";
import { enrolment } from "./enrolment.ts";
import { granted, NOON, TemporaryJournal, temporaryDirectory } from "./temporary-journal.ts";

/** As keyed pseudonyms are: no two have a part in common by which one could be taken for the other. */
const key = (name: string): Buffer => createHash("sha256").update(name).digest();
const person = (name: string, aliases: readonly string[] = [], more: Partial<Enrolment> = {}): Enrolment => ({
  ...enrolment(1),
  pseudonym: key(name),
  displayTag: `card#${createHash("sha1").update(name).digest("hex").slice(0, 4)}`,
  ...more,
  ...(aliases.length === 0 ? {} : { aliases: aliases.map(key) }),
});
const pin = { publicKey: cardKey(1).publicKey, generation: 2, signer: "AB".repeat(32) } as const;
const by = (name: string, aliases: readonly string[] = []): HolderMeant => ({
  pseudonym: key(name),
  aliases: aliases.map(key),
});

function desk(world = new TemporaryJournal()) {
  const { database, journal, clock } = world;
  const { connection } = database;
  const records = good(HolderDesk.open(database, journal, clock));
  const find = (meant: HolderMeant): FoundHolder => {
    const found = good(records.find(meant));
    if ("kind" in found) throw new Error(`${found.count} holders`);
    return found;
  };
  return {
    world,
    records,
    find,
    store: good(CredentialStore.open(database)),
    register: good(CredentialRegister.open(database, journal, clock)),
    tries: good(PasswordTryStore.open(database, journal, () => NOON)),
    pins: new ChipPinRows(connection),
    /** A passage of somebody, as the journal keeps it. */
    pass: async (...names: readonly string[]) =>
      good(await journal.append(names.map((name) => world.personalEvent(key(name))))),
    erase: async (found: FoundHolder) => good(await world.timeline.resolve(records.erase(found))),
    eraseAll: async (meant: HolderMeant) => good(await world.timeline.resolve(records.erase(find(meant)))),
    /** Which of these names have left their key in a file. */
    onDisk: (...names: readonly string[]) => {
      const files = ["", "-wal", "-shm"].map((end) => readFileSync(`${world.file}${end}`));
      return names.filter((name) => files.some((file) => file.includes(key(name))));
    },
    lastRows: (count: number) =>
      good(journal.read(good(journal.range()).last - count, count)).map(({ type, data }) => ({ type, data })),
    importAll: async (entries: readonly Enrolment[]) => {
      const sheet = new EnrolmentSheet();
      for (const [index, entry] of entries.entries()) sheet.add(entry, index + 2);
      const signal = new AbortController().signal;
      const surroundings = { connection, journal, clock, signal, neighbours: async () => "none" as const };
      good(await world.timeline.resolve(importCredentials(sheet.inKeyOrder(), surroundings)));
    },
  };
}

/** Anna: her card by number and by name, enrolled with its document, which is on a list too; and she mistypes. */
async function withAnna() {
  const here = desk();
  await here.importAll([
    ...Array.from({ length: 3_000 }, (_, number) => person(`other-${number}`, [`alias-${number}`])),
    person("anna-nis", ["anna-name", "anna-cut"], { reference: "M-1" }),
    person("anna-doc", [], { kind: "doc", reference: "D-9" }),
  ]);
  here.pins.pin({ pseudonym: key("anna-nis"), keyId: "k1" }, pin, NOON);
  here.pins.keepDocument(key("anna-nis"), { document: key("anna-doc"), sealedCan: key("anna-can") });
  for (let turn = 0; turn < 3; turn++) good(await here.tries.begin("lane-1", key("anna-nis")));
  for (let turn = 0; turn < 300; turn++)
    await here.pass("anna-nis", `other-${turn}`, "anna-name", "anna-doc");
  return here;
}
const ANNA = ["anna-nis", "anna-name", "anna-cut", "anna-doc", "anna-can"];

describe("a person", () => {
  test.each(["anna-nis", "anna-doc", "anna-name"])("is found whole by %s", async (name) => {
    const { find } = await withAnna();
    expect(find(by(name))).toMatchObject({
      credentials: [{ reference: "D-9" }, { reference: "M-1" }],
      chips: [{ pinnedAt: NOON, document: true, accessNumber: true }],
      passwordTries: 3,
      events: 900,
    });
  });

  test("is found by what the operator calls an entry, unless several share it", async () => {
    const { find, records, register } = await withAnna();
    expect(find({ reference: "M-1" })).toMatchObject({ events: 900 });
    good(await register.admit(person("bert", [], { displayTag: "card#aaaa" })));
    good(await register.admit(person("carl", [], { displayTag: "card#aaaa" })));
    expect(good(records.find({ displayTag: "card#aaaa" }))).toEqual({ kind: "ambiguous", count: 2 });
  });

  test("is given every row that names her, in order, each with its date and key; and no other row", async () => {
    const { find, records, world } = await withAnna();
    const pages = Array.from(records.events(find(by("anna-nis"))), good);
    const events = pages.flat();
    expect(pages.map(({ length }) => length)).toEqual([500, 400]);
    expect(events.map(({ event }) => event.seq)).toEqual(
      good(world.journal.read(0, 10_000))
        .filter(({ personal }) =>
          ANNA.some((name) => personal?.pseudonym === key(name).toString("base64url")),
        )
        .map(({ seq }) => seq),
    );
    expect(events[0]).toMatchObject({
      keyId: "k1",
      erasedAt: (events[0]?.event.time ?? 0) + 30 * 86_400_000,
    });
  });

  test("who is a stranger has nothing", () => {
    const { find } = desk();
    expect(find(by("nobody", ["nobody-cut"]))).toMatchObject({
      credentials: [],
      chips: [],
      passwordTries: 0,
      events: 0,
    });
  });
});

describe("erased", () => {
  test("nothing of her is left in database, log or index; everybody else's is, and the chain holds", async () => {
    const { eraseAll, onDisk, find, store, world, lastRows } = await withAnna();
    expect(onDisk(...ANNA)).toEqual(ANNA);
    expect(await eraseAll(by("anna-nis"))).toEqual({ kind: "erased", remains: "none" });
    expect(onDisk(...ANNA)).toEqual([]);
    for (const name of ANNA) expect(find(by(name))).toMatchObject({ credentials: [], chips: [], events: 0 });
    expect(good(store.standing(key("anna-nis"))).credential).toBeUndefined();
    expect(good(store.standing(key("alias-7"))).credential).toBeDefined();
    expect(find(by("other-7"))).toMatchObject({ events: 1 });
    const signer = good(loadOrCreateSigner(join(temporaryDirectory(), "key"), systemRandom));
    expect(verifyChain(world.database, signer.publicKey)).toMatchObject({ ok: true });
    expect(lastRows(2)).toEqual([
      { type: "acs.config.credentials", data: { added: 0, removed: 2, denied: 0 } },
      {
        type: "acs.system.holderErased",
        data: { credentials: 2, chips: 1, passwordTries: 3, events: 900 },
      },
    ]);
  });

  test("so is what came between finding and erasing", async () => {
    const { find, erase, pass, onDisk, lastRows } = await withAnna();
    const found = find(by("anna-nis"));
    await pass("anna-nis", "anna-name");
    await erase(found);
    expect(onDisk(...ANNA)).toEqual([]);
    expect(lastRows(1)[0]?.data).toMatchObject({ events: 902 });
  });

  test("so are rows that nobody sees: those of before an import, and of one that has not ended", async () => {
    const here = await withAnna();
    const aliases = ["anna-name", "anna-cut", "anna-late"];
    await here.importAll([person("anna-nis", aliases, { reference: "M-2" })]);
    const rows = new CredentialRows(here.world.database.connection);
    rows.stage({ ...enrolment(1), pseudonym: key("anna-nis") }, 99);
    rows.stage({ ...enrolment(1), pseudonym: key("anna-staged"), entry: key("anna-nis") }, 99);
    await here.eraseAll({ reference: "M-2" });
    expect(here.onDisk(...ANNA, "anna-late", "anna-staged")).toEqual([]);
  });

  test("the tries stay on record for their door, without her", async () => {
    const { eraseAll, tries, world } = await withAnna();
    for (let turn = 0; turn < 7; turn++) good(await tries.begin("lane-1"));
    await eraseAll(by("anna-nis"));
    expect(good(tries.mayTry("lane-1"))).not.toBe("yes");
    const left = world.database.connection.prepare("SELECT count(*), count(holder) FROM password_try").raw();
    expect(left.get()).toEqual([10, 0]);
  });

  test("a form of a name that another entry has stays with that", async () => {
    const { eraseAll, register, store } = desk();
    good(await register.admit(person("bert", ["shared"], { kind: "name" })));
    good(await register.admit(person("carl", [], { kind: "name" })));
    await eraseAll(by("carl", ["shared"]));
    expect(good(store.standing(key("shared"))).credential).toBeDefined();
    expect(good(store.standing(key("carl"))).credential).toBeUndefined();
  });

  test("while another process reads, the log keeps old pages, and it says so", async () => {
    const { find, erase, world } = await withAnna();
    const other = good(openDatabase(world.file, { busyTimeoutMs: 20 }));
    onTestFinished(() => other.close());
    const found = find(by("anna-nis"));
    other.connection.exec("BEGIN; SELECT count(*) FROM event");
    expect(await erase(found)).toEqual({ kind: "erased", remains: "left" });
  });
});

test("a running gate hears of it at its next question, and its array soon after", async () => {
  const { world, eraseAll } = await withAnna();
  const gate = good(openDatabase(world.file, { busyTimeoutMs: 20 }));
  onTestFinished(() => gate.close());
  const store = good(CredentialStore.open(gate));
  const stopping = new AbortController();
  const keeping = store.keepIndexed(world.clock, stopping.signal);
  const settle = async () => {
    for (let turn = 0; turn < 50 && !good(store.isIndexed()); turn++)
      await world.timeline.resolve(world.clock.sleep(10));
    expect(good(store.isIndexed())).toBe(true);
  };
  const standings = () => ANNA.map((name) => good(store.standing(key(name))).credential);
  await settle();
  expect(standings().slice(0, 4)).not.toContain(undefined);
  await eraseAll(by("anna-nis"));
  expect(standings()).toEqual(ANNA.map(() => undefined));
  await settle();
  expect(standings()).toEqual(ANNA.map(() => undefined));
  stopping.abort();
  await world.timeline.resolve(keeping);
});

describe("a denied person", () => {
  test.each(["bert", "bert-alias"])("is not erased, by %s", async (name) => {
    const { register, pass, eraseAll, find, world } = desk();
    good(await register.deny(person("bert", ["bert-alias"])));
    await pass("bert");
    const before = good(world.journal.range()).last;
    expect(await eraseAll(by(name))).toEqual({ kind: "denied" });
    expect(find(by(name))).toMatchObject({ credentials: [{ denyListed: true }], events: 2 });
    expect(good(world.journal.range()).last).toBe(before);
  });

  test("nor is one who was denied only after he was found", async () => {
    const { register, find, erase, store } = desk();
    good(await register.admit(person("bert")));
    const found = find(by("bert"));
    good(await register.deny(person("bert")));
    expect(await erase(found)).toEqual({ kind: "denied" });
    expect(good(store.standing(key("bert"))).denyListed).toBe(true);
  });
});

test("a row that is no event any more ends what is given, and is named", async () => {
  const { pass, find, records, world } = desk();
  await pass("anna-nis");
  good(await world.journal.append([granted(1)]));
  world.database.connection.exec("UPDATE event SET line = 'x' WHERE seq = 1");
  expect(Array.from(records.events(find(by("anna-nis"))))).toEqual([
    { ok: false, error: { kind: "damagedRow", seq: 1 } },
  ]);
});
