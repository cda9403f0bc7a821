/** Passive authentication: each check has a document that fails it alone, and each oddity of real States one that passes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTlv, readTlvs } from "../../src/bytes/ber-tlv.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { authenticateSod, dataGroupFailure } from "../../src/emrtd/passive-authentication-sod.ts";
import { readTrustFile } from "../../src/pki/pem.ts";
import { ber } from "../../src/sim/pki/ber.ts";
import { distinguishedName, makeCertificate } from "../../src/sim/pki/certificate.ts";
import { element, oid, sequence, setOf, smallInteger } from "../../src/sim/pki/der.ts";
import { SIGNING_KINDS, type SigningKind } from "../../src/sim/pki/document-authorities.table.ts";
import { countryLink, countrySigner, documentSigner } from "../../src/sim/pki/document-authorities.ts";
import { DIGITAL_SIGNATURE, documentTypeList, keyUsage } from "../../src/sim/pki/extensions.ts";
import { revocationListOf } from "../../src/sim/pki/revocation-list.ts";
import { ownScheme } from "../../src/sim/pki/signer-key.ts";
import { good } from "../good.ts";
import { AT, ascii, certificateOf, flipped, replaced, store } from "../pki/makers.ts";
import {
  cardZone,
  check,
  DG1,
  DG2,
  dg1,
  documentSod,
  FILES,
  failure,
  ldsObject,
  SECURITY_OBJECT,
  signedObject,
  TRUSTED,
  trusting,
} from "./document-makers.ts";

const signerOf = (kind: SigningKind = "RSA SHA-256") => documentSigner({ authority: "FR-2020", kind });
const HONEST = documentSod();

/** The same person's document with another zone, whole and signed. */
const withZone = (zone: string) => {
  const files = new Map([...FILES, [1, dg1(zone)] as const]);
  return { files, sod: documentSod({ content: ldsObject(files) }) };
};

/** The elements inside one, each whole. */
function inside(object: Uint8Array): readonly Uint8Array[] {
  const { value } = good(readTlv(object));
  const ends = good(readTlvs(value)).map(({ end }) => end);
  return ends.map((end, index) => value.subarray(ends[index - 1] ?? 0, end));
}

interface SignedParts {
  readonly type: Uint8Array;
  /** Version, digests, content, certificates. */
  readonly fields: readonly Uint8Array[];
  readonly signerInfo: Uint8Array;
}

function partsOf(contentInfo: Uint8Array): SignedParts {
  const [type = contentInfo, explicit = contentInfo] = inside(contentInfo);
  const [data = contentInfo] = inside(explicit);
  const fields = inside(data);
  const [signerInfo = contentInfo] = inside(fields.at(-1) ?? contentInfo);
  return { type, fields: fields.slice(0, -1), signerInfo };
}

const sodOf = ({ type, fields }: SignedParts, ...signerInfos: readonly Uint8Array[]): Uint8Array =>
  element(0x77, sequence(type, element(0xa0, sequence(...fields, element(0x31, ...signerInfos)))));

const HONEST_PARTS = partsOf(signedObject({ contentType: SECURITY_OBJECT, content: ldsObject() }));

describe("an honest document", () => {
  test("is proven, and it is told by whom and how far", () => {
    const { mrz, ...proof } = good(check());
    expect([mrz.issuer, mrz.documentNumber, mrz.documentCode]).toEqual(["FRA", "D23145890", "ID"]);
    expect(proof).toEqual({
      expiresOn: { year: 2049, month: 12, day: 31 },
      verified: new Set([1, 2, 14]),
      listed: new Set([1, 2, 14]),
      signer: certificateOf(signerOf().certificate).fingerprint,
      anchor: certificateOf(countrySigner("FR-2020").certificate).fingerprint,
      signerCountry: "FR",
      warnings: ["crlMissing"],
      defects: [],
    });
  });

  test("need not be read whole: what was not read is listed and not verified", () => {
    const proof = good(check({ files: new Map([[1, DG1]]) }));
    expect([proof.verified, proof.listed]).toEqual([new Set([1]), new Set([1, 2, 14])]);
  });

  test("may have filler behind EF.SOD, and a list of version 1", () => {
    expect(check({ sod: concat(HONEST, new Uint8Array(900)) }).ok).toBe(true);
    expect(check({ sod: documentSod({ content: ldsObject(FILES, { version: 1 }) }) }).ok).toBe(true);
  });

  test("can be judged in two steps, EF.SOD before the files", () => {
    const security = good(authenticateSod({ sod: HONEST, anchors: TRUSTED, at: AT }));
    expect(security.listed).toEqual(new Set([1, 2, 14]));
    expect(dataGroupFailure(security, 2, DG2)).toBeUndefined();
    expect(dataGroupFailure(security, 2, DG1)).toEqual({ kind: "dataGroupChanged", dataGroup: 2 });
    expect(dataGroupFailure(security, 15, DG2)).toEqual({ kind: "dataGroupUnlisted", dataGroup: 15 });
  });

  test("is valid through its last day", () => {
    const lastDay = { year: 2049, month: 12, day: 31 };
    expect(check({ today: lastDay }).ok).toBe(true);
    expect(failure({ today: { year: 2050, month: 1, day: 1 } })).toEqual({ kind: "documentExpired" });
  });

  test("is the one whose zone was typed, or it is another document", () => {
    const presented = ascii("D23145890774081224912310");
    expect(check({ presented }).ok).toBe(true);
    expect(failure({ presented: ascii("D23145890774081224912327") })).toEqual({ kind: "otherDocument" });
    expect(failure({ presented: new Uint8Array(0) })).toEqual({ kind: "otherDocument" });
  });
});

describe("each check has a document that fails it alone", () => {
  const tampered = new Map([...FILES, [1, flipped(DG1, 40)] as const]);
  const twoSigners = sodOf(HONEST_PARTS, HONEST_PARTS.signerInfo, HONEST_PARTS.signerInfo);
  const impostor = documentSigner({ authority: "FR-2020", kind: "RSA SHA-256", owner: "impostor" });
  const state = (name: "expired" | "not yet valid") =>
    documentSigner({ authority: "FR-2020", kind: "RSA SHA-256", state: name });

  test.each<[name: string, question: Parameters<typeof failure>[0], expected: ReturnType<typeof failure>]>([
    ["no bytes", { sod: new Uint8Array(0) }, { kind: "malformed", part: "sod" }],
    ["another tag", { sod: concat(hex("61"), HONEST.subarray(1)) }, { kind: "malformed", part: "sod" }],
    ["an end too early", { sod: HONEST.subarray(0, 900) }, { kind: "malformed", part: "sod" }],
    [
      "64 kB and a byte",
      { sod: concat(HONEST, new Uint8Array(65_537 - HONEST.length)) },
      { kind: "malformed", part: "sod" },
    ],
    ["no signed data", { sod: element(0x77, sequence()) }, { kind: "malformed", part: "signedData" }],
    ["two signers", { sod: twoSigners }, { kind: "malformed", part: "signedData" }],
    [
      "another content",
      { sod: documentSod({ contentType: "2.23.136.1.1.2" }) },
      { kind: "wrongContentType" },
    ],
    [
      "a digest of another content",
      { sod: documentSod({ messageDigest: new Uint8Array(32) }) },
      { kind: "messageDigestMismatch" },
    ],
    [
      "no certificate of the signer, and two others",
      {
        sod: documentSod({
          signer: { ...signerOf(), certificate: signerOf("P-256").certificate },
          alsoCarries: [countrySigner("FR-2020").certificate],
        }),
      },
      { kind: "signerMismatch" },
    ],
    ["a broken signature", { sod: flipped(HONEST, HONEST.length - 1) }, { kind: "signatureInvalid" }],
    ["a chain of an attacker's", { sod: documentSod({ signer: impostor }) }, { kind: "noTrustAnchor" }],
    ["a State that is not trusted", { anchors: trusting("DE-2021") }, { kind: "noTrustAnchor" }],
    [
      "a signer that has expired",
      { sod: documentSod({ signer: state("expired") }) },
      { kind: "signerExpired" },
    ],
    [
      "a signer of tomorrow",
      { sod: documentSod({ signer: state("not yet valid") }) },
      { kind: "signerNotYetValid" },
    ],
    [
      "a signer of today, signing the day before its time",
      { sod: documentSod({ signingTime: "20230101080000Z" }) },
      { kind: "signerNotYetValid" },
    ],
    [
      "no list of hashes",
      { sod: documentSod({ content: sequence(smallInteger(0)) }) },
      { kind: "malformed", part: "securityObject" },
    ],
    ["a changed file", { files: tampered }, { kind: "dataGroupChanged", dataGroup: 1 }],
    [
      "a file that nobody signed",
      { files: new Map([...FILES, [15, DG2]]) },
      { kind: "dataGroupUnlisted", dataGroup: 15 },
    ],
    [
      "the number of no file",
      { files: new Map([...FILES, [255, DG2]]) },
      { kind: "dataGroupUnlisted", dataGroup: 255 },
    ],
    [
      "another file in the place of a signed one",
      { files: new Map([...FILES, [2, DG1]]) },
      { kind: "dataGroupChanged", dataGroup: 2 },
    ],
    ["no DG1", { files: new Map([[2, DG2]]) }, { kind: "dataGroupMissing", dataGroup: 1 }],
    [
      "a signed DG1 without zone",
      signedDg1(writeTlv(0x61, hex("5F1F00"))),
      { kind: "malformed", part: "dataGroup1" },
    ],
    ["another State in the zone", withZone(cardZone({ issuer: "D" })), { kind: "wrongCountry" }],
    ["no State in the zone", withZone(cardZone({ issuer: "XXA" })), { kind: "wrongCountry" }],
    ["a zone of another kind of document", withZone(cardZone({ code: "V" })), { kind: "documentType" }],
    ["a document that has expired", withZone(cardZone({ expiry: "2606141" })), { kind: "documentExpired" }],
    ["a date that is none", withZone(cardZone({ expiry: "2602305" })), { kind: "expiryUnreadable" }],
  ])("%s", (_, question, expected) => {
    expect(failure(question)).toEqual(expected);
  });

  test("attributes of another content type", () => {
    const other = oid("2.23.136.1.1.7");
    const attribute = sequence(oid("1.2.840.113549.1.9.3"), setOf(oid(SECURITY_OBJECT)));
    const sod = replaced(HONEST, attribute, sequence(oid("1.2.840.113549.1.9.3"), setOf(other)));
    expect(failure({ sod })).toEqual({ kind: "attributesMissing" });
  });

  test("a signer that its State has revoked", () => {
    const { key, ...rest } = countrySigner("FR-2020");
    const revoked = documentSigner({ authority: "FR-2020", kind: "RSA SHA-256", state: "revoked" });
    const list = revocationListOf({ key, ...rest }, { scheme: ownScheme(key), revoked: [revoked.serial] });
    const anchors = store({ anchors: [rest.certificate], lists: [list], crl: "require" });
    expect(failure({ anchors, sod: documentSod({ signer: revoked }) })).toEqual({ kind: "signerRevoked" });
    expect(good(check({ anchors })).warnings).toEqual([]);
  });

  test("a trusted State that signs in the name of another", () => {
    const liar = countrySigner("UT-2019");
    const key = SIGNING_KINDS["P-256"].key("State");
    const french = countrySigner("FR-2020");
    const signer = makeCertificate({
      serial: hex("5A77"),
      issuer: french.subject,
      subject: distinguishedName({ country: "FR", organisation: "O", unit: "U", commonName: "DS" }),
      validity: { from: "20230201080000Z", to: "20490515080000Z" },
      key,
      keyId: key.keyId,
      issuerKeyId: liar.keyId,
      extensions: [keyUsage(DIGITAL_SIGNATURE), documentTypeList("ID")],
      signedBy: liar.key,
      scheme: ownScheme(liar.key),
    });
    expect(failure({ sod: documentSod({ signer }) })).toEqual({ kind: "wrongCountry" });
  });
});

/** A document whose signed DG1 is this file. */
function signedDg1(file: Uint8Array) {
  const files = new Map([...FILES, [1, file] as const]);
  return { files, sod: documentSod({ content: ldsObject(files) }) };
}

describe("what real States do otherwise", () => {
  const proofOf = (question: Parameters<typeof check>[0]) => good(check(question));

  test("§12 row 18: BER, lengths indefinite and the content in pieces (New Zealand)", () => {
    const streamed = documentSod({ encoding: "BER" });
    expect(streamed.includes(0x80)).toBe(true);
    expect(proofOf({ sod: streamed }).defects).toEqual([]);
    const object = signedObject({ contentType: SECURITY_OBJECT, content: ldsObject(), encoding: "BER" });
    expect(proofOf({ sod: ber.context(0, object).with(0, 0x77) }).defects).toEqual([]);
  });

  test("§12 row 18: also in the attributes, whose definite form is what was signed", () => {
    const [version, id, digest, attributes, ...rest] = inside(HONEST_PARTS.signerInfo);
    if (!version || !id || !digest || !attributes) throw new Error("no signer");
    const streamed = ber.context(
      0,
      ...inside(attributes).map((attribute) => {
        const [type = attribute, values = attribute] = inside(attribute);
        return ber.sequence(type, ber.setOf(...inside(values)));
      }),
    );
    expect(check({ sod: sodOf(HONEST_PARTS, sequence(version, id, digest, streamed, ...rest)) }).ok).toBe(
      true,
    );
    const other = ber.context(0, ...inside(attributes).toReversed());
    expect(failure({ sod: sodOf(HONEST_PARTS, sequence(version, id, digest, other, ...rest)) })).toEqual({
      kind: "signatureInvalid",
    });
  });

  test.each([
    ["Belgium and France", "1.3.27.1.1.1"],
    ["the Netherlands", "1.2.528.1.1006.1.20.1"],
    ["China", "1.2.840.113549.1.7.1"],
  ])("§12 row 19: the content type of %s", (_, contentType) => {
    expect(check({ sod: documentSod({ contentType }) }).ok).toBe(true);
  });

  test.each(["2.23.136.1.1.2", "0.4.0.127.0.7.3.2.1", "1.3.27.1.1.2"])(
    "§12 row 19: not that of %s",
    (contentType) => {
      expect(failure({ sod: documentSod({ contentType }) })).toEqual({ kind: "wrongContentType" });
    },
  );

  test("§12 row 20: a signer that goes by another name, if it is the only one there (Ukraine)", () => {
    const issuer = distinguishedName({ country: "FR", organisation: "?", unit: "?", commonName: "?" });
    const namesSigner = { issuer, serial: hex("01") };
    expect(proofOf({ sod: documentSod({ namesSigner }) }).defects).toEqual(["signerUnnamed"]);
    const alsoCarries = [countrySigner("FR-2020").certificate];
    expect(failure({ sod: documentSod({ namesSigner, alsoCarries }) })).toEqual({ kind: "signerMismatch" });
  });

  test("§12 row 20: the only certificate there must still be the signer's", () => {
    const signer = { ...signerOf(), certificate: signerOf("PSS SHA-256 salt 20").certificate };
    expect(failure({ sod: documentSod({ signer }) })).toEqual({ kind: "signatureInvalid" });
  });

  test("§12 row 21: files hashed by SHA-512, the content by SHA-256, the attributes by SHA-1", () => {
    const content = ldsObject(FILES, { digest: "sha512" });
    expect(check({ sod: documentSod({ content, digest: "sha256", kind: "RSA SHA-1" }) }).ok).toBe(true);
    expect(check({ sod: documentSod({ content, digest: "sha384", kind: "P-521" }) }).ok).toBe(true);
  });

  test.each<[name: SigningKind]>([
    ["PSS SHA-256 salt 20"],
    ["PSS SHA-512 salt 64"],
    ["PSS with an unstated salt"],
  ])("§12 row 22: %s", (kind) => {
    expect(proofOf({ sod: documentSod({ kind }) }).defects).toEqual([]);
  });

  test("§12 row 23: zeros before the numbers of ECDSA", () => {
    const sod = documentSod({ kind: "brainpoolP256r1 padded" });
    expect(proofOf({ sod }).defects).toEqual(["ecdsaPadding"]);
    expect(check({ sod: flipped(sod, sod.length - 1) }).ok).toBe(false);
  });

  test("§12 row 23: a key on another curve of the size that its certificate names", () => {
    const sod = documentSod({ kind: "brainpoolP256r1 named P-256" });
    expect(proofOf({ sod }).defects).toEqual(["wrongCurve"]);
    expect(check({ sod: flipped(sod, sod.length - 1) }).ok).toBe(false);
  });

  test.each<[State: "DE-2021" | "CH-2019", issuer: string, kind: SigningKind]>([
    ["DE-2021", "D", "brainpoolP256r1"],
    ["CH-2019", "CHE", "P-521"],
  ])("§12 row 24: curves spelled out by the signer and its State: %s", (authority, issuer, kind) => {
    const { files } = withZone(cardZone({ issuer }));
    const sod = documentSod({ authority, kind, content: ldsObject(files) });
    expect(proofOf({ files, sod }).defects).toEqual([]);
  });

  test("§12 row 25: two keys of one name, of which the signature decides", () => {
    const anchor = certificateOf(countrySigner("FR-2020").certificate);
    expect(anchor.subject.key).toBe(certificateOf(countrySigner("FR-2015").certificate).subject.key);
    for (const names of [
      ["FR-2015", "FR-2020"],
      ["FR-2020", "FR-2015"],
    ] as const)
      expect(proofOf({ anchors: trusting(...names) }).anchor).toBe(anchor.fingerprint);
    expect(failure({ anchors: trusting("FR-2015") })).toEqual({ kind: "noTrustAnchor" });
  });

  test("§12 row 25: a link certificate that bears its own name is an anchor as good as another", () => {
    const link = certificateOf(countryLink("FR-2020")?.certificate ?? new Uint8Array(0));
    expect(link.subject.key).toBe(link.issuer.key);
    const anchors = store({ anchors: [countrySigner("FR-2015").certificate, link.der] });
    expect(proofOf({ anchors }).anchor).toBe(link.fingerprint);
  });

  test("§12 row 26: the country in lower case, and Hong Kong's under China", () => {
    const lower = documentSigner({ authority: "FR-2020", kind: "RSA SHA-256", countryCase: "lower" });
    expect(proofOf({ sod: documentSod({ signer: lower }) }).signerCountry).toBe("FR");
    for (const issuer of ["CHN", "HKG", "MAC"]) {
      const { files } = withZone(cardZone({ issuer }));
      const sod = documentSod({ authority: "CN-2018", kind: "P-256", content: ldsObject(files) });
      expect(proofOf({ files, sod }).signerCountry).toBe("CN");
    }
  });

  test("§12 row 30: a DG14 whose set is in no order is hashed as it is", () => {
    const entries = [oid("1.2.3.9"), oid("1.2.3.4"), oid("1.2.3")].map((name) =>
      sequence(name, smallInteger(1)),
    );
    const files = new Map([...FILES, [14, element(0x6e, element(0x31, ...entries))] as const]);
    const sod = documentSod({ content: ldsObject(files) });
    expect(check({ files, sod }).ok).toBe(true);
    const ordered = new Map([...files, [14, element(0x6e, setOf(...entries))] as const]);
    expect(failure({ files: ordered, sod })).toEqual({ kind: "dataGroupChanged", dataGroup: 14 });
  });

  test("§12 row 34: a State outside the lists, its certificate from a file of the operator's", () => {
    const { files } = withZone(cardZone({ issuer: "IDN" }));
    const sod = documentSod({ authority: "ID-2010", kind: "P-256", content: ldsObject(files) });
    expect(failure({ files, sod })).toEqual({ kind: "noTrustAnchor" });
    const body = Buffer.from(countrySigner("ID-2010").certificate).toString("base64");
    const file = ascii(`-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`);
    const anchors = store({ anchors: readTrustFile(file).certificates.map(({ der }) => der) });
    expect(proofOf({ files, sod, anchors }).signerCountry).toBe("ID");
  });

  test("types of documents that a signer lists with fillers, or not at all", () => {
    const french = countrySigner("FR-2020");
    const usual = signerOf();
    const signerFor = (...types: readonly string[]) =>
      makeCertificate({
        ...usual,
        subject: usual.subject,
        validity: { from: "20230201080000Z", to: "20490515080000Z" },
        issuerKeyId: french.keyId,
        extensions: [
          keyUsage(DIGITAL_SIGNATURE),
          ...(types.length === 0 ? [] : [documentTypeList(...types)]),
        ],
        signedBy: french.key,
        scheme: ownScheme(french.key),
      });
    for (const types of [[], ["I<"], ["I"], ["ID"], ["P", "ID"]])
      expect(check({ sod: documentSod({ signer: signerFor(...types) }) }).ok).toBe(true);
    for (const types of [["P"], ["D"], ["IR"], ["IDX"], [""]])
      expect(failure({ sod: documentSod({ signer: signerFor(...types) }) })).toEqual({
        kind: "documentType",
      });
  });
});

describe("hostile bytes", () => {
  test("a bit turned anywhere in EF.SOD is refused, or changes nothing of what is proven", () => {
    const { files } = withZone(cardZone({ issuer: "PRT" }));
    const sod = documentSod({ authority: "PT-2017", kind: "P-256", content: ldsObject(files) });
    const question = { files, sod, anchors: trusting("PT-2017") };
    const honest = good(check(question));
    let passed = 0;
    for (let at = 0; at < sod.length; at++) {
      const outcome = check({ ...question, sod: flipped(sod, at, at % 8) });
      if (!outcome.ok) continue;
      passed++;
      const { defects, ...facts } = outcome.value;
      expect({ ...facts, defects: [] }).toEqual(honest);
      expect(["", "signerUnnamed"]).toContain(defects.join());
    }
    // Versions, the list of digests, and the name of the signer are not signed.
    expect(passed).toBeGreaterThan(10);
    expect(passed).toBeLessThan(300);
  });

  test("a bit turned anywhere in a file is refused", () => {
    for (const [number, file] of FILES)
      for (let at = 0; at < file.length; at += 3)
        expect(failure({ files: new Map([...FILES, [number, flipped(file, at, at % 8)]]) })).toEqual({
          kind: "dataGroupChanged",
          dataGroup: number,
        });
  });

  test("pieces taken out of EF.SOD, doubled or put elsewhere never make it throw", () => {
    const position = fc.nat(HONEST.length);
    fc.assert(
      fc.property(position, position, position, (from, to, at) => {
        const piece = HONEST.subarray(Math.min(from, to), Math.max(from, to));
        void check({ sod: concat(HONEST.subarray(0, at), piece, HONEST.subarray(at)) });
        void check({
          sod: concat(HONEST.subarray(0, Math.min(from, to)), HONEST.subarray(Math.max(from, to))),
        });
      }),
      { numRuns: 300 },
    );
  });

  test("no bytes make it throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(check({ sod: bytes }).ok).toBe(false);
        expect(check({ sod: writeTlv(0x77, bytes) }).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test("depth without end and a thousand certificates are told at once", () => {
    const deep = new Uint8Array(60_000).fill(0x30).map((byte, index) => (index % 2 === 0 ? byte : 0x80));
    expect(failure({ sod: deep.with(0, 0x77) })).toEqual({ kind: "malformed", part: "sod" });
    const alsoCarries = Array.from({ length: 100 }, () => signerOf("P-256").certificate);
    expect(failure({ sod: documentSod({ alsoCarries }) })).toEqual({ kind: "malformed", part: "sod" });
  });
});
