// Hostile seals against everything that reads and judges them: nothing throws, hangs or looks beyond its input, and no seal is
// believed of which one signed byte is another.
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { ok } from "../../src/result.ts";
import { parseSeal } from "../../src/seal/parse-seal.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { good } from "../good.ts";
import { day } from "../pki/makers.ts";
import {
  binarySeal,
  GS,
  identityWith,
  latin,
  type SealText,
  sealSign,
  textSeal,
} from "../seal/seal-maker.ts";
import { authorityMaker, record, sealStore, signerMaker } from "../seal/sealer-makers.ts";
import vectors from "../vectors/2ddoc.json" with { type: "json" };
import reference from "../vectors/2ddoc-reference.json" with { type: "json" };
import { type Check, fuzz } from "./fuzz.ts";
import { type SealCheck, sealCheck } from "./seal-check.ts";
import { MAX_SEAL_BYTES, makeSeal } from "./seal-mutations.ts";

/** A failure names its seed and number: FUZZ_SEED, FUZZ_FROM and FUZZ_SEAL_INPUTS=1 play it again. */
const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const INPUTS = number("FUZZ_SEAL_INPUTS", 20_000);
const SEED = number("FUZZ_SEED", 2_000);
const FROM = number("FUZZ_FROM", 0);
const MS_PER_INPUT = 4;
/** A batch has thousands of signatures to verify, on machines that have other work. */
const HANGS_AFTER_MS = 180_000;
const ENOUGH = 20_000;

const sign = sealSign("P-256", "signer");
const FR05 = authorityMaker();
const anchors = sealStore({
  sealers: [
    record("authority", FR05),
    record("signer", signerMaker(FR05)),
    record("signer", signerMaker(FR05, "00001"), { certificateId: "00001" }),
  ],
});
const AT = day("2026-06-15");

const TEXTS: readonly SealText[] = [
  {},
  { version: "03" },
  { version: "02" },
  { signatureDate: "FFFF" },
  { signatureDate: "3000" },
  {
    documentType: "01",
    fields: [
      ["26", "FR"],
      ["10", "MME/SPECIMEN/NATACHA", GS],
    ],
  },
  { fields: identityWith({ "69": "29021996", "63": "DUPONT" }) },
  { fields: identityWith({ "68": "X" }) },
  { authorityId: "FR06" },
  { certificateId: "0002" },
  { authorityId: "FR00" },
];
/** What the signer has signed: these, and the one that `make` had signed last. */
const honest = [
  ...TEXTS.map((text) => textSeal(text, sign)),
  textSeal({}, sign, `${GS}62OTHER`),
  binarySeal(
    {
      fields: [
        [1, latin("data")],
        [0x62, new Uint8Array(300)],
      ],
    },
    sign,
  ),
];
const version1 = reference.bare.map(({ signed, signature }) => concat(latin(signed), hex(signature)));
const corpus = [
  ...honest,
  ...vectors.signed.map(({ text }) => latin(text)),
  ...[...reference.seals, ...reference.undividable].map(latin),
  ...version1,
];
const signedOnes = new Set(honest.map((seal) => toHex(good(parseSeal(seal)).signed)));
let signedAnew = "";

const make = (seals: readonly Uint8Array[], random: SeededRandom): Uint8Array => {
  const { bytes, signed } = makeSeal(seals, random, sign);
  signedAnew = signed === undefined ? "" : toHex(signed);
  return bytes;
};
const check = (defect: Partial<SealCheck> = {}): Check =>
  sealCheck({
    anchors,
    at: AT,
    wasSigned: (signed) => [signedOnes, new Set([signedAnew])].some((known) => known.has(toHex(signed))),
    ...defect,
  });
const campaign = {
  corpus,
  make,
  maxInputBytes: MAX_SEAL_BYTES + 300,
  seed: SEED,
  hangsAfterMs: HANGS_AFTER_MS,
};

test(
  `${INPUTS} seals of seed ${SEED} break no rule`,
  () => {
    const { failure, inputs, seen } = fuzz({ ...campaign, checks: [check()], from: FROM, inputs: INPUTS });
    expect(failure).toBeUndefined();
    expect(inputs).toBe(INPUTS);
    // A fuzzer that no longer reaches the code would pass for ever.
    if (INPUTS >= ENOUGH) expect(OUTCOMES.filter((outcome) => !seen.has(outcome))).toEqual([]);
  },
  60_000 + INPUTS * MS_PER_INPUT,
);

const OUTCOMES = [
  ...[
    "noSeal",
    "sealVersion",
    "sealHeader",
    "sealMessage",
    "sealFieldTwice",
    "sealFieldMissing",
    "sealSignature",
  ],
  ...["testAuthority", "authorityUnknown", "signerUnknown", "signatureDateMissing", "signatureDateFuture"],
  ...["signatureInvalid", "believed", "holder", "noIdentityTitle", "sealedField"],
];

describe("the fuzzer finds planted defects, and each is played again by its seed and number", () => {
  const verdict = { signer: good(anchors.signersOf({ authorityId: "FR05", certificateId: "0001" }))[0] };
  const DEFECTS: readonly {
    readonly what: string;
    readonly defect: Partial<SealCheck>;
    readonly found: RegExp;
  }[] = [
    {
      what: "a judge who does not look at the signature",
      defect: {
        judge: () => {
          if (verdict.signer === undefined) throw new Error("no signer");
          return ok({ signer: verdict.signer, authority: verdict.signer, warnings: [] });
        },
      },
      found: /^broken: what is believed was signed/,
    },
    {
      what: "a parser that gives what was not there",
      defect: {
        parse: (bytes) => {
          const seal = parseSeal(bytes);
          return seal.ok ? ok({ ...seal.value, signed: seal.value.signed.map((byte) => byte & 0x5f) }) : seal;
        },
      },
      found: /^broken: what is signed is what came/,
    },
    {
      what: "a parser that looks beyond its input",
      defect: {
        parse: (bytes) => {
          const behind = new Uint8Array(bytes.buffer, bytes.byteOffset + bytes.length, 1);
          return parseSeal(bytes.length > 0 ? concat(bytes.subarray(0, -1), behind) : bytes);
        },
      },
      found: /beyond the input/,
    },
    {
      what: "a parser that throws at a field without an end",
      defect: {
        parse: (bytes) => {
          if (bytes.at(-1) === 0x1e) throw new RangeError("no end");
          return parseSeal(bytes);
        },
      },
      found: /^throws RangeError/,
    },
  ];

  test.each(DEFECTS)("$what", ({ defect, found }) => {
    const { failure } = fuzz({ ...campaign, checks: [check(defect)], from: 0, inputs: ENOUGH });
    expect(failure?.what).toMatch(found);
    const again = fuzz({ ...campaign, checks: [check(defect)], from: failure?.input ?? 0, inputs: 1 });
    expect(again.failure).toEqual(failure);
  });
});
