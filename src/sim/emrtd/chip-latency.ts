/**
 * How long a virtual document works, as data. Values are those of the driver facts' model: derived from what others have
 * measured on cards of several makers, until they are measured on this product's own.
 */
import { DEFAULT_APDU_US, DEFAULT_RSA_US } from "../timing.ts";
import type { ChipGroup } from "./chip-group.ts";

export interface ChipLatency {
  /** Any command without a key: MSE, SELECT, READ BINARY. Part of a command with RSA or integers modulo a prime too. */
  readonly apduUs: number;
  /** PACE: drawing and encrypting the nonce. */
  readonly nonceUs: number;
  /** PACE: checking one token and making the other. */
  readonly tokenUs: number;
  /** A multiplication on a curve of 256 bits. */
  readonly multiplicationUs: number;
  /** A power modulo a prime of 2048 bits. */
  readonly exponentiationUs: number;
  /** A signature with RSA. */
  readonly rsaUs: number;
  /** Chip authentication on a curve, beyond the multiplication. */
  readonly chipAuthenticationUs: number;
  /** Put before the next try for each wrong password since the last right one. */
  readonly wrongPasswordUs: number;
}

export const DEFAULT_LATENCY: ChipLatency = {
  apduUs: DEFAULT_APDU_US,
  nonceUs: 25_000,
  tokenUs: 25_000,
  multiplicationUs: 130_000,
  exponentiationUs: 300_000,
  rsaUs: DEFAULT_RSA_US,
  chipAuthenticationUs: 40_000,
  wrongPasswordUs: 1_000_000,
};

/** For tests that have no time. */
export const NO_LATENCY: ChipLatency = {
  apduUs: 0,
  nonceUs: 0,
  tokenUs: 0,
  multiplicationUs: 0,
  exponentiationUs: 0,
  rsaUs: 0,
  chipAuthenticationUs: 0,
  wrongPasswordUs: 0,
};

/** The fields that the two operations are given for. */
const CURVE_BITS = 256;
const MODULUS_BITS = 2048;

/** Key pair, product and mapping; the nonce's own product is short. */
const MAP_OPERATIONS = { ECDH: 2.5, DH: 2 } as const;
/** A field's power on a curve is cheap beside a product; among integers it is the same operation with a long exponent. */
const INTEGRATED_OPERATIONS = { ECDH: 0.5, DH: 1 } as const;
const AGREE_OPERATIONS = 2;

/** Round 2 of PACE. */
export const mapUs = (latency: ChipLatency, group: ChipGroup, isIntegrated: boolean): number =>
  operations(latency, group, (isIntegrated ? INTEGRATED_OPERATIONS : MAP_OPERATIONS)[group.kind]);

/** Round 3 of PACE. */
export const agreeUs = (latency: ChipLatency, group: ChipGroup): number =>
  operations(latency, group, AGREE_OPERATIONS);

/** The command of chip authentication that brings the reader's key. */
export const chipAuthenticationUs = (latency: ChipLatency, group: ChipGroup): number =>
  operations(latency, group, 1) + (group.kind === "ECDH" ? latency.chipAuthenticationUs : 0);

/** Both grow with the square of the length, as the cards on record do. */
function operations(latency: ChipLatency, { kind, fieldBits }: ChipGroup, count: number): number {
  return kind === "ECDH"
    ? count * latency.multiplicationUs * (fieldBits / CURVE_BITS) ** 2
    : latency.apduUs + count * latency.exponentiationUs * (fieldBits / MODULUS_BITS) ** 2;
}
