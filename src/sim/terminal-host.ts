/**
 * The host of a serial reader is whoever opens a pseudo-terminal: joins the terminal and the reader's line on
 * a virtual board.
 */

import { ok, type Result } from "../result.ts";
import type { VirtualBoard } from "./board.ts";
import { openPseudoTerminal, type PseudoTerminal, type PseudoTerminalError } from "./pseudo-terminal.ts";

/** A program that writes further ahead of the line loses bytes, as on a real one without flow control. */
const MAX_BACKLOG_US = 1_000_000;

export interface TerminalHost {
  /** A serial reader's node, which becomes the path of the terminal. */
  readonly node: string;
  /** Called before bytes from outside are acted upon. */
  readonly onNews: () => void;
}

/** Offers the serial reader at `node` there, to one program after the other. */
export async function offerTerminal(
  board: VirtualBoard,
  { node, onNews }: TerminalHost,
): Promise<Result<PseudoTerminal, PseudoTerminalError>> {
  const wire = board.serialWire(node);
  const opened = await openPseudoTerminal(node);
  if (!opened.ok) return opened;
  const terminal = opened.value;
  wire.setHostBaud(undefined);
  wire.listen((bytes) => terminal.send(bytes));
  terminal.onData((bytes) => {
    onNews();
    if (wire.backlogUs < MAX_BACKLOG_US) wire.send(bytes, () => undefined);
  });
  return ok(terminal);
}
