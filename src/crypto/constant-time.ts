/** Comparison that tells by its duration nothing of where two codes differ. */
import { timingSafeEqual } from "node:crypto";

/** Equality of two MACs, tokens or secrets. Only their lengths may show in the time it takes. */
export const equalInConstantTime = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && timingSafeEqual(left, right);
