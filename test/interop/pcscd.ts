/**
 * Debian's pcscd with vsmartcard's virtual reader at ports of its own, and the programs of OpenSC behind it. pcscd has one
 * socket for the whole machine: nothing is started where somebody else's may be in use.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, type Finished, finished, freePort, type Running, start } from "./processes.ts";

const PCSCD = "/usr/sbin/pcscd";
const OPENSC_TOOL = "/usr/bin/opensc-tool";
/** As the package vsmartcard-vpcd sets its reader up; the path of the driver stands in it. */
const READER_CONF = "/etc/reader.conf.d/vpcd";
const SOCKET = "/run/pcscd/pcscd.comm";
const LISTENERS = "/proc/net/unix";
const PORT_DRAWS = 20;

const missing = [
  ...[PCSCD, OPENSC_TOOL, READER_CONF]
    .filter((file) => !existsSync(file))
    .map((file) => `${file} is missing`),
  ...(process.getuid?.() === 0 ? [] : ["pcscd needs root"]),
  ...(isListening() ? ["another pcscd is in use"] : []),
];

export const hasPcscd = missing.length === 0;
if (!hasPcscd) process.stderr.write(`skipped: tests against pcscd, because ${missing.join(", ")}\n`);

/** Whether anybody, systemd included, has pcscd's socket open. */
function isListening(): boolean {
  return existsSync(LISTENERS) && readFileSync(LISTENERS, "utf8").includes(SOCKET);
}

export interface VirtualReader {
  /** Where a card is put into the first slot, and into the second. */
  readonly slots: readonly [string, string];
  stop(): Promise<void>;
}

/** Starts pcscd with one reader of two empty slots. */
export async function startPcscd(): Promise<VirtualReader> {
  const folder = mkdtempSync(join(tmpdir(), "varco-pcscd-"));
  const port = await freePair();
  const file = join(folder, "reader.conf");
  writeFileSync(file, readerConf(port));
  const daemon = start(PCSCD, ["--foreground", "--info", "--config", file]);
  await eventually(() => daemon.out().includes("ready") || daemon.ending() !== undefined, "pcscd is ready");
  if (daemon.ending() !== undefined) throw new Error(`pcscd ended: ${daemon.out()}${daemon.err()}`);
  return { slots: [`127.0.0.1:${port}`, `127.0.0.1:${port + 1}`], stop: () => stop(daemon, folder) };
}

/** The driver listens at two ports in a row. */
async function freePair(): Promise<number> {
  for (let draw = 0; draw < PORT_DRAWS; draw++) {
    const port = await freePort();
    if (await isFree(port + 1)) return port;
  }
  throw new Error("no two free ports in a row");
}

async function isFree(port: number): Promise<boolean> {
  return freePort(port).then(
    () => true,
    () => false,
  );
}

function readerConf(port: number): string {
  const library = /^LIBPATH\s+(\S+)/m.exec(readFileSync(READER_CONF, "utf8"))?.[1];
  if (library === undefined) throw new Error(`${READER_CONF} names no driver`);
  const lines = [
    'FRIENDLYNAME "Virtual PCD"',
    `DEVICENAME /dev/null:${port}`,
    `LIBPATH ${library}`,
    `CHANNELID ${port}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Asked to end, pcscd takes its socket away; killed, it would leave it. */
async function stop(daemon: Running, folder: string): Promise<void> {
  daemon.kill("SIGTERM");
  await finished(daemon);
  rmSync(folder, { recursive: true });
}

/** Runs opensc-tool to its end. */
export const openscTool = (...words: readonly string[]): Promise<Finished> =>
  finished(start(OPENSC_TOOL, words));

/** The answers, in hexadecimal, to APDUs sent one after the other to the card in a slot. */
export async function answersTo(slot: 0 | 1, ...apdus: readonly string[]): Promise<readonly string[]> {
  const sent = apdus.flatMap((apdu) => ["--send-apdu", apdu]);
  const { exit, out, err } = await openscTool("--reader", String(slot), "--card-driver", "default", ...sent);
  if (exit !== 0) throw new Error(`opensc-tool ended with ${exit}: ${out}${err}`);
  return out
    .split(/^Received /m)
    .slice(1)
    .map(answerIn);
}

/** From `(SW1=0x90, SW2=0x00):` and the lines of a listing behind it: up to sixteen bytes, and the same as text. */
function answerIn(passage: string): string {
  const [head = "", ...lines] = passage.split("\n");
  const [, sw1 = "", sw2 = ""] = /^\(SW1=0x(..), SW2=0x(..)\)/.exec(head) ?? [];
  const data = lines.flatMap((line) => /^((?:[0-9A-F]{2} ){1,16})/.exec(line)?.[1] ?? []);
  return data.join("").replaceAll(" ", "") + sw1 + sw2;
}
