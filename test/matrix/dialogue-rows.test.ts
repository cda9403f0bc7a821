/**
 * The robustness matrix, rows of the dialogue: ACKs that are missing, surplus or out of place, responses that
 * are missing, late, or a refusal (UM0701-02 §6.2.1).
 */
import { describe, expect, test } from "vitest";
import type { FaultKind } from "../../src/sim/faults.ts";
import {
  expectCounted,
  expectRecovered,
  expectWarned,
  I2C,
  makeBench,
  NIS_ANSWER,
  READ_NIS,
  RecoveryTable,
  rowsOf,
  SELECT_CIE,
  SELECT_IAS,
  startBench,
  TRANSPORTS,
} from "./matrix.ts";

const table = new RecoveryTable("dialogue");

/** What a host takes between an answer and the next command; on I2C the chip refuses its address that long. */
const HOST_MS = 1;
/** Swallows commands: neither ACK nor response. */
const SILENT = { lostAck: 1, lostResponse: 1 };
/** A chip that hangs is deaf to commands too. */
const RESET_HELPED = ["reconfigure: chipSilent", "reset: recovered"];

describe.each(TRANSPORTS)("$name", (transport) => {
  const at = rowsOf(transport);

  test("row 1: no ACK at the first commands after wake-up: sent again, twice at most, and the start succeeds", async () => {
    const bench = await makeBench(transport);
    bench.faults.script("lostAck", [true, true]);
    bench.faults.script("lostResponse", [true, true]);
    const started = await table.within(bench, at(1, "start, two ACKs lost", 300), () => bench.start());
    expect(started).toMatchObject({ ok: true });
    expect(bench.faults.count("lostAck")).toBe(2);
    expectCounted(bench, { resends: 2 });
  });

  test("row 1: no ACK of a configured chip: no command is sent twice, the reader fails and a start recovers it", async () => {
    const bench = await startBench(transport);
    bench.faults.set(SILENT);
    const failed = await table.within(bench, at(1, "poll, no ACK: reader failed", 60), () => bench.poll());
    expect(failed).toMatchObject({ ok: false, error: { kind: "chipSilent" } });
    expect(bench.faults.count("lostAck")).toBe(1);
    expectCounted(bench, { aborts: 1 });
    bench.faults.set({});
    expect(await table.within(bench, at(1, "recovery by a start", 600), () => bench.recover())).toBe(
      NIS_ANSWER,
    );
    expectRecovered(bench);
  });

  test("row 1: no ACK for ever: each start ends with a reader that is down, and says what to do", async () => {
    const bench = await startBench(transport);
    bench.faults.set(SILENT);
    expect((await bench.poll()).ok).toBe(false);
    const failed = await table.within(bench, at(1, "start in vain", 3_000), () => bench.start());
    expect(failed).toMatchObject({ ok: false, error: { kind: "chipSilent" } });
    expect(JSON.stringify(failed)).toMatch(/check|wire/);
    const inVain = ["reconfigure: chipSilent", "reset: chipSilent", "start: chipSilent"];
    expectWarned(bench, inVain);
    bench.faults.set({});
    expect(await table.within(bench, at(1, "recovery after it", 600), () => bench.recover())).toBe(
      NIS_ANSWER,
    );
    expectWarned(bench, [...inVain, "reconfigure: recovered"]);
  });

  // Behind the last response nobody reads; between two commands a serial line is cleared of whatever came.
  const AFTER_RESPONSES = { SPI: 3, I2C: 3, HSU: 1 }[transport.name];
  test.each<readonly [FaultKind, number]>([
    ["doubledAck", 4],
    ["ackAfterResponse", AFTER_RESPONSES],
    ["strayNack", 4],
  ])("row 2: %s at every command changes nothing, and is counted", async (kind, strays) => {
    const bench = await startBench(transport);
    bench.faults.set({ [kind]: 1 });
    const answer = await table.within(bench, at(2, kind, 200), async () => {
      const { channel } = await bench.present();
      await bench.pass(HOST_MS);
      await bench.send(channel, SELECT_IAS);
      await bench.pass(HOST_MS);
      await bench.send(channel, SELECT_CIE);
      await bench.pass(HOST_MS);
      return bench.send(channel, READ_NIS);
    });
    expect(answer).toBe(NIS_ANSWER);
    expect(bench.faults.count(kind)).toBe(4);
    expectCounted(bench, { strays });
  });

  test("row 2: an ACK behind a response, and at once a command: the APDU is right or lost, never sent again", async () => {
    const bench = await startBench(transport);
    const { channel } = await bench.present();
    const before = bench.commands();
    bench.faults.script("ackAfterResponse", [true]);
    await table.within(bench, at(2, "ackAfterResponse, APDUs back to back", 900), async () => {
      expect(await bench.send(channel, SELECT_IAS)).toBe("9000");
      const sent = await bench.transceive(channel, SELECT_CIE);
      expect(bench.commands() - before).toBeLessThanOrEqual(2);
      if (!sent.ok) await bench.findAgain();
    });
    expect(bench.faults.count("ackAfterResponse")).toBe(1);
    expectWarned(bench, []);
    expect(await table.within(bench, at(2, "and a new start", 600), () => bench.recover())).toBe(NIS_ANSWER);
  });

  test("row 3: a stale response in place of the ACK: abort, drain, the poll is repeated once", async () => {
    const bench = await startBench(transport);
    bench.faults.script("staleResponse", [true]);
    const { channel } = await table.within(bench, at(3, "poll", 60), () => bench.present());
    expect(bench.faults.count("staleResponse")).toBe(1);
    expectCounted(bench, { aborts: 1, resends: 1 });
    expect(await bench.readNis(channel)).toBe(NIS_ANSWER);
  });

  test("row 3: a stale response in place of an APDU's ACK: the APDU is not repeated, the card is found anew", async () => {
    const bench = await startBench(transport);
    const { channel } = await bench.present();
    bench.faults.script("staleResponse", [true]);
    await table.within(bench, at(3, "APDU, then the card found anew", 300), async () => {
      const before = bench.commands();
      const sent = await bench.transceive(channel, SELECT_IAS);
      expect(bench.commands() - before).toBe(1);
      expect(sent).toMatchObject({ ok: false, error: { kind: "readerFailed" } });
      await bench.findAgain();
    });
    expect(bench.faults.count("staleResponse")).toBe(1);
    expect(bench.rig.reader.health()).toMatchObject({ aborts: 1, resends: 0 });
    expectRecovered(bench);
    expect(await table.within(bench, at(3, "and a new start", 600), () => bench.recover())).toBe(NIS_ANSWER);
  });

  test("row 10: the error frame is a refusal, told at once and not tried again", async () => {
    const bench = await startBench(transport);
    bench.faults.script("errorFrame", [true]);
    const refused = await table.within(bench, at(10, "poll refused", 60), async () => {
      bench.place();
      return bench.poll();
    });
    expect(refused).toEqual({
      ok: false,
      error: { kind: "chipRefused", command: "InListPassiveTarget", status: 0x7f },
    });
    expect(bench.faults.count("errorFrame")).toBe(1);
    expectCounted(bench, {});
    expect(await table.within(bench, at(10, "recovery by a start", 600), () => bench.recover())).toBe(
      NIS_ANSWER,
    );
    expectRecovered(bench);
  });

  test("row 11: ACK and then silence: the poll ends at its deadline, the reset line brings the chip back", async () => {
    const bench = await startBench(transport);
    bench.faults.script("hang", [true]);
    const failed = await table.within(bench, at(11, "poll given up", 4_000), () => bench.poll());
    expect(failed).toMatchObject({ ok: false, error: { kind: "chipSilent" } });
    expect(bench.faults.count("hang")).toBe(1);
    expectCounted(bench, { aborts: 1 });
    expect(await table.within(bench, at(11, "recovery by a start", 2_000), () => bench.recover())).toBe(
      NIS_ANSWER,
    );
    expectWarned(bench, RESET_HELPED);
  });

  test("row 11: ACK and then silence under an APDU is a lost card, until the next command shows the chip", async () => {
    const bench = await startBench(transport);
    const { channel } = await bench.present();
    bench.faults.script("hang", [true]);
    const answer = await table.within(bench, at(11, "APDU, then a start", 4_000), async () => {
      expect(await bench.transceive(channel, SELECT_IAS)).toMatchObject({
        ok: false,
        error: { kind: "cardLost" },
      });
      expect(await bench.poll()).toMatchObject({ ok: false, error: { kind: "chipSilent" } });
      return bench.recover();
    });
    expect(answer).toBe(NIS_ANSWER);
    expect(bench.faults.count("hang")).toBe(1);
    expectWarned(bench, RESET_HELPED);
  });

  test("row 12: an answer that comes during the next command is discarded, the next command is unharmed", async () => {
    const bench = await startBench(transport);
    const { channel } = await bench.present();
    bench.faults.script("lateResponse", [true]);
    const again = await table.within(bench, at(12, "APDU late, card found anew", 800), async () => {
      expect(await bench.transceive(channel, SELECT_IAS)).toEqual({
        ok: false,
        error: { kind: "cardLost", status: 0x01 },
      });
      return bench.find();
    });
    expect(bench.faults.count("lateResponse")).toBe(1);
    // On I2C the late answer stands where an ACK is awaited, too: that command is aborted and sent once more.
    expectCounted(bench, { strays: 1, ...(transport === I2C ? { aborts: 2, resends: 1 } : { aborts: 1 }) });
    expect(await bench.readNis(again.channel)).toBe(NIS_ANSWER);
    expect(bench.chip.unhandled).toEqual([]);
  });
});
