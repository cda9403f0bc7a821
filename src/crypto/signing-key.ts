/**
 * The journal's Ed25519 key (RFC 8032): signs checkpoints so that a chain rewritten as a whole is found
 * out. Made at first start and kept in a private file; its public half is published by the gate.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { parseBase64Url, toBase64Url } from "../bytes/base64url.ts";
import { concat } from "../bytes/bytes.ts";
import { hex } from "../bytes/hex.ts";
import type { Random } from "../ports/random.ts";
import { err, ok, type Result } from "../result.ts";
import { type KeyFileError, readKeyFile } from "./key-file.ts";

/** Public half as a JSON Web Key (RFC 8037 §2). */
export interface PublicJwk {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  /** base64url of the 32-byte public key. */
  readonly x: string;
}

/** Signs without giving the key away. */
export interface Signer {
  readonly publicKey: PublicJwk;
  /** 64-byte Ed25519 signature. */
  sign(message: Uint8Array): Uint8Array;
}

/** PKCS #8 header of an Ed25519 private key; the 32-byte seed follows (RFC 8410 §7). */
const PKCS8_ED25519 = hex("302E020100300506032B657004220420");
const SEED_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** Loads the PKCS #8 PEM file, or makes it (mode 0600) when there is none. Errors as for any key file. */
export function loadOrCreateSigner(file: string, random: Random): Result<Signer, KeyFileError> {
  const content = readKeyFile(file);
  if (content.ok) return parseSigner(file, new TextDecoder().decode(content.value));
  if (content.error.kind !== "keyMissing") return content;
  const pem = pemOf(random.bytes(SEED_BYTES));
  const written = writeNew(file, pem);
  return written.ok ? parseSigner(file, pem) : written;
}

/** Checks a signature made by `Signer.sign`; a malformed key or signature is simply not valid. */
export function verifyEd25519(publicKey: PublicJwk, message: Uint8Array, signature: Uint8Array): boolean {
  if (parseBase64Url(publicKey.x)?.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES)
    return false;
  return verify(null, message, createPublicKey({ key: { ...publicKey }, format: "jwk" }), signature);
}

function parseSigner(file: string, pem: string): Result<Signer, KeyFileError> {
  const remedy = "restore the journal key from backup, or move it away to start with a new one";
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return ok(signerOf(key));
    return err({ kind: "keyMalformed", file, remedy });
  } catch (cause) {
    return err({ kind: "keyMalformed", file, remedy, cause });
  }
}

function signerOf(key: KeyObject): Signer {
  const { x } = createPublicKey(key).export({ format: "jwk" });
  if (x === undefined) throw new Error("an Ed25519 public key has an x member");
  return {
    publicKey: { kty: "OKP", crv: "Ed25519", x },
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

/** PEM is base64 in its standard alphabet; 48 bytes need no padding. */
function pemOf(seed: Uint8Array): string {
  const base64 = toBase64Url(concat(PKCS8_ED25519, seed)).replaceAll("-", "+").replaceAll("_", "/");
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
}

function writeNew(file: string, content: string): Result<void, KeyFileError> {
  try {
    const descriptor = openSync(file, "wx", 0o600);
    try {
      writeSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return ok(undefined);
  } catch (cause) {
    return err({
      kind: "keyUnreadable",
      file,
      remedy: "let the service user write the state directory",
      cause,
    });
  }
}
