/**
 * A PN532 as a `CardReader`: finds a card of type A or B, carries APDUs to it, watches that it stays, resets
 * the field. The gate's only door to the driver; everything below it is protocol, everything above it policy.
 * Governing document: NXP UM0701-02 §7.3.5 (InListPassiveTarget), ISO/IEC 14443-3 and -4.
 */
import { equalBytes } from "../../src/bytes/bytes.ts";
import type { OutputLine } from "../../src/ports/bus.ts";
import type { CardReader, DetectedCard, LinkError, ReaderError, ReaderInfo } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Log } from "../../src/ports/log.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { after, type Millis } from "../../src/time/time.ts";
import { type ActiveCard, activeCard } from "./active-card.ts";
import { exchangeApdu } from "./apdu-channel.ts";
import { type CommandError, CommandRunner, refused } from "./command-runner.ts";
import { activationTries, type Command, communicateThru, listPassiveTarget, rfField } from "./commands.ts";
import type { HostLink } from "./host-link.ts";
import { toResetSpeed } from "./serial-speed.ts";
import { configureAgain, startUp } from "./start-up.ts";
import { STATUS_NO_TARGET, STATUS_OK, STATUS_TIMEOUT, statusMeaning } from "./status.table.ts";
import type { CardProtocol } from "./target.ts";

/**
 * Activations inside one poll. A type A card is found within one try (about 20 ms) whatever their number, and
 * an idle reader wakes the host once per command, so more tries only mean fewer wake-ups: about 500 ms a poll.
 * The one try for type B, which few documents speak, keeps a type A card waiting for no more than another.
 */
const POLL_TRIES = 25;
const ROUND: readonly { readonly protocol: CardProtocol; readonly tries: number }[] = [
  { protocol: "typeA", tries: POLL_TRIES },
  { protocol: "typeB", tries: 1 },
];
/** Type B is looked for as often as type A for a while after a card of that type: it may come and go by the second. */
const ALTERNATING_ROUND: typeof ROUND = [
  { protocol: "typeA", tries: 1 },
  { protocol: "typeB", tries: 1 },
];
const ALTERNATING_MS = 2_000;
/** For the check that a card without ISO-DEP is still there: one try may meet it still waking. */
const CHECK_TRIES = 2;
/** Slowest observed try; a deadline below the chip's own tries would miss valid cards. */
const SLOWEST_TRY_MS = 150;
const ACTIVATION_MARGIN_MS = 100;

/** Carrier off for so long resets every card in the field (ISO/IEC 14443-3 asks 5 ms). */
const FIELD_OFF_MS = 6;

const PRESENCE_TRIES = 2;
/** The chip gives up after 25.6 ms (set at start); the rest is margin. */
const PRESENCE_MS = 100;

export interface ReaderParts {
  readonly link: HostLink;
  /** RSTPD_N, opened active low: its active state holds the chip in reset. Without it a hung chip stays hung. */
  readonly reset?: OutputLine | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** A reader that does nothing until `start`. */
export const createPn532Reader = (parts: ReaderParts): CardReader => new Pn532Reader(parts);

class Pn532Reader implements CardReader {
  readonly #parts: ReaderParts;
  readonly #runner: CommandRunner;
  #active: ActiveCard | undefined;
  /** The chip's present setting, which cannot be read back. */
  #tries = POLL_TRIES;
  /**
   * A chip that failed once may have lost its settings in a brown-out and be deaf to cards ever after, while it
   * answers every command: it is not used again before it was started anew.
   */
  #failure: ReaderError | undefined;
  /** A card fell silent: so would a chip in a brown-out, which then answers again, unconfigured. */
  #isUnsure = false;
  #alternatesUntil: Millis | undefined;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#runner = new CommandRunner(parts);
  }

  async start(): Promise<Result<ReaderInfo, ReaderError>> {
    const { link, reset, clock, log } = this.#parts;
    this.#active = undefined;
    this.#tries = POLL_TRIES;
    this.#failure = undefined;
    this.#isUnsure = false;
    const started = await startUp({ link, runner: this.#runner, reset, clock, tries: POLL_TRIES });
    if (started.ok) {
      log.info("pn532.started", {
        firmware: started.value.firmware,
        degraded: started.value.degraded.join("; "),
      });
    } else {
      log.warn("pn532.start-failed", { kind: started.error.kind });
    }
    return started;
  }

  async poll(signal: AbortSignal): Promise<Result<DetectedCard | undefined, ReaderError>> {
    this.#active = undefined;
    if (this.#failure !== undefined) return err(this.#failure);
    if (signal.aborted) return ok(undefined);
    const sure = await this.#makeSure();
    if (!sure.ok) return sure;
    for (const { protocol, tries } of this.#round()) {
      const found = await this.#activate(protocol, tries, signal);
      if (!found.ok) return found;
      if (found.value !== undefined) return ok(this.#present(found.value));
      if (signal.aborted) break;
    }
    return ok(undefined);
  }

  #round(): typeof ROUND {
    const { clock } = this.#parts;
    const alternates = this.#alternatesUntil !== undefined && clock.monotonicMs() < this.#alternatesUntil;
    return alternates ? ALTERNATING_ROUND : ROUND;
  }

  async isPresent(): Promise<Result<boolean, ReaderError>> {
    if (this.#active === undefined) return ok(false);
    return this.#active.kind === "isoDep"
      ? this.#answersBlock(this.#active)
      : this.#answersAgain(this.#active);
  }

  async drop(): Promise<Result<void, ReaderError>> {
    if (this.#active?.protocol === "typeB")
      this.#alternatesUntil = after(this.#parts.clock.monotonicMs(), ALTERNATING_MS);
    this.#active = undefined;
    const off = await this.#run(rfField("off"));
    if (!off.ok) return off;
    await this.#parts.clock.sleep(FIELD_OFF_MS);
    const on = await this.#run(rfField("on"));
    return on.ok ? ok(undefined) : on;
  }

  async stop(): Promise<void> {
    this.#active = undefined;
    const off = await this.#run(rfField("off"));
    const { link, clock, log } = this.#parts;
    // A chip that does not hear the one will not hear the other.
    const stopped = off.ok ? await toResetSpeed({ link, runner: this.#runner, clock }) : off;
    if (!stopped.ok) log.warn("pn532.stop-failed", { kind: stopped.error.kind });
  }

  /** One InListPassiveTarget. A chip that is still trying at the deadline has lost its settings, or hangs. */
  async #activate(
    protocol: CardProtocol,
    tries: number,
    signal?: AbortSignal,
  ): Promise<Result<ActiveCard | undefined, ReaderError>> {
    if (tries !== this.#tries) {
      const set = await this.#run(activationTries(tries));
      if (!set.ok) return set;
      this.#tries = tries;
    }
    const list = await this.#runner.run(
      listPassiveTarget(protocol, tries * SLOWEST_TRY_MS + ACTIVATION_MARGIN_MS),
      signal,
    );
    if (list.ok) return ok(list.value.target === undefined ? undefined : activeCard(list.value.target));
    return list.error.kind === "aborted" ? ok(undefined) : err(this.#readerError(list.error));
  }

  #present(active: ActiveCard): DetectedCard {
    this.#active = active;
    return active.detected({ transceive: (command, until) => this.#transceive(active, command, until) });
  }

  async #transceive(
    active: ActiveCard,
    command: Uint8Array,
    until: Millis | undefined,
  ): Promise<Result<Uint8Array, LinkError>> {
    // A channel outlives its card in the hands of a slow caller; the chip's next target is not its business.
    if (this.#active !== active) return err({ kind: "cardLost", status: STATUS_NO_TARGET });
    const { number, frameWaitingExponent } = active;
    const target = { runner: this.#runner, clock: this.#parts.clock, number, frameWaitingExponent };
    const answer = await exchangeApdu(target, command, until);
    if (!answer.ok) this.#isUnsure = true;
    return answer;
  }

  /** After an exchange without an answer the chip is configured anew, which takes it a few milliseconds. */
  async #makeSure(): Promise<Result<void, ReaderError>> {
    if (!this.#isUnsure) return ok(undefined);
    const configured = await configureAgain({
      link: this.#parts.link,
      runner: this.#runner,
      tries: POLL_TRIES,
    });
    if (!configured.ok) {
      this.#failure = configured.error;
      return configured;
    }
    this.#isUnsure = false;
    this.#tries = POLL_TRIES;
    return ok(undefined);
  }

  /** Gone is only who stays silent twice: noise on the air is a sign of life. */
  async #answersBlock({ signOfLife }: ActiveCard): Promise<Result<boolean, ReaderError>> {
    const check = communicateThru(signOfLife, PRESENCE_MS);
    for (let tries = 0; tries < PRESENCE_TRIES; tries++) {
      const answer = await this.#run(check);
      if (!answer.ok) return answer;
      const { status } = answer.value;
      if (status !== STATUS_OK && statusMeaning(status).class !== "card")
        return err(refused(check.name, status));
      if (status !== STATUS_TIMEOUT) return ok(true);
    }
    return ok(false);
  }

  /** A card without ISO-DEP has no block to ask for: the field is reset and the same card must answer again. */
  async #answersAgain(active: ActiveCard): Promise<Result<boolean, ReaderError>> {
    const dropped = await this.drop();
    if (!dropped.ok) return dropped;
    const again = await this.#activate(active.protocol, CHECK_TRIES);
    if (!again.ok) return again;
    const same = again.value !== undefined && equalBytes(again.value.identity, active.identity);
    this.#active = same ? active : undefined;
    return ok(same);
  }

  async #run<T>(command: Command<T>): Promise<Result<T, ReaderError>> {
    const answer = await this.#runner.run(command);
    return answer.ok ? answer : err(this.#readerError(answer.error));
  }

  #readerError(error: CommandError): ReaderError {
    this.#failure = error.kind === "reader" ? error.error : this.#parts.link.explainSilence();
    return this.#failure;
  }
}
