import { describe, expect, test } from "vitest";
import { VirtualBoard } from "../../src/sim/board.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { NODE, onWire, SpiHost } from "./spi-host.ts";

const OTHER_NODE = "/dev/spidev0.1";

/** Two readers on one bus. */
function twoReaders() {
  const timeline = new VirtualTimeline();
  const wiring = [NODE, OTHER_NODE].map((node) => ({ bus: "spi" as const, node, clockHz: 1_000_000 }));
  return { timeline, board: new VirtualBoard({ timeline, wiring, seed: 1 }) };
}

describe("SPI", () => {
  test("a transaction takes its bytes' time at the wired clock", async () => {
    const host = new SpiHost();
    await host.transfer("00".repeat(100));
    expect(host.timeline.nowUs()).toBe(400);
  });

  test("two readers share the time of their bus", async () => {
    const { timeline, board } = twoReaders();
    const done: [string, number][] = [];
    for (const node of [NODE, OTHER_NODE]) {
      void board
        .spiBus(node)
        .transfer(new Uint8Array(10))
        .then(() => done.push([node, timeline.nowUs()]));
    }
    await timeline.run(1_000);
    expect(done).toEqual([
      [NODE, 80],
      [OTHER_NODE, 160],
    ]);
  });

  test("a node that is not wired is a defect of the caller", () => {
    expect(() => twoReaders().board.spiBus("/dev/spidev9.9")).toThrow(/spidev9\.9/);
  });
});

describe("pins", () => {
  test("an output is inactive from the moment it exists, and every edge is on record", async () => {
    const { timeline, board } = twoReaders();
    const relay = await board.gpio.output(17, "low");
    if (!relay.ok) throw new Error("no output");
    expect(board.pins.level(17)).toBe("high");
    await timeline.run(500);
    await relay.value.drive("active");
    await relay.value.drive("active");
    expect(await relay.value.readBack()).toEqual({ ok: true, value: "active" });
    await timeline.run(900);
    await relay.value.close();
    expect(board.pins.edges(1)).toEqual([
      { line: 17, level: "low", timeUs: 500 },
      { line: 17, level: "high", timeUs: 900 },
    ]);
  });

  test("undriven lines read their pulls: 0 to 8 up, the others down", () => {
    const { board } = twoReaders();
    expect([8, 9].map((line) => board.pins.level(line))).toEqual(["high", "low"]);
  });

  test("falling edges of the interrupt line reach every listener until it stops", async () => {
    const host = await new SpiHost().start();
    const input = await host.board.gpio.input(25);
    if (!input.ok) throw new Error("no input");
    let falls = 0;
    const stop = input.value.onFalling(() => {
      falls += 1;
    });
    await host.command("0000FF02FED4022A00", 13);
    stop();
    await host.command("0000FF02FED4022A00", 13);
    expect([falls, input.value.isLow()]).toEqual([2, false]);
  });
});

test("a killed host is deaf and dumb, its outputs keep their level, and another host finds the chip as it was", async () => {
  const host = await new SpiHost().start();
  const victim = host.board.attach();
  const relay = await victim.gpio.output(17, "high");
  const line = await victim.gpio.input(25);
  if (!relay.ok || !line.ok) throw new Error("no lines");
  await relay.value.drive("active");
  const heard: string[] = [];
  line.value.onFalling(() => heard.push("edge"));
  void victim
    .spiBus(NODE)
    .transfer(onWire("010000FF02FED4022A00"))
    .then(() => heard.push("transfer"));
  victim.kill();
  void relay.value.drive("inactive").then(() => heard.push("driven"));
  await host.pass(1_000);
  expect(heard).toEqual([]);
  expect(host.board.pins.level(17)).toBe("high");
  expect(await host.read(6)).toBe("0000FF00FF00");
  await host.falls();
  expect(await host.read(13)).toBe("0000FF06FAD50332010607E800");
});

describe("who listens to a line of the board", () => {
  const IRQ = 25;

  /** A host that listens to the interrupt line twice. */
  async function listeningHost(board: VirtualBoard) {
    const host = board.attach();
    const line = await host.gpio.input(IRQ);
    if (!line.ok) throw new Error("no input");
    const stops = [line.value.onFalling(() => undefined), line.value.onFalling(() => undefined)];
    return { host, line: line.value, stops };
  }

  test("is forgotten with the host: a thousand killed ones leave nobody behind", async () => {
    const { board } = twoReaders();
    const { line } = await listeningHost(board);
    for (let life = 0; life < 1_000; life++) {
      const { host } = await listeningHost(board);
      expect(board.pins.watchers(IRQ)).toBe(4);
      host.kill();
    }
    expect(board.pins.watchers(IRQ)).toBe(2);
    await line.close();
    expect(board.pins.watchers(IRQ)).toBe(0);
  });

  test("is forgotten when it stops, and told nothing once its host is dead", async () => {
    const { board } = twoReaders();
    const { host, line, stops } = await listeningHost(board);
    stops[0]?.();
    expect(board.pins.watchers(IRQ)).toBe(1);
    host.kill();
    line.onFalling(() => undefined);
    expect(board.pins.watchers(IRQ)).toBe(0);
  });
});
