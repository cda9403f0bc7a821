/**
 * Keyed pseudonyms: what the allow list and the journal hold in place of an identifier. One construction,
 * one key per scope, so that two scopes cannot be joined. Governing text: privacy rules, pseudonyms.
 */
import { toHex } from "../bytes/hex.ts";
import { Secret } from "../bytes/secret.ts";
import type { IdentifierKind } from "../ports/journal.ts";
import { hkdfSha256, hmacSha256 } from "./hash.ts";
import type { SiteKey } from "./site-key.ts";

/** What a gate needs to name holders within one scope; the key itself does not print. */
export interface ScopeKey {
  readonly site: string;
  readonly scope: string;
  /** Names the site key without telling it; stored with each row for key rotation. */
  readonly keyId: string;
  /** K_scope, 32 bytes. */
  readonly key: Secret<Uint8Array>;
}

const PSEUDONYM_LABEL = "gate-pseudonym/v1";
const DISPLAY_LABEL = "display";
const SCOPE_KEY_BYTES = 32;

/** K_scope = HKDF-SHA-256(site key, empty salt, info = scope in UTF-8, 32 bytes). */
export function deriveScopeKey(
  siteKey: SiteKey,
  names: { readonly site: string; readonly scope: string },
): ScopeKey {
  const info = new TextEncoder().encode(names.scope);
  const key = new Secret(hkdfSha256(siteKey.key.reveal(), info, SCOPE_KEY_BYTES));
  return { site: names.site, scope: names.scope, keyId: siteKey.keyId, key };
}

/**
 * The pseudonym of an identifier: 32 bytes,
 * HMAC-SHA-256(K_scope, "gate-pseudonym/v1" ‖ 0 ‖ site ‖ 0 ‖ scope ‖ 0 ‖ kind ‖ 0 ‖ identifier).
 * `identifier` is its ASCII text as bytes, for example 12 digits of a NIS.
 */
export function pseudonym(key: ScopeKey, kind: IdentifierKind, identifier: Uint8Array): Uint8Array {
  return labelledHmac(PSEUDONYM_LABEL, key, kind, identifier);
}

/**
 * What screens and logs show for a card, such as `card#7f3a`: four hex digits of a second HMAC, so that
 * nothing of the stored value is told. Not unique among many cards.
 */
export function displayTag(key: ScopeKey, kind: IdentifierKind, identifier: Uint8Array): string {
  const digest = labelledHmac(DISPLAY_LABEL, key, kind, identifier);
  return `card#${toHex(digest.subarray(0, 2)).toLowerCase()}`;
}

function labelledHmac(
  label: string,
  key: ScopeKey,
  kind: IdentifierKind,
  identifier: Uint8Array,
): Uint8Array {
  // The identifier goes straight into the code: no copy of it is left in memory.
  return hmacSha256(key.key.reveal(), `${label}\0${key.site}\0${key.scope}\0${kind}\0`, identifier);
}
