/**
 * The card that InListPassiveTarget found and activated, as the chip describes it: bytes to a tagged value.
 * Between `commands.ts` and the reader; pure. Card bytes are hostile: lengths beyond the data are refused.
 * Governing documents: NXP UM0701-02 §7.3.5, ISO/IEC 14443-3 §6.5 (type A) and §7.9, §7.11 (type B).
 */
import { soundExponent } from "./frame-waiting.ts";

export type CardProtocol = "typeA" | "typeB";

/** A type A target. */
export interface TargetA {
  readonly protocol: "typeA";
  /** The chip's logical number, to be used in InDataExchange. */
  readonly number: number;
  /** SEL_RES. */
  readonly sak: number;
  /** NFCID1; 4, 7 or 10 bytes for a card that keeps to the standard. Never to be logged. */
  readonly uid: Uint8Array;
  /** With its length byte; empty for a card without ISO-DEP. */
  readonly ats: Uint8Array;
}

/** A type B target. */
export interface TargetB {
  readonly protocol: "typeB";
  readonly number: number;
  /** Four bytes, made anew at each activation by most identity documents. Never to be logged. */
  readonly pupi: Uint8Array;
  /** Whether the card speaks ISO/IEC 14443-4 and describes itself as the standard asks. */
  readonly isoDep: boolean;
  readonly frameWaitingExponent: number;
  /** The number, 0 to 15, by which the chip addresses the card; 0 for one that takes none. */
  readonly deviceId: number;
}

export type Target = TargetA | TargetB;

/** `Tg SENS_RES(2) SEL_RES NFCIDLength NFCID1 [ATS]`. */
export function decodeTargetA(data: Uint8Array): TargetA | undefined {
  const [number, , , sak, uidBytes] = data;
  if (number === undefined || sak === undefined || uidBytes === undefined) return undefined;
  const atsAt = 5 + uidBytes;
  if (data.length < atsAt) return undefined;
  return { protocol: "typeA", number, sak, uid: data.slice(5, atsAt), ats: data.slice(atsAt) };
}

/** First byte of an ATQB. */
const ATQB_MARK = 0x50;
/** Offsets behind the chip's target number: in `50 PUPI(4) application data(4) protocol info(3)`. */
const ATQB = { mark: 1, pupi: 2, applicationData: 6, protocolType: 11, frameWaiting: 12 } as const;
const ATTRIB_LENGTH_AT = 13;
/** Protocol_Type bit 1: the card follows ISO/IEC 14443-4. */
const PROTOCOL_ISO_DEP = 0x01;
const DEVICE_ID_MASK = 0x0f;

/**
 * `Tg ATQB(12) length ATTRIB_RES`; the first byte of ATTRIB_RES ends in the card's device identifier. A list cut
 * before ATTRIB_RES is `undefined`. The mark and the length of what follows are the card's own words, in a frame
 * whose checksum held: where they are wrong it is a card without ISO-DEP, and no fault of the reader.
 */
export function decodeTargetB(data: Uint8Array): TargetB | undefined {
  const number = data[0];
  const protocolType = data[ATQB.protocolType];
  const frameWaiting = data[ATQB.frameWaiting];
  const attribBytes = data[ATTRIB_LENGTH_AT];
  if (number === undefined || protocolType === undefined || frameWaiting === undefined) return undefined;
  if (attribBytes === undefined) return undefined;
  const isSound = data[ATQB.mark] === ATQB_MARK && data.length === ATTRIB_LENGTH_AT + 1 + attribBytes;
  return {
    protocol: "typeB",
    number,
    pupi: data.slice(ATQB.pupi, ATQB.applicationData),
    isoDep: isSound && (protocolType & PROTOCOL_ISO_DEP) !== 0,
    frameWaitingExponent: soundExponent(frameWaiting >> 4),
    deviceId: (data[ATTRIB_LENGTH_AT + 1] ?? 0) & DEVICE_ID_MASK,
  };
}
