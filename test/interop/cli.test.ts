// The program as a newcomer and a technician meet it: whole commands against a virtual board, wrong set-ups,
// broken storage. Every refusal says what to do, and no card's number is ever printed.

import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { REARM_MS } from "../../src/gate/lane.ts";
import type { Director } from "../../src/sim/director-client.ts";
import { cie, GateFolder, LINES, NODE } from "./gate-folder.ts";
import { endAll, eventually, type Finished, finished, startVarco, varco } from "./processes.ts";

const MEMBER = "100000000001";
const SECOND = "100000000002";
const STOP_LIMIT_MS = 2_000;
const isRoot = process.getuid?.() === 0;

afterAll(endAll);

function newFolder(options?: ConstructorParameters<typeof GateFolder>[0]): GateFolder {
  const folder = new GateFolder(options);
  onTestFinished(() => {
    endAll();
    folder.remove();
  });
  return folder;
}

const run = (folder: GateFolder): Promise<Finished> =>
  varco("run", "-c", folder.configFile, "--state-dir", folder.stateDirectory);

/** Edges of the board's outputs as they come. */
async function boardOf(folder: GateFolder) {
  const director = await folder.startBoard();
  const edges: { readonly line: number; readonly level: string }[] = [];
  director.onEdge((edge) => edges.push(edge));
  const ons = (line: number): number =>
    edges.filter((edge) => edge.line === line && edge.level === "high").length;
  const isOn = (line: number): boolean => edges.findLast((edge) => edge.line === line)?.level === "high";
  return { director, ons, isOn };
}

const place = (director: Director, nis: string) =>
  director.ask({ do: "place", node: NODE, card: cie(nis), when: "now" });

/** A command that waits for a card, with the card held to the reader once it asks for it. */
async function withTap(director: Director, nis: string, words: readonly string[]): Promise<Finished> {
  const command = startVarco(words);
  await eventually(
    () => command.err().includes("hold the card") || command.ending() !== undefined,
    "the wait",
  );
  await place(director, nis);
  const result = await finished(command);
  await director.ask({ do: "remove", node: NODE });
  return result;
}

describe("a gate that cannot start says why and what to do, and exits with 3", () => {
  test("a wrong configuration: all problems at once, each with its place", async () => {
    const folder = newFolder();
    folder.reconfigure("direction: in", "direction: sideways");
    folder.reconfigure("scope: gym", "scoop: gym");
    folder.reconfigure("pulseMs: 250", "pulseMs: 5");
    const { exit, err } = await run(folder);
    expect(exit).toBe(3);
    expect(err.trimEnd().split("\n").length).toBeGreaterThanOrEqual(4);
    for (const place of ["doors[0].direction", "scoop", "scope", "doors[0].relay.pulseMs"])
      expect(err).toContain(place);
    for (const line of err.trimEnd().split("\n")) expect(line).toMatch(/gate\.yaml: error .*; allowed is /);
  });

  test("no configuration, and an unknown command", async () => {
    const missing = await varco("run", "-c", "/nonexistent/gate.yaml");
    expect(missing).toMatchObject({ exit: 3, out: "" });
    expect(missing.err).toContain("/nonexistent/gate.yaml");
    expect(await varco("rnu")).toMatchObject({ exit: 2, out: "" });
    expect(await varco("run", "--confg", "x")).toMatchObject({ exit: 2, out: "" });
  });

  test("a missing key, an exposed key, a key of the wrong size", async () => {
    const folder = newFolder();
    const key = join(folder.path, "site.key");
    chmodSync(key, 0o644);
    expect(await run(folder)).toMatchObject({
      exit: 3,
      err: expect.stringContaining("chmod 0400") as unknown,
    });
    folder.write("site.key", "too short");
    chmodSync(key, 0o600);
    expect(await run(folder)).toMatchObject({
      exit: 3,
      err: expect.stringContaining("openssl rand 32") as unknown,
    });
    rmSync(key);
    const { exit, err } = await run(folder);
    expect(exit).toBe(3);
    expect(err).toContain(`there is no key file ${key}: create the key file`);
  });

  test("no virtual board", async () => {
    const { exit, err } = await run(newFolder());
    expect({ exit, err }).toEqual({
      exit: 3,
      err: expect.stringMatching(/board\.sock does not exist: start the virtual board first/) as unknown,
    });
  });

  test("a second gate on the same reader", async () => {
    const folder = newFolder();
    await boardOf(folder);
    const first = await folder.startGate();
    const { exit, err } = await run(folder);
    expect(exit).toBe(3);
    expect(err).toContain(`another varco process holds ${NODE}: stop it with`);
    expect(first.ending()).toBeUndefined();
  });

  test("a damaged database, which is left as it is", async () => {
    const folder = newFolder();
    await boardOf(folder);
    mkdirSync(folder.stateDirectory, { mode: 0o700 });
    const damaged = "this is no database, but it was somebody's journal ".repeat(100);
    writeFileSync(folder.databaseFile, damaged, { mode: 0o600 });
    const { exit, err } = await run(folder);
    expect(exit).toBe(3);
    expect(err).toMatch(/varco\.db is damaged: \w+/);
    expect(readFileSync(folder.databaseFile, "utf8")).toBe(damaged);
  });

  test("a state directory of somebody else, or none at all", async () => {
    const folder = newFolder();
    await boardOf(folder);
    mkdirSync(folder.stateDirectory, { mode: 0o700 });
    if (isRoot) chownSync(folder.stateDirectory, 12_345, 12_345);
    else chmodSync(folder.stateDirectory, 0o000);
    const foreign = await run(folder);
    chmodSync(folder.stateDirectory, 0o700);
    rmSync(folder.stateDirectory, { recursive: true });
    writeFileSync(folder.stateDirectory, "a file where a folder should be");
    for (const { exit, err } of [foreign, await run(folder)]) {
      expect(exit).toBe(3);
      expect(err).toMatch(/^the state directory \S+ cannot be used: \w+/m);
    }
  });
});

describe("a running gate", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s: relay off and done within two seconds", async (signal) => {
    const folder = newFolder();
    await folder.admit([MEMBER]);
    const { director, isOn, ons } = await boardOf(folder);
    const gate = await folder.startGate();
    await place(director, MEMBER);
    await eventually(() => ons(LINES.relay) === 1, "the relay goes on");
    const askedAt = performance.now();
    gate.kill(signal);
    expect(await finished(gate)).toMatchObject({ exit: 0, err: "" });
    expect(performance.now() - askedAt).toBeLessThan(STOP_LIMIT_MS);
    await eventually(() => !isOn(LINES.relay), "the relay is off");
    expect(gate.out()).toContain('"event":"gateStopped"');
    expect(gate.out()).not.toContain(MEMBER);
  });

  test("killed with its relay on: relay-off puts it off, and so does the next start", async () => {
    const folder = newFolder();
    await folder.admit([MEMBER, SECOND]);
    const { director, isOn, ons } = await boardOf(folder);
    const killedWithRelayOn = async (nis: string, count: number): Promise<void> => {
      const gate = await folder.startGate();
      await place(director, nis);
      await eventually(() => ons(LINES.relay) === count, "the relay goes on");
      gate.kill("SIGKILL");
      await gate.ended;
      await director.ask({ do: "remove", node: NODE });
      expect(isOn(LINES.relay)).toBe(true);
    };
    await killedWithRelayOn(MEMBER, 1);
    expect(await varco("relay-off", "--state-dir", folder.stateDirectory)).toEqual({
      exit: 0,
      out: `relays off on GPIO ${LINES.relay}\n`,
      err: "",
    });
    await eventually(() => !isOn(LINES.relay), "the relay is off");
    await killedWithRelayOn(SECOND, 2);
    folder.reconfigure("direction: in", "direction: sideways");
    expect((await run(folder)).exit).toBe(3);
    await eventually(() => !isOn(LINES.relay), "the relay is off although the configuration is wrong");
  });

  test("relay-off without a pin map, and without a board", async () => {
    const folder = newFolder();
    const relayOff = () => varco("relay-off", "--state-dir", folder.stateDirectory);
    expect(await relayOff()).toMatchObject({
      exit: 3,
      err: expect.stringContaining("start the gate once with a good configuration") as unknown,
    });
    const { director } = await boardOf(folder);
    const gate = await folder.startGate();
    gate.kill("SIGTERM");
    await gate.ended;
    director.close();
    endAll();
    rmSync(folder.socket, { force: true });
    expect(await relayOff()).toMatchObject({
      exit: 3,
      err: expect.stringContaining("board.sock does not exist") as unknown,
    });
  });

  test("a full disk: nobody passes, everybody is told, and it heals", async ({ skip }) => {
    const disk = smallDisk();
    if (disk === undefined) return skip("this process may not mount a small disk");
    const folder = newFolder({ stateDirectory: join(disk, "state") });
    await folder.admit([MEMBER, SECOND]);
    const { director, ons } = await boardOf(folder);
    const gate = await folder.startGate();
    const ballast = join(disk, "ballast");
    fill(ballast);
    await place(director, MEMBER);
    await eventually(() => ons(LINES.red) === 1, "the red lamp");
    await eventually(() => gate.out().includes('"event":"journalFailed"'), "a line in the log");
    expect(gate.out()).toContain('"error":"diskFull"');
    expect(ons(LINES.relay)).toBe(0);
    await director.ask({ do: "remove", node: NODE });
    rmSync(ballast);
    await place(director, SECOND);
    await eventually(() => ons(LINES.relay) === 1, "the relay goes on");
    gate.kill("SIGTERM");
    expect(await finished(gate)).toMatchObject({ exit: 0 });
  });
});

describe("cards at the counter", () => {
  test("read says what a card proves, and not its number", async () => {
    const folder = newFolder();
    const { director, ons } = await boardOf(folder);
    const words = ["read", "-c", folder.configFile, "--json"];
    const { exit, out, err } = await withTap(director, MEMBER, words);
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ kind: "nis", proofs: ["nisRead"] });
    expect(`${out}${err}`).not.toContain(MEMBER);
    expect(ons(LINES.relay)).toBe(0);
  });

  test("add by tap, list, pass, revoke, and pass no more", async () => {
    const folder = newFolder();
    const { director, ons } = await boardOf(folder);
    const config = ["-c", folder.configFile];
    const details = ["--group", "members", "--until", "2099-12-31", "--ref", "M-1"];
    const added = await withTap(director, MEMBER, ["credentials", "add", "--tap", ...details, ...config]);
    expect(added).toMatchObject({ exit: 0 });
    expect(added.out).toMatch(/^card#[0-9a-f]{4} is now on the allow list\n$/);
    const listed = await varco("credentials", "list", ...config);
    expect(listed.out).toMatch(/^card#[0-9a-f]{4}\tnis\tmembers\t\/2100-01-01T00:00:00\.000Z\t-\tM-1\n$/);

    const gate = await folder.startGate();
    await place(director, MEMBER);
    await eventually(() => ons(LINES.relay) === 1, "the member passes");
    await director.ask({ do: "remove", node: NODE });
    expect(await varco("credentials", "revoke", "M-1", ...config)).toMatchObject({
      exit: 0,
      out: "revoked 1 entry\n",
    });
    expect(await varco("credentials", "revoke", "M-1", ...config)).toMatchObject({ exit: 1 });
    expect((await varco("credentials", "list", ...config)).out).toBe("");
    // On a quick machine all this takes less time than a card has to be away to count as a new presentation.
    await delay(REARM_MS);
    await place(director, MEMBER);
    await eventually(() => ons(LINES.red) === 1, "the revoked card is refused by the running gate");
    expect(ons(LINES.relay)).toBe(1);
    for (const { out, err } of [added, listed, { out: gate.out(), err: gate.err() }])
      expect(`${out}${err}`).not.toContain(MEMBER);
  });

  test("add wants a tap and a group that a door admits", async () => {
    const { configFile } = newFolder();
    const add = (...words: readonly string[]) => varco("credentials", "add", "-c", configFile, ...words);
    expect(await add("--group", "members")).toMatchObject({ exit: 2 });
    expect(await add("--tap")).toMatchObject({ exit: 2 });
    const { exit, err } = await add("--tap", "--group", "staff");
    expect(exit).toBe(2);
    expect(err).toContain("members");
  });

  test("a file with bad rows: their numbers are told, their content is not, nothing is imported", async () => {
    const folder = newFolder();
    const config = ["-c", folder.configFile];
    const rows = [
      "identifier,group,until",
      `${MEMBER},members,`,
      "12345678901,members,",
      `${SECOND},members,soon`,
    ];
    const file = folder.write("members.csv", `${[...rows, `${MEMBER},members,`].join("\n")}\n`);
    const bad = await varco("credentials", "import", file, ...config);
    expect(bad).toMatchObject({ exit: 1, out: "" });
    for (const row of [3, 4, 5]) expect(bad.err).toContain(`row ${row}: `);
    expect(bad.err).toContain("nothing was imported");
    for (const value of [MEMBER, SECOND, "12345678901", "soon"]) expect(bad.err).not.toContain(value);
    expect((await varco("credentials", "list", ...config)).out).toBe("");

    writeFileSync(file, `${rows[0]}\n${MEMBER},members,\n${SECOND},members,2099-12-31\n`);
    const good = await varco("credentials", "import", file, ...config);
    expect(good).toEqual({ exit: 0, out: "imported 2 credentials\n", err: "" });
    const { out } = await varco("credentials", "list", "--json", ...config);
    expect(out.trimEnd().split("\n")).toHaveLength(2);
    expect(out).not.toContain(MEMBER);
  });
});

describe("doctor", () => {
  const checksOf = ({ out }: Finished) =>
    JSON.parse(out) as {
      readonly ok: boolean;
      readonly checks: readonly {
        readonly name: string;
        readonly status: string;
        readonly remedy?: string;
      }[];
    };

  test("a good set-up, beside the running gate", async () => {
    const folder = newFolder();
    const { ons } = await boardOf(folder);
    const doctor = () => varco("doctor", "-c", folder.configFile, "--json");
    const before = await doctor();
    await folder.startGate();
    for (const result of [before, await doctor()]) {
      expect(result.exit).toBe(0);
      const { ok, checks } = checksOf(result);
      expect(ok).toBe(true);
      expect(checks.filter(({ status }) => status === "fail")).toEqual([]);
      expect(checks.map(({ name }) => name)).toContain("reader lane-1");
    }
    expect(ons(LINES.relay)).toBe(0);
  });

  test("a broken set-up: every fault with its remedy", async () => {
    const folder = newFolder({ mqtt: { url: "mqtt://127.0.0.1:1" } });
    rmSync(join(folder.path, "site.key"));
    mkdirSync(folder.stateDirectory, { mode: 0o700 });
    writeFileSync(folder.databaseFile, "no database ".repeat(100), { mode: 0o600 });
    const result = await varco("doctor", "-c", folder.configFile, "--json");
    expect(result.exit).toBe(1);
    const failures = checksOf(result).checks.filter(({ status }) => status === "fail");
    expect(failures.map(({ name }) => name)).toEqual([
      "site key",
      "database",
      "readers",
      "broker",
      "delivery",
    ]);
    for (const { remedy } of failures) expect(remedy).toMatch(/\w+/);
  });
});

/** A disk of 2 MB for the rest of the test, or nothing where this process may not mount one. */
function smallDisk(): string | undefined {
  const place = mkdtempSync(join(tmpdir(), "varco-small-disk-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", place], { stdio: "ignore" });
    onTestFinished(() => void execFileSync("umount", ["--lazy", place]));
    return place;
  } catch (cause) {
    process.stderr.write(
      `skipped: the test of a full disk, because none can be mounted (${String(cause)})\n`,
    );
    return undefined;
  }
}

/** Writes until nothing more fits. */
function fill(file: string): void {
  for (const size of [65_536, 4_096]) {
    try {
      for (;;) writeFileSync(file, new Uint8Array(size), { flag: "a" });
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "ENOSPC")) throw cause;
    }
  }
}
