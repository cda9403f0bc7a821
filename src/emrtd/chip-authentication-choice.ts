/**
 * In which ways chip authentication can be done with a document, best first: each protocol that DG14 announces with
 * the key that belongs to it. A way that fails leaves no session, so the next is tried after a new approach only.
 * Governing text: ICAO Doc 9303-11 §6.2, §9.2.5, §9.2.6; BSI TR-03110-1 §3.4, TR-03110-3 A.1.1.2.
 */
import { hex } from "../bytes/hex.ts";
import type { SuiteName } from "../crypto/document-suite.ts";
import { type ChipKey, chipKey } from "./chip-key.ts";
import type { Agreement, SecurityInfo } from "./security-infos.ts";

export interface ChipAuthenticationProfile {
  readonly suite: SuiteName;
  readonly key: ChipKey;
  /** As the command numbers the key; absent where the document has one key and no numbers. */
  readonly keyId: number | undefined;
  /**
   * How the chip is asked: MSE:Set KAT in one command, which is for 3DES alone; or MSE:Set AT, which names the
   * protocol by the content of its object identifier, and GENERAL AUTHENTICATE.
   */
  readonly form:
    | { readonly kind: "keyAgreementTemplate" }
    | { readonly kind: "authenticationTemplate"; readonly protocol: Uint8Array };
}

type ProtocolInfo = Extract<SecurityInfo, { kind: "chipAuthentication" }>;

/** Version 2 has other rules and belongs to terminal authentication. */
const VERSION = 1;
/** Documents have one or two of each; more are not looked at, since testing a key costs milliseconds. */
const MAX_ENTRIES = 8;
const SET_KAT = { kind: "keyAgreementTemplate" } as const;
const PROTOCOL_PREFIX = "04007F00070202 03";
const AGREEMENT_ARC: Readonly<Record<Agreement, string>> = { DH: "01", ECDH: "02" };
const SUITE_ARC: Readonly<Record<SuiteName, string>> = {
  "3DES": "01",
  "AES-128": "02",
  "AES-192": "03",
  "AES-256": "04",
};
/** Best first. */
const AGREEMENT_RANK: readonly Agreement[] = ["ECDH", "DH"];
const SUITE_RANK: readonly SuiteName[] = ["AES-256", "AES-192", "AES-128", "3DES"];

/**
 * The ways that `infos` of DG14 offer and this program can go: curves before integers, longer keys before shorter. For 3DES the
 * form of the standard comes first, then the other, which some chips want. Documents that announce no
 * protocol but have a key (France, Philippines) do 3DES with it. None: the document has no chip authentication.
 */
export function chipAuthenticationWays(infos: readonly SecurityInfo[]): readonly ChipAuthenticationProfile[] {
  const keys = infos
    .filter((info) => info.kind === "chipAuthenticationKey")
    .slice(0, MAX_ENTRIES)
    .flatMap((info) => chipKey(info) ?? []);
  const protocols = infos.filter((info) => info.kind === "chipAuthentication");
  if (protocols.length === 0)
    return keys.map((key) => ({ suite: "3DES", key, keyId: key.keyId, form: SET_KAT }));
  return protocols
    .slice(0, MAX_ENTRIES)
    .filter(({ version }) => version === VERSION)
    .sort((one, other) => rank(one) - rank(other))
    .flatMap((info) => keysOf(info, keys).flatMap((key) => waysWith(info, key)));
}

const rank = ({ agreement, suite }: ProtocolInfo): number =>
  AGREEMENT_RANK.indexOf(agreement) * SUITE_RANK.length + SUITE_RANK.indexOf(suite);

/** The key with the protocol's number; a number that only one of the two has does not part a sole key from it. */
function keysOf({ agreement, keyId }: ProtocolInfo, keys: readonly ChipKey[]): readonly ChipKey[] {
  const ofKind = keys.filter(({ group }) => group.kind === agreement);
  const [sole, ...others] = ofKind;
  const isSole = sole !== undefined && others.length === 0;
  if (isSole && (sole.keyId === undefined || keyId === undefined)) return ofKind;
  return ofKind.filter((key) => key.keyId === keyId);
}

function waysWith(
  { agreement, suite, keyId }: ProtocolInfo,
  key: ChipKey,
): readonly ChipAuthenticationProfile[] {
  const way = { suite, key, keyId: keyId ?? key.keyId };
  const protocol = hex(`${PROTOCOL_PREFIX} ${AGREEMENT_ARC[agreement]} ${SUITE_ARC[suite]}`);
  const named = { ...way, form: { kind: "authenticationTemplate", protocol } } as const;
  return suite === "3DES" ? [{ ...way, form: SET_KAT }, named] : [named];
}
