import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { parseBase64 } from "../../src/pki/base64.ts";
import { type LdifValue, ldifValues } from "../../src/pki/ldif.ts";
import { readTrustFile } from "../../src/pki/pem.ts";
import { makeRevocationList } from "../../src/sim/pki/revocation-list.ts";
import { makeMasterList } from "../../src/sim/pki/trust-material.ts";
import { ascii, COUNTRY_SIGNERS, documentSigner } from "./makers.ts";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const folded = (line: string, width = 76): string =>
  line.match(new RegExp(`.{1,${width}}`, "g"))?.join("\n ") ?? "";
const pem = (label: string, bytes: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${base64(bytes).replaceAll(/(.{64})/g, "$1\n")}\n-----END ${label}-----\n`;

const DERS = COUNTRY_SIGNERS.map(({ certificate }) => certificate);
const CRL = makeRevocationList({ authority: "self-made", generation: 2 });

test("base64 is what Node makes of the same bytes, and nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(parseBase64(base64(bytes))).toEqual(bytes);
    }),
  );
  for (const text of ["A", "AA", "AAA", "A===", "AA=A", "AA-_", "AA A", "ÄAAA", "====="])
    expect(parseBase64(text)).toBeUndefined();
});

describe("a file of certificates", () => {
  test("in DER holds one of either kind", () => {
    for (const der of DERS) expect(readTrustFile(der).certificates.map((one) => one.der)).toEqual([der]);
    expect(readTrustFile(CRL).revocationLists.map((one) => one.der)).toEqual([CRL]);
  });

  test("in PEM holds any number, with text between them", () => {
    const text = `Subject: C=IT\n${DERS.map((der) => pem("CERTIFICATE", der)).join("bag attributes\n")}${pem("X509 CRL", CRL)}`;
    const windows = text.replaceAll("\n", "\r\n");
    for (const one of [text, windows]) {
      const content = readTrustFile(ascii(one));
      expect(content.certificates.map(({ der }) => der)).toEqual(DERS);
      expect(content.revocationLists).toHaveLength(1);
      expect(content.skipped).toBe(0);
    }
  });

  test("loses only its damaged parts, and counts them", () => {
    const [first = new Uint8Array(0)] = DERS;
    const text = [
      pem("CERTIFICATE", first),
      pem("CERTIFICATE", first.subarray(0, 99)),
      pem("PUBLIC KEY", first.subarray(4)),
      "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n",
    ];
    const content = readTrustFile(ascii(text.join("")));
    expect([content.certificates.length, content.skipped]).toEqual([1, 3]);
  });

  test.each(["", "nothing", "-----BEGIN CERTIFICATE-----", "\u0000\u0001"])(
    "with %j in it holds nothing",
    (text) => {
      expect(readTrustFile(ascii(text))).toEqual({ certificates: [], revocationLists: [], skipped: 0 });
    },
  );

  test("of any bytes is read without a throw", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void readTrustFile(bytes)));
  });

  test("that begins a million blocks and ends none is read in no time", () => {
    const started = performance.now();
    readTrustFile(ascii("-----BEGIN CERTIFICATE-----\n".repeat(200_000)));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("an export of the ICAO directory", () => {
  const list = makeMasterList(DERS);
  const signer = documentSigner().certificate;
  const export_ = [
    "version: 1",
    "",
    "dn: cn=list,o=ml,c=IT,dc=data,dc=download,dc=pkd,dc=icao,dc=int",
    "objectClass: pkdMasterList",
    "cn: list",
    folded(`pkdMasterListContent:: ${base64(list)}`),
    "",
    "dn: cn=signer,o=dsc,c=IT,dc=data",
    folded(`userCertificate;binary:: ${base64(signer)}`),
    "pkdVersion: 1",
    folded(`description:: ${base64(new Uint8Array(500))}`),
    "",
    folded(`certificateRevocationList;binary:: ${base64(CRL)}`),
    "",
    `pkdMasterListContent;binary:: ${base64(list)}`,
    `CscaMasterListData::${base64(list)}`,
    "userCertificate;binary:: %%%",
    "",
  ].join("\n");
  const EXPECTED: readonly LdifValue[] = [
    { kind: "masterList", der: list },
    { kind: "certificate", der: signer },
    { kind: "revocationList", der: CRL },
    { kind: "masterList", der: list },
    { kind: "masterList", der: list },
    { kind: "malformed", line: export_.slice(0, export_.indexOf("%%%")).split("\n").length },
  ];

  test("gives lists, signers and revocation lists, and says where it is damaged", () => {
    expect([...ldifValues([ascii(export_)])]).toEqual(EXPECTED);
    const windows = export_.replaceAll("\n", "\r\n");
    expect([...ldifValues([ascii(windows)])]).toEqual(EXPECTED);
  });

  test("gives the same in pieces of any size", () => {
    const bytes = ascii(export_);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
        const ends = [...cuts.sort((left, right) => left - right), bytes.length];
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        expect([...ldifValues(pieces)]).toEqual(EXPECTED);
      }),
      { numRuns: 30 },
    );
  });

  test("holds one value at a time, however long the file and the value", () => {
    const piece = ascii("A".repeat(65_536));
    function* endless(): Generator<Uint8Array, void, void> {
      yield ascii("userCertificate;binary:: ");
      for (let count = 0; count < 800; count++) yield piece;
      yield concat(ascii("\n"), ascii(export_));
    }
    expect([...ldifValues(endless())].map(({ kind }) => kind)).toEqual([
      "malformed",
      ...EXPECTED.map(({ kind }) => kind),
    ]);
  });
});
