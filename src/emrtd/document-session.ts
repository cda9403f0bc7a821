/**
 * The session of one reading and the files it brought: which session is on, what was read under it, and that whatever
 * happens the keys are wiped. Protocols of the reading go through here, so that none can use a session that is over.
 */
import type { Exchange } from "../apdu/exchange.ts";
import { ok, type Result } from "../result.ts";
import { type DataGroupName, LDS_FILES, type LdsFileName } from "./lds/data-groups.ts";
import { type ReadFileError, readDocumentFile } from "./read-file.ts";
import type { ReadManner } from "./read-manner.ts";
import { type SecureMessagingError, SecureSession, type SessionKeys } from "./secure-messaging.ts";
import { secured } from "./secure-messaging-exchange.ts";

/** A file as it was read, for whoever follows a reading step by step. */
export interface FileRead {
  readonly file: LdsFileName;
  readonly lengthBytes: number;
}

export class DocumentSession {
  #session: SecureSession;
  readonly #manner: ReadManner;
  readonly #files = new Map<LdsFileName, Uint8Array>();
  readonly #note: (read: FileRead) => void;

  constructor(session: SecureSession, manner: ReadManner, note: (read: FileRead) => void) {
    this.#session = session;
    this.#manner = manner;
    this.#note = note;
  }

  /** Whether the chip has answered under the session that is on. */
  get isProven(): boolean {
    return this.#session.isProven;
  }

  /** What was read so far, each file whole. */
  get files(): ReadonlyMap<LdsFileName, Uint8Array> {
    return this.#files;
  }

  /** The data groups among them by their numbers, as the security object knows them. */
  dataGroups(): ReadonlyMap<number, Uint8Array> {
    const groups = [...this.#files].filter(([name]) => name.startsWith("DG"));
    return new Map(groups.map(([name, bytes]) => [LDS_FILES[name].sfi, bytes]));
  }

  /** `protocol` under the session that is on. */
  run<T, E>(protocol: Exchange<T, E>): Exchange<T, E | SecureMessagingError> {
    return secured<T, E | SecureMessagingError>(this.#session, protocol);
  }

  *read(name: DataGroupName | "SOD"): Exchange<Uint8Array, ReadFileError | SecureMessagingError> {
    const file = yield* this.run(readDocumentFile(LDS_FILES[name], this.#manner));
    if (!file.ok) return file;
    this.#files.set(name, file.value);
    this.#note({ file: name, lengthBytes: file.value.length });
    return file;
  }

  /** A file that documents may lack: `undefined` then. */
  *readIfThere(name: DataGroupName): Exchange<Uint8Array | undefined, ReadFileError | SecureMessagingError> {
    const file: Result<Uint8Array, ReadFileError | SecureMessagingError> = yield* this.read(name);
    return !file.ok && file.error.kind === "fileMissing" ? ok(undefined) : file;
  }

  /** The old session is over, the new one begins. */
  renew(keys: SessionKeys): void {
    this.#session.end();
    this.#session = new SecureSession(keys);
  }

  end(): void {
    this.#session.end();
  }
}
