/** The chip's end of secure messaging against the published sessions, and what it refuses. */
import { describe, expect, test } from "vitest";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { type CardCommand, parseCommand } from "../../../src/sim/cards/apdu.ts";
import { numberOf } from "../../../src/sim/emrtd/numbers.ts";
import { roomInside, SecureChannel } from "../../../src/sim/emrtd/secure-channel.ts";
import {
  PUBLISHED_SESSIONS,
  type PublishedSession,
  type SessionStep,
  SINGLE_STEPS,
} from "../../emrtd/secure-messaging-sessions.ts";
import { SUITES } from "../../emrtd/session-ends.ts";
import tripleDes from "../../vectors/secure-messaging-3des.json" with { type: "json" };

const { ksEnc, ksMac } = tripleDes;

function parsed(apdu: string): CardCommand {
  const command = parseCommand(hex(apdu));
  if (command === undefined) throw new Error("the vector holds no command");
  return command;
}

const channelOf = (session: PublishedSession, counter: string) =>
  new SecureChannel({
    suite: session.suite,
    enc: hex(session.ksEnc),
    mac: hex(session.ksMac),
    counter: numberOf(hex(counter)),
  });

function expectStep(channel: SecureChannel, step: Omit<SessionStep, "sscBefore">): void {
  const plain = parsed(step.plainCommand);
  expect(channel.open(parsed(step.protectedCommand))).toEqual(plain);
  if (step.protectedResponse === undefined) return;
  const sealed = channel.seal({ data: hex(step.plainResponse ?? ""), sw: step.sw }, plain.ins);
  expect(toHex(sealed)).toBe(step.protectedResponse);
}

test.each(PUBLISHED_SESSIONS)("$name, as one session", (session) => {
  const channel = channelOf(session, session.sscStart);
  for (const step of session.steps) expectStep(channel, step);
});

test("the vectors are all there", () => {
  expect([PUBLISHED_SESSIONS.length, SINGLE_STEPS.length]).toEqual([3 + 5, 9 + 30]);
});

test.each(SINGLE_STEPS)("$session.name: $name, by itself", ({ session, sscBefore, ...step }) => {
  expectStep(channelOf(session, sscBefore), step);
});

test("the counter goes round its last value", () => {
  const keys = { suite: "3DES", enc: hex(ksEnc), mac: hex(ksMac) } as const;
  const [last, before] = [2n ** 64n - 1n, -1n].map((counter) => new SecureChannel({ ...keys, counter }));
  const sealed = [last, before].map((channel) => channel?.seal({ data: hex("CAFE"), sw: 0x9000 }, 0xb0));
  expect(sealed[0]).toEqual(sealed[1]);
});

describe("a command that is not sound ends the session", () => {
  const [d4] = PUBLISHED_SESSIONS;
  const step = d4?.steps[0];
  if (d4 === undefined || step === undefined) throw new Error("no published session");
  const opened = (apdu: string) => channelOf(d4, step.sscBefore ?? "").open(parsed(apdu));

  test("with any bit turned", () => {
    const whole = hex(step.protectedCommand);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const turned = whole.map((byte, index) => (index === bit >> 3 ? byte ^ (0x80 >> (bit & 7)) : byte));
      const command = parseCommand(turned);
      // What stands in Le's place outside is covered by no code.
      if (command === undefined || turned.at(-1) !== 0) continue;
      expect([0x6700, 0x6987, 0x6988]).toContain(channelOf(d4, step.sscBefore ?? "").open(command));
    }
  });

  test.each([
    ["without objects", "0CA4020C0000", 0x6700],
    ["without a code", "0CA4020C0B8709016375432908C044F600", 0x6987],
    ["with an object that ends behind the command", "0CA4020C0487FF010200", 0x6987],
    ["with a length in indefinite form", "0CA4020C048780010200", 0x6987],
    ["with a code of another message", "0CA4020C158709016375432908C044F68E08000000000000000000", 0x6988],
    ["without Le", "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F8", 0x6700],
  ])("%s", (_, apdu, sw) => {
    const command = parseCommand(hex(apdu));
    expect(command === undefined ? 0x6700 : channelOf(d4, step.sscBefore ?? "").open(command)).toBe(sw);
  });

  test("by the same command a second time", () => {
    const channel = channelOf(d4, step.sscBefore ?? "");
    expect(typeof channel.open(parsed(step.protectedCommand))).toBe("object");
    expect(channel.open(parsed(step.protectedCommand))).toBe(0x6988);
  });

  test("sound it is", () => {
    expect(typeof opened(step.protectedCommand)).toBe("object");
  });
});

describe("false seals differ from true ones in one thing", () => {
  const keys = { suite: "AES-128", enc: new Uint8Array(16), mac: new Uint8Array(16), counter: 0n } as const;
  const reply = { data: hex("CAFE"), sw: 0x9000 };
  const sealed = (lie?: Parameters<SecureChannel["seal"]>[2]) =>
    toHex(new SecureChannel(keys).seal(reply, 0xb0, lie));
  const honest = sealed();

  test("in one bit of the code", () => {
    const lie = sealed("mac");
    expect(lie).toHaveLength(honest.length);
    const different = [...hex(lie)].map((byte, index) => byte ^ (hex(honest)[index] ?? 0));
    expect(different.filter((byte) => byte !== 0)).toEqual([1]);
    expect(different.findIndex((byte) => byte !== 0)).toBe(honest.length / 2 - 10);
  });

  test("in the status behind the code", () => {
    expect(sealed("status")).toBe(`${honest.slice(0, -4)}9001`);
  });

  test("in the counter", () => {
    const next = new SecureChannel({ ...keys, counter: 1n });
    expect(sealed("counter")).toBe(toHex(next.seal(reply, 0xb0)));
  });

  test("in having none", () => {
    expect([sealed("bare"), sealed("clear"), sealed("dropped")]).toEqual(["9000", "CAFE9000", "6988"]);
  });
});

test.each(SUITES)("as much fits an answer as its arithmetic says: %s", (suite) => {
  const keyBytes = { "3DES": 16, "AES-128": 16, "AES-192": 24, "AES-256": 32 }[suite];
  const key = new Uint8Array(keyBytes);
  for (const limitBytes of [60, 145, 146, 147, 256, 300, 1_000]) {
    const room = roomInside(suite, limitBytes);
    const lengthOf = (dataBytes: number) => {
      const channel = new SecureChannel({ suite, enc: key, mac: key, counter: 0n });
      return channel.seal({ data: new Uint8Array(dataBytes), sw: 0x9000 }, 0xb0).length - 2;
    };
    expect(lengthOf(room)).toBeLessThanOrEqual(limitBytes);
    expect(lengthOf(room + 1)).toBeGreaterThan(limitBytes);
  }
  expect(roomInside(suite, 256)).toBe(suite === "3DES" ? 231 : 223);
});

test("concatenation of objects is what the code covers, in their order", () => {
  const keys = {
    suite: "3DES",
    enc: hex(ksEnc),
    mac: hex(ksMac),
    counter: numberOf(hex("887022120C06C226")),
  } as const;
  const apdu = hex("0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800");
  const swapped = concat(apdu.subarray(0, 5), apdu.subarray(16, 26), apdu.subarray(5, 16), apdu.subarray(26));
  expect(new SecureChannel(keys).open(parsed(toHex(swapped)))).toBe(0x6987);
});
