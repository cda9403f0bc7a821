/**
 * What PACE costs in C: libeac (OpenPACE), driven by a program of the test's, measured in the same run as the gate's own
 * PACE. Compiler, headers and source lie on a developer's machine and never on a gate; without them there is no figure.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isJsonObject } from "../../bytes/json-object.ts";
import { err, ok, type Result } from "../../result.ts";

const COMPILER = "cc";
const FLAGS = ["-O2", "-Wall", "-Wextra", "-Werror"];
const LIBRARIES = ["-leac", "-lcrypto"];
const SOURCE = "test/foreign/libeac-pace.c";
/** From `src/app/bench` the sources are three folders up, from `dist/src/app/bench` four. */
const PLACES = ["../../../", "../../../../"] as const;
const BUILD_MS = 60_000;
const MEASURE_MS = 120_000;

/** Processor time in ms of the terminal's part of one run, a median; the first key pair, made ahead, is apart. */
export interface LibeacTimes {
  readonly cpuMs: number;
  readonly aheadMs: number;
}

/** `ecdh`: generic mapping over brainpoolP256r1, AES-256. `dh`: generic mapping over 2048 bits (2), 3DES. */
export interface LibeacFigures {
  readonly ecdh: LibeacTimes;
  readonly dh: LibeacTimes;
}

/** Why libeac cannot be asked. */
export interface LibeacAbsent {
  readonly kind: "libeacAbsent";
  /** What is missing, for people. */
  readonly missing: string;
}

/** Builds the program into `folder` and gives its path. Throws when it is all there and does not compile. */
export function buildLibeac(folder: string): Result<string, LibeacAbsent> {
  const source = sourceFile();
  if (source === undefined) return absent(`the source ${SOURCE}`);
  if (compile(["--version"]).error !== undefined) return absent("a C compiler");
  const probe = ["-fsyntax-only", "-include", "eac/pace.h", "-x", "c", "/dev/null"];
  if (compile(probe).status !== 0) return absent("the package libeac-dev or libssl-dev");
  const program = join(folder, "libeac-pace");
  const { status, stderr } = compile([...FLAGS, "-o", program, source, ...LIBRARIES]);
  if (status !== 0) throw new Error(`${SOURCE} does not compile: ${stderr}`);
  return ok(program);
}

/** Builds and runs the measurement, `runs` times each. */
export function measureLibeac(runs: number): Result<LibeacFigures, LibeacAbsent> {
  const folder = mkdtempSync(join(tmpdir(), "varco-libeac-"));
  try {
    const program = buildLibeac(folder);
    if (!program.ok) return program;
    const { status, stdout } = spawnSync(program.value, ["bench", String(runs)], {
      encoding: "utf8",
      timeout: MEASURE_MS,
    });
    const figures = status === 0 ? parseFigures(stdout) : undefined;
    if (figures === undefined) throw new Error("libeac measured nothing");
    return ok(figures);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const absent = (missing: string): Result<never, LibeacAbsent> => err({ kind: "libeacAbsent", missing });

const compile = (words: readonly string[]) =>
  spawnSync(COMPILER, [...words], { encoding: "utf8", timeout: BUILD_MS });

const sourceFile = (): string | undefined =>
  PLACES.map((place) => fileURLToPath(new URL(place + SOURCE, import.meta.url))).find((file) =>
    existsSync(file),
  );

function parseFigures(text: string): LibeacFigures | undefined {
  const parsed: unknown = JSON.parse(text);
  const ecdh = timesOf(parsed, "ecdh");
  const dh = timesOf(parsed, "dh");
  return ecdh === undefined || dh === undefined ? undefined : { ecdh, dh };
}

function timesOf(parsed: unknown, name: string): LibeacTimes | undefined {
  const found: unknown = isJsonObject(parsed) ? parsed[name] : undefined;
  if (!isJsonObject(found)) return undefined;
  const { cpuMs, aheadMs } = found;
  return typeof cpuMs === "number" && typeof aheadMs === "number" ? { cpuMs, aheadMs } : undefined;
}
