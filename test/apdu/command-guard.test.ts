import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CommandGuard, permitsInSession } from "../../src/apdu/command-guard.ts";
import { type Exchange, run } from "../../src/apdu/exchange.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { silentLog } from "../../src/ports/log.ts";
import { ok } from "../../src/result.ts";
import { instant, millis } from "../../src/time/time.ts";

const AIDS = {
  ias: "A0000000308000000009816001",
  cie: "A00000000039",
  emrtd: "A0000002471001",
  payment: "325041592E5359532E4444463031",
} as const;
const select = (aid: string) => ({ cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x0c, data: hex(aid) }) as const;
const command = (ins: number, p1: number, p2: number, data = "") => ({
  cla: 0x00,
  ins,
  p1,
  p2,
  data: hex(data),
});

/** A guard after these selections. */
function guardAt(...aids: readonly string[]): CommandGuard {
  const guard = new CommandGuard();
  for (const aid of aids) guard.succeeded(select(aid));
  return guard;
}

describe("what a reading of the service side needs is permitted", () => {
  test.each([
    ["EF by short identifier", command(0xb0, 0x81, 0x00)],
    ["EF at an offset", command(0xb0, 0x00, 0xe6)],
    ["EF by odd instruction", command(0xb1, 0x00, 0x01, "54020000")],
    ["key 3 for internal authentication", command(0x22, 0x41, 0xa4, "800102840183")],
    ["internal authentication", command(0x88, 0x00, 0x00, "00".repeat(32))],
    ["the rest of an answer", command(0xc0, 0x00, 0x00)],
  ])("%s", (_what, permitted) => {
    expect(guardAt(AIDS.ias, AIDS.cie).permits(permitted)).toBe(true);
  });
});

describe("PIN and key commands are refused in every application", () => {
  const forbidden = [
    ["VERIFY", command(0x20, 0x00, 0x81, "3132333435363738")],
    ["CHANGE REFERENCE DATA", command(0x24, 0x00, 0x81)],
    ["RESET RETRY COUNTER", command(0x2c, 0x03, 0x81)],
    ["EXTERNAL AUTHENTICATE", command(0x82, 0x00, 0x00)],
    ["MSE with key 1", command(0x22, 0x41, 0xa4, "800102840181")],
    ["MSE with key 2", command(0x22, 0x41, 0xa4, "800102840182")],
    ["MSE with key 4", command(0x22, 0x41, 0xa4, "800102840184")],
    ["MSE for another use", command(0x22, 0xc1, 0xa4, "800102840183")],
    ["the service key under secure messaging", { ...command(0x22, 0x41, 0xa4, "800102840183"), cla: 0x0c }],
  ] as const;
  test.each(forbidden)("%s", (_what, refused) => {
    for (const path of [[], [AIDS.ias], [AIDS.ias, AIDS.cie], [AIDS.emrtd], [AIDS.payment]])
      expect(guardAt(...path).permits(refused)).toBe(false);
  });
});

test("keys are used in the CIE application alone, and only while it is selected", () => {
  const authenticate = command(0x88, 0x00, 0x00, "00".repeat(32));
  expect(guardAt(AIDS.ias).permits(authenticate)).toBe(false);
  expect(guardAt(AIDS.ias, AIDS.cie, AIDS.payment).permits(authenticate)).toBe(false);
  const left = guardAt(AIDS.cie);
  left.succeeded(command(0xa4, 0x00, 0x00));
  expect(left.permits(authenticate)).toBe(false);
});

test("nothing but a selection goes to an application that is not ours", () => {
  const guard = guardAt(AIDS.payment);
  expect(guard.permits(command(0xb0, 0x81, 0x00))).toBe(false);
  expect(guard.permits(select(AIDS.cie))).toBe(true);
});

/** MSE:Set AT of PACE with GM over id 12 and AES-128, for a password by its number. */
const paceWith = (password: string) =>
  command(0x22, 0xc1, 0xa4, `800A04007F00070202040202 8301${password} 84010C`);
/** The shape of a protected command: cryptogram, Le, code. */
const PROTECTED = `8709 01${"AA".repeat(8)} 970100 8E08${"BB".repeat(8)}`;
const secured = (ins: number, p1: number, p2: number, data = PROTECTED) => ({
  ...command(ins, p1, p2, data),
  cla: 0x0c,
});

describe("what a travel document needs is permitted where it belongs", () => {
  test.each([
    ["PACE with the MRZ", [], paceWith("01")],
    ["PACE with the CAN", [], paceWith("02")],
    ["a round of PACE, chained", [], { ...command(0x86, 0, 0, "7C00"), cla: 0x10 }],
    ["the last round of PACE", [], command(0x86, 0, 0, "7C0A8508")],
    ["GET CHALLENGE of BAC", [AIDS.emrtd], command(0x84, 0, 0)],
    ["EXTERNAL AUTHENTICATE of BAC", [AIDS.emrtd], command(0x82, 0, 0, "00".repeat(40))],
    ["a protected read after PACE", [], secured(0xb0, 0x81, 0x00)],
    ["a protected read after BAC", [AIDS.emrtd], secured(0xb0, 0x81, 0x00)],
    ["a protected odd read", [], secured(0xb1, 0, 0, PROTECTED.replace("8709 01", "8508 "))],
    ["a protected command without data", [], secured(0xb0, 0, 0, `970100 8E08${"BB".repeat(8)}`)],
  ])("%s", (_what, path, permitted) => {
    expect(guardAt(...path).permits(permitted)).toBe(true);
  });

  test("nor can a protected selection lead the guard astray", () => {
    const guard = guardAt();
    guard.succeeded({ ...select(AIDS.cie), cla: 0x0c });
    expect(guard.permits(command(0x88, 0x00, 0x00, "00".repeat(32)))).toBe(false);
  });
});

describe("what a travel document must never be asked", () => {
  const everywhere: readonly (readonly string[])[] = [
    [],
    [AIDS.ias],
    [AIDS.ias, AIDS.cie],
    [AIDS.emrtd],
    [AIDS.payment],
  ];
  test.each([
    ["PACE with the PIN", paceWith("03")],
    ["PACE with the PUK", paceWith("04")],
    ["PACE with the CAN named behind the PIN", command(0x22, 0xc1, 0xa4, "830103 830102")],
    ["PACE with a password of two bytes", command(0x22, 0xc1, 0xa4, "83020102")],
    ["PACE with none", command(0x22, 0xc1, 0xa4, "800A04007F00070202040202")],
    ["terminal authentication", command(0x22, 0x81, 0xa4, "840102")],
    ["a certificate to verify", command(0x2a, 0x00, 0xbe)],
    ["fingerprints by short identifier", command(0xb0, 0x83, 0x00)],
    ["irises by short identifier", command(0xb0, 0x84, 0x00)],
    ["fingerprints under protection", secured(0xb0, 0x83, 0x00)],
    ["fingerprints by identifier", command(0xa4, 0x02, 0x0c, "0103")],
    ["irises by identifier", command(0xa4, 0x02, 0x0c, "0104")],
    ["a protected command that hides nothing", secured(0xb0, 0x00, 0x00, "970100")],
    ["a protected command with a plain object", secured(0x22, 0x41, 0xa4, `840181 8E08${"BB".repeat(8)}`)],
    ["VERIFY under protection", secured(0x20, 0x00, 0x81)],
  ] as const)("%s", (_what, refused) => {
    for (const path of everywhere) expect(guardAt(...path).permits(refused)).toBe(false);
  });
});

describe("inside a session", () => {
  test.each([
    ["the travel application", select(AIDS.emrtd), true],
    ["the master file", command(0xa4, 0x00, 0x0c, "3F00"), true],
    ["a file", command(0xa4, 0x02, 0x0c, "0101"), true],
    ["a file by short identifier", command(0xb0, 0x81, 0x00), true],
    ["far into a file", command(0xb1, 0x00, 0x00, "54029000"), true],
    ["a key for chip authentication", command(0x22, 0x41, 0xa6, "910100"), true],
    ["chip authentication named", command(0x22, 0x41, 0xa4, "800A04007F00070202030202"), true],
    ["its agreement", command(0x86, 0x00, 0x00, "7C00"), true],
    ["active authentication", command(0x88, 0x00, 0x00, "00".repeat(8)), true],
    ["another application", select(AIDS.cie), false],
    ["the fingerprints", command(0xa4, 0x02, 0x0c, "0103"), false],
    ["the irises", command(0xa4, 0x02, 0x0c, "0104"), false],
    ["the fingerprints by short identifier", command(0xb0, 0x83, 0x00), false],
    ["the irises by short identifier", command(0xb0, 0x84, 0x00), false],
    ["the fingerprints by the odd form", command(0xb1, 0x00, 0x03, "540100"), false],
    ["the irises by the odd form", command(0xb1, 0x01, 0x04, "540100"), false],
    ["VERIFY", command(0x20, 0x00, 0x81), false],
    ["terminal authentication", command(0x22, 0x81, 0xa4), false],
    ["another PACE", paceWith("03"), false],
    ["what is protected already", secured(0xb0, 0x81, 0x00), false],
  ] as const)("%s: %s", (_what, asked, permitted) => {
    expect(permitsInSession(asked)).toBe(permitted);
  });
});

type Path = readonly string[];
const inPlain = (_: Path, { cla }: Anything): boolean => cla === 0x00;
const inPlainAfter = (aid: string) => (path: Path, any: Anything) => any.cla === 0x00 && path.at(-1) === aid;
interface Anything {
  readonly cla: number;
  readonly data: Uint8Array;
}

/**
 * Instructions that reach a card at all, and what must hold when one of these random commands does; everything else is a
 * PIN, key or writing command. None of them is a protected one or a PACE by chance.
 */
const EVER_PERMITTED = new Map<number, (path: Path, any: Anything) => boolean>([
  [0xa4, inPlain],
  [0xb0, inPlain],
  [0xb1, inPlain],
  [0xc0, inPlain],
  [0x22, (path, any) => inPlainAfter(AIDS.cie)(path, any) && toHex(any.data) === "800102840183"],
  [0x88, inPlainAfter(AIDS.cie)],
  [0x84, inPlainAfter(AIDS.emrtd)],
  [0x82, inPlainAfter(AIDS.emrtd)],
  [0x86, (path, { cla }) => path.length === 0 && (cla & 0xef) === 0],
]);

test("whatever a defect may write down, no other instruction, key or class passes", () => {
  const byte = fc.nat({ max: 255 });
  const anyPath = fc.array(fc.constantFrom(...Object.values(AIDS)), { maxLength: 4 });
  const anyCommand = fc.record({
    cla: fc.oneof(fc.constant(0), byte),
    ins: byte,
    p1: byte,
    p2: byte,
    data: fc.uint8Array({ maxLength: 40 }),
  });
  fc.assert(
    fc.property(anyPath, anyCommand, (path, any) => {
      if (!guardAt(...path).permits(any)) return;
      expect(EVER_PERMITTED.get(any.ins)?.(path, any)).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});

test("the runner sends nothing that the guard refuses, and says so as a defect", async () => {
  function* authenticateTooEarly(): Exchange<void, never> {
    yield { cla: 0x00, ins: 0x88, p1: 0x00, p2: 0x00, data: new Uint8Array(32), le: 256 };
    return ok(undefined);
  }
  const sent: Uint8Array[] = [];
  const card = {
    transceive: async (apdu: Uint8Array) => {
      sent.push(apdu);
      return ok(hex("9000"));
    },
  };
  const clock = { monotonicMs: () => millis(0), wallTime: () => instant(0), sleep: async () => undefined };
  const context = { clock, log: silentLog, until: millis(1_000) };
  await expect(run(authenticateTooEarly(), card, context)).rejects.toThrow(/00880000/);
  expect(sent).toEqual([]);
});
