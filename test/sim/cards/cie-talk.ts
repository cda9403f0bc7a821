/** APDUs as text, straight to the application of a virtual CIE, for tests that are not about the radio. */
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { CieApplication } from "../../../src/sim/cards/cie.ts";
import type { CieSpec } from "../../../src/sim/cards/cie-spec.ts";
import { bytesOfResponse } from "../../../src/sim/cards/iso-dep.ts";

export const NIS = "123456789012";
export const SELECT_IAS = "00A4040C0DA0000000308000000009816001";
export const SELECT_CIE = "00A4040C06A00000000039";
export const SET_KEY = "002241A406800102840183";
/** INTERNAL AUTHENTICATE with a short length. */
export const authenticate = (challenge: string): string =>
  `00880000${toHex(Uint8Array.of(challenge.length / 2))}${challenge}00`;

/** A card that talks in hexadecimal. */
export class Talk {
  readonly application: CieApplication;

  constructor(spec: Partial<CieSpec> = {}) {
    this.application = new CieApplication({ card: "cie", family: "gemalto", nis: NIS, ...spec });
  }

  say(apdu: string): string {
    const { response } = this.application.process(hex(apdu));
    return toHex(bytesOfResponse(response));
  }

  /** With the CIE application selected. */
  open(): this {
    this.say(SELECT_IAS);
    this.say(SELECT_CIE);
    return this;
  }

  /** With the key set as well: the answer to a challenge, collected over 61 xx as long as `maxParts` allows. */
  prove(challenge: string, maxParts = 10): string {
    this.say(SET_KEY);
    return this.collect(authenticate(challenge), maxParts);
  }

  /** The data of a command, and what GET RESPONSE adds to them; the status word where nothing came. */
  collect(apdu: string, maxParts = 10): string {
    const { data, sw } = this.collectWithStatus(apdu, maxParts);
    return data === "" ? sw : data;
  }

  /** The same with the last status word apart. 6C xx is answered by the same command with that Le. */
  collectWithStatus(apdu: string, maxParts = 10): { readonly data: string; readonly sw: string } {
    let response = this.say(apdu);
    if (/^6C..$/.test(response)) response = this.say(apdu.slice(0, -2) + response.slice(2));
    let data = response.slice(0, -4);
    for (let part = 0; part < maxParts && response.slice(-4, -2) === "61"; part += 1) {
      response = this.say(`00C00000${response.slice(-2)}`);
      data += response.slice(0, -4);
    }
    return { data, sw: response.slice(-4) };
  }
}
