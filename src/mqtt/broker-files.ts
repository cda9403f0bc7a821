/**
 * Certificate, user and password of the broker, from files, read anew for each connection so that a changed
 * one needs no restart.
 */
import { readFileSync, statSync } from "node:fs";
import { readKeyFile } from "../crypto/key-file.ts";
import { err, ok, type Result } from "../result.ts";
import type { ConnectError } from "./mqtt-link.ts";

/** Where the broker is and what it wants to see; all members but `url` name files. */
export interface BrokerConfig {
  /** `mqtts://host:port`, or `mqtt://` to this machine. */
  readonly url: string;
  readonly caFile?: string;
  readonly userFile?: string;
  readonly passwordFile?: string;
}

export interface BrokerSecrets {
  readonly ca?: string;
  readonly username?: string;
  readonly password?: string;
}

/** A bundle of authorities may be long; nothing longer than this is one. */
const MAX_FILE_BYTES = 1_048_576;

/** Errors: `fileUnusable` for certificate and user, those of any key file for the password. */
export function readBrokerFiles(config: BrokerConfig): Result<BrokerSecrets, ConnectError> {
  const ca = readOptional(config.caFile);
  if (!ca.ok) return ca;
  const user = readOptional(config.userFile);
  if (!user.ok) return user;
  const password = config.passwordFile === undefined ? ok(undefined) : readKeyFile(config.passwordFile);
  if (!password.ok) return password;
  return ok({
    ...(ca.value === undefined ? {} : { ca: ca.value }),
    ...(user.value === undefined ? {} : { username: user.value.trimEnd() }),
    ...(password.value === undefined ? {} : { password: withoutLineEnd(password.value) }),
  });
}

function readOptional(file: string | undefined): Result<string | undefined, ConnectError> {
  if (file === undefined) return ok(undefined);
  try {
    if (statSync(file).size > MAX_FILE_BYTES)
      return err({ kind: "fileUnusable", file, remedy: "the file is too large" });
    return ok(readFileSync(file, "utf8"));
  } catch (cause) {
    return err({
      kind: "fileUnusable",
      file,
      remedy: "create the file and let the service user read it",
      cause,
    });
  }
}

/** Editors end a file with a line end that is no part of the password; blanks may be. */
const withoutLineEnd = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
