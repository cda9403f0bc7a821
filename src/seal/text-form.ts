/**
 * The text form of a visible seal, as a scanner gives it: header, fields, and behind US the signature in base32. Version 1
 * has the signature as bare bytes instead, with no mark before them. What version 4 may have behind the signature and GS
 * is not signed, and is not looked at. ANTS, 2D-Doc specification 3.2.6, 3.2, 3.5.2 and 3.6.
 */
import { err, ok, type Result } from "../result.ts";
import { parseBase32 } from "./base32.ts";
import { type Seal, type SealHeader, SIGNATURE_BYTES } from "./seal.ts";
import type { SealError } from "./seal-error.ts";
import { readTextFields } from "./text-fields.ts";
import { readTextHeader } from "./text-header.ts";

const GROUP_SEPARATOR = 0x1d;
const UNIT_SEPARATOR = 0x1f;
const VERSION_OF_BARE_SIGNATURE = 1;
const VERSION_OF_ANNEX = 4;
/** Version 1 does not say how long its signature is; whatever is known of it was signed on P-256. */
const BARE_SIGNATURE_BYTES = 64;

/** Reads bytes that begin with `DC`; what the seal holds of them is a copy. */
export function parseTextForm(bytes: Uint8Array): Result<Seal, SealError> {
  const read = readTextHeader(bytes);
  if (!read.ok) return read;
  const { header, lengthBytes } = read.value;
  const divided =
    header.version === VERSION_OF_BARE_SIGNATURE ? divideBare(bytes, lengthBytes) : divide(bytes, header);
  if (!divided.ok) return divided;
  const signed = divided.value.signed.slice();
  const fields = readTextFields(signed.subarray(lengthBytes));
  if (fields.ok) return ok({ ...header, fields: fields.value, signed, signature: divided.value.signature });
  signed.fill(0);
  return fields;
}

type Divided = Pick<Seal, "signed" | "signature">;

function divide(bytes: Uint8Array, { version }: SealHeader): Result<Divided, SealError> {
  const end = bytes.indexOf(UNIT_SEPARATOR);
  if (end < 0) return err({ kind: "sealSignature", why: "missing" });
  const annexAt = version === VERSION_OF_ANNEX ? bytes.indexOf(GROUP_SEPARATOR, end) : -1;
  const signature = parseBase32(bytes.subarray(end + 1, annexAt < 0 ? bytes.length : annexAt));
  if (signature === undefined) return err({ kind: "sealSignature", why: "alphabet" });
  if (!SIGNATURE_BYTES.includes(signature.length)) return err({ kind: "sealSignature", why: "length" });
  return ok({ signed: bytes.subarray(0, end), signature });
}

function divideBare(bytes: Uint8Array, headerBytes: number): Result<Divided, SealError> {
  const end = bytes.length - BARE_SIGNATURE_BYTES;
  if (end < headerBytes) return err({ kind: "sealSignature", why: "missing" });
  return ok({ signed: bytes.subarray(0, end), signature: bytes.slice(end) });
}
