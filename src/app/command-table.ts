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
      hsu: { value: "PORT", help: "a reader on this serial port instead; needs no configuration" },
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
    name: "explain",
    summary: "what this gate would decide for a credential, by which rule, and what each rule compared",
    options: {
      config,
      door: { value: "ID", help: "the door; the first when absent" },
      tap: { help: "read the card now, in place of a name" },
      at: {
        value: "TIME",
        help: "an instant (2026-12-25T10:00:00Z), or without Z in the gate's time zone; now when absent",
      },
      level: { value: "LEVEL", help: "what the card would prove: identifier (the default) or none" },
      clock: { value: "STATE", help: "what the clock would be worth: synced, holdover or unsynced" },
      json,
    },
    positionals: ["[REFERENCE|TAG|stranger]"],
    example: "varco explain M-1042 --at 2026-12-25T10:00",
    load: async () => (await import("./commands/explain.ts")).explainCommand,
  },
  {
    name: "journal export",
    summary: "write the journal's rows as published, without what names a holder unless that is asked for",
    options: {
      config,
      from: { value: "SEQ|DATE", help: "first row, by its number or by day (YYYY-MM-DD) or instant" },
      to: { value: "SEQ|DATE", help: "last row; a day is whole, in UTC" },
      format: { value: "FORMAT", help: "jsonl (the default) or csv" },
      output: {
        short: "o",
        value: "FILE",
        help: "a new file, for its owner alone, in place of standard output",
      },
      personal: {
        help: "with the pseudonyms that have not been erased; the journal says that they were given",
      },
      json: { help: "print a report as JSON on standard error" },
    },
    positionals: [],
    example: "varco journal export --from 2026-11-01 --to 2026-11-30 --format csv -o november.csv",
    load: async () => (await import("./commands/journal-export.ts")).exportCommand,
  },
  {
    name: "journal verify",
    summary:
      "check that the journal is what was written: hashes, chain and signed checkpoints; changes nothing",
    options: { config, json },
    positionals: [],
    example: "varco journal verify --json",
    load: async () => (await import("./commands/journal-verify.ts")).verifyCommand,
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
    name: "sim chip",
    summary: "be a PN532 with a card on it, on a pseudo-terminal, for any program that speaks to one",
    options: {
      hsu: { value: "LINK", help: "the path at which the chip's serial line appears; must not exist" },
      card: {
        value: "PROFILE",
        help: "what lies there: a CIE (stm2, nxp, itj4d, ...), cie-b, phone, payment, transit or none",
      },
      realtime: { help: "take the time that chip, line and card would take; as fast as it goes when absent" },
      seed: { value: "NUMBER", help: "repeat a card's numbers; random when absent" },
      json,
    },
    positionals: [],
    example: "varco sim chip --hsu /tmp/pn532 --card itj4d",
    load: async () => (await import("./commands/sim-chip.ts")).simChipCommand,
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
