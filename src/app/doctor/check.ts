/** What `varco doctor` finds, one thing at a time. */
import { type AppError, remedyOf, whatIsWrong } from "../describe-error.ts";

/** One finding of `varco doctor`. */
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
