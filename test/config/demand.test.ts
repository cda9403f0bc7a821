// What a door demands, as an operator writes it: levels, step-ups, documents; and what is said of mistakes in them.
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/load-config.ts";
import { configJsonSchema } from "../../src/config/schema.ts";
import { changed, EXAMPLE, problemsOf, withSecondDoor } from "./example.ts";

/** The second door with other lines in place of its level. */
const withDoor = (...lines: readonly string[]): string =>
  withSecondDoor(["level: identifier\n    nisOnly: acceptsCopiedNumbers", lines.join("\n    ")]);
const NUMBER = ["level: identifier", "nisOnly: acceptsCopiedNumbers"];
const CHIP = "level: originalChip";
const AUTHENTIC = "level: authenticDocument";
const VERIFIED = "level: verifiedDocument";

function doorOf(text: string) {
  const result = parseConfig(text);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value.config.doors[1];
}

describe("a good door", () => {
  test("of any level accepts no other, never steps up, and has no documents", () => {
    for (const lines of [NUMBER, [CHIP]])
      expect(doorOf(withDoor(...lines))).toMatchObject({ alsoAccepts: [], stepUp: [] });
    expect(doorOf(withDoor(CHIP))).not.toHaveProperty("document");
  });

  test.each(["authenticDocument", "verifiedDocument"])("of level %s says how documents are read", (level) => {
    const door = doorOf(withDoor(`level: ${level}`, "document: {}"));
    expect(door).toMatchObject({ level, document: { match: ["document"], bac: "never", seal: "ignored" } });
    expect(Object.keys(door?.document ?? {}).sort()).toEqual(["bac", "match", "seal"]);
  });

  test("names all that there is to say of documents", () => {
    const door = doorOf(
      withDoor(
        VERIFIED,
        "document:",
        "  keypad: { device: /dev/input/by-id/usb-pad-event-kbd }",
        "  scanner: { serial: { node: /dev/ttyACM0, baud: 115200 } }",
        "  match: [name, document, fiscalCode]",
        "  countries: [ITA, FRA, D, DEU]",
        "  bac: withoutPace",
        "  seal: demanded",
      ),
    );
    expect(door?.document).toEqual({
      keypad: { device: "/dev/input/by-id/usb-pad-event-kbd" },
      scanner: { serial: { node: "/dev/ttyACM0", baud: 115_200 } },
      match: ["name", "document", "fiscalCode"],
      countries: ["ITA", "FRA", "D", "D"],
      bac: "withoutPace",
      seal: "demanded",
    });
  });

  test("listens to a serial keypad at the usual speed", () => {
    const door = doorOf(withDoor(VERIFIED, "document: { keypad: { serial: { node: /dev/ttyUSB1 } } }"));
    expect(door?.document?.keypad).toEqual({ serial: { node: "/dev/ttyUSB1", baud: 9600 } });
  });

  test.each<[string, readonly string[]]>([
    ["the chip beside a document", [VERIFIED, "alsoAccepts: [originalChip]", "document: {}"]],
    ["a document beside the chip", [CHIP, "alsoAccepts: [verifiedDocument]", "document: {}"]],
    [
      "two documents beside the chip",
      [CHIP, "alsoAccepts: [verifiedDocument, authenticDocument]", "document: {}"],
    ],
    ["a number lane that demands the chip", [...NUMBER, "stepUp: [{ level: originalChip }]"]],
    [
      "a number lane that demands documents in some hours",
      [...NUMBER, "stepUp: [{ level: verifiedDocument, schedule: quiet-hours }]", "document: {}"],
    ],
    ["of a group", [AUTHENTIC, "stepUp: [{ level: verifiedDocument, groups: [members] }]", "document: {}"]],
    [
      "or one of two accepted levels, the strongest",
      [CHIP, "alsoAccepts: [verifiedDocument]", "stepUp: [{ level: verifiedDocument }]", "document: {}"],
    ],
  ])("%s", (_what, lines) => {
    expect(problemsOf(withDoor(...lines))).toEqual([]);
  });
});

describe("each mistake", () => {
  const ACCEPTS = "doors[1].alsoAccepts";
  const STEP = "doors[1].stepUp[0]";
  const DOCUMENT = "doors[1].document";
  const step = (level: string, text: string) => [level, `stepUp: [{ ${text} }]`, "document: {}"];
  const document = (text: string) => [VERIFIED, `document: { ${text} }`];

  test.each<[string, readonly string[], string, string, string]>([
    [
      "a level beside identifier",
      [...NUMBER, "alsoAccepts: [originalChip]"],
      ACCEPTS,
      "a list of 1",
      "remove alsoAccepts, or set level to one of them",
    ],
    [
      "identifier beside a level",
      [CHIP, "alsoAccepts: [identifier]"],
      `${ACCEPTS}[0]`,
      '"identifier"',
      "correct the value",
    ],
    [
      "the door's own level",
      [CHIP, "alsoAccepts: [originalChip]"],
      `${ACCEPTS}[0]`,
      '"originalChip" again',
      "remove it",
    ],
    [
      "a level twice",
      [CHIP, "alsoAccepts: [verifiedDocument, verifiedDocument]", "document: {}"],
      `${ACCEPTS}[1]`,
      '"verifiedDocument" again',
      "remove it",
    ],
    [
      "a step-up to a mere number",
      [CHIP, "stepUp: [{ level: identifier }]"],
      `${STEP}.level`,
      '"identifier"',
      "correct the value",
    ],
    [
      "a step-up to nothing",
      [CHIP, "stepUp: [{ groups: [members] }]"],
      `${STEP}.level`,
      "nothing",
      "add level",
    ],
    [
      "a step-up that demands less",
      step(VERIFIED, "level: authenticDocument"),
      `${STEP}.level`,
      '"authenticDocument"',
      "demand more here, or less at the door",
    ],
    [
      "a step-up from a document to the chip of a card",
      step(AUTHENTIC, "level: originalChip"),
      `${STEP}.level`,
      '"originalChip"',
      "demand more here, or less at the door",
    ],
    [
      "a step-up to where the door stands",
      step(VERIFIED, "level: verifiedDocument"),
      `${STEP}.level`,
      '"verifiedDocument"',
      "demand more here, or less at the door",
    ],
    [
      "a step-up to the weaker of two levels",
      [CHIP, "alsoAccepts: [verifiedDocument]", "stepUp: [{ level: originalChip }]", "document: {}"],
      `${STEP}.level`,
      '"originalChip"',
      "demand more here, or less at the door",
    ],
    [
      "a schedule that there is not",
      step(CHIP, "level: verifiedDocument, schedule: quiet-hour"),
      `${STEP}.schedule`,
      '"quiet-hour"',
      "did you mean quiet-hours?",
    ],
    [
      "a group that does not pass here",
      step(CHIP, "level: verifiedDocument, groups: [members, pool]"),
      `${STEP}.groups[1]`,
      '"pool"',
      "add it to the door's groups",
    ],
    [
      "no group at all",
      step(CHIP, "level: verifiedDocument, groups: []"),
      `${STEP}.groups`,
      "a list of 0",
      "correct the value",
    ],
    [
      "too many step-ups",
      [CHIP, `stepUp: [${"{ level: verifiedDocument }, ".repeat(9)}]`, "document: {}"],
      "doors[1].stepUp",
      "a list of 9",
      "correct the value",
    ],
    [
      "documents demanded and not described",
      [VERIFIED],
      DOCUMENT,
      "nothing",
      "add document; {} is enough where all cards are enrolled",
    ],
    [
      "documents accepted and not described",
      [CHIP, "alsoAccepts: [authenticDocument]"],
      DOCUMENT,
      "nothing",
      "add document; {} is enough where all cards are enrolled",
    ],
    [
      "documents demanded by a step-up and not described",
      [...NUMBER, "stepUp: [{ level: verifiedDocument }]"],
      DOCUMENT,
      "nothing",
      "add document; {} is enough where all cards are enrolled",
    ],
    [
      "documents described and never demanded",
      [CHIP, "document: {}"],
      DOCUMENT,
      "a section",
      "remove it, or demand authenticDocument or verifiedDocument",
    ],
    [
      "an acceptance of copied numbers where documents are demanded",
      [VERIFIED, "nisOnly: acceptsCopiedNumbers", "document: {}"],
      "doors[1].nisOnly",
      "a key that is not known here",
      "remove it",
    ],
    [
      "enrolment in passing where documents are demanded",
      [VERIFIED, "enrolment: listed", "document: {}"],
      "doors[1].enrolment",
      "a key that is not known here",
      "remove it",
    ],
    [
      "a keypad that is no input device",
      document("keypad: { device: /dev/ttyUSB0 }"),
      `${DOCUMENT}.keypad.device`,
      '"/dev/ttyUSB0"',
      "correct the value",
    ],
    [
      "a keypad that is neither",
      document("keypad: /dev/input/event0"),
      `${DOCUMENT}.keypad`,
      '"/dev/input/event0"',
      "correct the value",
    ],
    [
      "a scanner that is both",
      document("scanner: { device: /dev/input/event0, serial: { node: /dev/ttyUSB0 } }"),
      `${DOCUMENT}.scanner.serial`,
      "a key that is not known here",
      "remove it",
    ],
    [
      "a scanner at a speed that there is not",
      document("scanner: { serial: { node: /dev/ttyUSB0, baud: 9601 } }"),
      `${DOCUMENT}.scanner.serial.baud`,
      "9601",
      "correct the value",
    ],
    [
      "a serial scanner without its port",
      document("scanner: { serial: {} }"),
      `${DOCUMENT}.scanner.serial.node`,
      "nothing",
      "add node",
    ],
    ["nothing to match by", document("match: []"), `${DOCUMENT}.match`, "a list of 0", "correct the value"],
    [
      "one thing to match by, twice",
      document("match: [name, name]"),
      `${DOCUMENT}.match`,
      "a list of 2",
      "correct the value",
    ],
    [
      "something else to match by",
      document("match: [document, photo]"),
      `${DOCUMENT}.match[1]`,
      '"photo"',
      "correct the value",
    ],
    [
      "a country as certificates write it",
      document("countries: [ITA, FR]"),
      `${DOCUMENT}.countries[1]`,
      '"FR"',
      "correct the value",
    ],
    ["no country", document("countries: []"), `${DOCUMENT}.countries`, "a list of 0", "correct the value"],
    ["BAC for all", document("bac: always"), `${DOCUMENT}.bac`, '"always"', "correct the value"],
    [
      "one device for two uses",
      document("keypad: { device: /dev/input/event3 }, scanner: { device: /dev/input/event3 }"),
      `${DOCUMENT}.scanner.device`,
      '"/dev/input/event3", as at doors[1].document.keypad.device',
      "change one of the two",
    ],
    [
      "a keypad on the header's serial port, whose line a lamp has",
      [...document("keypad: { serial: { node: /dev/serial0 } }"), "green: { line: 14, activeLevel: high }"],
      "doors[1].green.line",
      "14",
      "wire it to another line",
    ],
  ])("%s", (_what, lines, path, found, remedy) => {
    expect(problemsOf(withDoor(...lines))).toMatchObject([{ severity: "error", path, found, remedy }]);
    expect(parseConfig(withDoor(...lines)).ok).toBe(false);
  });

  test("a device that another door has, be it a reader's", () => {
    const text = withDoor(
      VERIFIED,
      "document: { keypad: { serial: { node: /dev/ttyUSB0 } }, scanner: { device: /dev/input/event0 } }",
    ).replace("reader: { bus: spi, node: /dev/spidev0.1 }", "reader: { bus: hsu, node: /dev/ttyUSB0 }");
    expect(problemsOf(text)).toMatchObject([
      { path: "doors[1].document.keypad.serial.node", found: '"/dev/ttyUSB0", as at doors[1].reader.node' },
    ]);
  });

  test("several are told at once", () => {
    const text = withDoor(
      "level: authenticDocument",
      "alsoAccepts: [authenticDocument]",
      "stepUp: [{ level: originalChip, schedule: never, groups: [nobody] }]",
      "document: { match: [face], bac: maybe }",
    );
    expect(problemsOf(text).map(({ path }) => path)).toEqual([
      `${DOCUMENT}.match[0]`,
      `${DOCUMENT}.bac`,
      `${ACCEPTS}[0]`,
      `${STEP}.schedule`,
      `${STEP}.groups[0]`,
      `${STEP}.level`,
    ]);
  });

  test("a level with a mistake in it may be the one that needs documents, or any other", () => {
    const problems = problemsOf(
      withDoor("level: verified", "stepUp: [{ level: originalChip }]", "document: {}"),
    );
    expect(problems.map(({ path }) => path)).toEqual(["doors[1].level"]);
  });

  test("says what is allowed there", () => {
    const allowed = (...lines: readonly string[]) => problemsOf(withDoor(...lines))[0]?.allowed;
    expect(allowed("level: high")).toMatch(
      /^identifier .*, documentSeal .*, originalChip .*, authenticDocument .* verifiedDocument/,
    );
    expect(allowed(...step(VERIFIED, "level: authenticDocument"))).toBe(
      "more than the door's own verifiedDocument",
    );
    expect(
      allowed(CHIP, "alsoAccepts: [verifiedDocument]", "stepUp: [{ level: originalChip }]", "document: {}"),
    ).toBe("verifiedDocument or more");
    expect(allowed(VERIFIED)).toBe(
      "a section on how documents are read, since the door can demand verifiedDocument",
    );
    expect(allowed(...document("keypad: 4"))).toBe(
      "the keypad, at which holders type a document's six digits: { device: PATH } or { serial: { node: PATH, baud: SPEED } }",
    );
    expect(allowed(...document("countries: [Italy]"))).toContain("three capital letters");
  });
});

test("the published schema has the sections of documents and step-ups", () => {
  const schema = JSON.stringify(configJsonSchema());
  for (const word of [
    "alsoAccepts",
    "stepUp",
    "keypad",
    "scanner",
    "fiscalCode",
    "withoutPace",
    "verifiedDocument",
  ])
    expect(schema).toContain(`"${word}"`);
});

test("the lane for documents in the example is a good one, once it is no comment any more", () => {
  const text = EXAMPLE.replace(/^#(?= {2})/gm, "");
  expect(problemsOf(text)).toEqual([]);
  expect(doorOf(text)).toMatchObject({
    level: "verifiedDocument",
    document: { countries: ["ITA", "FRA", "D"] },
  });
});

test("the example's own door may demand documents", () => {
  const text = changed([/level: identifier\n.*\n/, "level: verifiedDocument\n    document: {}\n"]);
  expect(problemsOf(text)).toEqual([]);
});
