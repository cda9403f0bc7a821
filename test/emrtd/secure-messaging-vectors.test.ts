import { expect, test } from "vitest";
import { type CommandApdu, encodeCommand, type Instruction } from "../../src/apdu/command.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import type { SuiteName } from "../../src/crypto/document-suite.ts";
import { SecureSession } from "../../src/emrtd/secure-messaging.ts";
import { good } from "../pki/makers.ts";
import tripleDes from "../vectors/secure-messaging-3des.json" with { type: "json" };
import aes from "../vectors/secure-messaging-aes.json" with { type: "json" };
import { responseOf, SUITES } from "./session-ends.ts";

interface Step {
  readonly name?: string;
  readonly sscBefore?: string;
  readonly plainCommand?: string;
  readonly protectedCommand: string;
  readonly plainResponse?: string;
  readonly sw?: string;
  readonly protectedResponse?: string;
  readonly sscAfter?: string;
}

interface Session {
  readonly name: string;
  readonly ksEnc: string;
  readonly ksMac: string;
  readonly sscStart?: string;
  readonly steps: readonly Step[];
}

const { ksEnc, ksMac } = tripleDes;
const SESSIONS: readonly Session[] = [
  ...tripleDes.sessions.map((session) => ({ ...session, ksEnc, ksMac })),
  ...aes.sessions,
];
/** What the steps of a recording are named after, where their plain commands were not recorded. */
const PLAIN_COMMANDS: ReadonlyMap<string, string> = new Map([
  ["SELECT EF.CardSecurity", "00A4020C02011D"],
  ["READ BINARY 4", "00B0000004"],
]);

/** The names of the 3DES sessions tell no suite. */
const suiteOf = (session: Session): SuiteName =>
  SUITES.find((name) => session.name.startsWith(name)) ?? "3DES";

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
function sessionBefore(session: Session, ssc: Uint8Array): SecureSession {
  return new SecureSession({
    suite: suiteOf(session),
    ksEnc: hex(session.ksEnc),
    ksMac: hex(session.ksMac),
    ssc,
  });
}

const zeros = (session: Session): string => "00".repeat(suiteOf(session) === "3DES" ? 8 : 16);

function expectStep(reader: SecureSession, step: Step): void {
  const plainCommand = step.plainCommand ?? PLAIN_COMMANDS.get(step.name ?? "") ?? "";
  const command = good(reader.protect(decoded(plainCommand)));
  expect(toHex(encodeCommand(command))).toBe(step.protectedCommand);
  if (step.protectedResponse === undefined) return;
  const plain = good(reader.unprotect(responseOf(hex(step.protectedResponse))));
  expect(toHex(plain.data)).toBe(step.plainResponse);
  expect(plain.sw).toBe(Number.parseInt(step.sw ?? "9000", 16));
}

test.each(SESSIONS)("$name, as one session", (session) => {
  const ssc = hex(session.steps[0]?.sscBefore ?? session.sscStart ?? zeros(session));
  const reader = sessionBefore(session, ssc);
  for (const step of session.steps) {
    expectStep(reader, step);
    if (step.sscAfter !== undefined) expect(toHex(ssc)).toBe(step.sscAfter);
  }
});

const SINGLE = SESSIONS.flatMap((session) =>
  session.steps.flatMap((step) => (step.sscBefore === undefined ? [] : [{ ...step, session }])),
);

test("the vectors are all there", () => {
  expect(SESSIONS).toHaveLength(3 + 5);
  expect(SINGLE).toHaveLength(9 + 30);
});

test.each(SINGLE)("$session.name: $name, by itself", ({ session, sscBefore = "", ...step }) => {
  const ssc = hex(sscBefore);
  const reader = sessionBefore(session, ssc);
  expectStep(reader, step);
  expect(toHex(ssc)).toBe(step.sscAfter);
});
