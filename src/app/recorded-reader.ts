/**
 * A door's reader with a record of how it fares: which firmware answered, which failures it told its lane, whether
 * it works now. Every call goes through unchanged. The record is what the fleet is told each minute (fleet
 * interface, §9).
 */
import type {
  CardChannel,
  CardReader,
  DetectedCard,
  LinkError,
  Look,
  ReaderError,
  ReaderHealth,
  ReaderInfo,
} from "../ports/card.ts";
import type { Clock } from "../ports/clock.ts";
import { ok, type Result } from "../result.ts";
import type { Millis } from "../time/time.ts";

type FailureKind = ReaderError["kind"];

/** The driver's own numbers, and what the door saw of the reader. */
export interface ReaderReport extends ReaderHealth {
  /** Of the chip that was started last; `undefined` before the first. */
  readonly firmware: string | undefined;
  /** It has looked for a card and has not failed since. */
  readonly works: boolean;
  /** How often it failed; each start in vain counts. */
  readonly failures: Readonly<Record<FailureKind, number>>;
  readonly lastFailure: { readonly kind: FailureKind; readonly at: Millis } | undefined;
}

export class RecordedReader implements CardReader {
  readonly #reader: CardReader;
  readonly #clock: Clock;
  readonly #failures: Record<FailureKind, number> = {
    bus: 0,
    line: 0,
    chipSilent: 0,
    chipGarbled: 0,
    chipRefused: 0,
    chipProtection: 0,
  };
  #firmware: string | undefined;
  #works = false;
  /** A reader that failed says so again and again until it is started anew. */
  #isNoted = false;
  #lastFailure: ReaderReport["lastFailure"];

  constructor(reader: CardReader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  report(): ReaderReport {
    return {
      firmware: this.#firmware,
      works: this.#works,
      failures: { ...this.#failures },
      lastFailure: this.#lastFailure,
      ...this.#reader.health(),
    };
  }

  async start(): Promise<Result<ReaderInfo, ReaderError>> {
    this.#isNoted = false;
    const started = this.#noted(await this.#reader.start());
    if (started.ok) this.#firmware = started.value.firmware;
    return started;
  }

  async poll(signal: AbortSignal): Promise<Result<Look, ReaderError>> {
    const polled = this.#noted(await this.#reader.poll(signal));
    if (!polled.ok || polled.value === "notLooked") return polled;
    this.#works = true;
    return polled.value === undefined ? polled : ok(this.#recorded(polled.value));
  }

  async isPresent(): Promise<Result<boolean, ReaderError>> {
    return this.#noted(await this.#reader.isPresent());
  }

  async drop(): Promise<Result<void, ReaderError>> {
    return this.#noted(await this.#reader.drop());
  }

  stop(): Promise<void> {
    return this.#reader.stop();
  }

  health(): ReaderHealth {
    return this.#reader.health();
  }

  /** A card through which the reader's failures are heard too. */
  #recorded(card: DetectedCard): DetectedCard {
    const channel: CardChannel = {
      transceive: async (command, until) => this.#notedLink(await card.channel.transceive(command, until)),
    };
    return { ...card, channel, raiseSpeed: async () => this.#notedLink(await card.raiseSpeed()) };
  }

  #noted<T>(result: Result<T, ReaderError>): Result<T, ReaderError> {
    if (!result.ok) this.#failed(result.error);
    return result;
  }

  #notedLink<T>(result: Result<T, LinkError>): Result<T, LinkError> {
    if (!result.ok && result.error.kind === "readerFailed") this.#failed(result.error.error);
    return result;
  }

  #failed({ kind }: ReaderError): void {
    this.#works = false;
    if (this.#isNoted) return;
    this.#isNoted = true;
    this.#failures[kind] += 1;
    this.#lastFailure = { kind, at: this.#clock.monotonicMs() };
  }
}
