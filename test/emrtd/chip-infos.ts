/** Entries of DG14 and EF.CardSecurity for chip authentication, as tests write them. */
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import type { KeyGroup } from "../../src/crypto/key-group.ts";
import type { PaceKeys } from "../../src/emrtd/pace-keys.ts";
import { parseSecurityInfos, type SecurityInfo } from "../../src/emrtd/security-infos.ts";
import { good } from "../good.ts";

const BSI = "04007F00070202";
export type Arc = "01" | "02";
export const DH: Arc = "01";
export const ECDH: Arc = "02";

export const integer = (...bytes: readonly number[]): Uint8Array => writeTlv(0x02, Uint8Array.from(bytes));
const numbers = (keyId: number | undefined): readonly Uint8Array[] =>
  keyId === undefined ? [] : [integer(0, keyId)];

/** ChipAuthenticationInfo. `suite` is the last arc: 01 3DES, 02 to 04 AES. */
export const protocolInfo = (
  agreement: Arc,
  suite: string,
  { keyId, version = 1 }: { readonly keyId?: number; readonly version?: number } = {},
): Uint8Array =>
  writeTlv(0x30, writeTlv(0x06, hex(`${BSI}03${agreement}${suite}`)), integer(version), ...numbers(keyId));

/** ChipAuthenticationPublicKeyInfo. */
export const keyInfo = (agreement: Arc, subjectPublicKeyInfo: Uint8Array, keyId?: number): Uint8Array =>
  writeTlv(0x30, writeTlv(0x06, hex(`${BSI}01${agreement}`)), subjectPublicKeyInfo, ...numbers(keyId));

/** SubjectPublicKeyInfo with the standardised parameters of this number; an integer modulo p is written as an INTEGER. */
export const standardKey = (parameterId: number, group: KeyGroup, element: Uint8Array): Uint8Array =>
  writeTlv(
    0x30,
    writeTlv(0x30, writeTlv(0x06, hex("04007F00070102")), integer(parameterId)),
    writeTlv(
      0x03,
      Uint8Array.of(0),
      group.kind === "ECDH" ? element : writeTlv(0x02, concat(Uint8Array.of(0), element)),
    ),
  );

export const infosOf = (...entries: readonly Uint8Array[]): readonly SecurityInfo[] =>
  good(parseSecurityInfos(writeTlv(0x31, ...entries)));

/** A reader's pair with this secret, for any group. */
export const givenPair = (secret: Uint8Array): Pick<PaceKeys, "takePair"> => ({
  takePair(group) {
    const publicKey = group.times(secret, group.generator);
    if (publicKey === undefined) throw new Error("the given secret is none");
    return { secret: secret.slice(), publicKey };
  },
});
