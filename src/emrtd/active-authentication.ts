/**
 * Active authentication: the chip signs eight fresh bytes with a private key whose public half is in DG15. A copy of
 * the files cannot. Documents of the older kind prove their chip in this way; it is asked only of those whose EF.SOD
 * lists DG15, since others answer with an error that ends the session.
 * Governing text: ICAO Doc 9303-11 §6.1, §9.2.8; ISO/IEC 7816-4 §11.5.2.
 */
import type { CommandApdu } from "../apdu/command.ts";
import type { Exchange } from "../apdu/exchange.ts";
import { SW_OK } from "../apdu/status-words.ts";
import {
  type ChipSigningKey,
  type ChipSigningKeyError,
  isSignedByChip,
  parseChipSigningKey,
} from "../crypto/chip-signature.ts";
import type { HashName } from "../crypto/digest.ts";
import type { Random } from "../ports/random.ts";
import { err, ok } from "../result.ts";
import type { SecurityInfo } from "./security-infos.ts";

export interface ActiveAuthenticationRequest {
  /** SubjectPublicKeyInfo: the content of DG15. It proves something only if passive authentication covers DG15. */
  readonly publicKey: Uint8Array;
  /** Data groups that EF.SOD lists. */
  readonly listed: ReadonlySet<number>;
  /** Of DG14, if the document has it: they may name the hash. */
  readonly infos: readonly SecurityInfo[];
  readonly random: Random;
  /** The chip is known to end the session at an Le of more than 256. */
  readonly onlyShortLe?: boolean;
}

export type ActiveAuthenticationError =
  /** EF.SOD does not list DG15: nothing was sent. */
  | { readonly kind: "activeAuthenticationAbsent" }
  /** The key cannot be read or is too weak to prove anything: nothing was sent. */
  | { readonly kind: "activeKeyUnusable"; readonly why: ChipSigningKeyError }
  /** The chip knows no such command or key, whatever EF.SOD says. */
  | { readonly kind: "activeAuthenticationUnsupported"; readonly sw: number }
  | { readonly kind: "activeAuthenticationRefused"; readonly sw: number }
  /** The chip does not hold the private key of the signed one: a copy. */
  | { readonly kind: "chipSignatureWrong" };

const DG15 = 15;
const CHALLENGE_BYTES = 8;
const MAX_SHORT_LE = 256;
const MAX_EXTENDED_LE = 65_536;
const SW_WRONG_LENGTH = 0x6700;
/** Key not found, function not supported, instruction not supported. */
const UNSUPPORTED: readonly number[] = [0x6a88, 0x6a81, 0x6d00];
const HASH_BY_ALGORITHM: ReadonlyMap<string, HashName> = new Map([
  ["0.4.0.127.0.7.1.1.4.1.1", "sha1"],
  ["0.4.0.127.0.7.1.1.4.1.2", "sha224"],
  ["0.4.0.127.0.7.1.1.4.1.3", "sha256"],
  ["0.4.0.127.0.7.1.1.4.1.4", "sha384"],
  ["0.4.0.127.0.7.1.1.4.1.5", "sha512"],
]);

/**
 * Sends one challenge of eight bytes drawn from `random` and judges the answer. Runs under secure messaging, in the application.
 * Le is as short as the key allows; a chip that refuses an extended one is asked for the same once more with a short.
 */
export function* activeAuthentication(
  request: ActiveAuthenticationRequest,
): Exchange<"proven", ActiveAuthenticationError> {
  if (!request.listed.has(DG15)) return err({ kind: "activeAuthenticationAbsent" });
  const key = parseChipSigningKey(request.publicKey);
  if (typeof key === "string") return err({ kind: "activeKeyUnusable", why: key });
  const challenge = request.random.bytes(CHALLENGE_BYTES);
  const le = isLong(key) && request.onlyShortLe !== true ? MAX_EXTENDED_LE : MAX_SHORT_LE;
  let answer = yield internalAuthenticate(challenge, le);
  if (answer.sw === SW_WRONG_LENGTH && le === MAX_EXTENDED_LE)
    answer = yield internalAuthenticate(challenge, MAX_SHORT_LE);
  const { sw, data: signature } = answer;
  if (UNSUPPORTED.includes(sw)) return err({ kind: "activeAuthenticationUnsupported", sw });
  if (sw !== SW_OK) return err({ kind: "activeAuthenticationRefused", sw });
  const isProven = isSignedByChip(key, { challenge, signature, announced: announcedHash(request.infos) });
  return isProven ? ok("proven") : err({ kind: "chipSignatureWrong" });
}

const isLong = (key: ChipSigningKey): boolean => key.kind === "rsa" && key.signatureBytes > MAX_SHORT_LE;

const internalAuthenticate = (data: Uint8Array, le: number): CommandApdu => ({
  cla: 0x00,
  ins: 0x88,
  p1: 0x00,
  p2: 0x00,
  data,
  le,
});

function announcedHash(infos: readonly SecurityInfo[]): HashName | undefined {
  const info = infos.find(({ kind }) => kind === "activeAuthentication");
  return info?.kind === "activeAuthentication" ? HASH_BY_ALGORITHM.get(info.signatureAlgorithm) : undefined;
}
