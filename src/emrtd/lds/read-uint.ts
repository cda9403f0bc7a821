/** Big-endian numbers at a place in hostile bytes: a number that is not all there is `undefined`. */

export function readUint16(bytes: Uint8Array, at: number): number | undefined {
  const [high, low] = bytes.subarray(at, at + 2);
  return high === undefined || low === undefined ? undefined : high * 0x100 + low;
}

export function readUint32(bytes: Uint8Array, at: number): number | undefined {
  const high = readUint16(bytes, at);
  const low = readUint16(bytes, at + 2);
  return high === undefined || low === undefined ? undefined : high * 0x10000 + low;
}
