/** How PACE behaves with honest, odd and hostile chips: the commands it sends, and each error by the chip that causes it. */
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { establishPace, type PacePassword, type PaceSession } from "../../src/emrtd/pace.ts";
import { checkChipMapping } from "../../src/emrtd/pace-cam.ts";
import type { PaceError } from "../../src/emrtd/pace-dialogue.ts";
import { EphemeralKeys } from "../../src/emrtd/pace-keys.ts";
import { choosePace } from "../../src/emrtd/pace-profile.ts";
import { parseSecurityInfos } from "../../src/emrtd/security-infos.ts";
import type { Result } from "../../src/result.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import camVectors from "../vectors/pace-cam.json" with { type: "json" };
import { caseNamed, chipKeyInfo, chipSetting, PACE_CASES, type PaceCase, passwordCan } from "./pace-cases.ts";
import { type AnswerName, PaceChip, sentObject } from "./pace-chip.ts";
import { answerOf, cardAccess, GivenKeys, paceInfo, profileOf } from "./pace-settings.ts";
import { type Chip, play } from "./play.ts";

/** Every test begins its chance anew, so that one that fails fails alone, too. */
const SEED = 9303;
let random = new SeededRandom(SEED);
let keys = new EphemeralKeys(random);

function beginAnew(seed = SEED): void {
  random = new SeededRandom(seed);
  keys = new EphemeralKeys(random);
}

beforeEach(() => beginAnew());

const OF_CIE = caseNamed("DH-GM 3DES 2");
const GM = caseNamed("ECDH-GM AES-128 13");
const IM = caseNamed("ECDH-IM AES-128 13");
const CAM = caseNamed("ECDH-CAM AES-128 13");
const NOT_DONE = hex("6985");

const run = (paceCase: PaceCase, chip: Chip, password: PacePassword = passwordCan) =>
  play(establishPace({ profile: paceCase.profile, password, keys }), chip);
const errorOf = (result: Result<PaceSession, PaceError>) => (result.ok ? undefined : result.error);

/** Runs against an honest chip whose one answer is replaced. */
function withAnswer(paceCase: PaceCase, name: AnswerName, answer: Uint8Array) {
  const chip = new PaceChip(chipSetting(paceCase, random), (step, honest) =>
    step === name ? answer : honest,
  );
  return errorOf(run(paceCase, chip.answer));
}

/** A chip that refuses everything and writes it down. */
const record =
  (sent: string[]): Chip =>
  (command) => {
    sent.push(toHex(command));
    return NOT_DONE;
  };

const headersOf = (commands: readonly Uint8Array[]) =>
  commands.map((command) => toHex(command.subarray(0, 4)));

describe("MSE:Set AT", () => {
  const announced = (...entries: readonly Uint8Array[]) => profileOf(cardAccess(...entries));
  const sentTo = (profile: PaceCase["profile"], answers: readonly string[]) => {
    const sent: string[] = [];
    play(establishPace({ profile, password: passwordCan, keys }), (command) => {
      sent.push(toHex(command));
      return hex(answers[sent.length - 1] ?? "6985");
    });
    return sent.filter((command) => command.startsWith("0022"));
  };

  test("names protocol, password and parameters, and wants no answer", () => {
    const [first] = sentTo(announced(paceInfo("0204", 13)), ["6982"]);
    expect(first).toBe("0022C1A412800A04007F0007020204020483010284010D");
  });

  test("says which password is meant", () => {
    const sent: string[] = [];
    const password: PacePassword = { reference: "MRZ", key: new Uint8Array(20) };
    run(GM, record(sent), password);
    expect(sent[0]).toContain("830101");
  });

  test("leaves the parameters out for the lone entry of a CIE", () => {
    expect(sentTo(announced(paceInfo("0101", 2)), ["9000"])[0]).toBe(
      "0022C1A40F800A04007F00070202040101830102",
    );
  });

  test.each(["6A80", "6A86", "6A87", "6A88"])("names them to a CIE that answers %s", (status) => {
    const sent = sentTo(announced(paceInfo("0101", 2)), [status, "6982"]);
    expect(sent[1]).toBe("0022C1A412800A04007F00070202040101830102840102");
    expect(sent).toHaveLength(2);
  });

  test("names them to a card with another entry beside the one for DH", () => {
    const infos = parseSecurityInfos(cardAccess(paceInfo("0101", 2), paceInfo("0301", 2)));
    const profile = infos.ok ? choosePace(infos.value, ["DH-GM"]) : undefined;
    expect(profile && sentTo(profile, ["6982"])).toEqual(["0022C1A412800A04007F00070202040101830102840102"]);
  });

  test("does not ask a second time after any other refusal", () => {
    expect(sentTo(announced(paceInfo("0101", 2)), ["6982"])).toHaveLength(1);
    expect(withAnswer(OF_CIE, "set", hex("6982"))).toEqual({ kind: "paceRefused", step: "set", sw: 0x6982 });
  });

  test("goes on when the chip tells of tries that are left", () => {
    const chip = new PaceChip(chipSetting(GM, random), (step, answer) =>
      step === "set" ? hex("63C2") : answer,
    );
    expect(run(GM, chip.answer).ok).toBe(true);
  });

  test("is refused by any other 63xx", () => {
    expect(withAnswer(GM, "set", hex("6300"))).toEqual({ kind: "paceRefused", step: "set", sw: 0x6300 });
  });
});

describe("a run", () => {
  test("chains three rounds and ends the chain with the fourth", () => {
    const chip = new PaceChip(chipSetting(GM, random));
    expect(run(GM, chip.answer).ok).toBe(true);
    expect(headersOf(chip.commands)).toEqual(["0022C1A4", "10860000", "10860000", "10860000", "00860000"]);
  });

  test("does without the chaining bit where the chip refuses it, from MSE:Set AT on", () => {
    const chip = new PaceChip({ ...chipSetting(GM, random), behaviour: { chainingRefused: true } });
    expect(run(GM, chip.answer).ok).toBe(true);
    const plain = ["00860000", "00860000", "00860000", "00860000"];
    expect(headersOf(chip.commands)).toEqual(["0022C1A4", "10860000", "0022C1A4", ...plain]);
  });

  test("reports the refusal of a chip that wants neither class", () => {
    expect(withAnswer(GM, "nonce", NOT_DONE)).toEqual({ kind: "paceRefused", step: "nonce", sw: 0x6985 });
  });

  test.each([8, 16, 24, 32])("takes a nonce of %i bytes under 3DES", (lengthBytes) => {
    const paceCase = caseNamed("ECDH-GM 3DES 8");
    const chip = new PaceChip({ ...chipSetting(paceCase, random), nonce: random.bytes(lengthBytes) });
    expect(run(paceCase, chip.answer).ok).toBe(true);
  });

  test("takes a status alone as the answer to an integrated mapping", () => {
    const chip = new PaceChip(chipSetting(IM, random), (step, answer) =>
      step === "map" ? hex("9000") : answer,
    );
    expect(run(IM, chip.answer).ok).toBe(true);
  });

  test("takes names of authorities behind the token", () => {
    const chip = new PaceChip(chipSetting(GM, random), (step, answer) => {
      if (step !== "token") return answer;
      const token = answer.subarray(2, -2);
      return concat(writeTlv(0x7c, token, hex("8703414243"), hex("8803444546")), hex("9000"));
    });
    expect(run(GM, chip.answer).ok).toBe(true);
  });

  test("reads and wipes the keys it was given", () => {
    const map = GM.profile.group.newSecret(random);
    const agree = GM.profile.group.newSecret(random);
    const taken: Uint8Array[] = [];
    const given = new GivenKeys({ map, agree });
    const watched = {
      takePair: (group: PaceCase["profile"]["group"]) => {
        const pair = given.takePair(group);
        taken.push(pair.secret);
        return pair;
      },
      newSecret: () => {
        const secret = given.newSecret();
        taken.push(secret);
        return secret;
      },
      challenge: () => given.challenge(),
    };
    const chip = new PaceChip(chipSetting(GM, random));
    play(establishPace({ profile: GM.profile, password: passwordCan, keys: watched }), chip.answer);
    expect(taken.map(toHex)).toEqual(taken.map((secret) => "00".repeat(secret.length)));
    expect(taken).toHaveLength(2);
  });
});

describe("another password", () => {
  test.each(PACE_CASES.filter(({ name }) => / (?:2|13)$/.test(name)))("is noticed by $name", (paceCase) => {
    const chip = new PaceChip({ ...chipSetting(paceCase, random), can: "654321" });
    expect(errorOf(run(paceCase, chip.answer))).toEqual({ kind: "wrongPassword" });
  });

  test.each(["63C0", "6300", "6985", "6982", "6A80", "6A88", "6F00"])("is told of by %s, too", (sw) => {
    expect(withAnswer(GM, "token", hex(sw))).toEqual({ kind: "wrongPassword" });
  });
});

describe("a hostile chip", () => {
  const point = toHex(GM.profile.group.generator);
  const offCurve = `${point.slice(0, -2)}00`;

  test.each(["map", "agree"] as const)("is caught at %s with a key that is none", (step) => {
    const tag = step === "map" ? 0x82 : 0x84;
    const publicKey = { kind: "hostileChip", why: "publicKey" };
    expect(withAnswer(GM, step, answerOf(tag, offCurve))).toEqual(publicKey);
    expect(withAnswer(GM, step, answerOf(tag, "00"))).toEqual(publicKey);
    expect(withAnswer(GM, step, answerOf(tag, ""))).toEqual(publicKey);
    expect(withAnswer(OF_CIE, step, answerOf(tag, "00".repeat(255).concat("01")))).toEqual(publicKey);
    expect(withAnswer(OF_CIE, step, answerOf(tag, "00".repeat(255).concat("02")))).toEqual(publicKey);
  });

  test.each([
    [GM, 0x81],
    [GM, 0x83],
    [OF_CIE, 0x81],
    [OF_CIE, 0x83],
  ])("is caught with our own key", (paceCase, reflected) => {
    const chip = new PaceChip(chipSetting(paceCase, random));
    const result = run(paceCase, (command) => {
      const honest = chip.answer(command);
      const { tag, value } = sentObject(command);
      return tag === reflected ? answerOf(tag + 1, toHex(value)) : honest;
    });
    expect(errorOf(result)).toEqual({ kind: "hostileChip", why: "reflectedKey" });
  });

  test("is caught with a token that is not of the agreed keys, however short", () => {
    const token = { kind: "hostileChip", why: "token" };
    for (const value of ["0011223344556677", "", "00"]) {
      expect(withAnswer(GM, "token", answerOf(0x86, value))).toEqual(token);
    }
  });

  test("is caught with a nonce that leads nowhere, even if it knows the password", () => {
    const chip = new PaceChip({ ...chipSetting(GM, random), nonce: new Uint8Array(16) });
    const spoilt = run(GM, (command) => {
      // The chip of the test cannot multiply by zero itself: any key of its own serves.
      return sentObject(command).tag === 0x81 ? answerOf(0x82, point) : chip.answer(command);
    });
    expect(errorOf(spoilt)).toEqual({ kind: "hostileChip", why: "mapping" });
  });
});

describe("an answer that is not made as it must be", () => {
  const malformed = (step: string) => ({ kind: "paceMalformed", step });
  const nonce = "00".repeat(16);

  test.each([
    ["no data", "9000"],
    ["an empty template", "7C009000"],
    ["another template", `7F4912 8010${nonce} 9000`],
    ["another object", `7C12 8110${nonce} 9000`],
    ["the object twice", `7C24 8010${nonce} 8010${nonce} 9000`],
    ["a strange object beside it", `7C15 8010${nonce} 810100 9000`],
    ["bytes behind the template", `7C12 8010${nonce} 00 9000`],
    ["a length beyond the end", `7C13 8010${nonce} 9000`],
    ["a nonce of 15 bytes", `7C11 800F${nonce.slice(2)} 9000`],
    ["an empty nonce", "7C02 8000 9000"],
    ["a nonce that is no whole block of AES", `7C1A 8018${nonce}0000000000000000 9000`],
  ])("with %s for a nonce", (_, answer) => {
    expect(withAnswer(GM, "nonce", hex(answer))).toEqual(malformed("nonce"));
  });

  test("with something to say to an integrated mapping", () => {
    expect(withAnswer(IM, "map", answerOf(0x82, "00"))).toEqual(malformed("map"));
    expect(withAnswer(IM, "map", hex("7C009000"))).toEqual(malformed("map"));
    expect(withAnswer(GM, "map", hex("9000"))).toEqual(malformed("map"));
  });

  test("with a nonce shorter than the key of an integrated mapping", () => {
    const paceCase = caseNamed("ECDH-IM AES-256 11");
    const answer = answerOf(0x80, nonce);
    expect(withAnswer(paceCase, "nonce", answer)).toEqual(malformed("nonce"));
  });

  test("without the chip's data where the mapping promises them, or with such as do not open", () => {
    const respond = (spoil: (token: Uint8Array) => Uint8Array) => {
      const chip = new PaceChip(chipSetting(CAM, random), (step, answer) =>
        step === "token" ? concat(writeTlv(0x7c, spoil(answer.subarray(2, -2))), hex("9000")) : answer,
      );
      return errorOf(run(CAM, chip.answer));
    };
    expect(respond((objects) => objects.subarray(0, 10))).toEqual(malformed("token"));
    expect(respond((objects) => concat(objects.subarray(0, 10), hex("8A00")))).toEqual(malformed("token"));
    expect(respond((objects) => concat(objects.subarray(0, 10), hex("8A0100")))).toEqual(malformed("token"));
  });
});

describe("every answer, mutated,", () => {
  const steps: readonly AnswerName[] = ["set", "nonce", "map", "agree", "token"];
  const mutation = fc.oneof(
    fc.record({ kind: fc.constant("flip" as const), at: fc.nat(), bit: fc.nat(7) }),
    fc.record({ kind: fc.constant("cut" as const), at: fc.nat(), bit: fc.constant(0) }),
    fc.record({ kind: fc.constant("grow" as const), at: fc.nat(), bit: fc.nat(255) }),
    fc.record({ kind: fc.constant("status" as const), at: fc.nat(0xffff), bit: fc.constant(0) }),
  );

  const mutated = (answer: Uint8Array, { kind, at, bit }: { kind: string; at: number; bit: number }) => {
    const copy = answer.slice();
    const index = at % answer.length;
    if (kind === "flip") copy[index] = (copy[index] ?? 0) ^ (1 << bit);
    if (kind === "cut") return concat(copy.subarray(0, Math.min(index, copy.length - 2)), hex("9000"));
    if (kind === "grow") return concat(copy.subarray(0, index), Uint8Array.of(bit), copy.subarray(index));
    if (kind === "status") copy.set([at >> 8, at & 0xff], copy.length - 2);
    return copy;
  };

  test.each([GM, IM, CAM, OF_CIE, caseNamed("DH-IM AES-128 0")])(
    "ends $name without keys or a throw",
    (paceCase) => {
      fc.assert(
        fc.property(fc.constantFrom(...steps), mutation, fc.nat(), (step, change, seed) => {
          beginAnew(seed);
          let changed = false;
          const chip = new PaceChip(chipSetting(paceCase, random), (name, answer) => {
            if (name !== step) return answer;
            const spoilt = mutated(answer, change);
            changed ||= toHex(spoilt) !== toHex(answer);
            return spoilt;
          });
          const result = run(paceCase, chip.answer);
          // What leaves the meaning of an answer as it was is harmless, so keys may come, but then the chip has the same.
          if (result.ok) {
            expect(toHex(result.value.ksMac)).toBe(toHex(chip.keys?.ksMac ?? new Uint8Array(0)));
          } else {
            expect(changed).toBe(true);
            expect(["wrongPassword", "hostileChip", "paceRefused", "paceMalformed"]).toContain(
              result.error.kind,
            );
          }
        }),
        { numRuns: Number(process.env["PACE_MUTATIONS"] ?? "60") },
      );
    },
  );

  test("and answers of pure chance end it too", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 2, maxLength: 300 }), { maxLength: 8 }), (answers) => {
        let next = 0;
        const result = run(GM, () => answers[next++] ?? NOT_DONE);
        expect(result.ok).toBe(false);
      }),
    );
  });
});

describe("chip authentication mapping", () => {
  const setting = chipSetting(CAM, random);
  const { group } = CAM.chip;
  const { fixed } = setting.secrets;
  const genuine = group.multiply(fixed, group.generator);
  const other = group.multiply(fixed + 1n, group.generator);

  const judged = (...entries: readonly Uint8Array[]) => {
    const result = run(CAM, new PaceChip(setting).answer);
    const infos = parseSecurityInfos(cardAccess(...entries));
    if (!result.ok || result.value.chipMapping === undefined || !infos.ok) throw new Error("PACE went wrong");
    const verdict = checkChipMapping(result.value.chipMapping, infos.value);
    return verdict.ok ? verdict.value : verdict.error.kind;
  };

  test("proves the chip that holds the signed key", () => {
    expect(judged(chipKeyInfo(13, genuine))).toBe("proven");
  });

  test("refuses a chip that holds another", () => {
    expect(judged(chipKeyInfo(13, other))).toBe("chipKeyMismatch");
  });

  test("takes of several keys on the curve the one with the number of the parameters", () => {
    expect(judged(chipKeyInfo(13, other, 72), chipKeyInfo(13, genuine, 13))).toBe("proven");
    expect(judged(chipKeyInfo(13, genuine, 72), chipKeyInfo(13, other, 13))).toBe("chipKeyMismatch");
  });

  test("passes over keys on other curves, and finds none where there is none or no telling which", () => {
    expect(judged(chipKeyInfo(12, NIST_POINT), chipKeyInfo(13, genuine, 5))).toBe("proven");
    expect(judged(chipKeyInfo(12, NIST_POINT))).toBe("chipKeyMissing");
    expect(judged(chipKeyInfo(13, genuine, 5), chipKeyInfo(13, other, 6))).toBe("chipKeyMissing");
    expect(judged(chipKeyInfo(13, NIST_POINT))).toBe("chipKeyMissing");
    expect(judged()).toBe("chipKeyMissing");
  });

  test("agrees with the chip of the standard's example and with a recorded one", () => {
    const brainpool = CAM.profile.group;
    for (const row of camVectors.cases) {
      const mapping = {
        group: brainpool,
        parameterId: 13,
        chipKey: hex(row.mapIcPub),
        chipData: hex(row.chipAuthenticationData),
      };
      const listed = row.publicKeys ?? [{ keyId: 13, key: row.staticPublicKeyIc ?? "", verifies: true }];
      for (const { key, verifies } of listed) {
        const infos = parseSecurityInfos(cardAccess(chipKeyInfo(13, hex(key))));
        expect(infos.ok && checkChipMapping(mapping, infos.value).ok).toBe(verifies);
      }
      const all = parseSecurityInfos(
        cardAccess(...listed.map(({ key, keyId }) => chipKeyInfo(13, hex(key), keyId))),
      );
      expect(all.ok && checkChipMapping(mapping, all.value).ok).toBe(true);
    }
  });
});

/** A point of another curve of the same length. */
const NIST_POINT = caseNamed("ECDH-GM AES-128 12").profile.group.generator;

describe("keys made ahead", () => {
  test("are made for groups that were asked for, as many as are kept, and given out once", () => {
    let drawn = 0;
    const counted = {
      bytes: (lengthBytes: number) => {
        drawn += 1;
        return random.bytes(lengthBytes);
      },
    };
    const store = new EphemeralKeys(counted);
    expect(store.makeAhead()).toBe(false);
    const { group } = GM.profile;
    const first = store.takePair(group);
    const made = [1, 2, 3, 4].map(() => store.makeAhead());
    expect(made).toEqual([true, true, true, false]);
    const before = drawn;
    const pairs = [first, store.takePair(group), store.takePair(group), store.takePair(group)];
    expect(drawn).toBe(before);
    expect(new Set(pairs.map(({ publicKey }) => toHex(publicKey))).size).toBe(4);
    for (const { secret, publicKey } of pairs)
      expect(group.times(secret, group.generator)).toEqual(publicKey);
  });
});
