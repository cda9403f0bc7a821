#!/usr/bin/env node
/**
 * The composition root: words of the command line in, exit code out. A command that runs the gate first
 * puts the relays of the last good pin map off, before its own code or any configuration is loaded.
 */
import { parseCommandLine } from "./cli.ts";
import { type CommandIo, type CommandSpec, EXIT, type ExitCode, type Invocation } from "./command.ts";
import { COMMANDS } from "./command-table.ts";
import { askSecret } from "./secret-input.ts";
import { SystemClock } from "./system-clock.ts";

// Native packages keep the event loop alive for lines and buses that are still open, so the end is explicit;
// what was written is out by then, since pipes and files are written synchronously here.
process.exit(await main(process.argv.slice(2), processIo()));

async function main(words: readonly string[], io: CommandIo): Promise<ExitCode> {
  const line = parseCommandLine(words, COMMANDS);
  switch (line.kind) {
    case "command":
      return execute(line.command, line.invocation, io);
    case "help":
      io.out(line.text);
      return EXIT.done;
    case "version":
      io.out(await (await import("./version.ts")).programVersion());
      return EXIT.done;
    case "usage":
      io.err(line.text);
      return EXIT.usage;
  }
}

async function execute(command: CommandSpec, invocation: Invocation, io: CommandIo): Promise<ExitCode> {
  if (command.relaysOffFirst === true) {
    const { putRelaysOffFirst } = await import("./commands/relay-off.ts");
    await putRelaysOffFirst(invocation, io);
  }
  const run = await command.load();
  return run(invocation, io);
}

function processIo(): CommandIo {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => stopping.abort());
  // The reader of a pipe may leave early (`varco … | head`); that is no fault of ours.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const noColour = (process.env["NO_COLOR"] ?? "") !== "";
  return {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    environment: process.env,
    colour: process.stdout.isTTY === true && !noColour,
    interactive: process.stderr.isTTY === true,
    askSecret: (question) => askSecret(question, stopping.signal),
    clock: new SystemClock(),
    signal: stopping.signal,
  };
}
