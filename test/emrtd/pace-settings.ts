/** What PACE tests start from: entries of EF.CardAccess, profiles, and keys that are given instead of drawn. */
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import type { KeyGroup } from "../../src/crypto/key-group.ts";
import type { KeyPair, PaceKeys } from "../../src/emrtd/pace-keys.ts";
import { choosePace, type PaceProfile } from "../../src/emrtd/pace-profile.ts";
import { parseSecurityInfos } from "../../src/emrtd/security-infos.ts";

export const PACE_ARC = "04007F0007020204";

/** SecurityInfos of the entries given. */
export const cardAccess = (...entries: readonly Uint8Array[]): Uint8Array => writeTlv(0x31, ...entries);

/** PACEInfo, version 2; `arcs` is mapping and suite, such as "0202". */
export function paceInfo(arcs: string, parameterId?: number): Uint8Array {
  const number = parameterId === undefined ? [] : [writeTlv(0x02, Uint8Array.of(parameterId))];
  return writeTlv(0x30, writeTlv(0x06, hex(PACE_ARC + arcs)), hex("020102"), ...number);
}

/** The profile of a card that announces just this, or also the entries behind it. */
export function profileOf(file: Uint8Array): PaceProfile {
  const infos = parseSecurityInfos(file);
  const profile = infos.ok ? choosePace(infos.value) : undefined;
  if (profile === undefined) throw new Error("the test announces no PACE");
  return profile;
}

/** Keys as a published example has them. */
export class GivenKeys implements PaceKeys {
  readonly #map: Uint8Array;
  readonly #agree: Uint8Array;

  /** `map` is the secret of a generic mapping or the challenge of an integrated one. */
  constructor({ map, agree }: { readonly map: Uint8Array; readonly agree: Uint8Array }) {
    this.#map = map;
    this.#agree = agree;
  }

  takePair(group: KeyGroup): KeyPair {
    const publicKey = group.times(this.#map, group.generator);
    if (publicKey === undefined) throw new Error("the given secret is none");
    return { secret: this.#map.slice(), publicKey };
  }

  newSecret(): Uint8Array {
    return this.#agree.slice();
  }

  challenge(): Uint8Array {
    return this.#map.slice();
  }
}

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const answerOf = (tag: number, value: string): Uint8Array =>
  concat(writeTlv(0x7c, writeTlv(tag, hex(value))), hex("9000"));
