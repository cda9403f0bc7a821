/**
 * The program at the other end of a virtual reader's connection, which is or is not a card. After each failure the
 * connection is cut: an answer that comes late would be taken for that to another command.
 */
import type { Socket } from "node:net";
import type { CardChannel, LinkError } from "../ports/card.ts";
import type { Clock } from "../ports/clock.ts";
import { err, ok, type Result } from "../result.ts";
import { encodeVpcdMessage, VPCD_CONTROL, VpcdStream } from "../sim/vpcd-wire.ts";
import { after, type Millis } from "../time/time.ts";
import { atrHistoricalBytes } from "./atr.ts";

/** What a PN532 says of a card that does not answer, and of one that is gone. */
const NO_ANSWER: LinkError = { kind: "cardLost", status: 0x01 };
const GONE: LinkError = { kind: "cardLost", status: 0x2b };
/** Many times what the slowest key agreement takes on a virtual card. */
const ANSWER_MS = 10_000;
const ATR_MS = 2_000;
const STATUS_BYTES = 2;

export interface ActivatedPeer {
  readonly historicalBytes: Uint8Array;
  readonly channel: CardChannel;
}

export class VpcdPeer {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #stream = new VpcdStream();
  #failure: LinkError | undefined;
  #settle: ((answer: Result<Uint8Array, LinkError>) => void) | undefined;
  /** Counts activations: a channel of an earlier one leads nowhere. */
  #activation = 0;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#fail(GONE));
  }

  isThere(): boolean {
    return this.#failure === undefined;
  }

  /**
   * Power off and on, and the ATR. Fails with `cardLost` when the peer is silent or gone, with `cardGarbled` when what it
   * sends is no ATR.
   */
  async activate(): Promise<Result<ActivatedPeer, LinkError>> {
    this.powerOff();
    const activation = this.#activation;
    this.#send(VPCD_CONTROL.powerOn);
    const atr = await this.#ask(Uint8Array.of(VPCD_CONTROL.atr), ATR_MS);
    if (!atr.ok) return atr;
    const historicalBytes = atrHistoricalBytes(atr.value);
    if (historicalBytes === undefined)
      return this.#failed({ kind: "cardGarbled", why: "no answer to reset" });
    const channel: CardChannel = {
      transceive: (command, until) =>
        activation === this.#activation ? this.#transceive(command, until) : Promise.resolve(err(GONE)),
    };
    return ok({ historicalBytes, channel });
  }

  /** The channel given out before is dead from now on. */
  powerOff(): void {
    this.#activation += 1;
    this.#send(VPCD_CONTROL.powerOff);
  }

  remove(): void {
    this.#fail(GONE);
  }

  async #transceive(command: Uint8Array, until?: Millis): Promise<Result<Uint8Array, LinkError>> {
    const now = this.#clock.monotonicMs();
    const limit = after(now, ANSWER_MS);
    const end = until === undefined || until > limit ? limit : until;
    const answer = await this.#ask(command, end - now);
    if (answer.ok && answer.value.length < STATUS_BYTES)
      return this.#failed({ kind: "cardGarbled", why: "answer shorter than its status" });
    return answer;
  }

  #send(control: number): void {
    if (this.#failure === undefined) this.#socket.write(encodeVpcdMessage(Uint8Array.of(control)));
  }

  /** One message and the one that comes back; a second one in flight is a defect of the caller. */
  async #ask(message: Uint8Array, patienceMs: number): Promise<Result<Uint8Array, LinkError>> {
    if (this.#settle !== undefined) throw new Error("one command at a time");
    if (this.#failure !== undefined) return err(this.#failure);
    const answered = new Promise<Result<Uint8Array, LinkError>>((resolve) => {
      this.#settle = resolve;
    });
    this.#socket.write(encodeVpcdMessage(message));
    const patience = new AbortController();
    const late = this.#clock.sleep(patienceMs, patience.signal).then(() => {
      if (!patience.signal.aborted) this.#fail(NO_ANSWER);
    });
    const answer = await answered;
    patience.abort();
    await late;
    return answer;
  }

  #receive(chunk: Uint8Array): void {
    const messages = this.#stream.push(chunk);
    if (messages === undefined) this.#fail({ kind: "cardGarbled", why: "an empty message" });
    for (const message of messages ?? []) {
      const settle = this.#settle;
      this.#settle = undefined;
      if (settle === undefined) this.#fail({ kind: "cardGarbled", why: "an answer that nobody asked for" });
      else settle(ok(message));
    }
  }

  #failed(error: LinkError): Result<never, LinkError> {
    this.#fail(error);
    return err(error);
  }

  /** The first failure stays. */
  #fail(error: LinkError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#socket.destroy();
    this.#settle?.(err(error));
    this.#settle = undefined;
  }
}
