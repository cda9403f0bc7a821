/**
 * Watches what secrets become in memory: keys, the secrets they come of, and digits that were typed or unsealed. To be loaded
 * before anything of the gate, since some modules take functions out of the cipher suites when they are loaded.
 * Governing text: privacy rules, §8.
 */
import { createDecipheriv } from "node:crypto";
import { type SuiteName, suite } from "../../src/crypto/document-suite.ts";

const SUITES: readonly SuiteName[] = ["3DES", "AES-128", "AES-192", "AES-256"];
/** Of a card access number. */
const DIGITS = 6;

interface Watched {
  readonly what: "digits" | "key" | "secret";
  readonly array: Uint8Array;
  /** What was in it. */
  readonly bytes: Uint8Array;
}

let watched: Watched[] = [];

function watch(what: Watched["what"], array: Uint8Array): Uint8Array {
  watched.push({ what, array, bytes: array.map((byte) => byte) });
  return array;
}

for (const name of SUITES) {
  const cipher = suite(name);
  const { kdf } = cipher;
  Object.assign(cipher, {
    kdf: (secret: Uint8Array, counter: 1 | 2 | 3) => watch("key", kdf(watch("secret", secret), counter)),
  } satisfies Pick<typeof cipher, "kdf">);
}

const isDigits = (bytes: Uint8Array): boolean =>
  bytes.length === DIGITS && bytes.every((byte) => byte >= 0x30 && byte <= 0x39);

/** Whatever comes out of a foreign function and looks like an access number. */
function watchDigits(owner: object, name: string): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== "function") throw new Error(`no function ${name}`);
  Reflect.set(owner, name, function (this: unknown, ...given: readonly unknown[]): unknown {
    const made: unknown = Reflect.apply(original, this, given);
    if (made instanceof Uint8Array && isDigits(made)) watch("digits", made);
    return made;
  });
}

watchDigits(Uint8Array.prototype, "slice");
// All its ciphers share one prototype.
const decipher = createDecipheriv("aes-256-gcm", new Uint8Array(32), new Uint8Array(12));
watchDigits(Reflect.getPrototypeOf(decipher) ?? decipher, "update");

const isLeft = ({ array }: Watched): boolean => array.some((byte) => byte !== 0);

export interface WatchedSecrets {
  /** What was in each. */
  readonly values: readonly Uint8Array[];
  /** Of what kinds those are that are not zeros now. */
  readonly left: readonly string[];
}

/** What was watched since the last call. */
export function watchedSecrets(): WatchedSecrets {
  const values = watched.map(({ bytes }) => bytes);
  const left = watched.filter(isLeft).map(({ what, array }) => `${what} of ${array.length} bytes`);
  watched = [];
  return { values, left };
}
