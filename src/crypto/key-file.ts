/**
 * Reads a small secret file and refuses one that other people of the machine could read.
 * Shared by the site key and the journal's signing key. Governing text: privacy rules, pseudonyms.
 */
import { closeSync, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { err, ok, type Result } from "../result.ts";

/** Why a key file cannot be used; the message of `remedy` says what to do. */
export type KeyFileError =
  | { readonly kind: "keyMissing"; readonly file: string; readonly remedy: string; readonly cause: unknown }
  | {
      readonly kind: "keyUnreadable";
      readonly file: string;
      readonly remedy: string;
      readonly cause?: unknown;
    }
  /** Its mode lets the group or others in. */
  | { readonly kind: "keyExposed"; readonly file: string; readonly remedy: string }
  /** Wrong size, wrong form, or a key of zeros. */
  | {
      readonly kind: "keyMalformed";
      readonly file: string;
      readonly remedy: string;
      readonly cause?: unknown;
    };

const MAX_KEY_FILE_BYTES = 1024;
const OTHERS_ANY = 0o007;
const GROUP_ANY = 0o070;
const ROOT_GROUP = 0;

/** The bytes of a key file, at most 1,024; the mode is judged on the file that was opened. */
export function readKeyFile(file: string): Result<Uint8Array, KeyFileError> {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    const stats = fstatSync(descriptor);
    if (!stats.isFile())
      return err({ kind: "keyUnreadable", file, remedy: "give the path of a regular file" });
    if (isExposed(stats)) {
      return err({ kind: "keyExposed", file, remedy: "make it private to the service user: chmod 0400" });
    }
    const bytes = new Uint8Array(MAX_KEY_FILE_BYTES);
    return ok(bytes.subarray(0, readSync(descriptor, bytes)));
  } catch (cause) {
    return err(openFailure(file, cause));
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** A group bit on a file of group root is the ACL mask of a systemd credential, not an opening. */
function isExposed(stats: Stats): boolean {
  if ((stats.mode & OTHERS_ANY) !== 0) return true;
  return (stats.mode & GROUP_ANY) !== 0 && stats.gid !== ROOT_GROUP;
}

function openFailure(file: string, cause: unknown): KeyFileError {
  const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
  return missing
    ? {
        kind: "keyMissing",
        file,
        remedy: "create the key file, or correct its path in the configuration",
        cause,
      }
    : { kind: "keyUnreadable", file, remedy: "let the service user own and read the file", cause };
}
