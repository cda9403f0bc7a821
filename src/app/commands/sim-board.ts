/**
 * `varco sim board`: a virtual board in real time, wired as the configuration says, until it is interrupted.
 * A gate with the same configuration connects to it, and a director may place cards and watch its pins.
 */
import type { Config } from "../../config/schema.ts";
import { startBoardServer } from "../../sim/board-server.ts";
import type { ReaderWiring } from "../../sim/wiring.ts";
import { EXIT, type Execute } from "../command.ts";
import { failed, openConfig } from "./site.ts";

const DEFAULT_SEED = 1;

export const simBoardCommand: Execute = async (invocation, io) => {
  const seed = Number(invocation.texts["seed"] ?? DEFAULT_SEED);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    io.err("--seed takes a whole number from 0");
    return EXIT.usage;
  }
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const { board, doors } = config.value;
  if (board.kind !== "virtual") {
    io.err("this configuration is for a real board; board.kind must be virtual");
    return EXIT.environment;
  }
  const wiring = doors.map(wiringOf);
  const entries = doors.flatMap(entryNodes);
  const server = await startBoardServer({ socketPath: board.socket, wiring, entries, seed });
  if (!server.ok) return failed(io, server.error).exit;
  io.out(JSON.stringify({ ready: board.socket, readers: doors.map(({ reader }) => reader.node) }));
  await new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve();
    io.signal.addEventListener("abort", () => resolve());
  });
  io.out(JSON.stringify({ lateness: server.value.lateness() }));
  await server.value.close();
  return EXIT.done;
};

/** The speed of a serial line is the affair of the two that speak over it. */
function wiringOf({ reader }: Config["doors"][number]): ReaderWiring {
  if (reader.bus !== "hsu") return reader;
  const { baud: _, ...wiring } = reader;
  return wiring;
}

/** Serial keypads and scanners, into which a director types; input devices are those of this machine. */
const entryNodes = ({ document }: Config["doors"][number]): readonly string[] =>
  [document?.keypad, document?.scanner].flatMap((device) =>
    device !== undefined && "serial" in device ? [device.serial.node] : [],
  );
