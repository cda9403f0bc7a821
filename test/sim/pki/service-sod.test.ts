// The service SOD, judged by OpenSSL: structure by asn1parse, generation 2 by cms, generation 1 by its own steps,
// because cms refuses digest and signature algorithms that differ, as they do on real cards.
import { createHash } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { EF_DH, serviceSodOf } from "../../../src/sim/cards/cie-chip.ts";
import { authority } from "../../../src/sim/pki/authority.ts";
import { cardKey } from "../../../src/sim/pki/test-key.ts";
import { Bench, hasOpenssl, openssl } from "./openssl.ts";

const NIS = "123456789012";
const NIS_HASHES = {
  1: "2A33349E7E606A8AD2E30E3C84521F9377450CF09083E162E0A9B1480CE0F972",
  2:
    "50612777426D28FA502F60911FD5485DF4C717CBE300D1E348BEC83482CF21F9" +
    "6DBE067EE6C736A0F480B7C4E3018408EDF6191F308DB71C45841C28890308EF",
} as const;
const KEY = 3;
const bench = new Bench();
afterAll(() => bench.clear());

const sodOf = (generation: 1 | 2) => serviceSodOf({ nis: NIS, generation, key: KEY });

interface Line {
  readonly offset: number;
  readonly header: number;
  readonly length: number;
  readonly text: string;
}

/** What asn1parse prints, one record for each element. */
function elements(bytes: Uint8Array, ...words: readonly string[]): readonly Line[] {
  const { out } = openssl({ input: bytes }, "asn1parse", "-inform", "DER", ...words);
  return out.split("\n").flatMap((text) => {
    const match = /^ *(\d+):d=\d+ +hl=(\d+) l= *(\d+) (.*)$/.exec(text);
    return match === null
      ? []
      : [
          {
            offset: Number(match[1]),
            header: Number(match[2]),
            length: Number(match[3]),
            text: match[4] ?? "",
          },
        ];
  });
}

/** The list of hashes, which is the first OCTET STRING of the signed data. */
function securityObject(sod: Uint8Array): Uint8Array {
  const found = elements(sod.subarray(4)).find(({ text }) => text.includes("OCTET STRING"));
  if (found === undefined) throw new Error("no content");
  const start = 4 + found.offset + found.header;
  return sod.subarray(start, start + found.length);
}

describe.runIf(hasOpenssl)("service SOD", () => {
  test.each([
    [1, "sha256", "00", ["-5B", "-5C", "-5F", "-5D", "-5E", "1B"], 2111],
    [2, "sha512", "01", ["-5B", "1B", "-5C", "-5D", "-5E", "-5F"], 2865],
  ] as const)(
    "generation %i lists hashes in its order, each number in one byte",
    (generation, hash, version, order, realBytes) => {
      const sod = sodOf(generation);
      expect(toHex(sod.subarray(0, 2))).toBe("7782");
      expect((sod[2] ?? 0) * 256 + (sod[3] ?? 0)).toBe(sod.length - 4);
      expect(Math.abs(sod.length - realBytes)).toBeLessThan(400);
      const lines = elements(securityObject(sod)).map(({ text }) => text);
      const integers = lines.flatMap((text) => /INTEGER +:(.*)/.exec(text)?.[1] ?? []);
      expect(integers).toEqual([version, ...order]);
      expect(lines.filter((text) => text.includes(`:${hash}`))).toHaveLength(1);
      const versions = lines.flatMap((text) => /PRINTABLESTRING +:(.*)/.exec(text)?.[1] ?? []);
      expect(versions).toEqual(generation === 1 ? [] : ["0108", "040000"]);
    },
  );

  test.each([1, 2] as const)("generation %i hashes NIS, keys and EF.DH", (generation) => {
    const content = toHex(securityObject(sodOf(generation)));
    const hashOf = (bytes: Uint8Array) =>
      createHash(generation === 1 ? "sha256" : "sha512")
        .update(bytes)
        .digest("hex")
        .toUpperCase();
    const [bytes, entry] = generation === 1 ? ["20", "25"] : ["40", "45"];
    const line = (number: string, hash: string) => `30${entry}0201${number}04${bytes}${hash}`;
    expect(content).toContain(line("A1", NIS_HASHES[generation]));
    expect(content).toContain(line("A5", hashOf(cardKey(KEY).publicKey)));
    expect(content).toContain(line("1B", hashOf(EF_DH)));
  });

  test("generation 2 satisfies openssl's own check of CMS, and no altered one does", () => {
    const trust = bench.certificates("csca.pem", authority("self-made").countrySigner(2).certificate);
    const judge = (bytes: Uint8Array) => {
      const file = bench.file("sod.cms", bytes);
      const words = [
        "-verify",
        "-inform",
        "DER",
        "-in",
        file,
        "-CAfile",
        trust,
        "-purpose",
        "any",
        "-binary",
      ];
      return openssl({}, "cms", ...words).exit;
    };
    const sound = sodOf(2).subarray(4);
    expect(judge(sound)).toBe(0);
    const altered = sound.map((byte, index) => (index === sound.length - 1 ? byte ^ 1 : byte));
    expect(judge(altered)).not.toBe(0);
  });

  test("generation 1 is signed with SHA-1 over the attributes, which openssl checks when led by the hand", () => {
    const cms = sodOf(1).subarray(4);
    const lines = elements(cms);
    const algorithms = lines.flatMap(({ text }) => /OBJECT +:(sha1With.*|sha256)$/.exec(text)?.[1] ?? []);
    expect(algorithms.at(-1)).toBe("sha1WithRSAEncryption");
    expect(algorithms.at(-2)).toBe("sha256");
    const attributes = lines.findLast(({ text }) => text.startsWith("cons: cont [ 0 ]"));
    const signature = lines.findLast(({ text }) => text.includes("OCTET STRING"));
    if (attributes === undefined || signature === undefined) throw new Error("no signer");
    const end = attributes.offset + attributes.header + attributes.length;
    const signed = concat(hex("31"), cms.subarray(attributes.offset + 1, end));
    const certificate = bench.certificates("ds.pem", authority("self-made").documentSigner(1).certificate);
    const key = bench.file("ds.pub", openssl({}, "x509", "-in", certificate, "-noout", "-pubkey").out);
    const proof = bench.file("proof", cms.subarray(signature.offset + signature.header));
    const { out } = openssl({ input: signed }, "dgst", "-sha1", "-verify", key, "-signature", proof);
    expect(out).toBe("Verified OK\n");
  });
});
