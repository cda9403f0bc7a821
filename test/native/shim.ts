/**
 * A test file under the preloaded shim. It must be loaded before its process starts, so a test file of this folder
 * runs twice: by itself it builds the shim, runs itself once more under it, and reports each test of that run
 * as one of its own; there it defines the tests.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { endAll, eventually, start } from "../interop/processes.ts";

const SHIM = ["device-shim.c", "gpio-class.c"];
const COMPILER = "cc";
const PACKAGES = ["spi-device", "i2c-bus", "onoff"];
const PATIENCE_MS = 120_000;
/** Set in the second run: a folder of its own. */
const FOLDER = "SHIM_FOLDER";

const missing = [
  ...(process.platform === "linux" ? [] : ["this is not Linux"]),
  ...(spawnSync(COMPILER, ["--version"]).status === 0 ? [] : ["there is no C compiler"]),
  ...PACKAGES.filter((name) => !existsSync(`node_modules/${name}`)).map((name) => `${name} is not installed`),
];
if (missing.length > 0)
  process.stderr.write(`skipped: the native packages on a virtual board, because ${missing.join(", ")}\n`);

/** What the tests under the shim may use. */
export interface Shim {
  /** Gone when the tests are. */
  readonly folder: string;
  /** Where the board's socket is to be. */
  readonly board: string;
  /** What stands for /sys/class/gpio. */
  readonly gpio: string;
}

const shimIn = (folder: string): Shim => ({
  folder,
  board: join(folder, "board"),
  gpio: join(folder, "gpio"),
});

/** Runs the tests that `define` defines under the shim; there must be at least `least` of them. */
export async function underShim(url: string, least: number, define: (shim: Shim) => void): Promise<void> {
  const folder = process.env[FOLDER];
  if (folder !== undefined) define(shimIn(folder));
  else if (missing.length > 0)
    describe.skip("under the shim", () => test("the native packages", () => undefined));
  else reportAll(await runAgain(fileURLToPath(url)), least);
}

/** One test of the other run. */
interface Outcome {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

function reportAll(outcomes: readonly Outcome[], least: number): void {
  for (const { fullName, status, failureMessages } of outcomes) {
    test(fullName, () => {
      expect({ status, failureMessages }).toEqual({ status: "passed", failureMessages: [] });
    });
  }
  test(`there are at least ${least} tests`, () => expect(outcomes.length).toBeGreaterThanOrEqual(least));
}

async function runAgain(file: string): Promise<readonly Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), "shim-"));
  try {
    const library = build(folder);
    const report = join(folder, "report.json");
    const { board, gpio } = shimIn(folder);
    const words = ["run", relative(process.cwd(), file), "--reporter=json", `--outputFile.json=${report}`];
    const vitest = start(process.execPath, [resolve("node_modules/vitest/vitest.mjs"), ...words], {
      // libuv's own way round libc, off by default, could not be intercepted.
      env: {
        LD_PRELOAD: library,
        UV_USE_IO_URING: "0",
        SHIM_BOARD: board,
        SHIM_GPIO: gpio,
        [FOLDER]: folder,
      },
    });
    await eventually(() => vitest.ending() !== undefined, `the end of ${file}`, PATIENCE_MS);
    if (!existsSync(report)) throw new Error(`no report of ${file}: ${vitest.out()}${vitest.err()}`);
    return parseReport(readFileSync(report, "utf8"));
  } finally {
    endAll();
    rmSync(folder, { recursive: true });
  }
}

function build(folder: string): string {
  const library = join(folder, "shim.so");
  // Some compilers are set up to check calls by inline versions of what the shim defines.
  compile(["-shared", "-U_FORTIFY_SOURCE", "-fPIC", "-o", library, ...SHIM.map(sourceOf)]);
  return library;
}

/** The path of a program made of a C file of this folder. */
export function buildProgram(name: string, { folder }: Shim): string {
  const program = join(folder, name.replace(/\.c$/, ""));
  compile(["-o", program, sourceOf(name)]);
  return program;
}

const sourceOf = (name: string): string => resolve(import.meta.dirname, name);

/** A warning is a failure. */
function compile(words: readonly string[]): void {
  const { status, stderr } = spawnSync(COMPILER, ["-O1", "-Wall", "-Wextra", "-Werror", ...words], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`does not compile: ${stderr}`);
}

/** What vitest's JSON reporter writes, as far as it is used; a file that could not be loaded has a message. */
interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly Outcome[];
  }[];
}

function parseReport(text: string): readonly Outcome[] {
  const { testResults } = JSON.parse(text) as Report;
  return testResults.flatMap(({ message, assertionResults }) =>
    assertionResults.length > 0
      ? assertionResults
      : [{ fullName: "the file under the shim", status: "not loaded", failureMessages: [message] }],
  );
}
