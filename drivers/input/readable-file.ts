/**
 * A device file that is read when it has something to say, by the `epoll` package. Node.js itself would read it in a thread
 * of its pool, which a keypad that nobody touches holds for good: four of them, and no other file is read any more. The
 * package is optional and loaded only when a device is opened.
 */
import { constants, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { BusError } from "../../src/ports/bus.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { type NodeRemedies, refusalOf } from "../bus/device-node.ts";

/** One watch over descriptors; `ready` is called as long as one of them can be read or has failed. */
export interface Epoll {
  add(descriptor: number, events: number): unknown;
  remove(descriptor: number): unknown;
}

/** The part of the package that is used. */
export interface EpollPackage {
  readonly Epoll: {
    readonly EPOLLIN: number;
    new (ready: (error: unknown) => void): Epoll;
  };
}

export interface ReadableFileOptions {
  readonly node: string;
  readonly remedies: NodeRemedies & { readonly packageMissing: string };
  /** Where the package comes from; tests hand in one of their own. */
  readonly load?: () => Promise<EpollPackage>;
}

/** A file that is being read. */
export interface ReadableFile {
  /** Resolves with why there is no more to read. */
  readonly ended: Promise<unknown>;
  /** Gives the file back; it has ended then. */
  close(): Promise<void>;
}

/** Takes what was read, in a buffer that is wiped when it returns. */
export type Reader = (bytes: Uint8Array) => void;

/** 64 events, as many as the kernel keeps for a keyboard. */
const CHUNK_BYTES = 64 * 24;
/** Neither waits for anything nor becomes the terminal of this process. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

const loadPackage = async (): Promise<EpollPackage> => parsePackage(await import("epoll"));

/** The package out of its module, or a throw when it is another one than the adapter was written for. */
function parsePackage(loaded: unknown): EpollPackage {
  const module = (loaded as { readonly default?: Partial<EpollPackage> }).default;
  if (typeof module?.Epoll !== "function") throw new TypeError("epoll has no class Epoll");
  return module as EpollPackage;
}

/**
 * Opens a file and reads it from now on. Errors: `nodeMissing`, `permissionDenied`, `packageMissing`, `busFailed` (it is
 * there but is no file to wait for, such as a plain one); each with the foreign error as `cause`.
 */
export async function openReadableFile(
  { node, remedies, load = loadPackage }: ReadableFileOptions,
  reader: Reader,
): Promise<Result<ReadableFile, BusError>> {
  let epoll: EpollPackage;
  try {
    epoll = await load();
  } catch (cause) {
    return err({ kind: "packageMissing", node, remedy: remedies.packageMissing, cause });
  }
  let file: FileHandle;
  try {
    file = await open(node, FLAGS);
  } catch (cause) {
    return err((await refusalOf(node, FLAGS, remedies)) ?? { kind: "busFailed", node, cause });
  }
  try {
    return ok(new WatchedFile(epoll, file, reader));
  } catch (cause) {
    await closeQuietly(file);
    return err({ kind: "busFailed", node, cause });
  }
}

class WatchedFile implements ReadableFile {
  readonly ended: Promise<unknown>;
  readonly #file: FileHandle;
  readonly #watch: Epoll;
  readonly #reader: Reader;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #tellEnd: (why: unknown) => void = () => undefined;
  #hasEnded = false;

  /** Throws when the file cannot be watched. */
  constructor({ Epoll }: EpollPackage, file: FileHandle, reader: Reader) {
    this.#file = file;
    this.#reader = reader;
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
    this.#watch = new Epoll((error) => this.#ready(error));
    this.#watch.add(file.fd, Epoll.EPOLLIN);
  }

  async close(): Promise<void> {
    this.#end(new Error("closed"));
    await closeQuietly(this.#file);
  }

  #ready(error: unknown): void {
    if (this.#hasEnded) return;
    if (error !== undefined && error !== null) {
      this.#end(error);
      return;
    }
    try {
      const lengthBytes = readSync(this.#file.fd, this.#chunk);
      if (lengthBytes === 0) this.#end(new Error("the other side has gone"));
      else this.#reader(this.#chunk.subarray(0, lengthBytes));
    } catch (cause) {
      if (!isOnlyEmpty(cause)) this.#end(cause);
    } finally {
      this.#chunk.fill(0);
    }
  }

  #end(why: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#watch.remove(this.#file.fd);
    this.#tellEnd(why);
  }
}

/** Told of a descriptor that had the same number before. */
const isOnlyEmpty = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "EAGAIN";

/** A device that refuses to be closed is closed by the end of the process, so its error tells nobody anything. */
const closeQuietly = (file: FileHandle): Promise<void> => file.close().catch(() => undefined);
