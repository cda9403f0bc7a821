/**
 * Cold start of the chip: from any state (never powered, hung, killed in the middle of a command by a dead
 * process, on the air with old settings or at another speed) to configured with the carrier on.
 * Governing documents: NXP UM0701-02 §7.2 (commands), AN10609 (low-battery mode after reset).
 */
import type { BusError, OutputLine } from "../../src/ports/bus.ts";
import type { ReaderError, ReaderInfo, RecoveryStep } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { err, ok, type Result } from "../../src/result.ts";
import type { CommandError, CommandRunner } from "./command-runner.ts";
import {
  activationTries,
  type Command,
  type Firmware,
  getFirmwareVersion,
  lineTest,
  rfField,
  rfTimings,
  samConfiguration,
  setParameters,
} from "./commands.ts";
import type { HostLink } from "./host-link.ts";
import { START_CODE } from "./retry-timeout.ts";
import { likelyBauds, toWantedSpeed } from "./serial-speed.ts";

/** RSTPD_N low for at least 20 ns; the chip is ready 2 ms after its release, some boards' filters are slower. */
export const RESET_MS = 1;
export const RESET_READY_MS = 5;

/** Carrier off for so long resets every card in the field (ISO/IEC 14443-3 asks 5 ms). */
export const FIELD_OFF_MS = 6;

/** What the driver was written for: IC 32, firmware 1.6. Clones report others and mostly work. */
const EXPECTED: Firmware = { ic: 0x32, version: 1, revision: 6 };

export interface StartUpParts {
  readonly link: HostLink;
  readonly runner: CommandRunner;
  /** RSTPD_N; its active state is reset. */
  readonly reset: OutputLine | undefined;
  readonly clock: Clock;
  /** Activations that one poll makes. */
  readonly tries: number;
  /** How the chip is left. It is silent from the first command on where its carrier has to be off. */
  readonly carrier: "on" | "off";
}

export interface RecoveryParts extends StartUpParts {
  /** Closes the device node and opens it again: for an adapter that was pulled out, or a driver that hangs. */
  readonly reopen?: (() => Promise<Result<void, BusError>>) | undefined;
}

/** Resets, wakes, clears, configures; resolves with the carrier as asked for. Each error is the first step that failed. */
export async function startUp(parts: StartUpParts): Promise<Result<ReaderInfo, ReaderError>> {
  const { link, runner, reset, clock } = parts;
  if (reset !== undefined) {
    const pulsed = await pulse(reset, clock);
    if (!pulsed.ok) return pulsed;
  }
  const heard = await makeHear(parts);
  if (!heard.ok) return heard;
  const silent = parts.carrier === "off" ? await setAll(parts, [rfField("off")]) : ok(undefined);
  if (!silent.ok) return silent;
  const fast = await toWantedSpeed(parts);
  if (!fast.ok) return err(startError(link, fast.error));
  const firmware = await runner.run(getFirmwareVersion());
  if (!firmware.ok) return err(startError(link, firmware.error));
  // The line test comes first: a link that damages frames is to be found now, not with a card in the field.
  const set = await setAll(parts, [lineTest(), ...settings(parts.tries)]);
  if (!set.ok) return set;
  const fresh = parts.carrier === "off" ? ok(undefined) : await freshField(parts);
  if (!fresh.ok) return fresh;
  return ok(describe(firmware.value, link.degraded()));
}

/**
 * Takes the steps in order until one brings the chip back; tells `onStep` how each ended. The error is that of the
 * last step, which reaches furthest down.
 */
export async function recover(
  parts: RecoveryParts,
  steps: readonly RecoveryStep[],
  onStep: (step: RecoveryStep, error?: ReaderError) => void,
): Promise<Result<ReaderInfo, ReaderError>> {
  let failure: ReaderError | undefined;
  for (const step of steps) {
    const started = await take(step, parts);
    onStep(step, started.ok ? undefined : started.error);
    if (started.ok) return ok({ ...started.value, recoveredBy: step });
    failure = started.error;
  }
  return err(failure ?? parts.link.explainSilence());
}

async function take(step: RecoveryStep, parts: RecoveryParts): Promise<Result<ReaderInfo, ReaderError>> {
  if (step === "reconfigure") return startUp({ ...parts, reset: undefined });
  if (step === "reset") return startUp(parts);
  const reopened = await parts.reopen?.();
  return reopened?.ok === false ? err({ kind: "bus", error: reopened.error }) : startUp(parts);
}

/** A chip that may have lost its settings unseen gets them anew; the first step that fails is the error. */
export async function configureAgain(
  parts: Pick<StartUpParts, "link" | "runner" | "tries">,
): Promise<Result<void, ReaderError>> {
  const heard = await hail(parts);
  return heard.ok ? setAll(parts, [...settings(parts.tries), rfField("on")]) : heard;
}

async function setAll(
  { link, runner }: Pick<StartUpParts, "link" | "runner">,
  commands: readonly Command<true>[],
): Promise<Result<void, ReaderError>> {
  for (const command of commands) {
    const set = await runner.run(command);
    if (!set.ok) return err(startError(link, set.error));
  }
  return ok(undefined);
}

const settings = (tries: number): readonly Command<true>[] => [
  setParameters("firmware"),
  rfTimings(START_CODE),
  activationTries(tries),
];

/** Carrier on. One that a reset has not switched off goes off first: a card that is still active answers no poll. */
async function freshField(parts: StartUpParts): Promise<Result<void, ReaderError>> {
  if (parts.reset === undefined) {
    const off = await setAll(parts, [rfField("off")]);
    if (!off.ok) return off;
    await parts.clock.sleep(FIELD_OFF_MS);
  }
  return setAll(parts, [rfField("on")]);
}

/** Finds the chip, on a serial line at any likely speed. Of several failures the first says the most. */
async function makeHear(parts: StartUpParts): Promise<Result<void, ReaderError>> {
  const { speed } = parts.link;
  if (speed === undefined) return hail(parts);
  let first: Result<void, ReaderError> | undefined;
  for (const baud of likelyBauds(speed.wantedBaud)) {
    const set = await speed.set(baud);
    const heard = set.ok ? await hail(parts) : err({ kind: "bus", error: set.error } as const);
    if (heard.ok || heard.error.kind === "bus") return heard;
    first ??= heard;
  }
  return first ?? ok(undefined);
}

/** Wakes, clears and takes the chip out of its low-battery mode. */
async function hail({
  link,
  runner,
}: Pick<StartUpParts, "link" | "runner">): Promise<Result<void, ReaderError>> {
  const awake = await link.wake();
  if (!awake.ok) return err({ kind: "bus", error: awake.error });
  const cleared = await runner.clear();
  if (!cleared.ok) return cleared;
  // The first SAMConfiguration after an SPI wake-up is lost on some boards, so a failure is tried once more.
  // It comes before all others, because a chip in low-battery mode wants it first (AN10609).
  const first = await runner.run(samConfiguration());
  const sam = first.ok ? first : await runner.run(samConfiguration());
  return sam.ok ? ok(undefined) : err(startError(link, sam.error));
}

/** Takes the chip through a reset: all settings are gone, the carrier is off. */
export async function pulse(reset: OutputLine, clock: Clock): Promise<Result<void, ReaderError>> {
  const down = await reset.drive("active");
  if (!down.ok) return err({ kind: "line", error: down.error });
  await clock.sleep(RESET_MS);
  const up = await reset.drive("inactive");
  if (!up.ok) return err({ kind: "line", error: up.error });
  await clock.sleep(RESET_READY_MS);
  return ok(undefined);
}

const startError = (link: HostLink, error: CommandError): ReaderError =>
  error.kind === "reader" ? error.error : link.explainSilence();

function describe(firmware: Firmware, degraded: readonly string[]): ReaderInfo {
  const name = `PN5${firmware.ic.toString(16).padStart(2, "0")} ${firmware.version}.${firmware.revision}`;
  const expected =
    firmware.ic === EXPECTED.ic &&
    firmware.version === EXPECTED.version &&
    firmware.revision === EXPECTED.revision;
  const oddity = `firmware ${name} is not the PN532 1.6 that the driver was tested with`;
  return { firmware: name, degraded: expected ? degraded : [...degraded, oddity] };
}
