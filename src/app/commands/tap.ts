/**
 * A card held to a reader by a person at a keyboard: takes the reader of one door for this process, asks
 * for the card on standard error and reads it. Moves no relay.
 */
import { RESET_BAUD } from "../../../drivers/pn532/hsu-link.ts";
import { FamilyCache } from "../../cie/families.ts";
import type { Config, DoorConfig } from "../../config/schema.ts";
import { type CardReading, type ReadFailure, readCard } from "../../gate/read-card.ts";
import type { CardReader } from "../../ports/card.ts";
import { silentLog } from "../../ports/log.ts";
import { type Board, openBoard, openSerial } from "../board.ts";
import { type CommandIo, EXIT, type Invocation } from "../command.ts";
import { describeError } from "../describe-error.ts";
import { openReader, readerOnLine } from "../open-reader.ts";
import { lockReader } from "../process-lock.ts";
import { failed, type Outcome } from "./site.ts";

/** How long a person has to find the card and hold it still. */
const PATIENCE_MS = 60_000;
/** A card that slips away is read again, but not for ever. */
const MOST_ATTEMPTS = 10;

/** A reading, and how long it took from the card's detection. */
export interface Tap extends CardReading {
  readonly readMs: number;
}

/** Reads one card at the door named by `--door`; exit 1 when none came or it gave no number. */
export async function awaitTap(config: Config, invocation: Invocation, io: CommandIo): Promise<Outcome<Tap>> {
  const chosen = chooseDoor(config, invocation, io);
  if ("exit" in chosen) return chosen;
  const door = chosen.value;
  const boardName = config.board.kind === "virtual" ? config.board.socket : "";
  const lock = await lockReader(door.reader.node, boardName);
  if (!lock.ok) return failed(io, lock.error);
  try {
    return await tapAt(config, door, io);
  } finally {
    await lock.value.release();
  }
}

/** As `awaitTap`, from a reader on the serial port `node`, without a configuration. */
export async function awaitTapOn(node: string, io: CommandIo): Promise<Outcome<Tap>> {
  const lock = await lockReader(node, "");
  if (!lock.ok) return failed(io, lock.error);
  try {
    const line = await openSerial(node, RESET_BAUD);
    if (!line.ok) return failed(io, line.error);
    const outcome = await tapWith(readerOnLine(line.value, { clock: io.clock, log: silentLog }), node, io);
    await line.value.close();
    return outcome;
  } finally {
    await lock.value.release();
  }
}

/** The door named by `--door`, or the first. */
export function chooseDoor(config: Config, { texts }: Invocation, io: CommandIo): Outcome<DoorConfig> {
  const id = texts["door"];
  const door = config.doors.find((each) => id === undefined || each.id === id);
  if (door !== undefined) return { value: door };
  io.err(`there is no such door; the configuration has ${config.doors.map((each) => each.id).join(", ")}`);
  return { exit: EXIT.usage };
}

async function tapAt(config: Config, door: DoorConfig, io: CommandIo): Promise<Outcome<Tap>> {
  const board = await openBoard(config.board, silentLog);
  if (!board.ok) return failed(io, board.error);
  const outcome = await tapOn(board.value, door, io);
  await board.value.close();
  return outcome;
}

async function tapOn(board: Board, door: DoorConfig, io: CommandIo): Promise<Outcome<Tap>> {
  const gpio = await board.gpio();
  if (!gpio.ok) return failed(io, gpio.error);
  const reader = await openReader(door, { board, gpio: gpio.value, clock: io.clock, log: silentLog });
  if (!reader.ok) return failed(io, reader.error);
  return tapWith(reader.value, door.id, io);
}

/** Starts the reader, named `place` to people, and leaves it stopped. */
async function tapWith(reader: CardReader, place: string, io: CommandIo): Promise<Outcome<Tap>> {
  const started = await reader.start();
  const outcome = started.ok ? await tapInTime(reader, place, io) : failed(io, started.error);
  await reader.stop();
  return outcome;
}

async function tapInTime(reader: CardReader, place: string, io: CommandIo): Promise<Outcome<Tap>> {
  io.err(`hold the card to the reader of ${place} …`);
  const patience = new AbortController();
  const late = io.clock.sleep(PATIENCE_MS, patience.signal).then(() => patience.abort());
  const outcome = await attempts(reader, io, AbortSignal.any([io.signal, patience.signal]));
  patience.abort();
  await late;
  return outcome;
}

async function attempts(reader: CardReader, io: CommandIo, signal: AbortSignal): Promise<Outcome<Tap>> {
  const families = new FamilyCache();
  const context = { clock: io.clock, log: silentLog };
  for (let attempt = 0; attempt < MOST_ATTEMPTS && !signal.aborted; ) {
    const found = await reader.poll(signal);
    if (!found.ok) return failed(io, found.error);
    if (found.value === undefined) continue;
    attempt++;
    const begun = io.clock.monotonicMs();
    const reading = await readCard(found.value, families, context);
    if (reading.ok) return { value: { ...reading.value, readMs: io.clock.monotonicMs() - begun } };
    io.err(describeFailure(reading.error));
    if (isFinal(reading.error)) return { exit: EXIT.negative };
  }
  io.err("no card was read");
  return { exit: EXIT.negative };
}

/** The chip has answered and will not answer otherwise. */
const isFinal = ({ kind }: ReadFailure): boolean =>
  kind === "notIsoDep" || kind === "notCie" || kind === "nisUnreadable";

function describeFailure(failure: ReadFailure): string {
  switch (failure.kind) {
    case "notIsoDep":
      return "this is no identity card: its chip takes no commands";
    case "notCie":
      return `this is no Italian electronic identity card (${failure.application})`;
    case "nisUnreadable":
      return "this card's number cannot be read";
    default:
      return describeError(failure);
  }
}
