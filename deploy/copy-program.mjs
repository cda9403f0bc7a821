/**
 * Copies parts of a built tree into a release: `copy-program.mjs SOURCE TARGET PART...`. Packages that the
 * lock file marks as development only stay behind, and so do npm's own files, so that a gate needs no npm.
 */
import { cpSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const [source, target, ...parts] = process.argv.slice(2);
const { packages } = JSON.parse(readFileSync(join(source, "package-lock.json"), "utf8"));
const isForDevelopment = (path) => packages[path]?.dev === true || /^node_modules\/\.[^/]+$/.test(path);

for (const part of parts) {
  cpSync(join(source, part), join(target, part), {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
    filter: (from) => !isForDevelopment(relative(source, from)),
  });
}
