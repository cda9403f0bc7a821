/** Every way in which PACE can be done: mapping, suite and parameters, each with the reader's profile and a chip's arithmetic. */
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { toInteger } from "../../src/crypto/big-endian.ts";
import { type SuiteName, suite } from "../../src/crypto/document-suite.ts";
import type { PacePassword } from "../../src/emrtd/pace.ts";
import type { PaceProfile } from "../../src/emrtd/pace-profile.ts";
import type { PaceMapping } from "../../src/emrtd/security-infos.ts";
import type { Random } from "../../src/ports/random.ts";
import { type ChipGroup, chipGroup } from "../../src/sim/emrtd/chip-group.ts";
import { CURVE_NAMES, DH_NAMES } from "../crypto/group-names.ts";
import type { ChipSetting } from "./pace-chip.ts";
import { ascii, cardAccess, paceInfo, profileOf } from "./pace-settings.ts";

export interface PaceCase {
  /** Mapping, suite, number of the parameters. */
  readonly name: string;
  readonly profile: PaceProfile;
  readonly chip: { readonly group: ChipGroup };
}

const CAN = "123456";
export const passwordCan: PacePassword = { reference: "CAN", key: ascii(CAN) };

const FIRST_CURVE = 8;
const GROUPS: readonly (readonly [number, ChipGroup])[] = [
  ...DH_NAMES.map((_, index) => [index, chipGroup(index)] as const),
  ...CURVE_NAMES.map((_, index) => [FIRST_CURVE + index, chipGroup(FIRST_CURVE + index)] as const),
];
const MAPPINGS: readonly (readonly [string, PaceMapping])[] = [
  ["01", "DH-GM"],
  ["02", "ECDH-GM"],
  ["03", "DH-IM"],
  ["04", "ECDH-IM"],
  ["06", "ECDH-CAM"],
];
const SUITES: readonly (readonly [string, SuiteName])[] = [
  ["01", "3DES"],
  ["02", "AES-128"],
  ["03", "AES-192"],
  ["04", "AES-256"],
];
const SECP224R1 = 10;

/** Not a mapping of curves over integers, no roots on secp224r1, no chip authentication mapping with 3DES. */
function exists(mapping: PaceMapping, suiteName: SuiteName, id: number): boolean {
  const fits = mapping.startsWith("DH-") === id < FIRST_CURVE;
  const hasRoots = mapping !== "ECDH-IM" || id !== SECP224R1;
  return fits && hasRoots && (mapping !== "ECDH-CAM" || suiteName !== "3DES");
}

/** The groups seen most with all suites; the others take turns with them, so that each is met and the whole stays short. */
export const PACE_CASES: readonly PaceCase[] = MAPPINGS.flatMap(([mappingArc, mapping]) =>
  GROUPS.flatMap(([id, group]) =>
    SUITES.filter(
      ([, name], turn) =>
        exists(mapping, name, id) && (id === 2 || id === 13 || turn === id % 4 || name === "AES-128"),
    ).map(([suiteArc, name]) => ({
      name: `${mapping} ${name} ${id}`,
      profile: profileOf(cardAccess(paceInfo(mappingArc + suiteArc, id))),
      chip: { group },
    })),
  ),
);

export function caseNamed(name: string): PaceCase {
  const found = PACE_CASES.find((paceCase) => paceCase.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}

/** A chip with secrets of `random` that knows the CAN of `passwordCan`. */
export function chipSetting({ profile }: PaceCase, random: Random): ChipSetting {
  const secret = () => toInteger(profile.group.newSecret(random));
  return {
    offer: {
      mapping: profile.mapping,
      suite: profile.suite,
      parameterId: profile.parameterId ?? Number.NaN,
    },
    can: CAN,
    nonce: random.bytes(suite(profile.suite).keyBytes > 16 ? 32 : 16),
    secrets: { map: secret(), agree: secret(), fixed: secret() },
  };
}

/** The entry of EF.CardSecurity for the chip's static key, as standardised parameters name its curve. */
export function chipKeyInfo(parameterId: number, point: Uint8Array, keyId?: number): Uint8Array {
  const oid = (content: readonly number[]) => writeTlv(0x06, Uint8Array.from(content));
  const number = (value: number) => writeTlv(0x02, Uint8Array.of(value));
  const algorithm = writeTlv(0x30, oid([4, 0, 0x7f, 0, 7, 1, 2]), number(parameterId));
  const bits = writeTlv(0x03, Uint8Array.of(0), point);
  const spki = writeTlv(0x30, algorithm, bits);
  const key = keyId === undefined ? [] : [number(keyId)];
  return writeTlv(0x30, oid([4, 0, 0x7f, 0, 7, 2, 2, 1, 2]), spki, ...key);
}
