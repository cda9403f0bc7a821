/**
 * What attackers make of a CIE. Each departs from the honest chip in as little as it can, so that one check alone
 * stands between it and enrolment: a gate that leaves that check out takes it in. None has the victim's secret key,
 * but for those whose answers are of the wrong form, so none passes where the victim's key is known.
 */
import { concat } from "../../bytes/bytes.ts";
import { ascii, element, octetString, sequence, smallInteger, unsignedInteger } from "../pki/der.ts";
import { MIN_PADDING_BYTES, typeOneBlock } from "../pki/rsa-blocks.ts";
import type { SodSigner } from "../pki/service-sod.ts";
import { CARD_KEY_COUNT, cardKey, type TestKey, testKey } from "../pki/test-key.ts";
import { SeededRandom } from "../seeded-random.ts";
import { type CieChip, type CieHolder, honestChip, serviceSodOf } from "./cie-chip.ts";

/** What an attack changes of the chip; the rest is honest. */
type Forgery = (holder: CieHolder, honest: CieChip) => Partial<CieChip>;

const MODULUS_BYTES = 256;
const HUGE_MODULUS_BYTES = 2_048;
/** As long as a file can be. */
const HUGE_FILE_BYTES = 65_536;
const DOCUMENT_TAG = 0x77;
const BOMB_BYTES = 3_000;
const GARBAGE_SOD_BYTES = 2_111;
const GARBAGE_KEY_BYTES = 270;
/** The challenge that was once recorded together with the victim's answer. */
const RECORDED_CHALLENGE = ascii("recorded at another door, once..");

const FORGERIES = {
  /** A phone that plays back twelve digits: no other file, no key commands. */
  nisOnly: () => ({}),
  /** The victim's NIS and SOD, but a key pair of the attacker's. */
  ownKey: () => ownKeys(),
  /** All of the victim's files, and the victim's answer to an earlier challenge. */
  replay: (_, { prove }) => ({ prove: () => prove(RECORDED_CHALLENGE) }),
  /** A genuine card of somebody else that shows the victim's NIS. */
  copiedSod: (holder) => ({ ...honestChip(somebodyElse(holder)), nis: holder.nis }),
  /** Names and key identifiers of the true authority, keys of the attacker's all through. */
  selfMadeCsca: (holder) => certified(holder, ownKeys(), { authority: "impostor" }),
  /** Signed by the authority that signs cards for laboratories. */
  testCsca: (holder) => certified(holder, ownKeys(), { authority: "test" }),
  /** Signed by an authority that may be trusted, for the documents of another country. */
  foreignCsca: (holder) => certified(holder, ownKeys(), { authority: "foreign" }),
  /** Signed with a key of the true authority that somebody has got hold of after its time. */
  expiredSigner: (holder) => certified(holder, ownKeys(), { state: "expired" }),
  /** The same, and the authority has noticed. */
  revokedSigner: (holder) => certified(holder, ownKeys(), { state: "revoked" }),
  /** Random bytes in every answer, from the first on; see `CieApplication`. */
  garbage: () => ({}),
  /** An honest NIS; keys, SOD and proof are random bytes. */
  garbageProof: (holder) => {
    const random = randomFor(holder);
    return {
      servicesKey: random.bytes(GARBAGE_KEY_BYTES),
      sod: () => random.bytes(GARBAGE_SOD_BYTES),
      prove: () => random.bytes(MODULUS_BYTES),
    };
  },
  /** An honest NIS; every other answer with data is 61 00, however often GET RESPONSE is sent; see `CieDelivery`. */
  endless61: () => ({}),
  /** A sound SOD, and behind it inside its tag as much as a file can hold. */
  hugeSod: (holder) => {
    const forged = certified(holder, ownKeys());
    return { ...forged, sod: () => hugeDocument(forged.sod()) };
  },
  /** A sequence in a sequence in a sequence, of indefinite length and without an end. */
  asn1Bomb: () => ({ ...ownKeys(), sod: () => element(DOCUMENT_TAG, nestedSequences(BOMB_BYTES)) }),
  /** With e = 1 the bare block is its own signature. */
  exponentOne: (holder) =>
    certified(holder, {
      servicesKey: rsaPublicKey(oddModulus(holder, MODULUS_BYTES), smallInteger(1)),
      prove: (challenge) => typeOneBlock(challenge, MODULUS_BYTES),
    }),
  /** 512 bits, which anybody factors. */
  tinyKey: (holder) => certified(holder, keysOf(testKey("tinyCard"))),
  /** 16384 bits, to keep the gate busy. */
  hugeKey: (holder) =>
    certified(holder, {
      servicesKey: rsaPublicKey(oddModulus(holder, HUGE_MODULUS_BYTES), EXPONENT_65537),
      prove: () => randomFor(holder).bytes(HUGE_MODULUS_BYTES).fill(0, 0, 1),
    }),
  /** The block that should have been signed. */
  echo: () => ({ prove: (challenge) => typeOneBlock(challenge, MODULUS_BYTES) }),
  /** The right answer without its last byte. */
  shortSignature: (_, { prove }) => ({ prove: (challenge) => prove(challenge).subarray(0, -1) }),
  /** Signed by the right key: eight FF, then anything, and the challenge last, where careless readers look for it. */
  loosePadding: (holder) => ({
    prove: (challenge) => cardKey(holder.key).power(looseBlock(holder, challenge)),
  }),
} as const satisfies Readonly<Record<string, Forgery>>;

export type CieAttackName = keyof typeof FORGERIES;

const isAttack = (name: string): name is CieAttackName => name in FORGERIES;

/** All attacks, by name. */
export const CIE_ATTACKS: readonly CieAttackName[] = Object.keys(FORGERIES).filter(isAttack);

/** The chip of a card that was issued to `holder`, or of what an attacker shows in its place. */
export function chipOf(holder: CieHolder, attack: CieAttackName | undefined): CieChip {
  const honest = honestChip(holder);
  if (attack === undefined) return honest;
  const forge: Forgery = FORGERIES[attack];
  return { ...honest, ...forge(holder, honest) };
}

/** The same for the same card. */
export const randomFor = ({ nis }: Pick<CieHolder, "nis">): SeededRandom => new SeededRandom(Number(nis));

/** Every digit of the NIS replaced by what it lacks to nine, and another key. */
const somebodyElse = (holder: CieHolder): CieHolder => ({
  ...holder,
  nis: holder.nis.replace(/[0-9]/g, (digit) => String(9 - Number(digit))),
  key: (holder.key + KEYS_APART) % CARD_KEY_COUNT,
});

/** Two keys on, since the next one is the same card's other key. */
const KEYS_APART = 2;

type ChipKeys = Pick<CieChip, "servicesKey" | "prove">;

const keysOf = ({ publicKey, power, modulusBytes }: TestKey): ChipKeys => ({
  servicesKey: publicKey,
  prove: (challenge) => power(typeOneBlock(challenge, modulusBytes)),
});

const ownKeys = (): ChipKeys => keysOf(testKey("clonedCard"));

/** These keys and the victim's NIS in a SOD by this signer, which is the right one where nothing else is said. */
const certified = (holder: CieHolder, keys: ChipKeys, signer: Partial<SodSigner> = {}) => ({
  ...keys,
  sod: () => serviceSodOf(holder, { signer, files: { servicesKey: keys.servicesKey } }),
});

const EXPONENT_65537 = unsignedInteger(Uint8Array.of(1, 0, 1));

const rsaPublicKey = (modulus: Uint8Array, exponent: Uint8Array): Uint8Array =>
  sequence(unsignedInteger(modulus), exponent);

/** Random, with the highest and the lowest bit set. */
function oddModulus(holder: CieHolder, lengthBytes: number): Uint8Array {
  const modulus = randomFor(holder).bytes(lengthBytes);
  modulus[0] = (modulus[0] ?? 0) | 0x80;
  modulus[lengthBytes - 1] = (modulus[lengthBytes - 1] ?? 0) | 0x01;
  return modulus;
}

/** `00 01 FF*8 00`, random bytes, challenge. */
function looseBlock(holder: CieHolder, challenge: Uint8Array): Uint8Array {
  const head = concat(Uint8Array.of(0, 1), new Uint8Array(MIN_PADDING_BYTES).fill(0xff), Uint8Array.of(0));
  return concat(head, randomFor(holder).bytes(MODULUS_BYTES - head.length - challenge.length), challenge);
}

/** The signed object of a SOD and a filler behind it, inside its tag. */
function hugeDocument(sod: Uint8Array): Uint8Array {
  const signed = sod.subarray(DOCUMENT_HEADER_BYTES);
  const fillerBytes = HUGE_FILE_BYTES - 2 * DOCUMENT_HEADER_BYTES - signed.length;
  return element(DOCUMENT_TAG, signed, octetString(new Uint8Array(fillerBytes)));
}

const DOCUMENT_HEADER_BYTES = 4;

const nestedSequences = (lengthBytes: number): Uint8Array =>
  Uint8Array.from({ length: lengthBytes }, (_, index) => (index % 2 === 0 ? 0x30 : 0x80));
