/**
 * The binary form of a visible seal, version 4: a header of 19 bytes, fields of identifier, length and data, and behind
 * FF the signature. Which identifiers there are is published nowhere, but each field says how long it is. What follows the
 * signature is not signed, and is not looked at. ANTS, 2D-Doc specification 3.2.6, 3.3.4, 3.4.2 and 3.5.2.
 */
import { toHex } from "../bytes/hex.ts";
import { err, ok, type Result } from "../result.ts";
import { decodeC40 } from "./c40.ts";
import { type Seal, type SealField, type SealHeader, SIGNATURE_BYTES } from "./seal.ts";
import { numberDate } from "./seal-dates.ts";
import type { HeaderPart, SealError } from "./seal-error.ts";
import { knownDates } from "./text-header.ts";

const VERSION = 4;
const HEADER_BYTES = 19;
const SIGNATURE_ID = 0xff;
/** A length of this value stands for the two bytes behind it. */
const LONG_LENGTH = 0xff;

/** Reads bytes that begin with DC; what the seal holds of them is a copy. */
export function parseBinaryForm(bytes: Uint8Array): Result<Seal, SealError> {
  if (bytes[1] !== VERSION) return err({ kind: "sealVersion", why: "unknownVersion" });
  const header = readHeader(bytes);
  if (!header.ok) return header;
  const end = endOfMessage(bytes);
  if (!end.ok) return end;
  const signature = readSignature(bytes, end.value);
  if (!signature.ok) return signature;
  const signed = bytes.slice(0, end.value);
  return ok({ ...header.value, fields: fieldsOf(signed), signed, signature: signature.value });
}

const COUNTRY = /^[A-Z]{3}$/;
const SIGNER = /^([A-Z]{2}[A-Z0-9]{2})([0-9A-F]{5})$/;

function readHeader(bytes: Uint8Array): Result<SealHeader, SealError> {
  const bad = (why: HeaderPart) => err<SealError>({ kind: "sealHeader", why });
  if (bytes.length < HEADER_BYTES) return bad("length");
  const country = decodeC40(bytes.subarray(2, 4)) ?? "";
  if (!COUNTRY.test(country)) return bad("country");
  const [, authorityId, certificateId] = SIGNER.exec(decodeC40(bytes.subarray(4, 10)) ?? "") ?? [];
  if (authorityId === undefined || certificateId === undefined) return bad("authority");
  const documentDate = numberDate(bytes.subarray(10, 13));
  if (documentDate === "malformed") return bad("documentDate");
  const signatureDate = numberDate(bytes.subarray(13, 16));
  if (signatureDate === "malformed") return bad("signatureDate");
  return ok({
    form: "binary",
    version: VERSION,
    authorityId,
    certificateId,
    ...knownDates({ documentDate, signatureDate }),
    documentType: toHex(bytes.subarray(16, 17)),
    perimeter: toHex(bytes.subarray(17, HEADER_BYTES)),
    country,
  });
}

interface Block {
  readonly dataAt: number;
  readonly end: number;
}

/** The field whose identifier stands at `at`, as far as its length says. */
function blockAt(bytes: Uint8Array, at: number): Block {
  const [, length = 0, high = 0, low = 0] = bytes.subarray(at, at + 4);
  const dataAt = length === LONG_LENGTH ? at + 4 : at + 2;
  return { dataAt, end: dataAt + (length === LONG_LENGTH ? high * 256 + low : length) };
}

/** Where the identifier of the signature stands. */
function endOfMessage(bytes: Uint8Array): Result<number, SealError> {
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    if (bytes[at] === SIGNATURE_ID) return ok(at);
    const { end } = blockAt(bytes, at);
    if (end > bytes.length) return err({ kind: "sealMessage", why: "cutOff" });
    at = end;
  }
  return err({ kind: "sealSignature", why: "missing" });
}

function readSignature(bytes: Uint8Array, at: number): Result<Uint8Array, SealError> {
  const { dataAt, end } = blockAt(bytes, at);
  const signature = bytes.slice(dataAt, end);
  // The length of a signature has one byte, and one that is longer than what is left is cut.
  const isWhole = SIGNATURE_BYTES.includes(signature.length) && end - at === signature.length + 2;
  return isWhole ? ok(signature) : err({ kind: "sealSignature", why: "length" });
}

function fieldsOf(signed: Uint8Array): readonly SealField[] {
  const fields: SealField[] = [];
  for (let at = HEADER_BYTES; at < signed.length; ) {
    const { dataAt, end } = blockAt(signed, at);
    const id = toHex(signed.subarray(at, at + 1));
    fields.push({ id, value: signed.subarray(dataAt, end), isTruncated: false });
    at = end;
  }
  return fields;
}
