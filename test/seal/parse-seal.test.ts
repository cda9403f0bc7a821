// Visible seals from bytes: what each part of both forms may be, and the reason that each other one is refused for.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { parseSeal } from "../../src/seal/parse-seal.ts";
import { type Seal, wipeSeal } from "../../src/seal/seal.ts";
import { bad, good } from "../good.ts";
import vectors from "../vectors/2ddoc.json" with { type: "json" };
import reference from "../vectors/2ddoc-reference.json" with { type: "json" };
import {
  base32,
  binarySeal,
  GS,
  IDENTITY,
  identityWith,
  latin,
  RS,
  type SealText,
  sealSign,
  signedBytes,
  signedText,
  textSeal,
  US,
  type WrittenField,
} from "./seal-maker.ts";

const sign = sealSign("P-256", "signer");
const SIGNATURE = base32(new Uint8Array(64).fill(7));
const made = (text: SealText = {}, annex = ""): Uint8Array => textSeal(text, sign, annex);
/** A seal of a type without mandatory fields around these. */
const around = (...fields: readonly WrittenField[]) => made({ documentType: "01", fields });
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const fieldsOf = (seal: Seal) => Object.fromEntries(seal.fields.map(({ id, value }) => [id, text(value)]));

describe("published seals", () => {
  test("the worked example of a header is read", () => {
    const { example, fields } = vectors.header04;
    const seal = good(parseSeal(latin(`${example}26FR${US}${SIGNATURE}`)));
    expect(seal).toMatchObject({
      form: "text",
      version: 4,
      authorityId: fields.ca,
      certificateId: fields.certificate,
      documentDate: { year: 2010, month: 3, day: 5 },
      signatureDate: { year: 2010, month: 3, day: 11 },
      documentType: fields.type,
      perimeter: fields.perimeter,
      country: fields.country,
    });
  });

  test.each(vectors.signed)("$name is divided", ({ text: written, parsed }) => {
    const seal = good(parseSeal(latin(written)));
    expect(text(seal.signed)).toBe(written.slice(0, written.indexOf(US)));
    expect(seal.signature).toHaveLength(64);
    if (parsed !== undefined) expect(fieldsOf(seal)).toEqual(parsed);
  });

  test("the two specimens have the fields that their specification prints", () => {
    const [bill, covid] = vectors.signed.map(({ text: written }) => good(parseSeal(latin(written))));
    expect(bill && fieldsOf(bill)).toEqual({
      "26": "FR",
      "24": "75000",
      "10": "MME/SPECIMEN/NATACHA",
      "22": "145 AVENUE DES SPECIMENS",
    });
    expect(covid && fieldsOf(covid)).toEqual({
      F0: "DEPOTHPRIM",
      F1: "NEG",
      F2: "01011955",
      F3: "F",
      F4: "945006",
      F5: "N",
      F6: "070420211010",
    });
  });

  test("all reference codes of versions 2 to 4 are divided", () => {
    for (const written of reference.seals) {
      const seal = good(parseSeal(latin(written)));
      const again = seal.fields.map(({ id, value }) => id + text(value)).join("");
      const message = written.slice({ 2: 22, 3: 24, 4: 26 }[seal.version], written.indexOf(US));
      expect(again).toBe(message.replaceAll(GS, ""));
    }
  });

  test("all reference codes of version 1, whose signature has no mark before it, are divided", () => {
    for (const { signed, signature } of reference.bare) {
      const seal = good(parseSeal(concat(latin(signed), hex(signature))));
      expect(seal).toMatchObject({ version: 1, signature: hex(signature), signed: latin(signed) });
      expect(seal.perimeter).toBeUndefined();
      expect(seal.fields.map(({ id, value }) => id + text(value)).join("")).toBe(
        signed.slice(22).replaceAll(GS, ""),
      );
    }
  });

  test("reference codes that leave out separators cannot be divided, and are refused", () => {
    for (const written of reference.undividable)
      expect(bad(parseSeal(latin(written)))).toMatchObject({ kind: "sealMessage" });
  });
});

describe("a header in text form", () => {
  test.each(["02", "03", "04"] as const)("of version %s is as long as that", (version) => {
    const seal = good(parseSeal(made({ version })));
    expect(seal.version).toBe(Number(version));
    expect(seal.perimeter).toBe(version === "02" ? undefined : "01");
    expect(seal.country).toBe(version === "04" ? "FR" : undefined);
  });

  test.each<[part: string, SealText]>([
    ["authority", { authorityId: "F105" }],
    ["authority", { authorityId: "fr05" }],
    ["authority", { authorityId: "FR0-" }],
    ["certificate", { certificateId: "000 " }],
    ["documentDate", { documentDate: "24G2" }],
    ["documentDate", { documentDate: "ffff" }],
    ["signatureDate", { signatureDate: " 412" }],
    ["documentType", { documentType: "0/" }],
    ["perimeter", { perimeter: "0a" }],
    ["country", { country: "F1" }],
  ])("with a wrong %s is refused for it: %o", (why, header) => {
    expect(bad(parseSeal(made(header)))).toEqual({ kind: "sealHeader", why });
  });

  test("says FFFF where there is no date", () => {
    const seal = good(parseSeal(made({ documentDate: "FFFF", signatureDate: "FFFF" })));
    expect(seal.documentDate).toBeUndefined();
    expect(seal.signatureDate).toBeUndefined();
  });

  test("of another version is refused", () => {
    for (const version of ["00", "05", "4 ", "99"])
      expect(bad(parseSeal(latin(`DC${version}${text(made()).slice(4)}`)))).toEqual({
        kind: "sealVersion",
        why: "unknownVersion",
      });
  });

  test("that ends early is refused", () => {
    expect(bad(parseSeal(latin(signedText().slice(0, 25))))).toEqual({ kind: "sealHeader", why: "length" });
    expect(bad(parseSeal(latin("DC0")))).toEqual({ kind: "sealVersion", why: "unknownVersion" });
  });
});

describe("bytes that are no seal", () => {
  test.each<[string, Uint8Array]>([
    ["empty", new Uint8Array(0)],
    ["tooLong", latin(signedText({ fields: [["01", "A".repeat(2_400), GS]] }))],
    ["marker", latin("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<")],
    ["marker", latin("D")],
    ["marker", latin(`E12301${text(made())}`)],
  ])("are refused: %s", (why, bytes) => {
    expect(bad(parseSeal(bytes))).toEqual({ kind: "noSeal", why });
  });

  test("the longest that a Data Matrix holds is no reason", () => {
    const head = signedText({ documentType: "01", fields: [["01", "", ""]] });
    const room = 2_335 - head.length - 1 - SIGNATURE.length;
    expect(parseSeal(latin(`${head}${"A".repeat(room)}${US}${SIGNATURE}`)).ok).toBe(true);
    expect(bad(parseSeal(latin(`${head}${"A".repeat(room + 1)}${US}${SIGNATURE}`)))).toMatchObject({
      why: "tooLong",
    });
  });
});

/** Least and greatest length of every field of the identity titles and of the two specimens (specification, 7). */
const LENGTHS: readonly (readonly [id: string, least: number, most: number])[] = [
  ["60", 0, 60],
  ["61", 0, 20],
  ["62", 0, 38],
  ["63", 0, 38],
  ["64", 0, 38],
  ["65", 2, 2],
  ["66", 0, 20],
  ["67", 2, 2],
  ["68", 1, 1],
  ["69", 8, 8],
  ["6A", 0, 32],
  ["6B", 3, 3],
  ["6C", 2, 2],
  ["6F", 0, 90],
  ["6G", 1, 38],
  ["6H", 1, 10],
  ["6I", 2, 2],
  ["6N", 8, 8],
  ["6O", 8, 8],
  ["6S", 0, 38],
  ["6T", 0, 38],
  ["6U", 0, 38],
  ["6V", 0, 38],
  ["6W", 5, 5],
  ["6X", 0, 32],
  ["6Y", 2, 2],
  ["10", 0, 38],
  ["22", 0, 38],
  ["24", 5, 5],
  ["26", 2, 2],
  ["F0", 0, 60],
  ["F1", 0, 38],
  ["F2", 8, 8],
  ["F3", 1, 1],
  ["F4", 3, 7],
  ["F5", 1, 1],
  ["F6", 12, 12],
];
const VARIABLE = LENGTHS.filter(([, least, most]) => least < most);
const FIXED = LENGTHS.filter(([, least, most]) => least === most);
/** A field that none of them is, to see where they end. */
const NEXT: WrittenField = ["0A", "123456789"];

describe("a field of variable length", () => {
  test.each(VARIABLE)("%s has %d to %d characters, and ends at GS", (id, least, most) => {
    for (const length of [least, least + 1, most]) {
      const value = "A".repeat(length);
      const seal = good(parseSeal(around([id, value, GS], NEXT)));
      expect(seal.fields.map((field) => [field.id, text(field.value)])).toEqual([[id, value], NEXT]);
    }
  });

  test.each(VARIABLE)("%s needs no separator at its full length, nor at the end", (id, least, most) => {
    const full = "B".repeat(most);
    expect(fieldsOf(good(parseSeal(around([id, full], NEXT))))).toEqual({ [id]: full, "0A": NEXT[1] });
    const short = "B".repeat(least);
    expect(fieldsOf(good(parseSeal(around(NEXT, [id, short]))))).toEqual({ [id]: short, "0A": NEXT[1] });
  });

  test.each(VARIABLE)("%s is cut off where RS says so, at the end too", (id, least) => {
    const value = "C".repeat(least + 1);
    for (const fields of [
      [[id, value, RS] as const, NEXT],
      [NEXT, [id, value, RS] as const],
    ]) {
      const seal = good(parseSeal(around(...fields)));
      expect(seal.fields.map((field) => field.isTruncated)).toEqual(fields.map(([other]) => other === id));
    }
  });

  test.each(VARIABLE.filter(([, least]) => least > 0))("%s of less than %d is refused", (id, least) => {
    expect(bad(parseSeal(around([id, "D".repeat(least - 1), GS], NEXT)))).toEqual({
      kind: "sealMessage",
      why: "tooShort",
    });
  });

  test("of more than its most runs into what is no field", () => {
    expect(bad(parseSeal(around(["62", "E".repeat(39), GS])))).toEqual({
      kind: "sealMessage",
      why: "unknownField",
    });
  });
});

describe("a field of fixed length", () => {
  test.each(FIXED)("%s has %d characters, and the next follows at once", (id, length) => {
    const value = "1".repeat(length);
    expect(fieldsOf(good(parseSeal(around([id, value], NEXT))))).toEqual({ [id]: value, "0A": NEXT[1] });
    expect(fieldsOf(good(parseSeal(around(NEXT, [id, value]))))).toEqual({ [id]: value, "0A": NEXT[1] });
  });

  test.each(FIXED)("%s may have a separator that it does not need", (id, length) => {
    const value = "1".repeat(length);
    expect(fieldsOf(good(parseSeal(around([id, value, GS], NEXT))))).toEqual({ [id]: value, "0A": NEXT[1] });
  });

  test.each(FIXED)("%s may not be shorter, nor be cut off", (id, length) => {
    for (const fields of [
      [[id, "1".repeat(length - 1), GS] as const, NEXT],
      [NEXT, [id, "1".repeat(length - 1)] as const],
    ])
      expect(bad(parseSeal(around(...fields)))).toEqual({ kind: "sealMessage", why: "tooShort" });
    expect(bad(parseSeal(around([id, "1".repeat(length), RS], NEXT)))).toEqual({
      kind: "sealMessage",
      why: "cutFixedLength",
    });
  });
});

describe("a message", () => {
  test("with an unknown field cannot be divided", () => {
    for (const id of ["ZZ", "6a", "6", `6${GS}`])
      expect(bad(parseSeal(around(NEXT, [id, "", ""])))).toEqual({
        kind: "sealMessage",
        why: "unknownField",
      });
  });

  test("with a field twice is refused by its name", () => {
    expect(bad(parseSeal(made({ fields: [...IDENTITY, ["67", "IT"]] })))).toEqual({
      kind: "sealFieldTwice",
      why: "67",
    });
  });

  test.each(IDENTITY.map(([id]) => id))("of an identity title without %s is refused by its name", (id) => {
    expect(bad(parseSeal(made({ fields: identityWith({ [id]: undefined }) })))).toEqual({
      kind: "sealFieldMissing",
      why: id,
    });
    expect(parseSeal(made({ fields: identityWith({ [id]: undefined }), documentType: "01" })).ok).toBe(true);
  });

  test("may be in any order, and may be empty where the type asks for nothing", () => {
    expect(parseSeal(made({ fields: IDENTITY.toReversed() })).ok).toBe(true);
    expect(good(parseSeal(around())).fields).toEqual([]);
  });

  test("holds the printable characters of ISO-8859-1, and no others", () => {
    for (let code = 0; code < 256; code++) {
      const parsed = parseSeal(around(["62", `A${String.fromCharCode(code)}B`, GS]));
      const isCharacter = (code >= 0x20 && code <= 0x7e) || code >= 0xa0;
      expect(parsed.ok, `${code}`).toBe(isCharacter);
    }
    expect(bad(parseSeal(around(["62", "A\u0007B", GS])))).toEqual({ kind: "sealMessage", why: "character" });
  });
});

describe("a signature in text form", () => {
  const head = signedText();

  test.each([64, 96, 132])("of %d bytes is read from base32", (length) => {
    const signature = Uint8Array.from({ length }, (_, index) => index * 3);
    expect(good(parseSeal(latin(`${head}${US}${base32(signature)}`))).signature).toEqual(signature);
  });

  test.each<[why: string, end: string]>([
    ["missing", ""],
    ["length", US],
    ["length", `${US}${base32(new Uint8Array(63))}`],
    ["length", `${US}${base32(new Uint8Array(65))}`],
    ["length", `${US}${base32(new Uint8Array(128))}`],
    ["alphabet", `${US}${SIGNATURE.toLowerCase()}`],
    ["alphabet", `${US}${SIGNATURE}=`],
    ["alphabet", `${US}${SIGNATURE}\r`],
    ["alphabet", `${US}${SIGNATURE.slice(0, -1)}9`],
    ["alphabet", `${US}${SIGNATURE.slice(0, -1)}`],
  ])("is refused: %s, %j", (why, end) => {
    expect(bad(parseSeal(latin(head + end)))).toEqual({ kind: "sealSignature", why });
  });

  test("has one spelling only", () => {
    const last = base32(new Uint8Array(64)).slice(0, -1);
    expect(parseSeal(latin(`${head}${US}${last}A`)).ok).toBe(true);
    for (const digit of "BCDEFGH") expect(parseSeal(latin(`${head}${US}${last}${digit}`)).ok).toBe(false);
  });

  test("may have an annex behind it in version 4, which is not looked at", () => {
    const seal = good(parseSeal(made({}, `${GS}62OTHER${GS}\u0000${US}`)));
    expect(fieldsOf(seal)["62"]).toBe("MARTIN");
    expect(bad(parseSeal(made({ version: "03" }, `${GS}62OTHER`)))).toMatchObject({ why: "alphabet" });
  });

  test("of version 1 is the last 64 bytes, whatever they are", () => {
    const signature = Uint8Array.from({ length: 64 }, (_, index) => 0x1a + index);
    const signed = latin(signedText({ version: "01", documentType: "01", fields: [["26", "FR"]] }));
    expect(good(parseSeal(concat(signed, signature)))).toMatchObject({ signed, signature });
    expect(bad(parseSeal(concat(signed.subarray(0, 22), signature.subarray(1))))).toEqual({
      kind: "sealSignature",
      why: "missing",
    });
  });
});

describe("the binary form", () => {
  const FIELDS = [
    [0x60, latin("anything")],
    [0x01, new Uint8Array(0)],
    [0xfe, new Uint8Array(300).fill(0xff)],
  ] as const;

  test("is divided by its lengths, though no identifier is known", () => {
    const seal = good(parseSeal(binarySeal({ fields: FIELDS }, sign)));
    expect(seal).toMatchObject({
      form: "binary",
      version: 4,
      authorityId: "FR05",
      certificateId: "00001",
      documentDate: { year: 2025, month: 4, day: 14 },
      signatureDate: { year: 2025, month: 4, day: 15 },
      documentType: "07",
      perimeter: "0001",
      country: "FRA",
    });
    expect(seal.fields.map(({ id, value }) => [id, value])).toEqual([
      ["60", FIELDS[0][1]],
      ["01", FIELDS[1][1]],
      ["FE", FIELDS[2][1]],
    ]);
    expect(seal.signed).toEqual(signedBytes({ fields: FIELDS }));
    expect(seal.signature).toEqual(sign(seal.signed));
  });

  test("says FFFFFF where there is no date", () => {
    const seal = good(parseSeal(binarySeal({ documentDate: 0xffffff, signatureDate: 0xffffff }, sign)));
    expect(seal.documentDate).toBeUndefined();
    expect(seal.signatureDate).toBeUndefined();
  });

  test("may have an annex behind the signature, which is not looked at", () => {
    const whole = binarySeal({ fields: FIELDS }, sign);
    expect(good(parseSeal(concat(whole, hex("60 FF FF FF 00"))))).toEqual(good(parseSeal(whole)));
  });

  test.each<[string, Parameters<typeof binarySeal>[0]]>([
    ["country", { country: "F1A" }],
    ["authority", { authorityId: "F105" }],
    ["authority", { certificateId: "0000G" }],
    ["documentDate", { documentDate: 13_012_025 }],
    ["signatureDate", { signatureDate: 2_302_025 }],
  ])("with a wrong %s is refused for it: %o", (why, header) => {
    expect(bad(parseSeal(binarySeal(header, sign)))).toEqual({ kind: "sealHeader", why });
  });

  test("of another version, too short, or cut off in a field is refused", () => {
    const whole = binarySeal({ fields: FIELDS }, sign);
    expect(bad(parseSeal(whole.with(1, 3)))).toEqual({ kind: "sealVersion", why: "unknownVersion" });
    expect(bad(parseSeal(whole.subarray(0, 18)))).toEqual({ kind: "sealHeader", why: "length" });
    expect(bad(parseSeal(whole.subarray(0, 22)))).toEqual({ kind: "sealMessage", why: "cutOff" });
    expect(bad(parseSeal(whole.subarray(0, 19)))).toEqual({ kind: "sealSignature", why: "missing" });
  });

  test("with a field twice is refused; what an identity title must have is not known of it", () => {
    const field = FIELDS[0];
    expect(bad(parseSeal(binarySeal({ fields: [field, field] }, sign)))).toEqual({
      kind: "sealFieldTwice",
      why: "60",
    });
    expect(parseSeal(binarySeal({}, sign)).ok).toBe(true);
  });

  test.each([0, 63, 65, 254])("with a signature of %d bytes is refused", (length) => {
    const whole = concat(signedBytes(), Uint8Array.of(0xff, length), new Uint8Array(length));
    expect(bad(parseSeal(whole))).toEqual({ kind: "sealSignature", why: "length" });
  });

  test("with a signature whose length has three bytes is refused", () => {
    const whole = concat(signedBytes(), Uint8Array.of(0xff, 0xff, 0, 64), new Uint8Array(64));
    expect(bad(parseSeal(whole))).toEqual({ kind: "sealSignature", why: "length" });
  });
});

test("a seal cut off after any byte is none", () => {
  for (const whole of [made(), made({ version: "02" }), binarySeal({ fields: [[1, latin("x")]] }, sign)])
    for (let length = 0; length < whole.length; length++)
      expect(parseSeal(whole.subarray(0, length)).ok, `${length}`).toBe(false);
});

test("a seal is a copy that can be wiped whole", () => {
  for (const whole of [made(), binarySeal({ fields: [[0x60, latin("secret")]] }, sign)]) {
    const seal = good(parseSeal(whole));
    const signed = seal.signed.slice();
    whole.fill(0x41);
    expect(seal.signed).toEqual(signed);
    wipeSeal(seal);
    for (const bytes of [seal.signed, ...seal.fields.map(({ value }) => value)])
      expect(bytes.every((byte) => byte === 0)).toBe(true);
  }
});

describe("whatever the bytes", () => {
  const HEADS = [new Uint8Array(0), latin("DC"), latin(signedText({ fields: [] })), signedBytes()];
  const anyBytes = fc.tuple(fc.constantFrom(...HEADS), fc.uint8Array({ maxLength: 400 }));

  test("nothing throws", () => {
    fc.assert(
      fc.property(anyBytes, ([head, tail]) => {
        const parsed = parseSeal(concat(head, tail));
        if (!parsed.ok) expect(parsed.error.why).not.toBe("");
      }),
      { numRuns: 5_000 },
    );
  });

  test("what is written is what is read", () => {
    const letters = fc.string({
      unit: fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 /<-'"),
      maxLength: 90,
    });
    const field = fc.tuple(fc.constantFrom(...LENGTHS), letters, fc.boolean());
    fc.assert(
      fc.property(fc.uniqueArray(field, { selector: ([[id]]) => id, maxLength: 12 }), (chosen) => {
        const fields = chosen.map(([[id, least, most], letter, isCut]): WrittenField => {
          const value = letter.padEnd(least, "X").slice(0, most);
          const mark = isCut && least < most ? RS : value.length === most ? "" : GS;
          return [id, value, mark];
        });
        const seal = good(parseSeal(around(...fields)));
        expect(seal.fields.map(({ id, value, isTruncated }) => [id, text(value), isTruncated])).toEqual(
          fields.map(([id, value, mark]) => [id, value, mark === RS]),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
