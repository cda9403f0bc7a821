/** Puts the jumps of the clock on record; a jump that the journal cannot keep is at least in the log. */
import type { Journal } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { ClockWatch } from "./clock-state.ts";

export function journalClockJumps(watch: Pick<ClockWatch, "onJump">, journal: Journal, log: Log): void {
  watch.onJump((event) => {
    void journal.append([event]).then((kept) => {
      if (!kept.ok) log.warn("clockJumpNotJournalled", { why: kept.error.kind });
    });
  });
}
