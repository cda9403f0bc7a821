// The installer on a staged machine: what it would do, what it does, that it does nothing twice, and that it
// looks before it leaps.
import { execFile } from "node:child_process";
import { chmod, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { builtTree, install, put, readText, stagedMachine } from "./install-tree.ts";
import { containing } from "./matchers.ts";

const execute = promisify(execFile);
const PROGRAM = "opt/varco/current/dist/src/app/main.js";
const A_RELEASE = /^install the program in \/opt\/varco\/releases\/0\.0\.1-[0-9a-f]{12}$/;

/** A machine on which the tree is installed and the configuration is no longer the example. */
async function installed() {
  const [tree, root] = [await builtTree(), await stagedMachine()];
  await install(tree, root);
  // Without a configuration that can be used nothing is started, which is what these tests want.
  await writeFile(join(root, "etc/varco/gate.yaml"), "mine\n");
  return { tree, root };
}

/** What a further run says, apart from the configuration that cannot be used. */
async function installAgain(tree: string, root: string): Promise<readonly string[]> {
  const said = await install(tree, root).catch((error: { readonly stdout: string }) =>
    error.stdout.trim().split("\n"),
  );
  return said.filter((line) => !line.startsWith("not started:"));
}

test("--check says everything and changes nothing", async () => {
  const [tree, root] = [await builtTree(), await stagedMachine()];
  const said = await install(tree, root, "--check");
  expect(said).toContainEqual(
    expect.stringMatching(/^would install the program in \/opt\/varco\/releases\//),
  );
  expect(said).toContain("would make a site key in /etc/varco/site.key");
  expect(said).toContain("would write /usr/local/bin/varco");
  expect(said.every((line) => line.startsWith("would "))).toBe(true);
  expect(await readdir(root)).toEqual(["usr"]);
});

test("installs program, command, unit, rules, example and key, each open to whom it must be", async () => {
  const [tree, root] = [await builtTree(), await stagedMachine()];
  // The umask of whoever built the tree must not hide the program from the service user.
  await chmod(join(tree, "dist/src/app/main.js"), 0o600);
  const said = await install(tree, root);
  expect(said.at(-1)).toContain("adapt /etc/varco/gate.yaml");
  expect(await readFile(join(root, "etc/varco/site.key"))).toHaveLength(32);
  const modeOf = async (file: string) => ((await stat(join(root, file))).mode & 0o777).toString(8);
  expect(await modeOf("etc/varco/site.key")).toBe("400");
  expect(await modeOf("etc/varco")).toBe("750");
  expect(await modeOf("etc/varco/gate.yaml")).toBe("640");
  expect(await modeOf("var/lib/varco")).toBe("700");
  expect(await modeOf("usr/local/bin/varco")).toBe("755");
  expect(await modeOf(PROGRAM)).toBe("644");
  expect(await modeOf("opt/varco/current/deploy/install.sh")).toBe("755");
  expect(await readText(root, "etc/systemd/system/varco.service")).toContain("ExecStopPost=");
  expect(await readText(root, "etc/udev/rules.d/60-varco.rules")).toContain("spidev");
});

test("finds nothing to change twice, and leaves configuration and key alone for good", async () => {
  const { tree, root } = await installed();
  const key = await readFile(join(root, "etc/varco/site.key"));
  expect(await installAgain(tree, root)).toEqual([]);
  await writeFile(join(tree, "dist/src/app/main.js"), "a new release\n");
  expect(await installAgain(tree, root)).toEqual([expect.stringMatching(A_RELEASE)]);
  expect(await readText(root, PROGRAM)).toBe("a new release\n");
  expect(await readText(root, "etc/varco/gate.yaml")).toBe("mine\n");
  expect(await readFile(join(root, "etc/varco/site.key"))).toEqual(key);
});

test("keeps the release before, can go back to it, and removes older ones and unfinished ones", async () => {
  const { tree, root } = await installed();
  const releases = join(root, "opt/varco/releases");
  const names = [await readlink(join(root, "opt/varco/current"))];
  for (const text of ["second\n", "third\n"]) {
    await writeFile(join(tree, "dist/src/app/main.js"), text);
    await put(releases, "0.0.1-cut.new/half", "");
    await installAgain(tree, root);
    names.push(await readlink(join(root, "opt/varco/current")));
  }
  const [, second, third] = names;
  expect((await readdir(releases)).map((name) => `releases/${name}`).sort()).toEqual([second, third].sort());

  await installAgain(join(root, "opt/varco", second ?? ""), root);
  expect(await readlink(join(root, "opt/varco/current"))).toBe(second);
  expect(await readText(root, PROGRAM)).toBe("second\n");
  expect(await readdir(releases)).toHaveLength(2);
  expect((await readdir(join(root, "opt/varco"))).sort()).toEqual(["current", "releases"]);
});

test("packages built anew, as after a new Node.js, are a new release", async () => {
  const { tree, root } = await installed();
  await put(tree, "node_modules/epoll/build/Release/epoll.node", "machine code for another Node.js\n");
  expect(await installAgain(tree, root)).toEqual([expect.stringMatching(A_RELEASE)]);
});

test("packages for development and npm's own files stay behind", async () => {
  const { root } = await installed();
  const packages = await readdir(join(root, "opt/varco/current/node_modules"));
  expect(packages.sort()).toEqual([
    "@serialport",
    "better-sqlite3",
    "epoll",
    "i2c-bus",
    "onoff",
    "serialport",
    "spi-device",
  ]);
});

test.each([
  ["README.md", "README.md is missing"],
  ["package-lock.json", "package-lock.json is missing"],
  ["drivers/README.md", "drivers/README.md is missing"],
  ["dist", "npm ci && npm run build"],
  ["node_modules/spi-device", "run npm ci"],
])("a tree without %s is refused before anything is changed", async (part, remedy) => {
  const [tree, root] = [await builtTree(), await stagedMachine()];
  await rm(join(tree, part), { recursive: true });
  await expect(install(tree, root)).rejects.toMatchObject({ code: 3, stderr: containing(remedy) });
  expect(await readdir(root)).toEqual(["usr"]);
});

test.each([
  ["missing", undefined, "/usr/bin/node is missing: apt install nodejs"],
  ["too old", "18.20.4", "is 18.20.4, too old: install 20.19 or later"],
  ["a little too old", "20.18.9", "is 20.18.9, too old"],
])(
  "the Node.js that the unit names is %s: refused before anything is changed",
  async (_, version, remedy) => {
    const [tree, root] = [await builtTree(), await stagedMachine()];
    const node = join(root, "usr/bin/node");
    await rm(node);
    if (version !== undefined) await writeFile(node, `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
    await expect(install(tree, root)).rejects.toMatchObject({ code: 3, stderr: containing(remedy) });
    expect(await readdir(root)).toEqual(["usr"]);
  },
);

test("packages that this Node.js cannot load are refused before anything is changed", async () => {
  const [tree, root] = [await builtTree(), await stagedMachine()];
  const failing = "module.exports = class { constructor() { throw new Error('NODE_MODULE_VERSION'); } };\n";
  await put(tree, "node_modules/better-sqlite3/index.js", failing);
  await expect(install(tree, root)).rejects.toMatchObject({
    code: 3,
    stderr: containing("better-sqlite3 does not load"),
  });
  expect(await readdir(root)).toEqual(["usr"]);
});

test("an unknown option is refused, and --help says how to use it", async () => {
  const [tree, root] = [await builtTree(), await stagedMachine()];
  await expect(install(tree, root, "--frobnicate")).rejects.toMatchObject({ code: 2 });
  const help = await install(tree, root, "--help");
  expect(help).toContainEqual(containing("Usage: sudo deploy/install.sh [--check] [--yes]"));
  expect(help.at(-1)).toContain("Exit code:");
});

/** The command with stand-ins for the programs that depend on who one is. */
async function launch(userNumber: number): Promise<string> {
  const stubs = temporaryFolder("stubs");
  const stub = (name: string, body: string) =>
    writeFile(join(stubs, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  await stub("id", `echo ${userNumber}`);
  await stub("setpriv", 'printf "%s|" setpriv "$@"');
  const launcher = (await readText("deploy/varco")).replaceAll("/usr/bin/node", join(stubs, "node"));
  await stub("node", 'printf "%s|" node "$@"');
  await writeFile(join(stubs, "varco"), launcher, { mode: 0o755 });
  const env = { PATH: `${stubs}:${process.env["PATH"] ?? ""}` };
  const { stdout } = await execute(join(stubs, "varco"), ["credentials add", "--ref", "two words"], { env });
  return stdout.replaceAll(join(stubs, "node"), "node");
}

test("the command varco runs as the service user when root calls it, else as who calls it", async () => {
  const called = "node|/opt/varco/current/dist/src/app/main.js|credentials add|--ref|two words|";
  expect(await launch(0)).toBe(`setpriv|--reuid=varco|--regid=varco|--init-groups|--|${called}`);
  expect(await launch(1000)).toBe(called);
});

const shellcheckRuns = await execute("shellcheck", ["--version"]).then(
  () => true,
  () => false,
);
if (!shellcheckRuns) process.stdout.write("shellcheck is missing: the shell programs are not judged\n");

test.runIf(shellcheckRuns)("the shell programs are free of what shellcheck knows", async () => {
  // Below warnings it takes functions that are called by way of another for unreachable.
  await execute("shellcheck", ["--severity=warning", "deploy/install.sh", "deploy/varco", ".ci/run"]);
});
