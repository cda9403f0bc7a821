/**
 * The key commands of a virtual CIE's service side: MANAGE SECURITY ENVIRONMENT, which names algorithm and key, and
 * INTERNAL AUTHENTICATE, by which the chip signs a challenge (ISO/IEC 7816-4 §7.5.11, §7.5.4).
 */
import { answer, type CardCommand, statusOnly } from "./apdu.ts";
import type { CardResponse } from "./iso-dep.ts";

/** SET for internal authentication: P1-P2. */
const SET_FOR_INTERNAL_AUTHENTICATION = 0x41a4;
/** Data objects of the command, each of one byte: algorithm and key. */
const ALGORITHM = 0x80;
const PUBLIC_KEY = 0x83;
const SECRET_KEY = 0x84;
/** RSA with padding of PKCS#1 type 1 around what is sent. */
const RSA_BARE = 0x02;
const SERVICES_KEY = 0x83;
/** The holder's signature key, the device key and its counterpart: behind the PIN, or for what a gate never does. */
const PIN_SIDE_KEYS = new Set([0x81, 0x82, 0x84]);
/** What leaves room for the least padding under a key of 256 bytes. */
const MAX_CHALLENGE_BYTES = 245;

const SW = {
  ok: 0x9000,
  wrongLength: 0x6700,
  conditionsOfUse: 0x6985,
  wrongData: 0x6a80,
  wrongParameters: 0x6a86,
  referenceNotFound: 0x6a88,
  wrongLe: 0x6c00,
} as const;

/** Whether the command names a key of the PIN side, which a gate must never do. */
export function namesPinSideKey({ data }: CardCommand): boolean {
  const named = dataObjects(data).filter(({ tag }) => tag === PUBLIC_KEY || tag === SECRET_KEY);
  return named.some((object) => PIN_SIDE_KEYS.has(oneByte(object) ?? 0));
}

export class CieSecurity {
  readonly #prove: (challenge: Uint8Array) => Uint8Array;
  #ready = false;

  constructor(prove: (challenge: Uint8Array) => Uint8Array) {
    this.#prove = prove;
  }

  /** Another application was selected, or power was lost: no key is set. */
  clear(): void {
    this.#ready = false;
  }

  /** MSE SET, P1-P2 41A4, data `80 01 02 84 01 83`: the status word. */
  set({ p1, p2, data }: CardCommand): number {
    if (p1 * 256 + p2 !== SET_FOR_INTERNAL_AUTHENTICATION) return SW.wrongParameters;
    const objects = dataObjects(data);
    const [algorithm, key, ...others] = objects;
    if (algorithm?.tag !== ALGORITHM || key?.tag !== SECRET_KEY || others.length > 0) return SW.wrongData;
    if (oneByte(algorithm) !== RSA_BARE) return SW.wrongData;
    if (oneByte(key) !== SERVICES_KEY) return SW.referenceNotFound;
    this.#ready = true;
    return SW.ok;
  }

  /** INTERNAL AUTHENTICATE: what computes as many bytes as the key has, or a status word alone. */
  authenticate({ p1, p2, data, le }: CardCommand): CardResponse {
    if (p1 !== 0 || p2 !== 0) return statusOnly(SW.wrongParameters);
    if (!this.#ready) return statusOnly(SW.conditionsOfUse);
    if (data.length === 0 || data.length > MAX_CHALLENGE_BYTES || le === undefined)
      return statusOnly(SW.wrongLength);
    return () => {
      const proof = this.#prove(data);
      return le < Math.min(proof.length, 256) ? statusOnly(SW.wrongLe) : answer(proof);
    };
  }
}

interface DataObject {
  readonly tag: number;
  readonly value: Uint8Array;
}

/** Objects with tags of one byte, as far as they can be told apart. */
function dataObjects(data: Uint8Array): readonly DataObject[] {
  const objects: DataObject[] = [];
  for (let rest = data; rest.length > 0; ) {
    const [tag = 0, first = 0] = rest;
    // 81 and 82 are followed by a length of one or two bytes; below 80 the byte is the length itself.
    const valueAt = first > 0x80 ? first - 0x80 + 2 : 2;
    const long = rest.subarray(2, valueAt).reduce((value, byte) => value * 256 + byte, 0);
    const end = valueAt + (first > 0x80 ? long : first);
    objects.push({ tag, value: rest.subarray(valueAt, end) });
    rest = rest.subarray(end);
  }
  return objects;
}

/** The value of an object that has just one byte. */
const oneByte = ({ value }: DataObject): number | undefined => (value.length === 1 ? value[0] : undefined);
