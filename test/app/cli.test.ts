// The command line: which words mean what, and what is said to wrong ones.
import { describe, expect, test } from "vitest";
import { parseCommandLine } from "../../src/app/cli.ts";
import { COMMANDS } from "../../src/app/command-table.ts";
import { containing } from "./matchers.ts";

const parse = (line: string) =>
  parseCommandLine(
    line.split(" ").filter((word) => word !== ""),
    COMMANDS,
  );

describe("commands", () => {
  test("one word, with short and long options", () => {
    for (const line of ["run -c gate.yaml", "run --config gate.yaml", "run --config=gate.yaml"]) {
      expect(parse(line)).toMatchObject({
        kind: "command",
        command: { name: "run" },
        invocation: { texts: { config: "gate.yaml" } },
      });
    }
  });

  test("two words, with flags and arguments", () => {
    const line = parse("credentials import --hex-identifiers members.csv --json");
    expect(line).toMatchObject({
      kind: "command",
      command: { name: "credentials import" },
      invocation: { positionals: ["members.csv"] },
    });
    expect(line.kind === "command" && [...line.invocation.flags].sort()).toEqual(["hex-identifiers", "json"]);
  });

  test("a last argument that may be repeated", () => {
    expect(parse("trust import a.ml b.cer --pin-signer root.cer c.crl")).toMatchObject({
      kind: "command",
      invocation: { positionals: ["a.ml", "b.cer", "c.crl"], texts: { "pin-signer": "root.cer" } },
    });
    expect(parse("trust import").kind).toBe("usage");
  });

  test("only the gate itself puts the relays off before anything else", () => {
    expect(COMMANDS.filter((command) => command.relaysOffFirst).map(({ name }) => name)).toEqual(["run"]);
  });
});

describe("help", () => {
  test.each(["--help", "-h", "help"])("%s lists every command", (line) => {
    const result = parse(line);
    for (const { name } of COMMANDS)
      expect(result).toMatchObject({ kind: "help", text: containing(`  ${name} `) });
  });

  test.each(COMMANDS.map((command) => [command.name, command] as const))(
    "of %s shows options and an example that parses",
    (name, command) => {
      const result = parse(`${name} --help`);
      for (const option of Object.keys(command.options)) {
        expect(result).toMatchObject({ kind: "help", text: containing(`--${option}`) });
      }
      expect(result).toMatchObject({ text: containing(`Example: ${command.example}`) });
      expect(parse(command.example.replace("varco ", ""))).toMatchObject({
        kind: "command",
        command: { name },
      });
    },
  );

  test("of a family lists its members", () => {
    expect(parse("credentials --help")).toMatchObject({
      kind: "help",
      text: containing("credentials revoke"),
    });
  });

  test("wins over what is missing", () => {
    expect(parse("credentials import -h").kind).toBe("help");
  });
});

describe("wrong usage", () => {
  test.each([
    ["", "Usage: varco"],
    ["frobnicate", 'there is no command "frobnicate"'],
    ["credentials", "Usage: varco"],
    ["credentials frobnicate", "Usage: varco"],
    ["run --nope", "Unknown option '--nope'"],
    ["run --config", "argument missing"],
    ["run extra", "there is one word too many, number 1"],
    ["credentials import", "FILE is missing"],
    ["credentials import a b", "there is one word too many, number 2"],
    ["doctor --json=yes", "does not take an argument"],
  ])("%j is answered with the reason", (line, reason) => {
    expect(parse(line)).toMatchObject({ kind: "usage", text: containing(reason) });
  });

  test("of a command names its help", () => {
    expect(parse("run --nope")).toMatchObject({ text: containing("see varco run --help") });
  });
});

test("--version", () => {
  expect(parse("--version")).toEqual({ kind: "version" });
});
