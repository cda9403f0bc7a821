/** A lane with a keypad and a scanner to which seals are shown, beside the chip or alone, through the whole line in virtual time. */
import { parseCertificate } from "../../src/pki/certificate.ts";
import { parseRevocationList } from "../../src/pki/crl.ts";
import { revocationListRecord } from "../../src/pki/trust-anchors.ts";
import type { ClockState } from "../../src/ports/clock.ts";
import type { Log } from "../../src/ports/log.ts";
import { SealAnchors } from "../../src/seal/seal-anchors.ts";
import { namesInCertificate, type SealerRole } from "../../src/seal/sealer.ts";
import { PERSONS } from "../../src/sim/emrtd/documents/holders.table.ts";
import type { EmrtdSpec } from "../../src/sim/emrtd/emrtd-spec.ts";
import { documentSeal, type SealOptions } from "../../src/sim/seal/document-seal.ts";
import { sealTrust, testSealTrust } from "../../src/sim/seal/sealers.ts";
import { sharedAnchors } from "../emrtd/whole-document.ts";
import { good } from "../good.ts";
import { DOORS, KEYPAD_NODE, SCANNER_NODE } from "../world/virtual-gate.ts";
import { type Lane, laneOf, node, open } from "./one-lane.ts";

export const { anna } = PERSONS;
export const ANNAS_CARD = `FRA${anna.documentNumber}`;
export const cnie: EmrtdSpec = { card: "emrtd", profile: "cnie" };
/** What stands in her seal and must not be said. */
export const PERSONAL = [anna.documentNumber, anna.can, anna.familyNames, "ANNA", "MARIA", anna.birth];

function recordOf(der: Uint8Array, role: SealerRole) {
  const certificate = good(parseCertificate(der));
  const { fingerprint, subject } = certificate;
  return {
    ...namesInCertificate(certificate),
    ...{ der, fingerprint, role, subjectKey: subject.key, isListed: false },
  };
}

/** What an operator has imported: the virtual authority with its signers and revocation list, and the one for tests. */
export function sealAnchorsOf(options: { readonly testAnchors?: "accept" } = {}): SealAnchors {
  const { authority, signers, revocationList } = sealTrust();
  const test = testSealTrust();
  return new SealAnchors({
    sealers: [
      ...[authority, test.authority].map((der) => recordOf(der, "authority")),
      ...[...signers, ...test.signers].map((der) => recordOf(der, "signer")),
    ],
    revocationLists: [revocationListRecord(good(parseRevocationList(revocationList)))],
    crl: "warn",
    testAnchors: options.testAnchors ?? "refuse",
  });
}

/** The seal on Anna's card, or one that is false in something. */
export const annasSeal = (options: SealOptions = {}): string => documentSeal(anna, options);

export interface SealLaneOptions {
  readonly demands: "verifiedDocument" | "authenticDocument" | "documentSeal" | "originalChip";
  /** Of the section on documents, beside keypad and scanner. */
  readonly document?: string;
  /** Of the door beside that section, or of the gate. */
  readonly more?: string;
  readonly admitted?: readonly string[];
  readonly clock?: ClockState;
  readonly log?: Log;
  readonly sealAnchors?: () => SealAnchors | undefined;
}

const DEVICES = [
  ["keypad", KEYPAD_NODE],
  ["scanner", SCANNER_NODE],
].map(([name, path]) => `${name}: { serial: { node: ${path}, baud: 9600 } }`);

/** A lane where seals count, with Anna on its list. */
export async function sealLane(options: SealLaneOptions): Promise<Lane> {
  const { demands, document, more = "", admitted = [ANNAS_CARD], clock = "synced", log } = options;
  const [wiring] = DOORS;
  if (wiring === undefined) throw new Error("no door");
  const section = [...DEVICES, ...(document === undefined ? [] : [document])].join(", ");
  const anchors = sealAnchorsOf();
  const gate = await open({
    ...{ seed: 1, entries: [KEYPAD_NODE, SCANNER_NODE], clockState: () => clock },
    doors: [{ ...wiring, demands, more: `document: { ${section} }${more}` }],
    ...{ anchors: () => sharedAnchors(), sealAnchors: options.sealAnchors ?? (() => anchors) },
    ...(log === undefined ? {} : { log }),
  });
  for (const holder of admitted) gate.admitAs("doc", holder);
  await gate.pass(1_000);
  return laneOf(gate, wiring.relayLine);
}

/** Shows a seal to the scanner, which reads it and sends its line end. */
export const show = ({ gate }: Lane, seal: string): void => gate.type(`${seal}\r\n`, SCANNER_NODE);

export const typeCan = ({ gate }: Lane, can: string = anna.can): void => gate.type(`${can}\r`);

export const lay = ({ gate }: Lane, spec: EmrtdSpec = cnie): void => void gate.board.place(node(gate), spec);
export const takeAway = ({ gate }: Lane): void => gate.board.remove(node(gate));

/** What each row says but type and reason, of the last one. */
export const lastRow = ({ gate }: Lane) => gate.events().at(-1);
