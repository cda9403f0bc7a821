// The system round a gate, from folders and answers that stand in for one.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkCertificate } from "../../src/app/doctor/certificate-check.ts";
import type { Check } from "../../src/app/doctor/check.ts";
import { hostAt } from "../../src/app/doctor/host.ts";
import { checkBoardHost, checkHost } from "../../src/app/doctor/host-checks.ts";
import { instant } from "../../src/time/time.ts";
import { containing } from "./matchers.ts";

const BUILT = instant(Date.UTC(2026, 10, 1));
const NOW_S = Date.UTC(2026, 10, 22) / 1_000;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "varco-host-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Finds what the checks say of a machine with these files and these answers of its programs. */
async function examine(
  files: Readonly<Record<string, string>>,
  answers: Readonly<Record<string, string>> = {},
): Promise<(name: string) => Check | undefined> {
  const root = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const ask = async (program: string, words: readonly string[]) => answers[[program, ...words].join(" ")];
  const host = { ...hostAt(root), ask };
  const checks = [...(await checkHost(host, BUILT)), ...(await checkBoardHost(host))];
  return (name) => checks.find((check) => check.name === name);
}

const SWAPS = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
const JOURNALD = "systemd-analyze cat-config --no-pager systemd/journald.conf";
const SECURITY = "systemd-analyze security --no-pager varco.service";
const WATCHDOG = "systemctl show --property=RuntimeWatchdogUSec --value";
const WATCHDOG_FILE = { "/sys/class/watchdog/watchdog0/identity": "Broadcom BCM2835 Watchdog timer\n" };
const RTC = (seconds: number) => ({
  "/sys/class/rtc/rtc0/name": "rtc-ds1307 1-0068\n",
  "/sys/class/rtc/rtc0/since_epoch": `${seconds}\n`,
});

describe("each check, well, doubtful or not applicable", () => {
  test.each([
    ["kernel", "ok", { "/proc/sys/kernel/osrelease": "6.12.25+rpt-rpi-v8\n" }, {}],
    ["kernel", "warn", { "/proc/sys/kernel/osrelease": "6.6.1", "/proc/sys/kernel/arch": "armv7l" }, {}],
    ["kernel", "notApplicable", {}, {}],
    ["entropy", "ok", { "/proc/sys/kernel/random/entropy_avail": "256\n" }, {}],
    ["entropy", "warn", { "/proc/sys/kernel/random/entropy_avail": "12\n" }, {}],
    ["entropy", "notApplicable", {}, {}],
    ["swap", "ok", { "/proc/swaps": SWAPS }, {}],
    ["swap", "ok", { "/proc/swaps": `${SWAPS}/dev/zram0 partition 1 0 100\n` }, {}],
    ["swap", "warn", { "/proc/swaps": `${SWAPS}/var/swap file 1 0 -2\n` }, {}],
    ["swap", "notApplicable", {}, {}],
    ["log limits", "ok", {}, { [JOURNALD]: "[Journal]\n#SystemMaxUse=\nSystemMaxUse=64M" }],
    ["log limits", "ok", {}, { [JOURNALD]: "Storage=volatile\nRuntimeMaxUse=32M" }],
    ["log limits", "warn", {}, { [JOURNALD]: "Storage=volatile\nSystemMaxUse=64M" }],
    ["log limits", "warn", {}, { [JOURNALD]: "SystemMaxUse=64M\nSystemMaxUse=" }],
    ["log limits", "notApplicable", {}, {}],
    ["confinement", "ok", {}, { [SECURITY]: "→ Overall exposure level for varco.service: 1.9 OK" }],
    ["confinement", "warn", {}, { [SECURITY]: "→ Overall exposure level for varco.service: 9.2 UNSAFE" }],
    ["confinement", "notApplicable", {}, {}],
    ["clock chip", "ok", RTC(NOW_S), {}],
    ["clock chip", "warn", RTC(0), {}],
    ["clock chip", "warn", {}, {}],
    ["watchdog", "ok", WATCHDOG_FILE, { [WATCHDOG]: "14s" }],
    ["watchdog", "warn", WATCHDOG_FILE, { [WATCHDOG]: "0" }],
    ["watchdog", "warn", WATCHDOG_FILE, {}],
    ["watchdog", "warn", {}, {}],
    ["power", "ok", {}, { "vcgencmd get_throttled": "throttled=0x0" }],
    ["power", "warn", {}, { "vcgencmd get_throttled": "throttled=0x50005" }],
    ["power", "notApplicable", {}, {}],
    ["card wear", "ok", { "/sys/block/mmcblk0/device/life_time": "0x01 0x02\n" }, {}],
    ["card wear", "warn", { "/sys/block/mmcblk0/device/life_time": "0x01 0x09\n" }, {}],
    ["card wear", "notApplicable", {}, {}],
  ])("%s is %s", async (name, status, files: Record<string, string>, answers: Record<string, string>) => {
    const check = (await examine(files, answers))(name);
    expect(check?.status).toBe(status);
    expect(check?.remedy === undefined).toBe(status !== "warn");
  });
});

test("a program that is not installed gives no answer, one that is gives its own", async () => {
  const host = hostAt("/");
  expect(await host.ask("varco-no-such-program", [])).toBeUndefined();
  expect(await host.ask("printf", ["14s\n"])).toBe("14s");
});

describe("the certificate of the broker's authority", () => {
  const DAY_MS = 86_400_000;

  function madeCertificate(): string {
    const folder = temporaryFolder();
    const [key, file] = [join(folder, "ca.key"), join(folder, "ca.pem")];
    const words = ["req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "100", "-subj", "/CN=test"];
    execFileSync("openssl", [...words, "-keyout", key, "-out", file], { stdio: "ignore" });
    return file;
  }

  test.each([
    [0, "ok", "ends in 99 days"],
    [80, "warn", "ends in 19 days"],
    [120, "fail", "ended"],
  ])("after %i days is %s", async (days, status, found) => {
    const caFile = madeCertificate();
    const now = instant(Date.now() + days * DAY_MS + 60_000);
    const check = await checkCertificate({ url: "mqtts://broker", prefix: "acs/v1", caFile }, now);
    expect(check).toMatchObject({ status, found: containing(found) });
  });

  test("that is no certificate, or not configured, is told as such", async () => {
    const file = join(temporaryFolder(), "ca.pem");
    writeFileSync(file, "not PEM");
    const mqtt = { url: "mqtts://broker", prefix: "acs/v1" };
    expect(await checkCertificate({ ...mqtt, caFile: file }, BUILT)).toMatchObject({ status: "fail" });
    expect(await checkCertificate(mqtt, BUILT)).toMatchObject({ status: "notApplicable" });
  });
});
