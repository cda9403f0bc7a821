// The doctor on a virtual board: what is well, what is not, and what to do about it.
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import { importCommand } from "../../src/app/commands/credentials-import.ts";
import { doctorCommand } from "../../src/app/commands/doctor.ts";
import type { Check } from "../../src/app/doctor/check.ts";
import { checkClock, checkNode } from "../../src/app/doctor/machine-checks.ts";
import { lockReader } from "../../src/app/process-lock.ts";
import { loadOrCreateSigner } from "../../src/crypto/signing-key.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { good } from "../good.ts";
import { hasSocat } from "../socat.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { type CommandWorld, commandWorld, NODE } from "./command-world.ts";
import { containing } from "./matchers.ts";

const socat = hasSocat("the doctor is not tried on a serial line");

async function examine(world: CommandWorld) {
  const { exit, out } = await world.run(doctorCommand, { flags: new Set(["json"]) });
  const { ok, checks } = JSON.parse(out[0] ?? "") as { ok: boolean; checks: readonly Check[] };
  return { exit, ok, of: (name: string) => checks.find((check) => check.name === name), checks };
}

test("a gate that is well", async () => {
  const world = await commandWorld();
  const server = await world.startBoard();
  const { exit, ok, of } = await examine(world);
  await server.close();
  expect({ exit, ok }).toEqual({ exit: 0, ok: true });
  for (const name of ["node", "configuration", "site key", "state directory", "database"])
    expect(of(name)?.status).toBe("ok");
  expect(of("disk")?.found).toMatch(/^99 of 100 durable writes within \d+\.\d ms$/);
  expect(of("reader lane-1")).toEqual({ name: "reader lane-1", status: "ok", found: "PN532 1.6" });
});

/** The example with its reader on another bus. */
const withReader =
  (reader: string) =>
  (text: string): string =>
    text.replace(/reader:\n(?: {6}.*\n)+/, `reader: { ${reader} }\n`);

test("a reader on I2C is asked for its firmware", async () => {
  const world = await commandWorld(withReader("bus: i2c, node: /dev/i2c-1, irqLine: 25, resetLine: 24"));
  const server = await world.startBoard({ bus: "i2c", node: "/dev/i2c-1", irqLine: 25, resetLine: 24 });
  const { of } = await examine(world);
  await server.close();
  expect(of("reader lane-1")).toEqual({ name: "reader lane-1", status: "ok", found: "PN532 1.6" });
});

test.runIf(socat)(
  "a reader on a serial line is asked for its firmware, at the configured speed",
  async () => {
    const node = join(temporaryFolder("doctor"), "pn532");
    const world = await commandWorld(withReader(`bus: hsu, node: ${node}, baud: 921600, resetLine: 24`));
    const server = await world.startBoard({ bus: "hsu", node, resetLine: 24 });
    const { of } = await examine(world);
    await server.close();
    expect(of("reader lane-1")).toEqual({ name: "reader lane-1", status: "ok", found: "PN532 1.6" });
  },
);

test("everything that is wrong is told, each with its remedy", async () => {
  const world = await commandWorld((text) => text.replace("site.key", "absent.key"));
  await world.write("state", "a file where a folder should be");
  const { exit, of, checks } = await examine(world);
  expect(exit).toBe(1);
  expect(of("site key")).toMatchObject({
    status: "fail",
    found: containing("there is no key file"),
  });
  expect(of("state directory")?.status).toBe("fail");
  expect(of("readers")?.found).toContain("does not exist");
  for (const { name, status, remedy } of checks)
    expect(remedy !== undefined, name).toBe(status === "warn" || status === "fail");
});

test("a bad configuration is a finding for each problem", async () => {
  const world = await commandWorld((text) =>
    text.replace("pulseMs: 400", "pulseMs: 1").replace("site: demo-site", "site: Demo"),
  );
  const { exit, checks } = await examine(world);
  expect(exit).toBe(1);
  expect(checks.filter(({ name, status }) => name === "configuration" && status === "fail")).toHaveLength(2);
});

test("a journal that somebody has written into is found, and where", async () => {
  const world = await commandWorld();
  const file = await world.write("members.csv", "identifier,group\n000000000017,members\n");
  await world.run(importCommand, { positionals: [file] });
  expect((await examine(world)).of("journal")?.found).toContain("not verified");
  good(loadOrCreateSigner(join(world.folder, "state", "journal.key"), systemRandom));
  expect((await examine(world)).of("journal")?.found).toBe("rows 1 to 1 and 0 checkpoints verify");
  const raw = new Sqlite(join(world.folder, "state", "varco.db"));
  raw.exec("UPDATE counter SET value = 2 WHERE name = 'acked'");
  raw.close();
  expect((await examine(world)).of("journal")).toMatchObject({
    status: "fail",
    found: "does not verify at row 1 (tail)",
    remedy: containing("as evidence"),
  });
});

test("a reader that the running gate uses is left alone", async () => {
  const world = await commandWorld();
  const server = await world.startBoard();
  const lock = await lockReader(NODE, `${world.folder}/board.sock`);
  const { of } = await examine(world);
  if (lock.ok) await lock.value.release();
  await server.close();
  expect(of("reader lane-1")?.found).toBe("in use by the running gate, not disturbed");
});

test("a broker that is away fails with what to do, and the gate's own work is not its concern", async () => {
  const world = await commandWorld((text) => `${text}\nmqtt:\n  url: mqtt://127.0.0.1:9\n`);
  const { of } = await examine(world);
  expect(of("broker")).toMatchObject({ status: "fail", found: "mqtt://127.0.0.1:9 does not answer" });
});

test.each([
  ["20.19.0", "ok"],
  ["20.18.3", "fail"],
  ["18.20.4", "fail"],
  ["24.1.0", "ok"],
])("Node.js %s is %s", (version, status) => {
  expect(checkNode(version).status).toBe(status);
});

test("for people: one line a finding, the remedy below it", async () => {
  const world = await commandWorld();
  const { out } = await world.run(doctorCommand);
  expect(out).toContain(`ok    configuration: ${world.configFile} is valid`);
  expect(out.join("\n")).toMatch(/fail {2}readers: .*\n {6}→ /);
});

test.each([
  ["synced", "ok", "synchronised"],
  ["holdover", "warn", "no time service keeps it now"],
  ["unsynced", "warn", "no source that can be trusted"],
] as const)("a clock that is %s is %s, and said to be so", async (state, status, found) => {
  expect(await checkClock(async () => state)).toMatchObject({ status, found: containing(found) });
});
