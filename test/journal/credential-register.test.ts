import { describe, expect, test } from "vitest";
import { CredentialRegister } from "../../src/journal/credential-register.ts";
import { CredentialStore } from "../../src/journal/credential-store.ts";
import { good } from "../good.ts";
import { enrolment, holder } from "./enrolment.ts";
import { TemporaryJournal } from "./temporary-journal.ts";

function openRegister(world = new TemporaryJournal()) {
  const register = good(CredentialRegister.open(world.database, world.journal, world.clock));
  const store = good(CredentialStore.open(world.database));
  const signal = new AbortController().signal;
  return {
    world,
    register,
    standing: (number: number) => good(store.standing(holder(number))),
    listed: () => [...register.list()].map(good),
    rows: () => good(world.journal.read(0, 100)).map(({ type, data }) => ({ type, ...data })),
    importAll: (entries: Parameters<CredentialRegister["import"]>[0]) =>
      world.timeline.resolve(
        register.import(entries, { clock: world.clock, signal, neighbours: async () => "none" }),
      ),
  };
}

describe("list", () => {
  test("is by reference and shows tags and references, never a pseudonym", async () => {
    const { register, listed } = openRegister();
    good(await register.admit(enrolment(1, { reference: "B" })));
    good(await register.admit(enrolment(2, { reference: "A" })));
    good(await register.deny({ ...enrolment(3), reference: "C" }));
    expect(listed()).toEqual([
      {
        displayTag: "card#0002",
        kind: "nis",
        denyListed: false,
        hasChip: false,
        group: "members",
        enabled: true,
        reference: "A",
      },
      {
        displayTag: "card#0001",
        kind: "nis",
        denyListed: false,
        hasChip: false,
        group: "members",
        enabled: true,
        reference: "B",
      },
      {
        displayTag: "card#0003",
        kind: "nis",
        denyListed: true,
        hasChip: false,
        group: "",
        enabled: true,
        reference: "C",
      },
    ]);
  });

  test("is of one moment, does not hold up a writer, and may be left in the middle", async () => {
    const { world, register, listed } = openRegister();
    for (let number = 0; number < 5; number++) good(await register.admit(enrolment(number)));
    const gate = new TemporaryJournal(world.file);
    const other = good(CredentialRegister.open(gate.database, gate.journal, gate.clock));
    const seen: string[] = [];
    for (const entry of register.list()) {
      seen.push(good(entry).displayTag);
      good(await gate.timeline.resolve(other.revoke({ displayTag: "card#0004" })));
    }
    expect(seen).toHaveLength(5);
    for (const entry of register.list()) if (entry.ok) break;
    good(await register.admit(enrolment(9)));
    expect(listed()).toHaveLength(5);
  });

  test("ends with the reason when the database cannot be read any more", async () => {
    const { world, register } = openRegister();
    good(await register.admit(enrolment(1)));
    world.database.connection.exec("DROP VIEW admitted");
    expect([...register.list()]).toMatchObject([{ ok: false, error: { kind: "unavailable" } }]);
  });
});

describe("revoke", () => {
  test("a reference names all its cards; a tag only a card of its own", async () => {
    const { register, standing } = openRegister();
    for (const number of [1, 2]) good(await register.admit(enrolment(number, { reference: "M-1" })));
    for (const number of [3, 4]) good(await register.admit(enrolment(number, { displayTag: "card#aaaa" })));
    expect(good(await register.revoke({ displayTag: "card#aaaa" }))).toEqual({ kind: "ambiguous", count: 2 });
    expect(standing(3).credential).toBeDefined();
    expect(good(await register.revoke({ reference: "M-1" }))).toEqual({ kind: "revoked", count: 2 });
    expect(standing(1).credential).toBeUndefined();
    expect(good(await register.revoke({ reference: "M-1" }))).toEqual({ kind: "notFound" });
  });

  test("a revoked denial makes the holder a stranger again", async () => {
    const { register, standing } = openRegister();
    good(await register.deny(enrolment(1)));
    expect(good(await register.revoke({ displayTag: "card#0001" }))).toEqual({ kind: "revoked", count: 1 });
    expect(standing(1)).toEqual({ denyListed: false });
  });
});

describe("the journal", () => {
  test("tells of every change, with numbers, and of what came to nothing not at all", async () => {
    const { register, rows, importAll } = openRegister();
    good(await register.admit(enrolment(1, { reference: "M-1" })));
    good(await register.deny(enrolment(2)));
    good(await register.revoke({ reference: "M-1" }));
    good(await register.revoke({ reference: "M-1" }));
    good(await importAll([enrolment(2), enrolment(3, { reference: "M" }), enrolment(4, { reference: "M" })]));
    good(await register.revoke({ reference: "M" }));
    const type = "acs.config.credentials";
    expect(rows()).toMatchObject([
      { type, added: 1, removed: 0, denied: 0 },
      { type, added: 0, removed: 0, denied: 1 },
      { type, added: 0, removed: 1, denied: 0 },
      { type, added: 2, removed: 0, denied: 0 },
      { type, added: 0, removed: 2, denied: 0 },
    ]);
  });

  test("names one holder in the personal part, several not at all", async () => {
    const { world, register, importAll } = openRegister();
    good(await register.admit(enrolment(1)));
    good(await register.deny(enrolment(1)));
    good(await register.revoke({ displayTag: "card#0001" }));
    good(await importAll([enrolment(2)]));
    const pseudonym = Buffer.from(holder(1)).toString("base64url");
    expect(good(world.journal.read(0, 9)).map(({ personal }) => personal?.pseudonym)).toEqual([
      pseudonym,
      pseudonym,
      pseudonym,
      undefined,
    ]);
  });

  test("that cannot be written keeps the change from happening", async () => {
    const { world, register, standing } = openRegister();
    world.database.connection.exec(
      "CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    expect(await register.admit(enrolment(1))).toMatchObject({ ok: false });
    expect(standing(1).credential).toBeUndefined();
  });
});
