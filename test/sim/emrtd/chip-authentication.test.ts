/** The chip's side of chip authentication: published and recorded runs, both forms, and what is refused. */
import { describe, expect, test } from "vitest";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { writeTlv } from "../../../src/bytes/write-tlv.ts";
import { type CardCommand, parseCommand } from "../../../src/sim/cards/apdu.ts";
import {
  ChipAuthentication,
  chipAuthenticationProtocol,
} from "../../../src/sim/emrtd/chip-authentication.ts";
import { ChipCipher } from "../../../src/sim/emrtd/chip-cipher.ts";
import { chipGroup } from "../../../src/sim/emrtd/chip-group.ts";
import { NO_LATENCY } from "../../../src/sim/emrtd/chip-latency.ts";
import type { ChipKey, ChipSuite } from "../../../src/sim/emrtd/content.ts";
import { numberOf } from "../../../src/sim/emrtd/numbers.ts";
import { SecureChannel } from "../../../src/sim/emrtd/secure-channel.ts";
import vectors from "../../vectors/chip-authentication.json" with { type: "json" };
import { read, SELECT_APPLICATION, Talk } from "./ends.ts";
import { chipOf, DG1, SMALL } from "./small-document.ts";

const SUITES: readonly ChipSuite[] = ["3DES", "AES-128", "AES-192", "AES-256"];
const recorded = vectors.cases.flatMap((row) => (row.steps === undefined ? [] : [row]));
const worked = vectors.cases.flatMap((row) => (row.chipPrivateKey === undefined ? [] : [row]));

function parsed(apdu: string): CardCommand {
  const command = parseCommand(hex(apdu));
  if (command === undefined) throw new Error("the vector holds no command");
  return command;
}

/** Parity bits of DES keys are published or not; no cipher looks at them. */
const shown = (suite: ChipSuite, key: Uint8Array) =>
  toHex(suite === "3DES" ? key.map((byte) => byte & 0xfe) : key);

type Recording = (typeof recorded)[number];
const sessionKeys = (
  suite: ChipSuite,
  keys: { readonly ksEnc: string; readonly ksMac: string },
  ssc = "",
) => ({
  suite,
  enc: hex(keys.ksEnc),
  mac: hex(keys.ksMac),
  counter: numberOf(hex(ssc)),
});

/** The chip's ends of both sessions of a recording: the one that is on, and the one that comes of it. */
function sessionsOf(row: Recording) {
  const { before } = row;
  if (before === undefined) throw new Error("a recording without its session");
  const suite: ChipSuite = row.name.startsWith("3DES") ? "3DES" : "AES-128";
  const ofAes = before.ksEnc.length === 64 ? "AES-256" : "AES-128";
  const old = sessionKeys(before.cipher === "3DES" ? "3DES" : ofAes, before, before.ssc);
  return { suite, old: new SecureChannel(old), renewed: new SecureChannel(sessionKeys(suite, row)) };
}

describe.each(recorded)("recorded: $name", (row) => {
  const { suite, old, renewed } = sessionsOf(row);

  test("derives the keys", () => {
    const cipher = new ChipCipher(suite);
    const keys = [1 as const, 2 as const].map((counter) => cipher.deriveKey(hex(row.K), counter));
    expect(keys.map((key) => shown(suite, key))).toEqual(
      [row.ksEnc, row.ksMac].map((key) => shown(suite, hex(key))),
    );
  });

  test("seals the answer to the reader's key under the old keys, and the next under the new", () => {
    const steps = row.steps ?? [];
    for (const step of steps) {
      const channel = step === steps.at(-1) ? renewed : old;
      const plain = parsed(step.plainCommand);
      expect(channel.open(parsed(step.protectedCommand))).toEqual(plain);
      const data = hex(("plainResponse" in step ? step.plainResponse : undefined) ?? "");
      expect(toHex(channel.seal({ data, sw: 0x9000 }, plain.ins))).toBe(step.protectedResponse);
    }
  });
});

describe.each(worked)("worked: $name", (row) => {
  const parameterId = row.name.includes("DH 1024") ? 0 : 13;
  const key: ChipKey = { parameterId, suites: ["AES-128"], secret: hex(row.chipPrivateKey ?? "") };
  const version1 = row.version1KeysFromSameSecret;

  test("the secret belongs to the public key", () => {
    const group = chipGroup(parameterId);
    expect(toHex(group.multiply(numberOf(key.secret), group.generator))).toBe(row.chipPublicKey);
  });

  test("agrees on the keys of version 1", () => {
    const protocol = chipAuthenticationProtocol(parameterId, "AES-128");
    const chip = chipAuthentication([key]);
    expect(chip.set(setTemplate(0xa4, writeTlv(0x80, protocol)))).toBe(0x9000);
    const data = writeTlv(0x7c, writeTlv(0x80, hex(row.terminalPublicKey)));
    const reply = chip.authenticate({ cla: 0, ins: 0x86, p1: 0, p2: 0, data, le: 256 }).reply();
    expect([toHex(reply.data), reply.sw]).toEqual(["7C00", 0x9000]);
    expect(reply.session && [reply.session.enc, reply.session.mac].map(toHex)).toEqual([
      version1?.ksEnc,
      version1?.ksMac,
    ]);
    expect(reply.session?.counter).toBe(0n);
  });
});

const chipAuthentication = (chipKeys: readonly ChipKey[]) =>
  new ChipAuthentication({ content: { ...SMALL, chipKeys }, behaviour: {}, latency: NO_LATENCY });

const setTemplate = (p2: number, data: Uint8Array): CardCommand => ({
  cla: 0,
  ins: 0x22,
  p1: 0x41,
  p2,
  data,
});

const SECRET = new Uint8Array(32).fill(7);
const theirs = (parameterId: number) => {
  const group = chipGroup(parameterId);
  const secret = 123_456_789n;
  const fixed = group.multiply(numberOf(SECRET), group.generator);
  const shared = group.sharedSecret(group.multiply(secret, fixed));
  return { publicKey: group.multiply(secret, group.generator), shared };
};

describe.each([2, 12, 16])("with a key of group %i", (parameterId) => {
  const { publicKey, shared } = theirs(parameterId);
  const keys = (suites: readonly ChipSuite[]): readonly ChipKey[] => [
    { parameterId, suites, secret: SECRET },
  ];

  test.each(SUITES)("by Set AT and %s", (suite) => {
    const chip = chipAuthentication(keys([suite]));
    chip.set(setTemplate(0xa4, writeTlv(0x80, chipAuthenticationProtocol(parameterId, suite))));
    const data = writeTlv(0x7c, writeTlv(0x80, publicKey));
    const { session } = chip.authenticate({ cla: 0, ins: 0x86, p1: 0, p2: 0, data, le: 256 }).reply();
    expect(session?.enc).toEqual(new ChipCipher(suite).deriveKey(shared, 1));
    expect(session?.suite).toBe(suite);
  });

  test("by Set KAT, which is for 3DES", () => {
    const data = writeTlv(0x91, publicKey);
    const { session, sw } = chipAuthentication(keys(["3DES", "AES-128"]))
      .setKey(setTemplate(0xa6, data))
      .reply();
    expect([session?.suite, sw]).toEqual(["3DES", 0x9000]);
    const none = chipAuthentication(keys(["AES-128"]))
      .setKey(setTemplate(0xa6, data))
      .reply();
    expect([none.session, none.sw]).toEqual([undefined, 0x6a88]);
  });

  test("not with what is no element of the group", () => {
    const group = chipGroup(parameterId);
    for (const kind of ["invalid", "neutral", "orderTwo", "outside"] as const) {
      const data = writeTlv(0x91, group.bad(kind));
      const { session, sw } = chipAuthentication(keys(["3DES"]))
        .setKey(setTemplate(0xa6, data))
        .reply();
      expect([session, sw]).toEqual([undefined, 0x6a80]);
    }
  });
});

describe("of several keys", () => {
  const keys: readonly ChipKey[] = [
    { parameterId: 13, keyId: 13, suites: ["AES-128"], secret: SECRET },
    { parameterId: 13, keyId: 72, suites: ["AES-128"], secret: new Uint8Array(32).fill(9) },
  ];
  const protocol = writeTlv(0x80, chipAuthenticationProtocol(13, "AES-128"));
  const set = (data: Uint8Array) => chipAuthentication(keys).set(setTemplate(0xa4, data));

  test("the one is taken that is named", () => {
    expect([13, 72].map((id) => set(concat(protocol, writeTlv(0x84, Uint8Array.of(id)))))).toEqual([
      0x9000, 0x9000,
    ]);
  });

  test("none where none is named, or one that there is not", () => {
    expect([set(protocol), set(concat(protocol, hex("840101")))]).toEqual([0x6a88, 0x6a88]);
  });

  test.each(["", "8001", "83010D", "800A04007F00070202030209", "800A04007F00070202030102"])(
    "nor for the data %s",
    (data) => {
      expect([0x6a80, 0x6a88]).toContain(set(hex(data)));
    },
  );
});

test("the whole of it inside a session, which goes on under the new keys", () => {
  const { publicKey, shared } = theirs(13);
  const chipKeys: readonly ChipKey[] = [{ parameterId: 13, suites: ["AES-256"], secret: SECRET }];
  const talk = Talk.byPace(chipOf({ ...SMALL, chipKeys }));
  talk.ask(SELECT_APPLICATION);
  const protocol = writeTlv(0x80, chipAuthenticationProtocol(13, "AES-256"));
  expect(talk.ask({ cla: 0, ins: 0x22, p1: 0x41, p2: 0xa4, data: protocol }).sw).toBe(0x9000);
  const data = writeTlv(0x7c, writeTlv(0x80, publicKey));
  expect(toHex(talk.ask({ cla: 0, ins: 0x86, p1: 0, p2: 0, data, le: 256 }).data)).toBe("7C00");
  const cipher = new ChipCipher("AES-256");
  const [ksEnc, ksMac] = [cipher.deriveKey(shared, 1), cipher.deriveKey(shared, 2)];
  talk.renew({ suite: "AES-256", ksEnc, ksMac });
  expect(talk.ask(read(0x81, 0, DG1.length)).data).toEqual(DG1);
});
