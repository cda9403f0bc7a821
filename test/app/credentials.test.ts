// The commands about cards, on the real store and, where a card is held to a reader, on the virtual board.
import { readFile, writeFile } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import { addCommand } from "../../src/app/commands/credentials-add.ts";
import { importCommand } from "../../src/app/commands/credentials-import.ts";
import { listCommand } from "../../src/app/commands/credentials-list.ts";
import { revokeCommand } from "../../src/app/commands/credentials-revoke.ts";
import { readCommand } from "../../src/app/commands/read.ts";
import { lockReader } from "../../src/app/process-lock.ts";
import { openDatabase } from "../../src/journal/database.ts";
import type { BoardServer } from "../../src/sim/board-server.ts";
import { good } from "../good.ts";
import { type CommandWorld, commandWorld, NODE } from "./command-world.ts";
import { anyNumber, containing, matching } from "./matchers.ts";

const NIS = "000000000017";
const JSON_FLAG = new Set(["json"]);
const servers: BoardServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function worldWithBoard(): Promise<{ readonly world: CommandWorld; readonly server: BoardServer }> {
  const world = await commandWorld();
  const server = await world.startBoard();
  servers.push(server);
  return { world, server };
}

const listed = async (world: CommandWorld) =>
  (await world.run(listCommand, { flags: JSON_FLAG })).out.map((line): unknown => JSON.parse(line));

describe("import", () => {
  test("stores every row, and shows tags in place of numbers", async () => {
    const world = await commandWorld();
    const file = await world.write(
      "members.csv",
      `identifier,group,from,until,reference\n${NIS},members,2026-09-01,2027-06-30,M-1\n000000000018,staff,,,\n`,
    );
    expect(await world.run(importCommand, { positionals: [file] })).toMatchObject({
      exit: 0,
      out: ["imported 2 credentials"],
    });
    expect(await listed(world)).toEqual([
      { card: matching(/^card#[0-9a-f]{4}$/), kind: "nis", list: "allow", group: "staff", enabled: true },
      {
        card: matching(/^card#[0-9a-f]{4}$/),
        kind: "nis",
        list: "allow",
        group: "members",
        enabled: true,
        from: "2026-09-01T00:00:00.000Z",
        until: "2027-07-01T00:00:00.000Z",
        reference: "M-1",
      },
    ]);
  });

  test("leaves a denied card denied, says how many there are, and revoke makes it a stranger", async () => {
    const { world, server } = await worldWithBoard();
    server.board.place(NODE, { card: "cie", family: "gemalto", nis: NIS });
    await world.run(addCommand, { texts: {}, flags: new Set(["tap", "deny"]) });
    const file = await world.write("members.csv", `identifier,group\n${NIS},members\n000000000018,staff\n`);
    const told = "imported 1 credential; 1 more of the file stays on the deny list";
    expect(await world.run(importCommand, { positionals: [file] })).toMatchObject({
      exit: 0,
      out: [containing(told)],
    });
    const json = await world.run(importCommand, { positionals: [file], flags: JSON_FLAG });
    expect(JSON.parse(json.out[0] ?? "")).toEqual({
      imported: 1,
      replaced: 1,
      stillDenied: 1,
      badRows: 0,
      namesakes: 0,
    });
    const entries = (await listed(world)) as { card: string; list: string }[];
    const denied = entries.find(({ list }) => list === "deny");
    expect(await world.run(revokeCommand, { positionals: [denied?.card ?? ""] })).toMatchObject({ exit: 0 });
    expect(await listed(world)).toMatchObject([{ list: "allow", group: "staff" }]);
  });

  test("interrupted stores nothing", async () => {
    const world = await commandWorld();
    const file = await world.write("members.csv", `identifier,group\n${NIS},members\n`);
    expect(await world.run(importCommand, { positionals: [file] }, AbortSignal.abort())).toMatchObject({
      exit: 1,
      err: ["stopped: nothing was imported"],
    });
    expect(await listed(world)).toEqual([]);
  });

  test("with one bad row stores nothing and names the row", async () => {
    const world = await commandWorld();
    const file = await world.write("members.csv", `identifier,group\n${NIS},members\n17,members\n`);
    const result = await world.run(importCommand, { positionals: [file] });
    expect(result.exit).toBe(1);
    expect(result.err[0]).toMatch(/^row 3: identifier/);
    expect(result.err.at(-1)).toMatch(/^nothing was imported/);
    expect(await listed(world)).toEqual([]);
  });

  test("with a card twice stores nothing; problems are told by rising row, however they were found", async () => {
    const world = await commandWorld();
    const rows = [NIS, "000000000018", NIS, "17", NIS].map((number) => `${number},members\n`);
    const file = await world.write("members.csv", `identifier,group\n${rows.join("")}`);
    const { exit, err } = await world.run(importCommand, { positionals: [file] });
    expect(exit).toBe(1);
    expect(err).toEqual([
      "row 4: the same identifier as row 2",
      matching(/^row 5: identifier/),
      "row 6: the same identifier as row 2",
      matching(/^nothing was imported/),
    ]);
    expect(await listed(world)).toEqual([]);
  });

  test("of very many problems the first hundred are told, and all are counted", async () => {
    const world = await commandWorld();
    const rows = Array.from({ length: 1_000 }, () => "17,members\n").join("");
    const file = await world.write("members.csv", `identifier,group\n${rows}`);
    const { err } = await world.run(importCommand, { positionals: [file] });
    expect(err).toHaveLength(102);
    expect(err.slice(99, 101)).toEqual([matching(/^row 101: /), "and 900 more"]);
  });

  test("a file that is not UTF-8 somewhere behind its beginning stores nothing", async () => {
    const world = await commandWorld();
    const file = await world.write("members.csv", "");
    const rows = Array.from({ length: 9_000 }, (_, row) => `${String(row).padStart(12, "0")},members\n`);
    await writeFile(
      file,
      Buffer.concat([Buffer.from(`identifier,group\n${rows.join("")}`), Uint8Array.of(0xe8)]),
    );
    const { exit, err } = await world.run(importCommand, { positionals: [file] });
    expect(exit).toBe(3);
    expect(err).toEqual([containing("cannot be read")]);
    expect(await listed(world)).toEqual([]);
  });

  test("bad rows as JSON are counted", async () => {
    const world = await commandWorld();
    const file = await world.write("members.csv", "identifier,group\n17,members\n18,members\n");
    const { out } = await world.run(importCommand, { positionals: [file], flags: JSON_FLAG });
    expect(JSON.parse(out[0] ?? "")).toMatchObject({
      imported: 0,
      badRows: 2,
      problems: [{ row: 2 }, { row: 3 }],
    });
  });

  test("a file that is not there is the surroundings' fault", async () => {
    const world = await commandWorld();
    expect(await world.run(importCommand, { positionals: ["/nowhere.csv"] })).toMatchObject({ exit: 3 });
  });

  test("without the site key stores nothing", async () => {
    const world = await commandWorld((text) => text.replace("site.key", "other.key"));
    const file = await world.write("members.csv", `identifier,group\n${NIS},members\n`);
    const result = await world.run(importCommand, { positionals: [file] });
    expect(result.exit).toBe(3);
    expect(result.err[0]).toMatch(/there is no key file/);
  });
});

describe("revoke", () => {
  test("by reference, and by tag; what is not there is a negative result", async () => {
    const world = await commandWorld();
    const file = await world.write(
      "members.csv",
      `identifier,group,reference\n${NIS},members,M-1\n000000000018,staff,M-2\n`,
    );
    await world.run(importCommand, { positionals: [file] });
    expect(await world.run(revokeCommand, { positionals: ["M-1"] })).toMatchObject({
      exit: 0,
      out: ["revoked 1 entry"],
    });
    expect(await world.run(revokeCommand, { positionals: ["M-1"] })).toMatchObject({ exit: 1 });
    const [left] = (await listed(world)) as { card: string }[];
    expect(await world.run(revokeCommand, { positionals: [left?.card ?? ""] })).toMatchObject({ exit: 0 });
    expect(await listed(world)).toEqual([]);
  });
});

describe("a card held to the reader", () => {
  const tap = (texts: Readonly<Record<string, string>>, ...flags: readonly string[]) => ({
    texts,
    flags: new Set(["tap", ...flags]),
  });

  test("is admitted, listed by the tag that was shown, and its number appears nowhere", async () => {
    const { world, server } = await worldWithBoard();
    server.board.place(NODE, { card: "cie", family: "gemalto", nis: NIS });
    const added = await world.run(addCommand, tap({ group: "members", until: "2027-06-30", ref: "M-1" }));
    expect(added).toMatchObject({
      exit: 0,
      out: [matching(/^card#[0-9a-f]{4} is now on the allow list$/)],
    });
    const tag = added.out[0]?.split(" ")[0];
    expect(await listed(world)).toMatchObject([{ card: tag, group: "members", reference: "M-1" }]);
    expect([...added.out, ...added.err].join()).not.toContain(NIS);
  });

  test("is moved to the deny list", async () => {
    const { world, server } = await worldWithBoard();
    server.board.place(NODE, { card: "cie", family: "gemalto", nis: NIS });
    await world.run(addCommand, tap({ group: "members" }));
    expect(await world.run(addCommand, tap({}, "deny", "json"))).toMatchObject({ exit: 0 });
    expect(await listed(world)).toMatchObject([{ list: "deny" }]);
  });

  test("is read for a technician: what it proves, not what it says", async () => {
    const { world, server } = await worldWithBoard();
    server.board.place(NODE, { card: "cie", family: "gemalto", nis: NIS });
    const { exit, out } = await world.run(readCommand, { flags: JSON_FLAG });
    expect(exit).toBe(0);
    expect(JSON.parse(out[0] ?? "")).toEqual({
      kind: "nis",
      proofs: ["nisRead"],
      readMs: anyNumber(),
    });
  });

  test.each([
    ["a payment card", { card: "payment" } as const, /no Italian electronic identity card \(payment\)/],
    ["a transit pass", { card: "transit", uid: "01020304" } as const, /no identity card/],
  ])("%s is turned down with the reason", async (_, card, reason) => {
    const { world, server } = await worldWithBoard();
    server.board.place(NODE, card);
    const result = await world.run(readCommand);
    expect(result.exit).toBe(1);
    expect(result.err.join("\n")).toMatch(reason);
  });

  test("that never comes ends when the person gives up", async () => {
    const { world } = await worldWithBoard();
    expect(await world.run(readCommand, {}, AbortSignal.timeout(300))).toMatchObject({ exit: 1, out: [] });
  });

  test("while a gate runs is refused with what to do", async () => {
    const { world } = await worldWithBoard();
    const lock = await lockReader(NODE, `${world.folder}/board.sock`);
    const result = await world.run(readCommand);
    expect(result).toMatchObject({
      exit: 3,
      err: [`another varco process holds ${NODE}: stop it with: systemctl stop varco`],
    });
    if (lock.ok) await lock.value.release();
  });

  test("at a board that is not there", async () => {
    const world = await commandWorld();
    expect(await world.run(readCommand)).toMatchObject({
      exit: 3,
      err: [containing("does not exist")],
    });
  });

  test.each([
    ["no --tap nor anything else", { texts: { group: "members" } }, "one of --tap, --document"],
    ["two ways at once", tap({ group: "members" }, "name"), "one of --tap, --document"],
    ["no group", tap({}), "--group is missing"],
    ["a group that no door admits", tap({ group: "guests" }), "the doors admit members, staff"],
    ["a group for a denied card", tap({ group: "members" }, "deny"), "--deny takes no --group"],
    ["a bad date", tap({ group: "members", until: "soon" }), "--until: a day as"],
    ["a long reference", tap({ group: "members", ref: "x".repeat(65) }), "--ref: at most 64"],
  ])("is not asked for with %s", async (_, invocation, complaint) => {
    const world = await commandWorld();
    expect(await world.run(addCommand, invocation)).toMatchObject({
      exit: 2,
      err: [containing(complaint)],
    });
  });

  test("is not read at a door that does not exist", async () => {
    const world = await commandWorld();
    expect(await world.run(readCommand, { texts: { door: "lane-9" } })).toMatchObject({ exit: 2 });
  });
});

describe("a holder whose card is not there", () => {
  const NAME = "Bianchi Verdi; Giovanni Mario Luigi; 1985-03-21";
  const add = (way: string, secret: string, ...flags: readonly string[]) => ({
    flags: new Set([way, ...flags]),
    texts: flags.includes("deny") ? {} : { group: "members" },
    secret,
  });
  const database = (world: CommandWorld) => `${world.folder}/state/varco.db`;

  test.each([
    ["document", "ITA CA31415AB", "doc"],
    ["fiscal-code", "BNCGNN85C21F205H", "cf"],
    ["name", NAME, "name"],
  ])("is admitted by %s, which appears nowhere", async (way, secret, kind) => {
    const world = await commandWorld();
    const added = await world.run(addCommand, add(way, secret));
    expect(added).toMatchObject({ exit: 0, out: [matching(/^card#[0-9a-f]{4} is now on the allow list$/)] });
    expect(await listed(world)).toMatchObject([{ kind, list: "allow", group: "members" }]);
    const kept = await readFile(database(world));
    for (const word of secret.split(/[; ]+/)) {
      expect([...added.out, ...added.err].join()).not.toContain(word);
      expect(kept.includes(word)).toBe(false);
      expect(kept.includes(word.toUpperCase())).toBe(false);
    }
  });

  test("is denied and revoked by name in every form that documents may give it", async () => {
    const world = await commandWorld();
    await world.run(addCommand, add("name", NAME, "deny"));
    const rows = () => {
      const opened = good(openDatabase(database(world), { busyTimeoutMs: 100 }));
      const count: unknown = opened.connection.prepare("SELECT count(*) FROM denied").pluck().get();
      opened.close();
      return count;
    };
    expect(rows()).toBeGreaterThan(2);
    const [denied, ...others] = (await listed(world)) as { card: string; list: string }[];
    expect([denied?.list, others.length]).toEqual(["deny", 0]);
    expect(await world.run(revokeCommand, { positionals: [denied?.card ?? ""] })).toMatchObject({ exit: 0 });
    expect(rows()).toBe(0);
  });

  test("is imported with others; a namesake is refused with what to do", async () => {
    const world = await commandWorld();
    const header = "family_name,given_name,birth_date,issuer,document_number,group";
    const file = await world.write(
      "list.csv",
      `${header}\nBianchi,Ada,1985-03-21,,,members\nMüller,Jürgen,1970-01-02,DEU,C01X0006H,staff\n`,
    );
    const imported = await world.run(importCommand, { positionals: [file] });
    expect(imported).toMatchObject({ exit: 0, out: ["imported 2 credentials"] });
    expect(((await listed(world)) as { kind: string }[]).map(({ kind }) => kind).toSorted()).toEqual([
      "doc",
      "name",
    ]);
    const twice = await world.write(
      "twice.csv",
      `${header}\nMüller,Jürgen,1970-01-02,,,members\nMueller,Jurgen,1970-01-02,,,members\n`,
    );
    const refused = await world.run(importCommand, { positionals: [twice] });
    expect(refused.exit).toBe(1);
    expect(refused.err[0]).toMatch(/^row 3: the same identifier as row 2: .*a document number/);
  });

  test("may share a form of a long name with another: both are imported, neither is met by that form, and it says so", async () => {
    const world = await commandWorld();
    const rows = ["Adelaide", "Alessandra"].map(
      (given) => `Montefeltro Della Rovere Colonna,${given},1985-03-21,members\n`,
    );
    const file = await world.write("twins.csv", `family_name,given_name,birth_date,group\n${rows.join("")}`);
    const { exit, out, err } = await world.run(importCommand, { positionals: [file] });
    expect({ exit, out }).toEqual({ exit: 0, out: ["imported 2 credentials"] });
    expect(err).toEqual([
      matching(/^row 3: some documents would show this holder and the one of row 2 by one name/),
    ]);
    expect(await listed(world)).toHaveLength(2);
  });

  test.each([
    ["document", "ITA"],
    ["document", "Italia CA31415AB"],
    ["fiscal-code", "BNCGNN85C21F205A"],
    ["name", "Bianchi; 1985-03-21"],
    ["name", `${NAME}; Milano`],
  ])("is not taken by %s when that cannot be right, and what was typed is not shown", async (way, secret) => {
    const world = await commandWorld();
    const { exit, err } = await world.run(addCommand, add(way, secret));
    expect(exit).toBe(2);
    for (const word of secret.split(/[; ]+/).filter((each) => each !== "ITA"))
      expect(err.join()).not.toContain(word);
    expect(await listed(world)).toEqual([]);
  });

  test("is not taken when nobody types anything", async () => {
    const world = await commandWorld();
    const { exit } = await world.run(addCommand, { flags: new Set(["name"]), texts: { group: "members" } });
    expect(exit).toBe(2);
  });
});

test("a bad configuration stops every command with all its problems", async () => {
  const world = await commandWorld((text) =>
    text.replace("site: demo-site", "site: Demo").replace("pulseMs: 400", "pulseMs: 1"),
  );
  for (const command of [addCommand, importCommand, listCommand, revokeCommand, readCommand]) {
    const result = await world.run(command);
    expect(result.exit).toBe(3);
    expect(result.err).toHaveLength(2);
    expect(result.err[1]).toContain("doors[0].relay.pulseMs, line");
  }
});
