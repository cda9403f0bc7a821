/**
 * One door of the configuration, wired: bus, lines, reader, relay, lamps, judge and lane. The relay's line
 * comes in already held at its off level; whatever cannot be opened here leaves it there.
 */
import type { FamilyCache } from "../cie/families.ts";
import type { DoorConfig, SignalConfig } from "../config/schema.ts";
import type { ScopeKey } from "../crypto/pseudonym.ts";
import type { DoorFacts, LaneRows } from "../gate/access-event.ts";
import { type IndicatorLines, Indicators } from "../gate/indicators.ts";
import { Judge } from "../gate/judge.ts";
import type { step } from "../gate/lane.ts";
import { type DoorFault, LaneRunner } from "../gate/lane-runner.ts";
import { LostProofs } from "../gate/lost-proofs.ts";
import { type EnrolOnTheFly, readPassage } from "../gate/passage.ts";
import { RelayPulse } from "../gate/relay-pulse.ts";
import type { TrustAnchors } from "../pki/trust-anchors.ts";
import type { DecisionTime, DoorPolicy } from "../policy/question.ts";
import type { BusError, Gpio, GpioError, LineState, OutputLine } from "../ports/bus.ts";
import type { CardReader, DetectedCard, ReaderHealth } from "../ports/card.ts";
import type { ChipPins } from "../ports/chip-pins.ts";
import type { Clock } from "../ports/clock.ts";
import type { CredentialLookup } from "../ports/credentials.ts";
import type { Journal } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import { err, ok, type Result } from "../result.ts";
import type { SealAnchors } from "../seal/seal-anchors.ts";
import type { Board } from "./board.ts";
import type { DocumentDoor, DocumentDoorParts, GateDocuments } from "./document-door.ts";
import type { FieldGroups, FieldShare } from "./field-groups.ts";
import { openReader, openSharedReader } from "./open-reader.ts";
import { type ReaderReport, RecordedReader } from "./recorded-reader.ts";

export type HardwareError = BusError | GpioError;

/** What the doors of a gate share. */
export interface DoorSurroundings {
  readonly board: Board;
  readonly gpio: Gpio;
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly credentials: CredentialLookup;
  readonly pins: ChipPins;
  /** The trust store as it is now; `undefined` when it cannot be used. */
  readonly anchors: () => TrustAnchors | undefined;
  /** The makers of seals in the same store. */
  readonly sealAnchors: () => SealAnchors | undefined;
  readonly random: Random;
  readonly scopeKey: ScopeKey;
  readonly families: FamilyCache;
  readonly fields: FieldGroups;
  readonly policyOf: (door: DoorConfig) => DoorPolicy;
  readonly decisionTime: () => DecisionTime;
  readonly onPolling: (door: string) => void;
  readonly onFaults: (door: string, faults: ReadonlySet<DoorFault>) => void;
  readonly onRelayEdge: (door: string, state: LineState) => void;
  /** Another lane machine than the real one: tests plant defects by it. */
  readonly step?: typeof step<LaneRows> | undefined;
  /** Absent where no door reads documents. */
  readonly documents?: GateDocuments | undefined;
}

export interface Door {
  readonly id: string;
  readonly lane: LaneRunner;
  readerReport(): ReaderReport;
  /** Listens to what people enter, until the signal is aborted; absent where nobody can. */
  readonly listen?: (signal: AbortSignal) => Promise<void>;
  /** Drives the relay off, whatever the lane is doing. */
  releaseRelay(): Promise<void>;
}

/** Opens the rest of a door's hardware and makes its lane. Fails on a bus or line that cannot be had. */
export async function openDoor(
  config: DoorConfig,
  relayLine: OutputLine,
  surroundings: DoorSurroundings,
): Promise<Result<Door, HardwareError>> {
  const indicatorLines = await openIndicators(config, surroundings.gpio);
  if (!indicatorLines.ok) return indicatorLines;
  const field = surroundings.fields.join(config.reader.fieldGroup);
  const opened = await (field === undefined
    ? openReader(config, surroundings)
    : openSharedReader(config, surroundings, field.turn));
  if (!opened.ok) return opened;
  const reader = new RecordedReader(opened.value, surroundings.clock);
  const indicators = new Indicators(indicatorLines.value, surroundings.clock, surroundings.log);
  const onWaiting = (): void => lane.waiting();
  const documents = await documentsOf(config, surroundings, { reader, indicators, onWaiting });
  if (!documents.ok) return documents;
  const { lane, relay } = assembleLane(config, surroundings, {
    enrol: await enrolmentOf(config, surroundings),
    relayLine,
    indicators,
    reader,
    field,
    documents: documents.value,
  });
  return ok({
    id: config.id,
    lane,
    readerReport: () => reader.report(),
    ...(documents.value === undefined ? {} : { listen: documents.value.serve }),
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

interface LaneParts {
  readonly relayLine: OutputLine;
  readonly indicators: Indicators;
  readonly reader: CardReader;
  readonly field: FieldShare | undefined;
  readonly enrol: EnrolOnTheFly | undefined;
  readonly documents: DocumentDoor | undefined;
}

function assembleLane(config: DoorConfig, surroundings: DoorSurroundings, parts: LaneParts) {
  const facts: DoorFacts = { door: config.id, direction: config.direction };
  const relay = new RelayPulse({
    ...config.relay,
    line: parts.relayLine,
    clock: surroundings.clock,
    onFault: (fault) => void lane.relayFault(fault),
    onEdge: (state) => surroundings.onRelayEdge(config.id, state),
  });
  const passage = {
    ...surroundings,
    enrol: parts.enrol,
    lostProofs: new LostProofs(),
    readerTroubles: () => troublesOf(parts.reader.health()),
  };
  const byNumber = (card: DetectedCard) => readPassage(card, passage);
  const { documents } = parts;
  const judge = new Judge({
    facts,
    policy: surroundings.policyOf(config),
    credentials: surroundings.credentials,
    decisionTime: surroundings.decisionTime,
  });
  const lane: LaneRunner = new LaneRunner({
    facts,
    reader: parts.reader,
    relay,
    indicators: parts.indicators,
    journal: surroundings.journal,
    judge,
    read: (card, leftAt) => documents?.lane.read(card, byNumber, leftAt) ?? byNumber(card),
    onIdle: documents?.onIdle,
    seal: documents?.seal,
    neighbourhood: parts.field?.neighbourhood,
    clock: surroundings.clock,
    log: surroundings.log,
    onFaults: (faults) => surroundings.onFaults(config.id, faults),
    onPolling: () => surroundings.onPolling(config.id),
    step: surroundings.step,
  });
  return { lane, relay };
}

/** What a card is not to be blamed for: commands repeated or given up, readers recovered. */
const troublesOf = ({ rereads, resends, aborts, recoveries }: ReaderHealth): number =>
  rereads + resends + aborts + Object.values(recoveries).reduce((sum, count) => sum + count, 0);

/** Documents, where the door reads them; loaded there alone. */
async function documentsOf(
  config: DoorConfig,
  surroundings: DoorSurroundings,
  parts: DocumentDoorParts,
): Promise<Result<DocumentDoor | undefined, BusError>> {
  if (config.document === undefined) return ok(undefined);
  const { openDocumentDoor } = await import("./document-door.ts");
  return openDocumentDoor(config, surroundings, parts);
}

/** Enrolment on the fly, where the door is told to; loaded there alone, with the parser of certificates. */
async function enrolmentOf(
  config: DoorConfig,
  surroundings: DoorSurroundings,
): Promise<EnrolOnTheFly | undefined> {
  if (config.level !== "originalChip" || config.enrolment !== "listed") return undefined;
  const { enrolListed } = await import("../gate/enrol-listed.ts");
  return enrolListed({ ...surroundings, door: config.id, policy: surroundings.policyOf(config) });
}
