/**
 * A file that an operator gives to `varco trust import`: what it is by its first bytes, never by its name, and its
 * content within bounds. Adapter round the file system. What people give by mistake is told apart, because the
 * remedy differs: a web page saved in place of the list, an archive, a file with a private key in it.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { equalBytes } from "../../bytes/bytes.ts";
import { hex } from "../../bytes/hex.ts";
import { bundleBoundary } from "../../pki/certificate-bundle.ts";
import { err, ok, type Result } from "../../result.ts";

/**
 * `signed` is a CMS object, in which master lists come; `plain` is certificates and revocation lists, DER or PEM;
 * `trustedList` and `bundle` are of those who make visible seals.
 */
export type TrustFileForm = "signed" | "plain" | "directory" | "trustedList" | "bundle";

/** Why a file is not looked into. */
export type TrustFileError =
  | { readonly kind: "fileUnreadable"; readonly code: string; readonly cause?: unknown }
  | { readonly kind: "fileTooLarge"; readonly mostMegabytes: number }
  | { readonly kind: "fileEmpty" }
  /** Somebody's private key does not belong here, and is not read any further. */
  | { readonly kind: "filePrivateKey" }
  | { readonly kind: "fileWebPage" }
  | { readonly kind: "fileArchive" }
  | { readonly kind: "fileUnknown" };

/** An open file of a known form. `directory` files are read in pieces, the others at once. */
export interface TrustFile {
  readonly form: TrustFileForm;
  readonly sizeBytes: number;
  /** The whole content of a file that is no directory. */
  content(): Result<Uint8Array, TrustFileError>;
  /** The content of a directory in pieces, once; what fails ends them and is kept in `failure`. */
  pieces(): Generator<Uint8Array, void, void>;
  readonly failure: TrustFileError | undefined;
  close(): void;
}

const MEGABYTE = 1024 * 1024;
/**
 * Fifteen times the largest master list, which is near 1 MB; the directory of the ICAO is below 100 MB; the trusted list of
 * France has 35 kB.
 */
const MOST_MEGABYTES = {
  signed: 16,
  plain: 16,
  directory: 128,
  trustedList: 1,
  bundle: 16,
} as const satisfies Record<TrustFileForm, number>;
const PIECE_BYTES = 65_536;
/** PEM files begin with text for people; further than this nobody writes. */
const LOOK_BYTES = 65_536;

/** Opens a file and recognises it. */
export function openTrustFile(file: string): Result<TrustFile, TrustFileError> {
  let descriptor: number | undefined;
  try {
    // Without waiting: a pipe to which nobody writes is no file either.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) {
      closeSync(descriptor);
      return err(noFile(stats));
    }
    const sizeBytes = stats.size;
    const beginning = new Uint8Array(LOOK_BYTES);
    const look = beginning.subarray(0, readSync(descriptor, beginning, 0, LOOK_BYTES, 0));
    const form = formOf(look);
    if (form.ok && sizeBytes <= MOST_MEGABYTES[form.value] * MEGABYTE)
      return ok(new OpenFile(descriptor, form.value, sizeBytes));
    closeSync(descriptor);
    return form.ok ? err(tooLarge(form.value)) : form;
  } catch (cause) {
    if (descriptor !== undefined) closeSync(descriptor);
    return err(unreadable(cause));
  }
}

class OpenFile implements TrustFile {
  readonly form: TrustFileForm;
  readonly sizeBytes: number;
  readonly #descriptor: number;
  #failure: TrustFileError | undefined;

  constructor(descriptor: number, form: TrustFileForm, sizeBytes: number) {
    this.#descriptor = descriptor;
    this.form = form;
    this.sizeBytes = sizeBytes;
  }

  get failure(): TrustFileError | undefined {
    return this.#failure;
  }

  content(): Result<Uint8Array, TrustFileError> {
    const bytes = new Uint8Array(this.sizeBytes);
    let at = 0;
    for (const piece of this.pieces()) {
      bytes.set(piece, at);
      at += piece.length;
    }
    if (this.#failure !== undefined) return err(this.#failure);
    return hasPrivateKey(bytes) ? err({ kind: "filePrivateKey" }) : ok(bytes.subarray(0, at));
  }

  *pieces(): Generator<Uint8Array, void, void> {
    try {
      for (let at = 0; at < this.sizeBytes; ) {
        const piece = new Uint8Array(Math.min(PIECE_BYTES, this.sizeBytes - at));
        const read = readSync(this.#descriptor, piece, 0, piece.length, at);
        if (read === 0) return;
        at += read;
        yield piece.subarray(0, read);
      }
    } catch (cause) {
      this.#failure = unreadable(cause);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** First bytes of what is recognised: `30` is an ASN.1 SEQUENCE, `PK` a ZIP file, `1F 8B` one of gzip. */
const SEQUENCE = 0x30;
const ARCHIVES = [hex("50 4B 03 04"), hex("1F 8B")] as const;
/** The object identifier signedData (1.2.840.113549.1.7.2) in DER: the first element of a CMS object. */
const SIGNED_DATA = hex("06 09 2A 86 48 86 F7 0D 01 07 02");
/** Where it stands: behind a tag and a length, which BER writes in one to five bytes. */
const SIGNED_DATA_AT = [2, 3, 4, 5, 6] as const;
/** What may stand before the first entry of a directory (RFC 2849): comments, blank lines, the version. */
const BEFORE_ENTRIES = /^(?:#.*|\s*|version: *\d+\s*)$/;

/** What is no web page, behind the byte order mark that may stand there as three characters. */
const MARKUP = /^(?:\u{ef}\u{bb}\u{bf})?\s*<(?!!doctype|html)/iu;

/** XML whose root element is near the beginning: declaration and comments may come before it. */
const isTrustedList = (text: string): boolean => MARKUP.test(text) && text.includes("TrustServiceStatusList");

function formOf(beginning: Uint8Array): Result<TrustFileForm, TrustFileError> {
  const startsAt = (offset: number, part: Uint8Array) =>
    equalBytes(beginning.subarray(offset, offset + part.length), part);
  if (beginning.length === 0) return err({ kind: "fileEmpty" });
  if (beginning[0] === SEQUENCE)
    return ok(SIGNED_DATA_AT.some((offset) => startsAt(offset, SIGNED_DATA)) ? "signed" : "plain");
  if (ARCHIVES.some((archive) => startsAt(0, archive))) return err({ kind: "fileArchive" });
  if (hasPrivateKey(beginning)) return err({ kind: "filePrivateKey" });
  const text = textOf(beginning);
  if (isTrustedList(text)) return ok("trustedList");
  if (bundleBoundary(beginning) !== undefined) return ok("bundle");
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(text)) return err({ kind: "fileWebPage" });
  if (text.includes("-----BEGIN ")) return ok("plain");
  const firstEntry = text.split("\n").find((line) => !BEFORE_ENTRIES.test(line));
  return firstEntry?.startsWith("dn:") === true ? ok("directory") : err({ kind: "fileUnknown" });
}

/** PEM files of web servers often hold certificate and key together. */
const hasPrivateKey = (bytes: Uint8Array): boolean =>
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(textOf(bytes));

/** Whatever the bytes are: letters and signs of ASCII are what is looked for. */
const textOf = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);

const tooLarge = (form: TrustFileForm): TrustFileError => ({
  kind: "fileTooLarge",
  mostMegabytes: MOST_MEGABYTES[form],
});

const noFile = (stats: Stats): TrustFileError => ({
  kind: "fileUnreadable",
  code: stats.isDirectory() ? "a folder" : "not a regular file",
});

function unreadable(cause: unknown): TrustFileError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
  return { kind: "fileUnreadable", code, cause };
}
