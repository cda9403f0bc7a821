/**
 * The message of a seal in text form, divided into its fields: an identifier of two characters, then a value that ends
 * where its length is reached, at GS, at RS if it was cut off, or with the message. Nothing but the table knows where a
 * value of fixed length ends, so that one unknown identifier makes all the rest unreadable.
 * Governing text: ANTS, 2D-Doc specification 3.2.6, 3.4.1.
 */
import { err, ok, type Result } from "../result.ts";
import type { SealField } from "./seal.ts";
import type { MessageFault, SealError } from "./seal-error.ts";
import { FIELD_LENGTHS, type FieldLength } from "./seal-fields.table.ts";

const ID_BYTES = 2;
const GROUP_SEPARATOR = 0x1d;
const RECORD_SEPARATOR = 0x1e;

/** The fields in their order, values as views of `message`. */
export function readTextFields(message: Uint8Array): Result<readonly SealField[], SealError> {
  const fields: SealField[] = [];
  for (let at = 0; at < message.length; ) {
    const read = readField(message, at);
    if (!read.ok) return err({ kind: "sealMessage", why: read.error });
    fields.push(read.value.field);
    at = read.value.next;
  }
  return ok(fields);
}

interface ReadField {
  readonly field: SealField;
  /** Where the next identifier stands. */
  readonly next: number;
}

function readField(message: Uint8Array, at: number): Result<ReadField, MessageFault> {
  const start = at + ID_BYTES;
  const id = String.fromCharCode(...message.subarray(at, start));
  const length = FIELD_LENGTHS.get(id);
  if (length === undefined) return err("unknownField");
  const end = endOfValue(message, start, length);
  const value = message.subarray(start, end);
  if (value.length < length.least) return err("tooShort");
  if (!value.every(isCharacter)) return err("character");
  const isTruncated = message[end] === RECORD_SEPARATOR;
  if (isTruncated && length.least === length.most) return err("cutFixedLength");
  // A value of full length needs no separator, but issuers write one all the same.
  const next = isTruncated || message[end] === GROUP_SEPARATOR ? end + 1 : end;
  return ok({ field: { id, value, isTruncated }, next });
}

function endOfValue(message: Uint8Array, start: number, { most }: FieldLength): number {
  const limit = Math.min(start + most, message.length);
  for (let end = start; end < limit; end++)
    if (message[end] === GROUP_SEPARATOR || message[end] === RECORD_SEPARATOR) return end;
  return limit;
}

/** The printable characters of ISO-8859-1. */
const isCharacter = (byte: number): boolean => (byte >= 0x20 && byte <= 0x7e) || byte >= 0xa0;
