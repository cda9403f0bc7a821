/** The Random port over the system's generator. */
import { randomFillSync } from "node:crypto";
import type { Random } from "../ports/random.ts";

export const systemRandom: Random = {
  bytes: (lengthBytes) => randomFillSync(new Uint8Array(lengthBytes)),
};
