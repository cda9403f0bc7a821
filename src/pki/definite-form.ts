/**
 * Elements of indefinite length written with definite ones. Some States (New Zealand) publish signed objects in BER as a
 * stream writes it, while what is signed in them is DER. Nothing but lengths and strings in parts is changed: order and
 * contents stay as they came, because a signature may be over a wrong order. ITU-T X.690 §8.1.3, RFC 5652 §5.4.
 */
import { writeTlv } from "../bytes/write-tlv.ts";
import { children, type Element, octets, rawBytes } from "./asn1.ts";

/** More than any honest set of attributes has; what is longer is not written anew. */
const MAX_BYTES = 65_535;
const TAG_OCTET_STRING = 0x04;
const LONG_TAG = 0x1f;
const CONSTRUCTED = 0x20;

/**
 * A copy of the element as it stood in the input, or, when a length in it is indefinite, with all its lengths definite
 * and in their shortest form. `undefined`: too long, or with tags of several bytes, to be written anew. The element comes from
 * `parseAsn1`, which bounds how deep it can be.
 */
export function definiteForm(element: Element): Uint8Array | undefined {
  if (!hasIndefinite(element)) return rawBytes(element).slice();
  return rawBytes(element).length > MAX_BYTES ? undefined : rewritten(element);
}

const hasIndefinite = (element: Element): boolean =>
  element.lenBlock.isIndefiniteForm || children(element).some(hasIndefinite);

function rewritten(element: Element): Uint8Array | undefined {
  const string = octets(element);
  if (string !== undefined) return writeTlv(TAG_OCTET_STRING, string);
  const bytes = rawBytes(element);
  const [tag = 0] = bytes;
  if ((tag & LONG_TAG) === LONG_TAG) return undefined;
  if ((tag & CONSTRUCTED) === 0) return writeTlv(tag, bytes.subarray(bytes.length - element.lenBlock.length));
  const parts = children(element);
  const inner = parts.flatMap((part) => rewritten(part) ?? []);
  return inner.length === parts.length ? writeTlv(tag, ...inner) : undefined;
}
