/**
 * The two files of the service side that an enrolment needs: the public key of the services (EF.Servizi_Int.Kpub,
 * short identifier 5) and the object that the State signed over it (EF.SOD, short identifier 6). Both are one DER
 * object with filler behind it on some cards; the object's own length decides how much is read.
 * Governing text: CIE card sheet, 1.4, 2.2, 3.3; ISO/IEC 7816-4 §11.3.3.
 */
import type { CommandApdu } from "../apdu/command.ts";
import type { Exchange } from "../apdu/exchange.ts";
import { SW_OK } from "../apdu/status-words.ts";
import { concat } from "../bytes/bytes.ts";
import { err, ok } from "../result.ts";

export type ServiceFile = "publicKey" | "sod";

export type ServiceFileError =
  /** The card would not give the file; `sw` is its status. */
  | { readonly kind: "fileRefused"; readonly file: ServiceFile; readonly sw: number }
  /** No DER object, one that says it is absurdly long, or one that ends before its length. */
  | { readonly kind: "fileMalformed"; readonly file: ServiceFile };

const SHORT_IDENTIFIER: Readonly<Record<ServiceFile, number>> = { publicKey: 5, sod: 6 };
/** Twice the longest object seen, and a key of 4096 bits: a longer one is an attack on the gate's time. */
const MOST_BYTES: Readonly<Record<ServiceFile, number>> = { publicKey: 600, sod: 6_000 };
/** What every card gives in one answer. */
const CHUNK_BYTES = 230;
/** A card that gives a byte at a time would hold the gate for a minute. */
const FEWEST_CHUNK_BYTES = 64;

/**
 * Reads one of the files of the selected CIE application and returns its DER object, without filler. One command
 * for each 230 bytes on a card that gives what it is asked for.
 */
export function* readServiceFile(file: ServiceFile): Exchange<Uint8Array, ServiceFileError> {
  const first = yield bySfi(SHORT_IDENTIFIER[file]);
  if (first.sw !== SW_OK) return err({ kind: "fileRefused", file, sw: first.sw });
  const lengthBytes = derLength(first.data);
  if (lengthBytes === undefined || lengthBytes > MOST_BYTES[file])
    return err({ kind: "fileMalformed", file });
  const parts = [first.data];
  let got = first.data.length;
  while (got < lengthBytes) {
    const wanted = Math.min(CHUNK_BYTES, lengthBytes - got);
    const next = yield fromOffset(got, wanted);
    if (next.sw !== SW_OK) return err({ kind: "fileRefused", file, sw: next.sw });
    if (next.data.length < Math.min(wanted, FEWEST_CHUNK_BYTES)) return err({ kind: "fileMalformed", file });
    parts.push(next.data);
    got += next.data.length;
  }
  return ok(concat(...parts).slice(0, lengthBytes));
}

/** b8 of P1 set: short identifier in the low bits, which also makes the file current; offset 0. */
const bySfi = (identifier: number): CommandApdu => ({
  cla: 0x00,
  ins: 0xb0,
  p1: 0x80 | identifier,
  p2: 0x00,
  le: CHUNK_BYTES,
});

const fromOffset = (offset: number, le: number): CommandApdu => ({
  cla: 0x00,
  ins: 0xb0,
  p1: offset >> 8,
  p2: offset & 0xff,
  le,
});

/** Length of the DER object that these bytes begin, header included; its tag has one byte. */
function derLength(head: Uint8Array): number | undefined {
  const [tag, first, second, third] = head;
  if (tag === undefined || first === undefined) return undefined;
  if (first < 0x80) return 2 + first;
  if (first === 0x81 && second !== undefined) return 3 + second;
  if (first === 0x82 && second !== undefined && third !== undefined) return 4 + second * 256 + third;
  return undefined;
}
