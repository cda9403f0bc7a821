/** The chip's side of BAC: the worked example of Doc 9303-11 D.3, and what is refused. */
import { describe, expect, test } from "vitest";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { ChipBac } from "../../../src/sim/emrtd/chip-bac.ts";
import { ChipCipher } from "../../../src/sim/emrtd/chip-cipher.ts";
import { NO_LATENCY } from "../../../src/sim/emrtd/chip-latency.ts";
import { WrongPasswords } from "../../../src/sim/emrtd/wrong-passwords.ts";
import { withoutParity } from "../../emrtd/pace-rows.ts";
import { bad, good } from "../../good.ts";
import vector from "../../vectors/bac.json" with { type: "json" };
import mrz from "../../vectors/mrz-and-keys.json" with { type: "json" };
import tripleDes from "../../vectors/secure-messaging-3des.json" with { type: "json" };
import { bacWith } from "./ends.ts";
import { chipOf, GivenBytes, SMALL, say } from "./small-document.ts";

const SELECT = "00A4040C07A0000002471001";
const content = { ...SMALL, mrzInformation: mrz.bacKeys.mrzInformation };
const { rndIc, kIc, kEnc } = vector.inputs;
const published = () => chipOf(content, { random: new GivenBytes(hex(rndIc), hex(kIc)) });

test("the worked example is answered as published, and so is the session behind it", () => {
  const chip = published();
  expect(say(chip, SELECT)).toBe("9000");
  for (const { command, response } of vector.apdus) expect(say(chip, command)).toBe(response);
  const files = tripleDes.sessions[0]?.steps ?? [];
  // The chip of D.4 has an EF.COM of its own, so only what is said of the selection is the same.
  expect(say(chip, files[0]?.protectedCommand ?? "")).toBe(files[0]?.protectedResponse);
});

test("its keys and counter are the published ones", () => {
  const random = new GivenBytes(hex(rndIc), hex(kIc));
  const bac = new ChipBac({
    content,
    behaviour: {},
    latency: NO_LATENCY,
    random,
    wrongPasswords: new WrongPasswords(0),
  });
  const shown = (key: Uint8Array) => toHex(withoutParity("3DES", key));
  const header = { cla: 0, p1: 0, p2: 0 };
  expect(toHex(bac.challenge({ ...header, ins: 0x84, data: new Uint8Array(), le: 8 }).data)).toBe(rndIc);
  const data = concat(hex(vector.eIfd), hex(vector.mIfd));
  const reply = bac.authenticate({ ...header, ins: 0x82, data, le: 40 }).reply();
  expect(toHex(reply.data)).toBe(vector.eIc + vector.mIc);
  const cipher = new ChipCipher("3DES");
  expect(toHex(cipher.decrypt(hex(kEnc), reply.data.subarray(0, 32)))).toBe(vector.R);
  expect([cipher.deriveKey(hex(vector.kSeed), 1), cipher.deriveKey(hex(vector.kSeed), 2)].map(shown)).toEqual(
    [vector.ksEnc, vector.ksMac].map((key) => shown(hex(key))),
  );
  const { session } = reply;
  expect(session && [shown(session.enc), shown(session.mac)]).toEqual(
    [vector.ksEnc, vector.ksMac].map((key) => shown(hex(key))),
  );
  expect(session?.counter.toString(16).toUpperCase()).toBe(vector.ssc);
});

describe("refused", () => {
  const authenticate = vector.apdus[1]?.command ?? "";

  test("is another key, and an answer to another challenge", () => {
    const other = chipOf({ ...content, mrzInformation: SMALL.mrzInformation.replace("T", "U") });
    const later = chipOf(content);
    for (const chip of [other, later]) {
      say(chip, "0084000008");
      expect(say(chip, authenticate)).toBe("6300");
    }
  });

  test("is an answer without a challenge, or a second one to the same", () => {
    const chip = chipOf(content, { random: new GivenBytes(hex(rndIc), hex(kIc), hex(rndIc)) });
    expect(say(chip, authenticate)).toBe("6985");
    say(chip, "0084000008");
    expect(say(chip, authenticate.replace("72C2", "72C3"))).toBe("6300");
    expect(say(chip, authenticate)).toBe("6985");
  });

  test.each([
    ["0084000108", "6A86"],
    ["0084000004", "6700"],
    ["0082000000", "6985"],
  ])("is %s", (command, status) => {
    expect(say(chipOf(content), command)).toBe(status);
  });

  test("is every key by a chip without BAC", () => {
    expect(bad(bacWith(chipOf({ ...SMALL, bac: false })))).toEqual({ kind: "bacWithdrawn", sw: 0x6a88 });
  });
});

test("the gate's reader is let in", () => {
  expect(good(bacWith(chipOf(SMALL))).suite).toBe("3DES");
});

test("wrong keys make the chip slower, the right one forgives, and a reset does not", () => {
  const latency = { ...NO_LATENCY, wrongPasswordUs: 1_000 };
  const chip = chipOf(content, { latency });
  const wrong = vector.apdus[1]?.command ?? "";
  const waits = Array.from({ length: 13 }, () => {
    say(chip, "0084000008");
    const { workUs, response } = chip.process(hex(wrong));
    if (typeof response === "function") response();
    chip.reset();
    return workUs;
  });
  expect(waits).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10].map((count) => count * 1_000));
  const wrongByOne = chipOf(SMALL, { latency });
  say(wrongByOne, "0084000008");
  say(wrongByOne, wrong);
  good(bacWith(wrongByOne));
  say(wrongByOne, SELECT);
  wrongByOne.reset();
  say(wrongByOne, "0084000008");
  expect(wrongByOne.process(hex(wrong)).workUs).toBe(0);
});
