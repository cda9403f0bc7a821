/**
 * The wire between a virtual reader and a virtual card of the vsmartcard project (vpcd): length, two bytes, big-endian,
 * then so many bytes. Messages of one byte to the card are controls, any other is a command APDU; back come
 * the ATR and response APDUs. Any chunking of the stream gives the same messages.
 * Governing text: vsmartcard, virtualsmartcard/src/vpcd/vpcd.c.
 */
import { concat } from "../bytes/bytes.ts";

/** Messages of one byte to the card. Only the last is answered, with the ATR. */
export const VPCD_CONTROL = { powerOff: 0x00, powerOn: 0x01, reset: 0x02, atr: 0x04 } as const;

/** What two bytes of length can say. */
export const MAX_VPCD_MESSAGE_BYTES = 0xffff;
const LENGTH_BYTES = 2;

/** A message of 1 to 65,535 bytes with its length in front; other lengths are a defect of the caller. */
export function encodeVpcdMessage(message: Uint8Array): Uint8Array {
  const { length } = message;
  if (length === 0 || length > MAX_VPCD_MESSAGE_BYTES) throw new RangeError(`a message of ${length} bytes`);
  return concat(Uint8Array.of(length >> 8, length & 0xff), message);
}

/** Takes a stream of messages apart; holds one unfinished message at most. */
export class VpcdStream {
  #pending: Uint8Array = new Uint8Array();

  /** Messages completed by this chunk; `undefined` at one of no bytes, which nobody sends: the stream is to be closed. */
  push(chunk: Uint8Array): readonly Uint8Array[] | undefined {
    this.#pending = concat(this.#pending, chunk);
    const messages: Uint8Array[] = [];
    for (;;) {
      const [high, low] = this.#pending;
      if (high === undefined || low === undefined) return messages;
      const end = LENGTH_BYTES + high * 256 + low;
      if (end === LENGTH_BYTES) return undefined;
      if (this.#pending.length < end) return messages;
      messages.push(this.#pending.slice(LENGTH_BYTES, end));
      this.#pending = this.#pending.subarray(end);
    }
  }
}
