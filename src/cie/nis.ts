/**
 * The NIS (Numero Identificativo Servizi): twelve ASCII digits in EF.ID_Servizi (file 1001, short
 * identifier 1) of the CIE application, freely readable. Unique per card, not per person. Anyone near the
 * card can read it and any emulator can repeat it: by itself it proves only what a chip said.
 */
import type { CommandApdu } from "../apdu/command.ts";
import type { Exchange } from "../apdu/exchange.ts";
import type { ResponseApdu } from "../apdu/response.ts";
import { SW_OK } from "../apdu/status-words.ts";
import { readTlv } from "../bytes/ber-tlv.ts";
import { hex } from "../bytes/hex.ts";
import { err, ok } from "../result.ts";

declare const brand: unique symbol;
/** Twelve ASCII digits as bytes, so that it can be wiped and never printed by accident. */
export type Nis = Uint8Array & { readonly [brand]: "nis" };

export type NisError =
  /** Every way of reading the file was refused; `sw` is the status of the first. */
  | { readonly kind: "nisRefused"; readonly sw: number }
  /** The file does not begin with twelve digits. */
  | { readonly kind: "nisMalformed" };

export const NIS_BYTES = 12;

/** READ BINARY, short EF 01, offset 0: short identifier in P1 bits 5-1 with b8 set (ISO/IEC 7816-4 §11.3.3). */
const READ_NIS = { cla: 0x00, ins: 0xb0, p1: 0x81, p2: 0x00, le: NIS_BYTES } as const satisfies CommandApdu;
/** READ BINARY with odd INS, short EF 01, offset data object 54; answers data object 53 (§11.3.3). */
const READ_NIS_ODD = {
  cla: 0x00,
  ins: 0xb1,
  p1: 0x00,
  p2: 0x01,
  data: hex("54020000"),
  le: NIS_BYTES + 2,
} as const satisfies CommandApdu;
const SELECT_NIS_FILE = {
  cla: 0x00,
  ins: 0xa4,
  p1: 0x02,
  p2: 0x0c,
  data: hex("1001"),
} as const satisfies CommandApdu;
const READ_CURRENT = { ...READ_NIS, p1: 0x00 } as const satisfies CommandApdu;
/** Tag of discretionary data in the answer to an odd READ BINARY. */
const TAG_DISCRETIONARY_DATA = 0x53;

/**
 * Twelve digits from the content of the file. Bytes behind the twelfth are filler that some cards carry
 * and are cut off; anything else than digits before it is `undefined`.
 */
export function parseNis(content: Uint8Array): Nis | undefined {
  if (content.length < NIS_BYTES) return undefined;
  const digits = content.slice(0, NIS_BYTES);
  return digits.every((byte) => byte >= 0x30 && byte <= 0x39) ? (digits as Nis) : undefined;
}

/**
 * Reads the NIS of an already selected CIE application. One command on every card that follows the
 * documents; two further ways serve cards that refuse short file identifiers or even INS.
 */
export function* readNis(): Exchange<Nis, NisError> {
  const direct = yield READ_NIS;
  if (direct.sw === SW_OK) return validated(direct.data);
  const odd = yield READ_NIS_ODD;
  if (odd.sw === SW_OK) return validated(unwrapOdd(odd));
  const selected = yield SELECT_NIS_FILE;
  const current = selected.sw === SW_OK ? yield READ_CURRENT : selected;
  return current.sw === SW_OK ? validated(current.data) : err({ kind: "nisRefused", sw: direct.sw });
}

function unwrapOdd(answer: ResponseApdu): Uint8Array {
  const object = readTlv(answer.data);
  return object.ok && object.value.tag === TAG_DISCRETIONARY_DATA ? object.value.value : new Uint8Array(0);
}

function validated(content: Uint8Array) {
  const nis = parseNis(content);
  return nis === undefined ? err({ kind: "nisMalformed" } as const) : ok(nis);
}
