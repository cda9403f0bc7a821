// The input device as a source: on a named pipe, which Linux watches and reads as it does a device, and in virtual time.
import { execFileSync } from "node:child_process";
import { constants } from "node:fs";
import { chmod, type FileHandle, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEventDevice, type EventDeviceOptions } from "../../../drivers/input/event-device.ts";
import { LAST_RETRY_MS, RETRY_AFTER_MS } from "../../../drivers/input/kept-source.ts";
import { openReadableFile } from "../../../drivers/input/readable-file.ts";
import type { EntrySource } from "../../../src/ports/entry.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant } from "../../../src/time/time.ts";
import { good } from "../../good.ts";
import { asNobody, saying } from "../bus/surroundings.ts";
import { ascii, Told } from "./entry-events.ts";
import { dropped, typed } from "./keyboard.ts";

let folder: string;
let node: string;
let timeline: VirtualTimeline;
let told: Told;
let source: EntrySource | undefined;
let keyboard: FileHandle | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "input-"));
  node = join(folder, "event0");
  timeline = new VirtualTimeline();
  told = new Told();
});
afterEach(async () => {
  await source?.stop();
  await keyboard?.close().catch(() => undefined);
  source = undefined;
  keyboard = undefined;
  await rm(folder, { recursive: true });
});

const makeDevice = (): void => void execFileSync("mkfifo", [node]);
/** Someone holds the other side: without that, a pipe has an end. */
const plugIn = async (): Promise<FileHandle> => {
  keyboard = await open(node, constants.O_WRONLY | constants.O_NONBLOCK);
  return keyboard;
};
/** The system takes the first look in its own time, so that is waited for. */
async function start(options: Partial<EventDeviceOptions> = {}): Promise<void> {
  const clock = VirtualClock.startingAt(timeline, instant(0));
  source = createEventDevice({ node, clock, eventBytes: 24, ...options });
  const first = Promise.race([told.next("up"), told.next("down")]);
  source.start(told.listener);
  await first;
}
async function passUntil(kind: "up" | "down", durationMs: number): Promise<void> {
  const event = told.next(kind);
  await timeline.run(timeline.nowUs() + durationMs * 1_000);
  await event;
}

describe("an input device", () => {
  test.each([16, 24] as const)("gives whole entries, from events of %i bytes", async (eventBytes) => {
    makeDevice();
    await start({ eventBytes });
    const device = await plugIn();
    for (const number of ["123456", "654321"]) {
      const entry = told.next("entry");
      await device.write(typed(eventBytes, `${number}\n`));
      await entry;
    }
    expect([told.health, told.entries]).toEqual([["up"], ["123456", "654321"]]);
  });

  test("takes the width of this program's events by itself", async () => {
    makeDevice();
    const clock = VirtualClock.startingAt(timeline, instant(0));
    source = createEventDevice({ node, clock });
    const isUp = told.next("up");
    source.start(told.listener);
    await isUp;
    const entry = told.next("entry");
    await (await plugIn()).write(typed(["arm", "ia32"].includes(process.arch) ? 16 : 24, "123456\n"));
    await entry;
    expect(told.entries).toEqual(["123456"]);
  });

  test("gives a scanned zone, more bytes than one read takes, as one entry", async () => {
    makeDevice();
    await start();
    const zone = [
      "I<UTOD231458907<<<<<<<<<<<<<<<",
      "7408122F1204159UTO<<<<<<<<<<<6",
      "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    ];
    const entry = told.next("entry");
    await (await plugIn()).write(typed(24, `${zone.join("\n")}\n`));
    await entry;
    expect(told.entries).toEqual([zone.join("\n")]);
  });

  test("tells that keystrokes were lost", async () => {
    makeDevice();
    await start();
    const lost = told.next("lost");
    await (await plugIn()).write(dropped(24));
    await lost;
    expect(told.losses).toEqual(["keysLost"]);
  });

  test("unplugged and plugged in again: what was typed by half is forgotten", async () => {
    makeDevice();
    await start();
    const device = await plugIn();
    await device.write(typed(24, "12"));
    const down = told.next("down");
    await device.close();
    await down;
    expect(told.events.at(-1)).toEqual({
      kind: "down",
      fault: {
        kind: "busFailed",
        node,
        remedy: saying("plug and cable"),
        cause: new Error("the other side has gone"),
      },
    });
    await passUntil("up", RETRY_AFTER_MS[0] ?? 0);
    const entry = told.next("entry");
    await (await plugIn()).write(typed(24, "345678\n"));
    await entry;
    expect([told.health, told.entries]).toEqual([["up", "busFailed", "up"], ["345678"]]);
  });

  test("is silent once stopped, and again when nothing was started", async () => {
    makeDevice();
    await start();
    const device = await plugIn();
    await source?.stop();
    await expect(device.write(typed(24, "123456\n"))).rejects.toThrow("EPIPE");
    await timeline.run(60_000_000);
    expect([told.health, told.entries]).toEqual([["up"], []]);
    expect(timeline.pending()).toEqual([]);
    await createEventDevice({ node, clock: VirtualClock.startingAt(timeline, instant(0)) }).stop();
  });
});

describe("an input device that cannot be used", () => {
  const fault = (): unknown => {
    const last = told.events.at(-1);
    return last?.kind === "down" ? last.fault : undefined;
  };

  /** Some attempts at the device. Each is the file system's work, which virtual time does not wait for. */
  async function attempts(most: number): Promise<void> {
    for (let attempt = 0; attempt < most && told.health.at(-1) !== "up"; attempt++) {
      await timeline.run(timeline.nowUs() + LAST_RETRY_MS * 1_000);
      await (await open(folder, "r")).close();
    }
  }

  test("missing: told once, however often it is tried, and taken when it comes", async () => {
    await start();
    expect(fault()).toMatchObject({ kind: "nodeMissing", node, remedy: saying("by-id") });
    await attempts(10);
    expect(told.health).toEqual(["nodeMissing"]);
    makeDevice();
    await attempts(100);
    expect(told.health).toEqual(["nodeMissing", "up"]);
  });

  test("not allowed: who gets it how", async () => {
    makeDevice();
    await chmod(folder, 0o755);
    await chmod(node, 0);
    await asNobody(() => start());
    expect(fault()).toMatchObject({ kind: "permissionDenied", node, remedy: saying("group input") });
  });

  test("a plain file: it is no device", async () => {
    await writeFile(node, typed(24, "123456\n"));
    await start();
    expect(fault()).toMatchObject({ kind: "busFailed", node, remedy: saying("input device") });
    expect(told.entries).toEqual([]);
  });

  test("package missing, or another one than this was written for", async () => {
    const cause = new Error("Cannot find package");
    await start({ load: () => Promise.reject(cause) });
    expect(fault()).toMatchObject({
      kind: "packageMissing",
      node,
      remedy: saying("npm rebuild epoll"),
      cause,
    });
  });

  test("a watch that fails: the reason is kept", async () => {
    makeDevice();
    const cause = new Error("bad descriptor");
    let fail: (error: unknown) => void = () => undefined;
    class Epoll {
      static readonly EPOLLIN = 1;
      constructor(ready: (error: unknown) => void) {
        fail = ready;
      }
      add(): void {}
      remove(): void {}
    }
    await start({ load: async () => ({ Epoll }) });
    const down = told.next("down");
    fail(cause);
    await down;
    expect(fault()).toMatchObject({ kind: "busFailed", cause });
    // What the watch still tells of a file that was given back is passed over.
    fail(null);
    expect(told.health).toEqual(["up", "busFailed"]);
  });
});

test("what was read does not stay in the buffer, and no fault says anything of it", async () => {
  makeDevice();
  const remedies = { nodeMissing: "", permissionDenied: "", packageMissing: "" };
  let taken: (bytes: Uint8Array) => void;
  const read = new Promise<Uint8Array>((resolve) => {
    taken = resolve;
  });
  const file = good(
    await openReadableFile({ node, remedies }, (bytes) => {
      expect([...bytes]).toEqual([...ascii("123456")]);
      taken(bytes);
    }),
  );
  const device = await plugIn();
  await device.write(ascii("123456"));
  expect(await read).toEqual(new Uint8Array(6));
  await device.close();
  expect(String(await file.ended)).not.toMatch(/[0-9]/);
  await file.close();
});
