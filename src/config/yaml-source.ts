/**
 * YAML text to plain values, bounded: size, number of aliases and number of reported errors have limits,
 * duplicate keys and several documents are errors. Remembers the line of every value.
 * The only user of the `yaml` package; YAML 1.2, core schema.
 */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import { err, ok, type Result } from "../result.ts";
import type { ConfigPath, ConfigProblem } from "./config-problem.ts";

export const LARGEST_FILE_BYTES = 256 * 1024;
/** Anchors are allowed for a value that several doors share, not for growing a small file into a big one. */
const MOST_ALIASES = 32;
const MOST_PROBLEMS = 20;

/** A parsed file: its plain value, and where each part of it stood. */
export interface YamlSource {
  readonly value: unknown;
  /** The line of the value at `path`, or of the nearest enclosing one that exists. */
  lineOf(path: ConfigPath): number | undefined;
}

/** Parses one YAML document; never throws, whatever the text. */
export function parseYaml(text: string): Result<YamlSource, readonly ConfigProblem[]> {
  if (text.length > LARGEST_FILE_BYTES) {
    return err([wholeFile(`${text.length} characters`, `at most ${LARGEST_FILE_BYTES}`, "shorten the file")]);
  }
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
    const complaints = [...document.errors, ...document.warnings].slice(0, MOST_PROBLEMS);
    if (complaints.length > 0) {
      return err(
        complaints.map((complaint) => syntaxProblem(complaint.code, lines.linePos(complaint.pos[0]).line)),
      );
    }
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    return ok({ value, lineOf: (path) => lineOf(document, lines, path) });
  } catch {
    // The parser throws on aliases and, by exhausting the stack, on absurdly deep nesting. Its
    // message can quote the file, so it is not passed on.
    return err([wholeFile(ALIASES_OR_NESTING, `at most ${MOST_ALIASES} aliases`, "write the values out")]);
  }
}

const ALIASES_OR_NESTING = "an alias (*) before its anchor (&), too many aliases, or nesting beyond reason";

/** What the parser's error codes mean; others are reported by their code. */
const SYNTAX: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "a key that stands twice in its section",
  BAD_INDENT: "wrong indentation",
  TAB_AS_INDENT: "a tab as indentation",
  MULTIPLE_DOCS: "a second document after ---",
  MISSING_CHAR: "a missing character, such as a closing quote or a colon",
  TAG_RESOLVE_FAILED: "a tag (!) with no meaning here",
};

function syntaxProblem(code: string, line: number): ConfigProblem {
  return {
    severity: "error",
    path: "",
    found: SYNTAX[code] ?? `a YAML error (${code})`,
    allowed: "one YAML 1.2 document with each key once in its section",
    remedy: "correct this line or the one above it",
    line,
  };
}

function wholeFile(found: string, allowed: string, remedy: string): ConfigProblem {
  return { severity: "error", path: "", found, allowed, remedy };
}

function lineOf(document: Document, lines: LineCounter, path: ConfigPath): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return undefined;
}

/** Where the key of `path` begins, or its value when it stands in a list. */
function offsetOf(document: Document, path: ConfigPath): number | undefined {
  const parent: unknown = document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent) && last !== undefined) {
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === last);
    if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0];
  }
  const node: unknown = document.getIn(path, true);
  return isNode(node) ? node.range?.[0] : undefined;
}
