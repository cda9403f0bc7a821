/**
 * The configuration file to a `Config`, once, at the edge: YAML, then the schema, then the rules between
 * fields. All problems come back together, each with its place, and the line where the file has one.
 */
import { open } from "node:fs/promises";
import { err, ok, type Result } from "../result.ts";
import { type ConfigProblem, type Finding, pathText } from "./config-problem.ts";
import { crossFindings } from "./cross-rules.ts";
import { type Config, configSchema } from "./schema.ts";
import { schemaFindings } from "./schema-problems.ts";
import { LARGEST_FILE_BYTES, parseYaml, type YamlSource } from "./yaml-source.ts";

/** A configuration that may be used, with what its author should still know. */
export interface LoadedConfig {
  readonly config: Config;
  /** Problems of severity `warning` only. */
  readonly warnings: readonly ConfigProblem[];
}

/** Reads and checks a configuration file. Never throws; at least one problem of severity `error` on failure. */
export async function loadConfig(file: string): Promise<Result<LoadedConfig, readonly ConfigProblem[]>> {
  const text = await readBounded(file);
  return text.ok ? parseConfig(text.value) : text;
}

/** Checks the text of a configuration file. */
export function parseConfig(text: string): Result<LoadedConfig, readonly ConfigProblem[]> {
  const source = parseYaml(text);
  if (!source.ok) return source;
  const { value } = source.value;
  const parsed = configSchema.safeParse(value);
  const findings = [
    ...(parsed.success ? [] : schemaFindings(value, parsed.error.issues)),
    ...crossFindings(value),
  ];
  const problems = findings.map((finding) => toProblem(finding, source.value));
  const failed = problems.some((problem) => problem.severity === "error");
  return parsed.success && !failed ? ok({ config: parsed.data, warnings: problems }) : err(problems);
}

function toProblem(finding: Finding, source: YamlSource): ConfigProblem {
  const line = source.lineOf(finding.path);
  return { ...finding, path: pathText(finding.path), ...(line === undefined ? {} : { line }) };
}

/** The file's text; one byte more than allowed is enough to know that it is too long. */
async function readBounded(file: string): Promise<Result<string, readonly ConfigProblem[]>> {
  try {
    const handle = await open(file, "r");
    try {
      const buffer = new Uint8Array(LARGEST_FILE_BYTES + 1);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      return ok(new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, bytesRead)));
    } finally {
      await handle.close();
    }
  } catch (cause) {
    return err([unreadable(file, cause)]);
  }
}

function unreadable(file: string, cause: unknown): ConfigProblem {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
  const [found, remedy] = UNREADABLE[code] ?? [
    `a file that cannot be read (${code})`,
    "check the file system",
  ];
  return {
    severity: "error",
    path: "",
    found: `${file}: ${found}`,
    allowed: "a readable YAML file in UTF-8",
    remedy,
  };
}

const UNREADABLE: Readonly<Record<string, readonly [found: string, remedy: string]>> = {
  ENOENT: [
    "no such file",
    "copy deploy/gate.example.yaml there and adapt it, or name another file with --config",
  ],
  EACCES: ["permission denied", "run as the service user or as root, or let its group read the file"],
  EISDIR: ["a directory", "name the file itself"],
  ERR_ENCODING_INVALID_ENCODED_DATA: ["not UTF-8", "save the file as UTF-8"],
};
