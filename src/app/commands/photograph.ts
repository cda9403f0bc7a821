/**
 * The photograph out of a document's DG2, for `varco read --document --photo FILE`: a technician's own explicit act, for a
 * file that is his alone. Only what a trusted State signed is written, as it is, and nothing is decoded. No gate reads it.
 * Governing text: ICAO Doc 9303-10 §4.7.2; privacy rules, 1 no. 6, and 2 ("show, then drop").
 */
import { type FileHandle, open, rm } from "node:fs/promises";
import type { CardImage } from "../../emrtd/lds/card-image.ts";
import { LDS_FILES } from "../../emrtd/lds/data-groups.ts";
import { type Face, parseDg2 } from "../../emrtd/lds/dg2.ts";
import type { ExaminedDocument } from "../../gate/examine-document.ts";
import { err, ok, type Result } from "../../result.ts";
import { type SinkError, sinkError } from "./export-sink.ts";

/** Why there is nothing to write: `unsigned` if the State's list names no DG2, else as `parseDg2` says. */
type NoPhotograph = "unsigned" | Extract<Face, { readonly kind: "absent" }>["why"];

/** What was read of a document, and which data groups by their numbers are what its State signed. */
interface CheckedFiles {
  readonly files: ExaminedDocument["files"];
  readonly signed: Pick<ExaminedDocument["signed"], "verified">;
}

/** The first image in a DG2 whose hash the State has signed; a view into the file. */
function photographOf({ files, signed }: CheckedFiles): Result<CardImage, NoPhotograph> {
  const file = files.get("DG2");
  if (file === undefined || !signed.verified.has(LDS_FILES.DG2.sfi)) return err("unsigned");
  const faces = parseDg2(file);
  if (!faces.ok) return err("malformed");
  const [first] = faces.value;
  const found = faces.value.find((face) => face.kind === "image");
  if (found !== undefined) return ok(found.image);
  return err(first?.kind === "absent" ? first.why : "empty");
}

/** A new file for its owner alone; what is not filled is removed. */
export interface PhotographFile {
  readonly file: string;
  /** Writes the image and makes it durable. */
  fill(image: CardImage): Promise<Result<void, SinkError>>;
  /** To be called in the end, whatever has happened. */
  close(): Promise<void>;
}

/** Made before the card is asked for, so that nobody waits in vain. A file that exists is never overwritten. */
export async function openPhotographFile(file: string): Promise<Result<PhotographFile, SinkError>> {
  try {
    return ok(new OpenPhotographFile(file, await open(file, "wx", 0o600)));
  } catch (cause) {
    return err(sinkError(file, cause));
  }
}

class OpenPhotographFile implements PhotographFile {
  readonly file: string;
  readonly #handle: FileHandle;
  #isFilled = false;

  constructor(file: string, handle: FileHandle) {
    this.file = file;
    this.#handle = handle;
  }

  async fill({ bytes }: CardImage): Promise<Result<void, SinkError>> {
    try {
      await this.#handle.writeFile(bytes);
      await this.#handle.sync();
      this.#isFilled = true;
      return ok(undefined);
    } catch (cause) {
      return err(sinkError(this.file, cause));
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
    if (!this.#isFilled) await rm(this.file, { force: true });
  }
}

/** What became of a photograph that was asked for. */
export type Photograph =
  | { readonly written: true; readonly file: string; readonly format: string; readonly lengthBytes: number }
  | { readonly written: false; readonly why: NoPhotograph };

/** Writes the document's photograph, if it has one. What was read of the face is wiped then. */
export async function keepPhotograph(
  document: CheckedFiles,
  file: PhotographFile,
): Promise<Result<Photograph, SinkError>> {
  const image = photographOf(document);
  if (!image.ok) return ok({ written: false, why: image.error });
  const { format, bytes } = image.value;
  const filled = await file.fill(image.value);
  document.files.get("DG2")?.fill(0);
  return filled.ok ? ok({ written: true, file: file.file, format, lengthBytes: bytes.length }) : filled;
}

const WHY_NONE: Readonly<Record<NoPhotograph, string>> = {
  unsigned: "the document's State has signed none",
  empty: "there is none in the file for it",
  malformed: "the file for it cannot be read",
  unknownFormat: "it is neither JPEG nor JPEG 2000",
};

/** For the technician, who has a file with personal data now. */
export function describePhotograph(photo: Photograph): string {
  if (!photo.written) return `no photograph was written: ${WHY_NONE[photo.why]}`;
  const { file, format, lengthBytes } = photo;
  return `photograph (${format}, ${lengthBytes} bytes) in ${file}, which you alone can read; it is personal data: delete it once you have seen it`;
}
