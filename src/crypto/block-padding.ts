/**
 * Padding method 2 of ISO/IEC 9797-1 §6.3.3, as documents use it before encryption and before a MAC: one byte 80,
 * then zeros to the next full block. A whole block is added to what was full already.
 */

const PADDING_MARK = 0x80;

/** `data` padded to a multiple of `blockBytes`: 1 to `blockBytes` bytes longer. */
export function pad(data: Uint8Array, blockBytes: number): Uint8Array {
  const padded = new Uint8Array((Math.floor(data.length / blockBytes) + 1) * blockBytes);
  padded.set(data);
  padded[data.length] = PADDING_MARK;
  return padded;
}

/** What was padded, as a view; `undefined` when the last block holds no 80 followed by nothing but zeros. */
export function unpad(padded: Uint8Array, blockBytes: number): Uint8Array | undefined {
  const lastBlock = padded.length - blockBytes;
  for (let index = padded.length - 1; index >= Math.max(lastBlock, 0); index--) {
    if (padded[index] === PADDING_MARK) return padded.subarray(0, index);
    if (padded[index] !== 0) return undefined;
  }
  return undefined;
}
