import { expect, test } from "vitest";
import { hex } from "../../../src/bytes/hex.ts";
import { parseDg14 } from "../../../src/emrtd/lds/dg14.ts";
import { bad, good } from "../../good.ts";
import { bytesOf, tlv } from "./files.ts";

test("the protocols of a chip, in the order of the file", () => {
  const infos = hex("3122 3012 060A04007F00070202030204 020101 020107 300C 060704007F00070202 020101");
  expect(good(parseDg14(tlv(0x6e, infos)))).toEqual([
    { kind: "chipAuthentication", agreement: "ECDH", suite: "AES-256", version: 1, keyId: 7 },
    { kind: "unknown", protocol: "0.4.0.127.0.7.2.2" },
  ]);
});

test("another file, and one without SecurityInfos, are refused", () => {
  expect(bad(parseDg14(tlv(0x6f)))).toEqual({ kind: "ldsMalformed", file: "DG14", why: "tag" });
  expect(bad(parseDg14(tlv(0x6e, bytesOf(0x30, 0))))).toEqual({ kind: "securityInfosMalformed" });
  expect(bad(parseDg14(tlv(0x6e)))).toEqual({ kind: "securityInfosMalformed" });
});
