import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GpioFactory, type OnoffLine, openGpio } from "../../../drivers/gpio/onoff-gpio.ts";
import type { Gpio } from "../../../src/ports/bus.ts";
import { silentLog } from "../../../src/ports/log.ts";

const BASE = 512;
let root = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "gpio-class-"));
  const chip = join(root, `gpiochip${BASE}`);
  await mkdir(chip);
  await writeFile(join(chip, "label"), "pinctrl-bcm2711\n");
  await writeFile(join(chip, "base"), `${BASE}\n`);
  await writeFile(join(chip, "ngpio"), "58\n");
});
afterEach(async () => rm(root, { recursive: true }));

/** A pin that keeps the record of every level it ever had, as a relay at it would see them. */
class FakePin implements OnoffLine {
  readonly levels: number[] = [];
  exported = true;
  failing = false;
  mode: string;
  #level: number;
  #listener: ((error: unknown, level: number) => void) | undefined;

  constructor(direction: string, idleLevel: number) {
    this.mode = direction === "in" ? "in" : "out";
    this.#level = direction === "in" ? idleLevel : direction === "high" ? 1 : 0;
    this.levels.push(this.#level);
  }
  async read(): Promise<number> {
    if (this.failing) throw new Error("EIO");
    return this.#level;
  }
  readSync(): number {
    return this.#level;
  }
  async write(level: 0 | 1): Promise<void> {
    if (this.failing) throw new Error("EIO");
    this.set(level);
  }
  direction(): string {
    return this.mode;
  }
  watch(listener: (error: unknown, level: number) => void): void {
    this.#listener = listener;
  }
  unexport(): void {
    this.exported = false;
  }
  set(level: number): void {
    this.#level = level;
    this.levels.push(level);
  }
  /** The board moves an input. */
  event(level: number, error: unknown = undefined): void {
    this.#level = level;
    this.#listener?.(error, level);
  }
}

interface Made {
  readonly number: number;
  readonly direction: string;
  readonly edge: string | undefined;
  readonly pin: FakePin;
}

async function open(change: (pin: FakePin) => void = () => undefined) {
  const made: Made[] = [];
  const factory: GpioFactory = (number, direction, edge) => {
    const pin = new FakePin(direction, 1);
    change(pin);
    made.push({ number, direction, edge, pin });
    return pin;
  };
  return { gpio: await opened(async () => factory), made };
}

async function opened(load: () => Promise<GpioFactory>): Promise<Gpio> {
  const gpio = await openGpio({ root, log: silentLog, load });
  if (!gpio.ok) throw new Error("no chip");
  return gpio.value;
}

async function output(gpio: Gpio, line: number, activeLevel: "high" | "low") {
  const result = await gpio.output(line, activeLevel);
  if (!result.ok) throw new Error("no line");
  return result.value;
}

describe("an output", () => {
  test.each([
    ["high", "low", 0],
    ["low", "high", 1],
  ] as const)(
    "active %s begins at its inactive level and returns to it, with no other level between",
    async (activeLevel, direction, safe) => {
      const { gpio, made } = await open();
      const relay = await output(gpio, 17, activeLevel);
      expect(made[0]).toMatchObject({ number: BASE + 17, direction, edge: undefined });
      expect(made[0]?.pin.levels).toEqual([safe]);
      await relay.drive("active");
      expect(await relay.readBack()).toEqual({ ok: true, value: "active" });
      await relay.drive("inactive");
      await relay.close();
      expect(made[0]?.pin.levels).toEqual([safe, 1 - safe, safe, safe]);
    },
  );

  test("closed while active goes to its safe level and stays an exported output", async () => {
    const { gpio, made } = await open();
    const relay = await output(gpio, 6, "low");
    await relay.drive("active");
    await relay.close();
    expect(made[0]?.pin.levels.at(-1)).toBe(1);
    expect(made[0]?.pin.exported).toBe(true);
  });

  test("reads back what the pin really has, not what was written", async () => {
    const { gpio, made } = await open();
    const relay = await output(gpio, 17, "high");
    made[0]?.pin.set(1);
    expect(await relay.readBack()).toEqual({ ok: true, value: "active" });
  });

  test("that did not become an output is refused", async () => {
    const { gpio } = await open((pin) => {
      pin.mode = "in";
    });
    expect(await gpio.output(17, "high")).toMatchObject({
      ok: false,
      error: { kind: "gpioUnavailable", line: 17 },
    });
  });

  test("that does not have its safe level is refused", async () => {
    const { gpio } = await open((pin) => pin.set(1));
    expect(await gpio.output(17, "high")).toMatchObject({ ok: false, error: { kind: "gpioUnavailable" } });
  });

  test("that fails later says so, with the cause", async () => {
    const { gpio, made } = await open();
    const relay = await output(gpio, 17, "high");
    for (const { pin } of made) pin.failing = true;
    expect(await relay.drive("active")).toEqual({
      ok: false,
      error: { kind: "gpioFailed", line: 17, cause: new Error("EIO") },
    });
    expect(await relay.readBack()).toMatchObject({ ok: false, error: { kind: "gpioFailed" } });
    await expect(relay.close()).resolves.toBeUndefined();
  });
});

describe("an input", () => {
  async function input() {
    const { gpio, made } = await open();
    const result = await gpio.input(25);
    const pin = made[0]?.pin;
    if (!result.ok || pin === undefined) throw new Error("no line");
    return { line: result.value, pin, made: made[0] };
  }

  test("watches both edges and knows its level", async () => {
    const { line, pin, made } = await input();
    expect(made).toMatchObject({ number: BASE + 25, direction: "in", edge: "both" });
    expect(line.isLow()).toBe(false);
    pin.event(0);
    expect(line.isLow()).toBe(true);
    pin.event(1);
    expect(line.isLow()).toBe(false);
  });

  test("reports each falling edge, also two that came as one event, until it is told to stop", async () => {
    const { line, pin } = await input();
    let edges = 0;
    const stop = line.onFalling(() => {
      edges += 1;
    });
    for (const level of [0, 0, 1, 0]) pin.event(level);
    expect(edges).toBe(3);
    stop();
    pin.event(0);
    expect(edges).toBe(3);
  });

  test("a failed event changes nothing", async () => {
    const { line, pin } = await input();
    pin.event(0, new Error("EIO"));
    expect(line.isLow()).toBe(false);
  });

  test("closed, it is given back", async () => {
    const { line, pin } = await input();
    await line.close();
    expect(pin.exported).toBe(false);
  });
});

describe("a line that cannot be had", () => {
  const refusing =
    (code: string): GpioFactory =>
    () => {
      throw Object.assign(new Error(code), { code });
    };

  test.each([
    ["EACCES", /group gpio/],
    ["EBUSY", /another program/],
    ["EINVAL", /exported/],
  ])("%s: the remedy says what to do", async (code, remedy) => {
    const gpio = await opened(async () => refusing(code));
    const result = await gpio.output(17, "high");
    expect(result).toMatchObject({
      ok: false,
      error: { kind: "gpioUnavailable", line: 17, cause: { code } },
    });
    if (!result.ok && result.error.kind === "gpioUnavailable") expect(result.error.remedy).toMatch(remedy);
  });

  test("package missing", async () => {
    const gpio = await opened(() => Promise.reject(new Error("Cannot find package")));
    const result = await gpio.input(25);
    expect(result).toMatchObject({
      ok: false,
      error: { kind: "gpioUnavailable", cause: new Error("Cannot find package") },
    });
  });

  test("a number that is not on the header never reaches the package", async () => {
    const { gpio, made } = await open();
    expect(await gpio.output(28, "high")).toMatchObject({
      ok: false,
      error: { kind: "gpioUnavailable", line: 28 },
    });
    expect(made).toEqual([]);
  });

  test("the real package refuses a number that no kernel has", async () => {
    await writeFile(join(root, `gpiochip${BASE}`, "base"), "900000\n");
    const gpio = await openGpio({ root, log: silentLog });
    if (!gpio.ok) throw new Error("no chip");
    expect(await gpio.value.output(17, "high")).toMatchObject({
      ok: false,
      error: { kind: "gpioUnavailable", line: 17 },
    });
  });
});
