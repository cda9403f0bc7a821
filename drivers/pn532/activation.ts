/**
 * From "is anybody there" to a card that takes APDUs: one InListPassiveTarget, and behind it, where this driver speaks
 * ISO-DEP by itself, the card's answer to select. Keeps what the chip was last told, since it cannot be read back.
 * Governing documents: NXP UM0701-02 §7.3.5 (InListPassiveTarget), §7.2.9 (SetParameters); ISO/IEC 14443-4 §5.
 */
import type { Clock } from "../../src/ports/clock.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { type ActiveCard, activeCard, speaksIsoDep } from "./active-card.ts";
import { parseAts } from "./ats.ts";
import { blamesReader, type CommandError, type CommandRunner } from "./command-runner.ts";
import {
  activationTries,
  exchangeRaw,
  type IsoDepEngine,
  listPassiveTarget,
  rfField,
  setParameters,
} from "./commands.ts";
import { ratsFrame } from "./iso-dep-activation.ts";
import type { FrameChoice, IsoDepChoice } from "./iso-dep-choice.ts";
import { PollDeadline } from "./poll-deadline.ts";
import type { RadioRate } from "./radio-rate.ts";
import { type RetryTimeout, SIGN_OF_LIFE_MS } from "./retry-timeout.ts";
import { FIELD_OFF_MS } from "./start-up.ts";
import { STATUS_OK, STATUS_TIMEOUT } from "./status.table.ts";
import type { CardProtocol, TargetA } from "./target.ts";

/** A card that was there a moment ago: one try may meet it still waking. */
export const CHECK_TRIES = 2;
const RATS_TRIES = 2;
/** The longest ATS that documents have; a longer one costs a second read. */
const ATS_BYTES = 20;
/** A card that wants to be left alone for longer behind its ATS holds up the lane, and is asked sooner. */
const MAX_GUARD_MS = 100;

export interface ActivationParts {
  readonly runner: CommandRunner;
  readonly clock: Clock;
  readonly timeout: RetryTimeout;
  readonly choice: IsoDepChoice;
  readonly radio: RadioRate;
  /** Tries that the chip is given at its start. */
  readonly usualTries: number;
}

type Found = Promise<Result<ActiveCard | undefined, CommandError>>;

export class Activation {
  readonly #parts: ActivationParts;
  readonly #deadline = new PollDeadline();
  #tries: number;
  #engine: IsoDepEngine = "firmware";

  constructor(parts: ActivationParts) {
    this.#parts = parts;
    this.#tries = parts.usualTries;
  }

  /** The chip was given the settings of a start. */
  wasConfigured(): void {
    this.#tries = this.#parts.usualTries;
    this.#engine = "firmware";
    this.#parts.timeout.wasReset();
  }

  /** It was started, and may be another one. */
  wasStarted(): void {
    this.wasConfigured();
    this.#deadline.forget();
  }

  /** The first card of a type. A chip that is still trying at the deadline has lost its settings, or hangs. */
  async activate(protocol: CardProtocol, tries: number, signal?: AbortSignal): Found {
    const { choice } = this.#parts;
    const found = await this.#find(protocol, tries, choice.first, signal);
    if (!found.ok || found.value === undefined || found.value.frames === "firmware") return found;
    const { family } = found.value;
    const best = choice.of(family);
    if (best === found.value.frames) return found;
    // Frames are agreed on once, at the beginning.
    const reset = await this.resetField();
    if (!reset.ok) return reset;
    const again = await this.#find(protocol, CHECK_TRIES, best, signal);
    // Whatever became of it, a trial that loses cards is over.
    if (again.ok && again.value === undefined) choice.failed({ family, frames: best }, "other", 0);
    return again;
  }

  /** Carrier off long enough for every card to forget all it knew, and on again. */
  async resetField(): Promise<Result<void, CommandError>> {
    const { runner, clock } = this.#parts;
    const off = await runner.run(rfField("off"));
    if (!off.ok) return off;
    await clock.sleep(FIELD_OFF_MS);
    const on = await runner.run(rfField("on"));
    return on.ok ? ok(undefined) : on;
  }

  async #find(
    protocol: CardProtocol,
    tries: number,
    frames: FrameChoice,
    signal: AbortSignal | undefined,
  ): Found {
    const { runner, clock } = this.#parts;
    const engine = frames === "firmware" ? "firmware" : "software";
    const prepared = await this.#prepare(protocol, tries, engine);
    if (!prepared.ok) return prepared;
    const begunAt = clock.monotonicMs();
    const list = await runner.run(listPassiveTarget(protocol, this.#deadline.deadlineMs(tries)), signal);
    if (!list.ok) return list;
    const { target } = list.value;
    if (target === undefined) {
      this.#deadline.foundNobody(tries, clock.monotonicMs() - begunAt);
      return ok(undefined);
    }
    if (target.protocol !== "typeA" || frames === "firmware" || !speaksIsoDep(target))
      return ok(activeCard(target, "firmware"));
    if (target.ats.length === 0) return this.#select(target, frames);
    // The chip has asked by itself: it has lost its settings, or never minds them. Its engine speaks with this card.
    this.#engine = "firmware";
    return ok(activeCard(target, "firmware"));
  }

  async #prepare(
    protocol: CardProtocol,
    tries: number,
    engine: IsoDepEngine,
  ): Promise<Result<void, CommandError>> {
    const { runner, radio } = this.#parts;
    const lowered = await radio.lower();
    if (!lowered.ok) return lowered;
    if (tries !== this.#tries) {
      const set = await runner.run(activationTries(tries));
      if (!set.ok) return set;
      this.#tries = tries;
    }
    // Type B has no answer to select: its parameters go with ATTRIB, which the firmware sends.
    if (protocol === "typeA" && engine !== this.#engine) {
      const set = await runner.run(setParameters(engine));
      if (!set.ok) return set;
      this.#engine = engine;
    }
    return ok(undefined);
  }

  /** RATS in a raw frame. A card that does not answer it may be in any state, and is nobody until the field was off. */
  async #select(target: TargetA, frames: Exclude<FrameChoice, "firmware">): Found {
    const { clock, choice } = this.#parts;
    const answer = await this.#askForAts(frames);
    if (!answer.ok) return answer;
    if (answer.value === undefined) {
      choice.selectionFailed(frames);
      const reset = await this.resetField();
      return reset.ok ? ok(undefined) : reset;
    }
    choice.selectionWorked();
    const { guardMs } = parseAts(answer.value);
    if (guardMs > 0) await clock.sleep(Math.min(guardMs, MAX_GUARD_MS));
    return ok(activeCard({ ...target, ats: answer.value }, frames));
  }

  /** Answered within 4.8 ms (65536 / fc); the chip's usual patience costs no command. A card may not have heard the first. */
  async #askForAts(
    frames: Exclude<FrameChoice, "firmware">,
  ): Promise<Result<Uint8Array | undefined, CommandError>> {
    const { runner, timeout } = this.#parts;
    const responseMs = await timeout.reach(SIGN_OF_LIFE_MS);
    if (!responseMs.ok) return responseMs;
    const request = exchangeRaw(ratsFrame(frames), { answerBytes: ATS_BYTES, responseMs: responseMs.value });
    for (let tries = 0; tries < RATS_TRIES; tries++) {
      const answer = await runner.run(request);
      if (!answer.ok) return answer;
      const { status, data } = answer.value;
      const blame = blamesReader(request.name, status);
      if (blame !== undefined) return err({ kind: "reader", error: blame });
      if (status === STATUS_OK) return ok(data);
      // Whoever has answered does not answer RATS again.
      if (status !== STATUS_TIMEOUT) break;
    }
    return ok(undefined);
  }
}
