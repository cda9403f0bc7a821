// The installer in a folder of its own: what it would do, what it does, and that it does nothing twice.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { containing } from "./matchers.ts";

const execute = promisify(execFile);

/** A tree as `npm run build` leaves it, with as little in it as the installer looks at. */
async function builtTree(): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), "varco-tree-"));
  for (const folder of ["dist/src/app", "node_modules/better-sqlite3", "drivers"])
    await mkdir(join(tree, folder), { recursive: true });
  for (const folder of ["deploy", "systemd"]) await cp(folder, join(tree, folder), { recursive: true });
  for (const file of ["dist/src/app/main.js", "README.md", "LICENSE", "drivers/README.md"])
    await writeFile(join(tree, file), `${file}\n`);
  await writeFile(join(tree, "package.json"), '{"name":"varco","version":"0.0.1"}\n');
  await writeFile(
    join(tree, "package-lock.json"),
    '{"name":"varco","version":"0.0.1","lockfileVersion":3,"packages":{"":{"name":"varco","version":"0.0.1"}}}\n',
  );
  await writeFile(
    join(tree, "node_modules/better-sqlite3/package.json"),
    '{"name":"better-sqlite3","version":"0.0.1"}\n',
  );
  return tree;
}

async function install(tree: string, root: string, ...words: readonly string[]) {
  const { stdout } = await execute(join(tree, "deploy/install.sh"), [...words], {
    env: { ...process.env, DESTDIR: root },
  });
  return stdout.trim().split("\n");
}

test("--check says everything and changes nothing", async () => {
  const [tree, root] = [await builtTree(), await mkdtemp(join(tmpdir(), "varco-root-"))];
  const said = await install(tree, root, "--check");
  expect(said).toContain("would install the program in /opt/varco");
  expect(said).toContain("would make a site key in /etc/varco/site.key");
  expect(said.every((line) => line.startsWith("would "))).toBe(true);
  expect(await readdir(root)).toEqual([]);
});

test("installs, then finds nothing to change, then only what is new", async () => {
  const [tree, root] = [await builtTree(), await mkdtemp(join(tmpdir(), "varco-root-"))];
  await install(tree, root);
  const key = await readFile(join(root, "etc/varco/site.key"));
  expect(key).toHaveLength(32);
  const modeOf = async (file: string) => ((await stat(join(root, file))).mode & 0o777).toString(8);
  expect(await modeOf("etc/varco/site.key")).toBe("400");
  expect(await modeOf("etc/varco")).toBe("750");
  expect(await modeOf("etc/varco/gate.yaml")).toBe("640");
  expect(await modeOf("usr/local/bin/varco")).toBe("755");
  expect(await readFile(join(root, "etc/systemd/system/varco.service"), "utf8")).toContain("ExecStopPost=");

  expect(await install(tree, root)).toEqual(["nothing to change"]);

  await writeFile(join(tree, "dist/src/app/main.js"), "a new release\n");
  await writeFile(join(root, "etc/varco/gate.yaml"), "mine\n");
  expect(await install(tree, root)).toEqual(["install the program in /opt/varco"]);
  expect(await readFile(join(root, "opt/varco/dist/src/app/main.js"), "utf8")).toBe("a new release\n");
  expect(await readFile(join(root, "etc/varco/gate.yaml"), "utf8")).toBe("mine\n");
  expect(await readFile(join(root, "etc/varco/site.key"))).toEqual(key);
  expect(await readdir(join(root, "opt"))).toEqual(["varco"]);
});

test("a tree that is not built, and an unknown option, are refused with what to do", async () => {
  const [tree, root] = [
    await mkdtemp(join(tmpdir(), "varco-tree-")),
    await mkdtemp(join(tmpdir(), "varco-root-")),
  ];
  await cp("deploy", join(tree, "deploy"), { recursive: true });
  await expect(install(tree, root)).rejects.toMatchObject({
    code: 3,
    stderr: containing("npm ci && npm run build"),
  });
  await expect(install(tree, root, "--frobnicate")).rejects.toMatchObject({ code: 2 });
});
