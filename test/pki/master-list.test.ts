import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { type Certificate, isSignedBy } from "../../src/pki/certificate.ts";
import { isLinkCertificate, provesNewKey } from "../../src/pki/link-certificate.ts";
import { readMasterList } from "../../src/pki/master-list.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { makeCertificate } from "../../src/sim/pki/certificate.ts";
import { octetString, sequence, setOf, smallInteger } from "../../src/sim/pki/der.ts";
import { DIGITAL_SIGNATURE, extendedKeyUsage, keyUsage } from "../../src/sim/pki/extensions.ts";
import { SCHEMES } from "../../src/sim/pki/signature-scheme.ts";
import { makeSignedData } from "../../src/sim/pki/signed-data.ts";
import { makeLinkCertificate, makeMasterList, masterListSigner } from "../../src/sim/pki/trust-material.ts";
import { bad, good } from "../good.ts";
import { AT, COUNTRY_SIGNERS, certificateOf, day, flipped } from "./makers.ts";

const PUBLISHER = certificateOf(authority("self-made").countrySigner(2).certificate);
const DERS = COUNTRY_SIGNERS.map(({ certificate }) => certificate);
const read = (bytes: Uint8Array, pinned: readonly Certificate[] = [PUBLISHER], at = AT) =>
  readMasterList({ bytes, pinned, at });
const MASTER_LIST = "2.23.136.1.1.2";

function listOf(content: Uint8Array, signer = masterListSigner(), contentType = MASTER_LIST): Uint8Array {
  return makeSignedData({ contentType, content, digest: "sha512", scheme: SCHEMES[2], signer });
}

function signerWith(...extensions: readonly Uint8Array[]) {
  const usual = masterListSigner();
  const parent = authority("self-made").countrySigner(2);
  return makeCertificate({
    ...usual,
    validity: { from: "20230101080000Z", to: "20490101080000Z" },
    issuerKeyId: parent.keyId,
    extensions,
    signedBy: parent.key,
    scheme: SCHEMES[2],
  });
}

describe("a master list", () => {
  test("is read once its publisher is pinned", () => {
    const list = good(read(makeMasterList(DERS)));
    expect(list.certificates.map(({ fingerprint }) => fingerprint).sort()).toEqual(
      DERS.map((der) => certificateOf(der).fingerprint).sort(),
    );
    expect([list.skipped, list.duplicates]).toEqual([0, 0]);
    expect(list.pinned.fingerprint).toBe(PUBLISHER.fingerprint);
  });

  test("is read when the signer itself is pinned", () => {
    const signer = certificateOf(masterListSigner().certificate);
    expect(good(read(makeMasterList(DERS), [signer])).pinned.fingerprint).toBe(signer.fingerprint);
  });

  test("loses what cannot be read in it, and what it says twice, and says how much", () => {
    const [first] = DERS;
    const whole = makeMasterList([...DERS, first ?? hex("00"), hex("300100"), octetString(hex("01"))]);
    const list = good(read(whole));
    expect(list.certificates).toHaveLength(2);
    expect([list.skipped, list.duplicates]).toEqual([2, 1]);
  });

  test.each<[name: string, bytes: Uint8Array, pinned: readonly Certificate[], expected: object]>([
    ["no bytes", new Uint8Array(0), [PUBLISHER], { kind: "malformed", part: "signedData" }],
    ["no signed data", sequence(smallInteger(1)), [PUBLISHER], { kind: "malformed", part: "signedData" }],
    [
      "another content",
      listOf(sequence(), masterListSigner(), "2.23.136.1.1.1"),
      [PUBLISHER],
      { kind: "wrongContentType" },
    ],
    ["no list inside", listOf(sequence(setOf())), [PUBLISHER], { kind: "malformed", part: "list" }],
    [
      "a list that ends early",
      listOf(concat(hex("3010 020100 310B 3020"), new Uint8Array(9))),
      [PUBLISHER],
      { kind: "malformed", part: "list" },
    ],
    ["no pin", makeMasterList(DERS), [], { kind: "signerNotPinned" }],
    [
      "another publisher under the same name",
      makeMasterList(DERS),
      [certificateOf(authority("impostor").countrySigner(2).certificate)],
      { kind: "signerNotPinned" },
    ],
    [
      "a signer that may not sign lists",
      listOf(sequence(smallInteger(0), setOf(...DERS)), signerWith(keyUsage(DIGITAL_SIGNATURE))),
      [PUBLISHER],
      { kind: "signerPurpose" },
    ],
    [
      "a signer without a usage",
      listOf(sequence(smallInteger(0), setOf(...DERS)), signerWith(extendedKeyUsage("2.23.136.1.1.3"))),
      [PUBLISHER],
      { kind: "signerUsage" },
    ],
  ])("is refused with %s", (_, bytes, pinned, expected) => {
    expect(bad(read(bytes, pinned))).toMatchObject(expected);
  });

  test("is refused when its signer or publisher is out of date", () => {
    expect(bad(read(makeMasterList(DERS), [PUBLISHER], day("2049-02-01")))).toEqual({
      kind: "signerExpired",
    });
    expect(bad(read(makeMasterList(DERS), [PUBLISHER], day("2022-02-01")))).toEqual({
      kind: "signerNotYetValid",
    });
  });

  test("with a certificate exchanged is refused", () => {
    const whole = makeMasterList(DERS);
    const at = Buffer.from(whole).indexOf(DERS[0] ?? "") + 300;
    expect(bad(read(flipped(whole, at)))).toEqual({ kind: "messageDigestMismatch" });
  });
});

describe("a link certificate", () => {
  const link = certificateOf(makeLinkCertificate().certificate);
  const [old, next] = COUNTRY_SIGNERS.map(({ certificate }) => certificateOf(certificate));

  test("is told from a self-signed one, although both names are one", () => {
    expect(link.subject.key).toBe(link.issuer.key);
    expect([link, old, next].map((one) => one && isLinkCertificate(one))).toEqual([true, false, false]);
  });

  test("proves a new key from the old one, and from no other", () => {
    if (old === undefined || next === undefined) throw new Error("no country signers");
    expect(provesNewKey(link, [next, old])).toBe(old);
    expect(provesNewKey(link, [next])).toBeUndefined();
    expect(
      provesNewKey(link, [certificateOf(authority("impostor").countrySigner(1).certificate)]),
    ).toBeUndefined();
    expect(link.spki).toEqual(next.spki);
  });
});

/** Key identifiers of the Italian country signers that the published list has; that of 2006 has left it. */
const ITALIAN = [
  "B0BF3BB9ECEBC720974C1D13A5905A1A613589A0",
  "852DF7A70A512D83103DFBC9F628CB6B1CEE5591",
  "436CE3921D10922307EFD7A2F577ED7524467F1B",
  "D11A505E15ADEA5A61779CA4A2A991EC3949D1F9",
  "E94A91197072CD256951790E6CFE2386EDB09D6E",
];
const ITALIAN_OF_2006 = "A0F56552180CCBCC0FFD7D0DF39F8604C7C98F62";
const folder = process.env["TEST_CSCA_DIR"] ?? "";
const LIST_FILE = join(folder, "DE_ML_2026-05-28.ml");
const hasList = folder !== "" && existsSync(LIST_FILE);
if (!hasList)
  process.stderr.write(
    "skipped: the published German master list, because TEST_CSCA_DIR does not name its folder\n",
  );

// Public data rather than a program that could be installed: without it these tests do not exist.
if (hasList)
  describe("the German list of 28 May 2026", () => {
    const bytes = hasList ? new Uint8Array(readFileSync(LIST_FILE)) : new Uint8Array(0);
    const rootFile = join(folder, "DE_ML_root.cer");
    const root = () => certificateOf(new Uint8Array(readFileSync(rootFile)));
    const at = day("2026-06-15");
    const list = () => good(readMasterList({ bytes, pinned: [root()], at }));

    test("is verified to its pinned country signer and read whole", () => {
      const { certificates, skipped, duplicates, signer } = list();
      expect([certificates.length, skipped, duplicates]).toEqual([588, 0, 0]);
      expect(signer.subject.text).toBe("C=DE, O=bund, OU=bsi, serialNumber=0039, CN=CSCA Master List Signer");
      expect(new Set(certificates.map(({ subject }) => subject.country)).size).toBe(112);
    });

    test("has the country signers of Italy and France", () => {
      const { certificates } = list();
      const keyIds = new Set(certificates.map(({ subjectKeyId }) => subjectKeyId));
      expect(ITALIAN.filter((keyId) => !keyIds.has(keyId))).toEqual([]);
      expect(keyIds).not.toContain(ITALIAN_OF_2006);
      expect(certificates.filter(({ subject }) => subject.country === "FR").length).toBeGreaterThan(0);
      expect(certificates.filter(({ subject }) => subject.isTest)).toEqual([]);
    });

    test("has 213 link certificates, of which 12 have lost their parent", () => {
      const { certificates } = list();
      const links = certificates.filter(isLinkCertificate);
      const signed = links.filter((link) =>
        certificates.some(
          (parent) =>
            parent !== link &&
            (parent.subjectKeyId === link.authorityKeyId || parent.subject.key === link.issuer.key) &&
            isSignedBy(link, parent) === "valid",
        ),
      );
      expect([links.length, links.length - signed.length]).toEqual([213, 12]);
    });

    test("every self-signed certificate in it bears its own signature", () => {
      const { certificates } = list();
      const selfSigned = certificates.filter((one) => !isLinkCertificate(one));
      expect(
        selfSigned.filter((one) => isSignedBy(one, one) !== "valid").map(({ subject }) => subject.text),
      ).toEqual([]);
    });

    test("is refused without its pin", () => {
      const failure = bad(readMasterList({ bytes, pinned: [PUBLISHER], at }));
      expect(failure.kind).toBe("signerNotPinned");
    });
  });
