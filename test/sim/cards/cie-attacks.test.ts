// Each attacker is what it says: a judge that makes every check by itself fails it at just the one it is about.
import { constants, publicDecrypt } from "node:crypto";
import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { CIE_ATTACKS, type CieAttackName } from "../../../src/sim/cards/cie-attacks.ts";
import { CIE_FAMILY_NAMES } from "../../../src/sim/cards/cie-families.table.ts";
import { parseCardSpec } from "../../../src/sim/cards/make-card.ts";
import { authenticate, NIS, SELECT_CIE, SELECT_IAS, SET_KEY, Talk } from "./cie-talk.ts";
import { answersAs, type Check, judge, keyFileOf } from "./judge.ts";

const CHALLENGE = "0F".repeat(32);

const FAILED_CHECKS: Readonly<Record<CieAttackName, readonly Check[]>> = {
  nisOnly: ["key", "proof", "sodForm"],
  ownKey: ["keyHash"],
  replay: ["proof"],
  copiedSod: ["nisHash"],
  selfMadeCsca: ["chain"],
  testCsca: ["testSigner"],
  foreignCsca: ["country"],
  expiredSigner: ["expired"],
  revokedSigner: ["revoked"],
  garbage: ["nis", "key", "proof", "sodSize"],
  garbageProof: ["key", "proof", "sodForm"],
  endless61: ["key", "proof", "sodForm"],
  hugeSod: ["sodSize"],
  asn1Bomb: ["sodForm"],
  exponentOne: ["key"],
  tinyKey: ["key"],
  hugeKey: ["key", "proof"],
  echo: ["proof"],
  shortSignature: ["proof"],
  loosePadding: ["proof"],
};

describe.each([1, 2] as const)("generation %i", (generation) => {
  test.each(CIE_FAMILY_NAMES)("an honest card of family %s fails nothing", (family) => {
    expect(judge({ family, generation })).toEqual([]);
  });

  test("nor does one with a filler, short answers and 61 xx", () => {
    const odd = { filler: true, leZero: 231, sw61: true, eof: "exact", maxResponse: 230 } as const;
    expect(judge({ generation, ...odd })).toEqual([]);
  });

  test.each(CIE_ATTACKS)("%s fails what it is about", (attack) => {
    expect(judge({ generation, attack })).toEqual(FAILED_CHECKS[attack]);
  });

  test("a bit that is flipped on the way is found", () => {
    // Answers: two selections, NIS, selection of the key file, and its first part.
    expect(judge({ generation, flip: { answer: 5, bit: 800 } })).toEqual(["proof", "keyHash"]);
    expect(judge({ generation, flip: { answer: 3, bit: 7 } })).toEqual(["nisHash"]);
  });
});

test("no attacker answers as the chip whose NIS it shows", () => {
  const key = keyFileOf({});
  expect(answersAs({}, key)).toBe(true);
  expect(CIE_ATTACKS.filter((attack) => answersAs({ attack }, key))).toEqual([]);
});

test("every attack is known and none is a family name", () => {
  expect(CIE_ATTACKS.toSorted()).toEqual(Object.keys(FAILED_CHECKS).toSorted());
});

describe("attacks on the dialogue", () => {
  test("a phone that knows the NIS does not know key commands or other files", () => {
    const talk = new Talk({ attack: "nisOnly" }).open();
    expect(talk.say("00B081000C")).toBe(`${toHex(Uint8Array.from(NIS, (digit) => digit.charCodeAt(0)))}9000`);
    expect(talk.say(SET_KEY)).toBe("6D00");
    expect(talk.say(authenticate(CHALLENGE))).toBe("6D00");
    expect(talk.say("00A4020C021005")).toBe("6A82");
  });

  test("a recorded answer is the same for every challenge", () => {
    const talk = new Talk({ attack: "replay" }).open();
    expect(talk.prove(CHALLENGE)).toBe(talk.prove("AB".repeat(32)));
  });

  test("garbage differs from answer to answer, is as long as asked, and comes again with the same card", () => {
    const answers = () => {
      const talk = new Talk({ attack: "garbage" });
      return [SELECT_IAS, SELECT_CIE, "00B081000C", "00B081000C", "00B08500E6"].map((apdu) => talk.say(apdu));
    };
    const [first, again] = [answers(), answers()];
    expect(again).toEqual(first);
    expect(new Set(first).size).toBe(5);
    expect(first.slice(2).map(({ length }) => length)).toEqual([28, 28, 464]);
    expect(first.every((answer) => answer.endsWith("9000"))).toBe(true);
  });

  test("61 00 has no end", () => {
    const talk = new Talk({ attack: "endless61" }).open();
    expect(talk.say("00B081000C")).toMatch(/9000$/);
    talk.say(SET_KEY);
    expect(talk.say(authenticate(CHALLENGE))).toBe("6100");
    for (let part = 0; part < 1_000; part += 1) expect(talk.say("00C0000000")).toMatch(/^(00){256}6100$/);
    expect(talk.say("00B081000C")).toMatch(/9000$/);
  });

  test("a huge SOD fills a file of 64 kB, as its header says", () => {
    const talk = new Talk({ attack: "hugeSod" }).open();
    expect(talk.say("00B0860004")).toBe("7782FFFC9000");
    expect(talk.say("00B10006045402FFFF04")).toBe("5301006282");
    expect(talk.say("00B10006045403010000" + "04")).toMatch(/^6/);
  });

  test("loose padding ends in the challenge and begins like a right block", () => {
    const talk = new Talk({ attack: "loosePadding" }).open();
    const key = { key: keyFileOf({}), format: "der", type: "pkcs1" } as const;
    const block = publicDecrypt({ ...key, padding: constants.RSA_NO_PADDING }, hex(talk.prove(CHALLENGE)));
    expect(toHex(block)).toMatch(new RegExp(`^0001F{16}00.{426}${CHALLENGE}$`));
    expect(toHex(block)).not.toMatch(/^0001F{18}/);
  });
});

describe("a card as data", () => {
  test.each(CIE_ATTACKS)("%s crosses a socket", (attack) => {
    const spec = { card: "cie", family: "stm", nis: NIS, generation: 1, key: 7, attack } as const;
    expect(parseCardSpec(JSON.parse(JSON.stringify(spec)))).toEqual({ ok: true, value: spec });
  });

  test("so do its behaviours", () => {
    const behaviour = { extended: "6700", maxResponse: 230, rsaUs: 90_000, flip: { answer: 6, bit: 17 } };
    const spec = { card: "cie", family: "nxp", nis: NIS, ...behaviour } as const;
    expect(parseCardSpec(JSON.parse(JSON.stringify(spec)))).toEqual({ ok: true, value: spec });
  });

  test.each([
    { generation: 3 },
    { key: 8 },
    { key: -1 },
    { attack: "toString" },
    { extended: "no" },
    { maxResponse: 0 },
    { rsaUs: -1 },
    { flip: { answer: 1 } },
    { flip: { answer: 1, bit: "0" } },
  ])("%o is refused", (wrong) => {
    const spec = { card: "cie", family: "nxp", nis: NIS, ...wrong };
    expect(parseCardSpec(spec)).toEqual({
      ok: false,
      error: `${Object.keys(wrong)[0]} has an impossible value`,
    });
  });
});
