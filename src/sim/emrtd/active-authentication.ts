/**
 * Active authentication: INTERNAL AUTHENTICATE signs the reader's challenge. RSA recovers half of what is signed
 * (ISO/IEC 9796-2, scheme 1); ECDSA signs the challenge itself.
 * Governing text: ICAO Doc 9303-11 §6.1; ISO/IEC 9796-2; BSI TR-03111 §5.2.
 */
import { constants, createHash, type KeyObject, privateEncrypt, sign } from "node:crypto";
import { parseBase64Url } from "../../bytes/base64url.ts";
import { concat } from "../../bytes/bytes.ts";
import { hex } from "../../bytes/hex.ts";
import type { Random } from "../../ports/random.ts";
import type { CardCommand } from "../cards/apdu.ts";
import type { ChipBehaviour } from "./chip-faults.ts";
import type { ChipLatency } from "./chip-latency.ts";
import { done, type Reply, SW, status, type Work } from "./chip-work.ts";
import type { ActiveKey, ChipContent } from "./content.ts";
import { bytesOf, numberOf } from "./numbers.ts";

export interface ActiveAuthenticationSetting {
  readonly content: ChipContent;
  readonly behaviour: ChipBehaviour;
  readonly latency: ChipLatency;
  /** Drawn from: as many bytes as the block of RSA leaves for what the chip chooses. */
  readonly random: Random;
}

const CHALLENGE_BYTES = 8;
/** The challenge that was once recorded together with the chip's answer. */
const RECORDED_CHALLENGE = hex("0011223344556677");
const MORE_TO_RECOVER = 0x6a;
/** SHA-1 needs no name. */
const TRAILERS: Readonly<Record<ActiveKey["hash"], Uint8Array>> = {
  sha1: hex("BC"),
  sha224: hex("38CC"),
  sha256: hex("34CC"),
  sha384: hex("36CC"),
  sha512: hex("35CC"),
};

export class ActiveAuthentication {
  readonly #setting: ActiveAuthenticationSetting;

  constructor(setting: ActiveAuthenticationSetting) {
    this.#setting = setting;
  }

  /** INTERNAL AUTHENTICATE, data RND.IFD(8): the signature. */
  authenticate(command: CardCommand): Work {
    const { behaviour, content, latency } = this.#setting;
    const { activeKey } = content;
    const refused =
      behaviour.activeStatus ?? (activeKey === undefined ? SW.referenceNotFound : shapeRefused(command));
    if (refused !== undefined || activeKey === undefined) {
      const sw = refused ?? SW.referenceNotFound;
      return { workUs: latency.apduUs, reply: () => status(sw) };
    }
    const isRsa = activeKey.key.asymmetricKeyType === "rsa";
    const challenge = behaviour.active === "replay" ? RECORDED_CHALLENGE : command.data;
    return {
      workUs: latency.apduUs + (isRsa ? latency.rsaUs : latency.multiplicationUs),
      reply: () => (isRsa ? this.#recoverable(activeKey, challenge) : plainSignature(activeKey, challenge)),
    };
  }

  #recoverable({ key, hash }: ActiveKey, challenge: Uint8Array): Reply {
    const { behaviour, random } = this.#setting;
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    const blockBytes = Math.floor(bits / 8) - (behaviour.active === "short" ? 1 : 0);
    const chosen = random.bytes(blockBytes - 1 - digestBytes(hash) - TRAILERS[hash].length);
    const block = representative(hash, chosen, challenge);
    const signature = rsaPower(key, bytesOf(numberOf(block), Math.ceil(bits / 8)));
    return done(behaviour.active === "complement" ? complement(key, signature) : signature);
  }
}

function shapeRefused({ p1, p2, data, le }: CardCommand): number | undefined {
  if (p1 !== 0 || p2 !== 0) return SW.wrongParameters;
  return data.length !== CHALLENGE_BYTES || le === undefined ? SW.wrongLength : undefined;
}

/** What RSA is applied to: `6A ‖ M1 ‖ H(M1 ‖ challenge) ‖ trailer`. */
export function representative(
  hash: ActiveKey["hash"],
  chosen: Uint8Array,
  challenge: Uint8Array,
): Uint8Array {
  const digest = createHash(hash).update(chosen).update(challenge).digest();
  return concat(Uint8Array.of(MORE_TO_RECOVER), chosen, digest, TRAILERS[hash]);
}

const digestBytes = (hash: ActiveKey["hash"]): number => createHash(hash).digest().length;

const rsaPower = (key: KeyObject, block: Uint8Array): Uint8Array =>
  Uint8Array.from(privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, block));

/** n - s. */
function complement(key: KeyObject, signature: Uint8Array): Uint8Array {
  const modulus = parseBase64Url(key.export({ format: "jwk" }).n ?? "") ?? new Uint8Array();
  return bytesOf(numberOf(modulus) - numberOf(signature), signature.length);
}

/** r ‖ s, or both in DER. */
function plainSignature({ key, hash, der }: ActiveKey, challenge: Uint8Array): Reply {
  const dsaEncoding = der === true ? "der" : "ieee-p1363";
  return done(Uint8Array.from(sign(hash, challenge, { key, dsaEncoding })));
}
