/** The chip as a whole: what ends a session, what is recorded, how long answers leave, and that nothing makes it throw. */
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Instruction } from "../../../src/apdu/command.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { systemRandom } from "../../../src/crypto/system-random.ts";
import { establishPace } from "../../../src/emrtd/pace.ts";
import { EphemeralKeys } from "../../../src/emrtd/pace-keys.ts";
import { CHIP_FAULTS, type ChipFault } from "../../../src/sim/emrtd/chip-faults.ts";
import { chipGroup } from "../../../src/sim/emrtd/chip-group.ts";
import { NO_LATENCY } from "../../../src/sim/emrtd/chip-latency.ts";
import type { ChipContent } from "../../../src/sim/emrtd/content.ts";
import type { EmrtdApplication } from "../../../src/sim/emrtd/emrtd-application.ts";
import { ascii, cardAccess, paceInfo, profileOf } from "../../emrtd/pace-settings.ts";
import { play } from "../../emrtd/play.ts";
import { bad, good } from "../../good.ts";
import { paceWith, read, SELECT_APPLICATION, select, Talk, toChip } from "./ends.ts";
import { answerOf, CARD_ACCESS, chipOf, DG1, faultyChip, SMALL, say } from "./small-document.ts";

const SET_BY_CAN = "0022C1A412800A04007F0007020204020283010284010D";

describe("a session is ended", () => {
  const opened = () => {
    const talk = Talk.byPace(chipOf(SMALL));
    talk.ask(SELECT_APPLICATION);
    return talk;
  };

  test.each([
    ["a plain command", "00B0810000", "6988"],
    ["one that asks whether the card is still there", "00B0000000", "6988"],
    ["an unknown plain command", "00FE0000", "6988"],
    ["a command that is none", "00B0", "6700"],
    ["a protected one without a code", "0CB0810000", "6987"],
    ["one with a wrong code", "0CB081000D9701048E08000000000000000000", "6988"],
  ])("by %s", (_, command, status) => {
    const talk = opened();
    expect(say(talk.chip, command)).toBe(status);
    expect(talk.raw(read(0x81, 0, 4))).toEqual({ data: new Uint8Array(), sw: 0x6987 });
    expect(say(talk.chip, "00B0810000")).toBe("6982");
  });

  test("by the loss of power, and the master file is selected again", () => {
    const talk = opened();
    talk.chip.reset();
    expect(talk.raw(read(0x81, 0, 4)).sw).toBe(0x6987);
    expect(say(talk.chip, "00B09C0000")).toBe(`${toHex(CARD_ACCESS)}9000`);
  });

  test("not by a protected command that is refused", () => {
    const talk = opened();
    expect(talk.ask(select("0199")).sw).toBe(0x6a82);
    expect(talk.ask(read(0x81, 0, DG1.length)).data).toEqual(DG1);
  });
});

describe("PACE", () => {
  const started = () => {
    const chip = chipOf(SMALL);
    expect(say(chip, SET_BY_CAN)).toBe("9000");
    return chip;
  };

  test.each([
    ["a protocol that the chip does not have", SET_BY_CAN.replace("0402028301", "0402048301"), "6A80"],
    ["parameters that it does not have", `${SET_BY_CAN.slice(0, -2)}0C`, "6A80"],
    ["no password", "0022C1A40C800A04007F00070202040202", "6A80"],
    ["a password that the document does not have", SET_BY_CAN.replace("830102", "830105"), "6A88"],
    ["an object that does not belong there", `${SET_BY_CAN.replace("A412", "A415")}850100`, "6A80"],
  ])("is not begun with %s", (_, command, status) => {
    const chip = chipOf(SMALL);
    expect(say(chip, command)).toBe(status);
    expect(say(chip, "10860000027C0000")).toBe("6985");
  });

  test("without the parameters' number is begun where there is one set, and not where there are two", () => {
    const unnumbered = "0022C1A40F800A04007F00070202040202830102";
    expect(say(chipOf(SMALL), unnumbered)).toBe("9000");
    const [offer] = SMALL.pace;
    const pace = [...SMALL.pace, { mapping: "ECDH-GM", suite: "AES-128", parameterId: 12 }] as const;
    expect(say(chipOf({ ...SMALL, pace }), unnumbered)).toBe("6A80");
    expect(say(faultyChip(SMALL, "parametersWanted"), unnumbered)).toBe("6A87");
    expect(offer?.parameterId).toBe(13);
  });

  test("a chip that guesses the wrong parameters falls silent at the first key", () => {
    const pace = [{ mapping: "ECDH-GM", suite: "AES-256", parameterId: 16 }, ...SMALL.pace] as const;
    const chip = faultyChip({ ...SMALL, pace }, "parametersGuessed");
    say(chip, "0022C1A40F800A04007F00070202040202830102");
    say(chip, "10860000027C0000");
    const { gone, unheard } = chip.process(hex(`10860000457C438141${toHex(chipGroup(13).generator)}00`));
    expect([gone, unheard]).toEqual([false, true]);
  });

  test.each([
    ["out of order", "10860000047C02810000"],
    ["without the bit of chaining", "00860000027C0000"],
    ["without Le", "10860000027C00"],
    ["with another template", "10860000027D0000"],
    ["with P1 or P2", "10860100027C0000"],
  ])("a round %s ends it", (_, command) => {
    const chip = started();
    expect(say(chip, command)).toMatch(/^6/);
    expect(say(chip, "10860000027C0000")).toBe("6985");
  });

  test("keys that are none end it", () => {
    for (const kind of ["invalid", "neutral", "orderTwo", "outside"] as const) {
      const chip = started();
      say(chip, "10860000027C0000");
      const key = toHex(chipGroup(13).bad(kind));
      const [inner, outer] = [key.length / 2, key.length / 2 + 2].map((length) =>
        length.toString(16).padStart(2, "0"),
      );
      const lc = (key.length / 2 + 4).toString(16).padStart(2, "0");
      expect(say(chip, `10860000${lc}7C${outer}81${inner}${key}00`)).toBe("6A80");
    }
  });

  test("is not done inside a session, nor twice from one beginning", () => {
    const talk = Talk.byPace(chipOf(SMALL));
    const inside = { cla: 0, ins: 0x22, p1: 0xc1, p2: 0xa4, data: hex(SET_BY_CAN.slice(10)) } as const;
    expect(talk.ask(inside).sw).toBe(0x6985);
    const chip = started();
    say(chip, "10860000027C0000");
    expect(say(chip, SET_BY_CAN)).toBe("9000");
    expect(say(chip, "10860000027C0000")).toMatch(/^7C128010.{32}9000$/);
  });

  test("with an extended Le is refused by chips that cannot stand it", () => {
    const chip = faultyChip(SMALL, "extendedLeRefused");
    say(chip, SET_BY_CAN);
    expect(say(chip, "108600000000027C000000")).toBe("6982");
  });

  test("takes longer after each wrong password, until the right one comes", () => {
    const latency = { ...NO_LATENCY, wrongPasswordUs: 1_000 };
    const chip = chipOf({ ...SMALL, can: "654321" }, { latency });
    const nonceUs = () => {
      chip.reset();
      say(chip, SET_BY_CAN);
      return chip.process(hex("10860000027C0000")).workUs;
    };
    const waits = [0, 1, 2].map(() => {
      const waited = nonceUs();
      chip.reset();
      paceWith(chip);
      return waited;
    });
    expect(waits).toEqual([0, 1_000, 2_000]);
    const request = {
      profile: profileOf(CARD_ACCESS),
      password: { reference: "CAN", key: ascii("654321") },
    } as const;
    chip.reset();
    good(play(establishPace({ ...request, keys: new EphemeralKeys(systemRandom) }), toChip(chip)));
    expect(nonceUs()).toBe(0);
  });

  test("tells the tries that are left, of a password that counts them", () => {
    const chip = faultyChip({ ...SMALL, can: "654321" }, "triesTold");
    expect(bad(paceWith(chip))).toEqual({ kind: "wrongPassword" });
    chip.reset();
    expect(say(chip, SET_BY_CAN)).toBe("63C2");
  });
});

describe("what no gate may send is refused and recorded", () => {
  test.each([
    ["VERIFY", "002000810431323334"],
    ["CHANGE REFERENCE DATA", "00240081"],
    ["RESET RETRY COUNTER", "002C0081"],
    ["PSO: VERIFY CERTIFICATE", "002A00BE"],
    ["MSE:Set DST", "002281B6038301AA"],
    ["MSE:Set AT of terminal authentication", "002281A4038301AA"],
    ["PACE by the PIN", SET_BY_CAN.replace("830102", "830103")],
    ["PACE by the PUK", SET_BY_CAN.replace("830102", "830104")],
  ])("%s", (_, command) => {
    const chip = chipOf(SMALL);
    expect(say(chip, command)).toBe("6982");
    expect(chip.tripped).toEqual([command.slice(0, 8)]);
    expect(chip.unexpected).toEqual([]);
  });

  test.each([0x84, 0x82] as const)("instruction %i inside a session", (ins) => {
    const talk = Talk.byPace(chipOf(SMALL));
    expect(talk.ask({ cla: 0, ins, p1: 0, p2: 0, le: 8 }).sw).toBe(0x6982);
    expect(talk.chip.tripwires).toBe(1);
  });
});

describe("what the chip does not know is answered and recorded", () => {
  test.each([
    ["an instruction", "00CA0101", "6D00"],
    ["a class", "80B09C0000", "6E00"],
    ["a security environment", "00224181", "6A86"],
  ])("%s", (_, command, status) => {
    const chip = chipOf(SMALL);
    expect(say(chip, command)).toBe(status);
    expect(chip.unexpected).toEqual([command.slice(0, 8)]);
  });

  test("and the record has an end", () => {
    const chip = chipOf(SMALL);
    for (let count = 0; count < 200; count++) say(chip, "00CA0101");
    expect(chip.unexpected).toHaveLength(100);
  });
});

describe("chip authentication", () => {
  test.each(["002241A40C800A04007F00070202030202", "002241A60491020102"])(
    "is not done in clear: %s",
    (command) => {
      expect(say(chipOf(SMALL), command)).toBe("6982");
    },
  );
});

describe("lengths", () => {
  const activeKey = {
    key: generateKeyPairSync("rsa", { modulusLength: 3072 }).privateKey,
    hash: "sha256",
  } as const;
  const prove = { cla: 0, ins: 0x88, p1: 0, p2: 0, data: hex("0123456789ABCDEF") } as const;

  test("of three bytes are refused by a chip that does not know them, and end the session", () => {
    const content = { ...SMALL, extendedLength: false };
    const talk = Talk.byPace(chipOf(content));
    expect(talk.raw({ ...prove, le: 65_536 })).toEqual({ data: new Uint8Array(), sw: 0x6700 });
    expect(say(chipOf(content), "00B09C00000000")).toBe("6700");
  });

  test("above what a short answer holds leave in one long answer, or in parts", () => {
    const long = Talk.byPace(chipOf({ ...SMALL, activeKey }));
    expect(long.ask({ ...prove, le: 65_536 }).data).toHaveLength(384);
    const short = Talk.byPace(chipOf({ ...SMALL, activeKey, extendedLength: false }));
    const first = short.raw({ ...prove, le: 256 });
    expect([first.data.length, first.sw]).toEqual([256, 0x61a3]);
    expect(say(short.chip, "00C00000A3")).toMatch(/^.{298}990290008E08.{16}9000$/);
    expect(say(short.chip, "00C0000000")).toBe("6988");
  });
});

describe("an answer", () => {
  test("is computed when it is asked for and not before", () => {
    const chip = chipOf(SMALL);
    expect(chip.process(hex(SET_BY_CAN)).response).toBeInstanceOf(Function);
  });

  test("has one bit turned where told to", () => {
    const chip = chipOf(SMALL, { flip: { answer: 2, bit: 7 } });
    expect([say(chip, "00B09C0004"), say(chip, "00B09C0004"), say(chip, "00B09C0004")]).toEqual([
      "311430129000",
      "301430129000",
      "311430129000",
    ]);
  });

  test("takes longer where told to, and is the last where told to", () => {
    const chip = chipOf(SMALL, { delay: { answer: 2, us: 70_000 }, tearAfterApdu: 3 });
    const answers = [1, 2, 3].map(() => chip.process(hex("00B09C0004")));
    expect(answers.map(({ workUs, gone }) => [workUs, gone])).toEqual([
      [0, false],
      [70_000, false],
      [0, true],
    ]);
  });
});

describe("nothing that a reader sends makes the chip throw", () => {
  const SECRET = new Uint8Array(20).fill(3);
  const EVERYTHING: ChipContent = {
    ...SMALL,
    pace: [
      { mapping: "ECDH-GM", suite: "AES-128", parameterId: 13 },
      { mapping: "ECDH-IM", suite: "AES-256", parameterId: 9 },
      { mapping: "DH-IM", suite: "3DES", parameterId: 0 },
      { mapping: "ECDH-CAM", suite: "AES-192", parameterId: 8 },
    ],
    chipKeys: [
      { parameterId: 8, suites: ["3DES", "AES-128"], secret: SECRET, servesMapping: true },
      { parameterId: 0, suites: ["AES-256"], secret: SECRET },
    ],
  };
  const headers = fc.constantFrom(
    "00A4",
    "00B0",
    "00B1",
    "0022C1A4",
    "002241A4",
    "002241A6",
    "10860000",
    "00860000",
    "00840000",
    "00820000",
    "00880000",
    "00C00000",
    "0CB0",
    "0C22",
    "1C86",
    "",
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(SET_BY_CAN.slice(8), "027C0000", "12800A04007F0007020204060383010284010800").map(hex),
  );
  const command = fc.tuple(headers, bytes).map(([header, rest]) => Uint8Array.of(...hex(header), ...rest));
  const sane = (chip: EmrtdApplication, apdu: Uint8Array) => {
    const answer = answerOf(chip, apdu);
    const sw1 = answer.at(-2) ?? 0;
    expect([0x90, 0x61, 0x62, 0x63, 0x67, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f]).toContain(sw1);
  };

  test("before a session", () => {
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 12 }),
        fc.constantFrom(undefined, ...CHIP_FAULTS),
        (apdus, fault) => {
          const chip = ofFault(fault);
          for (const apdu of apdus) sane(chip, apdu);
        },
      ),
      { numRuns: 400 },
    );
  });

  test("inside one", () => {
    const inside = fc.record({
      ins: fc.constantFrom<Instruction>(0xa4, 0xb0, 0xb1, 0x22, 0x86, 0x88),
      p1: fc.nat(255),
      p2: fc.constantFrom(0, 4, 12, 0xa4, 0xa6, 0xb6),
      data: fc.uint8Array({ minLength: 1, maxLength: 60 }),
      le: fc.constantFrom(1, 100, 256, 65_536),
    });
    const session = good(paceWith(chipOf(EVERYTHING)));
    expect(session.suite).toBe("AES-128");
    fc.assert(
      fc.property(fc.array(inside, { minLength: 1, maxLength: 8 }), (commands) => {
        const talk = Talk.byPace(chipOf(EVERYTHING));
        for (const { ins, ...rest } of commands)
          expect(talk.ask({ cla: 0, ins, ...rest }).sw).toBeGreaterThan(0x60ff);
      }),
      { numRuns: 40 },
    );
  });

  const ofFault = (fault: ChipFault | undefined) =>
    fault === undefined ? chipOf(EVERYTHING) : faultyChip(EVERYTHING, fault);
});

test("a lone offer on integers is taken without its number, as the reader of a CIE sends it", () => {
  const pace = [{ mapping: "DH-GM", suite: "3DES", parameterId: 0 }] as const;
  const profile = profileOf(cardAccess(paceInfo("0101", 0)));
  expect(good(paceWith(chipOf({ ...SMALL, pace }), profile)).suite).toBe("3DES");
});
