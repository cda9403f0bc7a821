// The serial adapter: on a port made up here for everything that can go wrong, and on a real pseudo-terminal.
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  openSerialLine,
  type PortSettings,
  type SerialPackage,
  type SerialPortHandle,
} from "../../../drivers/bus/hsu.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { hasSocat } from "../../socat.ts";
import { asNobody, saying } from "./surroundings.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hsu-"));
});
afterAll(async () => rm(folder, { recursive: true }));

const NODE = "/dev/null";
const BAUD = 115_200;

type Act = "open" | "write" | "drain" | "update" | "close";
type Listener = (value?: unknown) => void;

/** A port whose calls end as told; calls named in `hanging` never end by themselves. */
function fake(
  options: { readonly failing?: Partial<Record<Act, Error>>; readonly hanging?: readonly Act[] } = {},
) {
  const acts: unknown[] = [];
  const listeners = new Map<string, Listener>();
  const end = (act: Act, done: (error?: unknown) => void): void => {
    if (options.hanging?.includes(act) === true) return;
    queueMicrotask(() => done(options.failing?.[act] ?? null));
  };
  class Port implements SerialPortHandle {
    constructor(settings: PortSettings) {
      acts.push(settings);
    }
    open(done: Listener): void {
      end("open", done);
    }
    write(bytes: Uint8Array, done: Listener): void {
      acts.push({ write: toHex(bytes) });
      end("write", done);
    }
    drain(done: Listener): void {
      acts.push("drain");
      end("drain", done);
    }
    update(settings: { readonly baudRate: number }, done: Listener): void {
      acts.push({ update: settings.baudRate });
      end("update", done);
    }
    close(done: Listener): void {
      acts.push("close");
      end("close", done);
    }
    on(event: string, listener: (value: never) => void): void {
      listeners.set(event, listener as Listener);
    }
  }
  const serial: SerialPackage = { SerialPort: Port };
  return { serial, acts, emit: (event: string, value?: unknown) => listeners.get(event)?.(value) };
}

async function opened(one = fake()) {
  const result = await openSerialLine({ node: NODE, baud: BAUD, load: async () => one.serial });
  if (!result.ok) throw new Error("not opened");
  return { line: result.value, ...one };
}

const broken = (cause: unknown) => ({ ok: false, error: { kind: "busFailed", node: NODE, cause } });

describe("a serial line", () => {
  test("is opened at once: 8 data bits, no parity, one stop bit, locked", async () => {
    const { acts } = await opened();
    const format = { dataBits: 8, parity: "none", stopBits: 1 };
    expect(acts).toEqual([{ path: NODE, baudRate: BAUD, ...format, lock: true, autoOpen: false }]);
  });

  test("carries bytes both ways, until nobody listens any more", async () => {
    const { line, acts, emit } = await opened();
    const heard: string[] = [];
    const stop = line.onData((bytes) => heard.push(toHex(bytes)));
    emit("data", hex("0102"));
    stop();
    emit("data", hex("03"));
    expect(heard).toEqual(["0102"]);
    expect(await line.write(hex("5500"))).toEqual({ ok: true, value: undefined });
    expect(acts.at(-1)).toEqual({ write: "5500" });
  });

  test("changes its speed behind what was written before", async () => {
    const { line, acts } = await opened();
    expect(await line.setRate(921_600)).toEqual({ ok: true, value: undefined });
    expect(acts.slice(1)).toEqual(["drain", { update: 921_600 }]);
  });

  test("is closed, and then is no line any more", async () => {
    const { line, acts } = await opened();
    await line.close();
    expect(acts.at(-1)).toBe("close");
    expect(await line.write(hex("00"))).toMatchObject({ ok: false, error: { kind: "busFailed" } });
  });
});

describe("a serial line that fails", () => {
  test.each(["write", "drain", "update"] as const)("in %s: the cause is kept", async (act) => {
    const cause = new Error("EIO");
    const { line, acts } = await opened(fake({ failing: { [act]: cause } }));
    expect(act === "write" ? await line.write(hex("00")) : await line.setRate(921_600)).toEqual(
      broken(cause),
    );
    // What has failed once is given up, so that the next change of speed finds out what became of it.
    expect(acts.at(-1)).toBe("close");
    expect(await line.write(hex("00"))).toEqual(broken(cause));
  });

  test.each([
    ["close", new Error("disconnected"), []],
    // The port is still open then, and its lock would refuse the node to the next start.
    ["error", new Error("ENODEV"), ["close"]],
    ["end", undefined, ["close"]],
  ])(
    "by itself (%s): later writes fail at once, and the port is left closed",
    async (event, cause, after) => {
      const { line, acts, emit } = await opened();
      emit(event, cause);
      expect(await line.write(hex("00"))).toEqual(broken(cause ?? new Error("the other side has gone")));
      expect(acts.slice(1)).toEqual(after);
    },
  );

  test("in a write and by itself is closed once", async () => {
    const { line, acts, emit } = await opened(fake({ hanging: ["write"] }));
    const writing = line.write(hex("00"));
    emit("error", new Error("EIO"));
    emit("end");
    expect(await writing).toMatchObject({ ok: false });
    expect(acts.filter((act) => act === "close")).toHaveLength(1);
  });

  test("while a write is under way: the write ends too", async () => {
    const { line, emit } = await opened(fake({ hanging: ["write"] }));
    const writing = line.write(hex("00"));
    const cause = new Error("disconnected");
    emit("close", cause);
    expect(await writing).toEqual(broken(cause));
  });

  test("and is plugged in again: the next change of speed opens it anew, for the same listeners", async () => {
    const { line, acts, emit } = await opened();
    const heard: string[] = [];
    line.onData((bytes) => heard.push(toHex(bytes)));
    emit("close", new Error("disconnected"));
    expect(await line.setRate(BAUD)).toEqual({ ok: true, value: undefined });
    expect(acts.at(-1)).toMatchObject({ path: NODE, baudRate: BAUD });
    emit("data", hex("55"));
    expect(heard).toEqual(["55"]);
    expect(await line.write(hex("00"))).toMatchObject({ ok: true });
  });
});

describe("a serial node that cannot be used", () => {
  const node = (name: string) => openSerialLine({ node: name, baud: BAUD });

  test("missing: a line whose every start says to plug it in, or to enable it", async () => {
    const result = await node("/dev/ttyNone9");
    if (!result.ok) throw new Error("no line");
    for (let starts = 0; starts < 2; starts++)
      expect(await result.value.setRate(BAUD)).toMatchObject({
        ok: false,
        error: { kind: "nodeMissing", node: "/dev/ttyNone9", remedy: saying("enable_uart=1") },
      });
    expect(await result.value.write(hex("00"))).toMatchObject({ ok: false, error: { kind: "busFailed" } });
    await result.value.close();
  });

  test("busy at the opening and free later: the next start has it", async () => {
    const failing: Partial<Record<Act, Error>> = { open: new Error("locked") };
    const { serial, acts } = fake({ failing });
    const result = await openSerialLine({ node: NODE, baud: BAUD, load: async () => serial });
    if (!result.ok) throw new Error("no line");
    expect(await result.value.setRate(BAUD)).toMatchObject({ ok: false, error: { kind: "busFailed" } });
    delete failing.open;
    expect(await result.value.setRate(BAUD)).toMatchObject({ ok: true });
    expect(await result.value.write(hex("55"))).toMatchObject({ ok: true });
    expect(acts.at(-1)).toEqual({ write: "55" });
  });

  test("not allowed: which group to join", async () => {
    const locked = join(folder, "ttyLocked");
    await writeFile(locked, "", { mode: 0 });
    await chmod(folder, 0o755);
    expect(await asNobody(() => node(locked))).toMatchObject({
      ok: false,
      error: { kind: "permissionDenied", remedy: saying("group dialout") },
    });
  });

  test("no serial port at all: told by each start", async () => {
    const file = join(folder, "plain");
    await writeFile(file, "");
    const result = await node(file);
    if (!result.ok) throw new Error("no line");
    expect(await result.value.setRate(BAUD)).toMatchObject({
      ok: false,
      error: { kind: "busFailed", node: file },
    });
  });

  test("package missing", async () => {
    const cause = new Error("Cannot find package");
    const result = await openSerialLine({ node: NODE, baud: BAUD, load: () => Promise.reject(cause) });
    expect(result).toMatchObject({ ok: false, error: { kind: "packageMissing", node: NODE, cause } });
  });

  test("settings that the package refuses by a throw", async () => {
    const cause = new TypeError("baudRate");
    const serial = {
      SerialPort: class extends fake().serial.SerialPort {
        constructor(settings: PortSettings) {
          super(settings);
          throw cause;
        }
      },
    };
    const result = await openSerialLine({ node: NODE, baud: BAUD, load: async () => serial });
    if (!result.ok) throw new Error("no line");
    expect(await result.value.setRate(BAUD)).toEqual(broken(cause));
  });
});

/** A pseudo-terminal whose other side sends everything back. */
const socat = hasSocat("the serial adapter is not tried on a pseudo-terminal");

describe.runIf(socat)("on a pseudo-terminal", () => {
  let echo: ChildProcess | undefined;
  afterEach(() => echo?.kill());

  async function terminal(name: string): Promise<string> {
    const link = join(folder, name);
    const process = spawn("socat", ["-d", "-d", `PTY,link=${link},raw,echo=0`, "EXEC:cat"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    echo = process;
    await new Promise<void>((resolve) => {
      process.stderr.on("data", (text: Buffer) => {
        if (text.includes("starting data transfer")) resolve();
      });
    });
    return link;
  }

  test("every byte value comes back as it went out, before and after a change of speed", async () => {
    const result = await openSerialLine({ node: await terminal("echo"), baud: BAUD });
    if (!result.ok) throw new Error("not opened", { cause: result.error });
    const line = result.value;
    const all = Uint8Array.from({ length: 256 }, (_, value) => value);
    const heard: number[] = [];
    let enough: () => void = () => undefined;
    line.onData((bytes) => {
      heard.push(...bytes);
      if (heard.length === all.length) enough();
    });
    for (const baud of [921_600, BAUD]) {
      heard.length = 0;
      const whole = new Promise<void>((resolve) => {
        enough = resolve;
      });
      expect(await line.write(all)).toMatchObject({ ok: true });
      await whole;
      expect(heard).toEqual([...all]);
      expect(await line.setRate(baud)).toMatchObject({ ok: true });
    }
    await line.close();
  });

  test("one program at a time has it", async () => {
    const link = await terminal("locked");
    const first = await openSerialLine({ node: link, baud: BAUD });
    const second = await openSerialLine({ node: link, baud: BAUD });
    if (!first.ok || !second.ok) throw new Error("no lines");
    expect(await first.value.write(hex("00"))).toMatchObject({ ok: true });
    expect(await second.value.setRate(BAUD)).toMatchObject({ ok: false, error: { kind: "busFailed" } });
    await first.value.close();
    expect(await second.value.setRate(BAUD)).toMatchObject({ ok: true });
    await second.value.close();
  });

  test("pulled out: writes fail, and the next start says that the node is missing", async () => {
    const result = await openSerialLine({ node: await terminal("pulled"), baud: BAUD });
    if (!result.ok) throw new Error("not opened");
    const gone = new Promise((resolve) => echo?.once("exit", resolve));
    echo?.kill();
    await gone;
    let written = await result.value.write(hex("00"));
    for (let tries = 0; written.ok && tries < 100; tries++) written = await result.value.write(hex("00"));
    expect(written).toMatchObject({ ok: false, error: { kind: "busFailed" } });
    expect(await result.value.setRate(BAUD)).toMatchObject({ ok: false, error: { kind: "nodeMissing" } });
  });
});
