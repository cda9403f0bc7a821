import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exchangeApdu } from "../../../drivers/pn532/apdu-channel.ts";
import { parseAts } from "../../../drivers/pn532/ats.ts";
import { CommandRunner } from "../../../drivers/pn532/command-runner.ts";
import { createSpiLink } from "../../../drivers/pn532/spi-link.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant, millis } from "../../../src/time/time.ts";
import { IRQ_LINE, makeVirtualRig, RESET_LINE, type Transport } from "../../conformance/virtual-rig.ts";
import { ScriptedLink, SILENT, type Turn } from "./scripted-link.ts";

const READ = "00B081000C";
const NODE = "/dev/spidev0.0";
const SPI: Transport = {
  wiring: { bus: "spi", node: NODE, clockHz: 2_000_000, irqLine: IRQ_LINE, resetLine: RESET_LINE },
  link: (host, irq, clock) => createSpiLink({ bus: host.spiBus(NODE), irq, clock }),
};

async function exchange(commandText: string, ...turns: readonly Turn[]) {
  const clock = VirtualClock.startingAt(new VirtualTimeline(), instant(0));
  const link = new ScriptedLink(...turns);
  const runner = new CommandRunner({ link, clock, log: silentLog });
  const answer = await exchangeApdu({ runner, clock, number: 1, frameWaitingExponent: 8 }, hex(commandText));
  return { answer, left: link.left };
}

const bytes = (count: number): string => toHex(new Uint8Array(count).map((_, index) => index));

describe("an APDU", () => {
  test("and its answer are one command of the chip", async () => {
    const { answer, left } = await exchange(READ, { command: `4001${READ}`, response: "41003132339000" });
    expect(answer).toEqual({ ok: true, value: hex("3132339000") });
    expect(left).toEqual([]);
  });

  test.each([255, 262])("of %i bytes fits one command", async (count) => {
    const { answer } = await exchange(bytes(count), { command: `4001${bytes(count)}`, response: "41009000" });
    expect(answer).toMatchObject({ ok: true });
  });

  test.each([
    [263, [262, 1]],
    [524, [262, 262]],
    [525, [262, 262, 1]],
  ])("of %i bytes goes out in parts, all but the last marked", async (count, sizes) => {
    const whole = bytes(count);
    let at = 0;
    const turns = sizes.map((size, index): Turn => {
      const part = whole.slice(at * 2, (at + size) * 2);
      at += size;
      const last = index === sizes.length - 1;
      return { command: `40${last ? "01" : "41"}${part}`, response: last ? "41009000" : "4100" };
    });
    const { answer, left } = await exchange(whole, ...turns);
    expect(answer).toEqual({ ok: true, value: hex("9000") });
    expect(left).toEqual([]);
  });

  // Frame around the answer: 9 bytes, response code included; then status, data and status words.
  test.each([
    ["a header alone", "00A40000", 9 + 1 + 2],
    ["data without Le", "00A4040C06A00000000039", 9 + 1 + 2],
    ["Le", READ, 9 + 1 + 12 + 2],
    ["data and Le", "00A40400010A0A", 9 + 1 + 10 + 2],
    ["an Le for all there is", "00B0810000", 9 + 1 + 32],
    ["an extended Le of more than a frame", "00B08100000800", 9 + 3 + 1 + 262],
    ["an extended Le of less", "00B08100000080", 9 + 1 + 128 + 2],
    ["the greatest short Le", "00B08100FF", 9 + 3 + 1 + 255 + 2],
  ])("with %s is read as the answer that it asks for", async (_, text, lengthBytes) => {
    const clock = VirtualClock.startingAt(new VirtualTimeline(), instant(0));
    const link = new ScriptedLink({ command: `4001${text}`, response: "41009000" });
    const runner = new CommandRunner({ link, clock, log: silentLog });
    await exchangeApdu({ runner, clock, number: 1, frameWaitingExponent: 8 }, hex(text));
    expect(link.reads).toEqual([6, lengthBytes]);
  });

  test("with a long answer is fetched part by part", async () => {
    const { answer } = await exchange(
      READ,
      { command: `4001${READ}`, response: `4140${bytes(262)}` },
      { command: "4001", response: `4140${bytes(262)}` },
      { command: "4001", response: "4100AABB9000" },
    );
    expect(answer.ok && toHex(answer.value)).toBe(`${bytes(262)}${bytes(262)}AABB9000`);
  });

  test("is never repeated: a part that fails ends it", async () => {
    const { answer, left } = await exchange(
      bytes(300),
      { command: `4041${bytes(262)}`, response: "4102" },
      { command: "never", response: "deaf" },
    );
    expect(answer).toEqual({ ok: false, error: { kind: "cardLost", status: 0x02 } });
    expect(left).toEqual(["never"]);
  });

  test.each([0, 3])("of %i bytes is a defect of the caller", async (count) => {
    await expect(exchange(bytes(count))).rejects.toThrow();
  });
});

describe("the time that a card is given", () => {
  const ANSWER: Turn = { command: `4001${READ}`, response: "41009000" };

  /** Deadlines of an exchange that begins at 0: of the ACK, then of the answer. */
  async function deadlines(ats: string, until?: number): Promise<readonly number[]> {
    const clock = VirtualClock.startingAt(new VirtualTimeline(), instant(0));
    const link = new ScriptedLink(ANSWER);
    const runner = new CommandRunner({ link, clock, log: silentLog });
    await exchangeApdu(
      { runner, clock, number: 1, frameWaitingExponent: parseAts(hex(ats)).frameWaitingExponent },
      hex(READ),
      until === undefined ? undefined : millis(until),
    );
    return link.deadlines.map(Math.round);
  }

  test.each([
    ["which says nothing: half a second", "01", 550],
    ["of FWI 8, 77 ms: half a second", "0325 80", 550],
    ["of FWI 11, 619 ms: twice that", "0325 B0", 1287],
    ["of FWI 14, 4.9 s: twice that", "0325 E0", 9948],
  ])("for a card %s, and 50 ms for the way", async (_, ats, answerMs) => {
    expect(await deadlines(ats)).toEqual([25, answerMs]);
  });

  test.each([
    ["to the end of its reading, whatever its waiting time", "01", 2_000, 2_000],
    ["to an end that comes soon", "0325 E0", 300, 300],
    ["to this module's own end, where the reading goes on for longer", "01", 60_000, 15_000],
  ])("lasts %s", async (_, ats, until, answerMs) => {
    expect(await deadlines(ats, until)).toEqual([25, answerMs]);
  });

  test.each([
    ["900 ms by three requests of 59 times 4.8 ms", 4, 900],
    ["1.9 s by 7 requests", 4, 1_900],
    ["1.2 s by very many, of 0.3 ms each", 0, 1_200],
  ])("lets a card that asks for waiting time work: %s", async (_what, fwi, workMs) => {
    const rig = await makeVirtualRig(SPI);
    await rig.settle(rig.reader.start());
    rig.board.place(rig.node, { card: "bulk", fwi, apduUs: workMs * 1_000 });
    const found = await rig.settle(rig.reader.poll(new AbortController().signal));
    if (!found.ok || found.value === undefined) throw new Error("no card");
    const { channel } = found.value;
    const begunMs = rig.nowMs();
    const answer = await rig.settle(channel.transceive(hex("00B000000C"), millis(begunMs + 2_000)));
    expect(answer.ok && answer.value.subarray(-2)).toEqual(hex("9000"));
    expect(rig.nowMs() - begunMs).toBeGreaterThan(workMs);
    const hasty = await rig.settle(channel.transceive(hex("00B000000C")));
    expect(hasty).toEqual({ ok: false, error: { kind: "cardLost", status: 0x01 } });
  });

  test("ends after 15 s for the whole APDU, however many parts its answer has", async () => {
    let nowMs = 0;
    const monotonicMs = () => {
      nowMs += 200;
      return millis(nowMs);
    };
    const clock: Clock = { monotonicMs, wallTime: () => instant(0), sleep: async () => undefined };
    const part: Turn = { command: "4001", response: "4140AA" };
    const link = new ScriptedLink(
      { ...part, command: `4001${READ}` },
      ...Array.from({ length: 50 }, () => part),
    );
    const runner = new CommandRunner({ link, clock, log: silentLog });
    const answer = await exchangeApdu({ runner, clock, number: 1, frameWaitingExponent: 14 }, hex(READ));
    expect(answer).toEqual({ ok: false, error: { kind: "cardLost", status: 0x01 } });
    expect(nowMs).toBeLessThan(17_000);
    expect(Math.max(...link.deadlines)).toBeLessThan(17_000);
  });
});

describe("what ends an exchange", () => {
  test.each([0x01, 0x02, 0x03, 0x05, 0x06, 0x0b, 0x27, 0x2b, 0x3f])(
    "status %i is a lost card",
    async (status) => {
      const { answer } = await exchange(READ, {
        command: `4001${READ}`,
        response: `41${toHex(Uint8Array.of(status))}`,
      });
      expect(answer).toEqual({ ok: false, error: { kind: "cardLost", status } });
    },
  );

  test.each([
    [0x0d, "overTemperature"],
    [0x2d, "overCurrent"],
  ])("status %i is a chip that protects itself", async (status, cause) => {
    const { answer } = await exchange(READ, {
      command: `4001${READ}`,
      response: `41${toHex(Uint8Array.of(status))}`,
    });
    expect(answer).toEqual({
      ok: false,
      error: { kind: "readerFailed", error: { kind: "chipProtection", cause } },
    });
  });

  test.each([0x07, 0x0e, 0x10, 0x26])("status %i is the reader's trouble", async (status) => {
    const { answer } = await exchange(READ, {
      command: `4001${READ}`,
      response: `41${toHex(Uint8Array.of(status))}`,
    });
    const error = { kind: "chipRefused", command: "InDataExchange", status };
    expect(answer).toEqual({ ok: false, error: { kind: "readerFailed", error } });
  });

  test.each([
    ["an error frame", "error frame", { kind: "chipRefused", command: "InDataExchange", status: 0x7f }],
    ["no acknowledgement", "deaf", SILENT],
    [
      "a failing bus",
      { kind: "busFailed", node: "n" },
      { kind: "bus", error: { kind: "busFailed", node: "n" } },
    ],
  ] as const)("%s is the reader's trouble", async (_, response, error) => {
    const { answer } = await exchange(READ, { command: `4001${READ}`, response });
    expect(answer).toEqual({ ok: false, error: { kind: "readerFailed", error } });
  });

  test("no answer in time is a lost card", async () => {
    const { answer } = await exchange(READ, { command: `4001${READ}`, response: "mute" });
    expect(answer).toEqual({ ok: false, error: { kind: "cardLost", status: 0x01 } });
  });

  test.each([
    ["no status words", "4100"],
    ["half a status word", "410090"],
  ])("an answer with %s is the card's fault", async (_, response) => {
    const { answer } = await exchange(READ, { command: `4001${READ}`, response });
    expect(answer).toMatchObject({ ok: false, error: { kind: "cardGarbled" } });
  });

  test("a card that always has more is stopped at the longest legal answer", async () => {
    const endless = { command: "4001", response: `4140${bytes(262)}` };
    const { answer, left } = await exchange(
      READ,
      { command: `4001${READ}`, response: `4140${bytes(262)}` },
      ...Array.from({ length: 300 }, () => endless),
    );
    expect(answer).toMatchObject({ ok: false, error: { kind: "cardGarbled" } });
    expect(left.length).toBe(300 - 250);
  });

  test("a card that announces more and gives nothing is stopped at once", async () => {
    const { answer } = await exchange(
      READ,
      { command: `4001${READ}`, response: "4140AA" },
      { command: "4001", response: "4140" },
    );
    expect(answer).toMatchObject({ ok: false, error: { kind: "cardGarbled" } });
  });

  test("whatever the chip answers, the exchange ends in a value", async () => {
    const anyAnswer = fc.uint8Array({ minLength: 1, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(anyAnswer, async (data) => {
        const { answer } = await exchange(
          READ,
          { command: `4001${READ}`, response: `41${toHex(data)}` },
          { command: "4001", response: "4101" },
        );
        expect(typeof answer.ok).toBe("boolean");
        if (answer.ok) expect(toHex(answer.value)).toBe(toHex(data.subarray(1)));
      }),
    );
  });
});
