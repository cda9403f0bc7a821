/**
 * The robustness matrix, rows of the frames: damaged, oddly framed, of every length, cut off anywhere, in pieces
 * and glued together (UM0701-02 §6.2.1).
 */
import { describe, expect, test } from "vitest";
import { CommandRunner } from "../../drivers/pn532/command-runner.ts";
import type { Command } from "../../drivers/pn532/commands.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { silentLog } from "../../src/ports/log.ts";
import type { FrameFault } from "../../src/sim/frame-faults.ts";
import {
  behindJunk,
  inExtendedForm,
  MAX_EXTRA_PREAMBLE_BYTES,
  ofLength,
  truncated,
  withoutPreamble,
  withPreamble,
} from "../../src/sim/frame-faults.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";
import {
  type Bench,
  expectCounted,
  expectRecovered,
  expectWarned,
  HSU,
  type MatrixTransport,
  NIS_ANSWER,
  RecoveryTable,
  rowsOf,
  SELECT_IAS,
  startBench,
  TRANSPORTS,
} from "./matrix.ts";

const table = new RecoveryTable("frames");

const IN_LIST_PASSIVE_TARGET = 0x4a;
const IN_DATA_EXCHANGE = 0x40;
/** Frames of the chip with `9000` of a card, and with the activation of a `CIE`, up to the data checksum. */
const APDU_ANSWER_BYTES = 11;
const POLL_ANSWER_BYTES = 38;

/** A whole presentation while every frame of the chip, ACKs too, is changed alike. */
async function nisThrough(bench: Bench, change: (frame: Uint8Array) => Uint8Array): Promise<string> {
  bench.faults.setTamper(change);
  const { channel } = await bench.present();
  const answer = await bench.readNis(channel);
  bench.faults.setTamper(undefined);
  bench.remove();
  good(await bench.settle(bench.rig.reader.drop()));
  return answer;
}

/** Diagnose 00 with data of so many bytes, of whose answer the first reading takes `answerBytes`. */
function echo(dataBytes: number, answerBytes = dataBytes + 1): Command<string> {
  const parameters = concat(
    Uint8Array.of(0x00),
    Uint8Array.from({ length: dataBytes }, (_, index) => index),
  );
  const repeat = "never";
  return { name: "Diagnose", code: 0x00, parameters, answerBytes, responseMs: 100, repeat, decode: toHex };
}

/** The driver's commands over a link of their own, without the reader around them. */
async function makeRunner(transport: MatrixTransport) {
  const bench = await startBench(transport);
  const clock = VirtualClock.startingAt(bench.rig.timeline, instant(0));
  const link = await transport.link(bench.rig.board.attach(), undefined, clock);
  const runner = new CommandRunner({ link, clock, log: silentLog });
  const run = (command: Command<string>) => bench.settle(runner.run(command));
  return {
    bench,
    run,
    runner,
    expected: (command: Command<string>) => ({ ok: true, value: toHex(command.parameters) }),
  };
}

describe.each(TRANSPORTS)("$name", (transport) => {
  const at = rowsOf(transport);

  describe.each<FrameFault>(["wrongLengthChecksum", "wrongDataChecksum", "wrongDirection", "wrongPostamble"])(
    "%s",
    (kind) => {
      test("row 4: once at an APDU's answer: asked for again by NACK, the APDU goes out once", async () => {
        const bench = await startBench(transport);
        const { channel } = await bench.present();
        const before = bench.commands();
        // The first frame is the ACK, which has no packet to be damaged but has a postamble.
        bench.faults.script(kind, kind === "wrongPostamble" ? [false, true] : [true]);
        const answer = await table.within(bench, at(4, `${kind}, APDU`, 100), () =>
          bench.send(channel, SELECT_IAS),
        );
        expect(answer).toBe("9000");
        expect({ strikes: bench.faults.count(kind), sent: bench.commands() - before }).toEqual({
          strikes: 1,
          sent: 1,
        });
        expectCounted(bench, { rereads: 1 });
      });

      test("row 4: for ever at an APDU's answer: given up, never sent again; the reader fails, and finds the card after a start", async () => {
        const bench = await startBench(transport);
        const { channel } = await bench.present();
        const before = bench.commands();
        bench.faults.set({ [kind]: 1 });
        const again = await table.within(
          bench,
          at(4, `${kind} twice, APDU, card found anew`, 400),
          async () => {
            expect((await bench.transceive(channel, SELECT_IAS)).ok).toBe(false);
            expect(bench.commands() - before).toBe(1);
            bench.faults.set({});
            return bench.findAgain();
          },
        );
        expect(bench.faults.count(kind)).toBeGreaterThanOrEqual(2);
        expect(bench.rig.reader.health()).toMatchObject({ rereads: 1, aborts: 1, resends: 0 });
        expectRecovered(bench);
        expect(await bench.readNis(again.channel)).toBe(NIS_ANSWER);
      });

      test("row 4: twice at a poll's answer: aborted and polled once more", async () => {
        const bench = await startBench(transport);
        bench.place();
        const ack = kind === "wrongPostamble" ? [false] : [];
        bench.faults.script(kind, [...ack, true, true]);
        const { channel } = await table.within(bench, at(4, `${kind} twice, poll`, 200), () => bench.find());
        expect(bench.faults.count(kind)).toBe(2);
        expectCounted(bench, { rereads: 1, aborts: 1, resends: 1 });
        expect(await bench.readNis(channel)).toBe(NIS_ANSWER);
      });
    },
  );

  test("row 4: a wrong PD0 under right checksums is an answer to something else: discarded, the APDU is lost", async () => {
    const bench = await startBench(transport);
    const { channel } = await bench.present();
    bench.faults.script("wrongCode", [true]);
    const again = await table.within(bench, at(4, "wrongCode, APDU, card found anew", 900), async () => {
      expect(await bench.transceive(channel, SELECT_IAS)).toMatchObject({ error: { kind: "cardLost" } });
      return bench.find();
    });
    expect(bench.faults.count("wrongCode")).toBe(1);
    expectCounted(bench, { aborts: 1, strays: 1 });
    expect(await bench.readNis(again.channel)).toBe(NIS_ANSWER);
  });

  test("row 5: 0 to 20 extra bytes of preamble before every frame are skipped", async () => {
    const bench = await startBench(transport);
    for (let extraBytes = 0; extraBytes <= MAX_EXTRA_PREAMBLE_BYTES; extraBytes++) {
      const answer = await table.within(bench, at(5, "extra preamble", 400), () =>
        nisThrough(bench, (frame) => (extraBytes === 0 ? frame : withPreamble(frame, extraBytes))),
      );
      expect({ extraBytes, answer }).toEqual({ extraBytes, answer: NIS_ANSWER });
    }
    expect(bench.faults.count("tampered")).toBeGreaterThanOrEqual(8 * MAX_EXTRA_PREAMBLE_BYTES);
    expectWarned(bench, []);
  });

  test.each([
    ["missing preamble", withoutPreamble],
    ["one byte of junk", (frame: Uint8Array) => behindJunk(frame, hex("A5"))],
    ["four bytes of junk", (frame: Uint8Array) => behindJunk(frame, hex("55 FF FF A5"))],
  ] as const)("row 5: %s before every frame changes nothing", async (what, change) => {
    const bench = await startBench(transport);
    const answer = await table.within(bench, at(5, what, 400), () => nisThrough(bench, change));
    expect(answer).toBe(NIS_ANSWER);
    expect(bench.faults.count("tampered")).toBeGreaterThanOrEqual(8);
    expectWarned(bench, []);
  });

  test("row 6: packets of 3 to 265 bytes come whole, 255 in the normal form and 256 in the extended one", async () => {
    const { bench, run, expected } = await makeRunner(transport);
    for (const dataBytes of [0, 1, 2, 100, 251, 252, 253, 254, 255, 256, 257, 258, 259, 260, 261, 262]) {
      const command = echo(dataBytes);
      const answer = await table.within(bench, at(6, "legal lengths", 150), () => run(command));
      expect({ dataBytes, answer }).toEqual({ dataBytes, answer: expected(command) });
    }
  });

  test("row 6: the extended form is taken for packets that need none", async () => {
    const { bench, run, expected } = await makeRunner(transport);
    bench.faults.setTamper((frame, content) => (content === "response" ? inExtendedForm(frame) : frame));
    for (const dataBytes of [0, 1, 30, 251, 252]) {
      const command = echo(dataBytes);
      const answer = await table.within(bench, at(6, "needlessly extended", 150), () => run(command));
      expect({ dataBytes, answer }).toEqual({ dataBytes, answer: expected(command) });
    }
    expect(bench.faults.count("tampered")).toBeGreaterThanOrEqual(5);
  });

  test.each([
    ["LEN 0", (frame: Uint8Array) => ofLength(frame, 0)],
    ["LEN 1", (frame: Uint8Array) => ofLength(frame, 1)],
    ["extended, 266 bytes", (frame: Uint8Array) => ofLength(frame, 266)],
    ["extended, claims 65535 bytes", () => hex("00 00FF FFFF FFFF 02 D541")],
    ["extended, LENM and LENL with a wrong sum", () => hex("00 00FF FFFF 0105 00 D541")],
  ] as const)("row 6: %s is refused, read no further, and asked for again", async (what, change) => {
    const bench = await startBench(transport);
    const { channel } = await bench.present();
    const before = bench.commands();
    bench.damageResponses({ code: IN_DATA_EXCHANGE, times: 1 }, change);
    const answer = await table.within(bench, at(6, what, 200), () => bench.send(channel, SELECT_IAS));
    expect(answer).toBe("9000");
    expect([bench.faults.count("tampered"), bench.commands() - before]).toEqual([1, 1]);
    expectCounted(bench, { rereads: 1 });
  });

  /** One answer was cut off, which was noticed and counted, cost nobody a command twice, and is over. */
  async function expectCut(bench: Bench, lengthBytes: number, what: string): Promise<void> {
    const { rereads, aborts, resends } = bench.rig.reader.health();
    const isCut = bench.faults.count("tampered") === 1;
    expect({ lengthBytes, isCut, rereadsAndAborts: rereads + aborts, resends }).toEqual({
      lengthBytes,
      isCut: true,
      rereadsAndAborts: 1,
      resends: 0,
    });
    expect(await table.within(bench, at(7, what, 600), () => bench.recover())).toBe(NIS_ANSWER);
  }

  test("row 7: the answer to an APDU cut off at every byte: right, or counted as a failure in time", async () => {
    for (let lengthBytes = 0; lengthBytes < APDU_ANSWER_BYTES; lengthBytes++) {
      const bench = await startBench(transport);
      const { channel } = await bench.present();
      bench.damageResponses({ code: IN_DATA_EXCHANGE, times: 1 }, (frame) => truncated(frame, lengthBytes));
      const done = await table.within(bench, at(7, "APDU", 900), () => bench.transceive(channel, SELECT_IAS));
      expect([lengthBytes, done.ok ? toHex(done.value) : done.error.kind]).toEqual([
        lengthBytes,
        expect.stringMatching(/^(9000|cardLost|readerFailed)$/),
      ]);
      await expectCut(bench, lengthBytes, "APDU, recovery");
    }
  });

  test("row 7: the answer to a poll cut off at every byte: right, or counted as a failure in time", async () => {
    for (let lengthBytes = 0; lengthBytes < POLL_ANSWER_BYTES; lengthBytes++) {
      const bench = await startBench(transport);
      bench.damageResponses({ code: IN_LIST_PASSIVE_TARGET, times: 1 }, (frame) =>
        truncated(frame, lengthBytes),
      );
      bench.place();
      const done = await table.within(bench, at(7, "poll", 4_500), () => bench.poll());
      if (done.ok) expect(done.value).toMatchObject({ protocol: "typeA", kind: "isoDep" });
      await expectCut(bench, lengthBytes, "poll, recovery");
    }
  });

  test("row 7: an answer that lacks its postamble alone is asked for again", async () => {
    const bench = await startBench(transport);
    const { channel } = await bench.present();
    bench.damageResponses({ code: IN_DATA_EXCHANGE, times: 1 }, (frame) => frame.slice(0, -1));
    expect(await bench.send(channel, SELECT_IAS)).toBe("9000");
    expect(bench.faults.count("tampered")).toBe(1);
    // Guessed, it would let a frame pass that has lost a zero of its data, and is read one byte on.
    expectCounted(bench, { rereads: 1 });
  });

  test("row 8: read in parts that end anywhere, a frame is the same", async () => {
    const { bench, run, expected, runner } = await makeRunner(transport);
    // Of the longest but one the first reading leaves the postamble.
    for (const answerBytes of [0, 1, 2, 7, 100, 254, 255, 262]) {
      const command = echo(262, answerBytes);
      const answer = await table.within(bench, at(8, "read in parts", 150), () => run(command));
      expect({ answerBytes, answer }).toEqual({ answerBytes, answer: expected(command) });
    }
    // On SPI the chip is through with its frame when the postamble alone is left, and is asked for it again.
    const rereads = transport.name === "SPI" ? 1 : 0;
    expect(runner.counts).toMatchObject({ rereads, aborts: 0, strays: 0 });
  });
});

describe("HSU", () => {
  const at = rowsOf(HSU);

  test("row 8: every frame in two chunks, cut anywhere", async () => {
    const bench = await startBench(HSU);
    bench.faults.set({ splitChunk: 1 });
    for (let round = 0; round < 20; round++) {
      const answer = await table.within(bench, at(8, "two chunks", 400), () =>
        nisThrough(bench, (frame) => frame),
      );
      expect(answer).toBe(NIS_ANSWER);
    }
    expect(bench.faults.count("splitChunk")).toBeGreaterThan(100);
    expectCounted(bench, {});
  });

  test("row 9: ACK and response glued into one chunk are both delivered", async () => {
    const bench = await startBench(HSU);
    bench.faults.set({ gluedChunk: 1 });
    const answer = await table.within(bench, at(9, "glued", 400), () => nisThrough(bench, (frame) => frame));
    expect(answer).toBe(NIS_ANSWER);
    expect(bench.faults.count("gluedChunk")).toBeGreaterThanOrEqual(4);
    expectCounted(bench, {});
  });
});
