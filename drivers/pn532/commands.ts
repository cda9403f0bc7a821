/**
 * The PN532 commands that this driver uses: parameters out, typed answers in. Between the frame codec and
 * the reader; pure. A decoder gets the response data after the response code and gives `undefined` for
 * bytes that no PN532 sends. Governing document: NXP UM0701-02 §7.
 */
import { concat, equalBytes } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { MAX_COMMAND_BYTES } from "./frame.ts";

/**
 * When the exchange may send a command again.
 * - `always`: to a chip of which nothing is expected yet; unacknowledged, unanswered or damaged.
 * - `afterDamage`: only when something came back but was not legible. A configured chip that is silent hangs
 *   or lost its settings in a brown-out, and a resent command would hide that.
 * - `never`: what reaches an activated card.
 */
export type Repeat = "always" | "afterDamage" | "never";

/** One command of the chip with everything needed to run it. */
export interface Command<T> {
  /** As in the user manual; for logs and errors. */
  readonly name: string;
  readonly code: number;
  /** What follows the command code. */
  readonly parameters: Uint8Array;
  /** Time from the acknowledgement to the response. */
  readonly responseMs: number;
  readonly repeat: Repeat;
  readonly decode: (data: Uint8Array) => T | undefined;
}

/** Commands without radio answer in 0.3 ms; this bears a chip that is busy with its start. */
const LOCAL_RESPONSE_MS = 100;

/** Card data in one InDataExchange, either way (UM0701-02 §7.3.8). */
export const MAX_EXCHANGE_BYTES = 262;
/** Bytes of a raw frame in InCommunicateThru. */
const MAX_RAW_BYTES = MAX_COMMAND_BYTES - 1;

const nothing = (data: Uint8Array): true | undefined => (data.length === 0 ? true : undefined);

type Local<T> = Pick<Command<T>, "name" | "code" | "parameters" | "decode">;
const local = <T>(repeat: Repeat, command: Local<T>): Command<T> => ({
  ...command,
  responseMs: LOCAL_RESPONSE_MS,
  repeat,
});
const configuring = (name: string, code: number, parameters: Uint8Array): Command<true> => ({
  name,
  code,
  parameters,
  responseMs: LOCAL_RESPONSE_MS,
  repeat: "afterDamage",
  decode: nothing,
});

/** Each byte value once, a start code first: `00 FF FE … 01`. A link that carries it carries any frame. */
const LINE_TEST_BYTES = Uint8Array.from({ length: 256 }, (_, index) => -index);

/** Diagnose 00, the line test: the chip sends the same bytes back, here in frames of the extended kind. */
export function lineTest(): Command<true> {
  const parameters = concat(Uint8Array.of(0x00), LINE_TEST_BYTES);
  const decode = (data: Uint8Array): true | undefined => (equalBytes(data, parameters) ? true : undefined);
  return local("afterDamage", { name: "Diagnose", code: 0x00, parameters, decode });
}

/** IC, firmware version and revision, supported protocols: `32 01 06 07` for the silicon sold today. */
export interface Firmware {
  readonly ic: number;
  readonly version: number;
  readonly revision: number;
}

/** GetFirmwareVersion: 4 bytes `IC Ver Rev Support`. */
export function getFirmwareVersion(): Command<Firmware> {
  return local("afterDamage", {
    name: "GetFirmwareVersion",
    code: 0x02,
    parameters: new Uint8Array(0),
    decode(data) {
      const [ic, version, revision] = data;
      if (data.length !== 4 || ic === undefined || version === undefined || revision === undefined)
        return undefined;
      return { ic, version, revision };
    },
  });
}

/** SAMConfiguration, normal mode, interrupt line on; it also lifts the chip out of its low-battery mode. */
export const samConfiguration = (): Command<true> =>
  local("always", { name: "SAMConfiguration", code: 0x14, parameters: hex("01 14 01"), decode: nothing });

/** SetParameters: automatic ATR_RES and automatic RATS (bits 2 and 4), frames with pre- and postamble. */
export const setParameters = (): Command<true> => configuring("SetParameters", 0x12, hex("14"));

const rfConfiguration = (item: number, ...data: readonly number[]): Command<true> =>
  configuring("RFConfiguration", 0x32, Uint8Array.of(item, ...data));

/** RFConfiguration item 01: carrier on or off; the chip's own collision avoidance stays off. */
export const rfField = (state: "on" | "off"): Command<true> =>
  rfConfiguration(0x01, state === "on" ? 0x01 : 0x00);

/**
 * RFConfiguration item 02: `retryTimeout` is a code n for 100 µs · 2^(n-1) and limits InCommunicateThru.
 * ISO-DEP exchanges do not follow it, they follow the card's frame waiting time. ATR_RES keeps its default.
 */
export const rfTimings = (retryTimeout: number): Command<true> =>
  rfConfiguration(0x02, 0x00, 0x0b, retryTimeout);

/** RFConfiguration item 05: `tries` (1 to 255) activations by one InListPassiveTarget; never endless. */
export const activationTries = (tries: number): Command<true> => rfConfiguration(0x05, 0xff, 0x01, tries - 1);

/** A type A target as InListPassiveTarget describes it. */
export interface Target106A {
  /** The chip's logical number, to be used in InDataExchange. */
  readonly number: number;
  /** SEL_RES. */
  readonly sak: number;
  /** NFCID1; 4, 7 or 10 bytes for a card that keeps to the standard. Never to be logged. */
  readonly uid: Uint8Array;
  /** With its length byte; empty for a card without ISO-DEP. */
  readonly ats: Uint8Array;
}

export type TargetList = { readonly target: Target106A | undefined };

/** InListPassiveTarget, one target, 106 kbit/s type A. `responseMs` must exceed all tries of the chip. */
export function listPassiveTarget(responseMs: number): Command<TargetList> {
  return {
    name: "InListPassiveTarget",
    code: 0x4a,
    parameters: hex("01 00"),
    responseMs,
    repeat: "afterDamage",
    decode: decodeTargetList,
  };
}

/** `NbTg [Tg SENS_RES(2) SEL_RES NFCIDLength NFCID1 [ATS]]`; lengths beyond the data are refused. */
function decodeTargetList(data: Uint8Array): TargetList | undefined {
  if (data[0] === 0) return { target: undefined };
  const number = data[1];
  const sak = data[4];
  const uidBytes = data[5];
  if (number === undefined || sak === undefined || uidBytes === undefined) return undefined;
  const atsAt = 6 + uidBytes;
  if (data.length < atsAt) return undefined;
  return { target: { number, sak, uid: data.slice(6, atsAt), ats: data.slice(atsAt) } };
}

/** Status byte and data of an exchange with the card. */
export interface CardAnswer {
  /** Bits 5-0 of the status byte; 0 is success. */
  readonly status: number;
  /** Bit 6: the chip holds more of the card's answer. */
  readonly more: boolean;
  readonly data: Uint8Array;
}

const MORE_INFORMATION = 0x40;
const STATUS_MASK = 0x3f;

function decodeCardAnswer(data: Uint8Array): CardAnswer | undefined {
  const status = data[0];
  if (status === undefined) return undefined;
  return { status: status & STATUS_MASK, more: (status & MORE_INFORMATION) !== 0, data: data.slice(1) };
}

/** What one InDataExchange carries; `part` "more" keeps the card waiting for the rest of the command. */
export interface DataExchange {
  readonly target: number;
  /** At most `MAX_EXCHANGE_BYTES`; empty to fetch the rest of an answer. */
  readonly data: Uint8Array;
  readonly part: "more" | "last";
  readonly responseMs: number;
}

/** InDataExchange through the chip's own ISO-DEP engine. Never repeated. */
export function dataExchange(exchange: DataExchange): Command<CardAnswer> {
  if (exchange.data.length > MAX_EXCHANGE_BYTES) throw new Error("InDataExchange length");
  const target = exchange.part === "more" ? exchange.target | MORE_INFORMATION : exchange.target;
  return {
    name: "InDataExchange",
    code: 0x40,
    parameters: concat(Uint8Array.of(target), exchange.data),
    responseMs: exchange.responseMs,
    repeat: "never",
    decode: decodeCardAnswer,
  };
}

/** InCommunicateThru: `raw` goes out as it is; the chip adds and checks the CRC, and waits fRetryTimeout. */
export function communicateThru(raw: Uint8Array, responseMs: number): Command<CardAnswer> {
  if (raw.length > MAX_RAW_BYTES) throw new Error("InCommunicateThru length");
  return {
    name: "InCommunicateThru",
    code: 0x42,
    parameters: raw,
    responseMs,
    repeat: "afterDamage",
    decode: decodeCardAnswer,
  };
}
