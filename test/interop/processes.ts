/**
 * Processes of the interop tests: the built program and foreign ones, each in a group of its own, and all
 * ended by `endAll`, whatever became of the test.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const MAIN = resolve("dist/src/app/main.js");
/** A command of the program that takes longer than this hangs. */
const COMMAND_PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 10;

export interface Running {
  readonly pid: number;
  readonly out: () => string;
  readonly err: () => string;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** As `ended`, `undefined` while it runs. */
  readonly ending: () => number | string | undefined;
  kill(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): void;
}

const running = new Set<ChildProcess>();

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a program in a process group of its own and keeps what it prints. */
export function start(command: string, words: readonly string[], { env = {} }: StartOptions = {}): Running {
  const child = spawn(command, [...words], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, ...env },
  });
  running.add(child);
  const texts = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    texts.out += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    texts.err += String(chunk);
  });
  let ending: number | string | undefined;
  const ended = new Promise<number | string>((settle) => {
    child.once("error", (cause) => settle(cause.message));
    child.once("close", (code, signal) => settle(code ?? signal ?? "unknown"));
  }).then((outcome) => {
    running.delete(child);
    ending = outcome;
    return outcome;
  });
  return {
    pid: child.pid ?? 0,
    out: () => texts.out,
    err: () => texts.err,
    ended,
    ending: () => ending,
    kill: (signal) => void child.kill(signal),
  };
}

/** Starts the program as it is built. */
export function startVarco(
  words: readonly string[],
  options: StartOptions & { readonly nodeFlags?: readonly string[] } = {},
): Running {
  if (!existsSync(MAIN)) throw new Error("the program is not built: npm run build");
  return start(process.execPath, [...(options.nodeFlags ?? []), MAIN, ...words], options);
}

export interface Finished {
  readonly exit: number | string;
  readonly out: string;
  readonly err: string;
}

/** Runs one command of the program to its end. */
export async function varco(...words: readonly string[]): Promise<Finished> {
  const command = startVarco(words);
  return finished(command);
}

/** Waits for the end of a process, with what it printed. */
export async function finished(command: Running): Promise<Finished> {
  await eventually(() => command.ending() !== undefined, "the end of the command", COMMAND_PATIENCE_MS);
  return { exit: command.ending() ?? "", out: command.out(), err: command.err() };
}

/** Waits for something that another process does; the limit is for a broken world only. */
export async function eventually(condition: () => boolean, what: string, limitMs = 15_000): Promise<void> {
  const until = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > until) throw new Error(`never: ${what}`);
    await delay(LOOK_EVERY_MS);
  }
}

/** A port on loopback that is free now: `wanted` itself, else it fails, or any. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer().listen(wanted, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Kills every process that is still there, with its children. */
export function endAll(): void {
  for (const { pid } of running) if (pid !== undefined) killGroup(pid);
  running.clear();
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (cause) {
    // It has just ended by itself.
    void cause;
  }
}

process.once("exit", endAll);
