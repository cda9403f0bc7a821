/**
 * The running gate beside its doors: the broker connection, the erasure of what is due, the checkpoints of
 * the journal. None of it may delay a door, so none of it is started before the first door polls.
 */
import type { Config, MqttConfig } from "../config/schema.ts";
import type { Signer } from "../crypto/signing-key.ts";
import { systemRandom } from "../crypto/system-random.ts";
import type { OpenDatabase } from "../journal/database.ts";
import { mqttConnect } from "../mqtt/mqtt-client.ts";
import type { DoorState } from "../mqtt/payloads.ts";
import { createPublisher, type Publisher } from "../mqtt/publisher.ts";
import type { NewEvent } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import { journalClockJumps } from "./clock-jumps.ts";
import type { ClockWatch } from "./clock-state.ts";
import type { CommandIo } from "./command.ts";
import type { DoorCondition, Gate } from "./gate-assembly.ts";
import { gateHealth } from "./gate-health.ts";
import { gateInfo } from "./gate-info.ts";
import { reportToSystemd } from "./notify.ts";
import { keepUp } from "./upkeep.ts";
import { programVersion } from "./version.ts";

export interface GateService {
  readonly gate: Gate;
  readonly config: Config;
  readonly database: OpenDatabase;
  readonly signer: Signer;
  readonly clockState: ClockWatch;
  /** Resolves when the first door polls for cards. */
  readonly polling: Promise<void>;
  readonly io: CommandIo;
  readonly log: Log;
}

/** A reader that does not come up must not keep the gate from reporting it. */
const POLLING_PATIENCE_MS = 2_000;

/** Serves the doors until `io.signal` is aborted, then says goodbye to the broker. */
export async function serveGate(service: GateService): Promise<void> {
  const { gate, io } = service;
  await gate.journal.append([await startedEvent(service.config)]);
  journalClockJumps(service.clockState, gate.journal, service.log);
  const serving = gate.run(io.signal);
  // A lane that throws is told below; here it only ends the wait.
  const over = serving.catch(() => undefined);
  const ready = Promise.race([service.polling, over, io.clock.sleep(POLLING_PATIENCE_MS, io.signal)]);
  void reportToSystemd({ ...io, log: service.log, ready, alive: () => gate.isAlive() });
  await ready;
  const upkeep = keepUp({ ...service, clock: io.clock }, io.signal);
  const publisher = service.config.mqtt && (await startPublisher(service, service.config.mqtt));
  try {
    await serving;
    await upkeep;
    await gate.journal.append([{ type: "acs.system.stopped", data: {} }]);
  } finally {
    await publisher?.stop();
  }
}

/** Which rules the rows after it were made under: a change of purpose or notice is itself on record. */
async function startedEvent({ scope, notice, retentionDays }: Config): Promise<NewEvent> {
  const data = { sw: await programVersion(), scope, notice: notice.version, retentionDays };
  return { type: "acs.system.started", data };
}

async function startPublisher(service: GateService, mqtt: MqttConfig): Promise<Publisher> {
  const { gate, config, io, log } = service;
  const softwareVersion = await programVersion();
  const publisher = createPublisher({
    address: { prefix: mqtt.prefix, site: config.site, gate: config.gate },
    connect: mqttConnect(mqtt, io.clock),
    journal: gate.journal,
    clock: io.clock,
    clockState: service.clockState.current,
    random: systemRandom,
    log,
    softwareVersion,
    health: () => gateHealth(gate, io.clock),
    info: gateInfo(config, { softwareVersion, journalKey: service.signer.publicKey }),
  });
  gate.onCondition((door, condition) => publisher.setDoorState(door, doorState(condition)));
  for (const door of gate.doors) publisher.setDoorState(door, doorState(gate.condition(door)));
  publisher.start();
  return publisher;
}

/** ONVIF's words for what the gate knows of a door without a door contact. */
export function doorState({ relay, faults }: DoorCondition): DoorState {
  const mode = relay === "active" ? "Accessed" : "Locked";
  if (faults.size === 0) return { mode, fault: "NotInFault" };
  return { mode, fault: "FaultDetected", faultReason: [...faults].sort().join(",") };
}
