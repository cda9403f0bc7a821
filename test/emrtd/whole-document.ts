/** A virtual document read and checked as the gate does it, with nothing between reader and chip. */
import type { DocumentError, DocumentRequest, DocumentStep } from "../../src/emrtd/document-request.ts";
import { mrzPasswordKey } from "../../src/emrtd/mrz-key.ts";
import type { PacePassword } from "../../src/emrtd/pace.ts";
import { EphemeralKeys } from "../../src/emrtd/pace-keys.ts";
import { DocumentFamilies } from "../../src/emrtd/read-manner.ts";
import { type ExaminedDocument, examineDocument } from "../../src/gate/examine-document.ts";
import { parseCertificate } from "../../src/pki/certificate.ts";
import { parseRevocationList } from "../../src/pki/crl.ts";
import { anchorRecord, revocationListRecord, TrustAnchors } from "../../src/pki/trust-anchors.ts";
import type { CardChannel, LinkError } from "../../src/ports/card.ts";
import { type Log, silentLog } from "../../src/ports/log.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { bytesOfResponse } from "../../src/sim/cards/iso-dep.ts";
import { NO_LATENCY } from "../../src/sim/emrtd/chip-latency.ts";
import type { ChipContent } from "../../src/sim/emrtd/content.ts";
import { isContentFault } from "../../src/sim/emrtd/documents/content-faults.ts";
import { contentOf } from "../../src/sim/emrtd/documents/content-of.ts";
import { EmrtdApplication } from "../../src/sim/emrtd/emrtd-application.ts";
import type { EmrtdSpec } from "../../src/sim/emrtd/emrtd-spec.ts";
import { makeEmrtd } from "../../src/sim/emrtd/make-emrtd.ts";
import { documentTrust } from "../../src/sim/pki/document-trust.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { instant, millis } from "../../src/time/time.ts";
import { good } from "../good.ts";

/** 2026-11-22, a day on which every sound specimen is valid. */
export const TODAY = { year: 2026, month: 11, day: 22 };
export const NOW = instant(Date.UTC(2026, 10, 22, 12));

/** What the operator of these tests has imported; `outside`: what no published list has, too. */
export function documentAnchors(
  options: { readonly outside?: true; readonly crl?: "require" } = {},
): TrustAnchors {
  const { certificates, outsideLists, revocationLists } = documentTrust();
  const trusted = options.outside === true ? [...certificates, ...outsideLists] : certificates;
  return new TrustAnchors({
    anchors: trusted.map((der) => anchorRecord(good(parseCertificate(der)))),
    revocationLists: revocationLists.map((der) => revocationListRecord(good(parseRevocationList(der)))),
    crl: options.crl ?? "warn",
    testAnchors: "refuse",
  });
}

let shared: TrustAnchors | undefined;
/** Made once: parsing all States' certificates takes longer than a reading. */
export function sharedAnchors(): TrustAnchors {
  shared ??= documentAnchors();
  return shared;
}

export interface ExamineOptions extends Partial<Omit<DocumentRequest, "password">> {
  readonly password?: PacePassword;
  readonly log?: Log;
  readonly families?: DocumentFamilies;
  /** Another document than the profile's. */
  readonly content?: ChipContent;
  /** Told of each command as the chip understands it. */
  readonly onCommand?: EmrtdApplication["onCommand"];
  /** Sees each command and its answer, and may replace the answer. */
  readonly tap?: (command: Uint8Array, answer: Uint8Array) => Uint8Array;
}

export interface Examination {
  readonly result: Result<ExaminedDocument, DocumentError | LinkError>;
  /** APDUs of all attempts. */
  readonly commands: readonly Uint8Array[];
  readonly steps: readonly DocumentStep[];
  readonly application: EmrtdApplication;
  /** Activations but the first. */
  readonly activations: number;
}

/** The password that opens the document: its CAN if it has one, else its MRZ. */
export function passwordOf(spec: EmrtdSpec, kind: "CAN" | "MRZ" | "any" = "any"): PacePassword {
  const { fault, holder } = spec;
  const content = contentOf(spec.profile, {
    ...(holder === undefined ? {} : { holder }),
    ...(fault === undefined || !isContentFault(fault) ? {} : { fault }),
  });
  const text = new TextEncoder();
  if (kind !== "MRZ" && content.can !== undefined) return { reference: "CAN", key: text.encode(content.can) };
  return { reference: "MRZ", key: mrzPasswordKey(text.encode(content.mrzInformation)) };
}

const GONE: LinkError = { kind: "cardLost", status: 0x2b };
const SILENT: LinkError = { kind: "cardLost", status: 0x01 };

function applicationOf(spec: EmrtdSpec, content: ChipContent | undefined): EmrtdApplication {
  const options = { latency: NO_LATENCY, random: new SeededRandom(spec.seed ?? 1) };
  return content === undefined
    ? makeEmrtd({ latency: "none", ...spec }).application
    : new EmrtdApplication(content, options);
}

/** One presentation of the document, from activation to its end. */
export async function examine(spec: EmrtdSpec, options: ExamineOptions = {}): Promise<Examination> {
  const application = applicationOf(spec, options.content);
  const commands: Uint8Array[] = [];
  const steps: DocumentStep[] = [];
  const {
    tap = (_, answer) => answer,
    log = silentLog,
    families = new DocumentFamilies(),
    onCommand = () => undefined,
    ...overrides
  } = options;
  application.onCommand = onCommand;
  let isGone = false;
  let activations = 0;
  const channelOf = (): CardChannel => ({
    transceive: async (command) => {
      if (isGone) return err(GONE);
      commands.push(command);
      const { response, gone, unheard } = application.process(command);
      if (unheard) return err(SILENT);
      const answer = tap(command, bytesOfResponse(response));
      isGone = gone;
      return answer.length === 0 ? err(SILENT) : ok(answer);
    },
  });
  const random = new SeededRandom(spec.seed ?? 7);
  const request: DocumentRequest = {
    password: passwordOf(spec),
    keys: new EphemeralKeys(random),
    random,
    bac: "withoutPace",
    anchors: sharedAnchors(),
    at: NOW,
    today: TODAY,
    wanted: [],
    onStep: (step) => steps.push(step),
    ...overrides,
  };
  const clock = { monotonicMs: () => millis(0), wallTime: () => NOW, sleep: async () => undefined };
  const activateAnew = async () => {
    activations += 1;
    application.reset();
    return isGone ? err(GONE) : ok({ channel: channelOf() });
  };
  const { historicalBytes } = contentOf(spec.profile);
  const card = { historicalBytes, channel: channelOf() };
  const result = await examineDocument(card, request, { clock, log, families, activateAnew });
  return { result, commands, steps, application, activations };
}
