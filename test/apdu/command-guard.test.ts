import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CommandGuard } from "../../src/apdu/command-guard.ts";
import { type Exchange, run } from "../../src/apdu/exchange.ts";
import { hex } from "../../src/bytes/hex.ts";
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

/** Instructions that reach a card at all, in any state; everything else is a PIN, key or writing command. */
const EVER_PERMITTED = new Set([0xa4, 0xb0, 0xb1, 0xc0, 0x22, 0x88]);

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
      expect(any.cla).toBe(0);
      expect(EVER_PERMITTED.has(any.ins)).toBe(true);
      if (any.ins === 0x22) expect(any.data).toEqual(hex("800102840183"));
      if (any.ins === 0x22 || any.ins === 0x88) expect(path.at(-1)).toBe(AIDS.cie);
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
