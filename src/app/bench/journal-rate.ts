/**
 * How many durable rows the journal takes in a second when many ask at once, each waiting for its own commit
 * as a lane does: `synchronous=FULL`, on the disk of the temporary folder. That none is lost when the process
 * is killed is shown by the crash test (test/interop/crash.test.ts), not here.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemRandom } from "../../crypto/system-random.ts";
import { openDatabase } from "../../journal/database.ts";
import type { SqliteJournal } from "../../journal/sqlite-journal.ts";
import type { Clock } from "../../ports/clock.ts";
import type { NewEvent } from "../../ports/journal.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { good } from "./good.ts";
import { openJournal } from "./large-site.ts";

/** As many as one transaction takes. */
const ASKING_AT_ONCE = 256;
const BUSY_TIMEOUT_MS = 5;
const BOUND = 2_000;

/** `journal.rate`, and how long the 99th of 100 rows waited while it was taken. */
export async function measureJournalRate(clock: Clock, rows: number): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "varco-bench-"));
  const database = good(openDatabase(join(folder, "varco.db"), { busyTimeoutMs: BUSY_TIMEOUT_MS }));
  try {
    const journal = good(openJournal(database, clock));
    const begun = clock.monotonicMs();
    const waitsMs = await appendMany(journal, clock, rows);
    const seconds = (clock.monotonicMs() - begun) / 1_000;
    return [
      {
        name: "journal.rate",
        value: Math.round(waitsMs.length / seconds),
        unit: "events/s",
        bound: BOUND,
        note: `${rows} rows with personal parts, ${ASKING_AT_ONCE} asking at once, each durable before its answer; none lost at kill -9: test/interop/crash.test.ts`,
      },
      { name: "journal.wait.p99", value: rounded(quantile(waitsMs, 0.99)), unit: "ms", note: "meanwhile" },
    ];
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function appendMany(journal: SqliteJournal, clock: Clock, rows: number): Promise<readonly number[]> {
  const waitsMs: number[] = [];
  const event = presentation();
  let left = rows;
  const askAgainAndAgain = async (): Promise<void> => {
    while (left > 0) {
      left--;
      const asked = clock.monotonicMs();
      good(await journal.append([event]));
      waitsMs.push(clock.monotonicMs() - asked);
    }
  };
  await Promise.all(Array.from({ length: ASKING_AT_ONCE }, askAgainAndAgain));
  return waitsMs;
}

/** A row of usual length. */
const presentation = (): NewEvent => ({
  type: "acs.access.granted",
  data: {
    door: "lane-1",
    direction: "in",
    demands: "identifier",
    proofs: ["nisRead"],
    rule: "doors/lane-1/groups/members",
    decidedBy: "local",
    dated: true,
    latencyMs: 61,
    group: "members",
    level: "identifier",
  },
  personal: { pseudonym: systemRandom.bytes(32), keyId: "demo", kind: "nis" },
});
