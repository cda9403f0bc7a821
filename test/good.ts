/**
 * Results taken apart by tests that know how they must end: one that ends otherwise fails with what it was instead.
 */
import type { Result } from "../src/result.ts";

/** The value of a result that a test needs to be good. */
export function good<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(`not good: ${JSON.stringify(result.error)}`, { cause: result.error });
  return result.value;
}

/** The error of a result that a test needs to be bad. */
export function bad<E>(result: Result<unknown, E>): E {
  if (result.ok) throw new Error("good, against all expectation");
  return result.error;
}
