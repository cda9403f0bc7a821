/**
 * The two numbers of an ECDSA signature, r and s, whichever way they are written: in DER, as certificates and signed
 * objects have them, or one behind the other, as chips do. Signers pad them with zeros that do not belong there, and
 * OpenSSL takes neither number then; here both become r ‖ s of fixed length. BSI TR-03111 §5.2; SEC 1 §C.5.
 */
import { readTlv, readTlvs } from "../bytes/ber-tlv.ts";
import { concat } from "../bytes/bytes.ts";

const TAG_SEQUENCE = 0x30;
const TAG_INTEGER = 0x02;

/** `SEQUENCE { INTEGER r, INTEGER s }` as r ‖ s, each of `lengthBytes`; `undefined` for anything else. */
export function plainFromDer(signature: Uint8Array, lengthBytes: number): Uint8Array | undefined {
  const outer = readTlv(signature);
  if (!outer.ok || outer.value.tag !== TAG_SEQUENCE || outer.value.end !== signature.length) return undefined;
  const numbers = readTlvs(outer.value.value);
  if (!numbers.ok || numbers.value.length !== 2) return undefined;
  if (!numbers.value.every(({ tag }) => tag === TAG_INTEGER)) return undefined;
  return joined(
    numbers.value.map(({ value }) => value),
    lengthBytes,
  );
}

/** Two halves of any one length as r ‖ s, each of `lengthBytes`; `undefined` for an odd length or a longer number. */
export function plainFromHalves(signature: Uint8Array, lengthBytes: number): Uint8Array | undefined {
  const half = signature.length / 2;
  if (!Number.isInteger(half)) return undefined;
  return joined([signature.subarray(0, half), signature.subarray(half)], lengthBytes);
}

/** Numbers without sign, brought to one length; `undefined` if one of them does not fit. */
function joined(numbers: readonly Uint8Array[], lengthBytes: number): Uint8Array | undefined {
  const fixed = numbers.flatMap((number) => {
    const start = number.findIndex((byte) => byte !== 0);
    const digits = start < 0 ? new Uint8Array(0) : number.subarray(start);
    return digits.length > lengthBytes ? [] : [concat(new Uint8Array(lengthBytes - digits.length), digits)];
  });
  return fixed.length === numbers.length ? concat(...fixed) : undefined;
}
