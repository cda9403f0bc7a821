/**
 * A card from its detection until it is dropped or another one is found: APDUs by the engine that it was activated for, the
 * rate of its link, and what it shows of what its kind sustains. Between the reader and the two engines.
 * Governing documents: ISO/IEC 14443-4 §5.3 (PPS), §7; NXP UM0701-02 §7.3.6 (InPSL).
 */
import type { CardKbits, CardLink, LinkError } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { after, type Millis } from "../../src/time/time.ts";
import type { ActiveCard } from "./active-card.ts";
import { wantedAnswerBytes } from "./answer-length.ts";
import { answerMs, exchangeApdu, MAX_APDU_MS, toLinkError } from "./apdu-channel.ts";
import { carryBlocks, isTooLong } from "./block-channel.ts";
import type { CardSpeeds } from "./card-speed.ts";
import { blamesReader, type CommandError, type CommandRunner } from "./command-runner.ts";
import { selectRate } from "./commands.ts";
import { IsoDepSession } from "./iso-dep.ts";
import type { IsoDepChoice } from "./iso-dep-choice.ts";
import { agreeOnRate } from "./radio-rate.ts";
import type { RetryTimeout } from "./retry-timeout.ts";
import { STATUS_OK } from "./status.table.ts";

/** The firmware asks for no longer ones. */
const FIRMWARE_FRAME_BYTES = 64;
const PCB_BYTES = 1;
/** Expected where the command asks for all there is: most such answers are short. */
const USUAL_BYTES = 32;

export interface CardSessionParts {
  readonly runner: CommandRunner;
  readonly clock: Clock;
  readonly timeout: RetryTimeout;
  readonly speeds: CardSpeeds;
  readonly choice: IsoDepChoice;
}

type Agreed = Result<"agreed" | "refused", LinkError>;

export class CardSession {
  readonly #parts: CardSessionParts;
  #active: ActiveCard;
  /** Where this driver is the engine. */
  #blocks: IsoDepSession | undefined;
  #kbits: CardKbits = 106;
  /** An APDU went to the card: from then on it has a state to lose. */
  #isUsed: boolean;

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
    const { frames } = this.#active;
    return frames === "firmware"
      ? { kbits: this.#kbits, isoDep: "firmware", frameBytes: FIRMWARE_FRAME_BYTES }
      : { kbits: this.#kbits, isoDep: "software", frameBytes: frames };
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
    if (this.#kbits > 106 && !this.#isUsed) this.#judgeSpeed(answer);
    this.#isUsed = true;
    return answer;
  }

  #exchange(command: Uint8Array, until: Millis | undefined): Promise<Result<Uint8Array, LinkError>> {
    const { runner, clock } = this.#parts;
    const { number, frameWaitingExponent } = this.#active;
    return this.#blocks === undefined
      ? exchangeApdu({ runner, clock, number, frameWaitingExponent }, command, until)
      : this.#exchangeBlocks(this.#blocks, command, until);
  }

  async #exchangeBlocks(
    blocks: IsoDepSession,
    command: Uint8Array,
    until: Millis | undefined,
  ): Promise<Result<Uint8Array, LinkError>> {
    const { clock, choice } = this.#parts;
    const { family, frameWaitingExponent } = this.#active;
    const limit = after(clock.monotonicMs(), MAX_APDU_MS);
    const road = {
      ...this.#parts,
      until: until !== undefined && until < limit ? until : limit,
      // Without an end of the caller's, one answer has no more time than it would have by the firmware.
      partMs: until === undefined ? answerMs(frameWaitingExponent) : MAX_APDU_MS,
    };
    const expectedBytes = wantedAnswerBytes(command) ?? USUAL_BYTES;
    const report = await carryBlocks(road, blocks.exchange(command, expectedBytes));
    if (report.outcome.ok) choice.worked(family, report.longestBytes);
    else if (report.lastFrame !== "other")
      choice.failed(family, report.lastFrame, PCB_BYTES + Math.max(command.length, expectedBytes));
    return report.outcome;
  }

  /** The first answer at a faster rate tells whether the card keeps what it agreed to; a frame too long for the chip does not. */
  #judgeSpeed(answer: Result<Uint8Array, LinkError>): void {
    const { speeds } = this.#parts;
    if (answer.ok) speeds.worked(this.#active);
    else if (answer.error.kind === "cardLost" && !isTooLong(answer.error.status)) speeds.failed(this.#active);
  }

  /**
   * The fastest rate that card and chip know. `refused`: the card may be in any state, and is to be activated anew. To be
   * called before the first APDU; throws behind it.
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
    const agreed = await agreeOnRate(this.#parts, kbits);
    if (!agreed.ok) return unanswered(agreed.error);
    return agreed.value.kind === "agreed" ? ok("agreed") : refused("InCommunicateThru", agreed.value.status);
  }
}

/** The card's refusal, unless the status speaks of the chip. */
function refused(command: string, status: number): Agreed {
  const blame = blamesReader(command, status);
  return blame === undefined ? ok("refused") : err({ kind: "readerFailed", error: blame });
}

function unanswered(error: CommandError): Agreed {
  const failure = toLinkError(error);
  return failure.kind === "readerFailed" ? err(failure) : ok("refused");
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
