/**
 * The site key: 32 random bytes in a file of their own, from which each scope's pseudonym key is derived.
 * There is no fall-back: without a good key the gate says so and stays closed (privacy rules, invariant 9).
 */
import { parseHex } from "../bytes/hex.ts";
import { Secret } from "../bytes/secret.ts";
import { err, ok, type Result } from "../result.ts";
import { type KeyFileError, readKeyFile } from "./key-file.ts";

export interface SiteKey {
  /** The operator's name for the key, stored beside each pseudonym so that keys can be rotated. */
  readonly keyId: string;
  /** 32 bytes. */
  readonly key: Secret<Uint8Array>;
}

const SITE_KEY_BYTES = 32;

/**
 * Loads a site key: 32 raw bytes, or 64 hexadecimal digits with an optional line end.
 * Errors: `keyMissing`, `keyUnreadable`, `keyExposed` (group or others may read), `keyMalformed` (any other
 * size, or all zero).
 */
export function loadSiteKey(source: {
  readonly id: string;
  readonly file: string;
}): Result<SiteKey, KeyFileError> {
  const content = readKeyFile(source.file);
  if (!content.ok) return content;
  const key = parseSiteKey(content.value);
  if (key !== undefined) return ok({ keyId: source.id, key: new Secret(key) });
  const remedy = "write 32 random bytes, raw or as 64 hexadecimal digits, for example: openssl rand 32";
  return err({ kind: "keyMalformed", file: source.file, remedy });
}

function parseSiteKey(content: Uint8Array): Uint8Array | undefined {
  const key = content.length === SITE_KEY_BYTES ? content : parseHex(asciiText(content).trimEnd());
  return key?.length === SITE_KEY_BYTES && key.some((byte) => byte !== 0) ? key : undefined;
}

const asciiText = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
