/**
 * A virtual card in the virtual reader of a computer: pcscd with vpcd, behind which every program that speaks PC/SC
 * finds it. The reader listens, the card connects. Card time is not kept: each answer goes out when it is made.
 */
import { connect, type Socket } from "node:net";
import { err, ok, type Result } from "../result.ts";
import { bytesOfResponse, type CardApplication } from "./cards/iso-dep.ts";
import { encodeVpcdMessage, MAX_VPCD_MESSAGE_BYTES, VPCD_CONTROL, VpcdStream } from "./vpcd-wire.ts";

export interface VpcdAddress {
  readonly host: string;
  readonly port: number;
}

/** A card as such a reader sees it. */
export interface ContactCard {
  readonly atr: Uint8Array;
  readonly application: CardApplication;
}

/** Nothing listens there. */
export interface VpcdUnreachable {
  readonly kind: "vpcdUnreachable";
  readonly address: VpcdAddress;
  readonly remedy: string;
  readonly cause: unknown;
}

/** `removed`: the card was pulled, as its own script says. `readerGarbled`: what came was no such wire. */
export type VpcdEnding = "closed" | "removed" | "readerGone" | "readerGarbled";

export interface InsertedCard {
  readonly ended: Promise<VpcdEnding>;
  /** Pulls the card. */
  close(): void;
}

/** Answers that the reader has not fetched; it waits for each, so that a second long one is no reader's doing. */
const MAX_UNREAD_BYTES = 2 * MAX_VPCD_MESSAGE_BYTES;
const RESETS: ReadonlySet<number> = new Set([
  VPCD_CONTROL.powerOff,
  VPCD_CONTROL.powerOn,
  VPCD_CONTROL.reset,
]);
/** In place of an answer that the wire cannot carry: no precise diagnosis (ISO/IEC 7816-4 §5.6). */
const CANNOT_BE_TOLD = Uint8Array.of(0x6f, 0x00);

/** Puts `card` into the reader that listens at `address`. */
export async function insertCard(
  address: VpcdAddress,
  card: ContactCard,
): Promise<Result<InsertedCard, VpcdUnreachable>> {
  const socket = connect(address);
  const failure = await new Promise<unknown>((resolve) => {
    socket.once("error", resolve);
    socket.once("connect", () => resolve(undefined));
  });
  if (failure !== undefined) {
    const remedy = "start pcscd with the driver vpcd, or name the place where it listens";
    return err({ kind: "vpcdUnreachable", address, remedy, cause: failure });
  }
  return ok(new Insertion(socket, card));
}

class Insertion implements InsertedCard {
  readonly ended: Promise<VpcdEnding>;
  readonly #socket: Socket;
  readonly #card: ContactCard;
  readonly #stream = new VpcdStream();
  #ending: VpcdEnding = "readerGone";

  constructor(socket: Socket, card: ContactCard) {
    this.#socket = socket;
    this.#card = card;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#receive(chunk));
    // A reader that was killed resets the connection; what follows is the close event.
    socket.on("error", () => socket.destroy());
    this.ended = new Promise((resolve) => {
      socket.on("close", () => {
        card.application.reset();
        resolve(this.#ending);
      });
    });
  }

  close(): void {
    this.#end("closed");
  }

  #receive(chunk: Uint8Array): void {
    const messages = this.#stream.push(chunk);
    for (const message of messages ?? []) {
      if (this.#socket.destroyed || this.#socket.writableEnded) return;
      this.#handle(message);
    }
    if (messages === undefined) this.#end("readerGarbled");
  }

  #handle(message: Uint8Array): void {
    const control = message.length === 1 ? message[0] : undefined;
    if (control === VPCD_CONTROL.atr) this.#send(this.#card.atr);
    else if (control !== undefined && RESETS.has(control)) this.#card.application.reset();
    else this.#answer(message);
  }

  #answer(command: Uint8Array): void {
    const { response, gone, unheard } = this.#card.application.process(command);
    if (unheard === true) return;
    const bytes = bytesOfResponse(response);
    const fits = bytes.length > 0 && bytes.length <= MAX_VPCD_MESSAGE_BYTES;
    this.#send(fits ? bytes : CANNOT_BE_TOLD);
    if (gone !== true) return;
    this.#ending = "removed";
    this.#socket.destroySoon();
  }

  #send(message: Uint8Array): void {
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) this.#end("readerGarbled");
    else this.#socket.write(encodeVpcdMessage(message));
  }

  #end(ending: VpcdEnding): void {
    if (this.#socket.destroyed) return;
    this.#ending = ending;
    this.#socket.destroy();
  }
}
