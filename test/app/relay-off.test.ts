// The first act of a gate, and the last: relays of the last good pin map off, whatever else is broken.
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type PinMap, pinMapFile, readPinMap, writePinMap } from "../../src/app/pin-map.ts";
import { driveOff, relaysOff } from "../../src/app/relay-off.ts";
import { silentLog } from "../../src/ports/log.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { FakeGpio } from "./fake-gpio.ts";

const MAP: PinMap = {
  version: 1,
  board: { kind: "raspberryPi" },
  relays: [
    { line: 17, activeLevel: "high" },
    { line: 6, activeLevel: "low" },
  ],
};
const folder = () => temporaryFolder("pins");

describe("driving the relays off", () => {
  test("each is opened with its own level, driven inactive, read back and left so", async () => {
    const gpio = new FakeGpio();
    expect(await driveOff(gpio, MAP)).toEqual({ ok: true, value: { lines: [17, 6] } });
    expect(gpio.acts).toEqual([
      "17 high open",
      "17 inactive",
      "17 close",
      "6 low open",
      "6 inactive",
      "6 close",
    ]);
  });

  test("a line that cannot be opened does not keep the next one on", async () => {
    const gpio = new FakeGpio({ refused: [17] });
    const result = await driveOff(gpio, MAP);
    expect(result).toMatchObject({ ok: false, error: [{ kind: "gpioUnavailable", line: 17 }] });
    expect(gpio.acts).toContain("6 inactive");
  });

  test("a pin that still reads active is told", async () => {
    const result = await driveOff(new FakeGpio({ stuck: [6] }), MAP);
    expect(result).toMatchObject({ ok: false, error: [{ kind: "relayStuck", line: 6 }] });
  });
});

describe("the pin map", () => {
  test("is read back as written, and nothing else is left in the folder", async () => {
    const directory = folder();
    expect(await writePinMap(directory, MAP)).toEqual({ ok: true, value: undefined });
    expect(await readPinMap(directory)).toEqual({ ok: true, value: MAP });
    expect(await readdir(directory)).toEqual(["pin-map.json"]);
  });

  test("is replaced", async () => {
    const directory = folder();
    const other: PinMap = {
      ...MAP,
      board: { kind: "virtual", socket: "/tmp/b.sock" },
      relays: [{ line: 27, activeLevel: "low" }],
    };
    await writePinMap(directory, MAP);
    await writePinMap(directory, other);
    expect(await readPinMap(directory)).toEqual({ ok: true, value: other });
  });

  test("missing is the first start, a kind of its own", async () => {
    expect(await readPinMap(folder())).toMatchObject({ ok: false, error: { kind: "pinMapMissing" } });
  });

  test.each([
    ["nothing", ""],
    ["half a map", '{"version":1,"board":{"kind":"rasp'],
    ["another version", JSON.stringify({ ...MAP, version: 2 })],
    ["no board", JSON.stringify({ version: 1, relays: [] })],
    ["a virtual board without socket", JSON.stringify({ ...MAP, board: { kind: "virtual" } })],
    [
      "a line that is not on the header",
      JSON.stringify({ ...MAP, relays: [{ line: 28, activeLevel: "high" }] }),
    ],
    ["a line that is no number", JSON.stringify({ ...MAP, relays: [{ line: "17", activeLevel: "high" }] })],
    ["no level", JSON.stringify({ ...MAP, relays: [{ line: 17 }] })],
    [
      "relays without end",
      JSON.stringify({ ...MAP, relays: Array(29).fill({ line: 1, activeLevel: "high" }) }),
    ],
    ["a list", "[]"],
    ["null", "null"],
  ])("with %s in its file is corrupt", async (_, text) => {
    const directory = folder();
    await writeFile(pinMapFile(directory), text);
    expect(await readPinMap(directory)).toMatchObject({ ok: false, error: { kind: "pinMapCorrupt" } });
    expect(await relaysOff(directory, silentLog)).toMatchObject({
      ok: false,
      error: [{ kind: "pinMapCorrupt" }],
    });
  });

  test("that cannot be written is told", async () => {
    const directory = join(folder(), "not-there");
    expect(await writePinMap(directory, MAP)).toMatchObject({
      ok: false,
      error: { kind: "pinMapUnwritable" },
    });
  });
});
