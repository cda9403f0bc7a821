import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { HSU_NODE, HsuHost, WAKE_UP } from "./hsu-host.ts";
import { ACK, commandFrame, LIST_ONE_TYPE_A, SAM_NORMAL } from "./spi-host.ts";

const GET_FIRMWARE = "0000FF02FED4022A00";
const FIRMWARE = "0000FF06FAD50332010607E800";
const SAM_ANSWER = "0000FF02FED5151600";
const NACK = "0000FFFF0000";
const SET_921600 = "0000FF03FDD410071500";
const SPEED_ANSWER = "0000FF02FED5111A00";

/** A chip that has agreed to 921600 bit/s, with the host still at the old speed. */
async function agreed(): Promise<HsuHost> {
  const host = await new HsuHost().start();
  expect(await host.ask(SET_921600)).toBe(ACK + SPEED_ANSWER);
  return host;
}

describe("power", () => {
  test("after power-on the chip is deaf to a command without wake-up", async () => {
    const host = new HsuHost();
    expect(await host.ask(SAM_NORMAL)).toBe("");
  });

  test("the customary preamble wakes it in time for the command right behind", async () => {
    const host = new HsuHost();
    expect(await host.ask(`${WAKE_UP}${SAM_NORMAL}`)).toBe(ACK + SAM_ANSWER);
  });

  test("a preamble half as long does not", async () => {
    const host = new HsuHost();
    expect(await host.ask(`${WAKE_UP.slice(0, 16)}${SAM_NORMAL}`)).toBe("");
  });

  test("the preamble does no harm to a chip that is awake", async () => {
    const host = await new HsuHost().start();
    expect(await host.ask(`${WAKE_UP}${GET_FIRMWARE}`)).toBe(ACK + FIRMWARE);
  });

  test.each([
    ["10", "wake", ACK + FIRMWARE],
    ["20", "do not wake", ""],
  ])("PowerDown with sources %s: edges on the line %s it", async (sources, _what, heard) => {
    const host = await new HsuHost().start();
    await host.ask(commandFrame(`16${sources}`));
    expect(await host.ask(`${WAKE_UP}${GET_FIRMWARE}`)).toBe(heard);
  });

  test("a reset in the middle of an answer: nothing more comes of it", async () => {
    const host = await new HsuHost().start();
    await host.write(GET_FIRMWARE);
    await host.pass(500 + 521 + 300 + 400);
    host.chip.setReset("low");
    expect(await host.heard()).toBe(ACK);
  });
});

describe("dialogue", () => {
  test("ACK and answer come by themselves, ten bits for each byte", async () => {
    const host = await new HsuHost().start();
    const before = host.timeline.nowUs();
    await host.write(GET_FIRMWARE);
    expect(host.timeline.nowUs() - before).toBe(781); // 9 bytes of 86.8 us
    await host.pass(30_000);
    // 0.5 ms to the ACK of 6 bytes, 0.3 ms to the answer of 13.
    expect(host.chunks).toEqual([
      { text: ACK, atUs: before + 781 + 500 + 521 },
      { text: FIRMWARE, atUs: before + 781 + 500 + 521 + 300 + 1_128 },
    ]);
  });

  test("NACK brings the last answer again, and a host ACK aborts an endless poll", async () => {
    const host = await new HsuHost().start();
    expect(await host.ask(GET_FIRMWARE)).toBe(ACK + FIRMWARE);
    expect(await host.ask(NACK)).toBe(FIRMWARE);
    expect(await host.ask(LIST_ONE_TYPE_A)).toBe(ACK);
    expect(await host.heard(10_000_000)).toBe("");
    expect(await host.ask(ACK)).toBe("");
    expect(await host.ask(GET_FIRMWARE)).toBe(ACK + FIRMWARE);
  });

  test("an ACK and a command in one write: the poll is aborted, and the command falls into the deaf moment", async () => {
    const host = await new HsuHost().start();
    await host.ask(LIST_ONE_TYPE_A);
    expect(await host.ask(ACK + GET_FIRMWARE)).toBe("");
  });

  test("a frame may come in chunks of any size", async () => {
    const line = hex(commandFrame(`00${"00"}${"A5".repeat(40)}`));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 10 }), async (sizes) => {
        const host = await new HsuHost().start();
        let rest = line;
        for (const size of sizes) {
          if (rest.length > size) {
            await host.write(toHex(rest.subarray(0, size)));
            rest = rest.subarray(size);
            await host.pass(2_000);
          }
        }
        await host.write(toHex(rest));
        expect(await host.heard()).toContain(`D501${"00"}${"A5".repeat(40)}`);
      }),
      { numRuns: 40 },
    );
  });

  test("a half frame is remembered for 80 ms and forgotten after 90", async () => {
    const host = await new HsuHost().start();
    const [head, tail] = [GET_FIRMWARE.slice(0, 10), GET_FIRMWARE.slice(10)];
    await host.write(head);
    await host.pass(80_000);
    expect(await host.ask(tail)).toBe(ACK + FIRMWARE);
    await host.write(head);
    await host.pass(90_000);
    expect(await host.ask(tail)).toBe("");
    expect(await host.ask(GET_FIRMWARE)).toBe(ACK + FIRMWARE);
  });

  test("a frame with a byte missing is made good by the same frame once more", async () => {
    const host = await new HsuHost().start();
    const short = GET_FIRMWARE.slice(0, 12) + GET_FIRMWARE.slice(14);
    expect(await host.ask(short)).toBe("");
    expect(await host.ask(GET_FIRMWARE)).toBe(ACK + FIRMWARE);
  });

  test("no bytes on the line make the chip throw or hang", async () => {
    const writes = fc.array(
      fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 60 }).map(toHex),
        fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => commandFrame(toHex(bytes))),
      ),
      { maxLength: 10 },
    );
    await fc.assert(
      fc.asyncProperty(writes, async (texts) => {
        const host = await new HsuHost().start();
        host.board.place(HSU_NODE, { card: "cie", family: "gemalto", nis: "123456789012" });
        for (const text of texts) await host.ask(text);
        host.chip.setReset("low");
        host.chip.setReset("high");
        await host.setRate(115_200);
        await host.pass(100_000);
        expect(await host.ask(`${WAKE_UP}${GET_FIRMWARE}`)).toBe(ACK + FIRMWARE);
      }),
      { numRuns: 60 },
    );
  });
});

describe("speed", () => {
  test("changes only with the host's ACK to the answer", async () => {
    const host = await agreed();
    expect(await host.ask(GET_FIRMWARE)).toBe(ACK + FIRMWARE); // No ACK was sent: all is as it was.
    expect(await host.ask(SET_921600)).toBe(ACK + SPEED_ANSWER);
    expect(await host.ask(ACK)).toBe("");
    expect(await host.ask(GET_FIRMWARE)).not.toContain(FIRMWARE);
    await host.setRate(921_600);
    await host.pass(100_000);
    expect(await host.ask(GET_FIRMWARE)).toBe(ACK + FIRMWARE);
  });

  test("makes bytes shorter both ways", async () => {
    const host = await agreed();
    await host.ask(ACK);
    await host.setRate(921_600);
    const before = host.timeline.nowUs();
    await host.write(GET_FIRMWARE);
    await host.pass(30_000);
    expect(host.chunks.map(({ atUs }) => atUs - before)).toEqual([98 + 500 + 65, 98 + 500 + 65 + 300 + 141]);
  });

  test("is 115200 again after a reset", async () => {
    const host = await agreed();
    await host.ask(ACK);
    host.chip.brownOut();
    expect(await host.ask(`${WAKE_UP}${GET_FIRMWARE}`)).toBe(ACK + FIRMWARE);
  });

  test("that a PN532 does not know is a syntax error", async () => {
    const host = await new HsuHost().start();
    expect(await host.ask(commandFrame("1009"))).toBe(`${ACK}0000FF01FF7F8100`);
  });

  test("of another kind makes noise of as many bytes to the host", async () => {
    const host = await new HsuHost().start();
    await host.write(GET_FIRMWARE);
    await host.setRate(9_600);
    const heard = await host.heard();
    expect(heard).toHaveLength(ACK.length + FIRMWARE.length);
    expect(heard).not.toContain("0000FF");
  });
});

describe("faults", () => {
  test("a frame in two chunks, each at its own time", async () => {
    const host = await new HsuHost().start();
    host.board.setFaults(HSU_NODE, { splitChunk: 1 });
    await host.write(GET_FIRMWARE);
    await host.pass(30_000);
    expect(host.chunks.map(({ text }) => text).join("")).toBe(ACK + FIRMWARE);
    expect(host.chunks.length).toBeGreaterThan(2);
    const instants = host.chunks.map(({ atUs }) => atUs);
    expect(new Set(instants).size).toBe(instants.length);
  });

  test("ACK and answer in one chunk", async () => {
    const host = await new HsuHost().start();
    host.board.setFaults(HSU_NODE, { gluedChunk: 1 });
    await host.write(GET_FIRMWARE);
    await host.pass(30_000);
    expect(host.chunks.map(({ text }) => text)).toEqual([ACK + FIRMWARE]);
  });

  test("a byte less, either way", async () => {
    const host = await new HsuHost().start();
    host.board.setFaults(HSU_NODE, { lostByte: 1 });
    expect(await host.ask(GET_FIRMWARE)).toBe("");
    host.board.setFaults(HSU_NODE, {});
    await host.ask(GET_FIRMWARE);
    await host.write(GET_FIRMWARE);
    host.board.setFaults(HSU_NODE, { lostByte: 1 });
    expect(await host.heard()).toHaveLength(ACK.length + FIRMWARE.length - 4);
    expect(host.faults.count("lostByte")).toBe(3);
  });

  test("a byte that is another", async () => {
    const host = await new HsuHost().start();
    host.board.setFaults(HSU_NODE, { corruptRead: 1 });
    const heard = await host.ask(GET_FIRMWARE);
    expect(heard).toHaveLength(ACK.length + FIRMWARE.length);
    expect(heard).not.toContain(FIRMWARE);
  });
});

test("a killed host hears nothing more; the next one speaks to the same chip", async () => {
  const host = await new HsuHost().start();
  const victim = host.board.attach();
  const heard: string[] = [];
  const line = victim.serialLine(HSU_NODE);
  line.onData((bytes) => heard.push(toHex(bytes)));
  void line.write(hex(GET_FIRMWARE)).then(() => heard.push("written"));
  victim.kill();
  expect(await host.heard()).toBe(ACK + FIRMWARE);
  expect(heard).toEqual([]);
});
