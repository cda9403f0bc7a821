/**
 * What a running gate does for its database beside serving doors: erases what is due at start and every
 * hour, signs checkpoints, keeps the credentials in memory. Nothing of it is ever in the way of a decision.
 */

import type { Config } from "../config/schema.ts";
import type { Signer } from "../crypto/signing-key.ts";
import { runCheckpoints } from "../journal/checkpoint.ts";
import type { OpenDatabase } from "../journal/database.ts";
import { runRetention } from "../journal/retention.ts";
import type { Clock, ClockState } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { DAY_MS } from "../time/civil-date.ts";
import type { Gate } from "./gate-assembly.ts";

export interface Upkeep {
  readonly gate: Gate;
  readonly config: Config;
  readonly database: OpenDatabase;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly clockState: { readonly current: () => ClockState };
  readonly log: Log;
}

const ERASE_EVERY_MS = 3_600_000;
/** About the length of a pulse. */
const PASSING_MS = 500;

/** Runs until `signal` is aborted; never rejects. The database may be closed once it has resolved. */
export async function keepUp(upkeep: Upkeep, signal: AbortSignal): Promise<void> {
  const { gate, clock, signer, log } = upkeep;
  await Promise.all([
    runCheckpoints({ journal: gate.journal, clock, signer, log }, signal),
    eraseHourly(upkeep, signal),
    gate.credentials.keepIndexed(clock, signal),
  ]);
}

async function eraseHourly(upkeep: Upkeep, signal: AbortSignal): Promise<void> {
  const { gate, config, database, clock, clockState, log } = upkeep;
  while (!signal.aborted) {
    await relaysAtRest(upkeep, signal);
    const report = await runRetention({
      database,
      journal: gate.journal,
      clock,
      clockState: clockState.current,
      retentionMs: config.retentionDays * DAY_MS,
      delivery: config.mqtt === undefined ? "none" : "acknowledged",
    });
    if (!report.ok) log.warn("erasureFailed", { why: report.error.kind });
    else if (report.value.kind === "done") {
      log.info("erasure", { erased: report.value.erased, pruned: report.value.pruned });
    }
    await clock.sleep(ERASE_EVERY_MS, signal);
  }
}

/** Erasing holds up the event loop, and with it the off edge of a pulse: it waits until nobody is passing. */
async function relaysAtRest({ gate, clock }: Upkeep, signal: AbortSignal): Promise<void> {
  const passing = () => gate.doors.some((door) => gate.condition(door).relay === "active");
  while (passing() && !signal.aborted) await clock.sleep(PASSING_MS, signal);
}
