/**
 * A virtual board in real time behind a Unix socket, in a process of its own. Chips, cards and output
 * levels outlive every gate that connects: a gate that is killed and started again finds them as a real
 * board would be found. An SPI or I2C answer leaves when its bytes would have gone over the bus; readers on a
 * serial line are met at their node, a pseudo-terminal, keypads and scanners over the socket.
 */
import { rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import type { BusError } from "../ports/bus.ts";
import { err, ok, type Result } from "../result.ts";
import { VirtualBoard } from "./board.ts";
import { BoardDirector } from "./board-director.ts";
import { BoardSession } from "./board-session.ts";
import type { LatenessReport } from "./lateness.ts";
import { MessageStream } from "./message-stream.ts";
import type { PseudoTerminal, PseudoTerminalError } from "./pseudo-terminal.ts";
import { RealTimeline } from "./real-timeline.ts";
import { offerTerminal } from "./terminal-host.ts";
import type { Timing } from "./timing.ts";
import type { ReaderWiring } from "./wiring.ts";

export interface BoardServer {
  readonly board: VirtualBoard;
  lateness(): LatenessReport;
  /** Ends all connections and the board's time. */
  close(): Promise<void>;
}

export interface BoardServerOptions {
  readonly socketPath: string;
  readonly wiring: readonly ReaderWiring[];
  /** Nodes of serial lines with a keypad or a document scanner, which need not exist on this machine. */
  readonly entries?: readonly string[];
  readonly seed: number;
  readonly timing?: Timing;
}

/**
 * Listens on `socketPath`, replacing a socket that a dead server left there, and makes the pseudo-terminals.
 * Fails with `busFailed` for the socket, or as `openPseudoTerminal` does.
 */
export async function startBoardServer(
  options: BoardServerOptions,
): Promise<Result<BoardServer, BusError | PseudoTerminalError>> {
  const timeline = new RealTimeline();
  const board = new VirtualBoard({ ...options, timeline });
  const director = new BoardDirector(board, () => timeline.lateness());
  const sessions = new Set<BoardSession>();
  const server = createServer((socket) =>
    serve(socket, new BoardSession(board, director, socket), timeline, sessions),
  );
  board.pins.onOutputEdge((edge) => {
    const recorded = director.record(edge);
    for (const session of sessions) session.showEdge(recorded);
  });
  const failure = await listen(server, options.socketPath);
  if (failure !== undefined) return err({ kind: "busFailed", node: options.socketPath, cause: failure });
  const terminals: PseudoTerminal[] = [];
  const close = async (): Promise<void> => {
    timeline.close();
    for (const terminal of terminals) await terminal.close();
    for (const session of sessions) session.end();
    await new Promise((resolve) => server.close(resolve));
  };
  for (const { node, bus } of options.wiring) {
    if (bus !== "hsu") continue;
    const offered = await offerTerminal(board, { node, onNews: () => timeline.hear() });
    if (offered.ok) terminals.push(offered.value);
    else {
      await close();
      return offered;
    }
  }
  return ok({ board, lateness: () => timeline.lateness(), close });
}

/** The reason why listening failed, or nothing. */
async function listen(server: Server, socketPath: string): Promise<unknown> {
  try {
    await rm(socketPath, { force: true });
  } catch (cause) {
    return cause;
  }
  return new Promise((resolve) => {
    server.once("error", resolve);
    server.listen(socketPath, () => resolve(undefined));
  });
}

function serve(
  socket: Socket,
  session: BoardSession,
  timeline: RealTimeline,
  sessions: Set<BoardSession>,
): void {
  const stream = new MessageStream();
  sessions.add(session);
  socket.on("data", (chunk) => {
    timeline.hear();
    const messages = stream.push(chunk);
    if (messages === undefined) socket.destroy();
    else for (const message of messages) session.handle(message);
  });
  // A peer that was killed resets the connection; what follows is the close event.
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    sessions.delete(session);
    session.end();
  });
}
