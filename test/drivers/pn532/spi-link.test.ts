import { describe, expect, test } from "vitest";
import { createSpiLink, reverseBits } from "../../../drivers/pn532/spi-link.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import type { BusError, InputLine } from "../../../src/ports/bus.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant, millis } from "../../../src/time/time.ts";
import { ScriptedBus, type Transaction } from "./scripted-bus.ts";

function rig(...script: readonly (Transaction | BusError)[]) {
  const timeline = new VirtualTimeline();
  const bus = new ScriptedBus(...script);
  const link = createSpiLink({ bus, clock: VirtualClock.startingAt(timeline, instant(0)) });
  return { timeline, bus, link };
}

/** A text that contains this, for a place in an expected value. */
const saying = (text: string): unknown => expect.stringContaining(text);

const status = (value: string): Transaction => ({ out: "0200", in: `01${value}` });

describe("bit order", () => {
  test("the controller sends 02 as 40, 01 as 80, 03 as C0", () => {
    expect(toHex(reverseBits(hex("020103")))).toBe("4080C0");
  });

  test("twice is the identity, for every byte", () => {
    const all = Uint8Array.from({ length: 256 }, (_, value) => value);
    expect(reverseBits(reverseBits(all))).toEqual(all);
    expect(new Set(reverseBits(all)).size).toBe(256);
  });
});

describe("an interrupt line that fell", () => {
  /** A line that is low and tells of one edge as soon as somebody listens and the frame was written. */
  function fallenLine() {
    const listeners: (() => void)[] = [];
    const line: InputLine = {
      isLow: () => true,
      onFalling: (listener) => {
        listeners.push(listener);
        return () => undefined;
      },
      close: async () => undefined,
    };
    return { line, fall: () => listeners.forEach((listener) => void listener()) };
  }

  async function readAfterFall(answer: string) {
    const timeline = new VirtualTimeline();
    const bus = new ScriptedBus({ out: "03000000000000", in: answer }, status("00"), status("01"));
    const { line, fall } = fallenLine();
    const link = createSpiLink({ bus, irq: line, clock: VirtualClock.startingAt(timeline, instant(0)) });
    fall();
    expect(await link.waitReady(millis(100))).toEqual({ ok: true, value: "ready" });
    expect(bus.left).toBe(3);
    const read = await link.read({ lengthBytes: 6, position: "frameStart" });
    return { timeline, bus, link, text: read.ok && toHex(read.value) };
  }

  test("is believed: the frame is read without asking for the status", async () => {
    expect((await readAfterFall("AA0000FF00FF00")).text).toBe("0000FF00FF00");
  });

  test("and when it lied, nothing was read, and the chip's status is asked until it is ready", async () => {
    const { timeline, bus, link, text } = await readAfterFall("AA808080808080");
    expect(text).toBe("");
    expect(await timeline.resolve(link.waitReady(millis(100)))).toEqual({ ok: true, value: "ready" });
    expect(bus.left).toBe(0);
  });
});

describe("transactions", () => {
  test("waking: one dummy byte, then 2 ms for the oscillator", async () => {
    const { timeline, bus, link } = rig({ out: "00", in: "FF" });
    expect(await timeline.resolve(link.wake())).toEqual({ ok: true, value: undefined });
    expect(timeline.nowUs()).toBe(2000);
    expect(bus.left).toBe(0);
  });

  test("writing: 01, then the frame, in one period of chip select", async () => {
    const { bus, link } = rig({ out: "010000FF02FED4022A00", in: "00000000000000000000" });
    await link.write(hex("0000FF02FED4022A00"));
    expect(bus.left).toBe(0);
  });

  test("reading a frame: what lies under 03 is none of it", async () => {
    const { link } = rig({ out: "03000000000000", in: "AA0000FF00FF00" });
    const read = await link.read({ lengthBytes: 6, position: "frameStart" });
    expect(read.ok && toHex(read.value)).toBe("0000FF00FF00");
  });

  test("reading on: what lies under 03 is the next byte of the frame", async () => {
    const { link } = rig({ out: "030000", in: "11E800" });
    const read = await link.read({ lengthBytes: 3, position: "frameRest" });
    expect(read.ok && toHex(read.value)).toBe("11E800");
  });

  test("a failed transfer is passed on unchanged", async () => {
    const failed: BusError = { kind: "busFailed", node: "/dev/spidev0.0" };
    for (const act of [
      async () => rig(failed).link.wake(),
      async () => rig(failed).link.write(hex("00")),
      async () => rig(failed).link.read({ lengthBytes: 1, position: "frameStart" }),
      async () => rig(failed).link.waitReady(millis(0)),
    ]) {
      expect(await act()).toEqual({ ok: false, error: failed });
    }
  });
});

describe("readiness by status alone", () => {
  test("is bit 0: 08, AA and 00 are not ready, 09 is", async () => {
    const { timeline, bus, link } = rig(status("00"), status("08"), status("AA"), status("09"));
    expect(await timeline.resolve(link.waitReady(millis(100)))).toEqual({ ok: true, value: "ready" });
    expect(timeline.nowUs()).toBe(3000);
    expect(bus.left).toBe(0);
  });

  test("FF is a floating line, not readiness", async () => {
    const { timeline, link } = rig(status("FF"), status("FF"), status("FF"));
    expect(await timeline.resolve(link.waitReady(millis(2)))).toEqual({ ok: true, value: "late" });
  });

  test("is looked at once more when the deadline has passed already", async () => {
    const { timeline, link } = rig(status("01"));
    await timeline.run(200_000);
    expect(await timeline.resolve(link.waitReady(millis(100)))).toEqual({ ok: true, value: "ready" });
  });
});

describe("explaining silence", () => {
  async function explanation(...seen: readonly string[]) {
    const { timeline, link } = rig(...seen.map(status));
    await timeline.resolve(link.waitReady(millis(seen.length - 1)));
    return link.explainSilence();
  }

  test("FF for ever: power, wiring, switches", async () => {
    expect(await explanation("FF", "FF", "FF")).toMatchObject({
      kind: "chipSilent",
      remedy: saying("0-1"),
    });
  });

  test("00 for ever: the chip hears nothing, or hangs", async () => {
    expect(await explanation("00", "00")).toMatchObject({
      kind: "chipSilent",
      remedy: saying("RSTPD_N"),
    });
  });

  test.each(["40", "80", "C0"])("%s: the bits come in the wrong order", async (image) => {
    expect(await explanation("00", image)).toMatchObject({
      kind: "chipGarbled",
      observed: `00${image}`,
      remedy: saying("reversed"),
    });
  });

  test("anything else is noise, and is shown", async () => {
    expect(await explanation("00", "12", "3C")).toMatchObject({ kind: "chipGarbled", observed: "00123C" });
  });

  test("waking forgets what was seen before", async () => {
    const { timeline, link } = rig(status("12"), { out: "00", in: "FF" });
    await timeline.resolve(link.waitReady(millis(0)));
    await timeline.resolve(link.wake());
    expect(link.explainSilence()).toMatchObject({ kind: "chipSilent" });
  });
});
