/**
 * Finds the GPIO chip of the Raspberry Pi's header and turns BCM numbers into the kernel's global ones.
 * The base is whatever was left when the chip registered: 0, 512 or 571 by kernel, board and overlays, so it
 * is looked up by the chip's label at every start. Governing document: Linux gpio/sysfs.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { GpioError } from "../../src/ports/bus.ts";
import { err, ok, type Result } from "../../src/result.ts";

/** Labels of the header's chip: Pi 0-3, Pi 4, Pi 5. Expanders and SoC-internal chips have others. */
const HEADER_LABELS: ReadonlySet<string> = new Set(["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"]);
/** BCM numbers above are not on the 40-pin header. */
const LAST_HEADER_LINE = 27;

/** The chip whose lines are the header's pins. */
export interface HeaderChip {
  readonly label: string;
  readonly base: number;
  readonly lines: number;
}

/**
 * The one header chip under `root` (a folder like `/sys/class/gpio`). Error `gpioChipMissing` with the labels
 * seen when the folder is not there, or none or several chips carry a header label.
 */
export async function findHeaderChip(root: string): Promise<Result<HeaderChip, GpioError>> {
  const names = await namesIn(root);
  if (names === undefined) {
    return missing([], `${root} is not there: use a kernel with the GPIO class of sysfs (CONFIG_GPIO_SYSFS)`);
  }
  const chips: HeaderChip[] = [];
  for (const name of names.filter((entry) => entry.startsWith("gpiochip")).sort()) {
    const chip = await readChip(join(root, name));
    if (chip !== undefined) chips.push(chip);
  }
  const seen = chips.map((chip) => chip.label);
  const [header, another] = chips.filter((chip) => HEADER_LABELS.has(chip.label));
  if (header === undefined)
    return missing(seen, "no GPIO chip of a Raspberry Pi header: run on a Raspberry Pi");
  if (another !== undefined)
    return missing(seen, "several GPIO chips claim the header: remove the extra overlay");
  return ok(header);
}

/** The global number of a BCM line; `gpioUnavailable` for a line that the header does not have. */
export function globalNumber(chip: HeaderChip, line: number): Result<number, GpioError> {
  if (!Number.isInteger(line) || line < 0 || line > LAST_HEADER_LINE || line >= chip.lines) {
    return err({ kind: "gpioUnavailable", line, remedy: `use a BCM number from 0 to ${LAST_HEADER_LINE}` });
  }
  return ok(chip.base + line);
}

async function namesIn(folder: string): Promise<readonly string[] | undefined> {
  return readdir(folder).catch(() => undefined);
}

/** A chip out of its files `label`, `base` and `ngpio`; `undefined` if one is unreadable or no number. */
async function readChip(folder: string): Promise<HeaderChip | undefined> {
  const [label, base, lines] = await Promise.all([
    firstLine(join(folder, "label")),
    firstLine(join(folder, "base")),
    firstLine(join(folder, "ngpio")),
  ]);
  if (label === undefined || !isCount(base) || !isCount(lines)) return undefined;
  return { label, base: Number(base), lines: Number(lines) };
}

const isCount = (text: string | undefined): text is string => text !== undefined && /^\d{1,6}$/.test(text);

async function firstLine(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").then(
    (text) => text.split("\n", 1)[0]?.trim(),
    () => undefined,
  );
}

const missing = (seen: readonly string[], remedy: string): Result<never, GpioError> =>
  err({ kind: "gpioChipMissing", seen, remedy });
