/**
 * A card held to a reader by a person at a keyboard: takes the reader of one door for this process, asks
 * for the card on standard error and reads it. Moves no relay.
 */
import { RESET_BAUD } from "../../../drivers/pn532/hsu-link.ts";
import { FamilyCache } from "../../cie/families.ts";
import type { Config, DoorConfig } from "../../config/schema.ts";
import { activateAnew } from "../../gate/activate-anew.ts";
import { type CardReading, type ReadFailure, readCard } from "../../gate/read-card.ts";
import type { DetectedCard, LinkError, LoneReader } from "../../ports/card.ts";
import { silentLog } from "../../ports/log.ts";
import type { Result } from "../../result.ts";
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

/** Power off and on for the card that lies there; it fails when the card has gone. */
export type ActivateAnew = () => Promise<Result<DetectedCard, LinkError>>;

/** What a command does with the card while it lies there; a card that slipped away is tried again. */
export type CardWork<T> = (
  card: DetectedCard,
  families: FamilyCache,
  activateAnew: ActivateAnew,
) => Promise<Result<T, ReadFailure>>;

/** What came of the work, and how long it took from the card's detection. */
export interface Tap<T> {
  readonly found: T;
  readonly readMs: number;
}

/** The work of commands that want the number alone. */
export const readNumber =
  ({ clock }: CommandIo): CardWork<CardReading> =>
  (card, families) =>
    readCard(card, families, { clock, log: silentLog });

/** Has `work` done on one card at the door named by `--door`; exit 1 when none came or it gave no number. */
export async function awaitTap<T>(
  config: Config,
  invocation: Invocation,
  io: CommandIo,
  work: CardWork<T>,
): Promise<Outcome<Tap<T>>> {
  const chosen = chooseDoor(config, invocation, io);
  if ("exit" in chosen) return chosen;
  const door = chosen.value;
  const boardName = config.board.kind === "virtual" ? config.board.socket : "";
  const lock = await lockReader(door.reader.node, boardName);
  if (!lock.ok) return failed(io, lock.error);
  try {
    return await tapAt(config, door, io, work);
  } finally {
    await lock.value.release();
  }
}

/** As `awaitTap`, from a reader on the serial port `node`, without a configuration. */
export async function awaitTapOn<T>(
  node: string,
  io: CommandIo,
  work: CardWork<T>,
): Promise<Outcome<Tap<T>>> {
  const lock = await lockReader(node, "");
  if (!lock.ok) return failed(io, lock.error);
  try {
    const line = await openSerial(node, RESET_BAUD);
    if (!line.ok) return failed(io, line.error);
    const reader = readerOnLine(line.value, { clock: io.clock, log: silentLog });
    const outcome = await awaitTapAt(reader, node, io, work);
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

async function tapAt<T>(
  config: Config,
  door: DoorConfig,
  io: CommandIo,
  work: CardWork<T>,
): Promise<Outcome<Tap<T>>> {
  const board = await openBoard(config.board, silentLog);
  if (!board.ok) return failed(io, board.error);
  const outcome = await tapOn(board.value, door, io, work);
  await board.value.close();
  return outcome;
}

async function tapOn<T>(
  board: Board,
  door: DoorConfig,
  io: CommandIo,
  work: CardWork<T>,
): Promise<Outcome<Tap<T>>> {
  const gpio = await board.gpio();
  if (!gpio.ok) return failed(io, gpio.error);
  const reader = await openReader(door, { board, gpio: gpio.value, clock: io.clock, log: silentLog });
  if (!reader.ok) return failed(io, reader.error);
  return awaitTapAt(reader.value, door.id, io, work);
}

/** As `awaitTap`, from a reader that is open: it is started, named `place` to people, and left stopped. */
export async function awaitTapAt<T>(
  reader: LoneReader,
  place: string,
  io: CommandIo,
  work: CardWork<T>,
): Promise<Outcome<Tap<T>>> {
  const started = await reader.start();
  const outcome = started.ok ? await tapInTime(reader, place, io, work) : failed(io, started.error);
  await reader.stop();
  return outcome;
}

async function tapInTime<T>(
  reader: LoneReader,
  place: string,
  io: CommandIo,
  work: CardWork<T>,
): Promise<Outcome<Tap<T>>> {
  io.err(`hold the card to the reader of ${place} …`);
  const over = new AbortController();
  const end = (): void => over.abort();
  if (io.signal.aborted) end();
  io.signal.addEventListener("abort", end);
  const late = io.clock.sleep(PATIENCE_MS, over.signal).then(end);
  const outcome = await attempts(reader, io, work, over.signal);
  end();
  io.signal.removeEventListener("abort", end);
  await late;
  return outcome;
}

async function attempts<T>(
  reader: LoneReader,
  io: CommandIo,
  work: CardWork<T>,
  signal: AbortSignal,
): Promise<Outcome<Tap<T>>> {
  const families = new FamilyCache();
  for (let attempt = 0; attempt < MOST_ATTEMPTS && !signal.aborted; ) {
    const found = await reader.poll(signal);
    if (!found.ok) return failed(io, found.error);
    if (found.value === undefined) continue;
    attempt++;
    const begun = io.clock.monotonicMs();
    const done = await work(found.value, families, () => activateAnew(reader, signal));
    if (done.ok) return { value: { found: done.value, readMs: io.clock.monotonicMs() - begun } };
    io.err(describeFailure(done.error));
    if (isFinal(done.error)) return { exit: EXIT.negative };
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
