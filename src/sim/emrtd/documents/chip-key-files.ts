/**
 * What the files say of a chip's keys: SecurityInfo entries for chip authentication and SubjectPublicKeyInfo of the keys
 * in every form that States write. ICAO Doc 9303-11 §9.2; BSI TR-03110-3 A.1.1.
 */
import type { ECDSA } from "@noble/curves/abstract/weierstrass.js";
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from "@noble/curves/misc.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { concat } from "../../../bytes/bytes.ts";
import { hex, toHex } from "../../../bytes/hex.ts";
import { ascii, oid, sequence, smallInteger } from "../../pki/der.ts";
import {
  type CurveParameters,
  explicitCurveKey,
  type IntegerGroup,
  pkcs3Key,
  standardGroupKey,
  x942Key,
} from "../../pki/public-key-info.ts";
import { hash } from "../../pki/signature-scheme.ts";
import { chipGroup } from "../chip-group.ts";
import type { ChipSuite, ParameterId } from "../content.ts";
import { CURVES, type CurveNumbers, INTEGERS, type IntegerNumbers } from "../groups.table.ts";
import { bytesOf, numberOf } from "../numbers.ts";

/** A key for chip authentication as its document has it. */
export interface ChipKeyPlan {
  readonly parameterId: ParameterId;
  readonly keyId?: number;
  /** Suites in which the chip uses it. */
  readonly suites: readonly ChipSuite[];
  /** Whether entries for these suites stand beside the key; some States leave them out. */
  readonly announced: boolean;
  /** How the key's group is written: `explicit` and `number` for curves, the other two for integers. */
  readonly form: "explicit" | "PKCS#3" | "X9.42" | "number";
  readonly servesMapping?: boolean;
}

export const SUITE_ARCS: Readonly<Record<ChipSuite, number>> = {
  "3DES": 1,
  "AES-128": 2,
  "AES-192": 3,
  "AES-256": 4,
};
export const BSI = "0.4.0.127.0.7.2.2";
const TYPE_ARCS = { DH: 1, ECDH: 2 } as const;
const VERSION_1 = 1;

/** The secret that belongs to a label: always the same, worth nothing. */
export function chipSecret(parameterId: ParameterId, label: string): Uint8Array {
  const { order, orderBytes } = chipGroup(parameterId);
  const wide = concat(...["1", "2"].map((part) => hash("sha512", ascii(`${label} ${part}`))));
  return bytesOf((numberOf(wide) % (order - 1n)) + 1n, orderBytes);
}

/** SecurityInfo entries of a key: the key itself, and before it the suites it is announced for. */
export function chipKeyEntries(plan: ChipKeyPlan, secret: Uint8Array): readonly Uint8Array[] {
  const { parameterId, keyId, suites, announced } = plan;
  const type = TYPE_ARCS[chipGroup(parameterId).kind];
  const number = keyId === undefined ? [] : [smallInteger(keyId)];
  const infos = (announced ? suites : []).map((suite) =>
    sequence(oid(`${BSI}.3.${type}.${SUITE_ARCS[suite]}`), smallInteger(VERSION_1), ...number),
  );
  const key = sequence(oid(`${BSI}.1.${type}`), publicKeyInfo(plan, secret), ...number);
  return [...infos, key];
}

function publicKeyInfo({ parameterId, form }: ChipKeyPlan, secret: Uint8Array): Uint8Array {
  const publicKey = publicHalf(parameterId, secret);
  if (form === "number") return standardGroupKey(parameterId, publicKey);
  if (form === "explicit") return explicitCurveKey(curveParameters(parameterId), publicKey);
  const write = form === "PKCS#3" ? pkcs3Key : x942Key;
  return write(integerGroup(parameterId), publicKey);
}

const publicHalves = new Map<string, Uint8Array>();

/** Kept, because documents share keys and one takes tens of milliseconds; there are as many as profiles have keys, twice. */
function publicHalf(parameterId: ParameterId, secret: Uint8Array): Uint8Array {
  const key = `${parameterId} ${toHex(secret)}`;
  const known = publicHalves.get(key);
  if (known !== undefined) return known;
  const group = chipGroup(parameterId);
  const made = group.multiply(numberOf(secret), group.generator);
  publicHalves.set(key, made);
  return made;
}

const READY: ReadonlyMap<ParameterId, ECDSA> = new Map([
  [12, p256],
  [13, brainpoolP256r1],
  [15, p384],
  [16, brainpoolP384r1],
  [17, brainpoolP512r1],
  [18, p521],
]);
const BUILT: ReadonlyMap<ParameterId, CurveNumbers> = new Map(
  Object.entries(CURVES).map(([id, numbers]) => [Number(id), numbers]),
);
const GROUPS: ReadonlyMap<ParameterId, IntegerNumbers> = new Map(
  Object.entries(INTEGERS).map(([id, numbers]) => [Number(id), numbers]),
);

/** The numbers of a curve; throws for a group that is none. */
export function curveParameters(id: ParameterId): CurveParameters {
  const ready = READY.get(id);
  if (ready !== undefined) return ready.Point.CURVE();
  const numbers = BUILT.get(id);
  if (numbers === undefined) throw new RangeError(`no curve has the number ${id}`);
  const { p, a, b, gx, gy, n } = numbers;
  const number = (digits: string) => numberOf(hex(digits));
  return { p: number(p), a: number(a), b: number(b), Gx: number(gx), Gy: number(gy), n: number(n) };
}

function integerGroup(id: ParameterId): IntegerGroup {
  const numbers = GROUPS.get(id);
  if (numbers === undefined) throw new RangeError(`no group of integers has the number ${id}`);
  return { p: hex(numbers.p), g: hex(numbers.g), q: hex(numbers.q) };
}
