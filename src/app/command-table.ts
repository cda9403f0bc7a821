/** Every command of the program, as data. */
import { type CommandSpec, DEFAULT_CONFIG, type OptionSpec } from "./command.ts";

const config: OptionSpec = {
  short: "c",
  value: "FILE",
  help: `the configuration, ${DEFAULT_CONFIG} when absent`,
};
const stateDir: OptionSpec = {
  value: "DIRECTORY",
  help: "where the pin map lies; $STATE_DIRECTORY, else /var/lib/varco, when absent",
};
const json: OptionSpec = { help: "print the result as JSON" };

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "demo",
    summary: "a short day at a gym turnstile, on the simulator; touches no hardware",
    options: {
      seed: { value: "NUMBER", help: "repeat a day exactly" },
      forever: { help: "go on until interrupted" },
      keep: {
        value: "DIRECTORY",
        help: "put configuration, journal, logs and MQTT traffic there and keep them",
      },
      "log-level": { value: "LEVEL", help: "of the gate's log: trace, debug, info, warn or error" },
      json,
    },
    positionals: [],
    example: "varco demo --seed 7",
    load: async () => (await import("./demo/demo.ts")).demoCommand,
  },
  {
    name: "run",
    summary: "be the gate: read cards, decide, move the relays, keep the journal",
    options: { config, "state-dir": stateDir },
    positionals: [],
    example: "varco run -c /etc/varco/gate.yaml",
    relaysOffFirst: true,
    load: async () => (await import("./run.ts")).runCommand,
  },
  {
    name: "read",
    summary: "read one card and say what it proves; decides nothing, moves nothing",
    options: {
      config,
      door: { value: "ID", help: "the door whose reader is used; the first when absent" },
      json,
    },
    positionals: [],
    example: "varco read --door lane-1",
    load: async () => (await import("./commands/read.ts")).readCommand,
  },
  {
    name: "credentials add",
    summary: "admit, or deny, the card held to a reader; its number is never shown",
    options: {
      config,
      tap: { help: "read the card now; required, since a number never goes on a command line" },
      door: { value: "ID", help: "the door whose reader is used; the first when absent" },
      group: { value: "NAME", help: "the group that the card joins; required unless --deny" },
      from: { value: "DATE", help: "first day (YYYY-MM-DD) or instant of validity" },
      until: { value: "DATE", help: "last day (YYYY-MM-DD, whole, UTC), or instant at which validity ends" },
      ref: { value: "TEXT", help: "your own reference, such as a membership number; not a name" },
      deny: { help: "put the card on the deny list instead" },
      json,
    },
    positionals: [],
    example: "varco credentials add --tap --group members --until 2027-06-30 --ref M-1042",
    load: async () => (await import("./commands/credentials-add.ts")).addCommand,
  },
  {
    name: "credentials import",
    summary: "admit the cards of a CSV file: all, or none if a row is bad; denied cards stay denied",
    options: {
      config,
      "hex-identifiers": { help: "also accept numbers written as 24 hex digits of their ASCII codes" },
      json,
    },
    positionals: ["FILE"],
    example: "varco credentials import members.csv",
    load: async () => (await import("./commands/credentials-import.ts")).importCommand,
  },
  {
    name: "credentials list",
    summary: "show the admitted and denied cards by tag, group, validity and reference",
    options: { config, json },
    positionals: [],
    example: "varco credentials list --json",
    load: async () => (await import("./commands/credentials-list.ts")).listCommand,
  },
  {
    name: "credentials revoke",
    summary: "take a card off either list, named by its reference or its tag",
    options: { config, json },
    positionals: ["REFERENCE|TAG"],
    example: "varco credentials revoke M-1042",
    load: async () => (await import("./commands/credentials-revoke.ts")).revokeCommand,
  },
  {
    name: "doctor",
    summary: "check board, wiring, configuration, storage, clock and broker, with a remedy for each fault",
    options: { config, json },
    positionals: [],
    example: "varco doctor -c /etc/varco/gate.yaml",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand,
  },
  {
    name: "relay-off",
    summary: "put off every relay of the last good configuration and read it back",
    options: { "state-dir": stateDir, json },
    positionals: [],
    example: "varco relay-off",
    load: async () => (await import("./commands/relay-off.ts")).relayOffCommand,
  },
  {
    name: "sim board",
    summary: "serve a virtual board, wired as the configuration says, on its Unix socket",
    options: {
      config,
      seed: { value: "NUMBER", help: "seed of the virtual cards and faults; 1 when absent" },
    },
    positionals: [],
    example: "varco sim board -c virtual.yaml",
    load: async () => (await import("./commands/sim-board.ts")).simBoardCommand,
  },
  {
    name: "bench",
    summary: "measure speed and memory on the simulator, against the written bounds",
    options: {
      only: { value: "NAME", help: "one figure, for example tap.identifier" },
      short: { help: "fewer repetitions: shows that it works, not how fast" },
      json,
    },
    positionals: [],
    example: "varco bench --json",
    load: async () => (await import("./bench/bench.ts")).benchCommand,
  },
];
