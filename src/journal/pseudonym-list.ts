/** Any number of pseudonyms as one value bound to a statement: a JSON array of hexadecimal texts. */
import { toHex } from "../bytes/hex.ts";

/** In SQL, the pseudonyms that `pseudonymsJson` bound as `who`. */
export const PSEUDONYMS = "(SELECT unhex(value) FROM json_each(@who))";

export const pseudonymsJson = (pseudonyms: readonly Uint8Array[]): string =>
  JSON.stringify(pseudonyms.map(toHex));
