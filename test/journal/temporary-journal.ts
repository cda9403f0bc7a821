/** A journal in a directory of its own, on a clock that the test moves. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type OpenDatabase, openDatabase } from "../../src/journal/database.ts";
import { SqliteJournal } from "../../src/journal/sqlite-journal.ts";
import type { Clock, ClockState } from "../../src/ports/clock.ts";
import type { NewEvent } from "../../src/ports/journal.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";

export const NOON = instant(Date.UTC(2026, 10, 22, 12));
export const DAY_MS = 86_400_000;

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "varco-journal-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Matches a text that has this part. */
export const mentioning = (part: string): unknown => expect.stringContaining(part);

export class TemporaryJournal {
  readonly timeline = new VirtualTimeline();
  readonly clock = VirtualClock.startingAt(this.timeline, NOON);
  readonly random = new SeededRandom(1);
  readonly file: string;
  readonly database: OpenDatabase;
  readonly journal: SqliteJournal;
  clockState: ClockState = "synced";

  readonly #journalClock: Clock;

  /** `clock` in place of the virtual one, for a test about real time. */
  constructor(file = join(temporaryDirectory(), "varco.db"), clock?: Clock) {
    this.file = file;
    this.#journalClock = clock ?? this.clock;
    this.database = good(openDatabase(file, { busyTimeoutMs: 20 }));
    onTestFinished(() => this.database.close());
    this.journal = this.reopen();
  }

  /** A journal over the same database, as a process that starts again would open it. */
  reopen(): SqliteJournal {
    return good(
      SqliteJournal.open({
        database: this.database,
        source: "acs:demo/gate-1",
        clock: this.#journalClock,
        clockState: () => this.clockState,
        random: this.random,
        buildTime: instant(Date.UTC(2026, 0, 1)),
        retentionMs: 30 * DAY_MS,
      }),
    );
  }

  personalEvent(pseudonym = this.random.bytes(32)): NewEvent {
    return { ...granted(0), personal: { pseudonym, keyId: "k1", kind: "nis" } };
  }
}

export const granted = (number: number): NewEvent => ({
  type: "acs.access.granted",
  data: { door: "lane-1", number },
});
