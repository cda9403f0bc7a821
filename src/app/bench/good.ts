/** Results taken apart by measurements, which make what they measure themselves: nothing of it may fail. */
import type { Result } from "../../result.ts";

/** The value. Throws with the error as its cause: a measurement that goes wrong has no figure. */
export function good<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error("the measurement failed", { cause: result.error });
  return result.value;
}
