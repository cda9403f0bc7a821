import { describe, expect, test } from "vitest";
import { FieldTurns } from "../../../drivers/pn532/field-turns.ts";
import { createPn532Reader } from "../../../drivers/pn532/reader.ts";
import { createSpiLink } from "../../../drivers/pn532/spi-link.ts";
import type { CardReader } from "../../../src/ports/card.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { VirtualBoard } from "../../../src/sim/board.ts";
import type { CardSpec } from "../../../src/sim/cards/make-card.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant, millis } from "../../../src/time/time.ts";

function clockwork() {
  const timeline = new VirtualTimeline();
  const clock = VirtualClock.startingAt(timeline, instant(0));
  const pass = (durationMs: number) => timeline.run(timeline.nowUs() + durationMs * 1_000);
  return { timeline, clock, pass };
}

describe("turns at a shared field", () => {
  function place() {
    const { timeline, clock, pass } = clockwork();
    const turns = new FieldTurns(clock);
    const order: string[] = [];
    const take = (turn: ReturnType<FieldTurns["join"]>, name: string, patienceMs = 60_000) =>
      turn.take(millis(clock.monotonicMs() + patienceMs)).then((got) => order.push(`${name} ${got}`));
    return { timeline, clock, pass, turns, order, take };
  }

  test("come one at a time, in the order of asking", async () => {
    const { turns, order, take, pass } = place();
    const [one, two, three] = [turns.join(), turns.join(), turns.join()];
    void take(one, "one");
    void take(two, "two");
    void take(three, "three");
    await pass(10);
    expect(order).toEqual(["one true"]);
    expect(one.isWanted()).toBe(true);
    one.yield();
    await pass(10);
    void take(one, "one");
    two.yield();
    await pass(10);
    three.yield();
    await pass(10);
    expect(order).toEqual(["one true", "two true", "three true", "one true"]);
    expect(one.isWanted()).toBe(false);
  });

  test("are kept by who asks again, and yielded by nobody else", async () => {
    const { turns, order, take, pass } = place();
    const [one, two] = [turns.join(), turns.join()];
    void take(one, "one");
    await pass(1);
    void take(one, "one");
    void take(two, "two");
    two.yield();
    await pass(10);
    expect(order).toEqual(["one true", "one true"]);
  });

  test("are not waited for beyond all patience", async () => {
    const { turns, order, take, pass } = place();
    const [one, two, three] = [turns.join(), turns.join(), turns.join()];
    void take(one, "one");
    void take(two, "two", 100);
    void take(three, "three");
    await pass(200);
    one.yield();
    await pass(10);
    expect(order).toEqual(["one true", "two false", "three true"]);
  });

  test("end when they were given up", async () => {
    const { turns, order, take, pass } = place();
    const [one, two] = [turns.join(), turns.join()];
    void take(one, "one");
    const owner = new AbortController();
    const until = millis(60_000);
    void two.take(until, owner.signal).then((got) => order.push(`two ${got}`));
    await pass(5);
    owner.abort();
    await pass(5);
    expect(order).toEqual(["one true", "two false"]);
  });

  test("pass over a reader that keeps its own", async () => {
    const { turns, order, take, pass } = place();
    const [one, two] = [turns.join(), turns.join()];
    void take(one, "one");
    void take(two, "two");
    await pass(19_990);
    expect(order).toEqual(["one true"]);
    await pass(20);
    expect(order).toEqual(["one true", "two true"]);
  });
});

describe("two readers whose antennas are near each other", () => {
  const PASS: CardSpec = { card: "transit", uid: "04A1B2C3" };
  const OTHER: CardSpec = { card: "transit", uid: "04FFFFFF" };
  /** Makes its number anew at each activation. */
  const CIE: CardSpec = { card: "cie", family: "gemalto", nis: "123456789012" };
  const NODES = ["/dev/spidev0.0", "/dev/spidev0.1"] as const;

  async function desk() {
    const { timeline, clock, pass } = clockwork();
    const wiring = NODES.map((node) => ({ bus: "spi" as const, node, clockHz: 2_000_000 }));
    const board = new VirtualBoard({ timeline, wiring, seed: 1 });
    const turns = new FieldTurns(clock);
    const readers = NODES.map((node): CardReader => {
      const link = createSpiLink({ bus: board.spiBus(node), clock });
      return createPn532Reader({ link, clock, log: silentLog, turn: turns.join() });
    });
    for (const reader of readers) await timeline.resolve(reader.start());
    const fields = () => NODES.filter((node) => board.reader(node).antenna.fieldIsOn());
    const [one, two] = readers;
    if (one === undefined || two === undefined) throw new Error("two readers are needed");
    return { timeline, clock, pass, board, fields, one, two };
  }

  /** Serves a reader as a lane does; `seen` gets each coming and going with its time. */
  async function serve(reader: CardReader, clock: VirtualClock, seen: [string, number][]): Promise<void> {
    for (;;) {
      const polled = await reader.poll(new AbortController().signal);
      if (!polled.ok) return;
      if (polled.value === undefined) continue;
      seen.push(["came", clock.monotonicMs()]);
      for (let present = true; present; ) {
        await clock.sleep(40);
        const still = await reader.isPresent();
        present = still.ok && still.value;
      }
      seen.push(["left", clock.monotonicMs()]);
      await reader.drop();
    }
  }

  test("never have both carriers on, and each sees its card come, stay and go", async () => {
    const { timeline, clock, pass, board, fields, one, two } = await desk();
    let most = 0;
    const watch = (): void => {
      most = Math.max(most, fields().length);
      timeline.at(timeline.nowUs() + 500, watch);
    };
    watch();
    const [first, second]: [string, number][][] = [[], []];
    if (first === undefined || second === undefined) throw new Error("two lists");
    void serve(one, clock, first);
    void serve(two, clock, second);
    await pass(500);
    const placedAt = clock.monotonicMs();
    board.place(NODES[0], PASS);
    await pass(300);
    board.place(NODES[1], OTHER);
    await pass(10_000);
    expect([first.map(([what]) => what), second.map(([what]) => what)]).toEqual([["came"], ["came"]]);
    expect((first[0]?.[1] ?? 0) - placedAt).toBeLessThan(150);
    // The first card gives way after a second.
    expect((second[0]?.[1] ?? 0) - placedAt).toBeLessThan(1_500);
    board.remove(NODES[0]);
    board.remove(NODES[1]);
    const removedAt = clock.monotonicMs();
    await pass(5_000);
    for (const seen of [first, second]) {
      expect(seen.map(([what]) => what)).toEqual(["came", "left"]);
      expect((seen[1]?.[1] ?? 0) - removedAt).toBeLessThan(2_500);
    }
    expect(most).toBe(1);
  });

  test("find a document again at once that was reset for the other and bears another number now", async () => {
    const { clock, pass, board, one, two } = await desk();
    const seen: [string, number][] = [];
    void serve(one, clock, seen);
    void serve(two, clock, []);
    board.place(NODES[0], CIE);
    await pass(5_000);
    expect(seen.length).toBeGreaterThan(2);
    for (let index = 1; index + 1 < seen.length; index += 2) {
      const [left, back] = [seen[index]?.[1] ?? 0, seen[index + 1]?.[1] ?? 0];
      expect(back - left).toBeLessThan(150);
    }
  });

  test("do not wait for one that is dead", async () => {
    const { clock, pass, board, one, two } = await desk();
    board.setFaults(NODES[0], { hang: 1 });
    const seen: [string, number][] = [];
    void serve(one, clock, []);
    void serve(two, clock, seen);
    await pass(10_000);
    const placedAt = clock.monotonicMs();
    board.place(NODES[1], OTHER);
    await pass(1_000);
    expect((seen[0]?.[1] ?? Number.POSITIVE_INFINITY) - placedAt).toBeLessThan(150);
  });
});
