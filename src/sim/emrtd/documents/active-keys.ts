/**
 * Keys of active authentication: DG15 shows the public half, the chip signs the reader's challenge with the other. ICAO
 * Doc 9303-11 §6.1, 9303-10 §4.7.15.
 */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { toBase64Url } from "../../../bytes/base64url.ts";
import { explicitCurveKey } from "../../pki/public-key-info.ts";
import type { HashName } from "../../pki/signature-scheme.ts";
import { type TestKey, testKey } from "../../pki/test-key.ts";
import { tlv } from "../../tlv.ts";
import { chipGroup } from "../chip-group.ts";
import type { ActiveKey } from "../content.ts";
import { numberOf } from "../numbers.ts";
import { chipSecret, curveParameters } from "./chip-key-files.ts";

/** Number of the standardised parameters. */
const P_256 = 12;
const COORDINATE_BYTES = 32;

export type ActivePlan =
  | { readonly kind: "RSA"; readonly key: "activeChip" | "activeChipLong"; readonly hash: HashName }
  /** On P-256. */
  | { readonly kind: "ECDSA"; readonly hash: HashName; readonly der: boolean };

/** Of the chip, or of the copy that has another in its place. */
export type ActiveKeyOwner = "chip" | "copy";

/** What a chip signs with. */
export function activeKeyOf(plan: ActivePlan, owner: ActiveKeyOwner): ActiveKey {
  if (plan.kind === "ECDSA") return { key: curveKey(owner).secret, hash: plan.hash, der: plan.der };
  return { key: rsaKey(plan.key, owner).secretKey, hash: plan.hash };
}

/** DG15, tag 6F. */
export const activeKeyFile = (plan: ActivePlan, owner: ActiveKeyOwner): Uint8Array =>
  tlv(
    0x6f,
    plan.kind === "RSA"
      ? rsaKey(plan.key, owner).publicKeyInfo
      : explicitCurveKey(curveParameters(P_256), curveKey(owner).point),
  );

const rsaKey = (name: "activeChip" | "activeChipLong", owner: ActiveKeyOwner): TestKey =>
  testKey(owner === "chip" ? name : "activeClone");

interface CurveKey {
  readonly secret: KeyObject;
  readonly point: Uint8Array;
}

const curveKeys = new Map<ActiveKeyOwner, CurveKey>();

/** Made once for each owner. */
function curveKey(owner: ActiveKeyOwner): CurveKey {
  const known = curveKeys.get(owner);
  if (known !== undefined) return known;
  const made = makeCurveKey(owner);
  curveKeys.set(owner, made);
  return made;
}

function makeCurveKey(owner: ActiveKeyOwner): CurveKey {
  const group = chipGroup(P_256);
  const number = chipSecret(P_256, `active authentication of a ${owner}`);
  const point = group.multiply(numberOf(number), group.generator);
  const coordinate = (at: number) => toBase64Url(point.subarray(at, at + COORDINATE_BYTES));
  const [x, y] = [coordinate(1), coordinate(1 + COORDINATE_BYTES)];
  const key = { kty: "EC", crv: "P-256", x, y, d: toBase64Url(number) };
  return { secret: createPrivateKey({ key, format: "jwk" }), point };
}
