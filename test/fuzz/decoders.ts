/**
 * What must hold when the driver reads an arbitrary answer: every decoder gives a value of its announced shape,
 * or `undefined` (drivers/pn532/commands.ts, target.ts, ats.ts, active-card.ts, iso-dep-block.ts).
 */
import { activeCard } from "../../drivers/pn532/active-card.ts";
import { parseAts } from "../../drivers/pn532/ats.ts";
import {
  type CardAnswer,
  type Command,
  dataExchange,
  type GeneralStatus,
  getFirmwareVersion,
  getGeneralStatus,
  lineTest,
  listPassiveTarget,
  readRadioModes,
  samConfiguration,
} from "../../drivers/pn532/commands.ts";
import { decodeBlock, encodeBlock } from "../../drivers/pn532/iso-dep-block.ts";
import type { Target } from "../../drivers/pn532/target.ts";
import { equalBytes } from "../../src/bytes/bytes.ts";
import type { Witness } from "./witness.ts";

/** Decodes the data of one answer and looks at what comes out. */
export type Decode = (data: Uint8Array, witness: Witness) => void;

const MAX_FWI = 14;
/** 0.302 ms · 2^14, rounded up. */
const LONGEST_GUARD_MS = 4_950;
const LONGEST_WTX = 59;
const RATES: readonly number[] = [106, 212, 424];
/** Whatever is decoded is a part of what came. */
const MAX_DATA_BYTES = 600;

/** One decoder, with a look at what it gives. */
function decoder<T>(
  name: string,
  decode: Command<T>["decode"],
  look: (value: T, witness: Witness) => void,
): Decode {
  return (data, witness) => {
    const value = decode(data);
    witness.word(value === undefined ? "undefined" : name);
    if (value !== undefined) look(value, witness);
  };
}

const yes = (value: true, witness: Witness): void => witness.flag(value);

function lookAtAnswer({ status, more, data }: CardAnswer, witness: Witness): void {
  witness.number(status, 0, 0x3f);
  witness.flag(more);
  witness.bytes(data, MAX_DATA_BYTES);
}

const lookAtStatus = ({ lastStatus }: GeneralStatus, witness: Witness): void =>
  witness.number(lastStatus, 0, 0x3f);

function lookAtTarget({ target }: { readonly target: Target | undefined }, witness: Witness): void {
  if (target === undefined) return;
  witness.byte(target.number);
  if (target.protocol === "typeA") {
    witness.byte(target.sak);
    witness.bytes(target.uid, 255);
    witness.bytes(target.ats, MAX_DATA_BYTES);
  } else {
    witness.bytes(target.pupi, 4);
    witness.flag(target.isoDep);
    witness.number(target.deviceId, 0, 15);
  }
  const card = activeCard(target, "firmware");
  witness.word(card.kind);
  witness.number(card.frameWaitingExponent, 0, MAX_FWI);
  witness.bytes(card.identity, 255);
  witness.bytes(card.signOfLife, 2);
  witness.number(RATES.indexOf(card.fastestKbits), 0, RATES.length - 1);
  witness.number(card.family.length, 0, 2 * MAX_DATA_BYTES);
}

function lookAtAts(data: Uint8Array, witness: Witness): void {
  const { cardFrameBytes, frameWaitingExponent, guardMs, fastestKbits, historicalBytes } = parseAts(data);
  witness.number(cardFrameBytes, 16, 256);
  witness.number(Math.ceil(guardMs), 0, LONGEST_GUARD_MS);
  witness.number(RATES.indexOf(fastestKbits), 0, RATES.length - 1);
  witness.number(frameWaitingExponent, 0, MAX_FWI);
  witness.bytes(historicalBytes, 255);
}

function lookAtBlock(data: Uint8Array, witness: Witness): void {
  const block = decodeBlock(data);
  witness.word(block.kind);
  if ("number" in block) witness.number(block.number, 0, 1);
  if (block.kind === "wtx") witness.number(block.multiplier, 1, LONGEST_WTX);
  if (block.kind === "iBlock") witness.bytes(block.data, MAX_DATA_BYTES);
  // Whatever was taken for a block is one that this driver could have written; the power level in S(WTX) is not kept.
  if (block.kind !== "invalid" && block.kind !== "wtx")
    witness.number(Number(equalBytes(encodeBlock(block), data)), 1, 1);
}

/** The driver's decoders, each once: commands without data share that of SAMConfiguration, card data that of InDataExchange. */
export const DECODERS: readonly Decode[] = [
  decoder("line test", lineTest().decode, yes),
  decoder("firmware", getFirmwareVersion().decode, ({ ic, version, revision }, witness) => {
    for (const value of [ic, version, revision]) witness.byte(value);
  }),
  decoder("SAM", samConfiguration().decode, yes),
  decoder("status", getGeneralStatus().decode, lookAtStatus),
  decoder("target A", listPassiveTarget("typeA", 0).decode, lookAtTarget),
  decoder("target B", listPassiveTarget("typeB", 0).decode, lookAtTarget),
  decoder(
    "exchange",
    dataExchange({ target: 1, data: new Uint8Array(0), part: "last", cardBytes: 0, responseMs: 0 }).decode,
    lookAtAnswer,
  ),
  decoder("radio modes", readRadioModes().decode, ({ tx, rx }, witness) => {
    for (const value of [tx, rx]) witness.byte(value);
  }),
  lookAtAts,
  lookAtBlock,
];
