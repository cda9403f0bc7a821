// Security objects that OpenSSL signed with its own certificates, by every algorithm and in every form it has, judged
// by us; and where both can judge, the same verdict.
import { afterAll, describe, expect, test } from "vitest";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { checkDocumentSod } from "../../src/emrtd/passive-authentication.ts";
import { instant } from "../../src/time/time.ts";
import { bad, good } from "../good.ts";
import { certificateOf, flipped, store } from "../pki/makers.ts";
import { curve, opensslAuthority, rsa, SCHEMES, type Scheme } from "../pki/openssl-authority.ts";
import { Bench, hasOpenssl, openssl } from "../sim/pki/openssl.ts";
import { cardZone, dg1, FILES, ldsObject, TODAY } from "./document-makers.ts";

const bench = new Bench();
afterAll(() => bench.clear());

const pss = (name: string, hash: string, ...options: readonly string[]): Scheme => ({
  name,
  newKey: rsa,
  sign: [`-${hash}`],
  cms: ["-md", hash, "-keyopt", "rsa_padding_mode:pss", ...options.flatMap((option) => ["-keyopt", option])],
  beyondOpenssl: "streaming",
});

const MORE: readonly Scheme[] = [
  pss("PSS with a salt of 20 bytes under SHA-256", "sha256", "rsa_pss_saltlen:20"),
  pss("PSS with no salt", "sha384", "rsa_pss_saltlen:0"),
  pss("PSS with SHA-256 and a mask by SHA-1", "sha256", "rsa_pss_saltlen:32", "rsa_mgf1_md:sha1"),
  pss("PSS with SHA-512 and a mask by SHA-256", "sha512", "rsa_pss_saltlen:11", "rsa_mgf1_md:sha256"),
  {
    name: "ECDSA, brainpoolP384r1 by its name, under SHA-512",
    newKey: curve("brainpoolP384r1", "named_curve"),
    sign: ["-sha384"],
    cms: ["-md", "sha512"],
  },
  {
    name: "ECDSA, P-521 spelled out",
    newKey: curve("secp521r1", "explicit"),
    sign: ["-sha512"],
    cms: ["-md", "sha256"],
    beyondOpenssl: "chain",
  },
];

const files = new Map([...FILES, [1, dg1(cardZone({ code: "C", issuer: "ITA" }))] as const]);
const content = ldsObject(files, { digest: "sha512" });

describe.runIf(hasOpenssl).each([...SCHEMES, ...MORE])("$name", (scheme) => {
  const made = hasOpenssl ? opensslAuthority(bench, scheme, { oddExtensions: "absent" }) : undefined;
  if (made === undefined) return;
  const signer = certificateOf(made.documentSigner);
  const at = instant(signer.notBefore + 60_000);
  const anchors = store({ anchors: [made.countrySigner] });
  const check = (signed: Uint8Array) =>
    checkDocumentSod({ sod: writeTlv(0x77, signed), files, anchors, at, today: TODAY });
  const verifies = (signed: Uint8Array) =>
    openssl({ input: signed }, "cms", "-verify", "-noverify", "-inform", "DER", "-binary").exit === 0;

  test("what OpenSSL signed is proven, and OpenSSL agrees", () => {
    const signed = made.sign(content);
    const proof = good(check(signed));
    expect([proof.signer, proof.signerCountry, proof.defects]).toEqual([signer.fingerprint, "IT", []]);
    expect(verifies(signed)).toBe(true);
  });

  test("so is every form of it: by key identifier, with more certificates, streamed with indefinite lengths", () => {
    const streamed = scheme.beyondOpenssl === "streaming" ? [] : [["-stream"]];
    for (const words of [["-keyid"], ["-certfile", made.countrySignerFile], ...streamed])
      expect(good(check(made.sign(content, ...words))).defects).toEqual([]);
  });

  test("what is changed is refused by both", () => {
    const signed = made.sign(content);
    for (const at of [Buffer.from(signed).indexOf(content) + 60, signed.length - 2]) {
      const changed = flipped(signed, at);
      expect(["messageDigestMismatch", "signatureInvalid"]).toContain(bad(check(changed)).kind);
      expect(verifies(changed)).toBe(false);
    }
  });
});
