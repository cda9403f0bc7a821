/**
 * The command line, as a pure function of its words: which command with which values, or the help or the
 * complaint to print instead. Long options, short ones and `--option=value` by node:util.
 */
import { parseArgs } from "node:util";
import type { CommandSpec, Invocation, OptionSpec } from "./command.ts";

export type CommandLine =
  | { readonly kind: "command"; readonly command: CommandSpec; readonly invocation: Invocation }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" }
  /** Wrong usage; `text` says what is wrong and where help is. */
  | { readonly kind: "usage"; readonly text: string };

const HELP: OptionSpec = { short: "h", help: "show this help" };

/** Finds the command in `words` and checks its options and arguments. Never throws. */
export function parseCommandLine(words: readonly string[], commands: readonly CommandSpec[]): CommandLine {
  const [first] = words;
  if (first === undefined) return { kind: "usage", text: overview(commands) };
  if (first === "--help" || first === "-h" || first === "help")
    return { kind: "help", text: overview(commands) };
  if (first === "--version") return { kind: "version" };
  const command = commands.find(({ name }) => name.split(" ").every((word, index) => words[index] === word));
  return command === undefined ? unknownCommand(words, commands) : parseOptions(command, words);
}

function unknownCommand(words: readonly string[], commands: readonly CommandSpec[]): CommandLine {
  const [first = "", second] = words;
  const family = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (family.length === 0)
    return { kind: "usage", text: `there is no command ${JSON.stringify(first)}; see varco --help` };
  if (second === "--help" || second === "-h") return { kind: "help", text: overview(family) };
  return { kind: "usage", text: overview(family) };
}

function parseOptions(command: CommandSpec, words: readonly string[]): CommandLine {
  const usage = (complaint: string): CommandLine => ({
    kind: "usage",
    text: `${complaint}; see varco ${command.name} --help`,
  });
  const rest = words.slice(command.name.split(" ").length);
  const parsed = parseWords(rest, { ...command.options, help: HELP });
  if (typeof parsed === "string") return usage(parsed);
  if (parsed.flags.has("help")) return { kind: "help", text: commandHelp(command) };
  const given = parsed.positionals.length;
  const missing = command.positionals[given];
  if (missing !== undefined && !isOptional(missing)) return usage(`${missing} is missing`);
  if (given > command.positionals.length && command.positionals.at(-1)?.endsWith(MORE) !== true)
    // Not said which: whoever writes a secret where it is asked for later has it on the screen already.
    return usage(`there is one word too many, number ${given}`);
  return { kind: "command", command, invocation: parsed };
}

/** Ends the name of a last argument that may be given more than once. */
const MORE = "...";
const isOptional = (positional: string): boolean => positional.startsWith("[");

/** The invocation, or what is wrong with the words. */
function parseWords(
  words: readonly string[],
  options: Readonly<Record<string, OptionSpec>>,
): Invocation | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: toParseArgs(options),
      allowPositionals: true,
    });
    const texts: Record<string, string> = {};
    const flags = new Set<string>();
    for (const [option, value] of Object.entries(values)) {
      if (typeof value === "string") texts[option] = value;
      else if (value === true) flags.add(option);
    }
    return { texts, flags, positionals };
  } catch (cause) {
    // node:util words these for people; the first sentence is enough.
    return cause instanceof Error ? (cause.message.split(". ")[0] ?? cause.message) : String(cause);
  }
}

function toParseArgs(options: Readonly<Record<string, OptionSpec>>) {
  const entries = Object.entries(options).map(([option, { short, value }]) => {
    const type: "string" | "boolean" = value === undefined ? "boolean" : "string";
    return [option, short === undefined ? { type } : { type, short }] as const;
  });
  return Object.fromEntries(entries);
}

function overview(commands: readonly CommandSpec[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "Usage: varco COMMAND [OPTIONS]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "varco COMMAND --help explains a command. Exit codes: 0 done, 1 negative result, 2 wrong usage, 3 environment.",
  ].join("\n");
}

function commandHelp({ name, summary, options, positionals, example }: CommandSpec): string {
  const rows = Object.entries({ ...options, help: HELP }).map(([option, { short, value, help }]) => {
    const long = value === undefined ? `--${option}` : `--${option} ${value}`;
    return { left: short === undefined ? `    ${long}` : `-${short}, ${long}`, help };
  });
  const width = Math.max(...rows.map(({ left }) => left.length));
  return [
    `varco ${name}: ${summary}`,
    "",
    `Usage: ${["varco", name, ...positionals, "[OPTIONS]"].join(" ")}`,
    "",
    ...rows.map(({ left, help }) => `  ${left.padEnd(width)}  ${help}`),
    "",
    `Example: ${example}`,
  ].join("\n");
}
