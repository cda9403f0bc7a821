/**
 * What lies between the program and its readers: device nodes, and what is known to go wrong on the bus
 * behind them. Looks, changes nothing, and sends nothing on a bus.
 */
import { access, constants, readFile, realpath } from "node:fs/promises";
import { basename } from "node:path";
import type { ReaderConfig } from "../../config/schema.ts";
import { bad, type Check, doubtful, well } from "./check.ts";

const MODEL_FILE = "/sys/firmware/devicetree/base/model";
const KERNEL_COMMAND_LINE = "/proc/cmdline";

/** Boards whose I2C controller bears a chip that stretches the clock (RP1). */
const STRETCHING_WORKS = /Raspberry Pi (?:5|500)\b|Compute Module 5\b/;

const NODES = {
  spi: {
    group: "spi",
    missing: "enable SPI: dtparam=spi=on in /boot/firmware/config.txt, then reboot",
  },
  i2c: {
    group: "i2c",
    missing:
      "enable I2C: dtparam=i2c_arm=on in /boot/firmware/config.txt and i2c-dev in /etc/modules, then reboot",
  },
  hsu: {
    group: "dialout",
    missing:
      "plug the adapter in, or for the header's port: enable_uart=1 in /boot/firmware/config.txt, then reboot",
  },
} as const satisfies Record<ReaderConfig["bus"], { readonly group: string; readonly missing: string }>;

/** The node of each reader, and the pitfalls of its bus on this board. */
export async function* checkBuses(readers: readonly ReaderConfig[]): AsyncGenerator<Check> {
  for (const reader of readers) yield checkDeviceNode(reader);
  if (readers.some(({ bus }) => bus === "i2c")) yield checkStretching(await textOf(MODEL_FILE));
  const commandLine = await textOf(KERNEL_COMMAND_LINE);
  for (const { bus, node } of readers) {
    if (bus === "hsu") yield checkConsole(node, await deviceOf(node), commandLine);
  }
}

/** A device node that this user can read and write. */
async function checkDeviceNode({ bus, node }: ReaderConfig): Promise<Check> {
  const name = `node ${node}`;
  const { group, missing } = NODES[bus];
  try {
    await access(node, constants.R_OK | constants.W_OK);
    return well(name, "can be read and written");
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "ENOENT"
      ? bad(name, "does not exist", missing)
      : bad(
          name,
          "no permission",
          `add this user to the group ${group}, or run the doctor as the service user`,
        );
  }
}

/** `model` as the device tree names the board, for example `Raspberry Pi 4 Model B Rev 1.4`. */
export function checkStretching(model: string): Check {
  return STRETCHING_WORKS.test(model)
    ? well("i2c clock", "this board bears a chip that stretches the clock")
    : doubtful(
        "i2c clock",
        "a PN532 stretches the I2C clock, and the controller of a Raspberry Pi before the 5 then garbles bytes",
        "prefer SPI on this board; or lower the clock (dtparam=i2c_arm_baudrate=50000), or use dtoverlay=i2c-gpio; wire IRQ and RSTPD_N",
      );
}

/** Whether the kernel writes its messages on the reader's port; `device` is the node's name without links. */
export function checkConsole(node: string, device: string, commandLine: string): Check {
  const consoles = [...commandLine.matchAll(/(?:^|\s)console=([^,\s]+)/g)].map(([, name]) => name);
  return consoles.includes(device)
    ? bad(
        `serial console ${node}`,
        `the kernel's console is on ${device}`,
        `remove console=${device} or console=serial0 from /boot/firmware/cmdline.txt, then reboot`,
      )
    : well(`serial console ${node}`, "the port is the reader's alone");
}

const textOf = (file: string): Promise<string> => readFile(file, "utf8").catch(() => "");

const deviceOf = async (node: string): Promise<string> => basename(await realpath(node).catch(() => node));
