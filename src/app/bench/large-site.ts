/**
 * A gate's folder with very many credentials, made once and copied for each start of a gate: pseudonyms are
 * drawn at random, save those of some holders whose numbers the measurement knows.
 */

import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../config/load-config.ts";
import type { Config } from "../../config/schema.ts";
import { deriveScopeKey, displayTag, pseudonym, type ScopeKey } from "../../crypto/pseudonym.ts";
import { loadSiteKey } from "../../crypto/site-key.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import { CredentialRegister } from "../../journal/credential-register.ts";
import type { Enrolment } from "../../journal/credential-rows.ts";
import { type OpenDatabase, openDatabase } from "../../journal/database.ts";
import { EnrolmentSheet } from "../../journal/enrolment-sheet.ts";
import { SqliteJournal } from "../../journal/sqlite-journal.ts";
import type { Clock } from "../../ports/clock.ts";
import { DAY_MS } from "../../time/civil-date.ts";
import { instant } from "../../time/time.ts";
import { databaseFile } from "../commands/site.ts";
import type { Hours } from "../demo/hours.ts";
import { writeSite } from "../demo/site.ts";
import { good } from "./good.ts";
import { NO_BROKER_PORT } from "./no-broker.ts";

/** Half of the holders may pass by a schedule only (in two shifts, always open), so that a decision asks a schedule and a time zone too. */
const WEEKLY = '[{ days: [mon, tue, wed, thu, fri, sat, sun], times: ["06:30-13:00", "13:00-06:30"] }]';
const SHIFTS: Hours = {
  sections: `timeZone: Europe/Rome\nschedules:\n  shifts: { weekly: ${WEEKLY} }\n`,
  admissions: ["{ group: crew, schedule: shifts }"],
};
const GROUPS = ["crew", "members", "crew", "staff"] as const;
const BUSY_TIMEOUT_MS = 1_000;

export interface LargeSite {
  readonly config: Config;
  readonly scopeKey: ScopeKey;
  readonly credentials: number;
  /** Puts a copy of the database into the state directory of a gate that does not run yet. */
  copyTo(stateDirectory: string): void;
  /** The folder's own database. */
  open(): OpenDatabase;
  remove(): void;
}

/** Makes the folder. `known` are numbers of cards among the admitted. Throws on what a measurement cannot mend. */
export async function makeLargeSite(
  clock: Clock,
  options: { readonly credentials: number; readonly known: readonly string[] },
): Promise<LargeSite> {
  const folder = mkdtempSync(join(tmpdir(), "varco-bench-"));
  const site = writeSite(folder, {
    brokerPort: NO_BROKER_PORT,
    logLevel: "info",
    lanes: ["identifier", "identifier"],
    pulseMs: 400,
    laneBus: { bus: "spi" },
    hours: SHIFTS,
  });
  const config = good(await loadConfig(site.configFile)).config;
  const scopeKey = deriveScopeKey(good(loadSiteKey(config.siteKey)), config);
  const file = databaseFile(site.stateDirectory);
  const open = () => good(openDatabase(file, { busyTimeoutMs: BUSY_TIMEOUT_MS }));
  await fill(open(), clock, enrolments(options, scopeKey, clock.wallTime()));
  return {
    config,
    scopeKey,
    credentials: options.credentials,
    copyTo: (stateDirectory) => copyFileSync(file, databaseFile(stateDirectory)),
    open,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Closing the last connection leaves one file, which can be copied. */
async function fill(database: OpenDatabase, clock: Clock, sheet: EnrolmentSheet): Promise<void> {
  const journal = good(openJournal(database, clock));
  const register = good(CredentialRegister.open(database, journal, clock));
  const signal = new AbortController().signal;
  good(await register.import(sheet.inKeyOrder(), { clock, signal, neighbours: async () => "none" }));
  database.close();
}

/** A journal as a gate of this folder would open it. */
export function openJournal(database: OpenDatabase, clock: Clock) {
  return SqliteJournal.open({
    database,
    source: "acs:bench/bench",
    clock,
    clockState: () => "synced",
    random: systemRandom,
    buildTime: instant(0),
    retentionMs: 30 * DAY_MS,
  });
}

function enrolments(
  { credentials, known }: { readonly credentials: number; readonly known: readonly string[] },
  scopeKey: ScopeKey,
  nowMs: number,
): EnrolmentSheet {
  const sheet = new EnrolmentSheet();
  for (let number = 0; number < credentials; number++) {
    const nis = known[number];
    const holder = nis === undefined ? strangeHolder() : knownHolder(scopeKey, nis);
    const validUntil = instant(nowMs + (1 + (number % 365)) * DAY_MS);
    const entry: Omit<Enrolment, keyof ReturnType<typeof strangeHolder>> = {
      kind: "nis",
      keyId: scopeKey.keyId,
      group: GROUPS[number % GROUPS.length] ?? "crew",
      enabled: true,
      validUntil,
      reference: `M-${number}`,
    };
    sheet.add({ ...holder, ...entry }, number + 1);
  }
  return sheet;
}

function strangeHolder() {
  const [high = 0, low = 0] = systemRandom.bytes(2);
  const tag = (high * 256 + low).toString(16).padStart(4, "0");
  return { pseudonym: systemRandom.bytes(32), displayTag: `card#${tag}` };
}

function knownHolder(scopeKey: ScopeKey, nis: string): ReturnType<typeof strangeHolder> {
  const identifier = new TextEncoder().encode(nis);
  return {
    pseudonym: pseudonym(scopeKey, "nis", identifier),
    displayTag: displayTag(scopeKey, "nis", identifier),
  };
}
