// The installer and the relay lines: a gate whose lines are not those of its last start is not started unasked,
// and the first act of a rewired gate goes by its new wiring. On a staged machine, so nothing is started at all.
import { execFile } from "node:child_process";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { install, readText, stagedMachine, wholeTree } from "./install-tree.ts";
import { containing } from "./matchers.ts";

const execute = promisify(execFile);
const ACTIVE_HIGH_17 = { line: 17, activeLevel: "high" };
const ACTIVE_LOW_17 = { line: 17, activeLevel: "low" };
const board = { kind: "raspberryPi" };

let tree: string;
let installed: string;
beforeAll(async () => {
  [tree, installed] = [await wholeTree(), await stagedMachine()];
  await install(tree, installed);
});

/** An installed machine with the example as its configuration (GPIO17, active high) and this pin map. */
async function machineAfter(relays: readonly object[] | undefined): Promise<string> {
  const root = temporaryFolder("root");
  await cp(installed, root, { recursive: true, verbatimSymlinks: true });
  if (relays !== undefined) {
    await writeFile(join(root, "var/lib/varco/pin-map.json"), JSON.stringify({ version: 1, board, relays }));
  }
  return root;
}

const storedRelays = async (root: string): Promise<unknown> =>
  JSON.parse(await readText(root, "var/lib/varco/pin-map.json"));

test("lines as at the last start ask nothing", async () => {
  const root = await machineAfter([ACTIVE_HIGH_17]);
  expect(await install(tree, root)).toEqual(["nothing to change"]);
});

describe("a relay whose active level was reversed", () => {
  const REVERSED =
    "  GPIO17: active low → active high (reversed: off on the old relay board is on on the new one)";

  test("is named, the gate is not started, the stored lines stay", async () => {
    const root = await machineAfter([ACTIVE_LOW_17]);
    await expect(install(tree, root)).rejects.toMatchObject({
      code: 1,
      stdout: containing(
        `the relay lines are not those of the last start:\n${REVERSED}\nnot started: check the wiring`,
      ),
    });
    expect(await storedRelays(root)).toEqual({ version: 1, board, relays: [ACTIVE_LOW_17] });
  });

  test("--check names it and changes nothing", async () => {
    const root = await machineAfter([ACTIVE_LOW_17]);
    const said = await install(tree, root, "--check");
    expect(said).toContain(REVERSED);
    expect(said).toContain("would ask whether the relays are wired like this");
    expect(await storedRelays(root)).toEqual({ version: 1, board, relays: [ACTIVE_LOW_17] });
  });

  test("--yes stores the new lines, by which the first act of the gate then goes", async () => {
    const root = await machineAfter([ACTIVE_LOW_17]);
    const said = await install(tree, root, "--yes");
    expect(said).toEqual([expect.any(String), REVERSED, "remember these relay lines"]);
    expect(await storedRelays(root)).toEqual({ version: 1, board, relays: [ACTIVE_HIGH_17] });
    expect(await install(tree, root)).toEqual(["nothing to change"]);
  });

  test.each([
    ["wired", 0, ACTIVE_HIGH_17],
    ["y", 1, ACTIVE_LOW_17],
    ["", 1, ACTIVE_LOW_17],
  ])(
    "at a terminal %j is answered with exit %i, and only the word itself is a yes",
    async (answer, code, relay) => {
      const root = await machineAfter([ACTIVE_LOW_17]);
      const script = `printf '${answer}\\n' | script -qec '${join(tree, "deploy/install.sh")}' /dev/null; echo exit $?`;
      const { stdout } = await execute("sh", ["-c", script], { env: { ...process.env, DESTDIR: root } });
      expect(stdout).toContain('Type "wired" if so:');
      expect(stdout.trim().split("\n").at(-1)).toBe(`exit ${code}`);
      expect(await storedRelays(root)).toEqual({ version: 1, board, relays: [relay] });
    },
  );
});

test.each<readonly [string, readonly object[] | undefined, string]>([
  ["a first start", undefined, "GPIO17: no relay → active high"],
  ["another line", [{ line: 22, activeLevel: "high" }], "GPIO22: active high → no relay"],
])("%s is named and asked for", async (_, relays, line) => {
  const root = await machineAfter(relays);
  await expect(install(tree, root)).rejects.toMatchObject({ code: 1, stdout: containing(line) });
});

test("stored lines that cannot be read are said to be so", async () => {
  const root = await machineAfter([{ line: 99, activeLevel: "sideways" }]);
  await expect(install(tree, root)).rejects.toMatchObject({
    code: 1,
    stdout: containing("the relay lines of the last start cannot be read"),
  });
});

test("a configuration that cannot be used is not started, and its relays are not stored", async () => {
  const root = await machineAfter([ACTIVE_LOW_17]);
  const example = await readFile("deploy/gate.example.yaml", "utf8");
  await writeFile(join(root, "etc/varco/gate.yaml"), example.replace("line: 17", "line: 99"));
  await expect(install(tree, root, "--yes")).rejects.toMatchObject({
    code: 1,
    stdout: containing("varco doctor"),
  });
  expect(await storedRelays(root)).toEqual({ version: 1, board, relays: [ACTIVE_LOW_17] });
});
