/**
 * The PN532 commands that this driver uses: parameters out, typed answers in. Between the frame codec and
 * the reader; pure. A decoder gets the response data after the response code and gives `undefined` for
 * bytes that no PN532 sends. Governing document: NXP UM0701-02 §7.
 */
import { concat, equalBytes } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import type { CardKbits } from "../../src/ports/card.ts";
import { MAX_COMMAND_BYTES } from "./frame.ts";
import { type CardProtocol, decodeTargetA, decodeTargetB, type Target } from "./target.ts";

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
  /** Length of the usual answer behind its code. A longer one costs a second read, on I2C a repetition. */
  readonly answerBytes: number;
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

type Local<T> = Pick<Command<T>, "name" | "code" | "parameters" | "answerBytes" | "decode">;
const local = <T>(repeat: Repeat, command: Local<T>): Command<T> => ({
  ...command,
  responseMs: LOCAL_RESPONSE_MS,
  repeat,
});
const configuring = (name: string, code: number, parameters: Uint8Array): Command<true> => ({
  name,
  code,
  parameters,
  answerBytes: 0,
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
  const answerBytes = parameters.length;
  return local("afterDamage", { name: "Diagnose", code: 0x00, parameters, answerBytes, decode });
}

const REGISTER_ADDRESS_BYTES = 2;
/** CIU_FIFOData: the byte that the radio's buffer would give next. */
const FIFO_DATA_REGISTER = hex("63 39");
/** What is left in it when nobody has answered a poll for type A: the request itself. */
export const FIFO_REQA = 0x26;

/** ReadRegister: one byte from each two-byte address. */
const readRegisters = <T>(addresses: Uint8Array, decode: (values: Uint8Array) => T | undefined): Command<T> =>
  local("afterDamage", {
    name: "ReadRegister",
    code: 0x06,
    parameters: addresses,
    answerBytes: addresses.length / REGISTER_ADDRESS_BYTES,
    decode: (data) => (data.length === addresses.length / REGISTER_ADDRESS_BYTES ? decode(data) : undefined),
  });

/** ReadRegister of CIU_FIFOData: one byte. */
export const readFifo = (): Command<number> => readRegisters(FIFO_DATA_REGISTER, ([next]) => next);

/** CIU_TxMode and CIU_RxMode: what the radio sends and takes, with the speed in bits 6 to 4. */
export interface RadioModes {
  readonly tx: number;
  readonly rx: number;
}

const MODE_REGISTERS = hex("63 02 63 03");

/** ReadRegister of CIU_TxMode and CIU_RxMode. */
export const readRadioModes = (): Command<RadioModes> =>
  readRegisters(MODE_REGISTERS, ([tx, rx]) =>
    tx === undefined || rx === undefined ? undefined : { tx, rx },
  );

const SPEED_SHIFT = 4;
const SPEED_MASK = 0x07 << SPEED_SHIFT;
/** CIU_RxThreshold, CIU_ModWidth and CIU_MifNFC, as RFConfiguration items 0A (106) and 0D have them after a reset. */
const RECEIVER = {
  106: { threshold: 0x85, modWidth: 0x26, mifNfc: 0x62 },
  212: { threshold: 0x85, modWidth: 0x15, mifNfc: 0x8a },
  424: { threshold: 0x85, modWidth: 0x08, mifNfc: 0xb2 },
} as const;

/** WriteRegister: the same rate both ways, and the receiver set for it as the firmware does at InPSL. */
export function writeRadioRate({ tx, rx }: RadioModes, kbits: CardKbits): Command<true> {
  const speed = RATE_CODES[kbits] << SPEED_SHIFT;
  const { threshold, modWidth, mifNfc } = RECEIVER[kbits];
  const values = [
    [0x02, (tx & ~SPEED_MASK) | speed],
    [0x03, (rx & ~SPEED_MASK) | speed],
    [0x08, threshold],
    [0x14, modWidth],
    [0x0c, mifNfc],
  ] as const;
  const parameters = Uint8Array.from(values.flatMap(([register, value]) => [0x63, register, value]));
  return configuring("WriteRegister", 0x08, parameters);
}

/** Speeds of the serial interface that this driver uses, in bit/s, with their codes. */
export const SERIAL_BAUDS: ReadonlyMap<number, number> = new Map([
  [115_200, 4],
  [230_400, 5],
  [460_800, 6],
  [921_600, 7],
]);

/**
 * SetSerialBaudRate; the chip changes at the host's ACK to its answer. Never repeated: an abort is such an ACK,
 * and the repetition would come at the speed that the chip has just left.
 */
export function setSerialBaudRate(baud: number): Command<true> {
  const code = SERIAL_BAUDS.get(baud);
  if (code === undefined) throw new Error("not a speed of the PN532");
  const parameters = Uint8Array.of(code);
  return { ...configuring("SetSerialBaudRate", 0x10, parameters), repeat: "never" };
}

/** IC, firmware version and revision, supported protocols: `32 01 06 07` for the silicon sold today. */
export interface Firmware {
  readonly ic: number;
  readonly version: number;
  readonly revision: number;
}

const FIRMWARE_BYTES = 4;

/** GetFirmwareVersion: 4 bytes `IC Ver Rev Support`. */
export function getFirmwareVersion(): Command<Firmware> {
  return local("afterDamage", {
    name: "GetFirmwareVersion",
    code: 0x02,
    parameters: new Uint8Array(0),
    answerBytes: FIRMWARE_BYTES,
    decode(data) {
      const [ic, version, revision] = data;
      if (
        data.length !== FIRMWARE_BYTES ||
        ic === undefined ||
        version === undefined ||
        revision === undefined
      )
        return undefined;
      return { ic, version, revision };
    },
  });
}

/** SAMConfiguration, normal mode, interrupt line on; it also lifts the chip out of its low-battery mode. */
export const samConfiguration = (): Command<true> =>
  local("always", {
    name: "SAMConfiguration",
    code: 0x14,
    parameters: hex("01 14 01"),
    answerBytes: 0,
    decode: nothing,
  });

/** Who asks an ISO-DEP card of type A for its answer to select, and speaks ISO-DEP with it from then on. */
export type IsoDepEngine = "firmware" | "software";

/** SetParameters: automatic ATR_RES (bit 2), automatic RATS (bit 4) for the firmware's engine, frames with pre- and postamble. */
export const setParameters = (engine: IsoDepEngine): Command<true> =>
  configuring("SetParameters", 0x12, Uint8Array.of(engine === "firmware" ? 0x14 : 0x04));

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

/** Rates of the radio link with their codes. */
const RATE_CODES = { 106: 0, 212: 1, 424: 2 } as const satisfies Record<CardKbits, number>;

/**
 * InPSL: the same rate both ways for an ISO-DEP card of type A, by PPS (ISO/IEC 14443-4 §5.3); to be sent before
 * any APDU. Answers with the status alone. `responseMs` must exceed the card's frame waiting time, tried twice.
 */
export const selectRate = (target: number, kbits: CardKbits, responseMs: number): Command<CardAnswer> => ({
  name: "InPSL",
  code: 0x4e,
  parameters: Uint8Array.of(target, RATE_CODES[kbits], RATE_CODES[kbits]),
  answerBytes: STATUS_BYTES,
  responseMs,
  repeat: "never",
  decode: decodeCardAnswer,
});

/** What GetGeneralStatus says that nothing else does. */
export interface GeneralStatus {
  /** The last error that the chip met; a chip that protects itself finds no card and says so here alone. */
  readonly lastStatus: number;
}

const MIN_GENERAL_STATUS_BYTES = 4;

/** GetGeneralStatus: `Err Field NbTg {Tg BrRx BrTx Type} SAM`. */
export const getGeneralStatus = (): Command<GeneralStatus> =>
  local("afterDamage", {
    name: "GetGeneralStatus",
    code: 0x04,
    parameters: new Uint8Array(0),
    answerBytes: MIN_GENERAL_STATUS_BYTES,
    decode(data) {
      const [lastStatus] = data;
      if (lastStatus === undefined || data.length < MIN_GENERAL_STATUS_BYTES) return undefined;
      return { lastStatus: lastStatus & STATUS_MASK };
    },
  });

export type TargetList = { readonly target: Target | undefined };

/** BrTy and initiator data: 106 kbit/s type A, or type B with an AFI of 00, which calls all families. */
const POLL_DATA = { typeA: "00", typeB: "03 00" } as const satisfies Record<CardProtocol, string>;

/**
 * Number of targets, the chip's number of the first, and the card: type A with a UID of 7 and an ATS of 20 bytes,
 * as documents have at most; type B with its ATQB, a length and the shortest answer to ATTRIB.
 */
const TARGET_BYTES = { typeA: 2 + 2 + 1 + 1 + 7 + 20, typeB: 2 + 12 + 1 + 1 } as const satisfies Record<
  CardProtocol,
  number
>;

/** InListPassiveTarget, one target. `responseMs` must exceed all tries of the chip. */
export function listPassiveTarget(protocol: CardProtocol, responseMs: number): Command<TargetList> {
  const decodeTarget = protocol === "typeA" ? decodeTargetA : decodeTargetB;
  return {
    name: "InListPassiveTarget",
    code: 0x4a,
    parameters: hex(`01 ${POLL_DATA[protocol]}`),
    answerBytes: TARGET_BYTES[protocol],
    responseMs,
    repeat: "afterDamage",
    decode(data) {
      if (data[0] === 0) return { target: undefined };
      const target = decodeTarget(data.subarray(1));
      return target === undefined ? undefined : { target };
    },
  };
}

/** Status byte and data of an exchange with the card. */
export interface CardAnswer {
  /** Bits 5-0 of the status byte; 0 is success. */
  readonly status: number;
  /** Bit 6: the chip holds more of the card's answer. */
  readonly more: boolean;
  readonly data: Uint8Array;
}

const STATUS_BYTES = 1;
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
  /** What the card is expected to answer with, at most. */
  readonly cardBytes: number;
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
    answerBytes: STATUS_BYTES + exchange.cardBytes,
    responseMs: exchange.responseMs,
    repeat: "never",
    decode: decodeCardAnswer,
  };
}

/** An R-block, or the card's last block again if it held a NIS or less: the answers to a call for a sign of life. */
const BLOCK_BYTES = 16;

/** InCommunicateThru: `raw` goes out as it is; the chip adds and checks the CRC, and waits fRetryTimeout. */
export function communicateThru(raw: Uint8Array, responseMs: number): Command<CardAnswer> {
  if (raw.length > MAX_RAW_BYTES) throw new Error("InCommunicateThru length");
  return {
    name: "InCommunicateThru",
    code: 0x42,
    parameters: raw,
    answerBytes: STATUS_BYTES + BLOCK_BYTES,
    responseMs,
    repeat: "afterDamage",
    decode: decodeCardAnswer,
  };
}

/** What a raw frame asks of the host: how much may come back, CRC aside, and how long the chip may take over it. */
export interface RawExchange {
  readonly answerBytes: number;
  readonly responseMs: number;
}

/** The same with a frame that the card may act on: never repeated, since whether it was heard is the engine's to find out. */
export const exchangeRaw = (
  raw: Uint8Array,
  { answerBytes, responseMs }: RawExchange,
): Command<CardAnswer> => ({
  ...communicateThru(raw, responseMs),
  answerBytes: STATUS_BYTES + answerBytes,
  repeat: "never",
});
