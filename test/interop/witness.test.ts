// The checks of the crash test on histories made by hand: each one must be able to fail.
import { describe, expect, test } from "vitest";
import type { ReceivedEvent } from "./back-end.ts";
import {
  type CommittedRow,
  deliveryFaults,
  groundlessPulses,
  overlongPulses,
  pulsesOf,
  type RelayEdge,
} from "./witness.ts";

const LIMITS = { maxPulseMs: 500, offAfterKillMs: 2_000 };

const pulse = (onAtMs: number, offAtMs: number): readonly RelayEdge[] => [
  { atMs: onAtMs, to: "on" },
  { atMs: offAtMs, to: "off" },
];
const row = (seq: number, timeMs: number, type = "acs.access.granted"): CommittedRow => ({
  journal: "j",
  seq,
  type,
  timeMs,
  hash: `hash ${seq}`,
});
const event = (seq: number, hash = `hash ${seq}`): ReceivedEvent => ({
  journal: "j",
  seq,
  type: "acs.access.granted",
  hash,
});

describe("the relay", () => {
  test("two grants, two pulses", () => {
    const pulses = pulsesOf([...pulse(1_010, 1_260), ...pulse(3_010, 3_260)], []);
    expect(groundlessPulses(pulses, [row(1, 1_000), row(2, 3_000)])).toEqual([]);
    expect(overlongPulses(pulses, LIMITS)).toEqual([]);
  });

  test.each([
    ["there is no grant at all", []],
    ["the row is a refusal", [row(1, 1_000, "acs.access.denied")]],
    ["the row was written afterwards", [row(1, 1_020)]],
    ["the grant is long past", [row(1, 1_010 - 2_001)]],
  ])("a pulse is groundless when %s", (_, rows) => {
    expect(groundlessPulses(pulsesOf(pulse(1_010, 1_260), []), rows)).toHaveLength(1);
  });

  test("one grant does not justify two pulses", () => {
    const pulses = pulsesOf([...pulse(1_010, 1_260), ...pulse(1_310, 1_560)], []);
    expect(groundlessPulses(pulses, [row(1, 1_000)])).toHaveLength(1);
  });

  test("a pulse over the maximum is found, and one that never ends", () => {
    expect(overlongPulses(pulsesOf(pulse(1_000, 1_501), []), LIMITS)).toEqual(["a pulse of 501 ms at 1000"]);
    expect(overlongPulses(pulsesOf([{ atMs: 1_000, to: "on" }], []), LIMITS)).toHaveLength(1);
  });

  test("a pulse that a kill cut may be longer, but not for long after the kill", () => {
    expect(overlongPulses(pulsesOf(pulse(1_000, 3_100), [1_100]), LIMITS)).toEqual([]);
    expect(overlongPulses(pulsesOf(pulse(1_000, 3_101), [1_100]), LIMITS)).toHaveLength(1);
    expect(overlongPulses(pulsesOf(pulse(1_000, 1_501), [900, 1_600]), LIMITS)).toHaveLength(1);
  });
});

describe("the back end", () => {
  const rows = [row(1, 1_000), row(2, 2_000)];

  test("has the whole journal", () => {
    expect(deliveryFaults(rows, [event(2), event(1)])).toEqual([]);
  });

  test.each([
    ["misses a row", rows, [event(1)]],
    ["has another content", rows, [event(1), event(2, "forged")]],
    ["has a row that the disk has not", rows, [event(1), event(2), event(3)]],
    ["holds a row twice", rows, [event(1), event(2), event(2)]],
    ["sees a gap in the journal", [row(1, 1_000), row(3, 2_000)], [event(1), event(3)]],
  ])("%s", (_, committed, received) => {
    expect(deliveryFaults(committed, received)).toHaveLength(1);
  });
});
