import { describe, expect, test } from "vitest";
import { CommandRunner } from "../../../drivers/pn532/command-runner.ts";
import { getFirmwareVersion } from "../../../drivers/pn532/commands.ts";
import { createI2cLink } from "../../../drivers/pn532/i2c-link.ts";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import type { BusError, I2cDevice, InputLine } from "../../../src/ports/bus.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { err, ok, type Result } from "../../../src/result.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant, millis } from "../../../src/time/time.ts";
import { saying } from "../bus/surroundings.ts";
import { ACK_FRAME, command, NACK_FRAME, response } from "./frames.ts";

/** A transaction as the test expects it: what is read with its status byte, or written; `nack` = refused. */
type Transaction =
  | { readonly read: string }
  | { readonly readRefused: number }
  | { readonly write: string; readonly refused?: boolean }
  | BusError;

/** A device that expects exact transactions in order and fails loudly on any other. */
class ScriptedDevice implements I2cDevice {
  readonly #script: Transaction[];

  constructor(...script: readonly Transaction[]) {
    this.#script = [...script];
  }

  async read(lengthBytes: number): Promise<Result<Uint8Array | "notAcknowledged", BusError>> {
    const expected = this.#next(`read of ${lengthBytes}`);
    if ("kind" in expected) return err(expected);
    if ("readRefused" in expected && expected.readRefused === lengthBytes) return ok("notAcknowledged");
    const answer = hex("read" in expected ? expected.read : "");
    if (answer.length !== lengthBytes) throw new Error(`read of ${lengthBytes}, script has ${answer.length}`);
    return ok(answer);
  }

  async write(bytes: Uint8Array): Promise<Result<"written" | "notAcknowledged", BusError>> {
    const expected = this.#next(`write of ${toHex(bytes)}`);
    if ("kind" in expected) return err(expected);
    if (!("write" in expected) || expected.write !== toHex(bytes))
      throw new Error(`write of ${toHex(bytes)}, script has ${JSON.stringify(expected)}`);
    return ok(expected.refused === true ? "notAcknowledged" : "written");
  }

  async close(): Promise<void> {
    return;
  }

  /** Transactions that nobody asked for; a test ends with none. */
  get left(): number {
    return this.#script.length;
  }

  #next(asked: string): Transaction {
    const expected = this.#script.shift();
    if (expected === undefined) throw new Error(`unexpected ${asked}`);
    return expected;
  }
}

const BUSY: Transaction = { read: "00" };
const READY: Transaction = { read: "01" };
const REFUSED: Transaction = { readRefused: 1 };
const times = (count: number, transaction: Transaction) => Array.from({ length: count }, () => transaction);

function rig(...script: readonly Transaction[]) {
  const timeline = new VirtualTimeline();
  const device = new ScriptedDevice(...script);
  const clock = VirtualClock.startingAt(timeline, instant(0));
  const link = createI2cLink({ device, clock });
  const settle = <T>(promise: Promise<T>): Promise<T> => timeline.resolve(promise);
  return { timeline, clock, device, link, settle };
}

const frameStart = (lengthBytes: number) => ({ lengthBytes, position: "frameStart" }) as const;
const frameRest = (lengthBytes: number) => ({ lengthBytes, position: "frameRest" }) as const;
const textOf = (read: Result<Uint8Array, unknown>): unknown => (read.ok ? toHex(read.value) : read);
const ACK = toHex(ACK_FRAME);
const NACK = toHex(NACK_FRAME);
const VERSION = "0000FF02FED4022A00";

describe("waking", () => {
  test("a chip that hears its address gets 2 ms for its oscillator", async () => {
    const { timeline, device, link, settle } = rig(BUSY);
    expect(await settle(link.wake())).toEqual(ok(undefined));
    expect([timeline.nowUs(), device.left]).toEqual([2000, 0]);
  });

  test("the first refusals are what wakes it", async () => {
    const { timeline, device, link, settle } = rig(REFUSED, REFUSED, BUSY);
    expect(await settle(link.wake())).toEqual(ok(undefined));
    expect([timeline.nowUs(), device.left]).toEqual([6000, 0]);
  });

  test("is given up after five refusals, and silence then tells where to look", async () => {
    const { device, link, settle } = rig(...times(5, REFUSED));
    expect(await settle(link.wake())).toEqual(ok(undefined));
    expect(device.left).toBe(0);
    expect(link.explainSilence()).toMatchObject({
      kind: "chipSilent",
      remedy: saying("1-0"),
    });
  });
});

describe("writing", () => {
  test("is one transaction", async () => {
    const { device, link, settle } = rig({ write: VERSION });
    expect(await settle(link.write(hex(VERSION)))).toEqual(ok(undefined));
    expect(device.left).toBe(0);
  });

  test("a refused command is sent again while the chip has nothing to say", async () => {
    const refused: Transaction = { write: VERSION, refused: true };
    const { timeline, device, link, settle } = rig(refused, REFUSED, refused, BUSY, { write: VERSION });
    expect(await settle(link.write(hex(VERSION)))).toEqual(ok(undefined));
    expect([timeline.nowUs(), device.left]).toEqual([2000, 0]);
  });

  test("a command whose last byte was refused is not sent twice: its acknowledgement is ready", async () => {
    const { device, link, settle } = rig({ write: VERSION, refused: true }, READY);
    expect(await settle(link.write(hex(VERSION)))).toEqual(ok(undefined));
    expect(device.left).toBe(0);
  });

  test("a command that is refused for ever is missed by its acknowledgement, after 20 ms", async () => {
    const script = times(20, { write: VERSION, refused: true }).flatMap((refused) => [refused, REFUSED]);
    const { timeline, device, link, settle } = rig(...script);
    expect(await settle(link.write(hex(VERSION)))).toEqual(ok(undefined));
    expect([timeline.nowUs(), device.left]).toEqual([20_000, 0]);
  });

  test.each([ACK, NACK])(
    "%s, refused, is sent up to three times: a second one changes nothing",
    async (frame) => {
      const refused: Transaction = { write: frame, refused: true };
      for (const script of [[refused, { write: frame }], times(3, refused)]) {
        const { device, link, settle } = rig(...script);
        expect(await settle(link.write(hex(frame)))).toEqual(ok(undefined));
        expect(device.left).toBe(0);
      }
    },
  );
});

describe("readiness without an interrupt line", () => {
  test("is bit 0 of the status byte; a refused address is busy, FF is nobody", async () => {
    const { timeline, device, link, settle } = rig(BUSY, REFUSED, { read: "FF" }, { read: "02" }, READY);
    expect(await settle(link.waitReady(millis(100)))).toEqual(ok("ready"));
    expect([timeline.nowUs(), device.left]).toEqual([4000, 0]);
  });

  test("is looked for until the deadline and once after it", async () => {
    const { device, link, settle } = rig(...times(3, REFUSED));
    expect(await settle(link.waitReady(millis(2)))).toEqual(ok("late"));
    expect(device.left).toBe(0);
  });
});

describe("reading", () => {
  test("is status byte and frame in one transaction", async () => {
    const { link, settle } = rig({ read: `01${ACK}` });
    expect(textOf(await settle(link.read(frameStart(6))))).toBe(ACK);
  });

  test.each([
    ["is not ready after all", { read: `00${ACK}` }],
    ["refuses its address", { readRefused: 7 }],
  ] as const)("gives nothing when the chip %s", async (_, transaction) => {
    const { link, settle } = rig(transaction);
    expect(textOf(await settle(link.read(frameStart(6))))).toBe("");
  });

  test("on in a frame asks for all of it again, by NACK, in one transaction", async () => {
    const whole = toHex(response("03 32010607"));
    const { device, link, settle } = rig({ read: `01${whole.slice(0, 12)}` }, { write: NACK }, BUSY, READY, {
      read: `01${whole}`,
    });
    expect(textOf(await settle(link.read(frameStart(6))))).toBe(whole.slice(0, 12));
    expect(textOf(await settle(link.read(frameRest(7))))).toBe(whole.slice(12));
    expect(device.left).toBe(0);
  });

  test("on in a frame that does not come again gives nothing, after 25 ms", async () => {
    const begun = { read: "010000FF06FAD5" };
    const { timeline, device, link, settle } = rig(begun, { write: NACK }, ...times(26, BUSY));
    await settle(link.read(frameStart(6)));
    expect(textOf(await settle(link.read(frameRest(3))))).toBe("");
    expect([timeline.nowUs(), device.left]).toEqual([25_000, 0]);
  });

  test("on in what may be an acknowledgement gives junk: that is not sent again", async () => {
    for (const seen of ["000000000000", "000000FF00FF", "A50000FF00FF", "0000000000FF"]) {
      const { device, link, settle } = rig({ read: `01${seen}` });
      await settle(link.read(frameStart(6)));
      expect(textOf(await settle(link.read(frameRest(3))))).toBe("010101");
      expect(device.left).toBe(0);
    }
  });

  test.each([
    ["says in the reading itself that it is busy", [READY, { read: `00${"A5".repeat(13)}` }]],
    ["refuses its address in the reading", [READY, { readRefused: 14 }]],
    ["is not ready in time", times(26, BUSY)],
  ])("on in a frame keeps its place when the chip %s", async (_, inVain: readonly Transaction[]) => {
    const whole = toHex(response("03 32010607"));
    const { device, link, settle } = rig(
      { read: `01${whole.slice(0, 12)}` },
      { write: NACK },
      ...inVain,
      { write: NACK },
      READY,
      { read: `01${whole}` },
    );
    await settle(link.read(frameStart(6)));
    expect(textOf(await settle(link.read(frameRest(7))))).toBe("");
    expect(textOf(await settle(link.read(frameRest(7))))).toBe(whole.slice(12));
    expect(device.left).toBe(0);
  });
});

describe("an interrupt line that fell", () => {
  async function readAfterFall(first: Transaction, ...later: readonly Transaction[]) {
    const timeline = new VirtualTimeline();
    let fall: () => void = () => undefined;
    const line: InputLine = {
      isLow: () => true,
      onFalling: (listener) => {
        fall = listener;
        return () => undefined;
      },
      close: async () => undefined,
    };
    const device = new ScriptedDevice(first, ...later);
    const link = createI2cLink({ device, irq: line, clock: VirtualClock.startingAt(timeline, instant(0)) });
    fall();
    expect(await link.waitReady(millis(100))).toEqual(ok("ready"));
    const text = textOf(await link.read(frameStart(6)));
    return { timeline, device, link, text };
  }

  test("is believed: no status is asked for", async () => {
    const { device, text } = await readAfterFall({ read: `01${ACK}` });
    expect([text, device.left]).toEqual([ACK, 0]);
  });

  test("and when it lied, the chip is asked until it is ready", async () => {
    const { timeline, device, link, text } = await readAfterFall({ readRefused: 7 }, BUSY, READY);
    expect(text).toBe("");
    expect(await timeline.resolve(link.waitReady(millis(100)))).toEqual(ok("ready"));
    expect(device.left).toBe(0);
  });
});

describe("explaining silence", () => {
  test("a chip that is there but was never ready hangs", async () => {
    const { link, settle } = rig(BUSY);
    await settle(link.wake());
    expect(link.explainSilence()).toMatchObject({ remedy: saying("RSTPD_N") });
  });

  test("a chip that was ready before suffers on its bus", async () => {
    const { link, settle } = rig(READY);
    await settle(link.wake());
    expect(link.explainSilence()).toMatchObject({ remedy: saying("I2C clock") });
  });
});

test("a failing bus is passed on unchanged, wherever it fails", async () => {
  const failed: BusError = { kind: "busFailed", node: "/dev/i2c-1" };
  const started: Transaction = { read: "010000FF06FAD5" };
  const refused: Transaction = { write: VERSION, refused: true };
  for (const act of [
    ({ link, settle }: ReturnType<typeof rig>) => settle(link.wake()),
    ({ link, settle }: ReturnType<typeof rig>) => settle(link.write(hex(VERSION))),
    ({ link, settle }: ReturnType<typeof rig>) => settle(link.write(hex(ACK))),
    ({ link, settle }: ReturnType<typeof rig>) => settle(link.waitReady(millis(0))),
    ({ link, settle }: ReturnType<typeof rig>) => settle(link.read(frameStart(1))),
  ])
    expect(await act(rig(failed))).toEqual(err(failed));
  const afterRefusal = rig(refused, failed);
  expect(await afterRefusal.settle(afterRefusal.link.write(hex(VERSION)))).toEqual(err(failed));
  for (const later of [[failed], [{ write: NACK }, failed], [{ write: NACK }, READY, failed]]) {
    const { link, settle } = rig(started, ...later);
    await settle(link.read(frameStart(6)));
    expect(await settle(link.read(frameRest(1)))).toEqual(err(failed));
  }
});

/** A chip on I2C that begins a frame anew at each NACK, and nothing else. */
function frameGiver(...frames: readonly Uint8Array[]): I2cDevice {
  const waiting = [...frames];
  return {
    async read(lengthBytes) {
      const frame = waiting[0];
      const seen = new Uint8Array(lengthBytes).fill(0xa5);
      seen[0] = frame === undefined ? 0 : 1;
      if (frame === undefined || lengthBytes === 1) return ok(seen);
      seen.set(frame.subarray(0, lengthBytes - 1), 1);
      if (lengthBytes > frame.length) waiting.shift();
      return ok(seen);
    },
    write: async () => ok("written"),
    close: async () => undefined,
  };
}

test.each(Array.from({ length: 21 }, (_, count) => count))(
  "a command is answered with %i bytes of preamble before each frame",
  async (count) => {
    const timeline = new VirtualTimeline();
    const clock = VirtualClock.startingAt(timeline, instant(0));
    const preamble = new Uint8Array(count);
    const device = frameGiver(
      concat(preamble, ACK_FRAME.subarray(1)),
      concat(preamble, response("03 32010607").subarray(1)),
    );
    const runner = new CommandRunner({ link: createI2cLink({ device, clock }), clock, log: silentLog });
    const firmware = await timeline.resolve(runner.run(getFirmwareVersion()));
    expect(firmware).toEqual(ok({ ic: 0x32, version: 1, revision: 6 }));
    expect(toHex(command("02"))).toBe(VERSION);
  },
);
