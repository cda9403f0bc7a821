/** The machine under the gate: runtime, board, clock. Looks, changes nothing. */
import { readFile } from "node:fs/promises";
import { findHeaderChip } from "../../../drivers/gpio/gpio-chip.ts";
import type { ClockState } from "../../ports/clock.ts";
import { unreachable } from "../../result.ts";
import { lookAtMachine } from "../clock-state.ts";
import { bad, type Check, doubtful, failure, well } from "./check.ts";

const LEAST_NODE = { major: 20, minor: 19 } as const;
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

export async function checkClock(look: () => Promise<ClockState> = lookAtMachine): Promise<Check> {
  const state = await look();
  switch (state) {
    case "synced":
      return well("clock", "synchronised");
    case "holdover":
      return doubtful(
        "clock",
        "no time service keeps it now; it was set in this boot and is thought near enough",
        "see that the site's time server answers; dates count meanwhile",
      );
    case "unsynced":
      return doubtful(
        "clock",
        "no source that can be trusted has set it lately",
        "give the site a time server, or the board a battery clock",
      );
    default:
      return unreachable(state);
  }
}
