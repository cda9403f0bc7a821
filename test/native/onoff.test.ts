// Relay and lamp lines through the real package onoff, as the gate opens them: discovery, export, direction with its
// first level, level, read-back, and what is left when the program has gone. Edges need a kernel; they are tested on
// a stand-in for the package in test/drivers/gpio.
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { openGpio } from "../../drivers/gpio/onoff-gpio.ts";
import type { ActiveLevel, Gpio, OutputLine } from "../../src/ports/bus.ts";
import { silentLog } from "../../src/ports/log.ts";
import { underShim } from "./shim.ts";

const RELAY = 17;

interface Chip {
  readonly label: string;
  readonly base: number;
  readonly ngpio: number;
}

/** As they are seen on kernels up to 6.1, from 6.6, and on a Pi 5, where four chips register before the header's. */
const BOARDS: readonly (readonly [name: string, base: number, chips: readonly Chip[]])[] = [
  ["Pi 3 with an old kernel", 0, [{ label: "pinctrl-bcm2835", base: 0, ngpio: 54 }]],
  [
    "Pi 4",
    512,
    [
      { label: "pinctrl-bcm2711", base: 512, ngpio: 58 },
      { label: "raspberrypi-exp-gpio", base: 570, ngpio: 8 },
    ],
  ],
  [
    "Pi 5",
    571,
    [
      { label: "gpio-brcmstb@107d508500", base: 512, ngpio: 32 },
      { label: "gpio-brcmstb@107d508520", base: 544, ngpio: 4 },
      { label: "gpio-brcmstb@107d517c00", base: 548, ngpio: 17 },
      { label: "gpio-brcmstb@107d517c20", base: 565, ngpio: 6 },
      { label: "pinctrl-rp1", base: 571, ngpio: 54 },
    ],
  ],
];

/** The kernel's side of the class, as a folder. */
class Kernel {
  readonly #folder: string;

  constructor(folder: string, chips: readonly Chip[]) {
    this.#folder = folder;
    rmSync(folder, { recursive: true, force: true });
    for (const { label, base, ngpio } of chips) {
      this.#put(`gpiochip${base}/label`, label);
      this.#put(`gpiochip${base}/base`, String(base));
      this.#put(`gpiochip${base}/ngpio`, String(ngpio));
    }
    for (const name of ["export", "unexport", "history"]) writeFileSync(join(folder, name), "");
  }

  /** Whatever drove the line's pin, one after the other. */
  history(line: number): readonly string[] {
    const lines = readFileSync(join(this.#folder, "history"), "utf8").trim().split("\n");
    return lines.filter((each) => each.startsWith(`${line} `)).map((each) => each.slice(`${line} `.length));
  }

  /** The line as a program before this one has left it: an output at this level. */
  leave(line: number, level: 0 | 1): void {
    this.#put(`gpio${line}/direction`, "out");
    this.#put(`gpio${line}/value`, String(level));
    for (const name of ["edge", "active_low"]) this.#put(`gpio${line}/${name}`, "0");
    appendFileSync(join(this.#folder, "history"), `${line} out ${level}\n`);
  }

  /** A driver of the kernel's own has the line. */
  claim(line: number): void {
    mkdirSync(join(this.#folder, `claimed${line}`));
  }

  /** Something outside holds the pin. */
  hold(line: number, level: 0 | 1): void {
    this.#put(`gpio${line}/value`, String(level));
  }

  #put(name: string, text: string): void {
    mkdirSync(join(this.#folder, name, ".."), { recursive: true });
    writeFileSync(join(this.#folder, name), `${text}\n`);
  }
}

async function openedGpio(): Promise<Gpio> {
  const gpio = await openGpio({ log: silentLog });
  if (!gpio.ok) throw new Error(`no chip: ${JSON.stringify(gpio.error)}`);
  return gpio.value;
}

async function output(line: number, activeLevel: ActiveLevel): Promise<OutputLine> {
  const opened = await (await openedGpio()).output(line, activeLevel);
  if (!opened.ok) throw new Error(`no line: ${JSON.stringify(opened.error)}`);
  return opened.value;
}

await underShim(import.meta.url, 24, ({ gpio: folder }) => {
  describe.each(BOARDS)("a relay on a %s", (_, base, chips) => {
    let kernel: Kernel;
    beforeEach(() => {
      kernel = new Kernel(folder, chips);
    });

    test.each([
      ["high", 0, 1],
      ["low", 1, 0],
    ] as const)(
      "active %s: at rest from its first instant, there and back",
      async (activeLevel, rest, active) => {
        const relay = await output(RELAY, activeLevel);
        expect(kernel.history(base + RELAY)).toEqual([`out ${rest}`]);
        expect(await relay.readBack()).toEqual({ ok: true, value: "inactive" });
        expect(await relay.drive("active")).toEqual({ ok: true, value: undefined });
        expect(await relay.readBack()).toEqual({ ok: true, value: "active" });
        await relay.drive("inactive");
        expect(await relay.readBack()).toEqual({ ok: true, value: "inactive" });
        expect(kernel.history(base + RELAY)).toEqual([`out ${rest}`, `out ${active}`, `out ${rest}`]);
      },
    );

    test.each([
      ["high", 0, 1],
      ["low", 1, 0],
    ] as const)(
      "active %s: closed while it is on, it is at rest and stays an output",
      async (level, rest, active) => {
        const relay = await output(RELAY, level);
        await relay.drive("active");
        await relay.close();
        expect(kernel.history(base + RELAY)).toEqual([`out ${rest}`, `out ${active}`, `out ${rest}`]);
      },
    );

    test.each([
      ["high", 0, 1],
      ["low", 1, 0],
    ] as const)(
      "active %s: left on by a program that died, it goes to rest and nowhere else",
      async (level, rest, active) => {
        kernel.leave(base + RELAY, active);
        const relay = await output(RELAY, level);
        expect(await relay.readBack()).toEqual({ ok: true, value: "inactive" });
        expect(kernel.history(base + RELAY)).toEqual([`out ${active}`, `out ${rest}`]);
      },
    );

    test("that is held from outside is read back as it is", async () => {
      const relay = await output(RELAY, "high");
      kernel.hold(base + RELAY, 1);
      expect(await relay.readBack()).toEqual({ ok: true, value: "active" });
    });

    test("whose line the kernel uses itself is refused, with what to do", async () => {
      kernel.claim(base + RELAY);
      expect(await (await openedGpio()).output(RELAY, "high")).toMatchObject({
        ok: false,
        error: {
          kind: "gpioUnavailable",
          cause: { code: "EBUSY" },
          remedy: expect.stringMatching(/another program/) as unknown,
        },
      });
      expect(kernel.history(base + RELAY)).toEqual([]);
    });
  });
});
