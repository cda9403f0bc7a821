/**
 * What a soak can bring on a reader: which kinds of fault its bus knows, how often each strikes in one window, and
 * the incidents that are no matter of chance at each byte.
 */
import type { FaultKind, FaultRates } from "../../src/sim/faults.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import type { HostBus } from "../../src/sim/wiring.ts";
import { CHIP_FAULT_BUSES, CHIP_FAULTS } from "../world/swarm.ts";

/** Each comes to a window or not: the device node goes away, the chip protects itself, the process is killed. */
export const INCIDENTS = ["nodeLost", "chipProtected", "processKilled"] as const;
export type Incident = (typeof INCIDENTS)[number];

/** What takes the whole chip away comes rarely, or nothing else would. */
const GRAVE: ReadonlySet<FaultKind> = new Set<FaultKind>(["hang", "brownOut", "heldClock", "busError"]);
const MOST_GRAVE_RATE = 0.01;
const MOST_RATE = 0.2;
/** The least rate of a kind, as a part of its most. */
const SPREAD = 0.01;

/** The kinds of fault that can strike on this bus. */
export const kindsOn = (bus: HostBus): readonly FaultKind[] =>
  CHIP_FAULTS.filter((kind) => CHIP_FAULT_BUSES[kind]?.includes(bus) ?? true);

/** About half of the kinds, each at a rate of its own. */
export function stormRates(kinds: readonly FaultKind[], random: SeededRandom): Partial<FaultRates> {
  const chosen = kinds.filter(() => random.chance(0.5));
  return Object.fromEntries(
    chosen.map((kind) => [
      kind,
      (GRAVE.has(kind) ? MOST_GRAVE_RATE : MOST_RATE) * SPREAD ** (random.below(1_000) / 1_000),
    ]),
  );
}
