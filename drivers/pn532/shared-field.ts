/**
 * A reader that shares its field with others: it looks, reads and watches only in its turn, and its carrier is off
 * otherwise. Stands before `reader.ts` where the configuration names a group; a reader without one never meets it.
 * A card that stays gives way whenever somebody waits, and is found again in a later turn. Time without a turn is
 * told as such (`notLooked`): it proves nobody absent.
 */
import type { OutputLine } from "../../src/ports/bus.ts";
import type {
  CardReader,
  LoneReader,
  Look,
  ReaderError,
  ReaderHealth,
  ReaderInfo,
} from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { ok, type Result } from "../../src/result.ts";
import { after } from "../../src/time/time.ts";
import type { FieldTurn } from "./field-turns.ts";
import { pulse } from "./start-up.ts";

/** The owner is told so often that its turn has not come yet; that of a reader with a slow card may be long. */
const TURN_PATIENCE_MS = 500;

/** A reader whose carrier is on no longer than it is asked for: from `poll` or `isPresent` to `silence` or `drop`. */
export interface SilentReader extends LoneReader {
  /**
   * Carrier off; the activated card, if any, is kept in mind for `isPresent`, which then activates it anew. Where a
   * card makes its number anew each time, one of its family passes for it; so does whoever answers without being
   * understood, since two cards that lie on one another garble each other.
   */
  silence(): Promise<Result<void, ReaderError>>;
}

export interface SharedFieldParts {
  readonly reader: SilentReader;
  readonly turn: FieldTurn;
  /** RSTPD_N: silences a chip that does not listen any more. */
  readonly reset?: OutputLine | undefined;
  readonly clock: Clock;
}

export class SharedFieldReader implements CardReader {
  readonly #parts: SharedFieldParts;
  /** The carrier may be on. */
  #isOn = false;
  /** The card that is watched has lost its field to another reader. */
  #isParked = false;

  constructor(parts: SharedFieldParts) {
    this.#parts = parts;
  }

  /** The start leaves the carrier off, so that it needs no turn and a dead chip keeps nobody waiting. */
  async start(): Promise<Result<ReaderInfo, ReaderError>> {
    // A chip that cannot even be silenced will fail its start, which says more.
    await this.#endTurn();
    this.#parts.turn.leave();
    this.#isParked = false;
    return this.#parts.reader.start();
  }

  /** Looks at once when it has the turn, and otherwise resolves with `notLooked` when it has it, or patience ends. */
  async poll(signal: AbortSignal): Promise<Result<Look, ReaderError>> {
    this.#isParked = false;
    if (signal.aborted) return ok(undefined);
    if (!this.#parts.turn.isMine()) {
      const ended = await this.#endTurn();
      if (ended.ok) await this.#takeTurn(signal);
      return ended.ok ? ok("notLooked") : ended;
    }
    this.#carrierOn();
    const found = await this.#parts.reader.poll(signal);
    if (found.ok && (found.value !== undefined || !this.#parts.turn.isWanted())) return found;
    const ended = await this.#endTurn();
    return ended.ok ? found : ended;
  }

  /** While it is not this reader's turn, nothing speaks against a card that was there. */
  async isPresent(): Promise<Result<boolean, ReaderError>> {
    const { turn, reader } = this.#parts;
    if (!this.#isParked && !turn.isMine()) {
      const parked = await this.#park();
      if (!parked.ok) return parked;
    }
    if (this.#isParked && !(await this.#takeTurn())) return ok(true);
    this.#carrierOn();
    const present = await reader.isPresent();
    this.#isParked = false;
    if (present.ok && !(present.value && turn.isWanted())) return present;
    const parked = await this.#park();
    return parked.ok ? present : parked;
  }

  async drop(): Promise<Result<void, ReaderError>> {
    this.#isParked = false;
    return this.#endTurn((reader) => reader.drop());
  }

  async stop(): Promise<void> {
    await this.#parts.reader.stop();
    this.#parts.turn.leave();
  }

  health(): ReaderHealth {
    return this.#parts.reader.health();
  }

  #takeTurn(signal?: AbortSignal): Promise<boolean> {
    const { turn, clock } = this.#parts;
    return turn.take(after(clock.monotonicMs(), TURN_PATIENCE_MS), signal);
  }

  #carrierOn(): void {
    this.#parts.turn.renew();
    this.#isOn = true;
  }

  async #park(): Promise<Result<void, ReaderError>> {
    this.#isParked = true;
    return this.#endTurn();
  }

  /**
   * Carrier off, and the next reader's turn, within a fraction of a second whatever the chip does. One that does not
   * hear is reset where a line leads there; one that cannot be reached at all is not waited for.
   */
  async #endTurn(
    switchOff = (reader: SilentReader): Promise<Result<void, ReaderError>> => reader.silence(),
  ): Promise<Result<void, ReaderError>> {
    const { reader, turn, reset, clock } = this.#parts;
    const silent = this.#isOn ? await switchOff(reader) : ok(undefined);
    if (!silent.ok && reset !== undefined) await pulse(reset, clock);
    this.#isOn = false;
    turn.yield();
    return silent;
  }
}
