/**
 * A card of ISO/IEC 14443 type B as an antenna sees it: REQB and WUPB, ATTRIB, and what answers once it is
 * active. Unlike type A nothing but DESELECT or a loss of power brings an active card back, and a deselected
 * one sleeps until WUPB.
 */
import { concat, equalBytes } from "../../bytes/bytes.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { type AirRates, RATES_106 } from "../timing.ts";
import type { CardAnswer, IsoDepCard } from "./iso-dep.ts";

export interface TypeBProfile {
  /** Makes the PUPI of one power-on, 4 bytes; random for identity documents. */
  readonly pupi: (random: SeededRandom) => Uint8Array;
  /** Four bytes of the ATQB, the application family first. */
  readonly applicationData: Uint8Array;
  /** Three bytes: bit rates, frame size and protocol type, frame waiting integer and options. */
  readonly protocolInfo: Uint8Array;
  readonly isoDep: IsoDepCard;
}

const ATQB = 0x50;
const REQUEST = 0x05;
/** Bit of the request's parameter that makes it a WUPB, heard by halted cards as well. */
const WAKE_UP = 0x08;
const ATTRIB = 0x1d;
const ATTRIB_BYTES = 9;
const REQUEST_BYTES = 3;
/** S(DESELECT) with and without CID. */
const DESELECT = 0xc2;
const CID_FOLLOWS = 0x08;
const TURNAROUND_US = 300;

export class TypeBCard {
  readonly type = "B";
  readonly profile: TypeBProfile;
  #state: "idle" | "halted" | "active" = "idle";
  #pupi: Uint8Array = new Uint8Array(4);

  constructor(profile: TypeBProfile) {
    this.profile = profile;
  }

  /** What the card answers to a request: 50, PUPI, application data, protocol information; 12 bytes. */
  get atqb(): Uint8Array {
    const { applicationData, protocolInfo } = this.profile;
    return concat(Uint8Array.of(ATQB), this.#pupi, applicationData, protocolInfo);
  }

  /** Whether the card answers REQB. */
  answersPoll(): boolean {
    return !this.isTorn() && this.#state === "idle";
  }

  /** One frame; nothing when the card stays silent. */
  receive(frame: Uint8Array, rates = RATES_106): CardAnswer | undefined {
    if (this.isTorn()) return undefined;
    if (this.#state === "active") return this.#receiveBlock(frame, rates);
    if (frame[0] === REQUEST && frame.length === REQUEST_BYTES) return this.#answerToRequest(frame);
    return frame[0] === ATTRIB && frame.length === ATTRIB_BYTES ? this.#attribute(frame) : undefined;
  }

  /** Power returns after it was gone: idle, with a new PUPI. */
  powerOn(random: SeededRandom): void {
    this.powerOff();
    this.#pupi = this.profile.pupi(random);
  }

  /** Every session state is gone. */
  powerOff(): void {
    this.#state = "idle";
    this.profile.isoDep.powerOff();
  }

  /** Taken away by its own script; silent until it is put on a reader again. */
  isTorn(): boolean {
    return this.profile.isoDep.isTorn();
  }

  /** Put into a field, as a new card would be. */
  enterField(random: SeededRandom): void {
    this.powerOn(random);
    this.profile.isoDep.enterField();
  }

  #answerToRequest([, family = 0, parameter = 0]: Uint8Array): CardAnswer | undefined {
    const meant = family === 0 || family === this.profile.applicationData[0];
    if (!meant || (this.#state === "halted" && (parameter & WAKE_UP) === 0)) return undefined;
    this.#state = "idle";
    return { frame: this.atqb, workUs: TURNAROUND_US };
  }

  /** `1D PUPI(4) P1 P2 P3 P4`: frame size of the reader in P2, the card's number (CID) in P4. The answer repeats the latter. */
  #attribute(frame: Uint8Array): CardAnswer | undefined {
    if (!equalBytes(frame.subarray(1, 5), this.#pupi)) return undefined;
    this.#state = "active";
    const cid = (frame[8] ?? 0) & 0x0f;
    this.profile.isoDep.open({ frameSizeCode: (frame[6] ?? 0) & 0x0f, cid });
    return { frame: Uint8Array.of(cid), workUs: TURNAROUND_US };
  }

  #receiveBlock(frame: Uint8Array, rates: AirRates): CardAnswer | undefined {
    const answer = this.profile.isoDep.receive(frame, rates);
    if (answer !== undefined && ((frame[0] ?? 0) & ~CID_FOLLOWS) === DESELECT) {
      this.powerOff();
      this.#state = "halted";
    }
    return answer;
  }
}

/** The PUPI that identity documents invent whenever they get power. */
export const randomPupi = (random: SeededRandom): Uint8Array => random.bytes(4);
