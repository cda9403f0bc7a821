/** Active authentication: recorded and made signatures, every encoding that chips use, and what a copy can try. */
import {
  constants,
  createHash,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
  sign,
} from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { toFixedBytes, toInteger } from "../../src/crypto/big-endian.ts";
import { isSignedByChip, parseChipSigningKey } from "../../src/crypto/chip-signature.ts";
import { recoverMessage } from "../../src/crypto/iso-9796-2.ts";
import { rsaPublicPower } from "../../src/crypto/public-key.ts";
import {
  type ActiveAuthenticationRequest,
  activeAuthentication,
} from "../../src/emrtd/active-authentication.ts";
import { parseDg15 } from "../../src/emrtd/lds/dg15.ts";
import { representative } from "../../src/sim/emrtd/active-authentication.ts";
import { bad, good } from "../good.ts";
import { flipped } from "../pki/makers.ts";
import vectors from "../vectors/active-authentication.json" with { type: "json" };
import { infosOf } from "./chip-infos.ts";
import { play } from "./play.ts";

const DG15_LISTED: ReadonlySet<number> = new Set([1, 2, 15]);
const CHALLENGE = hex("0123456789ABCDEF");
const given = (bytes: Uint8Array) => ({ bytes: () => bytes.slice() });
const spkiOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: "spki", format: "der" }));

/** One run with a chip that answers so to each command in turn; the commands are kept. */
function run(
  publicKey: Uint8Array,
  answers: readonly Uint8Array[],
  more: Partial<ActiveAuthenticationRequest> = {},
) {
  const commands: string[] = [];
  const left = [...answers];
  const request = { publicKey, listed: DG15_LISTED, infos: [], random: given(CHALLENGE), ...more };
  const outcome = play(activeAuthentication(request), (command) => {
    commands.push(toHex(command));
    return left.shift() ?? hex("6F00");
  });
  return { outcome, commands };
}
const signed = (signature: Uint8Array): Uint8Array => concat(signature, hex("9000"));
const proves = (publicKey: Uint8Array, signature: Uint8Array, more?: Partial<ActiveAuthenticationRequest>) =>
  run(publicKey, [signed(signature)], more).outcome;
const PROVEN = { ok: true, value: "proven" };

const keyOf = ({
  dg15,
  subjectPublicKeyInfo,
}: {
  readonly dg15?: string;
  readonly subjectPublicKeyInfo?: string;
}) => (dg15 === undefined ? hex(subjectPublicKeyInfo ?? "") : good(parseDg15(hex(dg15))));
const RSA = vectors.cases.filter(({ recovered }) => recovered !== undefined);
const ECDSA = vectors.cases.filter(({ signaturePlain }) => signaturePlain !== undefined);

test("the vectors are all there", () => {
  expect([RSA.length, ECDSA.length]).toEqual([4, 6]);
});

describe.each(RSA)("$name", (row) => {
  const publicKey = keyOf(row);
  const signature = hex(row.signature ?? "");
  const random = given(hex(row.rndIfd));

  test("the signature opens to what is recorded, and proves the chip", () => {
    const key = parseChipSigningKey(publicKey);
    if (typeof key === "string" || key.kind !== "rsa") throw new Error("no RSA key");
    const opened = rsaPublicPower(key.key, signature) ?? new Uint8Array(0);
    expect(toHex(opened)).toBe(row.recovered);
    const recovered = recoverMessage(opened, key.modulus);
    if (row.M1 !== undefined) expect(toHex(recovered?.chosen ?? opened)).toBe(row.M1);
    if (row.digest !== undefined) expect(toHex(recovered?.digest ?? opened)).toBe(row.digest);
    expect(proves(publicKey, signature, { random })).toEqual(PROVEN);
  });

  test("to another challenge it proves nothing, nor does a changed one", () => {
    expect(bad(proves(publicKey, signature))).toEqual({ kind: "chipSignatureWrong" });
    for (let at = 0; at < signature.length; at += 7)
      expect(bad(proves(publicKey, flipped(signature, at, at % 8), { random }))).toEqual({
        kind: "chipSignatureWrong",
      });
  });
});

const MIN_FORMS = RSA.filter(({ signatureMinForm }) => signatureMinForm !== undefined);
test.each(MIN_FORMS)("$name: n less the signature proves it too", (row) => {
  expect(MIN_FORMS).toHaveLength(3);
  const random = given(hex(row.rndIfd));
  expect(proves(keyOf(row), hex(row.signatureMinForm ?? ""), { random })).toEqual(PROVEN);
});

describe.each(ECDSA)("$name", (row) => {
  const publicKey = keyOf(row);
  const random = given(hex(row.rndIfd));
  const [plain, der] = [hex(row.signaturePlain ?? ""), hex(row.signatureDer ?? "")];

  test("r and s prove the chip", () => {
    expect(proves(publicKey, plain, { random })).toEqual(PROVEN);
  });

  test("§12 row 17: so do r and s in DER (Portugal), also with a zero too many", () => {
    expect(proves(publicKey, der, { random })).toEqual(PROVEN);
    const half = plain.length / 2;
    const integers = [plain.subarray(0, half), plain.subarray(half)].map((number) =>
      writeTlv(0x02, hex("0000"), number),
    );
    expect(proves(publicKey, writeTlv(0x30, ...integers), { random })).toEqual(PROVEN);
  });

  test("to another challenge they prove nothing, nor do changed ones", () => {
    expect(bad(proves(publicKey, plain))).toEqual({ kind: "chipSignatureWrong" });
    for (let at = 0; at < plain.length; at += 13)
      expect(proves(publicKey, flipped(plain, at, at % 8), { random }).ok).toBe(false);
    for (let at = 0; at < der.length; at += 13)
      expect(proves(publicKey, flipped(der, at, at % 8), { random }).ok).toBe(false);
  });
});

/** A chip's RSA, with a block that the test chooses. */
const rsa = generateKeyPairSync("rsa", { modulusLength: 1_024 });
const rsaSpki = spkiOf(rsa.publicKey);
function signBlock(block: Uint8Array, key = rsa.privateKey): Uint8Array {
  const whole = concat(
    new Uint8Array((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8 - block.length),
    block,
  );
  return new Uint8Array(privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, whole));
}

describe("RSA", () => {
  const DIGESTS = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const;
  const HASHES = ["sha1", "sha224", "sha256", "sha384", "sha512"] as const;

  test.each(HASHES)("the trailer of %s", (hash) => {
    const trailerBytes = hash === "sha1" ? 1 : 2;
    const chosen = new Uint8Array(128 - 1 - DIGESTS[hash] - trailerBytes).fill(0x5c);
    expect(proves(rsaSpki, signBlock(representative(hash, chosen, CHALLENGE)))).toEqual(PROVEN);
  });

  test("33CC is SHA-1 by its number", () => {
    const chosen = new Uint8Array(105).fill(0x77);
    const digest = createHash("sha1").update(chosen).update(CHALLENGE).digest();
    expect(proves(rsaSpki, signBlock(concat(hex("6A"), chosen, digest, hex("33CC"))))).toEqual(PROVEN);
  });

  test.each([1, 8])("§12 row 17: %i leading zeros before the header are passed over", (zeros) => {
    const chosen = new Uint8Array(106 - zeros).fill(0x11);
    expect(proves(rsaSpki, signBlock(representative("sha1", chosen, CHALLENGE)))).toEqual(PROVEN);
  });

  test("a number much shorter than the modulus is not taken", () => {
    for (const zeros of [9, 60, 106]) {
      const block = representative("sha1", new Uint8Array(106 - zeros).fill(0x11), CHALLENGE);
      expect(bad(proves(rsaSpki, signBlock(block)))).toEqual({ kind: "chipSignatureWrong" });
    }
  });

  test("a signature that begins with zeros may come without them, and one longer than the modulus may not", () => {
    let signature = new Uint8Array(0);
    for (let chance = 0; signature[0] !== 0; chance++) {
      if (chance === 5_000) throw new Error("no such signature");
      const chosen = concat(new Uint8Array(102), toFixedBytes(BigInt(chance), 4));
      signature = Uint8Array.from(signBlock(representative("sha1", chosen, CHALLENGE)));
    }
    expect(proves(rsaSpki, signature.subarray(1))).toEqual(PROVEN);
    expect(proves(rsaSpki, concat(hex("00"), signature)).ok).toBe(false);
  });

  test.each<[name: string, block: Uint8Array]>([
    ["another header", representative("sha1", new Uint8Array(106), CHALLENGE).with(0, 0x4a)],
    ["another trailer", representative("sha1", new Uint8Array(106), CHALLENGE).with(127, 0xbd)],
    [
      "a trailer that ends well and names nothing",
      representative("sha1", new Uint8Array(106), CHALLENGE).with(127, 0xac),
    ],
    ["a hash that nobody names", representative("sha256", new Uint8Array(93), CHALLENGE).with(126, 0x39)],
    ["the challenge itself, unhashed", concat(hex("6A"), new Uint8Array(118), CHALLENGE, hex("BC"))],
  ])("%s proves nothing", (_, block) => {
    expect(bad(proves(rsaSpki, signBlock(block)))).toEqual({ kind: "chipSignatureWrong" });
  });

  test("a number above the modulus is a wrong answer", () => {
    const modulus = toInteger(
      hex(Buffer.from(rsa.publicKey.export({ format: "jwk" }).n ?? "", "base64url").toString("hex")),
    );
    for (const number of [modulus, modulus + 1n, 2n ** 1024n - 1n])
      expect(bad(proves(rsaSpki, toFixedBytes(number, 128)))).toEqual({ kind: "chipSignatureWrong" });
  });

  test("no bytes make it throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 140 }), (signature) => {
        expect(proves(rsaSpki, signature).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test("a block of any bytes is taken apart or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (block) => {
        void recoverMessage(block, 2n ** BigInt(8 * block.length) - 1n);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("ECDSA", () => {
  const ec = generateKeyPairSync("ec", { namedCurve: "prime256v1", paramEncoding: "explicit" });
  const spki = spkiOf(ec.publicKey);
  const plain = (hash: string, key = ec.privateKey) =>
    new Uint8Array(sign(hash, CHALLENGE, { key, dsaEncoding: "ieee-p1363" }));
  const announcing = (arc: string) =>
    infosOf(writeTlv(0x30, hex("0606678108010105"), hex("020101"), hex(`060A04007F000701010401${arc}`)));

  test.each(["sha1", "sha224", "sha256", "sha384", "sha512"])(
    "a hash that neither key nor document announces is found: %s",
    (hash) => {
      expect(proves(spki, plain(hash))).toEqual(PROVEN);
    },
  );

  test("the hash that DG14 announces", () => {
    expect(proves(spki, plain("sha512"), { infos: announcing("05") })).toEqual(PROVEN);
    expect(proves(spki, plain("sha256"), { infos: announcing("05") })).toEqual(PROVEN);
  });

  test.each(["prime192v1", "secp224r1", "brainpoolP320r1", "brainpoolP512r1", "secp521r1"])(
    "on %s",
    (namedCurve) => {
      const pair = generateKeyPairSync("ec", { namedCurve });
      expect(proves(spkiOf(pair.publicKey), plain("sha256", pair.privateKey))).toEqual(PROVEN);
    },
  );

  test("another chip's signature, and none, prove nothing", () => {
    const other = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    for (const signature of [plain("sha256", other.privateKey), new Uint8Array(0), new Uint8Array(64)])
      expect(bad(proves(spki, signature))).toEqual({ kind: "chipSignatureWrong" });
  });

  test("no bytes make it throw", () => {
    const key = parseChipSigningKey(spki);
    if (typeof key === "string") throw new Error(key);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        for (const signature of [bytes, concat(hex("30"), bytes)])
          expect(isSignedByChip(key, { challenge: CHALLENGE, signature, announced: undefined })).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

describe("what is sent", () => {
  const chosen = (bits: number) => new Uint8Array(bits / 8 - 1 - 32 - 2).fill(0x42);
  const long = generateKeyPairSync("rsa", { modulusLength: 3_072 });
  const longSpki = spkiOf(long.publicKey);
  const longSignature = signBlock(representative("sha256", chosen(3_072), CHALLENGE), long.privateKey);

  test("§12 row 15: nothing, unless EF.SOD lists DG15", () => {
    const { outcome, commands } = run(rsaSpki, [], { listed: new Set([1, 2, 14]) });
    expect([bad(outcome), commands]).toEqual([{ kind: "activeAuthenticationAbsent" }, []]);
  });

  test("the eight bytes drawn, with a short Le", () => {
    expect(run(rsaSpki, []).commands).toEqual([`0088000008${toHex(CHALLENGE)}00`]);
  });

  test("§12 row 16: with an extended Le for a modulus over 2,048 bits", () => {
    const { outcome, commands } = run(longSpki, [signed(longSignature)]);
    expect(commands).toEqual([`00880000000008${toHex(CHALLENGE)}0000`]);
    expect(outcome).toEqual(PROVEN);
  });

  test("§12 row 16: once more with a short one, if the chip refuses that", () => {
    const { outcome, commands } = run(longSpki, [hex("6700"), signed(longSignature)]);
    expect(commands).toEqual([`00880000000008${toHex(CHALLENGE)}0000`, `0088000008${toHex(CHALLENGE)}00`]);
    expect(outcome).toEqual(PROVEN);
    expect(run(longSpki, [hex("6700"), hex("6700"), hex("9000")]).commands).toHaveLength(2);
    expect(bad(run(rsaSpki, [hex("6700")]).outcome)).toEqual({
      kind: "activeAuthenticationRefused",
      sw: 0x6700,
    });
  });

  test("§12 row 16: with a short one at once, where the chip is known to end the session at the other", () => {
    const { outcome, commands } = run(longSpki, [signed(longSignature)], { onlyShortLe: true });
    expect(commands).toEqual([`0088000008${toHex(CHALLENGE)}00`]);
    expect(outcome).toEqual(PROVEN);
  });

  test.each([0x6a88, 0x6a81, 0x6d00])("status %i: the chip has no such thing", (sw) => {
    expect(bad(run(rsaSpki, [hex(sw.toString(16))]).outcome)).toEqual({
      kind: "activeAuthenticationUnsupported",
      sw,
    });
  });

  test.each([0x6982, 0x6f00, 0x6300])("status %i: it will not", (sw) => {
    expect(bad(run(rsaSpki, [hex(sw.toString(16))]).outcome)).toEqual({
      kind: "activeAuthenticationRefused",
      sw,
    });
  });
});

describe("a key that proves nothing is not asked for", () => {
  const short = generateKeyPairSync("rsa", { modulusLength: 1_016 }).publicKey;
  const exotic = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey;
  const edwards = generateKeyPairSync("ed25519").publicKey;
  test.each<[name: string, publicKey: Uint8Array, why: string]>([
    ["1,016 bits", spkiOf(short), "keyStrength"],
    ["no bytes", new Uint8Array(0), "keyMalformed"],
    ["bytes of no meaning", new Uint8Array(300).fill(0x30), "keyMalformed"],
    ["a curve that no document has", spkiOf(exotic), "keyKind"],
    ["another kind of key", spkiOf(edwards), "keyKind"],
  ])("%s", (_, publicKey, why) => {
    const { outcome, commands } = run(publicKey, []);
    expect([bad(outcome), commands]).toEqual([{ kind: "activeKeyUnusable", why }, []]);
  });
});
