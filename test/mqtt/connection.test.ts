import { describe, expect, test } from "vitest";
import { afterFailure, afterLink, type ConnectionPolicy, FIRST_ATTEMPT } from "../../src/mqtt/connection.ts";
import type { ConnectError } from "../../src/mqtt/mqtt-link.ts";
import { millis } from "../../src/time/time.ts";

const unreachable: ConnectError = { kind: "unreachable", cause: undefined };
const refused = (code: number): ConnectError => ({ kind: "refused", code, reason: "" });
const end = (chance: number, nowMs = 0) => ({ now: millis(nowMs), chance });

describe("waiting", () => {
  test("full jitter: anywhere between nothing and a ceiling that doubles from 1 s to 120 s", () => {
    let policy: ConnectionPolicy = FIRST_ATTEMPT;
    const ceilings = Array.from({ length: 9 }, () => {
      expect(afterFailure(policy, unreachable, end(0)).delayMs).toBe(0);
      const next = afterFailure(policy, unreachable, end(1));
      policy = next.policy;
      return next.delayMs / 1000;
    });
    expect(ceilings).toEqual([1, 2, 4, 8, 16, 32, 64, 120, 120]);
  });

  test.each([0x97, 0x9f, 0x8e])("reason %i asks for patience: at least 30 s from the start", (code) => {
    expect(afterFailure(FIRST_ATTEMPT, refused(code), end(0)).delayMs).toBe(30_000);
    expect(afterFailure(FIRST_ATTEMPT, refused(code), end(1)).delayMs).toBe(60_000);
    expect(afterLink(FIRST_ATTEMPT, { code, reason: "", livedMs: 1e9 }, end(0)).delayMs).toBe(30_000);
  });

  test("a connection that lived forgives the failures before it; one that did not is another failure", () => {
    const tired = { ...FIRST_ATTEMPT, failures: 6 };
    expect(afterLink(tired, { reason: "", livedMs: 30_000 }, end(1)).delayMs).toBe(1000);
    expect(afterLink(tired, { reason: "", livedMs: 29_999 }, end(1)).delayMs).toBe(120_000);
  });
});

describe("protocol version", () => {
  test.each([
    ["refuses the version", refused(0x84)],
    ["hangs up without an answer", { kind: "closedEarly" } as const],
  ])("a broker that %s is asked for 3.1.1 at once", (_what, error) => {
    expect(afterFailure(FIRST_ATTEMPT, error, end(1))).toMatchObject({ delayMs: 0, policy: { level: 4 } });
  });

  test("other refusals keep the version", () => {
    for (const error of [refused(0x86), refused(0x87), unreachable]) {
      expect(afterFailure(FIRST_ATTEMPT, error, end(1)).policy.level).toBe(5);
    }
  });

  test("once 5 has worked, a silent close is a restart, not a refusal", () => {
    const { policy } = afterLink(FIRST_ATTEMPT, { reason: "", livedMs: 60_000 }, end(1));
    expect(afterFailure(policy, { kind: "closedEarly" }, end(1)).policy.level).toBe(5);
  });

  test("a broker that hangs up on both is asked for each in turn, with growing pauses", () => {
    let next = afterFailure(FIRST_ATTEMPT, { kind: "closedEarly" }, end(1));
    const asked = [next.policy.level];
    const delays = [next.delayMs];
    for (let round = 0; round < 4; round++) {
      next = afterFailure(next.policy, { kind: "closedEarly" }, end(1));
      asked.push(next.policy.level);
      delays.push(next.delayMs);
    }
    expect(asked).toEqual([4, 5, 4, 5, 4]);
    expect(delays).toEqual([0, 2000, 4000, 8000, 16_000]);
  });

  test("what worked is kept for an hour, then 5 is asked for again", () => {
    const { policy } = afterFailure(FIRST_ATTEMPT, refused(0x84), end(1, 1000));
    const soon = afterLink(policy, { reason: "", livedMs: 60_000 }, end(1, 3_600_999));
    expect(soon.policy).toMatchObject({ level: 4, proven: 4 });
    expect(afterFailure(soon.policy, { kind: "closedEarly" }, end(1)).policy.level).toBe(4);
    expect(afterLink(policy, { reason: "", livedMs: 60_000 }, end(1, 3_601_000)).policy.level).toBe(5);
  });
});
