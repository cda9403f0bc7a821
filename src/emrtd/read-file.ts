/**
 * Reads one file of a document whole, in clear or inside a session alike: by short identifier without selection, the first
 * read as large as any, its length told by its own header. What a chip cannot do it is asked in another manner.
 * Governing text: ICAO Doc 9303-10 §3.6; ISO/IEC 7816-4 §11.3; eMRTD sheet, 4.5, 4.6 and 9.
 */
import type { CommandApdu } from "../apdu/command.ts";
import type { Exchange } from "../apdu/exchange.ts";
import { SW_OK } from "../apdu/status-words.ts";
import { readTlv } from "../bytes/ber-tlv.ts";
import { hex } from "../bytes/hex.ts";
import { writeTlv } from "../bytes/write-tlv.ts";
import { err, ok, type Result } from "../result.ts";
import type { LdsFile, LdsFileName } from "./lds/data-groups.ts";
import { fileLength } from "./lds/file-length.ts";
import type { ReadManner } from "./read-manner.ts";

export type ReadFileError =
  /** The document has no such file. */
  | { readonly kind: "fileMissing"; readonly file: LdsFileName }
  /** The chip will not give it, in whatever manner it is asked. */
  | { readonly kind: "fileRefused"; readonly file: LdsFileName; readonly sw: number }
  /** `head`: it does not begin as this file does; `answer`: more than was asked for, or nothing; `endless`: it comes in crumbs. */
  | {
      readonly kind: "fileMalformed";
      readonly file: LdsFileName;
      readonly why: "head" | "answer" | "endless";
    };

const SW_WRONG_LENGTH = 0x6700;
const SW_WRONG_OFFSET = 0x6b00;
const SW_FILE_NOT_FOUND = 0x6a82;
/** Another answer for a file that is not there, seen in the master file of some States' documents. */
const SW_FILE_INVALIDATED = 0x6283;
/** What P1-P2 of READ BINARY can say; beyond it the offset travels in the data. */
const MAX_EVEN_OFFSET = 0x7fff;
const TAG_OFFSET = 0x54;
const TAG_DATA = 0x53;
/** In P1 of READ BINARY, beside the short identifier in the lower five bits. */
export const SHORT_IDENTIFIER = 0x80;
const SELECT_MASTER_FILE = {
  cla: 0x00,
  ins: 0xa4,
  p1: 0x00,
  p2: 0x0c,
  data: hex("3F00"),
} as const satisfies CommandApdu;
/** Reads for one file: the longest there is, at the least size, and half as much again. */
const MAX_READS = 1_024;

/** All of `file`, filler behind it taken off. `manner` is changed where the chip needs another. */
export function* readDocumentFile(file: LdsFile, manner: ReadManner): Exchange<Uint8Array, ReadFileError> {
  const head = yield* readHead(file, manner);
  if (!head.ok) return head;
  const lengthBytes = fileLength(head.value);
  if (lengthBytes === undefined || head.value[0] !== file.tag)
    return err({ kind: "fileMalformed", file: file.name, why: "head" });
  if (head.value.length >= lengthBytes) return ok(head.value.subarray(0, lengthBytes));
  const whole = new Uint8Array(lengthBytes);
  whole.set(head.value);
  const rest = yield* readRest(whole, head.value.length, file, manner);
  return rest.ok ? ok(whole) : rest;
}

/** The first bytes, by short identifier unless the chip is known to want a selection or says so now. */
function* readHead(file: LdsFile, manner: ReadManner): Exchange<Uint8Array, ReadFileError> {
  if (!manner.now.bySelection) {
    const direct = yield* readSome(SHORT_IDENTIFIER + file.sfi, 0, file, manner);
    if (direct.ok || direct.error.kind !== "fileRefused") return direct;
    // A chip that reads other files by short identifier lacks this one; which of the two it is the selection tells.
    const selected = yield* selectFile(file);
    if (!selected.ok) return selected;
    manner.select();
  } else {
    const selected = yield* selectFile(file);
    if (!selected.ok) return selected;
  }
  return yield* readSome(0, 0, file, manner);
}

/** A file of the master file is looked for there; how the chip answers that selection has no meaning (§12 of the sheet, row 3). */
function* selectFile({ name, fid, place }: LdsFile): Exchange<void, ReadFileError> {
  if (place === "masterFile") yield SELECT_MASTER_FILE;
  const { sw } = yield {
    cla: 0x00,
    ins: 0xa4,
    p1: 0x02,
    p2: 0x0c,
    data: Uint8Array.of(fid >> 8, fid & 0xff),
  };
  if (sw === SW_OK) return ok(undefined);
  const isMissing = sw === SW_FILE_NOT_FOUND || sw === SW_FILE_INVALIDATED;
  return err(isMissing ? { kind: "fileMissing", file: name } : { kind: "fileRefused", file: name, sw });
}

/** Fills `whole` from `offset` on, from the file that is current. */
function* readRest(
  whole: Uint8Array,
  start: number,
  file: LdsFile,
  manner: ReadManner,
): Exchange<void, ReadFileError> {
  let offset = start;
  for (let reads = 0; offset < whole.length; reads++) {
    if (reads === MAX_READS) return err({ kind: "fileMalformed", file: file.name, why: "endless" });
    const left = whole.length - offset;
    const part =
      offset > MAX_EVEN_OFFSET
        ? yield* readFar(offset, left, file, manner)
        : yield* readSome(offset >> 8, offset & 0xff, file, manner, left);
    if (!part.ok) return part;
    whole.set(part.value, offset);
    offset += part.value.length;
  }
  return ok(undefined);
}

/** Asks for at most `most` bytes, for less and less as long as the chip refuses the size or brings nothing. */
function* readSome(
  p1: number,
  p2: number,
  file: LdsFile,
  manner: ReadManner,
  most = Number.POSITIVE_INFINITY,
): Exchange<Uint8Array, ReadFileError> {
  return yield* adapted(file, manner, function* (readBytes) {
    const le = Math.min(readBytes, most);
    const { sw, data } = yield { cla: 0x00, ins: 0xb0, p1, p2, le } satisfies CommandApdu;
    return { sw, data: data.length > le ? undefined : data };
  });
}

/** The odd instruction, for what lies beyond offset 32,767. Its answer holds the object that the data are in. */
function* readFar(
  offset: number,
  most: number,
  file: LdsFile,
  manner: ReadManner,
): Exchange<Uint8Array, ReadFileError> {
  const where = writeTlv(TAG_OFFSET, Uint8Array.of(offset >> 16, (offset >> 8) & 0xff, offset & 0xff));
  return yield* adapted(file, manner, function* (le) {
    const { sw, data } = yield { cla: 0x00, ins: 0xb1, p1: 0x00, p2: 0x00, data: where, le };
    if (sw !== SW_OK || data.length === 0) return { sw, data };
    const object = readTlv(data);
    const isSound = object.ok && object.value.tag === TAG_DATA && data.length <= le;
    return { sw, data: isSound ? object.value.value.subarray(0, most) : undefined };
  });
}

/** What one read brought; no `data` = what cannot be. */
interface Part {
  readonly sw: number;
  readonly data: Uint8Array | undefined;
}

/** One read, repeated with less and less: a chip may refuse the size, or answer with nothing at all. */
function* adapted(
  { name }: LdsFile,
  manner: ReadManner,
  read: (readBytes: number) => Generator<CommandApdu, Part, { sw: number; data: Uint8Array }>,
): Exchange<Uint8Array, ReadFileError> {
  for (;;) {
    manner.asking();
    const { sw, data } = yield* read(manner.now.readBytes);
    manner.answered(data?.length ?? 0);
    const verdict = judged(name, sw, data);
    if (verdict !== "tooMuch") return verdict;
    if (!manner.askLess())
      return err(
        sw === SW_OK
          ? { kind: "fileMalformed", file: name, why: "answer" }
          : { kind: "fileRefused", file: name, sw },
      );
  }
}

function judged(
  file: LdsFileName,
  sw: number,
  data: Uint8Array | undefined,
): Result<Uint8Array, ReadFileError> | "tooMuch" {
  if (sw === SW_WRONG_LENGTH || sw === SW_WRONG_OFFSET) return "tooMuch";
  if (sw !== SW_OK) return err({ kind: "fileRefused", file, sw });
  if (data === undefined) return err({ kind: "fileMalformed", file, why: "answer" });
  return data.length === 0 ? "tooMuch" : ok(data);
}
