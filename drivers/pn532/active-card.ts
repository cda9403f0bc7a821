/**
 * What the reader must know of a card that it activated, whatever its type: how long it may think, how it is
 * asked for a sign of life, and what tells it from another card. Pure.
 * Governing documents: ISO/IEC 14443-3 §6.5.4 (SEL_RES), 14443-4 §7.1 (blocks).
 */
import { equalBytes } from "../../src/bytes/bytes.ts";
import { toHex } from "../../src/bytes/hex.ts";
import type { CardKbits, DetectedCard } from "../../src/ports/card.ts";
import { parseAts } from "./ats.ts";
import type { FrameChoice } from "./iso-dep-choice.ts";
import type { CardProtocol, Target, TargetA, TargetB } from "./target.ts";

/** SEL_RES bit 6: the card speaks ISO/IEC 14443-4. */
const SAK_ISO_DEP = 0x20;

/** A single-size UID that begins so is a random number (ISO/IEC 14443-3 §6.5.4). */
const RANDOM_UID = { lengthBytes: 4, firstByte: 0x08 } as const;

/** R(NAK), block number 0; with the card's device identifier behind it where the card was given one. */
export const R_NAK = 0xb2;
const WITH_DEVICE_ID = 0x08;
/** The firmware keeps the sizes of type B's frames to itself. */
const FIRMWARE_FRAME_BYTES = 64;

/** The card that was found last and not dropped since. */
export interface ActiveCard {
  readonly protocol: CardProtocol;
  /** The chip's number of the target. */
  readonly number: number;
  readonly kind: DetectedCard["kind"];
  /** Equal for the same card activated twice. A card that makes it anew each time is never the same. */
  readonly identity: Uint8Array;
  /** Nothing is to be learned from its identity: the card makes one up at each activation. */
  readonly isAnonymous: boolean;
  readonly frameWaitingExponent: number;
  /** FSC, the largest frame that the card takes. */
  readonly cardFrameBytes: number;
  /** Who speaks ISO-DEP with it, and in frames of what size it answers where that is this driver. */
  readonly frames: FrameChoice;
  /**
   * A frame that an active ISO-DEP card answers with R(ACK) or its last block. A card put in its place has not
   * been activated and stays silent, so an answer is this card's.
   */
  readonly signOfLife: Uint8Array;
  /** The fastest rate that the card says it takes both ways. */
  readonly fastestKbits: CardKbits;
  /** Equal for cards of one product: what they say of themselves before anybody asks. */
  readonly family: string;
  /** The card as the gate sees it. */
  detected(conduct: CardConduct): DetectedCard;
}

/** What the gate may do with a card; the reader's part of it. */
export type CardConduct = Pick<DetectedCard, "channel" | "raiseSpeed">;

/**
 * Whether a card found after another may be the same one. The mistake is on the side of the same: a card that nobody
 * read is nobody's new presentation.
 */
export const maybeSame = (before: ActiveCard, now: ActiveCard): boolean =>
  equalBytes(before.identity, now.identity) ||
  (before.isAnonymous && now.isAnonymous && before.family === now.family);

/** `frames`: what its answer to select was asked for with; type B is always the firmware's. */
export const activeCard = (target: Target, frames: FrameChoice): ActiveCard =>
  target.protocol === "typeA" ? activeTypeA(target, frames) : activeTypeB(target);

/** Whether a card of type A says that it takes APDUs. */
export const speaksIsoDep = ({ sak }: Pick<TargetA, "sak">): boolean => (sak & SAK_ISO_DEP) !== 0;

function activeTypeA(target: TargetA, frames: FrameChoice): ActiveCard {
  const { protocol, number, sak, uid, ats } = target;
  const { cardFrameBytes, frameWaitingExponent, fastestKbits, historicalBytes } = parseAts(ats);
  const kind = speaksIsoDep(target) ? "isoDep" : "other";
  return {
    protocol,
    number,
    kind,
    identity: uid,
    isAnonymous: uid.length === RANDOM_UID.lengthBytes && uid[0] === RANDOM_UID.firstByte,
    frameWaitingExponent,
    cardFrameBytes,
    frames,
    signOfLife: Uint8Array.of(R_NAK),
    fastestKbits,
    family: `A ${toHex(Uint8Array.of(sak))} ${toHex(historicalBytes)}`,
    detected: (conduct) => ({ protocol, kind, sak, historicalBytes, ...conduct }),
  };
}

function activeTypeB({
  protocol,
  number,
  pupi,
  isoDep,
  frameWaitingExponent,
  deviceId,
}: TargetB): ActiveCard {
  const kind = isoDep ? "isoDep" : "other";
  return {
    protocol,
    number,
    kind,
    identity: pupi,
    isAnonymous: isoDep,
    frameWaitingExponent,
    cardFrameBytes: FIRMWARE_FRAME_BYTES,
    frames: "firmware",
    signOfLife: deviceId === 0 ? Uint8Array.of(R_NAK) : Uint8Array.of(R_NAK | WITH_DEVICE_ID, deviceId),
    // The protocol and parameter selection of InPSL is type A's; type B agrees on a rate in ATTRIB, which the chip sends.
    fastestKbits: 106,
    family: "B",
    detected: (conduct) => ({ protocol, kind, historicalBytes: new Uint8Array(0), ...conduct }),
  };
}
