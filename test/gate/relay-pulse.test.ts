import { beforeEach, describe, expect, test } from "vitest";
import { type PulseLimits, type RelayFault, RelayPulse } from "../../src/gate/relay-pulse.ts";
import type { GpioError, LineState, OutputLine } from "../../src/ports/bus.ts";
import { ok, type Result } from "../../src/result.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { instant } from "../../src/time/time.ts";

const LIMITS: PulseLimits = { pulseMs: 400, minPulseMs: 200, maxPulseMs: 500 };

/** A pin that records its edges with their times, and can be slow or stuck. */
class RecordedPin implements OutputLine {
  readonly edges: (readonly [LineState, number])[] = [];
  level: LineState = "inactive";
  stuckAt: LineState | undefined;
  delayMs = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async drive(state: LineState): Promise<Result<void, GpioError>> {
    if (this.delayMs > 0) await this.#clock.sleep(this.delayMs);
    const next = this.stuckAt ?? state;
    if (next !== this.level) this.edges.push([next, this.#clock.monotonicMs()]);
    this.level = next;
    return ok(undefined);
  }

  async readBack(): Promise<Result<LineState, GpioError>> {
    return ok(this.level);
  }

  async close(): Promise<void> {}
}

let timeline: VirtualTimeline;
let clock: VirtualClock;
let pin: RecordedPin;
let faults: (RelayFault | undefined)[];
let relay: RelayPulse;

beforeEach(() => {
  timeline = new VirtualTimeline();
  clock = VirtualClock.startingAt(timeline, instant(0));
  pin = new RecordedPin(clock);
  faults = [];
  relay = new RelayPulse({
    ...LIMITS,
    line: pin,
    clock,
    onFault: (fault) => faults.push(fault),
    onEdge: () => undefined,
  });
});

const run = (untilMs: number) => timeline.run(untilMs * 1_000);

describe("a pulse", () => {
  test("has the length that was asked for", async () => {
    void relay.pulse();
    await run(2_000);
    expect(pin.edges).toEqual([
      ["active", 0],
      ["inactive", 400],
    ]);
    expect(faults).toEqual([]);
  });

  test("waits for the one before and a gap, since a lock counts edges", async () => {
    void relay.pulse();
    await run(100);
    void relay.pulse();
    await run(3_000);
    expect(pin.edges).toEqual([
      ["active", 0],
      ["inactive", 400],
      ["active", 450],
      ["inactive", 850],
    ]);
  });

  test("is not cut short by a late on edge, up to the minimum", async () => {
    pin.delayMs = 250;
    void relay.pulse();
    await run(240);
    pin.delayMs = 0;
    await run(3_000);
    expect(pin.edges).toEqual([
      ["active", 250],
      ["inactive", 450],
    ]);
  });

  test("is never longer than the maximum, even when the off edge is not in its hands", async () => {
    pin.delayMs = 450;
    void relay.pulse();
    await run(440);
    pin.delayMs = 0;
    await run(3_000);
    const off = pin.edges.find(([state]) => state === "inactive");
    expect(off?.[1]).toBeLessThanOrEqual(LIMITS.maxPulseMs);
  });
});

describe("faults", () => {
  test("a pulse that the machine could not end in time is told with its length, until one is right again", async () => {
    void relay.pulse();
    await run(390);
    pin.delayMs = 300;
    await run(2_000);
    expect(faults).toEqual([{ kind: "pulseTooLong", lengthMs: 700 }]);
    pin.delayMs = 0;
    void relay.pulse();
    await run(4_000);
    expect(faults.at(-1)).toBe(undefined);
  });

  test("a relay that does not go on is reported, once", async () => {
    pin.stuckAt = "inactive";
    const outcome = relay.pulse();
    await run(2_000);
    expect(await outcome).toEqual({ ok: false, error: { kind: "relayStuck", wanted: "active" } });
    expect(faults[0]).toEqual({ kind: "relayStuck", wanted: "active" });
  });

  test("a relay that does not go off is driven off until it does, and gives no pulse meanwhile", async () => {
    void relay.pulse();
    await run(100);
    pin.stuckAt = "active";
    await run(1_000);
    expect(faults).toEqual([{ kind: "relayStuck", wanted: "inactive" }]);
    const refused = relay.pulse();
    await run(1_100);
    expect(await refused).toMatchObject({ ok: false, error: { kind: "relayStuck" } });
    pin.stuckAt = undefined;
    await run(1_300);
    expect(pin.level).toBe("inactive");
    expect(faults.at(-1)).toBe(undefined);
    expect((await timeline.resolve(relay.pulse())).ok).toBe(true);
  });
});
