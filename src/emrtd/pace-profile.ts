/**
 * Which of a card's PACE entries is taken: the gate's preference among mappings first, then the longest AES key. What the
 * program cannot do is passed over. Governing text: ICAO Doc 9303-11 §4.4.4, §9.2.2, §9.5.1.
 */
import { hex } from "../bytes/hex.ts";
import type { SuiteName } from "../crypto/document-suite.ts";
import { ecGroup } from "../crypto/ec-group.ts";
import type { KeyGroup } from "../crypto/key-group.ts";
import { standardGroup } from "./domain-parameters.ts";
import type { PaceMapping, SecurityInfo } from "./security-infos.ts";

type PaceInfo = Extract<SecurityInfo, { kind: "pace" }>;

/** All that is known of PACE with this card before the first command. */
export interface PaceProfile {
  readonly mapping: PaceMapping;
  readonly suite: SuiteName;
  readonly group: KeyGroup;
  /** Content of the protocol's object identifier. */
  readonly protocol: Uint8Array;
  /** As the card numbers its parameters; `undefined` when it gives no number, and there is then only one set. */
  readonly parameterId: number | undefined;
  /** The card offers PACE in this one way only. */
  readonly isOnlyOne: boolean;
}

/**
 * The order in which mappings are tried unless a gate says otherwise. Chip authentication mapping spares a protocol of its
 * own; generic mapping over curves is proven on most cards.
 */
export const USUAL_PREFERENCE: readonly PaceMapping[] = ["ECDH-CAM", "ECDH-GM", "ECDH-IM", "DH-IM", "DH-GM"];

const PACE_VERSION = 2;
/** Numbers below are ICAO's own; those from here on are for parameters that a card spells out. */
const FIRST_OWN_PARAMETER_ID = 32;
const MAX_PARAMETER_ID = 0xff;
const PROTOCOL_PREFIX = "04007F00070202 04";
const MAPPING_ARC: Readonly<Record<PaceMapping, string>> = {
  "DH-GM": "01",
  "ECDH-GM": "02",
  "DH-IM": "03",
  "ECDH-IM": "04",
  "ECDH-CAM": "06",
};
const SUITE_ARC: Readonly<Record<SuiteName, string>> = {
  "3DES": "01",
  "AES-128": "02",
  "AES-192": "03",
  "AES-256": "04",
};
/** Best first. */
const SUITE_RANK: readonly SuiteName[] = ["AES-256", "AES-192", "AES-128", "3DES"];

/**
 * The way to do PACE with a card that announces `infos`, or `undefined` when it announces none that can be gone. Mappings
 * that `preference` leaves out are not taken.
 */
export function choosePace(
  infos: readonly SecurityInfo[],
  preference: readonly PaceMapping[] = USUAL_PREFERENCE,
): PaceProfile | undefined {
  const announced = infos.filter((info) => info.kind === "pace");
  const possible = announced.flatMap((info) => {
    const group = preference.includes(info.mapping) ? groupOf(info, infos) : undefined;
    return group === undefined ? [] : [{ info, group }];
  });
  const rank = ({ mapping, suite }: PaceInfo) =>
    preference.indexOf(mapping) * SUITE_RANK.length + SUITE_RANK.indexOf(suite);
  const [best] = possible.sort((one, other) => rank(one.info) - rank(other.info));
  if (best === undefined) return undefined;
  const { mapping, suite, parameterId } = best.info;
  const protocol = hex(`${PROTOCOL_PREFIX} ${MAPPING_ARC[mapping]} ${SUITE_ARC[suite]}`);
  return { mapping, suite, group: best.group, protocol, parameterId, isOnlyOne: announced.length === 1 };
}

/** The group of an entry if it can be used: of the right kind, known, and fit for the mapping. */
function groupOf(info: PaceInfo, infos: readonly SecurityInfo[]): KeyGroup | undefined {
  const { mapping, suite, version, parameterId } = info;
  const group =
    parameterId !== undefined && parameterId < FIRST_OWN_PARAMETER_ID
      ? standardGroup(parameterId)
      : spelledOut(info, infos);
  // The command that names them has one byte for it.
  if ((parameterId ?? 0) > MAX_PARAMETER_ID) return undefined;
  if (version !== PACE_VERSION || group === undefined || !mapping.startsWith(`${group.kind}-`))
    return undefined;
  // The integrated mapping takes roots as they can be taken modulo p = 3 modulo 4 only.
  if (mapping === "ECDH-IM" && group === ecGroup("secp224r1")) return undefined;
  // There is no such protocol; the arc is not assigned.
  return mapping === "ECDH-CAM" && suite === "3DES" ? undefined : group;
}

function spelledOut(info: PaceInfo, infos: readonly SecurityInfo[]): KeyGroup | undefined {
  for (const other of infos) {
    const belongs = other.kind === "paceParameters" && other.mapping === info.mapping;
    if (belongs && other.parameterId === info.parameterId) return other.group;
  }
  return undefined;
}
