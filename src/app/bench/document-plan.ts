/**
 * The written plan of reading a travel document: which commands there are at least, and how long each command and answer
 * is, by the bench's own arithmetic of secure messaging, from what the chip holds and announces. A second account of what
 * `src/emrtd` does, on purpose: a needless exchange there costs here.
 * Governing text: ICAO Doc 9303-11 §4.4 (PACE), §6.2 (chip authentication), §9.8 (secure messaging); ISO/IEC 7816-4 §5.1.
 */
import { type PlannedCommand, wholeAnswer } from "./bound.ts";

/** What a reading's duration hangs on. */
export interface PlannedDocument {
  /** A curve of 256 bits, or integers modulo 2048 bits. */
  readonly agreement: "ECDH" | "DH";
  /** `chip`: the mapping proves the chip, by EF.CardSecurity in place of an agreement with the key in DG14. */
  readonly mapping: "generic" | "chip";
  readonly cipher: "AES" | "3DES";
  readonly nonceBytes: number;
  readonly fileBytes: Readonly<Record<PlannedFile, number>>;
  /** The longest answer that the chip announces, status word included; that of a short command where it announces none. */
  readonly answerBytes: number;
}

/** EF.CardSecurity has no bytes where nothing is to be read of it. */
export type PlannedFile = "cardAccess" | "cardSecurity" | "dg1" | "dg14" | "sod";

/** One command APDU with its answer, whatever frames they take. */
export interface PlannedExchange {
  readonly name: string;
  /** Bytes of the APDUs, status word included, and the card's time between them. */
  readonly sent: number;
  readonly received: number;
  readonly cardMs: number;
}

/** 256 bytes of data and the status word. */
export const SHORT_ANSWER_BYTES = 258;

const APDU_MS = 15;
const NONCE_MS = 25;
const TOKEN_MS = 25;
/** A multiplication on a curve, a power of integers, what chip authentication on a curve takes beyond its product. */
const PRODUCT_MS = 130;
const POWER_MS = 300;
const CHIP_AUTHENTICATION_MS = 40;

const HEADER_BYTES = 4;
const STATUS_BYTES = 2;
const MOST_SHORT_BYTES = 255;
const MAC_OBJECT_BYTES = 10;
const STATUS_OBJECT_BYTES = 4;
const BLOCK_BYTES = { AES: 16, "3DES": 8 } as const;
/** Uncompressed point; integer. */
const PUBLIC_KEY_BYTES = { ECDH: 65, DH: 256 } as const;
const OBJECT_IDENTIFIER_BYTES = 10;
const PASSWORD_REFERENCE_BYTES = 3;
const PARAMETER_REFERENCE_BYTES = 3;
const TOKEN_BYTES = 8;
/** The chip's proof in the mapping, of the size of the order, padded. */
const CHIP_DATA_BYTES = 48;
const APPLICATION_NAME_BYTES = 7;

/** Access, whose document it is, that the chip is no copy, that a State signed all of it: nothing else is read. */
export function documentExchanges(document: PlannedDocument): readonly PlannedExchange[] {
  const { mapping, fileBytes } = document;
  const select = secured(document, { name: "SELECT", data: APPLICATION_NAME_BYTES });
  return [
    { name: "CardAccess", sent: 5, received: fileBytes.cardAccess + STATUS_BYTES, cardMs: APDU_MS },
    ...paceExchanges(document),
    ...reads(document, "cardSecurity"),
    select,
    ...reads(document, "dg1"),
    ...reads(document, "dg14"),
    ...(mapping === "chip" ? [] : chipAuthentication(document)),
    ...reads(document, "sod"),
  ];
}

function paceExchanges(document: PlannedDocument): readonly PlannedExchange[] {
  const { agreement, mapping, nonceBytes } = document;
  const key = PUBLIC_KEY_BYTES[agreement];
  // The lone entry of a CIE is not numbered in the command.
  const parameter = agreement === "DH" ? 0 : PARAMETER_REFERENCE_BYTES;
  const setBytes = object(OBJECT_IDENTIFIER_BYTES) + PASSWORD_REFERENCE_BYTES + parameter;
  const chipData = mapping === "chip" ? object(CHIP_DATA_BYTES) : 0;
  const [mapMs, agreeMs] =
    agreement === "ECDH"
      ? [2.5 * PRODUCT_MS, 2 * PRODUCT_MS]
      : [APDU_MS + 2 * POWER_MS, APDU_MS + 2 * POWER_MS];
  return [
    { name: "PACE set", sent: HEADER_BYTES + 1 + setBytes, received: STATUS_BYTES, cardMs: APDU_MS },
    dynamic("PACE nonce", { sent: 0, received: object(nonceBytes), cardMs: NONCE_MS }),
    dynamic("PACE map", { sent: object(key), received: object(key), cardMs: mapMs }),
    dynamic("PACE agree", { sent: object(key), received: object(key), cardMs: agreeMs }),
    dynamic("PACE token", {
      sent: object(TOKEN_BYTES),
      received: object(TOKEN_BYTES) + chipData,
      cardMs: TOKEN_MS,
    }),
  ];
}

/** GENERAL AUTHENTICATE in clear: a template (7C) of so many bytes each way, and a short Le whatever the length of the command. */
function dynamic(name: string, { sent, received, cardMs }: Omit<PlannedExchange, "name">): PlannedExchange {
  const data = object(sent);
  const lengthField = data > MOST_SHORT_BYTES ? 3 : 1;
  const le = data > MOST_SHORT_BYTES ? 2 : 1;
  return {
    name,
    sent: HEADER_BYTES + lengthField + data + le,
    received: object(received) + STATUS_BYTES,
    cardMs,
  };
}

/** On a curve the protocol is named first; among integers one command brings the key. */
function chipAuthentication(document: PlannedDocument): readonly PlannedExchange[] {
  const key = object(PUBLIC_KEY_BYTES[document.agreement]);
  if (document.agreement === "DH")
    return [secured(document, { name: "CA key", data: key, cardMs: APDU_MS + POWER_MS })];
  return [
    secured(document, { name: "CA set", data: object(OBJECT_IDENTIFIER_BYTES) }),
    secured(document, {
      name: "CA agree",
      data: object(key),
      le: 256,
      received: object(0),
      cardMs: PRODUCT_MS + CHIP_AUTHENTICATION_MS,
    }),
  ];
}

/** A file in as many reads as it takes, each as large as the chip's answers may be; by its short identifier, without a selection. */
function reads(document: PlannedDocument, file: PlannedFile): readonly PlannedExchange[] {
  const mostBytes = mostPlainBytes(document.answerBytes);
  const exchanges: PlannedExchange[] = [];
  for (let left = document.fileBytes[file]; left > 0; left -= mostBytes) {
    const received = Math.min(left, mostBytes);
    exchanges.push(secured(document, { name: file, le: mostBytes, received }));
  }
  return exchanges;
}

/**
 * The most of a file that comes in one answer, of every cipher: 3DES would have room for eight bytes more in a short one,
 * which then takes another block on the air.
 */
export function mostPlainBytes(mostAnswerBytes: number): number {
  let plain = mostAnswerBytes;
  while (answerBytes({ cipher: "AES" }, plain) > mostAnswerBytes) plain -= 1;
  return plain;
}

/** A command under secure messaging and its answer. */
function secured(
  document: Pick<PlannedDocument, "cipher">,
  {
    name,
    data = 0,
    le = 0,
    received = 0,
    cardMs = APDU_MS,
  }: {
    readonly name: string;
    readonly data?: number;
    readonly le?: number;
    readonly received?: number;
    readonly cardMs?: number;
  },
): PlannedExchange {
  const dataObject = data === 0 ? 0 : object(1 + padded(document, data));
  const leObject = le === 0 ? 0 : object(le > 256 ? 2 : 1);
  const body = dataObject + leObject + MAC_OBJECT_BYTES;
  const lengths = body > MOST_SHORT_BYTES || le > 256 ? 3 + 2 : 1 + 1;
  return {
    name,
    sent: HEADER_BYTES + lengths + body,
    received: answerBytes(document, received),
    cardMs,
  };
}

function answerBytes(document: Pick<PlannedDocument, "cipher">, plain: number): number {
  const dataObject = plain === 0 ? 0 : object(1 + padded(document, plain));
  return dataObject + STATUS_OBJECT_BYTES + MAC_OBJECT_BYTES + STATUS_BYTES;
}

/** Padding is never empty (ISO/IEC 9797-1, method 2). */
const padded = ({ cipher }: Pick<PlannedDocument, "cipher">, bytes: number): number =>
  (Math.floor(bytes / BLOCK_BYTES[cipher]) + 1) * BLOCK_BYTES[cipher];

/** A data object with a tag of one byte. */
function object(contentBytes: number): number {
  if (contentBytes < 0x80) return 2 + contentBytes;
  return (contentBytes <= 0xff ? 3 : 4) + contentBytes;
}

/** What a card of 256-byte frames takes in one block. */
const CARD_BLOCK_DATA_BYTES = 253;
/** For an R-block that asks for the rest of a command. */
const TURNAROUND_MS = 0.3;

/** The exchanges in commands of the reader, all at 106 kbit/s: a long command goes out block by block. */
export function exchangeCommands(exchanges: readonly PlannedExchange[]): readonly PlannedCommand[] {
  return exchanges.flatMap(({ name, sent, received, cardMs }) => {
    const commands: PlannedCommand[] = [];
    let left = sent;
    for (; left > CARD_BLOCK_DATA_BYTES; left -= CARD_BLOCK_DATA_BYTES)
      commands.push({
        name: `${name}, beginning`,
        commandBytes: 2 + CARD_BLOCK_DATA_BYTES,
        answerBytes: 2,
        work: { kind: "apdu", sent: CARD_BLOCK_DATA_BYTES, received: 0, cardMs: TURNAROUND_MS, kbits: 106 },
      });
    return [...commands, ...wholeAnswer(name, { kind: "apdu", sent: left, received, cardMs, kbits: 106 })];
  });
}
