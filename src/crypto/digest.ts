/**
 * The hash functions that documents and certificates name, behind one name each (FIPS 180-4). SHA-1 is among
 * them because cards issued until 2021 are signed with it; nothing of our own uses it.
 */
import { hash } from "node:crypto";

export type HashName = "sha1" | "sha224" | "sha256" | "sha384" | "sha512";

/** The hash of `message`, 20 to 64 bytes by its name. */
export const digest = (name: HashName, message: Uint8Array): Uint8Array =>
  new Uint8Array(hash(name, message, "buffer"));
