import { expect, test } from "vitest";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { IsoDepCard } from "../../../src/sim/cards/iso-dep.ts";
import { makeCard } from "../../../src/sim/cards/make-card.ts";
import { pcscAtr } from "../../../src/sim/cards/pcsc-atr.ts";
import { TypeACard } from "../../../src/sim/cards/type-a.ts";

const application = { process: () => ({ response: hex("9000"), workUs: 0 }), reset: () => undefined };

function atrOf(historicalBytes: Uint8Array): string {
  const isoDep = new IsoDepCard({ historicalBytes, fsci: 8, fwi: 8 }, application);
  const card = new TypeACard({ sensRes: 0x0004, selRes: 0x20, uid: () => hex("01020304"), isoDep });
  return toHex(pcscAtr(card) ?? new Uint8Array(0));
}

// PC/SC part 3 §3.1.3.2.3.1, of which the second is the example; the exclusive or of all bytes behind the first is zero.
test.each([
  ["", "3B80800101"],
  ["804F0CA000000306030001 00000000", "3B8F8001804F0CA000000306030001000000006A"],
  ["80", "3B81800180 80"],
  ["000102030405060708090A0B0C0D0E", "3B8F8001000102030405060708090A0B0C0D0E 01"],
])("historical bytes %j stand behind 3B 8n 80 01", (historical, atr) => {
  expect(atrOf(hex(historical))).toBe(atr.replaceAll(" ", ""));
});

test("more than fifteen historical bytes are cut", () => {
  expect(atrOf(new Uint8Array(20).fill(0xaa))).toBe(atrOf(new Uint8Array(15).fill(0xaa)));
});

test("a card of type B tells application data, protocol information and its buffer", () => {
  const { card } = makeCard({ card: "cie", family: "itj4i", nis: "123456789012", type: "B" });
  if (card.type !== "B") throw new Error("of type B");
  const { applicationData, protocolInfo } = card.profile;
  const atr = toHex(pcscAtr(card) ?? new Uint8Array(0));
  expect(atr.slice(0, -2)).toBe(`3B888001${toHex(applicationData)}${toHex(protocolInfo)}00`);
});

test("a card that takes no APDUs has none", () => {
  expect(pcscAtr(makeCard({ card: "transit", uid: "10203040" }).card)).toBeUndefined();
});
