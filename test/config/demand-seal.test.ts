// What a door demands of the seals that are shown to it, as an operator writes it, and what is said of mistakes in that.
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/load-config.ts";
import { problemsOf, withSecondDoor } from "./example.ts";

/** The second door with other lines in place of its level. */
const withDoor = (...lines: readonly string[]): string =>
  withSecondDoor(["level: identifier\n    nisOnly: acceptsCopiedNumbers", lines.join("\n    ")]);
const NUMBER = ["level: identifier", "nisOnly: acceptsCopiedNumbers"];
const CHIP = "level: originalChip";
const VERIFIED = "level: verifiedDocument";
const SEAL_ONLY = "sealOnly: acceptsCopiedSeals";
const SEAL = ["level: documentSeal", SEAL_ONLY];
const SCANNER = "scanner: { serial: { node: /dev/ttyACM0 } }";
const WITH_SCANNER = `document: { ${SCANNER} }`;

describe("a good door takes", () => {
  test.each<[string, readonly string[]]>([
    ["the seal of a document alone", [...SEAL, WITH_SCANNER]],
    [
      "a seal alone, whose number is one of several things to match by",
      [...SEAL, `document: { ${SCANNER}, match: [name, fiscalCode, document] }`],
    ],
    [
      "a name to match by, where the seal is shown beside a document",
      [VERIFIED, `document: { ${SCANNER}, seal: demanded, match: [name] }`],
    ],
    ["a seal or a chip", [...SEAL, "alsoAccepts: [originalChip]", WITH_SCANNER]],
    [
      "a seal beside the chip, by the operator's word",
      [CHIP, "alsoAccepts: [documentSeal]", "sealOnly: acceptsCopiedSeals", WITH_SCANNER],
    ],
    [
      "a seal lane that demands the whole document in some hours",
      [...SEAL, "stepUp: [{ level: verifiedDocument, schedule: quiet-hours }]", WITH_SCANNER],
    ],
    ["a document and its seal", [VERIFIED, `document: { ${SCANNER}, seal: demanded }`]],
  ])("%s", (_what, lines) => {
    expect(problemsOf(withDoor(...lines))).toEqual([]);
  });
});

describe("each mistake", () => {
  const DOCUMENT = "doors[1].document";

  test.each<[string, readonly string[], string, string, string]>([
    [
      "a seal alone without the operator's word",
      ["level: documentSeal", WITH_SCANNER],
      "doors[1].sealOnly",
      "nothing",
      "add sealOnly",
    ],
    [
      "another word than the operator's",
      ["level: documentSeal", "sealOnly: yes", WITH_SCANNER],
      "doors[1].sealOnly",
      '"yes"',
      "correct the value",
    ],
    [
      "a seal beside a chip without the operator's word",
      [CHIP, "alsoAccepts: [documentSeal]", WITH_SCANNER],
      "doors[1].sealOnly",
      "nothing",
      "add sealOnly: acceptsCopiedSeals, or do not accept documentSeal",
    ],
    [
      "an acceptance of copied seals where none is taken alone",
      [VERIFIED, "sealOnly: acceptsCopiedSeals", `document: { ${SCANNER}, seal: demanded }`],
      "doors[1].sealOnly",
      '"acceptsCopiedSeals"',
      "remove it",
    ],
    [
      "an acceptance of copied seals where numbers are taken",
      [...NUMBER, "sealOnly: acceptsCopiedSeals"],
      "doors[1].sealOnly",
      "a key that is not known here",
      "remove it",
    ],
    [
      "seals and no section on documents",
      SEAL,
      DOCUMENT,
      "nothing",
      "add document, with the scanner that reads seals",
    ],
    [
      "seals alone and no scanner",
      [...SEAL, "document: {}"],
      `${DOCUMENT}.scanner`,
      "nothing",
      "add scanner",
    ],
    [
      "seals beside documents and no scanner",
      [VERIFIED, "document: { seal: demanded }"],
      `${DOCUMENT}.scanner`,
      "nothing",
      "add scanner",
    ],
    [
      "a seal demanded beside the chip where it passes alone",
      [...SEAL, `document: { ${SCANNER}, seal: demanded }`],
      `${DOCUMENT}.seal`,
      '"demanded"',
      "remove it, or do not take seals alone",
    ],
    [
      "a fiscal code to match by, which is in no seal",
      [...SEAL, `document: { ${SCANNER}, match: [fiscalCode] }`],
      `${DOCUMENT}.match`,
      "only fiscalCode",
      "add document, and list the holders by issuer and document_number, or do not take seals alone",
    ],
    [
      "a name to match by, with a seal that says no date of birth",
      [CHIP, "alsoAccepts: [documentSeal]", SEAL_ONLY, `document: { ${SCANNER}, match: [name, fiscalCode] }`],
      `${DOCUMENT}.match`,
      "only name and fiscalCode",
      "add document, and list the holders by issuer and document_number, or do not take seals alone",
    ],
    [
      "a word with a mistake in it, which may be the one that seals need",
      [...SEAL, `document: { ${SCANNER}, match: [name, documnt] }`],
      `${DOCUMENT}.match[1]`,
      '"documnt"',
      "correct the value",
    ],
    [
      "a seal both demanded and not",
      [VERIFIED, "document: { seal: sometimes }"],
      `${DOCUMENT}.seal`,
      '"sometimes"',
      "correct the value",
    ],
    [
      "a step-up to what can be copied",
      [...SEAL, "stepUp: [{ level: documentSeal }]", WITH_SCANNER],
      "doors[1].stepUp[0].level",
      '"documentSeal"',
      "correct the value",
    ],
  ])("%s", (_what, lines, path, found, remedy) => {
    expect(problemsOf(withDoor(...lines))).toMatchObject([{ severity: "error", path, found, remedy }]);
    expect(parseConfig(withDoor(...lines)).ok).toBe(false);
  });
});
