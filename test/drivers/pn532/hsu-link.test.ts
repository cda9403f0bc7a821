import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CommandRunner } from "../../../drivers/pn532/command-runner.ts";
import { dataExchange, getFirmwareVersion, setParameters } from "../../../drivers/pn532/commands.ts";
import { createHsuLink } from "../../../drivers/pn532/hsu-link.ts";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import type { BusError, SerialLine } from "../../../src/ports/bus.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { err, ok, type Result } from "../../../src/result.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant, millis } from "../../../src/time/time.ts";
import { saying } from "../bus/surroundings.ts";
import { ACK_FRAME, command, NACK_FRAME, response } from "./frames.ts";

const RESET_BAUD = 115_200;
const VERSION = response("03 32010607");
const VERSION_ANSWER = { ic: 0x32, version: 1, revision: 6 };

/** A line on which a test sends; what the host writes is kept as text. */
class HandLine implements SerialLine {
  readonly written: string[] = [];
  rate = RESET_BAUD;
  failure: BusError | undefined;
  onWrite: (text: string) => void = () => undefined;
  #listener: (bytes: Uint8Array) => void = () => undefined;

  async write(bytes: Uint8Array): Promise<Result<void, BusError>> {
    if (this.failure !== undefined) return err(this.failure);
    this.written.push(toHex(bytes));
    this.onWrite(toHex(bytes));
    return ok(undefined);
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    this.#listener = listener;
    return () => undefined;
  }

  async setRate(baud: number): Promise<Result<void, BusError>> {
    if (this.failure !== undefined) return err(this.failure);
    this.rate = baud;
    return ok(undefined);
  }

  async close(): Promise<void> {
    return;
  }

  send(bytes: Uint8Array): void {
    this.#listener(bytes);
  }
}

function rig() {
  const timeline = new VirtualTimeline();
  const clock = VirtualClock.startingAt(timeline, instant(0));
  const line = new HandLine();
  const link = createHsuLink({ line, clock, baud: 921_600 });
  const settle = <T>(promise: Promise<T>): Promise<T> => timeline.resolve(promise);
  const sendAt = (ms: number, bytes: Uint8Array): void => {
    timeline.at(ms * 1000, () => line.send(bytes));
  };
  const waitReady = (untilMs: number, signal?: AbortSignal) =>
    settle(link.waitReady(millis(untilMs), signal));
  const read = async (lengthBytes = 6, position: "frameStart" | "frameRest" = "frameStart") => {
    const bytes = await settle(link.read({ lengthBytes, position }));
    return bytes.ok ? toHex(bytes.value) : bytes;
  };
  return { timeline, clock, line, link, settle, sendAt, waitReady, read };
}

describe("waking", () => {
  test("is two bytes of edges and fourteen zeros, then 2 ms for the oscillator", async () => {
    const { timeline, line, link, settle } = rig();
    expect(await settle(link.wake())).toEqual(ok(undefined));
    expect(line.written).toEqual([`5555${"00".repeat(14)}`]);
    expect(timeline.nowUs()).toBe(2000);
  });
});

describe("writing", () => {
  test("throws away what came before: it answers something else", async () => {
    const { line, link, settle, waitReady } = rig();
    line.send(concat(ACK_FRAME, VERSION, VERSION.subarray(0, 7)));
    await settle(link.write(command("02")));
    expect(await waitReady(10)).toEqual(ok("late"));
  });

  test("a long frame ends when its last bit has left: 276 bytes take 24 ms", async () => {
    const { timeline, link, settle } = rig();
    await settle(link.write(new Uint8Array(276)));
    expect(timeline.nowUs()).toBe(23_959);
  });

  test("a failing line is passed on unchanged", async () => {
    const failed: BusError = { kind: "busFailed", node: "/dev/ttyUSB0" };
    const { line, link, settle } = rig();
    line.failure = failed;
    expect(await settle(link.wake())).toEqual(err(failed));
    expect(await settle(link.write(command("02")))).toEqual(err(failed));
    expect(await settle(link.speed?.set(921_600) ?? Promise.resolve(ok(undefined)))).toEqual(err(failed));
    expect(link.speed?.currentBaud).toBe(RESET_BAUD);
  });
});

describe("waiting", () => {
  test("ends with the last byte of a frame", async () => {
    const { timeline, sendAt, waitReady, read } = rig();
    sendAt(3, VERSION.subarray(0, 5));
    sendAt(4, VERSION.subarray(5));
    expect(await waitReady(100)).toEqual(ok("ready"));
    expect(timeline.nowUs()).toBe(4000);
    expect(await read(48)).toBe(toHex(VERSION));
  });

  test("ends at once when a frame lies there, glued to the one before", async () => {
    const { timeline, line, waitReady, read } = rig();
    line.send(concat(ACK_FRAME, VERSION));
    expect(await waitReady(100)).toEqual(ok("ready"));
    expect(await read(6)).toBe(toHex(ACK_FRAME));
    expect(await waitReady(100)).toEqual(ok("ready"));
    expect(await read(48)).toBe(toHex(VERSION));
    expect(timeline.nowUs()).toBe(0);
  });

  test("ends at the deadline, a turn of the loop later: bytes that lie with the system are in time", async () => {
    const { timeline, sendAt, waitReady } = rig();
    expect(await waitReady(20)).toEqual(ok("late"));
    expect(timeline.nowUs()).toBe(21_000);
    sendAt(40.5, VERSION);
    expect(await waitReady(40)).toEqual(ok("ready"));
  });

  test("looks once when the deadline has passed already", async () => {
    const { timeline, line, waitReady } = rig();
    await timeline.run(200_000);
    line.send(ACK_FRAME);
    expect(await waitReady(100)).toEqual(ok("ready"));
  });

  test("is ended by its owner", async () => {
    const { timeline, waitReady } = rig();
    const owner = new AbortController();
    timeline.at(5_000, () => owner.abort());
    expect(await waitReady(100, owner.signal)).toEqual(ok("aborted"));
    expect(timeline.nowUs()).toBe(5_000);
  });

  test("a frame that has begun at the deadline is waited for", async () => {
    const { sendAt, waitReady, read } = rig();
    for (let at = 0; at < VERSION.length; at++) sendAt(9 + at, VERSION.subarray(at, at + 1));
    expect(await waitReady(12)).toEqual(ok("ready"));
    expect(await read(48)).toBe(toHex(VERSION));
  });

  test("a frame that breaks off is handed over after 30 ms of silence, and goes on nowhere", async () => {
    const { timeline, sendAt, waitReady, read } = rig();
    sendAt(5, VERSION.subarray(0, 7));
    expect(await waitReady(3_000)).toEqual(ok("ready"));
    expect(timeline.nowUs()).toBe(36_000);
    expect(await read(48)).toBe(toHex(VERSION.subarray(0, 7)));
    expect(await read(6, "frameRest")).toBe("FFFFFFFFFFFF");
  });

  test("a line that is never quiet is left 100 ms after the deadline", async () => {
    const { timeline, sendAt, waitReady } = rig();
    sendAt(1, VERSION.subarray(0, 4));
    for (let at = 2; at < 400; at++) sendAt(at, hex("D5"));
    expect(await waitReady(50)).toEqual(ok("ready"));
    expect(timeline.nowUs()).toBeLessThanOrEqual(151_000);
  });
});

describe("a command over the line", () => {
  /** A chip that answers each write of the command with these pieces, one a millisecond. */
  function answering(...answers: readonly (readonly Uint8Array[])[]) {
    const all = rig();
    const waiting = [...answers];
    all.line.onWrite = (text) => {
      if (text === toHex(ACK_FRAME)) return;
      const nowMs = all.timeline.nowUs() / 1000;
      for (const [index, piece] of (waiting.shift() ?? []).entries()) all.sendAt(nowMs + 1 + index, piece);
    };
    const runner = new CommandRunner({ link: all.link, clock: all.clock, log: silentLog });
    return { ...all, runner };
  }

  test("is answered, however the bytes are cut into chunks", async () => {
    const stream = concat(ACK_FRAME, VERSION);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: stream.length }), { maxLength: 12 }),
        async (cuts) => {
          const places = [0, ...[...new Set(cuts)].sort((left, right) => left - right), stream.length];
          const pieces = places.slice(1).map((end, index) => stream.subarray(places[index], end));
          const { runner, settle } = answering(pieces);
          expect(await settle(runner.run(getFirmwareVersion()))).toEqual(ok(VERSION_ANSWER));
        },
      ),
    );
  });

  test("whose answer was damaged or cut is answered by the next reading, asked for by NACK", async () => {
    const damaged = VERSION.map((value, index) => (index === 8 ? value ^ 1 : value));
    const broken = Array.from({ length: VERSION.length - 3 }, (_, index) => VERSION.subarray(0, index + 3));
    for (const first of [damaged, ...broken]) {
      const { line, runner, settle } = answering([ACK_FRAME, first], [VERSION]);
      expect(await settle(runner.run(getFirmwareVersion()))).toEqual(ok(VERSION_ANSWER));
      expect(line.written).toEqual([toHex(command("02")), toHex(NACK_FRAME)]);
    }
  });

  test("with more bytes than the time for the acknowledgement is not given up while it leaves", async () => {
    const apdu = dataExchange({
      target: 1,
      data: new Uint8Array(262),
      part: "last",
      cardBytes: 262,
      responseMs: 500,
    });
    const { line, runner, settle, sendAt } = answering();
    line.onWrite = () => sendAt(23.7 + 14, concat(ACK_FRAME, response("41 00 9000")));
    expect(await settle(runner.run(apdu))).toMatchObject(ok({ status: 0, data: hex("9000") }));
  });

  test("of the host's next life is not answered by the late response to the one before", async () => {
    const { runner, settle } = answering([ACK_FRAME, VERSION, response("13")]);
    expect(await settle(runner.run(getFirmwareVersion()))).toEqual(ok(VERSION_ANSWER));
    expect(await settle(runner.run(setParameters("firmware")))).toMatchObject({ ok: false });
  });
});

describe("explaining silence", () => {
  test("no byte: power, wires, switches", () => {
    expect(rig().link.explainSilence()).toMatchObject({ kind: "chipSilent", remedy: saying("0-0") });
  });

  test("frames before, then nothing: the chip hangs", async () => {
    const { line, link, waitReady, read } = rig();
    line.send(ACK_FRAME);
    await waitReady(0);
    await read();
    expect(link.explainSilence()).toMatchObject({ kind: "chipSilent", remedy: saying("RSTPD_N") });
  });

  test("bytes that are no frame are counted, not shown: they may be a card's", () => {
    const { line, link } = rig();
    line.send(hex("123456789012"));
    const explained = link.explainSilence();
    expect(explained).toMatchObject({ kind: "chipGarbled", observed: "6 bytes that are no frame" });
    expect(explained).toMatchObject({ remedy: saying("console") });
  });

  test("waking forgets what was seen before", async () => {
    const { line, link, settle } = rig();
    line.send(hex("1234"));
    await settle(link.wake());
    expect(link.explainSilence()).toMatchObject({ kind: "chipSilent" });
  });
});

test("no stream of bytes makes the link throw or wait for ever", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 30 }),
      async (pieces) => {
        const { timeline, sendAt, link, settle } = rig();
        for (const [index, piece] of pieces.entries()) sendAt(index, piece);
        for (let reads = 0; reads < pieces.length + 1; reads++) {
          await settle(link.waitReady(millis(40)));
          await settle(link.read({ lengthBytes: 6, position: "frameStart" }));
        }
        expect(timeline.nowUs()).toBeLessThan(400_000);
      },
    ),
  );
});
