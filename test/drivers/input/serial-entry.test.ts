// Keypads and scanners on a serial line: in virtual time on a line that can be unplugged, and on a real pseudo-terminal.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { openSerialLine } from "../../../drivers/bus/hsu.ts";
import { BETWEEN_LINES_MS } from "../../../drivers/input/entry-collector.ts";
import { RETRY_AFTER_MS } from "../../../drivers/input/kept-source.ts";
import { createSerialEntry, LOOK_EVERY_MS } from "../../../drivers/input/serial-entry.ts";
import type { BusError, SerialLine } from "../../../src/ports/bus.ts";
import type { EntrySource } from "../../../src/ports/entry.ts";
import { err, ok, type Result } from "../../../src/result.ts";
import { openPseudoTerminal } from "../../../src/sim/pseudo-terminal.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant } from "../../../src/time/time.ts";
import { good } from "../../good.ts";
import { hasSocat } from "../../socat.ts";
import { saying } from "../bus/surroundings.ts";
import { ascii, Told } from "./entry-events.ts";

const NODE = "/dev/ttyUSB7";
const BAUD = 9_600;
const MISSING: BusError = { kind: "nodeMissing", node: NODE, remedy: "plug the adapter in" };
const BROKEN: BusError = { kind: "busFailed", node: NODE, cause: new Error("EIO") };

/** A line as `drivers/bus/hsu.ts` gives it: without its port everything fails, and `setRate` opens that anew. */
class HandLine implements SerialLine {
  readonly rates: number[] = [];
  writtenBytes = 0;
  isClosed = false;
  /** Why there is no port; a port that is gone is opened anew by `setRate` alone. */
  failure: BusError | undefined;
  #hasPort = true;
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();

  unplug(failure: BusError): void {
    this.failure = failure;
    this.#hasPort = false;
  }

  async write(bytes: Uint8Array): Promise<Result<void, BusError>> {
    if (!this.#hasPort) return err(BROKEN);
    this.writtenBytes += bytes.length;
    return ok(undefined);
  }

  async setRate(baud: number): Promise<Result<void, BusError>> {
    this.rates.push(baud);
    if (this.failure !== undefined) return err(this.failure);
    this.#hasPort = true;
    return ok(undefined);
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  /** The keypad sends; gives back the bytes as the line's owner has left them. */
  hand(bytes: Uint8Array): Uint8Array {
    for (const listener of this.#listeners) listener(bytes);
    return bytes;
  }
}

let timeline: VirtualTimeline;
let told: Told;
let line: HandLine;
let source: EntrySource;

beforeEach(() => {
  timeline = new VirtualTimeline();
  told = new Told();
  line = new HandLine();
  source = createSerialEntry({ line, baud: BAUD, clock: VirtualClock.startingAt(timeline, instant(0)) });
});

const pass = (durationMs: number) => timeline.run(timeline.nowUs() + durationMs * 1_000);
async function start(): Promise<void> {
  source.start(told.listener);
  await pass(0);
}

const ZONE = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"];

describe("a serial line", () => {
  test("is set to its speed, and gives what it carries", async () => {
    await start();
    line.hand(ascii("123"));
    line.hand(ascii("456\r"));
    line.hand(ascii("\n\x02654321\x03"));
    expect(line.rates).toEqual([BAUD]);
    expect([told.health, told.entries]).toEqual([["up"], ["123456", "654321"]]);
  });

  test.each([
    ["CR", "\r"],
    ["LF", "\n"],
    ["CRLF", "\r\n"],
  ])("gives the lines of a zone in one burst as one entry, each ended by %s", async (_, end) => {
    await start();
    line.hand(ascii(`\x02${ZONE.join(end)}${end}\x03`));
    expect(told.entries).toEqual([ZONE.join("\n")]);
  });

  test("gives the lines of a zone that trickle in as one entry", async () => {
    await start();
    for (const chunk of `${ZONE.join("\r")}\r`.match(/.{1,7}/gs) ?? []) {
      line.hand(ascii(chunk));
      await pass(BETWEEN_LINES_MS - 1);
    }
    expect(told.entries).toEqual([ZONE.join("\n")]);
  });

  test("gives the same however it is cut", () => {
    const sent = ascii(`\x02${ZONE.join("\r\n")}\r\n\x03123456\r\n99\b\b654321\r`);
    return fc.assert(
      fc.asyncProperty(fc.array(fc.nat(sent.length), { maxLength: 20 }), async (cuts) => {
        const heard = new Told();
        const wire = new HandLine();
        const clock = VirtualClock.startingAt(timeline, instant(0));
        const entry = createSerialEntry({ line: wire, baud: BAUD, clock });
        entry.start(heard.listener);
        await pass(0);
        const places = [0, ...cuts.sort((left, right) => left - right), sent.length];
        for (const [index, end] of places.slice(1).entries()) wire.hand(sent.slice(places[index], end));
        expect(heard.entries).toEqual([ZONE.join("\n"), "123456", "654321"]);
        const stopped = entry.stop();
        await pass(0);
        await stopped;
      }),
    );
  });

  test("keeps nothing of what it carried", async () => {
    await start();
    expect(line.hand(ascii("123456\r"))).toEqual(new Uint8Array(7));
  });

  test("is never written to", async () => {
    await start();
    await pass(10 * LOOK_EVERY_MS);
    expect([line.writtenBytes, line.rates]).toEqual([0, [BAUD]]);
  });

  test("stopped: it is closed, nobody waits, and nothing is told any more", async () => {
    await start();
    line.hand(ascii("123456\r12"));
    const stopped = source.stop();
    await pass(0);
    await stopped;
    line.hand(ascii("3456\r"));
    await pass(60_000);
    expect([told.health, told.entries, line.isClosed]).toEqual([["up"], ["123456"], true]);
    expect(timeline.pending()).toEqual([]);
  });
});

describe("a serial line that fails", () => {
  test("without its adapter: told once, and taken as soon as that is plugged in", async () => {
    line.unplug(MISSING);
    await start();
    expect(told.events).toEqual([{ kind: "down", fault: MISSING }]);
    await pass(60_000);
    expect(told.health).toEqual(["nodeMissing"]);
    line.failure = undefined;
    await pass(8_000);
    line.hand(ascii("123456\r"));
    expect([told.health, told.entries]).toEqual([["nodeMissing", "up"], ["123456"]]);
  });

  test("is tried ever more rarely", async () => {
    line.unplug(MISSING);
    await start();
    const tries: number[] = [];
    for (const waitMs of RETRY_AFTER_MS) {
      const before = line.rates.length;
      await pass(waitMs - 1);
      expect(line.rates).toHaveLength(before);
      await pass(1);
      tries.push(line.rates.length - before);
    }
    expect(tries).toEqual(RETRY_AFTER_MS.map(() => 1));
  });

  test("unplugged while nobody types: noticed at the next look, with what to do", async () => {
    await start();
    line.hand(ascii("12"));
    line.unplug(MISSING);
    await pass(LOOK_EVERY_MS);
    expect(told.events.at(-1)).toEqual({
      kind: "down",
      fault: { ...BROKEN, remedy: saying("plug and cable") },
    });
    line.failure = undefined;
    await pass(RETRY_AFTER_MS[0] ?? 0);
    line.hand(ascii("345678\r"));
    expect([told.health, told.entries]).toEqual([["up", "busFailed", "up"], ["345678"]]);
  });

  test("in more ways than one: each is told", async () => {
    await start();
    line.unplug(MISSING);
    await pass(60_000);
    expect(told.health).toEqual(["up", "busFailed", "nodeMissing"]);
  });

  test("says nothing of what was entered", async () => {
    await start();
    line.hand(ascii("739158"));
    line.unplug(MISSING);
    await pass(60_000);
    line.hand(ascii(`${"739158".repeat(50)}\r`));
    expect(JSON.stringify(told.events)).not.toContain("739158");
  });
});

test.runIf(hasSocat("keypads are not tried on a pseudo-terminal"))(
  "on a pseudo-terminal, by the real package",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "entry-"));
    const terminal = good(await openPseudoTerminal(join(folder, "keypad")));
    const port = good(await openSerialLine({ node: join(folder, "keypad"), baud: BAUD }));
    const real = createSerialEntry({
      line: port,
      baud: BAUD,
      clock: VirtualClock.startingAt(timeline, instant(0)),
    });
    const isUp = told.next("up");
    real.start(told.listener);
    await isUp;
    for (const sent of ["123456\r\n", `\x02${ZONE.join("\r\n")}\r\n\x03`]) {
      const entry = told.next("entry");
      terminal.send(ascii(sent));
      await entry;
    }
    expect(told.entries).toEqual(["123456", ZONE.join("\n")]);
    // The looks go by real input and output, so that virtual time alone brings none to its end.
    await timeline.run(LOOK_EVERY_MS * 1_000);
    const isDown = told.next("down");
    await terminal.close();
    while (told.health.length === 1) {
      await timeline.run(timeline.nowUs() + LOOK_EVERY_MS * 1_000);
      await port.write(new Uint8Array());
    }
    await isDown;
    expect(told.health).toEqual(["up", "busFailed"]);
    await real.stop();
    await rm(folder, { recursive: true });
  },
);
