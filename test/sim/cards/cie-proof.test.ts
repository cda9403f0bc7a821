// MSE and INTERNAL AUTHENTICATE of the virtual CIE. Proofs are checked by OpenSSL's RSA against the key file.
import { constants, createPublicKey, publicDecrypt } from "node:crypto";
import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { LIST_ONE_TYPE_A, NODE, packet, SpiHost } from "../spi-host.ts";
import { authenticate, NIS, SELECT_CIE, SELECT_IAS, SET_KEY, Talk } from "./cie-talk.ts";

const CHALLENGE = "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF";
const SELECT_MF = "00A40000";

/** The key file as the card holds it, read in two parts. */
const keyFile = (talk: Talk): string => talk.collect("00B08500E6") + talk.collect("00B085E628");

const importKey = (der: string) =>
  createPublicKey({ key: Buffer.from(der, "hex"), format: "der", type: "pkcs1" });

/** The whole block behind a proof. */
const blockOf = (key: string, proof: string): string =>
  toHex(publicDecrypt({ key: importKey(key), padding: constants.RSA_NO_PADDING }, hex(proof)));

const rightBlock = (challenge: string): string =>
  `0001${"FF".repeat(253 - challenge.length / 2)}00${challenge}`;

test.each([5, 8, 12, 16, 32, 40, 51, 245])("a challenge of %i bytes is signed bare", (lengthBytes) => {
  const talk = new Talk().open();
  const challenge = "5A".repeat(lengthBytes);
  const key = keyFile(talk);
  expect(key).toMatch(/^3082010A0282010100.{512}0203010001$/);
  expect(blockOf(key, talk.prove(challenge))).toBe(rightBlock(challenge));
});

describe("what a card refuses", () => {
  test.each([
    ["no key set", authenticate(CHALLENGE), "6985"],
    ["an empty challenge", "0088000000", "6700"],
    ["246 bytes", authenticate("00".repeat(246)), "6700"],
    ["no Le", authenticate(CHALLENGE).slice(0, -2), "6700"],
    ["an Le that is too short", `${authenticate(CHALLENGE).slice(0, -2)}80`, "6C00"],
    ["P1-P2 other than zero", authenticate(CHALLENGE).replace("00880000", "00880001"), "6A86"],
  ])("%s", (name, apdu, sw) => {
    const talk = new Talk().open();
    if (name !== "no key set") expect(talk.say(SET_KEY)).toBe("9000");
    expect(talk.say(apdu)).toBe(sw);
  });

  test.each([
    ["another algorithm", "002241A406800101840183", "6A80"],
    ["a key alone", "002241A403840183", "6A80"],
    ["something more", "002241A409800102840183910100", "6A80"],
    ["a key that is not there", "002241A406800102840185", "6A88"],
    ["another template", "002241B606800102840183", "6A86"],
    ["a key whose length is beyond the data", "002241A406800102848283", "6A88"],
  ])("MSE with %s", (_name, apdu, sw) => {
    const talk = new Talk().open();
    expect(talk.say(apdu)).toBe(sw);
    expect(talk.say(authenticate(CHALLENGE))).toBe("6985");
  });

  test("key commands outside the CIE application", () => {
    const talk = new Talk();
    expect(talk.say(SET_KEY)).toBe("6A88");
    talk.say(SELECT_IAS);
    expect(talk.say(SET_KEY)).toBe("6A88");
  });
});

describe("the key set by MSE", () => {
  test("survives reading, a refused selection and the same selection again", () => {
    const talk = new Talk().open();
    talk.say(SET_KEY);
    talk.say("00B081000C");
    expect(talk.say("00A4040C07A0000002471001")).toBe("6A82");
    talk.say(SELECT_CIE);
    expect(talk.collect(authenticate(CHALLENGE))).toHaveLength(512);
    expect(talk.collect(authenticate(CHALLENGE))).toHaveLength(512);
  });

  test.each([
    [
      "another application is selected",
      (talk: Talk) => [SELECT_IAS, SELECT_CIE].map((apdu) => talk.say(apdu)),
    ],
    [
      "the master file is selected",
      (talk: Talk) => [SELECT_MF, SELECT_IAS, SELECT_CIE].map((apdu) => talk.say(apdu)),
    ],
    [
      "power is lost",
      (talk: Talk) => {
        talk.application.reset();
        return talk.open();
      },
    ],
  ])("is gone when %s", (_name, happen) => {
    const talk = new Talk().open();
    talk.say(SET_KEY);
    happen(talk);
    expect(talk.say(authenticate(CHALLENGE))).toBe("6985");
  });
});

describe("how the proof comes", () => {
  const whole = new Talk().open().prove(CHALLENGE);

  test("at once, in 256 bytes", () => {
    const talk = new Talk().open();
    talk.say(SET_KEY);
    expect(talk.say(authenticate(CHALLENGE))).toBe(`${whole}9000`);
  });

  test("after 61 00, with sw61, and in as many parts as are asked for", () => {
    const talk = new Talk({ sw61: true }).open();
    talk.say(SET_KEY);
    expect(talk.say(authenticate(CHALLENGE))).toBe("6100");
    expect(talk.say("00C0000000")).toBe(`${whole}9000`);
    talk.say(authenticate(CHALLENGE));
    expect(talk.say("00C00000E6")).toBe(`${whole.slice(0, 460)}611A`);
    expect(talk.say("00C000001A")).toBe(`${whole.slice(460)}9000`);
    expect(talk.say("00C0000000")).toBe("6985");
  });

  test("in parts of what the card can say at once", () => {
    const talk = new Talk({ maxResponse: 230 }).open();
    talk.say(SET_KEY);
    expect(talk.say(authenticate(CHALLENGE))).toBe(`${whole.slice(0, 460)}611A`);
    expect(talk.say("00C000001A")).toBe(`${whole.slice(460)}9000`);
    expect(talk.say("00B0850000")).toHaveLength(2 * 230 + 4);
  });

  test("with both, 61 says how much one answer brings", () => {
    const talk = new Talk({ sw61: true, maxResponse: 230 }).open();
    talk.say(SET_KEY);
    expect(talk.say(authenticate(CHALLENGE))).toBe("61E6");
    expect(talk.collect(authenticate(CHALLENGE))).toBe(whole);
  });

  test("another command in between loses what was waiting", () => {
    const talk = new Talk({ sw61: true }).open();
    talk.say(SET_KEY);
    talk.say(authenticate(CHALLENGE));
    talk.say("00B081000C");
    expect(talk.say("00C000000C")).toBe("3132333435363738393031329000");
  });

  test("with extended lengths, unless the card does not know them", () => {
    const extended = `00880000000020${CHALLENGE}0000`;
    const talk = new Talk().open();
    talk.say(SET_KEY);
    expect(talk.say(extended)).toBe(`${whole}9000`);
    const short = new Talk({ extended: "6700" }).open();
    short.say(SET_KEY);
    expect(short.say(extended)).toBe("6700");
    expect(short.say(authenticate(CHALLENGE))).toBe(`${whole}9000`);
  });
});

describe("faults of one answer", () => {
  test("one bit of the proof is wrong, and right when asked again", () => {
    const talk = new Talk({ flip: { answer: 4, bit: 2_047 } }).open();
    const sound = new Talk().open().prove(CHALLENGE);
    const wrong = talk.prove(CHALLENGE);
    expect(wrong.slice(0, -2)).toBe(sound.slice(0, -2));
    expect(Number.parseInt(wrong.slice(-2), 16) ^ Number.parseInt(sound.slice(-2), 16)).toBe(1);
    expect(talk.prove(CHALLENGE)).toBe(sound);
  });

  test("bit 0 is the highest of the first byte, and a bit beyond the end comes round", () => {
    expect(new Talk({ flip: { answer: 1, bit: 0 } }).say(SELECT_IAS)).toBe("1000");
    expect(new Talk({ flip: { answer: 1, bit: 16 } }).say(SELECT_IAS)).toBe("1000");
    expect(new Talk({ flip: { answer: 1, bit: 15 } }).say(SELECT_IAS)).toBe("9001");
  });
});

describe("on the air", () => {
  async function hostWith(rsaUs?: number) {
    const host = await new SpiHost().start();
    const options = rsaUs === undefined ? {} : { rsaUs };
    host.board.place(NODE, { card: "cie", family: "gemalto", nis: NIS, ...options });
    packet(await host.command(LIST_ONE_TYPE_A, 60));
    for (const apdu of [SELECT_IAS, SELECT_CIE, SET_KEY]) expect(await host.apdu(apdu)).toBe("009000");
    const from = host.timeline.nowUs();
    const answer = await host.apdu(authenticate(CHALLENGE));
    return { answer, tookUs: host.timeline.nowUs() - from, chip: host.chip };
  }

  test("the proof fits one answer of the chip and takes the time of an RSA operation, by S(WTX)", async () => {
    const { answer, tookUs, chip } = await hostWith();
    expect(answer).toMatch(/^00[0-9A-F]{512}9000$/);
    expect(tookUs).toBeGreaterThan(165_000);
    expect(tookUs).toBeLessThan(215_000);
    expect(chip.unhandled).toEqual([]);
  });

  test("the time is the card's own to choose", async () => {
    const quick = await hostWith(10_000);
    const slow = await hostWith(1_000_000);
    expect(slow.answer).toBe(quick.answer);
    expect(Math.abs(slow.tookUs - quick.tookUs - 990_000)).toBeLessThan(10_000);
  });
});
