/** What `varco doctor` and `varco reader test` find, one thing at a time. */
import { type AppError, remedyOf, whatIsWrong } from "../describe-error.ts";

/** One finding. */
export interface Check {
  /** What was looked at: stable, for scripts. */
  readonly name: string;
  readonly status: "ok" | "warn" | "fail" | "notApplicable";
  readonly found: string;
  /** What to do about it, where there is something to do. */
  readonly remedy?: string;
}

export const well = (name: string, found: string): Check => ({ name, status: "ok", found });
/** What this machine or this configuration does not have. */
export const notApplicable = (name: string, found: string): Check => ({
  name,
  status: "notApplicable",
  found,
});
export const doubtful = (name: string, found: string, remedy: string): Check => ({
  name,
  status: "warn",
  found,
  remedy,
});
export const bad = (name: string, found: string, remedy: string): Check => ({
  name,
  status: "fail",
  found,
  remedy,
});

/** A check that failed with a typed error. */
export function failure(name: string, error: AppError): Check {
  const remedy = remedyOf(error);
  return { name, status: "fail", found: whatIsWrong(error), ...(remedy === undefined ? {} : { remedy }) };
}

const COLOURS = { ok: 32, warn: 33, fail: 31, notApplicable: 90 } as const;

/** A finding for people, the remedy on a line of its own. */
export function checkLine({ status, name, found, remedy }: Check, colour: boolean): string {
  const word = status === "notApplicable" ? "n/a " : status.padEnd(4);
  const mark = colour ? `\u001B[${COLOURS[status]}m${word}\u001B[0m` : word;
  return `${mark}  ${name}: ${found}${remedy === undefined ? "" : `\n      → ${remedy}`}`;
}
