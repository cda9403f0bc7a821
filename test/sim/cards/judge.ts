/**
 * A judge of virtual CIEs for the simulator's own tests: all checks of the service side, one by one and each for
 * itself, with the certificates, signatures and RSA of node:crypto. It shares nothing with the gate or the simulator,
 * and unlike a gate it goes on behind a failed check, to say which ones fail.
 */
import {
  constants,
  createHash,
  createPublicKey,
  type KeyObject,
  publicDecrypt,
  verify,
  X509Certificate,
} from "node:crypto";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import type { CieSpec } from "../../../src/sim/cards/cie-spec.ts";
import { type AuthorityName, authority } from "../../../src/sim/pki/authority.ts";
import { makeRevocationList } from "../../../src/sim/pki/revocation-list.ts";
import { Talk } from "./cie-talk.ts";

export type Check =
  | "nis"
  | "key"
  | "proof"
  | "sodSize"
  | "sodForm"
  | "digest"
  | "signature"
  | "chain"
  | "testSigner"
  | "country"
  | "expired"
  | "revoked"
  | "nisHash"
  | "keyHash";

const GENERATIONS = [1, 2] as const;
const TRUSTED: readonly AuthorityName[] = ["self-made", "foreign", "test"];
const TODAY = new Date("2026-01-01T00:00:00Z");
const CHALLENGE = createHash("sha256").update("a challenge of this judge").digest();
const MAX_FILE_BYTES = 8_192;
const MAX_DEPTH = 32;
const READ_BYTES = 0xe6;

/** The checks that the card fails; for an honest one none. */
export function judge(spec: Partial<CieSpec>): readonly Check[] {
  const talk = new Talk(spec).open();
  const nis = Buffer.from(talk.collect("00B081000C"), "hex").toString("latin1");
  const [key, sod] = [readFile(talk, "1005"), readFile(talk, "1006")];
  const failed: Check[] = [];
  if (!/^[0-9]{12}$/.test(nis)) failed.push("nis");
  if (!isSoundKey(key)) failed.push("key");
  if (!isProven(key, talk.prove(toHex(CHALLENGE)))) failed.push("proof");
  return [...failed, ...judgeSod(sod, { nis, key })];
}

/** Whether the card answers a challenge as the chip with this key would. */
export const answersAs = (spec: Partial<CieSpec>, key: Buffer): boolean =>
  isProven(key, new Talk(spec).open().prove(toHex(CHALLENGE)));

/** The key file of a card, without what lies behind it. */
export const keyFileOf = (spec: Partial<CieSpec>): Buffer => readFile(new Talk(spec).open(), "1005");

function readFile(talk: Talk, id: string): Buffer {
  let content = "";
  talk.say(`00A4020C02${id}`);
  for (let offset = 0; offset <= MAX_FILE_BYTES; offset += READ_BYTES) {
    const { data, sw } = talk.collectWithStatus(`00B0${offset.toString(16).padStart(4, "0")}E6`, 3);
    content += data;
    if (sw !== "9000" || data.length < 2 * READ_BYTES) break;
  }
  return Buffer.from(hex(content));
}

interface Element {
  readonly tag: number;
  readonly whole: Buffer;
  readonly content: Buffer;
}

/** The first element of these bytes; throws on what is not DER. */
function first(bytes: Buffer): Element {
  const [tag, length] = [bytes.readUInt8(0), bytes.readUInt8(1)];
  const more = length < 0x80 ? 0 : length & 0x7f;
  if (length === 0x80 || more > 3) throw new Error("length");
  const contentBytes = more === 0 ? length : bytes.readUIntBE(2, more);
  const start = 2 + more;
  if (start + contentBytes > bytes.length) throw new Error("truncated");
  return {
    tag,
    whole: bytes.subarray(0, start + contentBytes),
    content: bytes.subarray(start, start + contentBytes),
  };
}

function members({ content }: Element): readonly Element[] {
  const found: Element[] = [];
  for (let rest = content; rest.length > 0; rest = rest.subarray(found.at(-1)?.whole.length ?? 1))
    found.push(first(rest));
  return found;
}

/** The element that a path of member numbers leads to. */
function at(element: Element, ...path: readonly number[]): Element {
  if (path.length > MAX_DEPTH) throw new Error("depth");
  return path.reduce((inner, index) => {
    const member = members(inner)[index];
    if (member === undefined) throw new Error("member");
    return member;
  }, element);
}

function isSoundKey(file: Buffer): boolean {
  const details = importKey(file)?.asymmetricKeyDetails;
  const [bits, exponent] = [details?.modulusLength ?? 0, details?.publicExponent ?? 0n];
  return bits >= 2_048 && bits <= 4_096 && exponent >= 3n && exponent % 2n === 1n;
}

function importKey(file: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: first(file).whole, format: "der", type: "pkcs1" });
  } catch {
    return undefined;
  }
}

/** The whole block, not only what is left when the padding is taken off. */
function isProven(file: Buffer, proof: string): boolean {
  const key = importKey(file);
  if (key === undefined) return false;
  try {
    const block = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, hex(proof));
    const filler = Buffer.alloc(block.length - 3 - CHALLENGE.length, 0xff);
    return block.equals(Buffer.concat([Buffer.from([0, 1]), filler, Buffer.from([0]), CHALLENGE]));
  } catch {
    return false;
  }
}

interface Claims {
  readonly nis: string;
  readonly key: Buffer;
}

function judgeSod(file: Buffer, claims: Claims): readonly Check[] {
  if (file.length > MAX_FILE_BYTES) return ["sodSize"];
  try {
    const data = at(first(file), 0, 1, 0);
    const content = at(data, 2, 1, 0).content;
    const signer = new X509Certificate(at(data, 3, 0).whole);
    const failed: readonly (readonly [Check, boolean])[] = [
      ...judgeSignature(data, content, signer),
      ...judgeSigner(signer),
      ...judgeHashes(first(content), claims),
    ];
    return failed.flatMap(([check, good]) => (good ? [] : [check]));
  } catch {
    return ["sodForm"];
  }
}

/** Last byte of the identifiers of SHA-256 and SHA-512 in their arc. */
const hashName = (algorithm: Element): string =>
  at(algorithm, 0).content.at(-1) === 1 ? "sha256" : "sha512";

const PSS = "2A864886F70D01010A";
const SHA1_WITH_RSA = "2A864886F70D010105";

function judgeSignature(
  data: Element,
  content: Buffer,
  signer: X509Certificate,
): readonly (readonly [Check, boolean])[] {
  const info = at(data, 4, 0);
  const attributes = at(info, 3);
  const digest = createHash(hashName(at(info, 2)))
    .update(content)
    .digest();
  const signed = Buffer.concat([Buffer.from([0x31]), attributes.whole.subarray(1)]);
  const signature = at(info, 5).content;
  const algorithm = toHex(at(info, 4, 0).content);
  const { publicKey: key } = signer;
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
  const isGood =
    (algorithm === PSS && verify("sha512", signed, pss, signature)) ||
    (algorithm === SHA1_WITH_RSA && verify("sha1", signed, key, signature));
  return [
    ["digest", at(attributes, 1, 1, 0).content.equals(digest)],
    ["signature", isGood],
  ];
}

function judgeSigner(signer: X509Certificate): readonly (readonly [Check, boolean])[] {
  const issuers = TRUSTED.flatMap((name) => GENERATIONS.map((each) => authority(name).countrySigner(each)));
  const issuer = issuers.find(({ certificate }) => {
    const trusted = new X509Certificate(certificate);
    return signer.checkIssued(trusted) && signer.verify(trusted.publicKey);
  });
  const revoked = GENERATIONS.flatMap((generation) =>
    members(at(first(Buffer.from(makeRevocationList({ authority: "self-made", generation }))), 0, 5)),
  ).map((entry) => BigInt(`0x${toHex(at(entry, 0).content)}`));
  return [
    ["chain", issuer !== undefined],
    ["testSigner", !signer.issuer.includes("TEST")],
    ["country", signer.subject.startsWith("C=IT\n")],
    ["expired", new Date(signer.validFrom) < TODAY && TODAY < new Date(signer.validTo)],
    ["revoked", !revoked.includes(BigInt(`0x${signer.serialNumber}`))],
  ];
}

function judgeHashes(object: Element, { nis, key }: Claims): readonly (readonly [Check, boolean])[] {
  const hash = (bytes: Buffer) =>
    createHash(hashName(at(object, 1)))
      .update(bytes)
      .digest();
  const listed = (number: string) =>
    members(at(object, 2)).find((entry) => toHex(at(entry, 0).content) === number);
  const isListed = (number: string, bytes: Buffer): boolean => {
    const entry = listed(number);
    return entry !== undefined && at(entry, 1).content.equals(hash(bytes));
  };
  return [
    ["nisHash", isListed("A1", Buffer.from(nis, "latin1"))],
    ["keyHash", isListed("A5", first(key).whole)],
  ];
}
