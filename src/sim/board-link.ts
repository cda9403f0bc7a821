/**
 * The client's end of the board's socket: requests with their answers, and notifications. Small on
 * purpose: it lives in the gate's process when that runs on a virtual board.
 */
import { connect, type Socket } from "node:net";
import type { BusError } from "../ports/bus.ts";
import { err, ok, type Result } from "../result.ts";
import { encodeMessage, type Message, MessageStream } from "./message-stream.ts";

/** Request numbers are 16 bits; zero marks notifications. */
const LAST_REQUEST = 0xffff;
/** More unanswered requests than this: the board does not live any more. */
const MAX_WAITING = 1_000;

export class BoardLink {
  readonly #socket: Socket;
  readonly #node: string;
  readonly #stream = new MessageStream();
  readonly #waiting = new Map<number, (answer: Result<Uint8Array, BusError>) => void>();
  readonly #onNotification: (message: Message) => void;
  #request = 0;
  #ended = false;

  constructor(socket: Socket, node: string, onNotification: (message: Message) => void) {
    this.#socket = socket;
    this.#node = node;
    this.#onNotification = onNotification;
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", (cause) => this.#end(cause));
    socket.on("close", () => this.#end(undefined));
  }

  /** Sends a request; fails with `busFailed` when the board's process is gone. */
  ask(type: number, payload: Uint8Array): Promise<Result<Uint8Array, BusError>> {
    if (this.#ended || this.#waiting.size >= MAX_WAITING)
      return Promise.resolve(err({ kind: "busFailed", node: this.#node }));
    this.#request = this.#request === LAST_REQUEST ? 1 : this.#request + 1;
    const request = this.#request;
    return new Promise((resolve) => {
      this.#waiting.set(request, resolve);
      this.#socket.write(encodeMessage({ type, request, payload }));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Uint8Array): void {
    const messages = this.#stream.push(chunk);
    if (messages === undefined) {
      this.#socket.destroy();
      return;
    }
    for (const message of messages) {
      const resolve = this.#waiting.get(message.request);
      this.#waiting.delete(message.request);
      if (resolve === undefined) this.#onNotification(message);
      else resolve(ok(message.payload));
    }
  }

  #end(cause: unknown): void {
    this.#ended = true;
    for (const resolve of this.#waiting.values())
      resolve(err({ kind: "busFailed", node: this.#node, cause }));
    this.#waiting.clear();
  }
}

/** Fails with `nodeMissing` when nobody listens at `socketPath`. */
export function openBoardLink(
  socketPath: string,
  onNotification: (message: Message) => void,
): Promise<Result<BoardLink, BusError>> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const refuse = (cause: unknown): void => {
      resolve(err({ kind: "nodeMissing", node: socketPath, remedy: "start the virtual board first", cause }));
    };
    socket.once("error", refuse);
    socket.once("connect", () => {
      socket.off("error", refuse);
      resolve(ok(new BoardLink(socket, socketPath, onNotification)));
    });
  });
}
