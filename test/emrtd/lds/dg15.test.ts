import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { parseDg15 } from "../../../src/emrtd/lds/dg15.ts";
import { bad, good } from "../../good.ts";
import { bytesOf, joined, tlv } from "./files.ts";

const spki = new Uint8Array(
  generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "der", type: "spki" }),
);

test("the key as it stands, without what is behind it", () => {
  expect(good(parseDg15(tlv(0x6f, spki)))).toEqual(spki);
  expect(good(parseDg15(tlv(0x6f, joined(spki, bytesOf(0, 0)))))).toEqual(spki);
});

test.each([
  ["another file", tlv(0x6e, spki), "tag"],
  ["no key", tlv(0x6f), "structure"],
  ["something else than a key", tlv(0x6f, tlv(0x31, spki)), "structure"],
  ["a key that is cut", tlv(0x6f, spki.subarray(0, -1)), "structure"],
])("%s is refused", (_, file, why) => {
  expect(bad(parseDg15(file))).toEqual({ kind: "ldsMalformed", file: "DG15", why });
});
