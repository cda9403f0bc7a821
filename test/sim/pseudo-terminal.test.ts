import { existsSync } from "node:fs";
import { mkdtemp, open, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { openPseudoTerminal } from "../../src/sim/pseudo-terminal.ts";

const hasSocat = existsSync("/usr/bin/socat");
if (!hasSocat) process.stderr.write("skipped: pseudo-terminals, because socat is not installed\n");

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, index) => index);
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "terminal-"));
});

afterEach(() => rm(folder, { recursive: true }));

describe.runIf(hasSocat)("a pseudo-terminal", () => {
  test("carries every byte both ways unchanged, for one program after the other", async () => {
    const link = join(folder, "line");
    const opened = await openPseudoTerminal(link);
    if (!opened.ok) throw new Error(opened.error.kind);
    const terminal = opened.value;
    // An echo: what comes is sent back.
    terminal.onData((bytes) => terminal.send(bytes));
    for (const round of [1, 2, 3]) {
      const line = await open(link, "r+");
      await line.write(EVERY_BYTE);
      const heard = new Uint8Array(EVERY_BYTE.length);
      for (let bytes = 0; bytes < heard.length; ) bytes += (await line.read(heard, bytes)).bytesRead;
      expect({ round, heard: toHex(heard) }).toEqual({ round, heard: toHex(EVERY_BYTE) });
      await line.close();
    }
    await terminal.close();
    expect(existsSync(link)).toBe(false);
    await terminal.ended;
  });

  test("leaves alone what is at its path, even a link that leads nowhere", async () => {
    const link = join(folder, "line");
    await symlink(join(folder, "nowhere"), link);
    expect(await openPseudoTerminal(link)).toMatchObject({ ok: false, error: { kind: "linkTaken", link } });
  });

  test("cannot be at a path that socat would read otherwise, nor in a folder that is not there", async () => {
    for (const link of [join(folder, "a,b"), join(folder, "a:b"), join(folder, "none", "line"), ""])
      expect(await openPseudoTerminal(link)).toMatchObject({
        ok: false,
        error: { kind: "terminalFailed", link },
      });
  });
});
