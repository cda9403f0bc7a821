/**
 * Published and recorded runs of PACE in one form, for the reader's side and for the chip's. Values are as the files have
 * them, in hexadecimal; what an example does not tell is absent. ICAO Doc 9303-11 appendices G to I, and others as each
 * file says.
 */
import cieVectors from "../vectors/cie-virtual.json" with { type: "json" };
import camVectors from "../vectors/pace-cam.json" with { type: "json" };
import dhVectors from "../vectors/pace-gm-dh.json" with { type: "json" };
import ecdhVectors from "../vectors/pace-gm-ecdh.json" with { type: "json" };
import imDhVectors from "../vectors/pace-im-dh.json" with { type: "json" };
import imEcdhVectors from "../vectors/pace-im-ecdh.json" with { type: "json" };
import { PACE_ARC } from "./pace-settings.ts";

/** The fields that all files name alike. */
interface Values {
  readonly parameterId: number;
  readonly mrzInformation?: string;
  /** SHA-1 of MRZ_information. */
  readonly passwordK?: string;
  readonly kpi: string;
  readonly z: string;
  readonly s: string;
  /** Of the generic mapping: secrets, public keys, what is agreed on. */
  readonly mapIfdPri?: string;
  readonly mapIfdPub?: string;
  readonly mapIcPri?: string;
  readonly mapIcPub?: string;
  readonly h?: string;
  /** Of the integrated mapping: the reader's challenge, R(s, t), and its remainder modulo p. */
  readonly t?: string;
  readonly R?: string;
  readonly Rp?: string;
  readonly mappedG: string;
  readonly dhIfdPri: string;
  readonly dhIfdPub: string;
  readonly dhIcPri?: string;
  readonly dhIcPub: string;
  readonly K: string;
  readonly ksEnc: string;
  readonly ksMac: string;
  readonly tIfd: string;
  readonly tIc: string;
  /** What the tokens are made over. */
  readonly tIfdInput?: string;
  readonly tIcInput?: string;
  readonly encryptedChipAuthenticationData?: string;
}

export interface PaceRow extends Values {
  readonly name: string;
  /** Content of the object identifier, ten bytes. */
  readonly protocol: string;
  readonly can?: string;
  /** The commands that are told, from the nonce's on. */
  readonly commands: readonly string[];
}

/** The fields in which the files differ. */
interface Told extends Values {
  readonly name?: string;
  readonly oid?: string;
  readonly oidValue?: string;
  readonly password?: string | { readonly value: string };
  readonly apdus?: readonly { readonly command: string }[];
}

function rowOf({ name = "", oid = "", oidValue, password, apdus = [], ...values }: Told): PaceRow {
  const can = typeof password === "object" ? password.value : password;
  return {
    ...values,
    name,
    protocol: PACE_ARC + (oidValue?.slice(-4) ?? lastArcs(oid)),
    ...(can === undefined ? {} : { can }),
    commands: apdus.slice(1).map(({ command }) => command),
  };
}

/** Mapping and suite, one byte each. */
const lastArcs = (oid: string): string =>
  oid
    .split(".")
    .slice(-2)
    .map((arc) => arc.padStart(2, "0"))
    .join("");

const cie = cieVectors.pace_dh_gm_3des;
const VIRTUAL_CIE: PaceRow = {
  name: "virtual CIE, a nonce of 8 bytes",
  protocol: PACE_ARC + lastArcs(cie.oid),
  parameterId: cie.parameterId,
  can: cie.can,
  kpi: cie.k_pi,
  z: cie.encrypted_nonce_z,
  s: cie.nonce_s,
  mapIfdPri: cie.terminal_map_private,
  mapIfdPub: cie.terminal_map_public,
  mapIcPri: cie.card_map_private,
  mapIcPub: cie.card_map_public,
  h: cie.shared_h,
  mappedG: cie.mapped_generator,
  dhIfdPri: cie.terminal_eph_private,
  dhIfdPub: cie.terminal_eph_public,
  dhIcPri: cie.card_eph_private,
  dhIcPub: cie.card_eph_public,
  K: cie.shared_secret,
  ksEnc: cie.ks_enc,
  ksMac: cie.ks_mac,
  tIfd: cie.token_terminal,
  tIc: cie.token_card,
  commands: [cie.apdus.ga1, `${cie.apdus.ga2_head}${cie.terminal_map_public}0000`, cie.apdus.ga4],
};

export const PACE_ROWS: readonly PaceRow[] = [
  ...[
    ...ecdhVectors.cases,
    ...dhVectors.cases,
    { ...imEcdhVectors, name: "ICAO H.1" },
    { ...imDhVectors, name: "ICAO H.2" },
    ...camVectors.cases.flatMap((row) => (row.z === undefined ? [] : [row])),
  ].map(rowOf),
  VIRTUAL_CIE,
];

/** A recording as `toHex` writes it. */
export const upper = (digits: string): string => digits.toUpperCase();

/** DES keys are published with their parity bits or without; no cipher looks at them. */
export const withoutParity = (suite: string, key: Uint8Array): Uint8Array =>
  suite === "3DES" ? key.map((byte) => byte & 0xfe) : key;
