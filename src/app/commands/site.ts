/**
 * What commands about cards share: the configuration, told problem by problem when it is wrong; the key that
 * turns identifiers into pseudonyms; the credential store.
 */
import { join } from "node:path";
import { loadConfig } from "../../config/load-config.ts";
import type { Config } from "../../config/schema.ts";
import { deriveScopeKey, displayTag, pseudonym, type ScopeKey } from "../../crypto/pseudonym.ts";
import { loadSiteKey } from "../../crypto/site-key.ts";
import { CredentialStore } from "../../journal/credential-store.ts";
import { openDatabase } from "../../journal/database.ts";
import { type CommandIo, DEFAULT_CONFIG, EXIT, type ExitCode, type Invocation } from "../command.ts";

import { type AppError, describeError, describeProblem } from "../describe-error.ts";
import { prepareStateDirectory } from "../state-directory.ts";

/** A command waits this long while the running gate writes. */
const BUSY_TIMEOUT_MS = 5_000;

/** The database's file within a state directory. */
export const databaseFile = (stateDirectory: string): string => join(stateDirectory, "varco.db");

/** Either what was asked for, or the exit code after everything was told. */
export type Outcome<T> = { readonly value: T } | { readonly exit: ExitCode };

/** Tells an error and ends the command as a failure of its surroundings. */
export function failed(io: CommandIo, error: AppError): { readonly exit: ExitCode } {
  io.err(describeError(error));
  return { exit: EXIT.environment };
}

/** The configuration named by `--config`. */
export async function openConfig({ texts }: Invocation, io: CommandIo): Promise<Outcome<Config>> {
  const file = texts["config"] ?? DEFAULT_CONFIG;
  const loaded = await loadConfig(file);
  for (const problem of loaded.ok ? loaded.value.warnings : loaded.error)
    io.err(`${file}: ${describeProblem(problem)}`);
  return loaded.ok ? { value: loaded.value.config } : { exit: EXIT.environment };
}

/** The credential store of a configured gate, with the means to name holders. */
export interface Site {
  readonly store: CredentialStore;
  readonly scopeKey: ScopeKey;
  close(): void;
}

/** Opens key and store. */
export async function openSite(config: Config, io: CommandIo): Promise<Outcome<Site>> {
  const siteKey = loadSiteKey(config.siteKey);
  if (!siteKey.ok) return failed(io, siteKey.error);
  const directory = await prepareStateDirectory(config.stateDirectory);
  if (!directory.ok) return failed(io, directory.error);
  const database = openDatabase(databaseFile(config.stateDirectory), { busyTimeoutMs: BUSY_TIMEOUT_MS });
  if (!database.ok) return failed(io, database.error);
  const store = CredentialStore.open(database.value);
  if (!store.ok) {
    database.value.close();
    return failed(io, store.error);
  }
  return {
    value: {
      store: store.value,
      scopeKey: deriveScopeKey(siteKey.value, config),
      close: () => database.value.close(),
    },
  };
}

/** What is stored and shown of a holder. The identifier is wiped. */
export function holderOf(scopeKey: ScopeKey, identifier: Uint8Array) {
  const holder = {
    pseudonym: pseudonym(scopeKey, "nis", identifier),
    displayTag: displayTag(scopeKey, "nis", identifier),
    keyId: scopeKey.keyId,
  };
  identifier.fill(0);
  return holder;
}
