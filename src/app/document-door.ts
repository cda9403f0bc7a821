/**
 * The document side of one door, wired: keypad and scanner, what is entered there, and the lane that reads documents by it,
 * with their seals or by them.
 * A keypad that does not work stops nobody who only taps; its state is in the log.
 */
import { createEventDevice } from "../../drivers/input/event-device.ts";
import { createSerialEntry } from "../../drivers/input/serial-entry.ts";
import type { DocumentConfig, DoorConfig, EntryDeviceConfig } from "../config/schema.ts";
import { dhGroup } from "../crypto/dh-group.ts";
import { ecGroup } from "../crypto/ec-group.ts";
import type { ScopeKey } from "../crypto/pseudonym.ts";
import type { SiteKey } from "../crypto/site-key.ts";
import { EphemeralKeys } from "../emrtd/pace-keys.ts";
import { DocumentFamilies } from "../emrtd/read-manner.ts";
import { DocumentExaminer, type DocumentRules } from "../gate/document-examiner.ts";
import { DocumentLane, type DocumentProgress } from "../gate/document-lane.ts";
import { type EnteredSeal, isSeal } from "../gate/entered-seal.ts";
import type { Indicators } from "../gate/indicators.ts";
import type { KeptEntry } from "../gate/kept-entry.ts";
import { NumberlessKinds } from "../gate/numberless-kinds.ts";
import { PasswordEntry } from "../gate/password-entry.ts";
import type { ShownSeal } from "../gate/seal-alone.ts";
import type { Identifier } from "../identity/match-keys.ts";
import type { TrustAnchors } from "../pki/trust-anchors.ts";
import { demandedLevels } from "../policy/demand.ts";
import type { DecisionTime, DoorPolicy } from "../policy/question.ts";
import type { BusError } from "../ports/bus.ts";
import type { CardReader } from "../ports/card.ts";
import type { Clock } from "../ports/clock.ts";
import type { CredentialLookup } from "../ports/credentials.ts";
import type { DocumentEnrolments } from "../ports/document-enrolments.ts";
import type { EntryEvent, EntrySource } from "../ports/entry.ts";
import type { Log } from "../ports/log.ts";
import type { PasswordTries } from "../ports/password-tries.ts";
import type { Random } from "../ports/random.ts";
import { err, ok, type Result } from "../result.ts";
import type { SealAnchors } from "../seal/seal-anchors.ts";
import { civilDate, DAY_MS } from "../time/civil-date.ts";
import type { TimeZone } from "../time/time-zone.ts";
import type { Board } from "./board.ts";
import { type DoorSeals, doorSeals } from "./door-seals.ts";

/** What all doors of a gate share that read documents. */
export interface GateDocuments {
  readonly siteKey: SiteKey;
  readonly tries: PasswordTries;
  readonly enrolments: DocumentEnrolments;
  readonly families: DocumentFamilies;
  readonly keys: EphemeralKeys;
  readonly numberless: NumberlessKinds;
  readonly zone: TimeZone;
}

/** What the gate around such a door has. */
export interface DocumentSurroundings {
  readonly board: Board;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly scopeKey: ScopeKey;
  readonly credentials: CredentialLookup;
  /** The trust store as it is now; `undefined` when it cannot be used. */
  readonly anchors: () => TrustAnchors | undefined;
  /** The makers of seals in the same store. */
  readonly sealAnchors: () => SealAnchors | undefined;
  readonly policyOf: (door: DoorConfig) => DoorPolicy;
  readonly decisionTime: () => DecisionTime;
  readonly documents?: GateDocuments | undefined;
}

/** The groups of identity cards and passports that most people carry: CNIe and German, French, American, and the CIE. */
const LIKELY_GROUPS = [
  ecGroup("brainpoolP256r1"),
  ecGroup("prime256v1"),
  ecGroup("secp384r1"),
  dhGroup("modp2048-256"),
];

export function gateDocuments(
  parts: Omit<GateDocuments, "families" | "keys" | "numberless">,
  random: Random,
): GateDocuments {
  const keys = new EphemeralKeys(random);
  keys.expect(LIKELY_GROUPS);
  return { ...parts, families: new DocumentFamilies(), numberless: new NumberlessKinds(), keys };
}

/** What a door has for documents. */
export interface DocumentDoor {
  readonly lane: DocumentLane;
  /** The seal that was shown alone and is to be decided on; absent where none suffices. */
  readonly seal?: () => ShownSeal | undefined;
  /** What is to be done while nobody is there: key pairs for the next document. */
  readonly onIdle: () => void;
  /** Listens to keypad and scanner until the signal is aborted; what was entered is wiped then. */
  serve(signal: AbortSignal): Promise<void>;
}

/** What such a door has besides. */
export interface DocumentDoorParts {
  readonly reader: CardReader;
  readonly indicators: Indicators;
  /** Called while a document waits for its password. */
  readonly onWaiting: () => void;
}

/** Opens keypad and scanner; `undefined` for a door that reads no documents. */
export async function openDocumentDoor(
  config: DoorConfig,
  s: DocumentSurroundings,
  parts: DocumentDoorParts,
): Promise<Result<DocumentDoor | undefined, BusError>> {
  const { documents } = s;
  if (config.document === undefined || documents === undefined) return ok(undefined);
  const opened = await openSources(config.document, s);
  if (!opened.ok) return opened;
  const entry = new PasswordEntry({ clock: s.clock });
  const stopping = new AbortController();
  const wired = { ...s, ...parts, documents, entry, stopping: stopping.signal };
  const { lane, seals } = laneOf(config, config.document, wired);
  const alone = seals?.alone;
  return ok({
    lane,
    ...(alone === undefined ? {} : { seal: () => alone.next() }),
    onIdle: () => documents.keys.makeAhead(),
    serve: async (signal) => {
      const listener = entryListener(config.id, { entry, seals: seals?.entry }, { ...s, ...parts, lane });
      for (const source of opened.value) source.start(listener);
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve());
        if (signal.aborted) resolve();
      });
      stopping.abort();
      for (const source of opened.value) await source.stop();
      entry.clear();
      seals?.entry.clear();
      lane.forgetInterrupted();
    },
  });
}

async function openSources(
  { keypad, scanner }: DocumentConfig,
  s: DocumentSurroundings,
): Promise<Result<readonly EntrySource[], BusError>> {
  const sources: EntrySource[] = [];
  for (const device of [keypad, scanner]) {
    if (device === undefined) continue;
    const source = await openSource(device, s);
    if (!source.ok) {
      for (const open of sources) await open.stop();
      return source;
    }
    sources.push(source.value);
  }
  return ok(sources);
}

async function openSource(
  device: EntryDeviceConfig,
  { board, clock }: DocumentSurroundings,
): Promise<Result<EntrySource, BusError>> {
  if ("device" in device) return ok(createEventDevice({ node: device.device, clock }));
  const { node, baud } = device.serial;
  const line = await board.serial(node, baud);
  return line.ok ? ok(createSerialEntry({ line: line.value, baud, clock })) : err(line.error);
}

interface EntryWitnesses {
  readonly indicators: Indicators;
  readonly lane: Pick<DocumentLane, "isExamining">;
}

/** Where what was entered goes. */
interface Entries {
  readonly entry: PasswordEntry;
  /** Absent where seals mean nothing. */
  readonly seals: KeptEntry<EnteredSeal> | undefined;
}

/** What was entered goes to the lane; of everything else a log line tells, and the lamps that it is to be entered again. */
function entryListener(
  door: string,
  { entry, seals }: Entries,
  { log, clock, indicators, lane }: Pick<DocumentSurroundings, "log" | "clock"> & EntryWitnesses,
) {
  const again = (why: string): void => {
    log.info("entryUnusable", { door, why });
    // Whose document is being read has not typed this.
    if (!lane.isExamining) indicators.show("denied");
  };
  const take = (bytes: Uint8Array): void => {
    if (isSeal(bytes) && seals !== undefined) {
      seals.enter({ bytes, enteredAt: clock.monotonicMs() });
      return;
    }
    const entered = entry.enter(bytes);
    if (!entered.ok) again(entered.error.why);
  };
  return (event: EntryEvent): void => {
    switch (event.kind) {
      case "entry":
        take(event.entry);
        return;
      case "lost":
        again(event.why);
        return;
      case "up":
        log.info("entryDeviceUp", { door });
        return;
      case "down":
        log.warn("entryDeviceDown", { door, fault: event.fault.kind, remedy: event.fault.remedy });
    }
  };
}

const KINDS = { document: "doc", fiscalCode: "cf", name: "name" } as const satisfies Readonly<
  Record<DocumentConfig["match"][number], Identifier["kind"]>
>;

/** What a door wants of documents, from its part of the configuration. */
export const documentRules = ({ match, countries, bac, seal }: DocumentConfig): DocumentRules => ({
  match: new Set(match.map((word) => KINDS[word])),
  ...{ bac, seal },
  ...(countries === undefined ? {} : { countries: new Set(countries) }),
});

function laneOf(
  config: DoorConfig,
  document: DocumentConfig,
  s: DocumentSurroundings & {
    readonly documents: GateDocuments;
    readonly entry: PasswordEntry;
    readonly stopping: AbortSignal;
  } & DocumentDoorParts,
): { readonly lane: DocumentLane; readonly seals: DoorSeals | undefined } {
  const { documents, indicators, clock, decisionTime } = s;
  const today = () => {
    const at = decisionTime().instant;
    return { at, today: civilDate(Math.floor(documents.zone.localAt(at) / DAY_MS)) };
  };
  const rules = documentRules(document);
  const policy = s.policyOf(config);
  // Whoever has set the engine has measured the reader; the others read as they always did.
  const link = config.reader.isoDep === undefined ? "asFound" : "fastest";
  const examiner = new DocumentExaminer({ ...s, ...documents, door: config.id, rules, link, today });
  const onProgress = (progress: DocumentProgress): void => indicators.show(progress);
  const trust = { anchors: s.sealAnchors, now: () => decisionTime().instant };
  const seals = doorSeals(config, document, { ...s, clock, rules, today, trust, onProgress });
  const lane = new DocumentLane({
    ...{ ...s, ...documents, clock, examiner, onProgress },
    seals: seals?.check,
    sealAlone: seals?.alone,
    demanded: (group) => demandedLevels(policy, group, decisionTime()),
  });
  return { lane, seals };
}
