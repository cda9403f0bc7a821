// A built tree with as little in it as the installer looks at, a staged machine, and the installer run there.
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../temporary-folder.ts";

const execute = promisify(execFile);

/** Packages as npm leaves them; the one for development stays behind, as do npm's own files. */
const PACKAGES = {
  "better-sqlite3/index.js": "module.exports = class {};\n",
  "better-sqlite3/build/Release/better_sqlite3.node": "machine code\n",
  "epoll/build/Release/epoll.node": "machine code\n",
  "onoff/index.js": "module.exports = {};\n",
  "spi-device/index.js": "module.exports = {};\n",
  "i2c-bus/index.js": "module.exports = {};\n",
  "serialport/index.js": "module.exports = {};\n",
  "@serialport/bindings-cpp/build/Release/bindings.node": "machine code\n",
  "a-linter/index.js": "module.exports = {};\n",
  ".bin/a-linter": "#!/bin/sh\n",
};

/** What `package-lock.json` says of them. */
const LOCK = {
  name: "varco",
  version: "0.0.1",
  lockfileVersion: 3,
  packages: { "": { name: "varco" }, "node_modules/a-linter": { version: "1.0.0", dev: true } },
};

export async function put(folder: string, file: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), text);
}

/** A tree as `npm ci && npm run build` leaves it; its program is a word or two. */
export async function builtTree(): Promise<string> {
  const tree = temporaryFolder("tree");
  for (const folder of ["deploy", "systemd"]) await cp(folder, join(tree, folder), { recursive: true });
  for (const [file, text] of Object.entries(PACKAGES)) await put(tree, join("node_modules", file), text);
  for (const file of ["dist/src/app/main.js", "README.md", "LICENSE", "drivers/README.md"])
    await put(tree, file, `${file}\n`);
  await put(tree, "package.json", '{"name":"varco","version":"0.0.1","type":"module"}\n');
  await put(tree, "package-lock.json", JSON.stringify(LOCK));
  return tree;
}

/** The same with the real program, and the packages by which it reads a configuration. */
export async function wholeTree(): Promise<string> {
  const tree = await builtTree();
  await cp("dist", join(tree, "dist"), { recursive: true });
  for (const name of ["yaml", "zod"])
    await symlink(resolve("node_modules", name), join(tree, "node_modules", name));
  return tree;
}

/** An empty machine, but for the Node.js that runs this test. */
export async function stagedMachine(): Promise<string> {
  const root = temporaryFolder("root");
  await mkdir(join(root, "usr/bin"), { recursive: true });
  await symlink(process.execPath, join(root, "usr/bin/node"));
  return root;
}

/** Runs the installer of `tree` on the machine `root`; the lines it says, or a rejection with code and stderr. */
export async function install(
  tree: string,
  root: string,
  ...words: readonly string[]
): Promise<readonly string[]> {
  const env = { ...process.env, DESTDIR: root };
  const { stdout } = await execute(join(tree, "deploy/install.sh"), [...words], { env });
  return stdout.trim().split("\n");
}

export const readText = (...path: readonly string[]): Promise<string> => readFile(join(...path), "utf8");
