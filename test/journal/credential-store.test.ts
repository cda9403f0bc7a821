import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { CredentialStore } from "../../src/journal/credential-store.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";
import { enrolment, holder } from "./enrolment.ts";
import { mentioning, NOON, TemporaryJournal } from "./temporary-journal.ts";

function openStore(world = new TemporaryJournal()) {
  return { world, store: good(CredentialStore.open(world.database)) };
}

describe("standing", () => {
  test("a stranger is on no list", () => {
    const { store } = openStore();
    expect(good(store.standing(holder(1)))).toEqual({ denyListed: false });
  });

  test("a credential comes back as it was enrolled, without the reference that decides nothing", () => {
    const { store } = openStore();
    const dated = { validFrom: NOON, validUntil: instant(NOON + 1), enabled: false };
    good(store.put([enrolment(1, { ...dated, reference: "M-17" }), enrolment(2)]));
    expect(good(store.standing(holder(1)))).toEqual({
      denyListed: false,
      credential: { pseudonym: holder(1), group: "members", ...dated },
    });
    expect(good(store.standing(holder(2))).credential).toEqual({
      pseudonym: holder(2),
      group: "members",
      enabled: true,
    });
  });

  test("adding to one list removes from the other", () => {
    const { store } = openStore();
    good(store.put([enrolment(1)]));
    good(store.deny(enrolment(1)));
    expect(good(store.standing(holder(1)))).toEqual({ denyListed: true });
    good(store.put([enrolment(1)]));
    expect(good(store.standing(holder(1)))).toMatchObject({
      denyListed: false,
      credential: { group: "members" },
    });
  });
});

test.each(["valid_from", "valid_until"])(
  "a %s that is no date admits nobody: the table is damaged",
  (column) => {
    const { store, world } = openStore();
    good(store.put([enrolment(1), enrolment(2)]));
    for (const damaged of ["'soon'", "1.5", "x'00'"]) {
      world.database.connection.exec(`UPDATE credential SET ${column} = ${damaged}`);
      expect(store.standing(holder(1))).toMatchObject({ ok: false, error: { kind: "corrupt" } });
    }
  },
);

test("several entries are stored all or none", () => {
  const { store, world } = openStore();
  world.database.connection.exec(
    "CREATE TRIGGER full BEFORE INSERT ON credential WHEN NEW.reference = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END",
  );
  good(store.put([enrolment(9, { group: "old" })]));
  const outcome = store.put([
    enrolment(9, { group: "new" }),
    enrolment(2),
    enrolment(3, { reference: "bad" }),
  ]);
  expect(outcome.ok).toBe(false);
  expect(good(store.standing(holder(2))).credential).toBeUndefined();
  expect(good(store.standing(holder(9))).credential?.group).toBe("old");
});

test("what another process writes is seen at the next question, and its lock does not stop questions", async () => {
  const { store, world } = openStore();
  good(store.put([enrolment(1)]));
  const script = `
    const db = require("better-sqlite3")(${JSON.stringify(world.file)});
    db.exec("BEGIN IMMEDIATE; DELETE FROM credential");
    process.stdout.write("locked");
    process.stdin.once("data", () => { db.exec("COMMIT"); process.exit(0); });`;
  const running = promisify(execFile)(process.execPath, ["-e", script], { cwd: import.meta.dirname });
  const { child } = running;
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  expect(good(store.standing(holder(1))).credential).toBeDefined();
  expect(store.put([enrolment(2)])).toMatchObject({
    ok: false,
    error: { kind: "unavailable", remedy: mentioning("another process") },
  });
  child.stdin?.write("go");
  await running;
  expect(good(store.standing(holder(1))).credential).toBeUndefined();
});
