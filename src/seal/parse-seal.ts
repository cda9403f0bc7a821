/**
 * A visible seal from bytes, in either form: the one way in for what a scanner or a file brings. Whoever printed it may be
 * anybody, so that the lengths are bounded, the fields are those of the specification, each once, and an identity title
 * has all that it must have. Nothing here is believed before `judgeSeal` has looked at the signature.
 * Governing text: ANTS, 2D-Doc specification 3.2.6, 3 and 8.5.
 */
import { err, type Result } from "../result.ts";
import { parseBinaryForm } from "./binary-form.ts";
import { type Seal, wipeSeal } from "./seal.ts";
import type { SealError } from "./seal-error.ts";
import { MANDATORY_FIELDS } from "./seal-fields.table.ts";
import { parseTextForm } from "./text-form.ts";

/** What the largest Data Matrix holds of capital letters and digits; identity cards have 285 at most. */
const MAX_BYTES = 2_335;
/** The first bytes of the text form, `DC`, and the first of the binary one. */
const TEXT_MARKER = [0x44, 0x43] as const;
const BINARY_MARKER = 0xdc;

/**
 * Reads one seal, without line ends or anything else around it. Errors as `SealError` tells them apart. Never throws. The
 * seal keeps copies, which `wipeSeal` wipes; of what is refused no copy stays.
 */
export function parseSeal(bytes: Uint8Array): Result<Seal, SealError> {
  if (bytes.length === 0) return err({ kind: "noSeal", why: "empty" });
  if (bytes.length > MAX_BYTES) return err({ kind: "noSeal", why: "tooLong" });
  const seal = parseForm(bytes);
  if (!seal.ok) return seal;
  const fault = faultOfFields(seal.value);
  if (fault === undefined) return seal;
  wipeSeal(seal.value);
  return err(fault);
}

function parseForm(bytes: Uint8Array): Result<Seal, SealError> {
  const [first, second] = bytes;
  if (first === BINARY_MARKER) return parseBinaryForm(bytes);
  return first === TEXT_MARKER[0] && second === TEXT_MARKER[1]
    ? parseTextForm(bytes)
    : err({ kind: "noSeal", why: "marker" });
}

function faultOfFields({ form, documentType, fields }: Seal): SealError | undefined {
  const ids = new Set<string>();
  for (const { id } of fields) {
    if (ids.has(id)) return { kind: "sealFieldTwice", why: id };
    ids.add(id);
  }
  // The identifiers of the binary form are others, and not published.
  if (form === "binary") return undefined;
  const missing = MANDATORY_FIELDS.get(documentType)?.find((id) => !ids.has(id));
  return missing === undefined ? undefined : { kind: "sealFieldMissing", why: missing };
}
