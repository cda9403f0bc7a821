import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadSiteKey } from "../../src/crypto/site-key.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";

const directory = mkdtempSync(join(tmpdir(), "site-key-"));
afterAll(() => rmSync(directory, { recursive: true }));

const keyFile = (content: Uint8Array | string, mode = 0o400): string => {
  const file = join(directory, `key-${Math.random()}`);
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
};
const load = (file: string) => loadSiteKey({ id: "k1", file });
const kindOf = (file: string): string => {
  const loaded = load(file);
  return loaded.ok ? "loaded" : loaded.error.kind;
};

test("32 raw bytes and 64 hexadecimal digits are the same key", () => {
  const key = systemRandom.bytes(32);
  const digits = [...key].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  for (const file of [keyFile(key), keyFile(digits), keyFile(`${digits.toUpperCase()}\n`)]) {
    const loaded = load(file);
    expect(loaded.ok && loaded.value.key.reveal()).toEqual(key);
    expect(loaded.ok && loaded.value.keyId).toBe("k1");
  }
});

test.each([
  ["nothing", new Uint8Array(0)],
  ["31 bytes", new Uint8Array(31).fill(1)],
  ["33 bytes", new Uint8Array(33).fill(1)],
  ["a key of zeros", new Uint8Array(32)],
  ["zeros in hexadecimal", "0".repeat(64)],
  ["63 digits", "1".repeat(63)],
  ["64 characters that are no digits", "x".repeat(64)],
  ["a file far too long", new Uint8Array(5000).fill(1)],
])("%s is no key", (_name, content) => expect(kindOf(keyFile(content))).toBe("keyMalformed"));

test.each([0o404, 0o402, 0o644, 0o777])("mode %i lets others in and is refused", (mode) => {
  expect(kindOf(keyFile(systemRandom.bytes(32), mode))).toBe("keyExposed");
});

test.runIf(process.getuid?.() === 0)(
  "a group other than root's must not read; root's is the mask of a systemd credential",
  () => {
    const file = keyFile(systemRandom.bytes(32), 0o440);
    expect(kindOf(file)).toBe("loaded");
    chownSync(file, 0, 12_345);
    expect(kindOf(file)).toBe("keyExposed");
  },
);

test("a missing file and a directory are told apart", () => {
  const missing = load(join(directory, "absent"));
  expect(missing).toMatchObject({
    ok: false,
    error: { kind: "keyMissing", file: join(directory, "absent") },
  });
  expect(kindOf(directory)).not.toBe("loaded");
});
