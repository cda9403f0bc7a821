/**
 * Folders of the machine for tests that need real files. They are removed when the test file that asked for them is
 * done, so that no run leaves anything behind.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const folders: string[] = [];

// Registered as the module is loaded: a folder may be asked for by a test as well as by a hook.
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new empty folder, whose name begins with `varco-` and this word. */
export function temporaryFolder(word: string): string {
  const folder = mkdtempSync(join(tmpdir(), `varco-${word}-`));
  folders.push(folder);
  return folder;
}
