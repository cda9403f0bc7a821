// What the holder of a card may ask at the desk: to see all that is kept of him, and to have it erased.
import { readFile, stat } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import { addCommand } from "../../src/app/commands/credentials-add.ts";
import { eraseCommand } from "../../src/app/commands/credentials-erase.ts";
import { importCommand } from "../../src/app/commands/credentials-import.ts";
import { listCommand } from "../../src/app/commands/credentials-list.ts";
import { showCommand } from "../../src/app/commands/credentials-show.ts";
import { exportCommand } from "../../src/app/commands/journal-export.ts";
import { openDatabaseReadOnly } from "../../src/journal/database.ts";
import type { BoardServer } from "../../src/sim/board-server.ts";
import { good } from "../good.ts";
import { type CommandWorld, commandWorld, NODE } from "./command-world.ts";
import { containing, matching } from "./matchers.ts";

const NIS = "000000000017";
const NAME = "Bianchi; Ada; 1985-03-21";
const flags = (...names: readonly string[]) => ({ flags: new Set(names) });
const servers: BoardServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** Three on the lists: by card, tapped; by name; and one more by number. A card lies on the reader. */
async function desk() {
  const world = await commandWorld();
  const server = await world.startBoard();
  servers.push(server);
  server.board.place(NODE, { card: "cie", family: "gemalto", nis: NIS });
  await world.run(addCommand, { ...flags("tap"), texts: { group: "members", ref: "M-1" } });
  await world.run(addCommand, { ...flags("name"), texts: { group: "staff", ref: "M-2" }, secret: NAME });
  const file = await world.write("members.csv", "identifier,group,reference\n000000000018,members,M-3\n");
  await world.run(importCommand, { positionals: [file] });
  return world;
}

const references = async (world: CommandWorld) =>
  (await world.run(listCommand, flags("json"))).out.map(
    (line) => (JSON.parse(line) as { reference: string }).reference,
  );

function pseudonymOf({ folder }: CommandWorld, reference: string): Buffer {
  const database = good(openDatabaseReadOnly(`${folder}/state/varco.db`, { busyTimeoutMs: 100 }));
  const found = database.connection.prepare("SELECT pseudonym FROM credential WHERE reference = ?");
  const pseudonym = found.pluck().get(reference) as Buffer;
  database.close();
  return pseudonym;
}

async function isOnDisk({ folder }: CommandWorld, bytes: Buffer): Promise<boolean> {
  const ends = ["", "-wal", "-shm"].map((end) => `${folder}/state/varco.db${end}`);
  const files = await Promise.all(ends.map((file) => readFile(file).catch(() => Buffer.alloc(0))));
  return files.some((file) => file.includes(bytes));
}

const rows = async (world: CommandWorld) =>
  (await world.run(exportCommand)).out.map((line) => JSON.parse(line) as { type: string; data: unknown });

describe("erase", () => {
  test.each([
    ["the card in hand", { ...flags("tap", "yes") }, "M-1"],
    ["name and birth date", { ...flags("name", "yes"), secret: NAME }, "M-2"],
    ["the operator's reference", { ...flags("yes"), positionals: ["M-3"] }, "M-3"],
  ])(
    "by %s leaves nothing of the holder on the disk, and a row that tells of it",
    async (_, invocation, ref) => {
      const world = await desk();
      const pseudonym = pseudonymOf(world, ref);
      expect(await isOnDisk(world, pseudonym)).toBe(true);
      const erased = await world.run(eraseCommand, invocation);
      expect(erased).toMatchObject({ exit: 0, out: ["erased"] });
      expect(await isOnDisk(world, pseudonym)).toBe(false);
      expect(await references(world)).toEqual(["M-1", "M-2", "M-3"].filter((each) => each !== ref));
      expect((await rows(world)).slice(-2)).toMatchObject([
        { type: "acs.config.credentials", data: { removed: 1 } },
        { type: "acs.system.holderErased", data: { credentials: 1, chips: 0, passwordTries: 0 } },
      ]);
    },
  );

  test("shows first what will go, and asks", async () => {
    const world = await desk();
    const refused = await world.run(eraseCommand, { positionals: ["M-1"], secret: "no" });
    expect(refused).toMatchObject({ exit: 1, out: [] });
    expect(refused.err).toEqual([
      matching(/^card#[0-9a-f]{4}\tnis\tmembers\talways\t-\tM-1$/),
      "rows of the journal: 1",
      containing("nothing was erased"),
    ]);
    expect(await references(world)).toContain("M-1");
    expect(await world.run(eraseCommand, { positionals: ["M-1"] })).toMatchObject({ exit: 1 });
    expect(await world.run(eraseCommand, { positionals: ["M-1"], secret: "yes" })).toMatchObject({ exit: 0 });
    expect(await references(world)).not.toContain("M-1");
  });

  test("says as JSON what went", async () => {
    const world = await desk();
    const { out } = await world.run(eraseCommand, { ...flags("json", "yes"), positionals: ["M-1"] });
    expect(JSON.parse(out[0] ?? "")).toEqual({
      credentials: 1,
      chips: 0,
      passwordTries: 0,
      events: 1,
      remains: "none",
    });
  });

  test("of somebody of whom nothing is kept is a negative result, the second time too", async () => {
    const world = await desk();
    await world.run(eraseCommand, flags("tap", "yes"));
    for (const invocation of [flags("tap", "yes"), { ...flags("yes"), positionals: ["M-9"] }])
      expect(await world.run(eraseCommand, invocation)).toMatchObject({
        exit: 1,
        out: [],
        err: [
          ...("positionals" in invocation ? [] : [containing("hold the card")]),
          "nothing is kept of this holder",
        ],
      });
  });

  test("of a denied holder is refused with the reason", async () => {
    const world = await desk();
    await world.run(addCommand, flags("tap", "deny"));
    const { exit, err } = await world.run(eraseCommand, flags("tap"));
    expect({ exit, err }).toEqual({
      exit: 1,
      err: [containing("hold the card"), containing("on the deny list")],
    });
  });
});

describe("show", () => {
  const lines = (out: readonly string[]) => out.map((line) => JSON.parse(line) as Record<string, unknown>);

  test("gives the holder of a card all that is kept, why, and until when; the journal says that it was given", async () => {
    const world = await desk();
    const pseudonym = pseudonymOf(world, "M-1");
    const shown = await world.run(showCommand, flags("tap", "json"));
    expect(shown.exit).toBe(0);
    expect(lines(shown.out)).toMatchObject([
      { notice: { version: 1, en: matching(/./) }, retentionDays: 30 },
      { credential: { kind: "nis", list: "allow", group: "members", reference: "M-1" } },
      { passwordTries: 0 },
      {
        event: { type: "acs.config.credentials", data: { added: 1 } },
        keyId: matching(/./),
        erasedAt: matching(/^\d{4}-/),
      },
    ]);
    for (const form of ["hex", "base64", "base64url"] as const)
      expect(shown.out.join()).not.toContain(pseudonym.toString(form));
    expect((await rows(world)).at(-1)).toMatchObject({ type: "acs.system.holderShown", data: { events: 1 } });
  });

  test("writes it for people, or into a file that only its owner may read", async () => {
    const world = await desk();
    const shown = await world.run(showCommand, { ...flags("name"), secret: NAME });
    expect(shown.out).toEqual([
      matching(/^card#[0-9a-f]{4}\tname\tstaff\talways\t-\tM-2$/),
      "rows of the journal: 1",
      matching(/^\d{4}-.*Z\tacs\.config\.credentials\t.*\tuntil \d{4}-/),
    ]);
    const file = `${world.folder}/holder.jsonl`;
    const invocation = { ...flags("json"), positionals: ["M-3"], texts: { output: file } };
    expect(await world.run(showCommand, invocation)).toMatchObject({ exit: 0, out: [] });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(lines((await readFile(file, "utf8")).trim().split("\n"))).toMatchObject([
      { retentionDays: 30 },
      { credential: { reference: "M-3" } },
      { passwordTries: 0 },
    ]);
    expect(await world.run(showCommand, invocation)).toMatchObject({ exit: 3 });
  });

  test("of a stranger is a negative result", async () => {
    const world = await desk();
    expect(await world.run(showCommand, { positionals: ["M-9"] })).toMatchObject({ exit: 1, out: [] });
  });
});

test.each([
  ["nobody", {}],
  ["two holders", { ...flags("tap"), positionals: ["M-1"] }],
  ["one in two ways", flags("tap", "name")],
])("%s is not asked about", async (_, invocation) => {
  const world = await commandWorld();
  for (const command of [eraseCommand, showCommand])
    expect(await world.run(command, invocation)).toMatchObject({
      exit: 2,
      err: [containing("one of --tap, --document")],
    });
});
