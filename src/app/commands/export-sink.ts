/** Where exported lines go: standard output, or a new file that exists only once it is whole. */
import { type FileHandle, open, rm } from "node:fs/promises";
import { err, ok, type Result } from "../../result.ts";
import type { CommandIo } from "../command.ts";

/** The file cannot be made or written. */
export interface SinkError {
  readonly kind: "sinkFailed";
  readonly file: string;
  readonly remedy: string;
  readonly cause: unknown;
}

export interface LineSink {
  write(lines: readonly string[]): Promise<Result<void, SinkError>>;
  /** All is written: makes it durable. */
  finish(): Promise<Result<void, SinkError>>;
  /** Leaves nothing behind, if that can be. */
  abandon(): Promise<void>;
}

/** Standard output when no file is named. A file that exists is never overwritten. */
export async function openSink(
  file: string | undefined,
  io: CommandIo,
): Promise<Result<LineSink, SinkError>> {
  if (file === undefined) return ok(standardOutput(io));
  try {
    return ok(fileSink(file, await open(file, "wx", 0o600)));
  } catch (cause) {
    return err(sinkError(file, cause));
  }
}

function standardOutput(io: CommandIo): LineSink {
  return {
    write: async (lines) => {
      for (const line of lines) io.out(line);
      return ok(undefined);
    },
    finish: async () => ok(undefined),
    abandon: async () => undefined,
  };
}

function fileSink(file: string, handle: FileHandle): LineSink {
  const attempt = async (work: () => Promise<void>): Promise<Result<void, SinkError>> => {
    try {
      return ok(await work());
    } catch (cause) {
      return err(sinkError(file, cause));
    }
  };
  return {
    write: (lines) => attempt(() => handle.appendFile(lines.map((line) => `${line}\n`).join(""))),
    finish: () =>
      attempt(async () => {
        await handle.sync();
        await handle.close();
      }),
    abandon: async () => {
      await attempt(() => handle.close());
      await attempt(() => rm(file, { force: true }));
    },
  };
}

/** What the file system threw, with what to do about it. */
export function sinkError(file: string, cause: unknown): SinkError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const remedy =
    code === "EEXIST"
      ? "it exists already: name a new file"
      : code === "ENOSPC"
        ? "the disk is full: free some space or name a file elsewhere"
        : "name a file in a directory that you may write";
  return { kind: "sinkFailed", file, remedy, cause };
}
