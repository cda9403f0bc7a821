// The simulator's seals: written as the worked example of the specification's reader, and read by the product for what they are.
import { describe, expect, test } from "vitest";
import { judgeSeal } from "../../../src/seal/judge-seal.ts";
import { parseSeal } from "../../../src/seal/parse-seal.ts";
import { sealedHolder } from "../../../src/seal/sealed-holder.ts";
import { ARRIVALS } from "../../../src/sim/arrivals.table.ts";
import { documentSeal, type SealFault } from "../../../src/sim/seal/document-seal.ts";
import { sealMessage } from "../../../src/sim/seal/seal-text.ts";
import { instant } from "../../../src/time/time.ts";
import { sealAnchorsOf } from "../../gate/seal-stage.ts";
import { good } from "../../good.ts";
import vectors from "../../vectors/2ddoc.json" with { type: "json" };

const NOW = instant(Date.UTC(2026, 10, 22, 12));
const anchors = sealAnchorsOf();
const { lucas } = ARRIVALS;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("header and fields are those of the worked example, character by character", () => {
  const example = vectors.signed.find(({ name }) => name.startsWith("synthetic"))?.text ?? "";
  const message = sealMessage({
    ...{ authorityId: "FR00", certificateId: "0001", documentType: "07", country: "FR" },
    // 2411 in hexadecimal is the 9233rd day after the first of the year 2000.
    date: { year: 2025, month: 4, day: 12 },
    fields: [
      ["60", "ANNA MARIA/CLAIRE"],
      ["62", "MARTIN"],
      ["65", "ID"],
      ["66", "X4RTBPFW4"],
      ["67", "FR"],
      ["68", "F"],
      ["6C", "FR"],
    ],
  });
  expect(message).toBe(example.split("\x1f")[0]);
});

test("a value without room is cut, and says so; one that fills its room needs no end", () => {
  const content = {
    ...{ authorityId: "FR05", certificateId: "0001", documentType: "07", country: "FR" },
    date: { year: 2025, month: 4, day: 12 },
  };
  const [long, full] = ["A".repeat(39), "B".repeat(38)];
  expect(
    sealMessage({
      ...content,
      fields: [
        ["62", long],
        ["65", "ID"],
      ],
    }),
  ).toContain(`62${"A".repeat(38)}\x1e65ID`);
  expect(
    sealMessage({
      ...content,
      fields: [
        ["62", full],
        ["65", "ID"],
      ],
    }),
  ).toContain(`62${full}65ID`);
});

test("the product finds it right, and its holder in it", () => {
  const seal = good(parseSeal(bytes(documentSeal(lucas, { birth: lucas.birth }))));
  expect(good(judgeSeal(seal, anchors, NOW)).warnings).toEqual([]);
  const holder = good(sealedHolder(seal));
  expect(new TextDecoder().decode(holder.documentNumber.reveal())).toBe(lucas.documentNumber);
  expect(holder.names.reveal()).toMatchObject({
    surname: { text: "SPECIMEN MOREAU" },
    givenNames: [{ text: "LUCAS" }, { text: "JEAN" }],
  });
  expect(holder).toMatchObject({ sex: "male", nationality: "FR", documentKind: "ID", issuingCountry: "FR" });
  expect(holder.birthDate?.reveal()).toEqual({ year: 1999, month: 5, day: 30 });
});

describe("false ones are false in that alone", () => {
  const refusal = (fault: SealFault): string => {
    const seal = parseSeal(bytes(documentSeal(lucas, { fault })));
    if (!seal.ok) return seal.error.kind;
    const verdict = judgeSeal(seal.value, anchors, NOW);
    if (!verdict.ok) return verdict.error.kind;
    const holder = sealedHolder(seal.value);
    return holder.ok ? "right" : holder.error.kind;
  };

  test.each<[SealFault, string]>([
    ["otherNumber", "right"],
    ["otherFamilyName", "right"],
    ["otherGivenName", "right"],
    ["otherSex", "right"],
    ["otherNationality", "right"],
    ["otherKind", "right"],
    ["otherIssuer", "right"],
    ["otherType", "noIdentityTitle"],
    ["tampered", "signatureInvalid"],
    ["wrongKey", "signatureInvalid"],
    ["cutOff", "sealSignature"],
    ["expiredSigner", "signerExpired"],
    ["revokedSigner", "signerRevoked"],
    ["unlistedSigner", "signerUnknown"],
    ["inventedAuthority", "authorityUnknown"],
    ["testAuthority", "testAuthority"],
    ["future", "signatureDateFuture"],
  ])("%s: %s", (fault, kind) => {
    expect(refusal(fault)).toBe(kind);
  });
});
