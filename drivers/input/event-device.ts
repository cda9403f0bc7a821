/**
 * A keypad or a scanner that is a keyboard to Linux, as an `EntrySource`: `/dev/input/eventN`, or better its link below
 * `/dev/input/by-id`, opened for reading alone.
 *
 * Whatever is typed there the kernel also gives to its console, and only an ioctl that Node.js lacks (EVIOCGRAB) would keep
 * it away. So nobody may listen there: a getty would take the digits for a user's name and write them into the system's
 * journal. On a gate with such a device mask `getty@tty1.service`, `autovt@.service` and `ctrl-alt-del.target`, and set
 * `NAutoVTs=0` and `ReserveVT=0` in logind.conf. A udev rule gives the device to the gate's group alone, and takes it from
 * desktops and from logind, whom a power key would tell to power off: `SUBSYSTEM=="input", KERNEL=="event*",
 * ATTRS{idVendor}=="…", ATTRS{idProduct}=="…", GROUP="varco", MODE="0440", ENV{LIBINPUT_IGNORE_DEVICE}="1",
 * TAG-="power-switch"`. Where units are closed to devices, the gate's needs `DeviceAllow=char-input r`.
 */
import type { Clock } from "../../src/ports/clock.ts";
import type { EntryFault, EntrySource } from "../../src/ports/entry.ts";
import { faultOf, KeptSource, type UseOfDevice } from "./kept-source.ts";
import { type EventBytes, KeyEvents } from "./key-events.ts";
import { type EpollPackage, openReadableFile } from "./readable-file.ts";

export interface EventDeviceOptions {
  readonly node: string;
  readonly clock: Clock;
  /** Default: what the kernel gives to programs like this one. */
  readonly eventBytes?: EventBytes;
  /** Where the package comes from; tests hand in one of their own. */
  readonly load?: () => Promise<EpollPackage>;
}

const REMEDIES = {
  nodeMissing: "plug the keypad or scanner in, and name it as `ls /dev/input/by-id` shows it (…-event-kbd)",
  permissionDenied:
    "give the device to the user of the service by a udev rule, or add the user to the group input",
  packageMissing: "install the package epoll: it is optional and needs a compiler (npm rebuild epoll)",
} as const;
const FAILED_REMEDY = "check plug and cable, and that the node is an input device (/dev/input/event…)";

/** Architectures of 32 bits that Node.js runs on. */
const NARROW: readonly string[] = ["arm", "ia32"];
const ownEventBytes = (): EventBytes => (NARROW.includes(process.arch) ? 16 : 24);

/** A source of what is typed on the device; it need not be there yet. */
export const createEventDevice = (options: EventDeviceOptions): EntrySource =>
  new KeptSource({ clock: options.clock, use: (use) => useDevice(options, use) });

async function useDevice(
  { node, load, eventBytes = ownEventBytes() }: EventDeviceOptions,
  { collector, isUp, signal }: UseOfDevice,
): Promise<EntryFault | undefined> {
  const events = new KeyEvents(eventBytes, collector);
  const options = { node, remedies: REMEDIES, ...(load === undefined ? {} : { load }) };
  const opened = await openReadableFile(options, (bytes) => events.push(bytes));
  if (!opened.ok) return faultOf(opened.error, FAILED_REMEDY);
  const file = opened.value;
  const close = (): void => void file.close();
  signal.addEventListener("abort", close);
  if (signal.aborted) close();
  else isUp();
  const cause = await file.ended;
  signal.removeEventListener("abort", close);
  await file.close();
  return signal.aborted ? undefined : { kind: "busFailed", node, remedy: FAILED_REMEDY, cause };
}
