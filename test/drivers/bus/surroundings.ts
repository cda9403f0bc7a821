/** What the tests of the bus adapters share: another user's rights, and a text that contains another. */
import { expect } from "vitest";

/** A text that contains this, for a place in an expected value. */
export const saying = (text: string): unknown => expect.stringContaining(text);

const NOBODY = 65_534;

/** Root may open anything: for the time of a call it gives its rights away. */
export async function asNobody<T>(call: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return call();
  process.seteuid?.(NOBODY);
  try {
    return await call();
  } finally {
    process.seteuid?.(0);
  }
}
