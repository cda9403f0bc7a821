/**
 * One owner per reader. The lock is a Unix socket in the abstract namespace, which the kernel takes away
 * with its process, so that a killed gate leaves nothing to clean up.
 */
import { createHash } from "node:crypto";
import { connect, createServer, type Server } from "node:net";
import { err, ok, type Result } from "../result.ts";

export type LockError =
  /** Another process owns the reader. */
  | { readonly kind: "readerBusy"; readonly node: string; readonly remedy: string; readonly cause: unknown }
  /** The lock itself cannot be made. */
  | { readonly kind: "lockFailed"; readonly node: string; readonly remedy: string; readonly cause: unknown };

export interface ProcessLock {
  release(): Promise<void>;
}

/** Takes the reader of a device node for this process; a board apart (a simulator's socket) has readers of its own. */
export async function lockReader(node: string, boardName: string): Promise<Result<ProcessLock, LockError>> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once("error", (cause) => resolve(err(lockError(node, cause))));
    server.listen(lockName(node, boardName), () => {
      server.unref();
      resolve(ok({ release: () => close(server) }));
    });
  });
}

/** Whether another process holds the reader now; asking takes nothing from anybody. */
export function isReaderHeld(node: string, boardName: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(lockName(node, boardName));
    const answer = (held: boolean) => () => {
      socket.destroy();
      resolve(held);
    };
    socket.once("connect", answer(true));
    socket.once("error", answer(false));
  });
}

/** A digest, because the kernel's names end at 107 bytes and a longer one would be cut without a word. */
const lockName = (node: string, boardName: string): string =>
  `\0varco-${createHash("sha256").update(`${boardName}:${node}`).digest("hex")}`;

function lockError(node: string, cause: Error): LockError {
  return "code" in cause && cause.code === "EADDRINUSE"
    ? { kind: "readerBusy", node, remedy: "stop it with: systemctl stop varco", cause }
    : { kind: "lockFailed", node, remedy: "check that the system allows Unix sockets", cause };
}

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
