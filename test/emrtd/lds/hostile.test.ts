/**
 * The chip is the attacker: whatever a file holds, every reader of files answers with a value, at once, and leaves the
 * bytes as they were.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex } from "../../../src/bytes/hex.ts";
import { parseAtrInfo } from "../../../src/emrtd/lds/atr-info.ts";
import { parseCom } from "../../../src/emrtd/lds/com.ts";
import { parseDg1 } from "../../../src/emrtd/lds/dg1.ts";
import { parseDg2 } from "../../../src/emrtd/lds/dg2.ts";
import { parseDg7 } from "../../../src/emrtd/lds/dg7.ts";
import { parseDg11 } from "../../../src/emrtd/lds/dg11.ts";
import { parseDg12 } from "../../../src/emrtd/lds/dg12.ts";
import { parseDg13 } from "../../../src/emrtd/lds/dg13.ts";
import { parseDg14 } from "../../../src/emrtd/lds/dg14.ts";
import { parseDg15 } from "../../../src/emrtd/lds/dg15.ts";
import { parseDg16 } from "../../../src/emrtd/lds/dg16.ts";
import { parseDir } from "../../../src/emrtd/lds/dir.ts";
import type { Result } from "../../../src/result.ts";
import claims from "../../vectors/identity-claims.json" with { type: "json" };
import {
  ascii,
  bytesOf,
  dg2,
  faceBlock,
  faceRecord,
  JPEG,
  joined,
  jp2,
  representation,
  tlv,
} from "./files.ts";

const [plain] = claims.vectors;
const group = (name: "dg1" | "dg11" | "dg12"): Uint8Array => hex(plain?.in[name]?.hex ?? "");
const INFOS = hex("6E16 3114 3012 060A04007F00070202030204 020101 020107");

type Parse = (file: Uint8Array) => Result<unknown, unknown>;
const FILES: readonly (readonly [name: string, parse: Parse, honest: Uint8Array])[] = [
  ["COM", parseCom, hex("6014 5F0104 30313037 5F3606 303430303030 5C02 6175")],
  ["DG1", parseDg1, group("dg1")],
  ["DG2, a record", parseDg2, dg2(tlv(0x5f2e, faceRecord([JPEG, jp2("open")], 0, 2)))],
  ["DG2, a block", parseDg2, dg2(tlv(0x7f2e, faceBlock(representation(jp2("long")))))],
  ["DG7", parseDg7, tlv(0x67, bytesOf(2, 1, 1), tlv(0x5f43, JPEG))],
  ["DG11", parseDg11, group("dg11")],
  ["DG12", parseDg12, group("dg12")],
  ["DG13", parseDg13, tlv(0x6d, ascii("anything"))],
  ["DG14", parseDg14, INFOS],
  ["DG15", parseDg15, tlv(0x6f, tlv(0x30, ascii("a key")))],
  ["DG16", parseDg16, tlv(0x70, bytesOf(2, 1, 1), tlv(0xa1, tlv(0x5f51, ascii("A<<B"))))],
];

describe.each(FILES)("%s", (_, parse, honest) => {
  test("is read when honest, whatever filler is behind it", () => {
    expect(parse(honest).ok).toBe(true);
    expect(parse(joined(honest, bytesOf(0x00, 0xff, 0x61))).ok).toBe(true);
  });

  test("cut at any byte is refused", () => {
    for (let length = 0; length < honest.length; length++)
      expect(parse(honest.subarray(0, length))).toMatchObject({ ok: false, error: { why: "length" } });
  });

  test("with bytes wrong, or made of any bytes, gives a value and stays as it was", () => {
    const change = fc.tuple(fc.nat(honest.length - 1), fc.nat(255));
    const mutated = fc.array(change, { minLength: 1, maxLength: 6 }).map((changes) => {
      const file = honest.slice();
      for (const [at, byte] of changes) file[at] = byte;
      return file;
    });
    // Behind the right tag and length, so that the content is reached.
    const inside = fc.uint8Array({ maxLength: 120 }).map((content) => tlv(honest[0] ?? 0, content));
    fc.assert(
      fc.property(fc.oneof(mutated, inside, fc.uint8Array({ maxLength: 200 })), (file) => {
        const before = file.slice();
        expect(typeof parse(file).ok).toBe("boolean");
        expect(file).toEqual(before);
      }),
      { numRuns: 400 },
    );
  });
});

test("EF.ATR/INFO and EF.DIR take any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (file) => {
      parseAtrInfo(file);
      for (const identifier of parseDir(file)) expect(identifier.length).toBeLessThan(file.length);
    }),
    { numRuns: 1_000 },
  );
});

describe("files as long as a file may be, and as full of objects, are read or refused in no time", () => {
  const longest = 0xffff;
  /** Far above what it takes on a slow machine; a walk that comes back on itself takes minutes. */
  const limitMs = 500;
  const tookMs = (parse: Parse, file: Uint8Array) => {
    const started = performance.now();
    parse(file);
    return performance.now() - started;
  };

  test.each(FILES)("%s", (_, parse, honest) => {
    for (const byte of [0x00, 0x30, 0x3c, 0x61, 0xff]) {
      const file = new Uint8Array(4 + longest).fill(byte);
      file.set([honest[0] ?? 0, 0x82, 0xff, 0xff]);
      expect(tookMs(parse, file)).toBeLessThan(limitMs);
    }
  });

  test("a thousand other names", () => {
    const file = tlv(0x6b, ...Array.from({ length: 1_000 }, () => tlv(0x5f0f, ascii("A<<B"))));
    expect(tookMs(parseDg11, file)).toBeLessThan(limitMs);
  });
});

test("no refusal tells anything of what the file holds", () => {
  const zone = "C<ITACA31415AB3<<<<<<<<<<<<<<<8503219M3303218ITA<<<<<<<<<<<0BIANCHI<VERDI<<giovanni<mario<";
  const refused = [
    parseDg1(tlv(0x61, tlv(0x5f1f, ascii(zone)))),
    parseDg1(tlv(0x61, tlv(0x5f1f, ascii(zone.slice(1))))),
    parseDg11(tlv(0x6c, ascii(zone))),
    parseDg11(tlv(0x6b, ascii(zone))),
  ];
  for (const result of refused) {
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toMatch(/BIANCHI|giovanni|31415|850321/);
  }
});
