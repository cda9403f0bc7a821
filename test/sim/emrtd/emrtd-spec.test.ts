/** A virtual document as JSON: what crosses to a simulator in another process, and what is refused there. */
import { describe, expect, test } from "vitest";
import { makeCard, parseCardSpec } from "../../../src/sim/cards/make-card.ts";
import { PROFILE_NAMES } from "../../../src/sim/emrtd/parse-emrtd-spec.ts";
import { say } from "./small-document.ts";

test.each(PROFILE_NAMES)("%s crosses a socket", (profile) => {
  const spec = {
    card: "emrtd",
    profile,
    fault: "wrongMac",
    soundAnswers: 3,
    uid: "08010203",
    fwi: 9,
  } as const;
  expect(parseCardSpec(JSON.parse(JSON.stringify(spec)))).toEqual({ ok: true, value: spec });
});

test("so do holder, times and accidents", () => {
  const spec = {
    card: "emrtd",
    profile: "cnie",
    holder: { mrz: "I".repeat(90), can: "123456", dg11: { "5F0E": "SPECIMEN" } },
    seed: 7,
    latency: { apduUs: 3_000, rsaUs: 0 },
    tearAfterApdu: 5,
    delay: { answer: 4, us: 1_000_000 },
    flip: { answer: 2, bit: 9 },
  } as const;
  expect(parseCardSpec(JSON.parse(JSON.stringify(spec)))).toEqual({ ok: true, value: spec });
  expect(parseCardSpec({ card: "emrtd", profile: "cie", latency: "none" }).ok).toBe(true);
});

test.each([
  { dg11: { "5F0E": "<<", "5F2B": { bcd: "20021108" }, "5F10": { hex: "FF" } } },
  { dg11: "6B00", dg12: "6C0B5C025F265F260420220204" },
])("so does what a holder's details are made of: %o", (details) => {
  const spec = { card: "emrtd", profile: "cnie", holder: { mrz: "I".repeat(90), ...details } };
  expect(parseCardSpec(JSON.parse(JSON.stringify(spec)))).toEqual({ ok: true, value: spec });
});

test("what is no member of the specification is passed over", () => {
  expect(parseCardSpec({ card: "emrtd", profile: "cie", colour: "red", toString: 1 })).toEqual({
    ok: true,
    value: { card: "emrtd", profile: "cie" },
  });
});

test.each([
  { holder: "nobody" },
  { holder: { mrz: "short" } },
  { holder: { mrz: "I".repeat(90), can: 1 } },
  { holder: { mrz: "I".repeat(90), can: "12345" } },
  { holder: { mrz: "I".repeat(90), dg11: { "5F0E": 1 } } },
  { holder: { mrz: "I".repeat(90), dg11: { name: "" } } },
  { holder: { mrz: "I".repeat(90), dg11: { "5F2B": { bcd: "2" } } } },
  { holder: { mrz: "I".repeat(90), dg11: { "5F2B": { colour: "22" } } } },
  { holder: { mrz: "I".repeat(90), dg11: { "5F2B": { bcd: "22", hex: "22" } } } },
  { holder: { mrz: "I".repeat(90), dg12: "6" } },
  { holder: { mrz: "I".repeat(90), dg12: null } },
  { fault: "toString" },
  { soundAnswers: -1 },
  { seed: 0.5 },
  { uid: "08" },
  { fwi: 15 },
  { latency: { apduUs: -1 } },
  { latency: { colour: 1 } },
  { latency: null },
  { delay: { answer: 1 } },
  { flip: 1 },
])("%o is refused", (wrong) => {
  const error = `${Object.keys(wrong)[0]} has an impossible value`;
  expect(parseCardSpec({ card: "emrtd", profile: "cnie", ...wrong })).toEqual({ ok: false, error });
});

describe("refused with a sentence of its own", () => {
  test("is a profile that does not exist", () => {
    const error = `profile must be one of ${PROFILE_NAMES.join(", ")}`;
    for (const profile of ["toString", "", 7, undefined])
      expect(parseCardSpec({ card: "emrtd", profile })).toEqual({ ok: false, error });
  });

  test("is a fault that cannot befall the profile", () => {
    const spec = { card: "emrtd", profile: "passport-us", fault: "copied" };
    expect(parseCardSpec(spec)).toEqual({ ok: false, error: "fault copied cannot befall passport-us" });
  });

  test("is a specimen whose number has no room in the zone", () => {
    const parsed = PROFILE_NAMES.map((profile) => parseCardSpec({ card: "emrtd", profile, holder: "bruno" }));
    for (const [index, profile] of PROFILE_NAMES.entries()) {
      const error = `the document number of bruno has no room on ${profile}`;
      const isPassport = profile.startsWith("passport");
      expect(parsed[index]).toEqual(
        isPassport ? { ok: false, error } : { ok: true, value: { card: "emrtd", profile, holder: "bruno" } },
      );
    }
  });
});

test("the same seed makes the same chip, another seed another", () => {
  const nonceOf = (seed: number) => {
    const { emrtd } = makeCard({ card: "emrtd", profile: "cnie", seed, latency: "none" });
    if (emrtd === undefined) throw new Error("no chip");
    say(emrtd, "0022C1A412800A04007F0007020204020483010284010D");
    return say(emrtd, "10860000027C0000");
  };
  expect(nonceOf(1)).toEqual(nonceOf(1));
  expect(nonceOf(1)).not.toEqual(nonceOf(2));
});
