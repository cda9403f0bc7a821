/**
 * A card from its detection until it is dropped or another one is found: APDUs by the engine that it was activated for, the
 * rate of its link, and what it shows of what its kind sustains. Between the reader and the two engines.
 * Governing documents: ISO/IEC 14443-4 §5.3 (PPS), §7; NXP UM0701-02 §7.3.6 (InPSL).
 */
import type { CardKbits, CardLink, LinkError, ReaderError } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { after, type Millis } from "../../src/time/time.ts";
import type { ActiveCard } from "./active-card.ts";
import { wantedAnswerBytes } from "./answer-length.ts";
import { answerMs, exchangeApdu, MAX_APDU_MS, toLinkError } from "./apdu-channel.ts";
import { carryBlocks, isTooLong } from "./block-channel.ts";
import type { CardSpeeds, SpeedFailure } from "./card-speed.ts";
import { blamesReader, type CommandError, type CommandRunner } from "./command-runner.ts";
import { selectRate } from "./commands.ts";
import { IsoDepSession } from "./iso-dep.ts";
import { framesOf, type IsoDepChoice } from "./iso-dep-choice.ts";
import type { RadioRate } from "./radio-rate.ts";
import { type RetryTimeout, SIGN_OF_LIFE_MS } from "./retry-timeout.ts";
import { STATUS_OK, STATUS_PROTOCOL_ERROR, STATUS_TIMEOUT } from "./status.table.ts";

const PCB_BYTES = 1;
/** Expected where the command asks for all there is: most such answers are short. */
const USUAL_BYTES = 32;

export interface CardSessionParts {
  readonly runner: CommandRunner;
  readonly clock: Clock;
  readonly timeout: RetryTimeout;
  readonly speeds: CardSpeeds;
  readonly choice: IsoDepChoice;
  readonly radio: RadioRate;
}

/** For S(DESELECT) and its repetitions, behind which a chip hangs. */
const LEAVE_MS = 500;
/** `00`: legible, and no agreement. `0B`: the firmware says the same by it. */
const REFUSALS: ReadonlySet<number> = new Set([STATUS_OK, STATUS_TIMEOUT, STATUS_PROTOCOL_ERROR]);

type Agreed = Result<"agreed" | Exclude<SpeedFailure, "silent">, LinkError>;

export class CardSession {
  readonly #parts: CardSessionParts;
  #active: ActiveCard;
  /** Where this driver is the engine. */
  #blocks: IsoDepSession | undefined;
  #kbits: CardKbits = 106;
  /** An APDU went to the card: from then on it has a state to lose. */
  #isUsed: boolean;
  /** What was said to the card last it has answered, as far as is known. */
  #answers = false;

  constructor(parts: CardSessionParts, active: ActiveCard, state: "fresh" | "used") {
    this.#parts = parts;
    this.#active = active;
    this.#blocks = blocksOf(active);
    this.#isUsed = state === "used";
  }

  get active(): ActiveCard {
    return this.#active;
  }

  get link(): CardLink {
    return { kbits: this.#kbits, ...framesOf(this.#active.frames) };
  }

  /** A frame that the card answers by a short block, while it is there. */
  get signOfLife(): Uint8Array {
    return this.#blocks?.signOfLife ?? this.#active.signOfLife;
  }

  /** The same card, activated once more. */
  replace(active: ActiveCard): void {
    this.#active = active;
    this.#blocks = blocksOf(active);
    this.#kbits = 106;
  }

  /** See `CardChannel.transceive`. */
  async transceive(command: Uint8Array, until: Millis | undefined): Promise<Result<Uint8Array, LinkError>> {
    const answer = await this.#exchange(command, until);
    if (!this.#isUsed) this.#judgeSpeed(answer);
    this.#isUsed = true;
    this.#answers = answer.ok;
    return answer;
  }

  /** The card was asked for a sign of life, and gave none. */
  fellSilent(): void {
    this.#answers = false;
  }

  /**
   * Ends the session by S(DESELECT) where this driver is the engine, before the card is reset: a card is not to take its
   * reader's leave for the loss of the field, of which telephones and some chips make a difference. Sent to a card that has
   * just answered, and to no other; what it makes of it is its own affair. Fails with the reader's failure alone.
   */
  async deselect(): Promise<Result<void, ReaderError>> {
    if (this.#blocks === undefined || !this.#answers) return ok(undefined);
    // What the next card needs in any case is long enough, so that the patience is not changed for this and back.
    const patience = await this.#parts.timeout.reach(SIGN_OF_LIFE_MS);
    if (!patience.ok) return patience.error.kind === "reader" ? err(patience.error.error) : ok(undefined);
    const until = after(this.#parts.clock.monotonicMs(), LEAVE_MS);
    const road = { ...this.#parts, until, partMs: LEAVE_MS };
    const { outcome } = await carryBlocks(road, this.#blocks.deselect());
    return outcome.ok || outcome.error.kind !== "readerFailed" ? ok(undefined) : err(outcome.error.error);
  }

  async #exchange(command: Uint8Array, until: Millis | undefined): Promise<Result<Uint8Array, LinkError>> {
    if (this.#blocks !== undefined) return this.#exchangeBlocks(this.#blocks, command, until);
    const { runner, clock, choice } = this.#parts;
    const { number, frameWaitingExponent } = this.#active;
    const answer = await exchangeApdu({ runner, clock, number, frameWaitingExponent }, command, until);
    if (answer.ok) choice.worked(this.#active, answer.value.length);
    return answer;
  }

  async #exchangeBlocks(
    blocks: IsoDepSession,
    command: Uint8Array,
    until: Millis | undefined,
  ): Promise<Result<Uint8Array, LinkError>> {
    const { clock, choice } = this.#parts;
    const { frameWaitingExponent } = this.#active;
    const limit = after(clock.monotonicMs(), MAX_APDU_MS);
    const road = {
      ...this.#parts,
      until: until !== undefined && until < limit ? until : limit,
      // Without an end of the caller's, one answer has no more time than it would have by the firmware.
      partMs: until === undefined ? answerMs(frameWaitingExponent) : MAX_APDU_MS,
    };
    const expectedBytes = wantedAnswerBytes(command) ?? USUAL_BYTES;
    const report = await carryBlocks(road, blocks.exchange(command, expectedBytes));
    if (report.outcome.ok) choice.worked(this.#active, report.longestBytes);
    else choice.failed(this.#active, report.lastFrame, PCB_BYTES + Math.max(command.length, expectedBytes));
    return report.outcome;
  }

  /** The first answer at a faster rate tells whether the card keeps what it agreed to; a frame too long for the chip does not. */
  #judgeSpeed(answer: Result<Uint8Array, LinkError>): void {
    const { speeds } = this.#parts;
    if (answer.ok) speeds.worked(this.#active, this.#kbits);
    else if (this.#kbits > 106 && answer.error.kind === "cardLost" && !isTooLong(answer.error.status))
      speeds.failed(this.#active, "silent");
  }

  /**
   * The fastest rate that card and chip know. `refused`, `damaged`: the card may be in any state, and is to be activated
   * anew. To be called before the first APDU; throws behind it.
   */
  async raiseSpeed(): Promise<Agreed> {
    if (this.#isUsed) throw new Error("the rate is agreed on before the first APDU");
    const kbits = this.#parts.speeds.worthTrying(this.#active);
    if (kbits === this.#kbits || kbits === 106) return ok("agreed");
    const agreed =
      this.#blocks === undefined ? await this.#selectRate(kbits) : await this.#agreeOnRate(kbits);
    if (agreed.ok && agreed.value === "agreed") this.#kbits = kbits;
    return agreed;
  }

  async #selectRate(kbits: CardKbits): Promise<Agreed> {
    const { number, frameWaitingExponent } = this.#active;
    const command = selectRate(number, kbits, answerMs(frameWaitingExponent));
    const selected = await this.#parts.runner.run(command);
    if (!selected.ok) return unanswered(selected.error);
    const { status } = selected.value;
    return status === STATUS_OK ? ok("agreed") : refused(command.name, status);
  }

  async #agreeOnRate(kbits: 212 | 424): Promise<Agreed> {
    const agreed = await this.#parts.radio.agree(kbits);
    if (!agreed.ok) return unanswered(agreed.error);
    return agreed.value.kind === "agreed" ? ok("agreed") : refused("InCommunicateThru", agreed.value.status);
  }
}

/** Silence, which is how phones refuse, and a wrong word are the card's refusal; other errors are noise, or the chip's. */
function refused(command: string, status: number): Agreed {
  const blame = blamesReader(command, status);
  if (blame !== undefined) return err({ kind: "readerFailed", error: blame });
  return ok(REFUSALS.has(status) ? "refused" : "damaged");
}

function unanswered(error: CommandError): Agreed {
  const failure = toLinkError(error);
  return failure.kind === "readerFailed" ? err(failure) : ok("damaged");
}

const blocksOf = ({ frames, cardFrameBytes, frameWaitingExponent }: ActiveCard): IsoDepSession | undefined =>
  frames === "firmware"
    ? undefined
    : new IsoDepSession({
        // What the chip cannot take it cannot send either.
        cardFrameBytes: Math.min(cardFrameBytes, frames),
        readerFrameBytes: frames,
        frameWaitingExponent,
      });
