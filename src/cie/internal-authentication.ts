/**
 * The chip's own proof on the service side of a CIE: MANAGE SECURITY ENVIRONMENT names the key of the services
 * (SDO.Servizi_Int.Kpriv), INTERNAL AUTHENTICATE has the chip sign a challenge with it. Needs no PIN. The two are
 * apart so that the time of the signature alone can be taken: it is all that tells of a card far away.
 * The answer is judged by `crypto/rsa-block.ts`. Governing text: CIE card sheet, 3.2.
 */
import type { CommandApdu } from "../apdu/command.ts";
import type { Exchange } from "../apdu/exchange.ts";
import { SW_OK } from "../apdu/status-words.ts";
import { hex } from "../bytes/hex.ts";
import { err, ok } from "../result.ts";

/** The card would not take part; `sw` is its status. */
export interface AuthenticationRefused {
  readonly kind: "authenticationRefused";
  readonly sw: number;
}

/** Fresh random bytes for one authentication; a PKCS#1 block of RSA-2048 has room for 245. */
export const CHALLENGE_BYTES = 32;

/** Algorithm 02 (RSA PKCS#1, nothing added by the card), private key 3 of the current application. */
const SET_SERVICE_KEY = {
  cla: 0x00,
  ins: 0x22,
  p1: 0x41,
  p2: 0xa4,
  data: hex("80 01 02 84 01 83"),
} as const satisfies CommandApdu;
/** Le 00: up to 256 bytes, the signature of a 2048-bit key. */
const INTERNAL_AUTHENTICATE = { cla: 0x00, ins: 0x88, p1: 0x00, p2: 0x00, le: 256 } as const;

/** Makes the key of the services the current one. The CIE application must be selected. */
export function* chooseServiceKey(): Exchange<void, AuthenticationRefused> {
  const { sw } = yield SET_SERVICE_KEY;
  return sw === SW_OK ? ok(undefined) : refused(sw);
}

/** Has the chip sign `challenge` with the chosen key; returns the signature as it came, of any length. */
export function* signChallenge(challenge: Uint8Array): Exchange<Uint8Array, AuthenticationRefused> {
  const { sw, data } = yield { ...INTERNAL_AUTHENTICATE, data: challenge };
  return sw === SW_OK ? ok(data) : refused(sw);
}

const refused = (sw: number) => err({ kind: "authenticationRefused", sw } as const);
