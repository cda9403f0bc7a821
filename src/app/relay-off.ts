/**
 * Puts every relay of the last good pin map off and reads it back. It is the first act of a starting gate,
 * before the configuration is read, and what systemd runs after a gate has ended for whatever reason. It
 * goes on after a failure: one dead line must not leave another relay on.
 */
import type { BusError, Gpio, GpioError } from "../ports/bus.ts";
import type { Log } from "../ports/log.ts";
import { err, ok, type Result } from "../result.ts";
import { openBoard } from "./board.ts";
import { type PinMap, type PinMapError, type RelayPin, readPinMap } from "./pin-map.ts";

export type RelayOffError =
  | PinMapError
  | BusError
  | GpioError
  /** The line was driven inactive, yet its pin reads active: short circuit, or another owner of the pin. */
  | { readonly kind: "relayStuck"; readonly line: number; readonly remedy: string };

export type RelayOffResult = Result<{ readonly lines: readonly number[] }, readonly RelayOffError[]>;

/** Puts off the relays of the pin map in `stateDirectory`; the lines that are off, or everything that failed. */
export async function relaysOff(stateDirectory: string, log: Log): Promise<RelayOffResult> {
  const pinMap = await readPinMap(stateDirectory);
  if (!pinMap.ok) return err([pinMap.error]);
  const board = await openBoard(pinMap.value.board, log);
  if (!board.ok) return err([board.error]);
  const gpio = await board.value.gpio();
  const result = gpio.ok ? await driveOff(gpio.value, pinMap.value) : err([gpio.error]);
  await board.value.close();
  return result;
}

/** Drives each relay of the map inactive and reads it back, whatever happens to the others. */
export async function driveOff(gpio: Gpio, { relays }: PinMap): Promise<RelayOffResult> {
  const failures: RelayOffError[] = [];
  for (const relay of relays) {
    const failure = await putOff(gpio, relay);
    if (failure !== undefined) failures.push(failure);
  }
  return failures.length > 0 ? err(failures) : ok({ lines: relays.map(({ line }) => line) });
}

async function putOff(gpio: Gpio, { line, activeLevel }: RelayPin): Promise<RelayOffError | undefined> {
  const opened = await gpio.output(line, activeLevel);
  if (!opened.ok) return opened.error;
  const output = opened.value;
  const driven = await output.drive("inactive");
  const seen = driven.ok ? await output.readBack() : driven;
  await output.close();
  if (!seen.ok) return seen.error;
  return seen.value === "inactive" ? undefined : { kind: "relayStuck", line, remedy: STUCK_REMEDY };
}

const STUCK_REMEDY = "switch the lock's supply off and check the wiring of this line";
