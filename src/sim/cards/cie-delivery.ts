/**
 * How a virtual CIE gives out what it has to say: at once, or in parts by 61 xx and GET RESPONSE (ISO/IEC 7816-4
 * §5.3.4), or never to the end.
 */
import { answer, statusOnly } from "./apdu.ts";

export interface DeliveryBehaviour {
  /** Nothing comes with the answer itself; all of it waits for GET RESPONSE. */
  readonly sw61: boolean;
  /** Most bytes of data in one answer. */
  readonly maxResponse: number;
}

const SW_CONDITIONS_OF_USE = 0x6985;
/** 256 bytes or more are waiting. */
const SW_MUCH_MORE = 0x6100;
const ENDLESS_PART_BYTES = 256;

export class CieDelivery {
  readonly #behaviour: DeliveryBehaviour;
  /** Data and status word. */
  #held: Uint8Array = new Uint8Array();
  #endless = false;

  constructor(behaviour: DeliveryBehaviour) {
    this.#behaviour = behaviour;
  }

  /** Whether GET RESPONSE would bring anything. */
  get isWaiting(): boolean {
    return this.#endless || this.#held.length > 0;
  }

  /** Whatever was waiting is gone. */
  clear(): void {
    this.#held = new Uint8Array();
    this.#endless = false;
  }

  /**
   * First answer to a command whose whole answer is `response`, and which takes `le` bytes at most; status words other
   * than 9000 keep their data.
   */
  begin(response: Uint8Array, le = Number.POSITIVE_INFINITY): Uint8Array {
    this.clear();
    const { sw61, maxResponse } = this.#behaviour;
    const dataBytes = response.length - 2;
    if (dataBytes === 0 || (!sw61 && dataBytes <= Math.min(maxResponse, le))) return response;
    this.#held = response;
    return sw61 ? statusOnly(this.#moreWaits()) : this.next(le);
  }

  /** First answer of those that have no end. */
  beginEndless(): Uint8Array {
    this.#endless = true;
    return statusOnly(SW_MUCH_MORE);
  }

  /** Answer to GET RESPONSE for at most `le` bytes. */
  next(le: number): Uint8Array {
    if (this.#endless) return answer(new Uint8Array(ENDLESS_PART_BYTES), SW_MUCH_MORE);
    if (this.#held.length === 0) return statusOnly(SW_CONDITIONS_OF_USE);
    const data = this.#held.subarray(0, -2);
    const partBytes = Math.min(le, this.#behaviour.maxResponse);
    if (partBytes >= data.length) {
      const rest = this.#held;
      this.clear();
      return rest;
    }
    this.#held = this.#held.subarray(partBytes);
    return answer(data.subarray(0, partBytes), this.#moreWaits());
  }

  /** 61 and how many bytes the next answer can bring, 00 standing for 256 and more. */
  #moreWaits(): number {
    const waiting = Math.min(this.#held.length - 2, this.#behaviour.maxResponse);
    return waiting >= 256 ? SW_MUCH_MORE : SW_MUCH_MORE | waiting;
  }
}
