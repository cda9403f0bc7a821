/** The readers and their PN532 chips, asked for their firmware, unless the running gate has them. */
import type { Config, DoorConfig } from "../../config/schema.ts";
import type { Clock } from "../../ports/clock.ts";
import { silentLog } from "../../ports/log.ts";
import { type Board, openBoard } from "../board.ts";
import { openReader } from "../open-reader.ts";
import { lockReader } from "../process-lock.ts";
import { type Check, doubtful, failure, well } from "./check.ts";

/** One check per door. */
export async function checkReaders(config: Config, clock: Clock): Promise<readonly Check[]> {
  const board = await openBoard(config.board, silentLog);
  if (!board.ok) return [failure("readers", board.error)];
  const checks: Check[] = [];
  for (const door of config.doors) checks.push(await checkWhenFree(board.value, config, door, clock));
  await board.value.close();
  return checks;
}

async function checkWhenFree(board: Board, config: Config, door: DoorConfig, clock: Clock): Promise<Check> {
  const name = `reader ${door.id}`;
  const lock = await lockReader(door.reader.node, config.board.kind === "virtual" ? config.board.socket : "");
  if (!lock.ok) {
    return lock.error.kind === "readerBusy"
      ? well(name, "in use by the running gate, not disturbed")
      : failure(name, lock.error);
  }
  const check = await checkReader(name, board, door, clock);
  await lock.value.release();
  return check;
}

async function checkReader(name: string, board: Board, door: DoorConfig, clock: Clock): Promise<Check> {
  const gpio = await board.gpio();
  if (!gpio.ok) return failure(name, gpio.error);
  const reader = await openReader(door, { board, gpio: gpio.value, clock, log: silentLog });
  if (!reader.ok) return failure(name, reader.error);
  const started = await reader.value.start();
  await reader.value.stop();
  if (!started.ok) return failure(name, started.error);
  const { firmware, degraded } = started.value;
  return degraded.length === 0
    ? well(name, firmware)
    : doubtful(name, `${firmware}; ${degraded.join("; ")}`, "check the wiring of the reader's lines");
}
