/**
 * A PN532 as a `CardReader`: finds a card of type A or B, carries APDUs to it, watches that it stays, resets
 * the field. The gate's only door to the driver; everything below it is protocol, everything above it policy.
 * Governing document: NXP UM0701-02 §7.3.5 (InListPassiveTarget), ISO/IEC 14443-3 and -4.
 */
import { equalBytes } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import type { OutputLine } from "../../src/ports/bus.ts";
import type {
  CardLink,
  CardReader,
  DetectedCard,
  LinkError,
  LoneReader,
  ReaderError,
  ReaderHealth,
  ReaderInfo,
} from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Log } from "../../src/ports/log.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { after, type Millis } from "../../src/time/time.ts";
import { Activation, CHECK_TRIES } from "./activation.ts";
import { type ActiveCard, maybeSame, R_NAK } from "./active-card.ts";
import { CardSession } from "./card-session.ts";
import { CardSpeeds, type SpeedFailure } from "./card-speed.ts";
import { CheckUp } from "./check-up.ts";
import { blamesReader, type CommandError, CommandRunner } from "./command-runner.ts";
import {
  type Command,
  communicateThru,
  FIFO_REQA,
  getGeneralStatus,
  type IsoDepEngine,
  lineTest,
  readFifo,
  rfField,
} from "./commands.ts";
import { Degradation } from "./degradation.ts";
import type { FieldTurn } from "./field-turns.ts";
import type { HostLink } from "./host-link.ts";
import { framesOf, IsoDepChoice } from "./iso-dep-choice.ts";
import {
  ALTERNATING_MS,
  ALTERNATING_ROUND,
  POLL_TRIES,
  ROUND,
  type Round,
  SHARED_ROUND,
  SHARED_TRIES,
} from "./polling-round.ts";
import { RadioRate } from "./radio-rate.ts";
import { RecoveryLadder, type StartPlan } from "./recovery.ts";
import { RetryTimeout, SIGN_OF_LIFE_MS } from "./retry-timeout.ts";
import { toResetSpeed } from "./serial-speed.ts";
import { SharedFieldReader, type SilentReader } from "./shared-field.ts";
import { configureAgain, type RecoveryParts, recover, startUp } from "./start-up.ts";
import { STATUS_NO_TARGET, STATUS_TIMEOUT } from "./status.table.ts";
import type { CardProtocol } from "./target.ts";

/** REQB to every family and a single slot, which cards that lie on one another answer too (ISO/IEC 14443-3 §7.7). */
const REQUEST_B = hex("05 00 00");

const PRESENCE_TRIES = 2;

export interface ReaderParts {
  readonly link: HostLink;
  /** RSTPD_N, opened active low: its active state holds the chip in reset. Without it a hung chip stays hung. */
  readonly reset?: OutputLine | undefined;
  /** Opens the device node anew; without it a lost one comes back by itself, as serial ports do, or never. */
  readonly reopen?: RecoveryParts["reopen"];
  /** Who speaks ISO-DEP with cards of type A where chip and card sustain it; the firmware when absent. */
  readonly isoDep?: IsoDepEngine | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** A reader that does nothing until `start`. */
export const createPn532Reader = (parts: ReaderParts): LoneReader => new Pn532Reader(parts, "own");

/** The same in its turns at a field that it shares. */
export function createSharedPn532Reader(parts: ReaderParts, turn: FieldTurn): CardReader {
  const { reset, clock } = parts;
  return new SharedFieldReader({ reader: new Pn532Reader(parts, "shared"), turn, reset, clock });
}

class Pn532Reader implements SilentReader {
  readonly #parts: ReaderParts;
  readonly #field: "own" | "shared";
  readonly #runner: CommandRunner;
  readonly #ladder: RecoveryLadder;
  readonly #speeds: CardSpeeds;
  readonly #timeout: RetryTimeout;
  readonly #choice: IsoDepChoice;
  readonly #radio: RadioRate;
  readonly #activation: Activation;
  #session: CardSession | undefined;
  /** The card of a session that `silence` has ended. */
  #parked: ActiveCard | undefined;
  /** The chip has shown that it leaves a sign of a poll that nobody answered. */
  #tellsSilence = false;
  readonly #usualTries: number;
  /**
   * A chip that failed once may have lost its settings in a brown-out and be deaf to cards ever after, while it
   * answers every command: it is not used again before it was started anew.
   */
  #failure: ReaderError | undefined;
  /** It protected itself before its start, and has to show that its carrier stays on. */
  #wasProtected = false;
  /** A card fell silent, or nothing was heard for long: a chip in a brown-out answers again, unconfigured. */
  #isUnsure = false;
  #alternatesUntil: Millis | undefined;
  readonly #checkUp: CheckUp;
  readonly #degradation: Degradation;

  constructor(parts: ReaderParts, field: "own" | "shared") {
    this.#parts = parts;
    this.#field = field;
    this.#usualTries = field === "own" ? POLL_TRIES : SHARED_TRIES;
    this.#runner = new CommandRunner(parts);
    this.#timeout = new RetryTimeout(this.#runner);
    const { isoDep: engine = "firmware", clock, log } = parts;
    this.#speeds = new CardSpeeds(clock);
    this.#choice = new IsoDepChoice({ engine, clock, log });
    this.#radio = new RadioRate({ runner: this.#runner, timeout: this.#timeout });
    this.#activation = new Activation({
      runner: this.#runner,
      clock,
      timeout: this.#timeout,
      choice: this.#choice,
      radio: this.#radio,
      usualTries: this.#usualTries,
    });
    this.#checkUp = new CheckUp(clock);
    this.#degradation = new Degradation(parts);
    this.#ladder = new RecoveryLadder({
      hasReset: parts.reset !== undefined,
      canReopen: parts.reopen !== undefined,
    });
  }

  async start(): Promise<Result<ReaderInfo, ReaderError>> {
    const { clock, log } = this.#parts;
    const plan = this.#ladder.plan(clock.monotonicMs());
    if (plan.kind === "refuse") return err(plan.error);
    const started = await this.#carryOut(plan);
    if (!started.ok) {
      log.warn("pn532.start-failed", { kind: started.error.kind });
      return err(this.#failed(started.error));
    }
    this.#session = undefined;
    this.#parked = undefined;
    this.#activation.wasStarted();
    if (this.#parts.isoDep === "software") this.#radio.mayBeRaised();
    this.#failure = undefined;
    this.#isUnsure = false;
    this.#checkUp.postpone();
    this.#degradation.toldAtStart();
    const { recoveredBy } = started.value;
    if (recoveredBy !== undefined) this.#ladder.recovered(recoveredBy, clock.monotonicMs());
    log.info("pn532.started", {
      firmware: started.value.firmware,
      degraded: started.value.degraded.join("; "),
      ...(recoveredBy === undefined ? {} : { recoveredBy }),
    });
    return started;
  }

  /** A chip that protected itself has to show that its carrier stays on; at a shared field when it may have it on. */
  async #carryOut(plan: Exclude<StartPlan, { kind: "refuse" }>): Promise<Result<ReaderInfo, ReaderError>> {
    const { log, ...given } = this.#parts;
    const isAlone = this.#field === "own";
    const parts = {
      ...given,
      runner: this.#runner,
      reset: given.reset,
      tries: this.#usualTries,
      carrier: isAlone ? "on" : "off",
    } as const;
    if (plan.kind === "cold") return startUp(parts);
    const started = await recover(parts, plan.steps, (step, error) =>
      log.warn("pn532.recovery", { step, outcome: error?.kind ?? "recovered" }),
    );
    this.#wasProtected = plan.afterProtection && !isAlone;
    if (!started.ok || !plan.afterProtection || !isAlone) return started;
    const on = await this.#keepsCarrierOn();
    return on.ok ? started : on;
  }

  async poll(signal: AbortSignal): Promise<Result<DetectedCard | undefined, ReaderError>> {
    this.#session = undefined;
    this.#parked = undefined;
    if (this.#failure !== undefined) return err(this.#failure);
    if (signal.aborted) return ok(undefined);
    const found = await this.#lookRound(signal);
    this.#degradation.tellWorse();
    return found;
  }

  async #lookRound(signal: AbortSignal): Promise<Result<DetectedCard | undefined, ReaderError>> {
    const sure = await this.#makeSure();
    if (!sure.ok) return sure;
    for (const look of this.#round()) {
      const found = await this.#look(look, signal);
      if (!found.ok) return found;
      if (found.value !== undefined) return ok(this.#present(found.value));
      if (signal.aborted) break;
    }
    return ok(undefined);
  }

  async #look(
    { protocol, tries }: Round[number],
    signal: AbortSignal,
  ): Promise<Result<ActiveCard | undefined, ReaderError>> {
    const found = await this.#activate(protocol, tries, signal);
    if (!found.ok || found.value !== undefined || signal.aborted || protocol !== "typeA") return found;
    const learned = await this.#learnSilence();
    return learned.ok ? found : learned;
  }

  #round(): Round {
    if (this.#field === "shared") return SHARED_ROUND;
    const { clock } = this.#parts;
    const alternates = this.#alternatesUntil !== undefined && clock.monotonicMs() < this.#alternatesUntil;
    return alternates ? ALTERNATING_ROUND : ROUND;
  }

  async isPresent(): Promise<Result<boolean, ReaderError>> {
    if (this.#session === undefined)
      return this.#parked === undefined ? ok(false) : this.#findAgain(this.#parked);
    if (this.#session.active.kind !== "isoDep") return this.#answersAgain(this.#session);
    const answers = await this.#answersBlock(this.#session.signOfLife);
    if (answers.ok && !answers.value) this.#session.fellSilent();
    return answers;
  }

  async drop(): Promise<Result<void, ReaderError>> {
    const session = this.#session;
    if (session?.active.protocol === "typeB")
      this.#alternatesUntil = after(this.#parts.clock.monotonicMs(), ALTERNATING_MS);
    this.#session = undefined;
    this.#parked = undefined;
    const left = (await session?.deselect()) ?? ok(undefined);
    if (!left.ok) {
      await this.#runner.run(rfField("off"));
      return err(this.#failed(left.error));
    }
    return this.#field === "own" ? this.#resetField() : this.silence();
  }

  async silence(): Promise<Result<void, ReaderError>> {
    this.#parked = this.#session?.active ?? this.#parked;
    // Whoever still holds the channel would speak to another card, or with the carrier off.
    this.#session = undefined;
    const off = await this.#run(rfField("off"));
    return off.ok ? ok(undefined) : off;
  }

  async #findAgain(parked: ActiveCard): Promise<Result<boolean, ReaderError>> {
    for (let tries = 0; tries < CHECK_TRIES; tries++) {
      const found = await this.#activate(parked.protocol, this.#usualTries);
      if (!found.ok) return found;
      if (found.value === undefined) continue;
      const isSame = maybeSame(parked, found.value);
      this.#parked = undefined;
      if (isSame) this.#session = this.#sessionOf(found.value, "used");
      return ok(isSame);
    }
    return parked.protocol === "typeA" ? this.#leavesSigns() : this.#answersBlock(REQUEST_B);
  }

  /** Once it is known what silence looks like, anything else is somebody whom the chip could not make out. */
  async #leavesSigns(): Promise<Result<boolean, ReaderError>> {
    if (!this.#tellsSilence) return ok(false);
    const fifo = await this.#run(readFifo());
    return fifo.ok ? ok(fifo.value !== FIFO_REQA) : fifo;
  }

  async #learnSilence(): Promise<Result<void, ReaderError>> {
    if (this.#field === "own" || this.#tellsSilence) return ok(undefined);
    const fifo = await this.#run(readFifo());
    if (fifo.ok) this.#tellsSilence = fifo.value === FIFO_REQA;
    return fifo.ok ? ok(undefined) : fifo;
  }

  async #resetField(): Promise<Result<void, ReaderError>> {
    const reset = await this.#activation.resetField();
    return reset.ok ? reset : err(this.#readerError(reset.error));
  }

  async stop(): Promise<void> {
    this.#session = undefined;
    this.#checkUp.stop();
    const off = await this.#run(rfField("off"));
    const { link, clock, log } = this.#parts;
    // A chip that does not hear the one will not hear the others.
    const lowered = off.ok ? await this.#radio.lower() : off;
    const stopped = lowered.ok ? await toResetSpeed({ link, runner: this.#runner, clock }) : lowered;
    if (!stopped.ok) log.warn("pn532.stop-failed", { kind: stopped.error.kind });
  }

  health(): ReaderHealth {
    return {
      ...this.#runner.counts,
      recoveries: this.#ladder.counts,
      degraded: this.#parts.link.degraded(),
      ...framesOf(this.#choice.chip),
    };
  }

  async #activate(
    protocol: CardProtocol,
    tries: number,
    signal?: AbortSignal,
  ): Promise<Result<ActiveCard | undefined, ReaderError>> {
    const found = await this.#activation.activate(protocol, tries, signal);
    if (found.ok) return found;
    if (found.error.kind === "aborted") return ok(undefined);
    return err(
      found.error.kind === "reader"
        ? await this.#protected(found.error.error)
        : this.#readerError(found.error),
    );
  }

  #present(active: ActiveCard): DetectedCard {
    const session = this.#sessionOf(active, "fresh");
    this.#session = session;
    return active.detected({
      channel: { transceive: (command, until) => this.#transceive(session, command, until) },
      raiseSpeed: () => this.#raiseSpeed(session),
    });
  }

  #sessionOf(active: ActiveCard, state: "fresh" | "used"): CardSession {
    const parts = {
      runner: this.#runner,
      clock: this.#parts.clock,
      timeout: this.#timeout,
      speeds: this.#speeds,
      choice: this.#choice,
      radio: this.#radio,
    };
    return new CardSession(parts, active, state);
  }

  async #transceive(
    session: CardSession,
    command: Uint8Array,
    until: Millis | undefined,
  ): Promise<Result<Uint8Array, LinkError>> {
    // A channel outlives its card in the hands of a slow caller; the chip's next target is not its business.
    if (this.#session !== session) return err({ kind: "cardLost", status: STATUS_NO_TARGET });
    const answer = await session.transceive(command, until);
    if (answer.ok) return answer;
    this.#isUnsure = true;
    return answer.error.kind === "readerFailed" ? this.#brokenLink(answer.error.error) : answer;
  }

  async #raiseSpeed(session: CardSession): Promise<Result<CardLink, LinkError>> {
    if (this.#session !== session) return err({ kind: "cardLost", status: STATUS_NO_TARGET });
    const raised = await session.raiseSpeed();
    if (!raised.ok)
      return raised.error.kind === "readerFailed" ? this.#brokenLink(raised.error.error) : raised;
    return raised.value === "agreed" ? ok(session.link) : this.#activateAgain(session, raised.value);
  }

  /** A card that refused a rate may be in any state: the field is reset, and one of its kind must answer again. */
  async #activateAgain(session: CardSession, how: SpeedFailure): Promise<Result<CardLink, LinkError>> {
    const reset = await this.#resetField();
    if (!reset.ok) return this.#brokenLink(reset.error);
    const again = await this.#activate(session.active.protocol, CHECK_TRIES);
    if (!again.ok) return this.#brokenLink(again.error);
    if (again.value?.family !== session.active.family) {
      this.#session = undefined;
      return err({ kind: "cardLost", status: STATUS_TIMEOUT });
    }
    this.#speeds.failed(session.active, how);
    session.replace(again.value);
    return ok(session.link);
  }

  /** After an exchange without an answer, and now and then, the chip is looked after; it takes a few milliseconds. */
  async #makeSure(): Promise<Result<void, ReaderError>> {
    if (this.#checkUp.isDue) {
      const well = await this.#isWell();
      if (!well.ok) return well;
      // On I2C a chip that lost its settings between two commands wakes at the next one, obeys, and finds no card.
      this.#isUnsure = true;
    }
    if (this.#isUnsure) {
      const { link } = this.#parts;
      const configured = await configureAgain({ link, runner: this.#runner, tries: this.#usualTries });
      if (!configured.ok) return err(this.#failed(configured.error));
      this.#isUnsure = false;
      this.#activation.wasConfigured();
    }
    return this.#wasProtected ? this.#keepsCarrierOn() : ok(undefined);
  }

  /** The line still carries every byte, and the chip does not keep its carrier off. */
  async #isWell(): Promise<Result<void, ReaderError>> {
    this.#checkUp.postpone();
    this.#degradation.tell();
    const carries = await this.#run(lineTest());
    if (!carries.ok) return carries;
    const general = await this.#run(getGeneralStatus());
    if (!general.ok) return general;
    const alarm = blamesReader("GetGeneralStatus", general.value.lastStatus);
    // The chip keeps its last error when the cause has gone.
    return alarm?.kind === "chipProtection" ? this.#keepsCarrierOn() : ok(undefined);
  }

  /** A frame to nobody: whoever protects himself says so, everybody else hears no answer. */
  async #keepsCarrierOn(): Promise<Result<void, ReaderError>> {
    this.#wasProtected = false;
    const on = this.#field === "shared" ? await this.#run(rfField("on")) : ok(undefined);
    if (!on.ok) return on;
    const heard = await this.#heard(Uint8Array.of(R_NAK));
    return heard.ok ? ok(undefined) : heard;
  }

  /** The chip's status behind a raw frame; an error where it speaks of the chip. */
  async #heard(frame: Uint8Array): Promise<Result<number, ReaderError>> {
    const responseMs = await this.#timeout.reach(SIGN_OF_LIFE_MS);
    if (!responseMs.ok) return err(this.#readerError(responseMs.error));
    const command = communicateThru(frame, responseMs.value);
    const answer = await this.#run(command);
    if (!answer.ok) return answer;
    const { status } = answer.value;
    const blame = blamesReader(command.name, status);
    return blame === undefined ? ok(status) : err(await this.#protected(blame));
  }

  /** Gone is only who stays silent twice: noise on the air is a sign of life. */
  async #answersBlock(signOfLife: Uint8Array): Promise<Result<boolean, ReaderError>> {
    for (let tries = 0; tries < PRESENCE_TRIES; tries++) {
      const heard = await this.#heard(signOfLife);
      if (!heard.ok) return heard;
      if (heard.value !== STATUS_TIMEOUT) return ok(true);
    }
    return ok(false);
  }

  /** A card without ISO-DEP has no block to ask for: the field is reset and the same card must answer again. */
  async #answersAgain(session: CardSession): Promise<Result<boolean, ReaderError>> {
    const reset = await this.#resetField();
    if (!reset.ok) return reset;
    const again = await this.#activate(session.active.protocol, CHECK_TRIES);
    if (!again.ok) return again;
    const same = again.value !== undefined && equalBytes(again.value.identity, session.active.identity);
    if (same) session.replace(again.value);
    else this.#session = undefined;
    return ok(same);
  }

  async #run<T>(command: Command<T>): Promise<Result<T, ReaderError>> {
    const answer = await this.#runner.run(command);
    return answer.ok ? answer : err(this.#readerError(answer.error));
  }

  #readerError(error: CommandError): ReaderError {
    return this.#failed(error.kind === "reader" ? error.error : this.#parts.link.explainSilence());
  }

  #failed(error: ReaderError): ReaderError {
    this.#failure = error;
    this.#ladder.failed(error, this.#parts.clock.monotonicMs());
    return error;
  }

  async #brokenLink(error: ReaderError): Promise<Result<never, LinkError>> {
    return err({ kind: "readerFailed", error: await this.#protected(error) });
  }

  /** A chip that is too hot or draws too much has switched its drivers off, and is not to find them on when it recovers. */
  async #protected(error: ReaderError): Promise<ReaderError> {
    if (error.kind === "chipProtection") await this.#runner.run(rfField("off"));
    return this.#failed(error);
  }
}
