/** The machine under the gate: runtime, board, device nodes, clock, watchdog, power. Looks, changes nothing. */
import { execFile } from "node:child_process";
import { access, constants, readFile } from "node:fs/promises";
import { findHeaderChip } from "../../../drivers/gpio/gpio-chip.ts";
import { lookAtMachine } from "../clock-state.ts";
import { bad, type Check, doubtful, failure, well } from "./check.ts";

const LEAST_NODE = { major: 20, minor: 19 } as const;
/** More than this and the board's timer cannot count it: some boards then restart without end. */
const LONGEST_WATCHDOG_S = 15;
const ANSWER_TIMEOUT_MS = 5_000;
const MODEL_FILE = "/sys/firmware/devicetree/base/model";
const GPIO_CLASS = "/sys/class/gpio";

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const recent = major > LEAST_NODE.major || (major === LEAST_NODE.major && minor >= LEAST_NODE.minor);
  const least = `${LEAST_NODE.major}.${LEAST_NODE.minor}`;
  return recent ? well("node", version) : bad("node", version, `install Node.js ${least} or later`);
}

/** Model of the board and the chip that carries its header; only asked on a real board. */
export async function checkBoard(): Promise<readonly Check[]> {
  const model = await readFile(MODEL_FILE, "utf8").catch(() => "");
  const board = model.replaceAll("\0", "").trim();
  const chip = await findHeaderChip(GPIO_CLASS);
  return [
    board.startsWith("Raspberry Pi")
      ? well("board", board)
      : bad(
          "board",
          board === "" ? "no device tree" : board,
          "run on a Raspberry Pi, or use a virtual board",
        ),
    chip.ok
      ? well("gpio", `${chip.value.label}, base ${chip.value.base}, ${chip.value.lines} lines`)
      : failure("gpio", chip.error),
  ];
}

/** A device node that this user can read and write. */
export async function checkDeviceNode(node: string): Promise<Check> {
  const name = `node ${node}`;
  try {
    await access(node, constants.R_OK | constants.W_OK);
    return well(name, "can be read and written");
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    return missing
      ? bad(name, "does not exist", "enable SPI: dtparam=spi=on in /boot/firmware/config.txt, then reboot")
      : bad(name, "no permission", "add this user to the group spi, or run the doctor as the service user");
  }
}

export async function checkClock(): Promise<Check> {
  return (await lookAtMachine()) === "synced"
    ? well("clock", "synchronised")
    : doubtful(
        "clock",
        "not synchronised since boot",
        "give the site a time server, or the board a battery clock",
      );
}

/** The hardware timer that restarts a hung machine, and whether systemd feeds it. */
export async function checkWatchdog(): Promise<Check> {
  const present = await access("/dev/watchdog0").then(
    () => true,
    () => false,
  );
  if (!present) return doubtful("watchdog", "no hardware watchdog", "load bcm2835_wdt");
  const answer = await ask("systemctl", ["show", "--property=RuntimeWatchdogUSec", "--value"]);
  const armed = answer !== undefined && answer !== "0" && answer !== "infinity" && answer !== "";
  return armed
    ? well("watchdog", `armed, ${answer}`)
    : doubtful(
        "watchdog",
        "present but not armed",
        `set RuntimeWatchdogSec=${LONGEST_WATCHDOG_S - 1}s in /etc/systemd/system.conf`,
      );
}

/** The firmware's record of low voltage and heat; a weak supply resets the reader first. */
export async function checkPower(): Promise<readonly Check[]> {
  const answer = await ask("vcgencmd", ["get_throttled"]);
  const flags = /^throttled=(0x[0-9a-f]+)$/i.exec(answer ?? "")?.[1];
  if (flags === undefined) return [];
  return Number(flags) === 0
    ? [well("power", "no low voltage or heat since boot")]
    : [
        doubtful(
          "power",
          `throttling flags ${flags}`,
          "use the board's own supply and a short, thick cable; check the cooling",
        ),
      ];
}

/** What a program prints, trimmed; `undefined` when it is missing, fails or does not answer in time. */
function ask(program: string, words: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, [...words], { timeout: ANSWER_TIMEOUT_MS }, (cause, answer) =>
      resolve(cause === null ? answer.trim() : undefined),
    );
  });
}
