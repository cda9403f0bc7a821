/**
 * The system round the gate: kernel, randomness, swap, logs, the unit's confinement, clock chip, watchdog,
 * power, card wear. Looks, changes nothing. Governing text: Raspberry Pi notes, storage, preflight.
 */
import { toIso8601 } from "../../time/iso-8601.ts";
import { type Instant, instant } from "../../time/time.ts";
import { type Check, doubtful, notApplicable, well } from "./check.ts";
import type { Host } from "./host.ts";

/** More than this and the board's timer cannot count it: some boards then restart without end. */
const LONGEST_WATCHDOG_S = 15;
/** What the kernel's generator has once it is seeded; kernels before 5.18 let it fall below. */
const LEAST_ENTROPY_BITS = 128;
/** `systemd-analyze security` counts from 0, confined, to 10, exposed; the unit as shipped is below this. */
const MOST_EXPOSURE = 3;
/** Tenths of its life that an eMMC says it has spent. */
const WORN_TENTHS = 8;

/** Everything that does not depend on the configuration. `buildTime` is the least time that can be true. */
export async function checkHost(host: Host, buildTime: Instant): Promise<readonly Check[]> {
  return Promise.all([
    checkKernel(host),
    checkEntropy(host),
    checkSwap(host),
    checkJournald(host),
    checkConfinement(host),
  ]).then(async (checks) => [...checks, await checkClockChip(host, buildTime)]);
}

/** What only a real board has. */
export async function checkBoardHost(host: Host): Promise<readonly Check[]> {
  return Promise.all([checkWatchdog(host), checkPower(host), checkWear(host)]);
}

async function checkKernel(host: Host): Promise<Check> {
  const release = await host.read("/proc/sys/kernel/osrelease");
  const machine = await host.read("/proc/sys/kernel/arch");
  if (release === undefined) return notApplicable("kernel", "no Linux kernel");
  const found = [release, machine].filter((part) => part !== undefined).join(" ");
  return machine?.startsWith("armv") === true
    ? doubtful("kernel", found, "install the 64-bit Raspberry Pi OS: later Node.js releases need it")
    : well("kernel", found);
}

async function checkEntropy(host: Host): Promise<Check> {
  const bits = await host.read("/proc/sys/kernel/random/entropy_avail");
  if (bits === undefined) return notApplicable("entropy", "the kernel does not tell");
  return Number(bits) >= LEAST_ENTROPY_BITS
    ? well("entropy", `${bits} bits`)
    : doubtful(
        "entropy",
        `${bits} bits`,
        "install rng-tools5, which feeds the board's hardware generator in",
      );
}

/** Keys and numbers in memory must not reach a disk. */
async function checkSwap(host: Host): Promise<Check> {
  const table = await host.read("/proc/swaps");
  if (table === undefined) return notApplicable("swap", "the kernel does not tell");
  const areas = table
    .split("\n")
    .slice(1)
    .flatMap((line) => line.split(/\s/).slice(0, 1));
  const onDisk = areas.filter((area) => !area.startsWith("/dev/zram"));
  if (onDisk.length === 0) return well("swap", areas.length === 0 ? "none" : "in memory only (zram)");
  return doubtful(
    "swap",
    `on ${onDisk.join(", ")}`,
    "run: swapoff -a, and take it out of /etc/fstab or disable dphys-swapfile",
  );
}

/** A log without a limit fills the disk on which the journal must grow. */
async function checkJournald(host: Host): Promise<Check> {
  const text = await host.ask("systemd-analyze", ["cat-config", "--no-pager", "systemd/journald.conf"]);
  if (text === undefined) return notApplicable("log limits", "no systemd journal");
  // A later file overrules an earlier one.
  const settings = new Map([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
  const isVolatile = settings.get("Storage") === "volatile";
  const name = isVolatile ? "RuntimeMaxUse" : "SystemMaxUse";
  const limit = settings.get(name) ?? "";
  if (limit !== "") return well("log limits", `${name}=${limit}`);
  return doubtful(
    "log limits",
    `${name} is not set`,
    "write [Journal], SystemMaxUse=64M and RuntimeMaxUse=32M to /etc/systemd/journald.conf.d/varco.conf and restart systemd-journald",
  );
}

async function checkConfinement(host: Host): Promise<Check> {
  const report = await host.ask("systemd-analyze", ["security", "--no-pager", "varco.service"]);
  const score = /exposure level for \S+: ([\d.]+)/.exec(report ?? "")?.[1];
  if (score === undefined) return notApplicable("confinement", "the service is not installed here");
  return Number(score) <= MOST_EXPOSURE
    ? well("confinement", `exposure ${score} of 10`)
    : doubtful(
        "confinement",
        `exposure ${score} of 10`,
        "install the unit again with deploy/install.sh, and look at what /etc/systemd/system/varco.service.d relaxes",
      );
}

/** After a power cut without a network only a clock chip with a battery knows the time. */
async function checkClockChip(host: Host, buildTime: Instant): Promise<Check> {
  const name = await host.read("/sys/class/rtc/rtc0/name");
  const seconds = await host.read("/sys/class/rtc/rtc0/since_epoch");
  if (name === undefined || seconds === undefined)
    return doubtful(
      "clock chip",
      "none",
      "add a battery clock (DS3231), or accept that dates wait for the network",
    );
  const time = instant(Number(seconds) * 1_000);
  return time >= buildTime
    ? well("clock chip", name)
    : doubtful(
        "clock chip",
        `${name} says ${toIso8601(time)}`,
        "change its battery, then run: hwclock --systohc",
      );
}

/** The hardware timer that restarts a hung machine, and whether systemd feeds it. */
async function checkWatchdog(host: Host): Promise<Check> {
  const identity = await host.read("/sys/class/watchdog/watchdog0/identity");
  if (identity === undefined)
    return doubtful(
      "watchdog",
      "no hardware watchdog",
      "put dtparam=watchdog=on into /boot/firmware/config.txt",
    );
  const answer = await host.ask("systemctl", ["show", "--property=RuntimeWatchdogUSec", "--value"]);
  const isArmed = answer !== undefined && answer !== "0" && answer !== "infinity" && answer !== "";
  return isArmed
    ? well("watchdog", `${identity}, armed, ${answer}`)
    : doubtful(
        "watchdog",
        `${identity}, not armed`,
        `set RuntimeWatchdogSec=${LONGEST_WATCHDOG_S - 1}s in /etc/systemd/system.conf`,
      );
}

/** The firmware's record of low voltage and heat; a weak supply resets the reader first. */
async function checkPower(host: Host): Promise<Check> {
  const answer = await host.ask("vcgencmd", ["get_throttled"]);
  const flags = /^throttled=(0x[0-9a-f]+)$/i.exec(answer ?? "")?.[1];
  if (flags === undefined) return notApplicable("power", "the firmware does not tell");
  return Number(flags) === 0
    ? well("power", "no low voltage or heat since boot")
    : doubtful(
        "power",
        `throttling flags ${flags}`,
        "use the board's own supply and a short, thick cable; check the cooling",
      );
}

/** Two estimates in tenths of the life spent; SD cards give none. */
async function checkWear(host: Host): Promise<Check> {
  const estimates = await host.read("/sys/block/mmcblk0/device/life_time");
  const tenths = Math.max(0, ...(estimates ?? "").split(/\s+/).map(Number).filter(Number.isFinite));
  if (tenths === 0) return notApplicable("card wear", "this storage does not tell");
  const found = `up to ${tenths * 10} % of its life spent`;
  return tenths < WORN_TENTHS
    ? well("card wear", found)
    : doubtful("card wear", found, "replace the storage: move the state directory while the gate is stopped");
}
