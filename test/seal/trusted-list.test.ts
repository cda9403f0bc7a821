// Trusted lists of a State: which authorities they name, and what of them cannot be used.
import { describe, expect, test } from "vitest";
import { readTrustedList } from "../../src/seal/trusted-list.ts";
import { bad, good } from "../good.ts";
import { authorityMaker, rootMaker, signerMaker } from "./sealer-makers.ts";
import { type ListFields, trustedList } from "./trusted-list-maker.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (fields: ListFields) => good(readTrustedList(bytes(trustedList(fields))));
const own = authorityMaker("FR05").certificate;
const below = authorityMaker("FR06", { under: rootMaker() }).certificate;
const FR05 = { certificates: [own] };
const FR06 = { tradeNames: ["FR06", "FR06"], certificates: [below] };

describe("a list", () => {
  test.each(["tsl:", "", "x:"])("names authorities by their trade names, with the prefix %j", (prefix) => {
    const list = read({ prefix, services: [FR05, FR06] });
    expect(list.authorities.map(({ authorityId, certificate }) => [authorityId, certificate.der])).toEqual([
      ["FR05", own],
      ["FR06", below],
    ]);
    expect(list).toMatchObject({ territory: "FR", notInForce: 0, unreadable: 0 });
    expect(list.issuedAt).toBe(Date.UTC(2025, 7, 25, 11));
    expect(list.nextUpdate).toBe(Date.UTC(2026, 1, 25, 11));
  });

  test("may do without a date for the next, and name several certificates of a service", () => {
    const list = read({
      nextUpdate: "",
      services: [{ certificates: [own, authorityMaker("FR05").certificate] }],
    });
    expect(list.nextUpdate).toBeUndefined();
    expect(list.authorities.map(({ authorityId }) => authorityId)).toEqual(["FR05", "FR05"]);
  });

  test.each([
    ["a service that certifies nobody", { type: "http://uri.etsi.org/TrstSvc/Svctype/TSA" }],
    ["one that is no longer in force", { status: "http://uri.etsi.org/TrstSvc/Svcstatus/expired" }],
    ["one of a status that is none", { status: "inaccord" }],
  ])("leaves out %s", (_, service) => {
    const list = read({ services: [{ ...FR05, ...service }, FR06] });
    expect(list.authorities.map(({ authorityId }) => authorityId)).toEqual(["FR06"]);
    expect(list.notInForce).toBe(1);
  });

  test("takes what the lists of the Union call granted", () => {
    const status = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted";
    expect(read({ services: [{ ...FR05, status }] }).authorities).toHaveLength(1);
  });

  test.each([
    ["no trade name", { tradeNames: [] }],
    ["a trade name that is no identifier", { tradeNames: ["Imprimerie"] }],
    ["two trade names", { tradeNames: ["FR05", "FR06"] }],
    ["the trade name of another than its certificate", { tradeNames: ["FR07"] }],
    ["no certificate", { certificates: [] }],
    ["no base64", { certificates: ["*"] }],
    ["no certificate in its base64", { certificates: ["AAAA"] }],
    ["a certificate that certifies nobody", { certificates: [signerMaker(authorityMaker()).certificate] }],
  ])("counts a service with %s, and leaves it out", (_, service) => {
    const list = read({ services: [{ ...FR05, ...service }, FR06] });
    expect(list.authorities.map(({ authorityId }) => authorityId)).toEqual(["FR06"]);
    expect(list.unreadable).toBe(1);
  });
});

describe("no list is", () => {
  test.each<[string, string]>([
    ["root", "<a/>"],
    ["root", `<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v1#"/>`],
    ["root", trustedList().replaceAll("TrustServiceStatusList", "TrustServiceList")],
    ["territory", trustedList({ territory: "France" })],
    [
      "territory",
      trustedList().replace(
        "</tsl:SchemeTerritory>",
        "</tsl:SchemeTerritory><tsl:SchemeTerritory>FR</tsl:SchemeTerritory>",
      ),
    ],
    ["issued", trustedList({ issued: "25 August 2025" })],
    ["nextUpdate", trustedList({ nextUpdate: "soon" })],
    ["providers", trustedList()],
  ])("one that lacks its %s", (field, text) => {
    expect(bad(readTrustedList(bytes(text)))).toEqual({ kind: "trustedList", field });
  });

  test("one that is no strict XML", () => {
    expect(bad(readTrustedList(bytes(`<!DOCTYPE a>${trustedList()}`)))).toMatchObject({ kind: "xml" });
    expect(bad(readTrustedList(bytes(trustedList().slice(0, -5))))).toMatchObject({
      kind: "xml",
      why: "syntax",
    });
  });
});
