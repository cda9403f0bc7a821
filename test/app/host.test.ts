// The small parts that stand on the operating system: clock, lock, state directory, signs of life.
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reportToSystemd } from "../../src/app/notify.ts";
import { lockReader } from "../../src/app/process-lock.ts";
import { earlyStateDirectory, prepareStateDirectory } from "../../src/app/state-directory.ts";
import { SystemClock } from "../../src/app/system-clock.ts";
import { programVersion } from "../../src/app/version.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { silentLog } from "../../src/ports/log.ts";
import { instant, millis } from "../../src/time/time.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { anyNumber, containing } from "./matchers.ts";

/** A clock whose sleeps end at once; `durations` has them in order. */
function eagerClock(): Clock & { readonly durations: number[] } {
  const durations: number[] = [];
  return {
    durations,
    monotonicMs: () => millis(0),
    wallTime: () => instant(0),
    sleep: async (durationMs) => {
      durations.push(durationMs);
    },
  };
}

describe("the machine's clock", () => {
  const clock = new SystemClock();

  test("never wakes early", async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 8, noNaN: true }), async (durationMs) => {
        const begun = clock.monotonicMs();
        await clock.sleep(durationMs);
        expect(clock.monotonicMs() - begun).toBeGreaterThanOrEqual(durationMs);
      }),
      { numRuns: 40 },
    );
  });

  test("wakes at once when aborted, before or meanwhile", async () => {
    const begun = clock.monotonicMs();
    await clock.sleep(60_000, AbortSignal.abort());
    const controller = new AbortController();
    const asleep = clock.sleep(60_000, controller.signal);
    controller.abort();
    await asleep;
    expect(clock.monotonicMs() - begun).toBeLessThan(10_000);
  });
});

describe("the lock of a reader", () => {
  test("is held once, and free again after its release", async () => {
    const name = `-test-${process.pid}`;
    const first = await lockReader("/dev/spidev0.0", name);
    expect(await lockReader("/dev/spidev0.0", name)).toMatchObject({
      ok: false,
      error: { kind: "readerBusy" },
    });
    expect((await lockReader("/dev/spidev0.1", name)).ok).toBe(true);
    if (first.ok) await first.value.release();
    expect((await lockReader("/dev/spidev0.0", name)).ok).toBe(true);
  });

  test("keeps boards apart whose names differ only behind many characters", async () => {
    const long = `-test-${process.pid}-${"x".repeat(200)}`;
    expect((await lockReader("/dev/spidev0.0", `${long}a`)).ok).toBe(true);
    expect((await lockReader("/dev/spidev0.0", `${long}b`)).ok).toBe(true);
    expect((await lockReader("/dev/spidev0.0", `${long}b`)).ok).toBe(false);
  });
});

describe("the state directory", () => {
  test("is known before the configuration: option, then systemd, then the usual place", () => {
    expect(earlyStateDirectory("/a", { STATE_DIRECTORY: "/b" })).toBe("/a");
    expect(earlyStateDirectory(undefined, { STATE_DIRECTORY: "/b:/c" })).toBe("/b");
    expect(earlyStateDirectory(undefined, { STATE_DIRECTORY: "" })).toBe("/var/lib/varco");
    expect(earlyStateDirectory(undefined, {})).toBe("/var/lib/varco");
  });

  test("is made, and closed to others", async () => {
    const parent = temporaryFolder("state");
    const directory = join(parent, "new", "state");
    expect(await prepareStateDirectory(directory)).toMatchObject({
      ok: true,
      value: { directory, freeBytes: anyNumber() },
    });
    await chmod(directory, 0o755);
    await prepareStateDirectory(directory);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });

  test("that is a file is refused with what to do", async () => {
    const parent = temporaryFolder("state");
    await writeFile(join(parent, "file"), "");
    expect(await prepareStateDirectory(join(parent, "file"))).toMatchObject({
      ok: false,
      error: { kind: "stateDirectoryUnusable", remedy: containing("install -d") },
    });
  });
});

describe("signs of life", () => {
  const report = async (environment: Readonly<Record<string, string>>, evidence: readonly boolean[]) => {
    const sent: string[] = [];
    const clock = eagerClock();
    const stop = new AbortController();
    let beat = 0;
    const alive = () => {
      if (beat === evidence.length - 1) stop.abort();
      return evidence[beat++] ?? false;
    };
    await reportToSystemd({
      environment,
      clock,
      log: silentLog,
      signal: stop.signal,
      ready: Promise.resolve(),
      alive,
      send: (message) => sent.push(message),
    });
    return { sent, durations: clock.durations };
  };

  test("READY, then a beat three times in systemd's patience, only with evidence", async () => {
    const { sent, durations } = await report({ NOTIFY_SOCKET: "/run/x", WATCHDOG_USEC: "30000000" }, [
      true,
      false,
      true,
    ]);
    expect(sent).toEqual(["READY=1", "WATCHDOG=1", "WATCHDOG=1"]);
    expect(durations).toEqual([10_000, 10_000, 10_000]);
  });

  test("READY alone without a watchdog, nothing without systemd", async () => {
    expect((await report({ NOTIFY_SOCKET: "/run/x" }, [])).sent).toEqual(["READY=1"]);
    expect((await report({}, [])).sent).toEqual([]);
  });
});

test("the program's version is that of its package", async () => {
  const parsed: unknown = JSON.parse(await readFile("package.json", "utf8"));
  expect(parsed).toMatchObject({ version: await programVersion() });
});
