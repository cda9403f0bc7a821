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
/** How a holder is named whose records are asked for. */
const holderOptions: Readonly<Record<string, OptionSpec>> = {
  tap: { help: "the holder of the card held to the reader" },
  door: { value: "ID", help: "the door whose reader is used; the first when absent" },
  document: {
    help: "ask for a document's State and number; what names a holder never goes on a command line",
  },
  "fiscal-code": { help: "ask for a fiscal code" },
  name: { help: "ask for family name, given names and date of birth" },
};

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "demo",
    summary: "a short day at a gym turnstile and a stadium lane, on the simulator; touches no hardware",
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
    summary: "read one card, document or seal and say what it proves; decides nothing, moves nothing",
    options: {
      config,
      door: { value: "ID", help: "the door whose reader is used; the first when absent" },
      hsu: { value: "PORT", help: "a reader on this serial port instead; needs no configuration" },
      document: { help: "read a passport or identity card and check it in full, step by step" },
      can: { help: "with --document: ask for the six digits on the card's front, or read them from a pipe" },
      mrz: { help: "with --document: ask for the machine readable zone, or number and dates, likewise" },
      bac: {
        help: "with --document and --mrz: open by BAC what announces no PACE this program can do: old passports",
      },
      photo: {
        value: "FILE",
        help: "with --document: write the photograph, once its State's signature holds, into this new file for yourself alone; it is personal data: show it, then delete it",
      },
      "vpcd-listen": {
        value: "PORT",
        help: "with --document: let a foreign virtual card connect here instead of using a reader",
      },
      seal: {
        value: "FILE",
        help: "check the visible seal (2D-Doc) in this file, text or binary form, or in standard input (-), without a reader; with --document: also hold the seal in this file against the document's chip",
      },
      json,
    },
    positionals: [],
    example: "varco read --door lane-1",
    load: async () => (await import("./commands/read.ts")).readCommand,
  },
  {
    name: "reader test",
    summary: "test a reader and its wires, with a remedy for each fault; the gate must not be using it",
    options: {
      config,
      door: { value: "ID", help: "the door whose reader is tested; the first when absent" },
      spi: { value: "NODE", help: "a reader on this SPI device instead; needs no configuration" },
      i2c: { value: "NODE", help: "a reader on this I2C bus instead" },
      hsu: { value: "PORT", help: "a reader on this serial port instead" },
      count: { value: "NUMBER", help: "line tests, from 20 to 100000; 1000 when absent" },
      distance: {
        help: "show each second how well a card is seen, until interrupted: for finding its place",
      },
      json,
    },
    positionals: [],
    example: "varco reader test --door lane-1",
    load: async () => (await import("./commands/reader-test.ts")).readerTestCommand,
  },
  {
    name: "enrol",
    summary: "examine the card held to a reader in full, and pin its chip: no other passes with its number",
    options: {
      config,
      door: { value: "ID", help: "the door whose reader is used; the first when absent" },
      group: { value: "NAME", help: "also admit the card, in this group" },
      from: { value: "DATE", help: "first day (YYYY-MM-DD) or instant of validity" },
      until: { value: "DATE", help: "last day (YYYY-MM-DD, whole, UTC), or instant at which validity ends" },
      ref: { value: "TEXT", help: "your own reference, such as a membership number; not a name" },
      can: { help: "ask for the six digits on the card's front and keep them sealed under the site key" },
      document: {
        help: "as --can, and examine the card's travel document with them: its identity is enrolled with the chip",
      },
      replace: { help: "let this chip take the place of another one that is pinned to the number" },
      json,
    },
    positionals: [],
    example: "varco enrol --door lane-1 --group members --until 2027-06-30 --ref M-1042",
    load: async () => (await import("./commands/enrol.ts")).enrolCommand,
  },
  {
    name: "credentials add",
    summary: "admit, or deny, the card held to a reader, or a holder you name; no number or name is shown",
    options: {
      config,
      tap: { help: "read the card now" },
      document: {
        help: "ask for a document's State and number; what names a holder never goes on a command line",
      },
      "fiscal-code": { help: "ask for a fiscal code" },
      name: { help: "ask for family name, given names and date of birth" },
      door: { value: "ID", help: "the door whose reader is used; the first when absent" },
      group: { value: "NAME", help: "the group that the card joins; required unless --deny" },
      from: { value: "DATE", help: "first day (YYYY-MM-DD) or instant of validity" },
      until: { value: "DATE", help: "last day (YYYY-MM-DD, whole, UTC), or instant at which validity ends" },
      ref: { value: "TEXT", help: "your own reference, such as a membership number; not a name" },
      deny: { help: "put the holder on the deny list instead" },
      json,
    },
    positionals: [],
    example: "varco credentials add --tap --group members --until 2027-06-30 --ref M-1042",
    load: async () => (await import("./commands/credentials-add.ts")).addCommand,
  },
  {
    name: "credentials import",
    summary: "admit the holders of a CSV file: all, or none if a row is bad; denied ones stay denied",
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
    summary: "show the admitted and denied holders by tag, kind, group, validity, chip and reference",
    options: { config, json },
    positionals: [],
    example: "varco credentials list --json",
    load: async () => (await import("./commands/credentials-list.ts")).listCommand,
  },
  {
    name: "credentials revoke",
    summary: "take a holder off either list, with all that he may be met by; named by reference or tag",
    options: { config, json },
    positionals: ["REFERENCE|TAG"],
    example: "varco credentials revoke M-1042",
    load: async () => (await import("./commands/credentials-revoke.ts")).revokeCommand,
  },
  {
    name: "credentials show",
    summary: "give a holder all that is kept of him: credential, chip, and the journal's rows about him",
    options: {
      config,
      ...holderOptions,
      output: {
        short: "o",
        value: "FILE",
        help: "a new file, for its owner alone, in place of standard output",
      },
      json: { help: "one JSON object a line, the rows of the journal as they are published" },
    },
    positionals: ["[REFERENCE|TAG]"],
    example: "varco credentials show --tap --json -o holder.jsonl",
    load: async () => (await import("./commands/credentials-show.ts")).showCommand,
  },
  {
    name: "credentials erase",
    summary: "erase all that is kept of a holder: credential, chip, document, and his part of the journal",
    options: {
      config,
      ...holderOptions,
      yes: { help: "do not ask: what is erased cannot be brought back" },
      json,
    },
    positionals: ["[REFERENCE|TAG]"],
    example: "varco credentials erase --tap",
    load: async () => (await import("./commands/credentials-erase.ts")).eraseCommand,
  },
  {
    name: "trust import",
    summary:
      "trust country signers (certificates, master lists, the ICAO directory) and makers of visible seals; revocation lists",
    options: {
      config,
      "pin-signer": {
        value: "FILE",
        help: "the certificate of the lists' signer, or of the country signer above it; remembered",
      },
      seals: {
        help: "the certificates are of those who make visible seals (2D-Doc), not of country signers",
      },
      "seal-name": {
        value: "NAME",
        help: "what seals call the one maker that is given, FR05 or FR05/0001, if its certificate does not say it",
      },
      sha256: {
        value: "DIGITS",
        help: "the hash of a trusted list (ETSI TS 119 612, XML), whose signature is not verified here",
      },
      laboratory: { help: "also take test authorities, which a gate uses only if its configuration says so" },
      json,
    },
    positionals: ["FILE..."],
    example: "varco trust import DE_ML.ml --pin-signer csca-germany.cer",
    load: async () => (await import("./commands/trust-import.ts")).trustImportCommand,
  },
  {
    name: "trust list",
    summary:
      "show the trusted certificates by country, then the makers of seals: name, key, validity, origin, revocation list",
    options: { config, country: { value: "CODE", help: "of one country, for example IT" }, json },
    positionals: [],
    example: "varco trust list --country IT",
    load: async () => (await import("./commands/trust-list.ts")).trustListCommand,
  },
  {
    name: "trust remove",
    summary: "trust a certificate no more, or all that a file brought",
    options: {
      config,
      source: { value: "NAME", help: "all that files of this name brought, signers pinned by them included" },
      all: { help: "everything; also when the store is damaged" },
      json,
    },
    positionals: ["[FINGERPRINT|KEYID]"],
    example: "varco trust remove D11A505E15AD",
    load: async () => (await import("./commands/trust-remove.ts")).trustRemoveCommand,
  },
  {
    name: "explain",
    summary: "what this gate would decide for a credential, by which rule, and what each rule compared",
    options: {
      config,
      door: { value: "ID", help: "the door; the first when absent" },
      tap: { help: "read the card now, in place of a name" },
      document: {
        help: "with --tap: read the card's travel document as the door would, alone; a number enrolled with it is not looked at",
      },
      can: { help: "with --document: ask for the six digits on the card's front, or read them from a pipe" },
      mrz: { help: "with --document: ask for the machine readable zone, or number and dates, likewise" },
      seal: {
        value: "FILE",
        help: "the visible seal (2D-Doc) in this file, or in standard input (-): alone, or with --tap --document beside that",
      },
      at: {
        value: "TIME",
        help: "an instant (2026-12-25T10:00:00Z), or without Z in the gate's time zone; now when absent",
      },
      level: {
        value: "LEVEL",
        help: "what would be proven: identifier (the default), documentSeal, originalChip, authenticDocument, verifiedDocument or none; several with commas between them",
      },
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
        help: "what lies there: a document (cnie, cie, passport-de, ...), a CIE's service side (stm2, nxp, ..., cie-b), phone, payment, transit or none",
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
    name: "sim card",
    summary: "be a card in the virtual reader of pcscd (vpcd), for any program that speaks PC/SC",
    options: {
      vpcd: { value: "HOST:PORT", help: "where the reader listens; usually 127.0.0.1:35963" },
      profile: {
        value: "PROFILE",
        help: "which card: a document (cnie, cie, passport-de, ...), a CIE's service side (stm2, nxp, ...), phone or payment",
      },
      seed: { value: "NUMBER", help: "repeat a card's numbers; random when absent" },
      states: {
        value: "FILE",
        help: "write the certificates of the simulated States there; without --vpcd nothing else is done",
      },
      json,
    },
    positionals: [],
    example: "varco sim card --vpcd 127.0.0.1:35963 --profile cnie",
    load: async () => (await import("./commands/sim-card.ts")).simCardCommand,
  },
  {
    name: "bench",
    summary: "measure speed and memory on the simulator, against the written bounds",
    options: {
      only: { value: "NAME", help: "a figure, or how the names of some begin: tap.identifier, read20k." },
      short: { help: "fewer repetitions: shows that it works, not how fast" },
      json,
    },
    positionals: [],
    example: "varco bench --json",
    load: async () => (await import("./bench/bench.ts")).benchCommand,
  },
];
