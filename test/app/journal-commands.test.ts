// The commands about the journal, on a journal that the real commands and a gate's journal have written.
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { exportCommand } from "../../src/app/commands/journal-export.ts";
import { verifyCommand } from "../../src/app/commands/journal-verify.ts";
import { toBase64Url } from "../../src/bytes/base64url.ts";
import { loadOrCreateSigner } from "../../src/crypto/signing-key.ts";
import { writeCheckpoint } from "../../src/journal/checkpoint.ts";
import { silentLog } from "../../src/ports/log.ts";
import { good } from "../good.ts";
import { granted, TemporaryJournal } from "../journal/temporary-journal.ts";
import { commandWorld } from "./command-world.ts";
import { containing } from "./matchers.ts";

const JSON_FLAG = new Set(["json"]);
const HOLDER = new Uint8Array(32).fill(0xa7);
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A gate's folder with a journal of one personal row, others without, and one checkpoint. */
async function worldWithJournal(plainRows = 3) {
  const world = await commandWorld();
  const state = join(world.folder, "state");
  mkdirSync(state, { mode: 0o700 });
  const kept = new TemporaryJournal(join(state, "varco.db"));
  const signer = good(loadOrCreateSigner(join(state, "journal.key"), kept.random));
  good(await kept.journal.append([kept.personalEvent(HOLDER)]));
  for (let row = 0; row < plainRows; row++) good(await kept.journal.append([granted(row)]));
  good(await writeCheckpoint({ journal: kept.journal, clock: kept.clock, signer, log: silentLog }));
  const run = (texts: Readonly<Record<string, string>>, flags: ReadonlySet<string> = new Set()) =>
    world.run(exportCommand, { texts, flags });
  return { world, kept, state, run };
}

const parsed = (lines: readonly string[]) =>
  lines.map((line) => JSON.parse(line) as { seq: number; specversion: string; personal?: unknown });

describe("export", () => {
  test("gives every row as it is published, in order, and names nobody", async () => {
    const { run } = await worldWithJournal();
    const { exit, out } = await run({});
    expect(exit).toBe(0);
    expect(parsed(out).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(parsed(out)[0]).toMatchObject({ specversion: "1.0", type: "acs.access.granted" });
    expect(out.join("\n")).not.toContain("personal");
    expect(out.join("\n")).not.toContain(toBase64Url(HOLDER));
  });

  test("names holders only when asked, and the journal says so first", async () => {
    const { run } = await worldWithJournal();
    const { out } = await run({}, new Set(["personal"]));
    const rows = parsed(out);
    expect(rows[0]?.personal).toMatchObject({ pseudonym: toBase64Url(HOLDER) });
    expect(rows.at(-1)).toMatchObject({ type: "acs.system.journalExported", data: { personal: true } });
  });

  test.each([
    [{ from: "2", to: "4" }, [2, 3, 4]],
    [{ from: "4" }, [4, 5]],
    [{ from: "2026-11-22", to: "2026-11-22" }, [1, 2, 3, 4, 5]],
    [{ from: "2026-11-23" }, []],
    [{ to: "2026-11-22T11:59:59Z" }, []],
    [{ from: "9" }, []],
  ])("of the range %o gives rows %o", async (texts, seqs) => {
    const { run } = await worldWithJournal();
    expect(parsed((await run(texts)).out).map(({ seq }) => seq)).toEqual(seqs);
  });

  test("more rows than a page has come whole and in order", async () => {
    const { run } = await worldWithJournal(1203);
    expect(parsed((await run({})).out).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 1205 }, (_, index) => index + 1),
    );
  });

  test("as CSV: a header, then a row a line, the event's own part as quoted JSON", async () => {
    const { run } = await worldWithJournal();
    const { out } = await run({ format: "csv", from: "2", to: "2" });
    expect(out[0]).toBe("seq,time,clock,type,door,direction,level,reason,data,hash");
    expect(out[1]).toMatch(
      /^2,2026-11-22T12:00:00\.000Z,synced,acs\.access\.granted,lane-1,,,,"\{""door"":""lane-1"",""number"":0\}",[\w-]{43}$/,
    );
  });

  test("into a new file of the owner's alone, never over another, with a report", async () => {
    const { run, world } = await worldWithJournal();
    const output = join(world.folder, "journal.jsonl");
    expect(await run({ output }, JSON_FLAG)).toMatchObject({
      exit: 0,
      out: [],
      err: ['{"rows":5,"first":1,"last":5}'],
    });
    expect(readFileSync(output, "utf8").trimEnd().split("\n")).toHaveLength(5);
    expect(statSync(output).mode & 0o777).toBe(0o600);
    expect(await run({ output })).toMatchObject({ exit: 3, err: [containing("it exists already")] });
  });

  test("interrupted leaves no part of a file", async () => {
    const { world } = await worldWithJournal();
    const output = join(world.folder, "journal.jsonl");
    const stopped = await world.run(exportCommand, { texts: { output } }, AbortSignal.abort());
    expect(stopped).toMatchObject({ exit: 1, err: ["stopped: the export is not whole"] });
    expect(() => statSync(output)).toThrow();
  });

  test("ends before a damaged row and says where", async () => {
    const { run, kept } = await worldWithJournal();
    kept.database.connection.exec("UPDATE event SET line = 'x' WHERE seq = 3");
    expect(await run({})).toMatchObject({ exit: 1, err: [containing("row 3 is no event any more")] });
  });

  test.each([[{ format: "xml" }], [{ from: "yesterday" }], [{ to: "0" }]])(
    "%o is wrong usage",
    async (texts) => {
      const { run } = await worldWithJournal();
      expect(await run(texts)).toMatchObject({ exit: 2, out: [] });
    },
  );

  test("without a journal there is nothing to export", async () => {
    const world = await commandWorld();
    expect(await world.run(exportCommand)).toMatchObject({ exit: 3 });
  });
});

describe("verify", () => {
  test("interrupted ends at once, and neither vouches for the journal nor accuses it", async () => {
    const { world } = await worldWithJournal();
    expect(await world.run(verifyCommand, {}, AbortSignal.abort())).toEqual({
      exit: 1,
      out: [],
      err: ["stopped: the journal was not verified to its end"],
    });
  });

  test("a sound journal: first and last row, and how many checkpoints", async () => {
    const { world } = await worldWithJournal();
    expect(await world.run(verifyCommand)).toMatchObject({
      exit: 0,
      out: ["rows 1 to 5 are as they were written; 1 checkpoints are signed by this gate"],
    });
    const json = await world.run(verifyCommand, { flags: JSON_FLAG });
    expect(JSON.parse(json.out[0] ?? "")).toEqual({ ok: true, first: 1, last: 5, checkpoints: 1 });
  });

  test.each([
    ["UPDATE event SET hash = zeroblob(32) WHERE seq = 3", 3, "hash"],
    ["DELETE FROM event WHERE seq = 2", 3, "gap"],
    ["UPDATE personal SET pseudonym = zeroblob(32)", 1, "personal"],
    ["UPDATE counter SET value = 9 WHERE name = 'acked'", 5, "tail"],
  ])("%s breaks it at row %i", async (sql, seq, what) => {
    const { world, kept } = await worldWithJournal();
    kept.database.connection.exec(sql);
    const { exit, out } = await world.run(verifyCommand, { flags: JSON_FLAG });
    expect(exit).toBe(1);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({ ok: false, seq, what });
  });

  test("changes nothing, not even when the newest rows are damaged", async () => {
    const { world, kept, state } = await worldWithJournal();
    kept.database.connection.exec(
      "UPDATE event SET line = 'x' WHERE seq = 5; PRAGMA wal_checkpoint(TRUNCATE)",
    );
    const before = readFileSync(join(state, "varco.db"));
    expect(await world.run(verifyCommand)).toMatchObject({ exit: 1, out: [containing("breaks at row 5")] });
    expect(readFileSync(join(state, "varco.db")).equals(before)).toBe(true);
  });

  test("without the gate's key it says so and makes none", async () => {
    const world = await commandWorld();
    expect(await world.run(verifyCommand)).toMatchObject({ exit: 3, err: [containing("journal.key")] });
  });
});
