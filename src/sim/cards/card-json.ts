/** How the members of a card's JSON are checked: each optional one by a rule of its own, unknown ones passed over. */
import { parseHex } from "../../bytes/hex.ts";
import { err, ok, type Result } from "../../result.ts";
import { MAX_RESPONSE_BYTES } from "./cie.ts";

type Check = (value: unknown) => boolean;
export type Checks = Readonly<Record<string, Check>>;

/** The card with those optional members of `json` that have a check and pass it; the error names one that does not. */
export function withOptions<T extends object>(card: T, json: object, checks: Checks): Result<T, string> {
  const options = Object.entries(json).filter(([name]) => Object.hasOwn(checks, name));
  const wrong = options.find(([name, value]) => checks[name]?.(value) !== true);
  if (wrong !== undefined) return err(`${wrong[0]} has an impossible value`);
  return ok({ ...card, ...Object.fromEntries(options) });
}

/** A whole number in these bounds, both included. */
export function wholeFrom(least: number, most: number): Check {
  return (value) => typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

/** A time or a number of bytes: not negative. */
export const isAmount: Check = (value) => typeof value === "number" && value >= 0;

const UID_BYTES = new Set([4, 7]);

/** 4 or 7 bytes in hexadecimal. */
export const isUid: Check = (value) =>
  typeof value === "string" && UID_BYTES.has(parseHex(value)?.length ?? 0);

/** A `BitFlip`. */
export function isBitFlip(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("answer" in value) || !("bit" in value)) return false;
  const isCount = wholeFrom(0, MAX_RESPONSE_BYTES * 8);
  return isCount(value.answer) && isCount(value.bit);
}
