/**
 * What commands about cards share: the configuration, told problem by problem when it is wrong; the key that
 * turns identifiers into pseudonyms; the credential store.
 */

import { join } from "node:path";
import type { HolderIdentifiers } from "../../config/listed-holder.ts";
import { loadConfig } from "../../config/load-config.ts";
import type { Config } from "../../config/schema.ts";
import { deriveScopeKey, displayTag, pseudonym, type ScopeKey } from "../../crypto/pseudonym.ts";
import { loadSiteKey, type SiteKey } from "../../crypto/site-key.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import { CredentialRegister } from "../../journal/credential-register.ts";
import { type OpenDatabase, openDatabase } from "../../journal/database.ts";
import { SqliteJournal } from "../../journal/sqlite-journal.ts";
import type { JournalError } from "../../ports/journal.ts";
import { ok, type Result } from "../../result.ts";
import { DAY_MS } from "../../time/civil-date.ts";
import { buildTime } from "../build-time.ts";
import { lookAtMachine } from "../clock-state.ts";
import { type CommandIo, DEFAULT_CONFIG, EXIT, type ExitCode, type Invocation } from "../command.ts";
import { type AppError, describeError, describeProblem } from "../describe-error.ts";
import { prepareStateDirectory } from "../state-directory.ts";

/** How long one attempt waits while the running gate writes; the journal makes several. */
const ATTEMPT_TIMEOUT_MS = 250;
/** How long a command that opens the database only to look waits for the running gate. */
export const BUSY_TIMEOUT_MS = 2_000;

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

/** The lists of a configured gate, with the means to name holders. */
export interface Site {
  readonly journal: SqliteJournal;
  readonly register: CredentialRegister;
  readonly database: OpenDatabase;
  readonly siteKey: SiteKey;
  readonly scopeKey: ScopeKey;
  close(): void;
}

/** Opens key and lists. */
export async function openSite(config: Config, io: CommandIo): Promise<Outcome<Site>> {
  const siteKey = loadSiteKey(config.siteKey);
  if (!siteKey.ok) return failed(io, siteKey.error);
  const directory = await prepareStateDirectory(config.stateDirectory);
  if (!directory.ok) return failed(io, directory.error);
  const database = openDatabase(databaseFile(config.stateDirectory), { busyTimeoutMs: ATTEMPT_TIMEOUT_MS });
  if (!database.ok) return failed(io, database.error);
  const lists = await openLists(config, database.value, io);
  if (!lists.ok) {
    database.value.close();
    return failed(io, lists.error);
  }
  return {
    value: {
      ...lists.value,
      database: database.value,
      siteKey: siteKey.value,
      scopeKey: deriveScopeKey(siteKey.value, config),
      close: () => database.value.close(),
    },
  };
}

/** Changes of the lists go into the gate's own journal. */
async function openLists(
  config: Config,
  database: OpenDatabase,
  { clock }: CommandIo,
): Promise<Result<Pick<Site, "journal" | "register">, JournalError>> {
  const clockState = await lookAtMachine(clock);
  const journal = SqliteJournal.open({
    database,
    source: `acs:${config.site}/${config.gate}`,
    clock,
    clockState: () => clockState,
    random: systemRandom,
    buildTime: await buildTime(),
    retentionMs: config.retentionDays * DAY_MS,
  });
  if (!journal.ok) return journal;
  const register = CredentialRegister.open(database, journal.value, clock);
  return register.ok ? ok({ journal: journal.value, register: register.value }) : register;
}

/** What is stored and shown of a holder. The identifiers are wiped. */
export function holderOf({ scopeKey }: Pick<Site, "scopeKey">, identifiers: HolderIdentifiers) {
  const [first] = identifiers;
  const tag = displayTag(scopeKey, first.kind, first.bytes);
  const named = identifiers.map(({ kind, bytes }) => pseudonym(scopeKey, kind, bytes));
  for (const { bytes } of identifiers) bytes.fill(0);
  const [own = new Uint8Array(0), ...aliases] = named;
  const { keyId } = scopeKey;
  return {
    pseudonym: own,
    kind: first.kind,
    displayTag: tag,
    keyId,
    ...(aliases.length === 0 ? {} : { aliases }),
  };
}
