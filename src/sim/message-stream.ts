/**
 * Messages on the board's socket: length (4 bytes, little-endian, of what follows), type (1), request
 * number (2, little-endian), payload. Any chunking of the stream gives the same messages.
 */
import { concat } from "../bytes/bytes.ts";

export interface Message {
  readonly type: number;
  /** Echoed by the answer; zero for notifications. */
  readonly request: number;
  readonly payload: Uint8Array;
}

const LENGTH_BYTES = 4;
const HEAD_BYTES = 3;
/** A day's record of output edges fits; anything longer is no message of ours. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

export function encodeMessage({ type, request, payload }: Message): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES + HEAD_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, HEAD_BYTES + payload.length, true);
  view.setUint8(4, type);
  view.setUint16(5, request, true);
  bytes.set(payload, LENGTH_BYTES + HEAD_BYTES);
  return bytes;
}

export class MessageStream {
  #pending: Uint8Array = new Uint8Array();

  /** Messages completed by this chunk; `undefined` when the stream is no stream of messages and must be closed. */
  push(chunk: Uint8Array): readonly Message[] | undefined {
    this.#pending = this.#pending.length === 0 ? chunk : concat(this.#pending, chunk);
    const messages: Message[] = [];
    for (;;) {
      const lengthBytes = this.#announced();
      if (lengthBytes === undefined) return messages;
      if (lengthBytes < HEAD_BYTES || lengthBytes > MAX_MESSAGE_BYTES) return undefined;
      if (this.#pending.length < LENGTH_BYTES + lengthBytes) return messages;
      messages.push(this.#take(lengthBytes));
    }
  }

  #announced(): number | undefined {
    return this.#pending.length < LENGTH_BYTES ? undefined : this.#view().getUint32(0, true);
  }

  #take(lengthBytes: number): Message {
    const view = this.#view();
    const end = LENGTH_BYTES + lengthBytes;
    const payload = this.#pending.slice(LENGTH_BYTES + HEAD_BYTES, end);
    this.#pending = this.#pending.subarray(end);
    return { type: view.getUint8(4), request: view.getUint16(5, true), payload };
  }

  #view(): DataView {
    return new DataView(this.#pending.buffer, this.#pending.byteOffset, this.#pending.byteLength);
  }
}
