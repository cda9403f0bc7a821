import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { findHeaderChip, globalNumber } from "../../../drivers/gpio/gpio-chip.ts";

interface Chip {
  readonly label: string;
  readonly base: number | string;
  readonly ngpio: number | string;
}

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** A folder like /sys/class/gpio with these chips. */
async function sysfs(chips: readonly Chip[]): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "gpio-class-"));
  folders.push(root);
  await writeFile(join(root, "export"), "");
  for (const [index, { label, base, ngpio }] of chips.entries()) {
    const folder = join(root, `gpiochip${typeof base === "number" ? base : index}`);
    await mkdir(folder);
    await writeFile(join(folder, "label"), `${label}\n`);
    await writeFile(join(folder, "base"), `${base}\n`);
    await writeFile(join(folder, "ngpio"), `${ngpio}\n`);
  }
  return root;
}

/** As a Raspberry Pi 5 shows them: the four chips of the processor register before the header's. */
const PI_5: readonly Chip[] = [
  { label: "gpio-brcmstb@107d508500", base: 512, ngpio: 32 },
  { label: "gpio-brcmstb@107d508520", base: 544, ngpio: 4 },
  { label: "gpio-brcmstb@107d517c00", base: 548, ngpio: 17 },
  { label: "gpio-brcmstb@107d517c20", base: 565, ngpio: 6 },
  { label: "pinctrl-rp1", base: 571, ngpio: 54 },
];

describe("the header's chip", () => {
  test.each([
    ["Pi 3, kernel up to 6.1", [{ label: "pinctrl-bcm2835", base: 0, ngpio: 54 }], 0],
    [
      "Pi 4, kernel from 6.6",
      [
        { label: "pinctrl-bcm2711", base: 512, ngpio: 58 },
        { label: "raspberrypi-exp-gpio", base: 570, ngpio: 8 },
      ],
      512,
    ],
    [
      "Pi 4 with one chip more before the header's",
      [{ label: "pinctrl-bcm2711", base: 522, ngpio: 58 }],
      522,
    ],
    ["Pi 5", PI_5, 571],
    ["Pi 5, kernel 6.1", [{ label: "pinctrl-rp1", base: 399, ngpio: 54 }, ...PI_5.slice(0, 4)], 399],
    ["Pi 5, first images", [{ label: "pinctrl-rp1", base: 53, ngpio: 54 }, ...PI_5.slice(0, 4)], 53],
  ])("is found by its label on a %s", async (_, chips, base) => {
    const found = await findHeaderChip(await sysfs(chips));
    expect(found).toMatchObject({ ok: true, value: { base } });
  });

  test("none: says what was seen", async () => {
    const found = await findHeaderChip(await sysfs(PI_5.slice(0, 2)));
    expect(found).toMatchObject({
      ok: false,
      error: { kind: "gpioChipMissing", seen: ["gpio-brcmstb@107d508500", "gpio-brcmstb@107d508520"] },
    });
  });

  test("several: refuses to guess", async () => {
    const chips = [...PI_5, { label: "pinctrl-bcm2835", base: 700, ngpio: 54 }];
    const found = await findHeaderChip(await sysfs(chips));
    expect(found).toMatchObject({ ok: false, error: { kind: "gpioChipMissing" } });
    if (!found.ok && found.error.kind === "gpioChipMissing") expect(found.error.remedy).toMatch(/several/);
  });

  test("a label is matched whole", async () => {
    const found = await findHeaderChip(await sysfs([{ label: "pinctrl-rp1-extra", base: 0, ngpio: 54 }]));
    expect(found).toMatchObject({ ok: false, error: { seen: ["pinctrl-rp1-extra"] } });
  });

  test("no GPIO class in the kernel", async () => {
    const found = await findHeaderChip("/nonexistent/gpio");
    expect(found).toMatchObject({ ok: false, error: { kind: "gpioChipMissing", seen: [] } });
  });

  test("a chip with an unreadable base is not there", async () => {
    const found = await findHeaderChip(await sysfs([{ label: "pinctrl-rp1", base: "soon", ngpio: 54 }]));
    expect(found).toMatchObject({ ok: false, error: { seen: [] } });
  });
});

describe("a line's global number", () => {
  const chip = { label: "pinctrl-rp1", base: 571, lines: 54 };

  test.each([
    [[{ label: "pinctrl-bcm2835", base: 0, ngpio: 54 }], 17],
    [[{ label: "pinctrl-bcm2711", base: 512, ngpio: 58 }], 529],
    [PI_5, 588],
  ])("of BCM 17 on the chip that was found, %j", async (chips, number) => {
    const found = await findHeaderChip(await sysfs(chips));
    expect(found.ok && globalNumber(found.value, 17)).toEqual({ ok: true, value: number });
  });

  test.each([
    [0, 571],
    [17, 588],
    [27, 598],
  ])("of BCM %i is base and BCM: %i", (line, number) => {
    expect(globalNumber(chip, line)).toEqual({ ok: true, value: number });
  });

  test.each([-1, 28, 53, 1.5, Number.NaN])("BCM %d is not on the header", (line) => {
    expect(globalNumber(chip, line)).toMatchObject({ ok: false, error: { kind: "gpioUnavailable", line } });
  });

  test("a chip with fewer lines has fewer numbers", () => {
    expect(globalNumber({ ...chip, lines: 20 }, 20)).toMatchObject({ ok: false });
  });
});
