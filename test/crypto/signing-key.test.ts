import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parseBase64Url } from "../../src/bytes/base64url.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { loadOrCreateSigner, verifyEd25519 } from "../../src/crypto/signing-key.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";

const directory = mkdtempSync(join(tmpdir(), "signing-key-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("RFC 8032 §7.1 test 2: the seed gives the published key and signature", () => {
  const seed = hex("4CCD089B28FF96DA9DB6C346EC114E0F5B8A319F35ABA624DA8CF6ED4FB8A6FB");
  const made = loadOrCreateSigner(join(directory, "rfc"), { bytes: () => seed });
  if (!made.ok) throw new Error(made.error.kind);
  const publicKey = parseBase64Url(made.value.publicKey.x);
  expect(publicKey && toHex(publicKey)).toBe(
    "3D4017C3E843895A92B70AA74D1B7EBC9C982CCF2EC4968CC0CD55F12AF4660C",
  );
  expect(toHex(made.value.sign(hex("72")))).toBe(
    "92A009A9F0D4CAB8720E820B5F642540A2B27B5416503F8FB3762223EBDB69DA" +
      "085AC1E43E15996E458F3613D0F11D8C387B2EAEB4302AEEB00D291612BB0C00",
  );
});

test("the key is made once, private, and found again", () => {
  const file = join(directory, "journal.key");
  const made = loadOrCreateSigner(file, systemRandom);
  const found = loadOrCreateSigner(file, systemRandom);
  if (!made.ok || !found.ok) throw new Error("no signer");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(found.value.publicKey).toEqual(made.value.publicKey);
  expect(readFileSync(file, "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  const message = new TextEncoder().encode("head");
  const signature = found.value.sign(message);
  expect(verifyEd25519(made.value.publicKey, message, signature)).toBe(true);
  signature[5] = (signature[5] ?? 0) ^ 1;
  expect(verifyEd25519(made.value.publicKey, message, signature)).toBe(false);
  expect(verifyEd25519({ kty: "OKP", crv: "Ed25519", x: "AAAA" }, message, signature)).toBe(false);
});

test("a damaged key file is refused, never replaced", () => {
  const file = join(directory, "damaged");
  writeFileSync(file, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", { mode: 0o600 });
  const loaded = loadOrCreateSigner(file, systemRandom);
  expect(loaded).toMatchObject({ ok: false, error: { kind: "keyMalformed" } });
  expect(readFileSync(file, "utf8")).toContain("AAAA");
});
