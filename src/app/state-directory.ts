/**
 * The folder that survives the process: journal, credentials, pin map. Made with mode 0700, and tested for
 * writing before a gate relies on it.
 */
import { access, chmod, constants, mkdir, stat, statfs } from "node:fs/promises";
import { err, ok, type Result } from "../result.ts";

export const DEFAULT_STATE_DIRECTORY = "/var/lib/varco";
/** A journal with less room than this is about to stop the gate. */
const LEAST_FREE_BYTES = 64 * 1024 * 1024;
const PRIVATE_MODE = 0o700;

export type StateDirectoryError = {
  readonly kind: "stateDirectoryUnusable";
  readonly directory: string;
  readonly remedy: string;
  readonly cause: unknown;
};

export interface StateDirectory {
  readonly directory: string;
  readonly freeBytes: number;
  /** The disk is nearly full. */
  readonly low: boolean;
}

/**
 * The state directory as far as it can be known before the configuration is read: the option, else what
 * systemd passes for `StateDirectory=`, else the usual place.
 */
export function earlyStateDirectory(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const fromSystemd = environment["STATE_DIRECTORY"]?.split(":")[0];
  return option ?? (fromSystemd === undefined || fromSystemd === "" ? DEFAULT_STATE_DIRECTORY : fromSystemd);
}

/** Makes the directory if it is missing, closes it to others and checks that it can be written. */
export async function prepareStateDirectory(
  directory: string,
): Promise<Result<StateDirectory, StateDirectoryError>> {
  const unusable = (remedy: string, cause: unknown): Result<never, StateDirectoryError> =>
    err({ kind: "stateDirectoryUnusable", directory, remedy, cause });
  try {
    await mkdir(directory, { recursive: true, mode: PRIVATE_MODE });
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    const { mode, uid } = await stat(directory);
    // What root creates here the gate could not open afterwards.
    if (process.getuid?.() === ROOT && uid !== ROOT) return unusable(NOT_AS_ROOT, undefined);
    if ((mode & OTHERS_ANY) !== 0) await chmod(directory, PRIVATE_MODE);
    return ok(await inspect(directory));
  } catch (cause) {
    return unusable(
      `make it writable for the service user: install -d -m 0700 -o varco -g varco ${directory}`,
      cause,
    );
  }
}

const ROOT = 0;
const OTHERS_ANY = 0o077;
const NOT_AS_ROOT = "it belongs to the service user; run the command as that user: sudo -u varco varco …";

async function inspect(directory: string): Promise<StateDirectory> {
  const { bavail, bsize } = await statfs(directory);
  const freeBytes = bavail * bsize;
  return { directory, freeBytes, low: freeBytes < LEAST_FREE_BYTES };
}
