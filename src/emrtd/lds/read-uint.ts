/**
 * Numbers at a place in hostile bytes, the highest byte first: so they stand in the records of faces and in the pictures of DG2
 * and DG7. Governing text: ISO/IEC 19794-5:2005 §5; ISO/IEC 10918-1 B.1.1; ISO/IEC 15444-1 A.4, I.4.
 */

/** The two bytes from `at` on as a number; `undefined` when they are not all there. */
export function readUint16(bytes: Uint8Array, at: number): number | undefined {
  const [high, low] = bytes.subarray(at, at + 2);
  return high === undefined || low === undefined ? undefined : high * 0x100 + low;
}

/** The four bytes from `at` on as a number; `undefined` when they are not all there. */
export function readUint32(bytes: Uint8Array, at: number): number | undefined {
  const high = readUint16(bytes, at);
  const low = readUint16(bytes, at + 2);
  return high === undefined || low === undefined ? undefined : high * 0x10000 + low;
}
