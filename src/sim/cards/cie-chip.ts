/**
 * What a CIE proves itself with: the NIS, the two public keys, the SOD over them and the secret key behind
 * INTERNAL AUTHENTICATE. This is the honest chip; `cie-attacks.ts` makes the others from it.
 */
import { hex } from "../../bytes/hex.ts";
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
const DH_MODULUS = hex(
  "87A8E61DB4B6663CFFBBD19C651959998CEEF608660DD0F25D2CEED4435E3B00E00DF8F1D61957D4FAF7DF4561B2AA3016C3D911" +
    "34096FAA3BF4296D830E9A7C209E0C6497517ABD5A8A9D306BCF67ED91F9E6725B4758C022E0B1EF4275BF7B6C5BFC11D45F9088" +
    "B941F54EB1E59BB8BC39A0BF12307F5C4FDB70C581B23F76B63ACAE1CAA6B7902D52526735488A0EF13C6D9A51BFA4AB3AD83477" +
    "96524D8EF6A167B5A41825D967E144E5140564251CCACB83E6B486F6B3CA3F7971506026C0B857F689962856DED4010ABD0BE621" +
    "C3A3960A54E710C375F26375D7014103A4B54330C198AF126116D2276E11715F693877FAD7EF09CADB094AE91E1A1597",
);
const DH_BASE = hex(
  "3FB32C9B73134D0B2E77506660EDBD484CA7B18F21EF205407F4793A1A0BA12510DBC15077BE463FFF4FED4AAC0BB555BE3A6C1B" +
    "0C6B47B1BC3773BF7E8C6F62901228F8C28CBB18A55AE31341000A650196F931C77A57F2DDF463E5E9EC144B777DE62AAAB8A862" +
    "8AC376D282D6ED3864E67982428EBC831D14348F6F2F9193B5045AF2767164E1DFC967C1FB3F2E55A4BD1BFFE83B9C80D052B985" +
    "D182EA0ADB2A3B7313D3FE14C8484B1E052588B9B7D2BBD2DF016199ECD06E1557CD0915B3353BBB64E0EC377FD028370DF92B52" +
    "C7891428CDC67EB6184B523D1DB246C32F63078490F00EF8D647D148D47954515E2327CFEF98C582664B4C0F6CC41659",
);
const DH_ORDER = hex("8CF83642A709A097B447997640129DA299B1A47D1EB3750BA308B0FE64F5FBD3");

/** EF.DH: base, modulus and order. */
export const EF_DH = sequence(...[DH_BASE, DH_MODULUS, DH_ORDER].map(unsignedInteger));

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
