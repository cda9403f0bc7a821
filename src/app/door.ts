/**
 * One door of the configuration, wired: bus, lines, reader, relay, lamps, judge and lane. The relay's line
 * comes in already held at its off level; whatever cannot be opened here leaves it there.
 */
import type { FamilyCache } from "../cie/families.ts";
import type { DoorConfig, SignalConfig } from "../config/schema.ts";
import type { ScopeKey } from "../crypto/pseudonym.ts";
import type { DoorFacts } from "../gate/access-event.ts";
import { type IndicatorLines, Indicators } from "../gate/indicators.ts";
import { Judge } from "../gate/judge.ts";
import type { step } from "../gate/lane.ts";
import { type DoorFault, LaneRunner } from "../gate/lane-runner.ts";
import { RelayPulse } from "../gate/relay-pulse.ts";
import type { DecisionTime, DoorPolicy } from "../policy/question.ts";
import type { BusError, Gpio, GpioError, LineState, OutputLine } from "../ports/bus.ts";
import type { CardReader, ReaderHealth } from "../ports/card.ts";
import type { Clock } from "../ports/clock.ts";
import type { CredentialLookup } from "../ports/credentials.ts";
import type { Journal, NewEvent } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import { err, ok, type Result } from "../result.ts";
import type { Board } from "./board.ts";
import { openReader } from "./open-reader.ts";

export type HardwareError = BusError | GpioError;

/** What the doors of a gate share. */
export interface DoorSurroundings {
  readonly board: Board;
  readonly gpio: Gpio;
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly credentials: CredentialLookup;
  readonly scopeKey: ScopeKey;
  readonly families: FamilyCache;
  readonly policyOf: (door: DoorConfig) => DoorPolicy;
  readonly decisionTime: () => DecisionTime;
  readonly onPolling: (door: string) => void;
  readonly onFaults: (door: string, faults: ReadonlySet<DoorFault>) => void;
  readonly onRelayEdge: (door: string, state: LineState) => void;
  /** Another lane machine than the real one: tests plant defects by it. */
  readonly step?: typeof step<NewEvent> | undefined;
}

export interface Door {
  readonly id: string;
  readonly lane: LaneRunner;
  readerHealth(): ReaderHealth;
  /** Drives the relay off, whatever the lane is doing. */
  releaseRelay(): Promise<void>;
}

/** Opens the rest of a door's hardware and makes its lane. Fails on a bus or line that cannot be had. */
export async function openDoor(
  config: DoorConfig,
  relayLine: OutputLine,
  s: DoorSurroundings,
): Promise<Result<Door, HardwareError>> {
  const indicatorLines = await openIndicators(config, s.gpio);
  if (!indicatorLines.ok) return indicatorLines;
  const reader = await openReader(config, s);
  if (!reader.ok) return reader;
  const { lane, relay } = assembleLane(config, s, {
    relayLine,
    indicators: new Indicators(indicatorLines.value, s.clock, s.log),
    reader: reader.value,
  });
  return ok({
    id: config.id,
    lane,
    readerHealth: () => reader.value.health(),
    releaseRelay: async () => {
      await relay.release();
    },
  });
}

async function openIndicators(config: DoorConfig, gpio: Gpio): Promise<Result<IndicatorLines, GpioError>> {
  const lines: { green?: OutputLine; red?: OutputLine; buzzer?: OutputLine } = {};
  for (const name of ["green", "red", "buzzer"] as const) {
    const signal: SignalConfig | undefined = config[name];
    if (signal === undefined) continue;
    const line = await gpio.output(signal.line, signal.activeLevel);
    if (!line.ok) return err(line.error);
    lines[name] = line.value;
  }
  return ok(lines);
}

interface OpenedHardware {
  readonly relayLine: OutputLine;
  readonly indicators: Indicators;
  readonly reader: CardReader;
}

function assembleLane(config: DoorConfig, s: DoorSurroundings, hardware: OpenedHardware) {
  const facts: DoorFacts = { door: config.id, direction: config.direction, level: config.level };
  const relay = new RelayPulse({
    ...config.relay,
    line: hardware.relayLine,
    clock: s.clock,
    onFault: (fault) => void lane.relayFault(fault),
    onEdge: (state) => s.onRelayEdge(config.id, state),
  });
  const judge = new Judge({
    facts,
    policy: s.policyOf(config),
    scopeKey: s.scopeKey,
    credentials: s.credentials,
    decisionTime: s.decisionTime,
  });
  const lane: LaneRunner = new LaneRunner({
    facts,
    reader: hardware.reader,
    relay,
    indicators: hardware.indicators,
    journal: s.journal,
    judge,
    families: s.families,
    clock: s.clock,
    log: s.log,
    onFaults: (faults) => s.onFaults(config.id, faults),
    onPolling: () => s.onPolling(config.id),
    step: s.step,
  });
  return { lane, relay };
}
