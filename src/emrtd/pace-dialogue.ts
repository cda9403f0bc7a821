/**
 * The words of PACE: MSE:Set AT, which names protocol, password and parameters, and the four GENERAL AUTHENTICATE
 * commands with their answers taken apart. What is in them is reckoned in `pace.ts`.
 * Governing text: ICAO Doc 9303-11 §4.4.4, §9.4; ISO/IEC 7816-4 §11.5.5; BSI TR-03110-3 B.
 */
import type { CommandApdu } from "../apdu/command.ts";
import type { Asked, Exchange } from "../apdu/exchange.ts";
import { SW_OK } from "../apdu/status-words.ts";
import { readTlvs } from "../bytes/ber-tlv.ts";
import { concat } from "../bytes/bytes.ts";
import { writeTlv } from "../bytes/write-tlv.ts";
import { err, ok } from "../result.ts";
import type { PaceProfile } from "./pace-profile.ts";

/** `set` is MSE:Set AT; the others are the four rounds in their order. */
export type PaceStep = "set" | "nonce" | "map" | "agree" | "token";

export type PaceError =
  /** The chip does not accept our token, in whatever words: it derived its keys from another password. */
  | { readonly kind: "wrongPassword" }
  /**
   * The chip did what no honest chip does: a public key outside the group, our own public key sent back, a token that is not
   * of the agreed keys, or a mapping that ends in the neutral element.
   */
  | { readonly kind: "hostileChip"; readonly why: "publicKey" | "reflectedKey" | "token" | "mapping" }
  /** The chip would not go on; `sw` is its status. */
  | { readonly kind: "paceRefused"; readonly step: PaceStep; readonly sw: number }
  /** The answer is not made of the data objects that belong there. */
  | { readonly kind: "paceMalformed"; readonly step: PaceStep };

/** The class byte of the first three rounds: with the bit of command chaining, or as some chips want it without. */
export type PaceClass = 0x10 | 0x00;

export type PasswordReference = "MRZ" | "CAN";

const PASSWORD_NUMBER: Readonly<Record<PasswordReference, number>> = { MRZ: 1, CAN: 2 };
const TAG_PROTOCOL = 0x80;
const TAG_PASSWORD = 0x83;
const TAG_PARAMETERS = 0x84;
const TAG_DYNAMIC_DATA = 0x7c;
/** SW1 of "authentication failed", in step 0 with the tries that are left. */
const SW1_WARNING = 0x63;
const TRIES_LEFT = 0xc0;
const MAX_SHORT_LC = 255;
const MAX_SHORT_LE = 256;
const MAX_EXTENDED_LE = 65_536;
/** How cards say that they miss the parameters' number, or that they do not want it. */
const PARAMETERS_DISPUTED: readonly number[] = [0x6a80, 0x6a86, 0x6a87, 0x6a88];

/** One round: the object that is sent, the one that must come back, and those that may come with it. */
export interface Round {
  readonly step: Exclude<PaceStep, "set">;
  /** Absent in the first round, which sends an empty template. */
  readonly sent?: number;
  readonly expected: number;
  readonly also?: readonly number[];
  /** The chip may answer with a status alone, as some do where the object would be empty. */
  readonly mayBeEmpty?: true;
  readonly meanwhile?: Asked["meanwhile"];
}

/**
 * MSE:Set AT for mutual authentication. The number of the parameters is always sent, since some cards want it and others
 * silently take their first set without it. Except to a card with a single entry, for DH: that is the CIE, which is
 * addressed as its own readers do, without, and once more with the number if it objects.
 * Fails with `paceRefused` at `set`.
 */
export function* selectProtocol(
  profile: PaceProfile,
  password: PasswordReference,
): Exchange<void, PaceError> {
  const numbered = setAuthenticationTemplate(profile, password, profile.parameterId);
  const isCieLike = profile.mapping === "DH-GM" && profile.isOnlyOne;
  let { sw } = yield isCieLike ? setAuthenticationTemplate(profile, password, undefined) : numbered;
  if (isCieLike && PARAMETERS_DISPUTED.includes(sw)) ({ sw } = yield numbered);
  // 63Cx tells how many tries the password has left; the protocol goes on.
  const goesOn = sw === SW_OK || (sw >> 8 === SW1_WARNING && (sw & 0xf0) === TRIES_LEFT);
  return goesOn ? ok(undefined) : err({ kind: "paceRefused", step: "set", sw });
}

/** Without Le, which some documents refuse here. */
function setAuthenticationTemplate(
  { protocol }: PaceProfile,
  password: PasswordReference,
  parameterId: number | undefined,
): CommandApdu {
  const data = concat(
    writeTlv(TAG_PROTOCOL, protocol),
    writeTlv(TAG_PASSWORD, Uint8Array.of(PASSWORD_NUMBER[password])),
    parameterId === undefined ? new Uint8Array(0) : writeTlv(TAG_PARAMETERS, Uint8Array.of(parameterId)),
  );
  return { cla: 0x00, ins: 0x22, p1: 0xc1, p2: 0xa4, data };
}

/**
 * One GENERAL AUTHENTICATE: `7C { sent: value }` there, `7C { expected, also … }` back, as a map from tag to content.
 * Le is "all there is": 00, since an extended Le alone is refused by some cards, and 0000 behind an extended Lc. Fails with `paceRefused`, with `wrongPassword` for a refused
 * token, or with `paceMalformed` for an answer with other objects, twice the same, or bytes behind them.
 */
export function* authenticate(
  cla: PaceClass,
  round: Round,
  value: Uint8Array = new Uint8Array(0),
): Exchange<ReadonlyMap<number, Uint8Array>, PaceError> {
  const { step, sent, meanwhile } = round;
  const data = writeTlv(TAG_DYNAMIC_DATA, sent === undefined ? value : writeTlv(sent, value));
  const le = data.length > MAX_SHORT_LC ? MAX_EXTENDED_LE : MAX_SHORT_LE;
  const answer = yield { cla, ins: 0x86, p1: 0x00, p2: 0x00, data, le, meanwhile };
  // Chips have many words for it, and the token is the first that can be wrong: whoever guesses gets no try for nothing.
  if (step === "token" && answer.sw !== SW_OK) return err({ kind: "wrongPassword" });
  if (answer.sw !== SW_OK) return err({ kind: "paceRefused", step, sw: answer.sw });
  const objects = dynamicData(answer.data, round);
  return objects === undefined ? err({ kind: "paceMalformed", step }) : ok(objects);
}

/** The objects inside one 7C that is the whole answer; `undefined` for anything that the round does not foresee. */
function dynamicData(answer: Uint8Array, round: Round): ReadonlyMap<number, Uint8Array> | undefined {
  if (answer.length === 0 && round.mayBeEmpty === true) return new Map();
  const outer = readTlvs(answer);
  const [template, ...others] = outer.ok ? outer.value : [];
  if (template?.tag !== TAG_DYNAMIC_DATA || others.length > 0) return undefined;
  const inner = readTlvs(template.value);
  if (!inner.ok) return undefined;
  const objects = new Map(inner.value.map(({ tag, value }) => [tag, value]));
  const foreseen = [round.expected, ...(round.also ?? [])];
  const strange = inner.value.some(({ tag }) => !foreseen.includes(tag));
  const isWhole = objects.size === inner.value.length && objects.has(round.expected);
  return isWhole && !strange ? objects : undefined;
}
