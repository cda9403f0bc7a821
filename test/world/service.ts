/**
 * What the process of a gate does in a simulation, as the service does it: the start on record, the doors, and beside them
 * upkeep and broker. It lives until it is stopped or killed.
 */
import { join } from "node:path";
import { doorState } from "../../src/app/gate-service.ts";
import { keepUp } from "../../src/app/upkeep.ts";
import { loadOrCreateSigner, type Signer } from "../../src/crypto/signing-key.ts";
import { createPublisher } from "../../src/mqtt/publisher.ts";
import type { ClockState } from "../../src/ports/clock.ts";
import { silentLog } from "../../src/ports/log.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { type Defect, withLinkDefect } from "./defects.ts";
import type { VirtualBroker } from "./virtual-broker.ts";
import type { Life, VirtualGate } from "./virtual-gate.ts";

export interface ServiceParts {
  readonly world: VirtualGate;
  readonly signer: Signer;
  readonly connect: ReturnType<VirtualBroker["dial"]>["connect"];
  readonly clockState: () => ClockState;
  readonly defect?: Defect | undefined;
}

/** The key that a gate signs its checkpoints with. */
export function signerIn(folder: string, random: SeededRandom): Signer {
  const signer = loadOrCreateSigner(join(folder, "journal.key"), random);
  if (!signer.ok) throw new Error(signer.error.kind);
  return signer.value;
}

/** Serves until `signal` is aborted. */
export async function serve(
  { gate, database, clock, random }: Life,
  signal: AbortSignal,
  { world: { config }, signer, connect, clockState, defect }: ServiceParts,
): Promise<void> {
  await gate.journal.append([{ type: "acs.system.started", data: { sw: "virtual" } }]);
  const serving = gate.run(signal);
  const upkeep = keepUp(
    { gate, config, database, signer, clock, clockState: { current: clockState }, log: silentLog },
    signal,
  );
  const publisher = createPublisher({
    address: { prefix: "acs/v1", site: config.site, gate: config.gate },
    connect: withLinkDefect(defect, connect, gate.journal),
    journal: gate.journal,
    clock,
    clockState,
    random,
    log: silentLog,
    softwareVersion: "virtual",
    info: {},
    health: () => ({}),
  });
  gate.onCondition((door, condition) => publisher.setDoorState(door, doorState(condition)));
  publisher.start();
  await serving;
  await upkeep;
  await publisher.stop();
}
