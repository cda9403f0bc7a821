/**
 * Agreeing on a speed with a chip on a serial line: found at whatever speed a dead process left it, and
 * brought to another one. Both sides change at the host's ACK to the answer of SetSerialBaudRate.
 * Governing document: NXP UM0701-02 §7.2.9 (SetSerialBaudRate).
 */
import type { Clock } from "../../src/ports/clock.ts";
import { err, ok, type Result } from "../../src/result.ts";
import type { CommandError, CommandRunner } from "./command-runner.ts";
import { SERIAL_BAUDS, setSerialBaudRate } from "./commands.ts";
import { ACK } from "./frame.ts";
import type { HostLink } from "./host-link.ts";
import { RESET_BAUD } from "./hsu-link.ts";

/** What both sides need to change over. */
const CHANGE_MS = 1;

/** The speeds at which a chip may be found: after a reset, as configured, or left by another configuration. */
export const likelyBauds = (wantedBaud: number): readonly number[] => [
  ...new Set([RESET_BAUD, wantedBaud, ...SERIAL_BAUDS.keys()]),
];

export interface SpeedParts {
  readonly link: HostLink;
  readonly runner: CommandRunner;
  readonly clock: Clock;
}

/**
 * Brings chip and link to the configured speed. Nothing to do where the link has it, or has no speed at all.
 * After an error the two may have parted: the next start finds the chip again.
 */
export const toWantedSpeed = (parts: SpeedParts): Promise<Result<void, CommandError>> =>
  changeSpeed(parts, parts.link.speed?.wantedBaud);

/** Brings both back to the speed of a chip after power-on, which other programs expect; as `toWantedSpeed`. */
export const toResetSpeed = (parts: SpeedParts): Promise<Result<void, CommandError>> =>
  changeSpeed(parts, RESET_BAUD);

/** The same for any speed that the PN532 has, in bit/s. */
export async function changeSpeed(
  { link, runner, clock }: SpeedParts,
  baud: number | undefined,
): Promise<Result<void, CommandError>> {
  const { speed } = link;
  if (speed === undefined || baud === undefined || speed.currentBaud === baud) return ok(undefined);
  const agreed = await runner.run(setSerialBaudRate(baud));
  if (!agreed.ok) return agreed;
  const acknowledged = await link.write(ACK);
  const changed = acknowledged.ok ? await speed.set(baud) : acknowledged;
  if (!changed.ok) return err({ kind: "reader", error: { kind: "bus", error: changed.error } });
  await clock.sleep(CHANGE_MS);
  return ok(undefined);
}
