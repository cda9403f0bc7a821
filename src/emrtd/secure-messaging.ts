/**
 * Secure messaging: every command to the document encrypted and authenticated, every answer checked, from PACE,
 * BAC or chip authentication on. A session counts each message once, never back; what is not proven ends it for
 * good, and its keys are wiped then. `secure-messaging-exchange.ts` runs whole protocols under a session.
 * Governing text: ICAO Doc 9303-11 §9.8; ISO/IEC 7816-4 §10.
 */
import type { CommandApdu } from "../apdu/command.ts";
import type { ResponseApdu } from "../apdu/response.ts";
import { readTlvs, type Tlv } from "../bytes/ber-tlv.ts";
import { concat } from "../bytes/bytes.ts";
import { writeTlv } from "../bytes/write-tlv.ts";
import { pad, unpad } from "../crypto/block-padding.ts";
import { equalInConstantTime } from "../crypto/constant-time.ts";
import { DOCUMENT_MAC_BYTES, type DocumentSuite, type SuiteName, suite } from "../crypto/document-suite.ts";
import { err, ok, type Result } from "../result.ts";

/** What an access protocol or chip authentication agreed on. The session that takes it owns it and wipes it. */
export interface SessionKeys {
  readonly suite: SuiteName;
  readonly ksEnc: Uint8Array;
  readonly ksMac: Uint8Array;
  /** Send sequence counter before the first command, one cipher block; absent = zeros (all but BAC). */
  readonly ssc?: Uint8Array;
}

/** Every one of them ends the session. */
export type SecureMessagingError =
  /** The chip answered without protection: it has dropped the session. Never a success, even with 9000. */
  | { readonly kind: "sessionDropped"; readonly sw: number }
  /** The code over the answer is wrong, or the status under it is not the one outside. */
  | { readonly kind: "answerForged"; readonly check: "mac" | "status" }
  /** The answer is not made of the data objects that the document asks for. */
  | { readonly kind: "answerMalformed"; readonly at: "objects" | "padding" }
  /** The session had ended before this command: the chip must be approached anew. */
  | { readonly kind: "sessionEnded" };

/** Secure messaging with the header authenticated (ISO/IEC 7816-4 §5.4.1); the chaining bit stays as it is. */
const CLA_SECURE_MESSAGING = 0x0c;
const TAG_CRYPTOGRAM_WITH_INDICATOR = 0x87;
const TAG_CRYPTOGRAM = 0x85;
const TAG_LE = 0x97;
const TAG_STATUS = 0x99;
const TAG_MAC = 0x8e;
/** First byte of object 87: padding method 2. */
const PADDING_INDICATOR = 0x01;
/** Object 8E in an answer: tag, length, code. */
const MAC_OBJECT_BYTES = 2 + DOCUMENT_MAC_BYTES;
const MAX_SHORT_BODY = 255;
const MAX_SHORT_LE = 256;
const MAX_EXTENDED_LE = 65_536;

export class SecureSession {
  readonly #suite: DocumentSuite;
  readonly #ksEnc: Uint8Array;
  readonly #ksMac: Uint8Array;
  readonly #ssc: Uint8Array;
  #state: "ready" | "awaitingAnswer" | "ended" = "ready";
  #isProven = false;

  /** Throws on keys or a counter of the wrong length: only a defect of the program makes such. */
  constructor(keys: SessionKeys) {
    this.#suite = suite(keys.suite);
    const { keyBytes, blockBytes } = this.#suite;
    this.#ksEnc = keys.ksEnc;
    this.#ksMac = keys.ksMac;
    this.#ssc = keys.ssc ?? new Uint8Array(blockBytes);
    const fits = this.#ksEnc.length === keyBytes && this.#ksMac.length === keyBytes;
    if (!fits || this.#ssc.length !== blockBytes) throw new RangeError(`keys do not fit ${keys.suite}`);
  }

  /** Whether an answer has opened under these keys: the chip has them too. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /**
   * The command as it goes to the chip: `H Lc' [87|85] [97] 8E Le'`. Fails once the session has ended, which it
   * also does when the answer to the command before was never handed in: the counters have parted then. Throws on
   * a command with neither data nor Le, whose protected form readers of the standard disagree on.
   */
  protect(command: CommandApdu): Result<CommandApdu, SecureMessagingError> {
    const { ins, p1, p2, data: plain = new Uint8Array(0), le } = command;
    if (plain.length === 0 && le === undefined) throw new RangeError("a protected command needs data or Le");
    if (this.#state === "awaitingAnswer") this.end();
    if (this.#state === "ended") return err({ kind: "sessionEnded" });
    this.#state = "awaitingAnswer";
    increment(this.#ssc);
    const cla = command.cla | CLA_SECURE_MESSAGING;
    const objects = concat(this.#cryptogramObject(ins, plain), leObject(le));
    const header = pad(Uint8Array.of(cla, ins, p1, p2), this.#suite.blockBytes);
    const data = concat(objects, writeTlv(TAG_MAC, this.#mac(header, objects)));
    const extended = data.length > MAX_SHORT_BODY || (le ?? 0) > MAX_SHORT_LE;
    return ok({ cla, ins, p1, p2, data, le: extended ? MAX_EXTENDED_LE : MAX_SHORT_LE });
  }

  /**
   * The answer as the chip meant it, `[87|85] 99 8E SW` taken off: plain data, empty when there were none, and the
   * status under the code, which may be a warning or a refusal (6282, 6A82). To be called once for each command.
   */
  unprotect(response: ResponseApdu): Result<ResponseApdu, SecureMessagingError> {
    if (this.#state !== "awaitingAnswer") return this.#over({ kind: "sessionEnded" });
    this.#state = "ready";
    increment(this.#ssc);
    if (response.data.length === 0) return this.#over({ kind: "sessionDropped", sw: response.sw });
    const answer = parseAnswer(response.data);
    if (answer === undefined) return this.#over({ kind: "answerMalformed", at: "objects" });
    if (!equalInConstantTime(answer.mac, this.#mac(answer.authenticated)))
      return this.#over({ kind: "answerForged", check: "mac" });
    if (answer.sw !== response.sw) return this.#over({ kind: "answerForged", check: "status" });
    const data = this.#decrypt(answer.cryptogram);
    if (data === undefined) return this.#over({ kind: "answerMalformed", at: "padding" });
    this.#isProven = true;
    return ok({ data, sw: answer.sw });
  }

  /** Ends the session and wipes its keys; nothing can be sent under it any more. */
  end(): void {
    this.#state = "ended";
    for (const secret of [this.#ksEnc, this.#ksMac, this.#ssc]) secret.fill(0);
  }

  #over(error: SecureMessagingError): Result<never, SecureMessagingError> {
    this.end();
    return err(error);
  }

  /** Object 87 with its padding indicator for an even INS, 85 without one for an odd INS; nothing for no data. */
  #cryptogramObject(ins: number, plain: Uint8Array): Uint8Array {
    if (plain.length === 0) return plain;
    const padded = pad(plain, this.#suite.blockBytes);
    const cryptogram = this.#suite.encryptCbc(this.#ksEnc, padded, this.#iv());
    return ins % 2 === 1
      ? writeTlv(TAG_CRYPTOGRAM, cryptogram)
      : writeTlv(TAG_CRYPTOGRAM_WITH_INDICATOR, Uint8Array.of(PADDING_INDICATOR), cryptogram);
  }

  /** No cryptogram stands for no data; `undefined` when it is not whole blocks of padded data. */
  #decrypt(cryptogram: Uint8Array | undefined): Uint8Array | undefined {
    if (cryptogram === undefined) return new Uint8Array(0);
    const { blockBytes } = this.#suite;
    if (cryptogram.length % blockBytes !== 0) return undefined;
    return unpad(this.#suite.decryptCbc(this.#ksEnc, cryptogram, this.#iv()), blockBytes);
  }

  #iv(): Uint8Array {
    return this.#suite.messageIv(this.#ksEnc, this.#ssc);
  }

  /** The code of one message: over the counter, then its parts. */
  #mac(...parts: readonly Uint8Array[]): Uint8Array {
    return this.#suite.macPadded(this.#ksMac, concat(this.#ssc, ...parts));
  }
}

/** Big-endian, in place, round to zero behind its last value as a counter that starts from chance may go. */
function increment(counter: Uint8Array): void {
  for (let index = counter.length - 1; index >= 0; index--) {
    const next = ((counter[index] ?? 0) + 1) & 0xff;
    counter[index] = next;
    if (next !== 0) return;
  }
}

/** Object 97: Le in one byte up to 256 (00), else in two (65,536 is 0000). */
function leObject(le: number | undefined): Uint8Array {
  if (le === undefined) return new Uint8Array(0);
  return writeTlv(
    TAG_LE,
    le > MAX_SHORT_LE ? Uint8Array.of((le >> 8) & 0xff, le & 0xff) : Uint8Array.of(le & 0xff),
  );
}

interface ProtectedAnswer {
  /** Everything before object 8E, byte for byte as it came: what its code covers. */
  readonly authenticated: Uint8Array;
  /** Content of 85, or of 87 behind its indicator; absent = an answer without data. */
  readonly cryptogram: Uint8Array | undefined;
  readonly sw: number;
  readonly mac: Uint8Array;
}

/** Exactly `[87|85] 99 02 SW 8E 08 MAC`, nothing between or behind; `undefined` for anything else. */
function parseAnswer(data: Uint8Array): ProtectedAnswer | undefined {
  const objects = readTlvs(data);
  if (!objects.ok || objects.value.length > 3) return undefined;
  const [mac, status, carrier] = objects.value.toReversed();
  if (mac?.tag !== TAG_MAC || mac.value.length !== DOCUMENT_MAC_BYTES) return undefined;
  if (status?.tag !== TAG_STATUS || status.value.length !== 2) return undefined;
  if (data.length - status.end !== MAC_OBJECT_BYTES) return undefined;
  const [sw1 = 0, sw2 = 0] = status.value;
  const answer = { authenticated: data.subarray(0, status.end), sw: sw1 * 256 + sw2, mac: mac.value };
  if (carrier === undefined) return { ...answer, cryptogram: undefined };
  const cryptogram = cryptogramOf(carrier);
  return cryptogram === undefined ? undefined : { ...answer, cryptogram };
}

function cryptogramOf({ tag, value }: Tlv): Uint8Array | undefined {
  if (tag === TAG_CRYPTOGRAM) return value;
  const isPadded = tag === TAG_CRYPTOGRAM_WITH_INDICATOR && value[0] === PADDING_INDICATOR;
  return isPadded ? value.subarray(1) : undefined;
}
