/**
 * GPIO lines of the header by the `onoff` package (sysfs): relay, lamps and buzzer out, the reader's
 * interrupt in. An output exists at its inactive level from the first instant and keeps it when the program
 * goes, so that neither start nor end of the program moves a relay.
 */
import type { ActiveLevel, Gpio, GpioError, InputLine, LineState, OutputLine } from "../../src/ports/bus.ts";
import type { Log } from "../../src/ports/log.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { findHeaderChip, globalNumber, type HeaderChip } from "./gpio-chip.ts";

type Level = 0 | 1;

/** The part of an `onoff` line that is used. */
export interface OnoffLine {
  read(): Promise<number>;
  readSync(): number;
  write(level: Level): Promise<void>;
  direction(): string;
  watch(listener: (error: unknown, level: number) => void): void;
  unexport(): void;
}

/** Makes a line: `high` and `low` are outputs that begin at that level. The number is the kernel's. */
export type GpioFactory = (number: number, direction: "high" | "low" | "in", edge?: "both") => OnoffLine;

export interface GpioOptions {
  /** Default `/sys/class/gpio`; tests give a stand-in folder. */
  readonly root?: string;
  readonly log: Log;
  /** Where lines come from; default the `onoff` package, loaded with the first line. */
  readonly load?: () => Promise<GpioFactory>;
}

const SYSFS_ROOT = "/sys/class/gpio";

const loadFactory = async (): Promise<GpioFactory> => parsePackage(await import("onoff"));

type OnoffConstructor = new (number: number, direction: string, edge?: string) => OnoffLine;

/** The line class out of the module, or a throw when it is another one than the adapter was written for. */
function parsePackage(loaded: unknown): GpioFactory {
  const Line = (loaded as { readonly default?: { readonly Gpio?: OnoffConstructor } }).default?.Gpio;
  if (typeof Line !== "function") throw new TypeError("onoff has no class Gpio");
  return (number, direction, edge) => new Line(number, direction, edge);
}

/**
 * The header's lines by BCM number. Error `gpioChipMissing` here; a line itself may be `gpioUnavailable`
 * (not on the header, in use, not allowed, package missing) or, later, `gpioFailed`.
 */
export async function openGpio(options: GpioOptions): Promise<Result<Gpio, GpioError>> {
  const chip = await findHeaderChip(options.root ?? SYSFS_ROOT);
  if (!chip.ok) return chip;
  options.log.info("gpio.chip", { label: chip.value.label, base: chip.value.base });
  const load = options.load ?? loadFactory;
  return ok({
    output: (line, activeLevel) => openOutput({ chip: chip.value, load, line }, activeLevel),
    input: (line) => openInput({ chip: chip.value, load, line }),
  });
}

interface LineRequest {
  readonly chip: HeaderChip;
  readonly load: () => Promise<GpioFactory>;
  readonly line: number;
}

async function openOutput(
  request: LineRequest,
  activeLevel: ActiveLevel,
): Promise<Result<OutputLine, GpioError>> {
  const { line } = request;
  const active: Level = activeLevel === "high" ? 1 : 0;
  const inactive: Level = activeLevel === "high" ? 0 : 1;
  const opened = await openLine(request, (make, number) => {
    const output = make(number, inactive === 1 ? "high" : "low");
    // onoff passes over a refusal when the line was exported before, so what came of it is looked at.
    if (output.direction() !== "out" || output.readSync() !== inactive)
      throw new Error("not at its safe level");
    return output;
  });
  if (!opened.ok) return opened;
  const pin = opened.value;
  return ok({
    drive: (state) => attempt(line, () => pin.write(state === "active" ? active : inactive)),
    readBack: () =>
      attempt<LineState>(line, async () => ((await pin.read()) === active ? "active" : "inactive")),
    // The line stays exported: giving it back to the kernel would make it an input and let the relay float.
    close: async () => {
      await attempt(line, () => pin.write(inactive));
    },
  });
}

async function openInput(request: LineRequest): Promise<Result<InputLine, GpioError>> {
  let level: number;
  const listeners = new Set<() => void>();
  const opened = await openLine(request, (make, number) => {
    const pin = make(number, "in", "both");
    level = pin.readSync();
    pin.watch((error, seen) => {
      if (error !== undefined && error !== null) return;
      level = seen;
      // Two edges may arrive as one event, so low is a falling edge even if it was low before.
      if (level === 0) for (const listener of listeners) listener();
    });
    return pin;
  });
  if (!opened.ok) return opened;
  const pin = opened.value;
  return ok({
    isLow: () => level === 0,
    onFalling(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      listeners.clear();
      pin.unexport();
    },
  });
}

/** Resolves the number, loads the package and makes the line; every failure is `gpioUnavailable`. */
async function openLine<T>(
  { chip, load, line }: LineRequest,
  make: (factory: GpioFactory, number: number) => T,
): Promise<Result<T, GpioError>> {
  const number = globalNumber(chip, line);
  if (!number.ok) return number;
  let factory: GpioFactory;
  try {
    factory = await load();
  } catch (cause) {
    const remedy = "install the package onoff: it is optional and needs a compiler (npm rebuild epoll onoff)";
    return err({ kind: "gpioUnavailable", line, remedy, cause });
  }
  try {
    return ok(make(factory, number.value));
  } catch (cause) {
    return err({ kind: "gpioUnavailable", line, remedy: remedyFor(cause), cause });
  }
}

function remedyFor(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EACCES" || code === "EPERM") return "add the user of the service to the group gpio";
  if (code === "EBUSY") return "another program or overlay holds the line: free it or choose another one";
  return "check that no overlay uses the line and that it can be exported under /sys/class/gpio";
}

async function attempt<T>(line: number, action: () => Promise<T>): Promise<Result<T, GpioError>> {
  try {
    return ok(await action());
  } catch (cause) {
    return err({ kind: "gpioFailed", line, cause });
  }
}
