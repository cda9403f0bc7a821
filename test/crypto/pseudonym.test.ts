import { inspect } from "node:util";
import { expect, test } from "vitest";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { Secret } from "../../src/bytes/secret.ts";
import { deriveScopeKey, displayTag, pseudonym, type ScopeKey } from "../../src/crypto/pseudonym.ts";
import type { IdentifierKind } from "../../src/ports/journal.ts";
import vectors from "../vectors/pseudonyms.json" with { type: "json" };

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const keyFor = (names: { site: string; scope: string }): ScopeKey => ({
  site: names.site,
  scope: names.scope,
  keyId: "k1",
  key: new Secret(hex(vectors.keyHex)),
});
const kindOf = (text: string): IdentifierKind => (text === "doc" ? "doc" : "nis");

test.each(vectors.cases)(
  "the pseudonym of $kind in $site/$scope",
  ({ site, scope, kind, identifier, hmacSha256 }) => {
    const digest = pseudonym(keyFor({ site, scope }), kindOf(kind), ascii(identifier));
    expect(toHex(digest).toLowerCase()).toBe(hmacSha256);
  },
);

test("one text has another pseudonym in each kind", () => {
  const key = keyFor({ site: "s", scope: "c" });
  const kinds = ["nis", "doc", "cf", "name"] as const;
  const texts = kinds.map((kind) => toHex(pseudonym(key, kind, ascii("RSSMRA80A01H501U"))));
  expect(new Set(texts).size).toBe(kinds.length);
});

test("the display tag is four hex digits that are not the beginning of the pseudonym", () => {
  for (const { site, scope, identifier } of vectors.cases) {
    const key = keyFor({ site, scope });
    const tag = displayTag(key, "nis", ascii(identifier));
    expect(tag).toMatch(/^card#[0-9a-f]{4}$/);
    expect(toHex(pseudonym(key, "nis", ascii(identifier))).toLowerCase()).not.toContain(tag.slice(5));
  }
});

test("K_scope is HKDF-SHA-256 of the site key with an empty salt and the scope as info", () => {
  // RFC 5869 by hand: PRK = HMAC(32 zero bytes, key), K_scope = HMAC(PRK, "gym" then 01); computed with OpenSSL:
  // openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:0707…07 -kdfopt info:gym HKDF
  const siteKey = { keyId: "k1", key: new Secret(new Uint8Array(32).fill(7)) };
  const scopeKey = deriveScopeKey(siteKey, { site: "demo", scope: "gym" });
  expect(toHex(scopeKey.key.reveal())).toBe(
    "97BF4E2119CE2061B59F20F41ECB78F4A95203BF588CB10A6A84D757F9ECEEB4",
  );
  expect(scopeKey.keyId).toBe("k1");
});

test("a scope key shows itself in no kind of output", () => {
  const key = keyFor({ site: "s", scope: "c" });
  const shown = `${inspect(key, { depth: 9 })} ${JSON.stringify(key)} ${key.key}`;
  expect(shown).toContain("[secret]");
  expect(shown.toLowerCase()).not.toContain("0001020304");
  expect(shown).not.toContain("0, 1, 2, 3");
});
