// The configuration as its author meets it: the documented example is valid, every kind of mistake is told
// with its place and its remedy, all of them at once, and nothing that could be a secret is repeated.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadConfig, parseConfig } from "../../src/config/load-config.ts";
import { configJsonSchema } from "../../src/config/schema.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { changed, EXAMPLE, problemsOf, withSecondDoor } from "./example.ts";

describe("a good configuration", () => {
  test("the documented example is valid and without warnings", () => {
    expect(problemsOf(EXAMPLE)).toEqual([]);
    expect(parseConfig(EXAMPLE).ok).toBe(true);
  });

  test("defaults are filled in", () => {
    const result = parseConfig(
      changed(
        [/stateDirectory:.*\n/, ""],
        [/retentionDays:.*\n/, ""],
        [/ {6}clockHz:.*\n/, ""],
        [/log:\n.*\n/, ""],
        [/ {2}prefix:.*\n/, ""],
      ),
    );
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    const { config } = result.value;
    expect(config.stateDirectory).toBe("/var/lib/varco");
    expect(config.retentionDays).toBe(30);
    expect(config.log.level).toBe("info");
    expect(config.mqtt?.prefix).toBe("acs/v1");
    expect(config.doors[0]?.reader).toMatchObject({ bus: "spi", clockHz: 2_000_000 });
    expect(config.doors[0]?.relay).toEqual({
      line: 17,
      activeLevel: "high",
      pulseMs: 400,
      minPulseMs: 200,
      maxPulseMs: 500,
    });
  });

  test("two doors with lines and readers of their own are valid", () => {
    expect(problemsOf(withSecondDoor())).toEqual([]);
  });

  test("a virtual board names its socket", () => {
    expect(problemsOf(changed([/kind: raspberryPi/, "kind: virtual\n  socket: /tmp/board.sock"]))).toEqual(
      [],
    );
  });

  test.each(["mqtt://127.0.0.1:1883", "mqtt://localhost", "mqtt://[::1]:1883"])(
    "%s needs no certificate",
    (url) => {
      expect(problemsOf(changed(["mqtts://broker.example:8883", url], [/ {2}caFile:.*\n/, ""]))).toEqual([]);
    },
  );
});

describe("each mistake", () => {
  test.each([
    ["a missing key", changed([/^site:.*\n/m, ""]), "site", "nothing", "add site"],
    ["an empty value", changed([/^gate:.*$/m, "gate:"]), "gate", "an empty value", "correct the value"],
    [
      "a mistyped key",
      changed([/pulseMs: 400/, "pulseMs: 400\n      maxPulsMs: 600"]),
      "doors[0].relay.maxPulsMs",
      "a key that is not known here",
      "did you mean maxPulseMs?",
    ],
    [
      "an unknown key",
      changed([/^site:/m, "colour: blue\nsite:"]),
      "colour",
      "a key that is not known here",
      "remove it",
    ],
    ["a name with capitals", changed([/^site:.*$/m, "site: Demo"]), "site", '"Demo"', "correct the value"],
    [
      "a line beyond the header",
      changed([/line: 17/, "line: 28"]),
      "doors[0].relay.line",
      "28",
      "correct the value",
    ],
    [
      "a pulse too short",
      changed([/pulseMs: 400/, "pulseMs: 99"]),
      "doors[0].relay.pulseMs",
      "99",
      "correct the value",
    ],
    [
      "a pulse too long",
      changed([/pulseMs: 400/, "pulseMs: 10001"]),
      "doors[0].relay.pulseMs",
      "10001",
      "correct the value",
    ],
    [
      "a pulse that is no number",
      changed([/pulseMs: 400/, "pulseMs: short"]),
      "doors[0].relay.pulseMs",
      '"short"',
      "correct the value",
    ],
    [
      "a minimum above the pulse",
      changed([/pulseMs: 400/, "pulseMs: 400\n      minPulseMs: 401"]),
      "doors[0].relay.minPulseMs",
      "401",
      "lower it or lengthen pulseMs",
    ],
    [
      "a maximum below the pulse",
      changed([/pulseMs: 400/, "pulseMs: 400\n      maxPulseMs: 399"]),
      "doors[0].relay.maxPulseMs",
      "399",
      "raise it or shorten pulseMs",
    ],
    [
      "no acceptance of copied numbers",
      changed([/ {4}nisOnly:.*\n/, ""]),
      "doors[0].nisOnly",
      "nothing",
      "add nisOnly",
    ],
    [
      "a half-hearted acceptance",
      changed([/nisOnly:.*$/m, "nisOnly: true"]),
      "doors[0].nisOnly",
      "true",
      "correct the value",
    ],
    [
      "a level of no kind",
      changed([/level: identifier/, "level: verified"]),
      "doors[0].level",
      '"verified"',
      "correct the value",
    ],
    [
      "an acceptance of copied numbers where the chip is demanded",
      changed([/level: identifier/, "level: originalChip"]),
      "doors[0].nisOnly",
      "a key that is not known here",
      "remove it",
    ],
    [
      "enrolment at a door that goes by the number",
      changed([/level: identifier/, "level: identifier\n    enrolment: listed"]),
      "doors[0].enrolment",
      "a key that is not known here",
      "remove it",
    ],
    ["no notice", changed([/^notice:[\s\S]*?\n\n/m, ""]), "notice", "nothing", "add notice"],
    ["a notice without one language", changed([/ {2}fr:.*\n/, ""]), "notice.fr", "nothing", "add fr"],
    ["an empty notice", changed([/ {2}fr:.*\n/, '  fr: "  "\n']), "notice.fr", '"  "', "correct the value"],
    [
      "a board of no kind",
      changed([/kind: raspberryPi/, "kind: arduino"]),
      "board.kind",
      '"arduino"',
      "correct the value",
    ],
    [
      "a virtual board without socket",
      changed([/kind: raspberryPi/, "kind: virtual"]),
      "board.socket",
      "nothing",
      "add socket",
    ],
    [
      "no door",
      changed([/^doors:[\s\S]*?# Leave/m, "doors: []\n# Leave"]),
      "doors",
      "a list of 0",
      "correct the value",
    ],
    [
      "a door without groups",
      changed([/groups: .*$/m, "groups: []"]),
      "doors[0].groups",
      "a list of 0",
      "correct the value",
    ],
    [
      "a line used twice",
      changed([/green: \{ line: 5/, "green: { line: 17"]),
      "doors[0].green.line",
      "17, as at doors[0].relay.line",
      "change one of the two",
    ],
    [
      "two doors of one name",
      withSecondDoor(["lane-2", "lane-1"]),
      "doors[1].id",
      '"lane-1", as at doors[0].id',
      "change one of the two",
    ],
    [
      "two doors on one reader",
      withSecondDoor(["spidev0.1", "spidev0.0"]),
      "doors[1].reader.node",
      '"/dev/spidev0.0", as at doors[0].reader.node',
      "change one of the two",
    ],
    [
      "a line shared by two doors",
      withSecondDoor(["line: 27", "line: 17"]),
      "doors[1].relay.line",
      "17, as at doors[0].relay.line",
      "change one of the two",
    ],
    [
      "a broker far away without TLS",
      changed([/mqtts:/, "mqtt:"]),
      "mqtt.url",
      "mqtt:// to another machine",
      "use mqtts",
    ],
    ["a broker without authority", changed([/ {2}caFile:.*\n/, ""]), "mqtt.caFile", "nothing", "add caFile"],
    [
      "a user without password",
      changed([/ {2}passwordFile:.*\n/, ""]),
      "mqtt.passwordFile",
      "nothing",
      "add passwordFile",
    ],
    [
      "a password without user",
      changed([/ {2}userFile:.*\n/, ""]),
      "mqtt.userFile",
      "nothing",
      "add userFile",
    ],
    [
      "a port that cannot be",
      changed([/:8883/, ":88830"]),
      "mqtt.url",
      "text of 28 characters (not shown)",
      "correct the value",
    ],
    [
      "a relative path",
      changed([/file: \/etc/, "file: etc"]),
      "siteKey.file",
      "text of 18 characters (not shown)",
      "correct the value",
    ],
  ])("%s", (_, text, path, found, remedy) => {
    expect(problemsOf(text)).toMatchObject([{ severity: "error", path, found, remedy }]);
    expect(parseConfig(text).ok).toBe(false);
  });

  test.each([
    [
      "active high on a line that is pulled up",
      "line: 4, activeLevel: high",
      "the board pulls it high at power-on",
    ],
    [
      "active low on a line that is pulled down",
      "line: 22, activeLevel: low",
      "the board pulls it low at power-on",
    ],
    ["the I2C bus", "line: 2, activeLevel: low", "it belongs to the I2C bus and has a strong pull-up"],
    [
      "the serial console",
      "line: 14, activeLevel: high",
      "the serial console sends on it while the board starts",
    ],
  ])("a relay on %s is a warning, not an error", (_, relay, reason) => {
    const result = parseConfig(withSecondDoor(["line: 27, activeLevel: high", relay]));
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(result.value.warnings).toMatchObject([{ severity: "warning", path: "doors[1].relay.line" }]);
    expect(result.value.warnings[0]?.found).toContain(reason);
  });

  test("says what is allowed there, in the words of the published schema", () => {
    const [problem] = problemsOf(changed([/pulseMs: 400/, "pulseMs: 1"]));
    expect(problem?.allowed).toBe("a whole number from 100 to 10000: how long the relay stays on, in ms");
    expect(JSON.stringify(configJsonSchema())).toContain(problem?.allowed);
  });

  test("names its line", () => {
    const lineOf = (passage: string) => EXAMPLE.slice(0, EXAMPLE.indexOf(passage)).split("\n").length;
    expect(problemsOf(changed([/line: 17/, "line: 99"]))).toMatchObject([{ line: lineOf("line: 17") }]);
    expect(problemsOf(changed([/ {4}nisOnly:.*\n/, ""]))).toMatchObject([{ line: lineOf("- id: lane-1") }]);
  });
});

test("all mistakes are told at once, those between fields too", () => {
  const text = changed(
    [/^site:.*$/m, "site: Demo"],
    [/retentionDays: 30/, "retentionDays: 400"],
    [/green: \{ line: 5/, "green: { line: 17"],
    [/mqtts:/, "mqtt:"],
    [/level: info/, "level: loud"],
  );
  expect(problemsOf(text).map(({ path }) => path)).toEqual([
    "site",
    "retentionDays",
    "log.level",
    "doors[0].green.line",
    "mqtt.url",
  ]);
});

describe("what might be a secret is never repeated", () => {
  const SECRET = "hunter2-hunter2-hunter2";
  test.each([
    ["a key in place of its file", changed([/ {2}file: .*$/m, `  file: ${SECRET}`])],
    ["a key in place of its section", changed([/siteKey:\n.*\n.*\n/, `siteKey: ${SECRET}\n`])],
    ["a password key", changed([/passwordFile:.*$/m, `passwordFile: /etc/p\n  password: ${SECRET}`])],
    ["a password in the url", changed([/mqtts:\/\//, `mqtts://user:${SECRET}@`])],
    ["a password in broken YAML", changed([/passwordFile:.*$/m, `passwordFile: "${SECRET}`])],
  ])("%s", (_, text) => {
    expect(parseConfig(text).ok).toBe(false);
    expect(JSON.stringify(problemsOf(text))).not.toContain(SECRET);
  });
});

const ALIASES = "an alias (*) before its anchor (&), too many aliases, or nesting beyond reason";

describe("YAML that is none of ours", () => {
  test.each([
    ["a key twice", changed([/^site:/m, "site: other\nsite:"]), "a key that stands twice in its section"],
    ["a tab", changed([/ {2}kind:/, "\tkind:"]), "a tab as indentation"],
    ["two documents", `${EXAMPLE}\n---\na: 1\n`, "a second document after ---"],
    ["an unknown tag", changed([/^site:.*$/m, "site: !secret x"]), "a tag (!) with no meaning here"],
  ])("%s", (_, text, found) => {
    const problems = problemsOf(text);
    expect(problems.map((problem) => problem.found)).toContain(found);
    expect(problems[0]?.line).toBeGreaterThan(0);
  });

  test("an alias without its anchor", () => {
    expect(problemsOf(changed([/^site:.*$/m, "site: *nowhere"]))).toMatchObject([
      { path: "", found: ALIASES },
    ]);
  });

  test("a small file that aliases would grow into a big one", () => {
    const layers = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`);
    expect(problemsOf(`l0: &l0 [x]\n${layers.join("\n")}`)).toMatchObject([{ path: "", found: ALIASES }]);
  });

  test("nesting without end", () => {
    expect(parseConfig("[".repeat(100_000)).ok).toBe(false);
  });

  test("a file that is too long", () => {
    expect(problemsOf(`# ${"x".repeat(256 * 1024)}`)).toMatchObject([{ found: "262146 characters" }]);
  });

  test.each(["", "- a", "7", "null", "doors: 7", "doors: [7, {relay: 3}]"])(
    "%j is refused, never thrown",
    (text) => {
      expect(problemsOf(text).length).toBeGreaterThan(0);
    },
  );

  test("no text makes it throw", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        expect(parseConfig(text).ok).toBe(false);
      }),
    );
    const at = fc.nat(EXAMPLE.length);
    fc.assert(
      fc.property(at, fc.string({ maxLength: 5 }), (offset, noise) => {
        parseConfig(EXAMPLE.slice(0, offset) + noise + EXAMPLE.slice(offset));
      }),
      { numRuns: 50 },
    );
  });
});

describe("a file", () => {
  test("is loaded", async () => {
    const result = await loadConfig("deploy/gate.example.yaml");
    expect(result.ok && result.value.config.gate).toBe("north-07");
  });

  test("that is missing, a folder or not UTF-8 is told with what to do", async () => {
    const folder = temporaryFolder("config");
    const binary = join(folder, "binary.yaml");
    await writeFile(binary, Uint8Array.of(0x73, 0xff, 0xfe));
    const found = async (file: string) => {
      const result = await loadConfig(file);
      return result.ok ? undefined : result.error.map((problem) => problem.found);
    };
    expect(await found(join(folder, "none.yaml"))).toEqual([`${join(folder, "none.yaml")}: no such file`]);
    expect(await found(folder)).toEqual([`${folder}: a directory`]);
    expect(await found(binary)).toEqual([`${binary}: not UTF-8`]);
  });
});
