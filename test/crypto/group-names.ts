/** The groups of documents in the order of their parameter numbers: integers from 0, curves from 8 (ICAO Doc 9303-11, table of standard domain parameters). */
import type { CurveName } from "../../src/crypto/curves.table.ts";
import type { DhGroupName } from "../../src/crypto/dh-groups.table.ts";

export const CURVE_NAMES: readonly CurveName[] = [
  "prime192v1",
  "brainpoolP192r1",
  "secp224r1",
  "brainpoolP224r1",
  "prime256v1",
  "brainpoolP256r1",
  "brainpoolP320r1",
  "secp384r1",
  "brainpoolP384r1",
  "brainpoolP512r1",
  "secp521r1",
];
export const DH_NAMES: readonly DhGroupName[] = ["modp1024-160", "modp2048-224", "modp2048-256"];
