import { expect, test } from "vitest";
import { type CommandApdu, encodeCommand, type Instruction } from "../../src/apdu/command.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { SecureSession } from "../../src/emrtd/secure-messaging.ts";
import { good } from "../good.ts";
import {
  PUBLISHED_SESSIONS,
  type PublishedSession,
  type SessionStep,
  SINGLE_STEPS,
} from "./secure-messaging-sessions.ts";
import { responseOf } from "./session-ends.ts";

/** The inverse of encoding, for the forms that the vectors hold: short ones, and a long Le without data. */
function decoded(command: string): CommandApdu {
  const [cla = 0, ins, p1 = 0, p2 = 0, ...body] = hex(command);
  const header = { cla, ins: instruction(ins), p1, p2 };
  const [lc = 0, ...rest] = body;
  if (rest.length === 0) return { ...header, le: lc || 256 };
  if (lc === 0) return { ...header, le: (rest[0] ?? 0) * 256 + (rest[1] ?? 0) };
  const data = Uint8Array.from(rest.slice(0, lc));
  const le = rest[lc];
  return le === undefined ? { ...header, data } : { ...header, data, le: le || 256 };
}

function instruction(ins: number | undefined): Instruction {
  const known = ([0xa4, 0xb0, 0xb1, 0x22] as const).find((one) => one === ins);
  if (known === undefined) throw new Error("an instruction that no vector has");
  return known;
}

/** A session where `step` finds it, and the counter in it: the session counts in the bytes that it was given. */
function sessionBefore({ suite: name, ksEnc, ksMac }: PublishedSession, ssc: Uint8Array): SecureSession {
  return new SecureSession({ suite: name, ksEnc: hex(ksEnc), ksMac: hex(ksMac), ssc });
}

function expectStep(reader: SecureSession, step: Omit<SessionStep, "sscBefore">): void {
  const command = good(reader.protect(decoded(step.plainCommand)));
  expect(toHex(encodeCommand(command))).toBe(step.protectedCommand);
  if (step.protectedResponse === undefined) return;
  const plain = good(reader.unprotect(responseOf(hex(step.protectedResponse))));
  expect(toHex(plain.data)).toBe(step.plainResponse);
  expect(plain.sw).toBe(step.sw);
}

test.each(PUBLISHED_SESSIONS)("$name, as one session", (session) => {
  const ssc = hex(session.sscStart);
  const reader = sessionBefore(session, ssc);
  for (const step of session.steps) {
    expectStep(reader, step);
    if (step.sscAfter !== undefined) expect(toHex(ssc)).toBe(step.sscAfter);
  }
});

test("the vectors are all there", () => {
  expect(PUBLISHED_SESSIONS).toHaveLength(3 + 5);
  expect(SINGLE_STEPS).toHaveLength(9 + 30);
});

test.each(SINGLE_STEPS)("$session.name: $name, by itself", ({ session, sscBefore, ...step }) => {
  const ssc = hex(sscBefore);
  const reader = sessionBefore(session, ssc);
  expectStep(reader, step);
  expect(toHex(ssc)).toBe(step.sscAfter);
});
