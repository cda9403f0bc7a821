/**
 * What a CIE proves itself with: the NIS, the two public keys, the SOD over them and the secret key behind
 * INTERNAL AUTHENTICATE. This is the honest chip; `cie-attacks.ts` makes the others from it.
 */
import { hex } from "../../bytes/hex.ts";
import { INTEGERS } from "../emrtd/groups.table.ts";
import { ascii, sequence, unsignedInteger } from "../pki/der.ts";
import { typeOneBlock } from "../pki/rsa-blocks.ts";
import { makeServiceSod, type SignedFiles, type SodSigner } from "../pki/service-sod.ts";
import type { Generation } from "../pki/signature-scheme.ts";
import { CARD_KEY_COUNT, cardKey } from "../pki/test-key.ts";

export interface CieChip {
  /** What EF.ID_Servizi shows: twelve digits. */
  readonly nis: string;
  /** EF.Int.Kpub and EF.Servizi_Int.Kpub: RSAPublicKey of PKCS#1, DER. */
  readonly deviceKey: Uint8Array;
  readonly servicesKey: Uint8Array;
  /** EF.SOD. Signed anew by each call. */
  readonly sod: () => Uint8Array;
  /** The answer to a challenge of 1 to 245 bytes. */
  readonly prove: (challenge: Uint8Array) => Uint8Array;
}

/** To whom a card was issued, and with which of the shared keys. */
export interface CieHolder {
  readonly nis: string;
  readonly generation: Generation;
  readonly key: number;
}

/** The holder that a card's data name, defaults filled in. */
export const holderOf = ({ nis, generation = 2, key }: Partial<CieHolder> & { nis: string }): CieHolder => ({
  nis,
  generation,
  key: key ?? Number(nis) % CARD_KEY_COUNT,
});

/** RFC 5114 §2.3: modulus, base and order of the subgroup, as on the cards that agree on keys by it. */
const DH_GROUP = INTEGERS[2];

/** EF.DH: base, modulus and order. */
export const EF_DH = sequence(
  ...[DH_GROUP.g, DH_GROUP.p, DH_GROUP.q].map((digits) => unsignedInteger(hex(digits))),
);

/** The chip as the authority gave it out. */
export function honestChip(holder: CieHolder): CieChip {
  const secret = cardKey(holder.key);
  return {
    nis: holder.nis,
    deviceKey: cardKey((holder.key + 1) % CARD_KEY_COUNT).publicKey,
    servicesKey: secret.publicKey,
    sod: () => serviceSodOf(holder),
    prove: (challenge) => secret.power(typeOneBlock(challenge, secret.modulusBytes)),
  };
}

/** EF.SOD that the authority gave to this holder; `signer` and `files` differ from what is right where they are named. */
export function serviceSodOf(
  holder: CieHolder,
  {
    signer = {},
    files = {},
  }: { readonly signer?: Partial<SodSigner>; readonly files?: Partial<SignedFiles> } = {},
): Uint8Array {
  const { deviceKey, servicesKey } = honestChip(holder);
  const right: SignedFiles = {
    nis: ascii(holder.nis),
    cardNumber: ascii(`CA${holder.nis.slice(-5)}AA`),
    holderCertificate: unreadableCertificate(holder),
    deviceKey,
    servicesKey,
    diffieHellman: EF_DH,
  };
  return makeServiceSod({ ...right, ...files }, { generation: holder.generation, ...signer });
}

/** EF.Cert_CIE is read behind the PIN, which this card does not have: only its hash is ever seen, so any bytes do. */
const unreadableCertificate = ({ nis, key }: CieHolder): Uint8Array =>
  sequence(ascii(nis), cardKey(key).publicKeyInfo);
