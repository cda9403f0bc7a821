/**
 * PN532 frames to bytes and back: the first step after the bus, before commands. Pure; no I/O.
 *
 *   normal    00 | 00 FF | LEN LCS              | TFI PD0 … PDn | DCS | 00
 *   extended  00 | 00 FF | FF FF LENM LENL LCS  | TFI PD0 … PDn | DCS | 00
 *   ACK       00 | 00 FF | 00 FF | 00        NACK  00 | 00 FF | FF 00 | 00
 *   error     00 | 00 FF | 01 FF | 7F | 81 | 00
 *
 * Governing document: NXP UM0701-02 §6.2.1 (frames), §7.3.8 (265 bytes of TFI and PD at most).
 */
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";

/** Frame identifier of a frame from the host to the chip. */
const TFI_TO_CHIP = 0xd4;
/** Frame identifier of a frame from the chip to the host. */
const TFI_TO_HOST = 0xd5;
/** Stands in the place of the frame identifier in an error frame. */
const TFI_ERROR = 0x7f;

/** TFI and data that fit a normal frame, whose length is one byte. */
const MAX_NORMAL_BYTES = 255;
/** TFI and data that the chip's firmware takes in an extended frame. */
const MAX_EXTENDED_BYTES = 265;
/** Command code and parameters of the longest frame: `MAX_EXTENDED_BYTES` without the TFI. */
export const MAX_COMMAND_BYTES = MAX_EXTENDED_BYTES - 1;
/** The longest frame on the wire: preamble, start code, length, 265 bytes, checksum, postamble. */
export const MAX_FRAME_BYTES = 275;
/** An acknowledgement on the wire, with the usual preamble and postamble. */
export const ACK_BYTES = 6;

const START_CODE_BYTES = 2;
/** Preamble, start code, length and its checksum before TFI and data; their checksum and the postamble behind. */
const NORMAL_FRAME_BYTES = 5 + 2;
/** Two marks and a second length byte. */
const EXTENSION_BYTES = 3;

/** Host to chip: the response was read, or, while a command runs, stop it. Chip to host: command accepted. */
export const ACK = hex("00 00FF 00FF 00");
/** Host to chip: send the last response again (UM0701-02 §6.2.1.4). */
export const NACK = hex("00 00FF FF00 00");

/** Why bytes after a start code are no frame. */
export type CorruptReason = "lengthChecksum" | "length" | "identifier" | "dataChecksum" | "postamble";

/** One decoding step. `used` counts from the offset and includes what was skipped before the frame. */
export type Decoded =
  /** `missingBytes` is the least that must follow; 0 with no start code seen means "unknown". */
  | { readonly kind: "needMore"; readonly missingBytes: number }
  | { readonly kind: "ack"; readonly used: number }
  | { readonly kind: "nack"; readonly used: number }
  | { readonly kind: "error"; readonly used: number }
  /** `payload` is PD0 … PDn: the code of the command or of the response first. */
  | {
      readonly kind: "data";
      readonly used: number;
      readonly direction: "toChip" | "toHost";
      readonly payload: Uint8Array;
    }
  /** `used` leads one byte past the start code, so that a frame inside the rubble is still found. */
  | { readonly kind: "corrupt"; readonly used: number; readonly why: CorruptReason };

/** The byte that makes the sum of `bytes` and itself zero (mod 256). */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = (sum + byte) & 0xff;
  return -sum & 0xff;
}

/** Length on the wire of a frame around `payloadBytes`, the code included, with the usual pre- and postamble. */
export function frameBytes(payloadBytes: number): number {
  const bodyBytes = 1 + payloadBytes;
  return NORMAL_FRAME_BYTES + bodyBytes + (bodyBytes <= MAX_NORMAL_BYTES ? 0 : EXTENSION_BYTES);
}

/**
 * A command frame around `payload` (command code first, 1 to 264 bytes): normal while TFI and payload fit
 * 255 bytes, extended above. A longer payload is a defect of the caller and throws.
 */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  const body = concat(Uint8Array.of(TFI_TO_CHIP), payload);
  if (payload.length === 0 || body.length > MAX_EXTENDED_BYTES) throw new Error("PN532 payload length");
  const length =
    body.length <= MAX_NORMAL_BYTES
      ? Uint8Array.of(body.length)
      : Uint8Array.of(0xff, 0xff, body.length >> 8, body.length & 0xff);
  // The two FF of an extended frame are a marker; together with LENM and LENL they would not sum to zero.
  const lengthChecksum = checksum(body.length <= MAX_NORMAL_BYTES ? length : length.subarray(2));
  return concat(
    Uint8Array.of(0x00, 0x00, 0xff),
    length,
    Uint8Array.of(lengthChecksum),
    body,
    Uint8Array.of(checksum(body), 0x00),
  );
}

/**
 * Decodes one frame of either direction from `bytes` at `offset`. Any number of bytes before the start code
 * `00 FF` is skipped, a missing preamble is fine. Never throws; `used` is at least 1 where it is given.
 */
export function decodeFrame(bytes: Uint8Array, offset: number): Decoded {
  const start = findStartCode(bytes, offset);
  if (start === undefined) return { kind: "needMore", missingBytes: 0 };
  const at = start + START_CODE_BYTES;
  const first = bytes[at];
  const second = bytes[at + 1];
  // The byte after an ACK is its postamble, asked for so that a bus read leaves nothing of the frame unread.
  if (first === undefined || second === undefined || bytes.length < at + 3) return needMore(bytes, at + 3);
  const used = at + 2 - offset;
  if (first === 0x00 && second === 0xff) return { kind: "ack", used };
  if (first === 0xff && second === 0x00) return { kind: "nack", used };
  const frame = { bytes, offset, start };
  return first === 0xff && second === 0xff ? decodeExtended(frame, at + 2) : decodeNormal(frame, at);
}

interface Window {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly start: number;
}

function findStartCode(bytes: Uint8Array, offset: number): number | undefined {
  for (let index = offset; index + 1 < bytes.length; index++) {
    if (bytes[index] === 0x00 && bytes[index + 1] === 0xff) return index;
  }
  return undefined;
}

const needMore = (bytes: Uint8Array, end: number): Decoded => ({
  kind: "needMore",
  missingBytes: end - bytes.length,
});

const corrupt = (frame: Window, why: CorruptReason): Decoded => ({
  kind: "corrupt",
  used: frame.start + 1 - frame.offset,
  why,
});

function decodeNormal(frame: Window, at: number): Decoded {
  const lengthBytes = frame.bytes[at] ?? 0;
  if (checksum(frame.bytes.subarray(at, at + 1)) !== frame.bytes[at + 1])
    return corrupt(frame, "lengthChecksum");
  return decodeBody(frame, at + 2, lengthBytes);
}

function decodeExtended(frame: Window, at: number): Decoded {
  const high = frame.bytes[at];
  const low = frame.bytes[at + 1];
  const sum = frame.bytes[at + 2];
  if (high === undefined || low === undefined || sum === undefined) return needMore(frame.bytes, at + 3);
  if (checksum(Uint8Array.of(high, low)) !== sum) return corrupt(frame, "lengthChecksum");
  return decodeBody(frame, at + 3, high * 256 + low);
}

function decodeBody(frame: Window, at: number, lengthBytes: number): Decoded {
  if (lengthBytes === 0 || lengthBytes > MAX_EXTENDED_BYTES) return corrupt(frame, "length");
  const end = at + lengthBytes;
  const body = frame.bytes.subarray(at, end);
  const postamble = frame.bytes[end + 1];
  if (postamble === undefined) return needMore(frame.bytes, end + 2);
  if (checksum(body) !== frame.bytes[end]) return corrupt(frame, "dataChecksum");
  if (postamble !== 0x00) return corrupt(frame, "postamble");
  return identify(frame, body, end + 2 - frame.offset);
}

function identify(frame: Window, body: Uint8Array, used: number): Decoded {
  const identifier = body[0];
  if (body.length === 1) return identifier === TFI_ERROR ? { kind: "error", used } : corrupt(frame, "length");
  const payload = body.slice(1);
  if (identifier === TFI_TO_HOST) return { kind: "data", used, direction: "toHost", payload };
  if (identifier === TFI_TO_CHIP) return { kind: "data", used, direction: "toChip", payload };
  return corrupt(frame, "identifier");
}
