// The demo's day as data, and how it is judged: every scene can be played, and no witness may say otherwise than the story.
import { describe, expect, test } from "vitest";
import type { SeenEvent } from "../../src/app/demo/back-end.ts";
import { tellBicyclePark } from "../../src/app/demo/bicycle-park.ts";
import { isAsExpected, isClean, type Summary, witness } from "../../src/app/demo/judgement.ts";
import { describeOutcome, describeSummary, HEADING } from "../../src/app/demo/narrator.ts";
import type { Outcome } from "../../src/app/demo/performance.ts";
import { SEASON_TICKET, TICKETS, tellStadium, VISITORS } from "../../src/app/demo/stadium.ts";
import { tellStory } from "../../src/app/demo/story.ts";
import { documentPasswords } from "../../src/gate/entered-password.ts";
import { SEAL_REARM_MS } from "../../src/gate/lane.ts";
import { type CardSpec, parseCardSpec } from "../../src/sim/cards/make-card.ts";
import { good } from "../good.ts";

/** How a seal of version 04 begins. */
const SEAL_MARK = "DC04";
const isFrench = (card: CardSpec): boolean => card.card === "emrtd" && card.profile === "cnie";

const SCENES = [...tellStory(1).scenes, ...tellStadium()];

describe("the story", () => {
  test("has every card cross the socket to the board as it is", () => {
    for (const { card } of [...SCENES, { card: SEASON_TICKET.card }])
      expect(parseCardSpec(JSON.parse(JSON.stringify(card)))).toEqual({ ok: true, value: card });
  });

  test("has people enter what opens a document", () => {
    const entries = SCENES.flatMap(({ entry }) => entry ?? []);
    const kinds = entries.map(({ at, lines }) => {
      const [{ password }] = good(documentPasswords(new TextEncoder().encode(lines.join("\n"))));
      return [at, password.reference];
    });
    expect(new Set(kinds.map(String))).toEqual(new Set(["keypad,CAN", "scanner,MRZ"]));
  });

  test("has whoever types the digits of a French identity card show a seal, and nobody else", () => {
    const seals = SCENES.filter(({ entry }) => entry !== undefined).map(({ card, entry }) => [
      isFrench(card),
      entry?.seal?.slice(0, SEAL_MARK.length),
    ]);
    expect(new Set(seals.map(String))).toEqual(new Set([`true,${SEAL_MARK}`, "false,"]));
  });

  test("has one seal of another card and one forged one, and nobody else is refused for his seal", () => {
    const refused = SCENES.filter(({ expected }) => /^denied .* seal/.test(expected));
    expect(refused.map(({ expected }) => expected.split(" ")[2])).toEqual([
      "sealNumberDiffers",
      "sealSignatureInvalid",
    ]);
    const taken = SCENES.filter(({ expected }) => expected.endsWith(" + seal")).map(
      ({ entry }) => entry?.seal,
    );
    const [others, forged] = refused.map(({ entry }) => entry?.seal);
    expect(taken).toContain(others);
    expect(taken).not.toContain(forged);
  });

  test("has one at the stadium lane who is on no list, and one whose card is enrolled", () => {
    const listed = TICKETS.map(({ documentNumber }) => documentNumber);
    const others = VISITORS.filter(({ holder }) => !listed.includes(holder.documentNumber));
    expect(others).toHaveLength(2);
    expect(others.map(({ spec }) => spec)).toContainEqual(SEASON_TICKET.card);
  });

  test("has nobody at the bicycle park show a card, and each who is refused show a seal that opens nowhere", () => {
    const shown = tellBicyclePark().map(({ seal, expected }) => [seal, expected.split(" ")[0]] as const);
    const sealsOf = (outcome: string) => shown.flatMap(([seal, of]) => (of === outcome ? seal : []));
    const opening = new Set(sealsOf("granted"));
    expect(shown.every(([seal]) => seal.startsWith(SEAL_MARK))).toBe(true);
    expect(opening.size).toBe(2);
    expect(sealsOf("denied").filter((seal) => opening.has(seal))).toEqual([]);
  });

  test("has a photograph of the first seal open there, too, once it counts as shown anew", () => {
    const [first, ...others] = tellBicyclePark();
    const again = others.filter(({ seal }) => seal === first?.seal);
    expect(again.map(({ expected }) => expected)).toEqual([first?.expected]);
    expect(first?.expected).toBe("granted documentSeal");
    expect(again.every(({ pauseMs }) => pauseMs > SEAL_REARM_MS)).toBe(true);
  });
});

const OUTCOME: Outcome = {
  ...{ title: "stadium: CNIe", door: "lane-3", number: 1, shown: "granted" },
  ...{ expected: "granted verifiedDocument", latencyMs: 1_400 },
};
const decision = (type: string, data: SeenEvent["data"]): SeenEvent => ({
  ...{ journal: "j", seq: 1, type: `acs.access.${type}`, data },
});
const GRANTED = decision("granted", { level: "verifiedDocument", rule: "doors/lane-3/groups/guests" });
const SEALED = decision("granted", {
  ...GRANTED.data,
  proofs: ["documentSignature", "documentChip", "seal"],
});
const UNSEALED = decision("granted", { ...GRANTED.data, proofs: ["documentSignature", "documentChip"] });
const SEAL_ALONE = decision("granted", {
  ...{ level: "documentSeal", rule: "doors/lane-4/groups/guests", proofs: ["seal"] },
});
const FORGED: Partial<Outcome> = {
  expected: "denied acs:DocumentAuthenticationFailed sealSignatureInvalid",
  shown: "denied",
};
const denial = (detail: string): SeenEvent =>
  decision("denied", { reason: "acs:DocumentAuthenticationFailed", detail });

describe("the judgement", () => {
  const judged = (outcome: Partial<Outcome>, event: SeenEvent | undefined) =>
    isAsExpected({ ...OUTCOME, ...outcome }, { decisionAt: () => event });

  test.each<[string, Partial<Outcome>, SeenEvent | undefined, boolean]>([
    ["both witnesses agree", {}, GRANTED, true],
    ["what the back end keeps no longer is not judged again", {}, undefined, true],
    [
      "whoever passes may have proven more, where the story does not say",
      { expected: "granted" },
      GRANTED,
      true,
    ],
    ["a lower level", {}, decision("granted", { level: "identifier" }), false],
    ["the seal that was expected", { expected: "granted verifiedDocument + seal" }, SEALED, true],
    ["a seal that nobody expected", {}, SEALED, true],
    ["no seal where one was expected", { expected: "granted verifiedDocument + seal" }, GRANTED, false],
    ["another proof in its place", { expected: "granted verifiedDocument + seal" }, UNSEALED, false],
    ["the level of a seal alone", { expected: "granted documentSeal" }, SEAL_ALONE, true],
    ["a seal alone where a chip was expected beside it", {}, SEAL_ALONE, false],
    ["the detail that was expected", FORGED, denial("sealSignatureInvalid"), true],
    ["another detail", FORGED, denial("sealNumberDiffers"), false],
    ["another answer of the back end", {}, decision("denied", { reason: "InvalidPIN" }), false],
    [
      "another reason",
      { expected: "denied InvalidPIN", shown: "denied" },
      decision("denied", { reason: "Other" }),
      false,
    ],
    ["another answer of the pins", { shown: "denied" }, GRANTED, false],
    ["no answer", { shown: "nothing" }, GRANTED, false],
  ])("%s", (_what, outcome, event, expected) => {
    expect(judged(outcome, event)).toBe(expected);
  });

  const RECORDS = {
    unhandled: [],
    unexpected: [],
    tripwires: 0,
    filesRead: ["cie/1001", "master/011C", "travel/0101"],
  };
  const SUMMARY: Summary = {
    ...{ outcomes: [OUTCOME], unexpected: [], decisions: [GRANTED], events: 1, missing: 0, sentAgain: 0 },
    ...{ leftLying: 0, notGenuine: 0, lateP99Ms: 0.1, board: witness(RECORDS) },
  };

  test.each<[string, Partial<Summary>, boolean]>([
    ["a day as it should be", {}, true],
    ["a decision that never came", { missing: 1 }, false],
    ["a presentation that went otherwise", { unexpected: [OUTCOME] }, false],
    ["a photograph that was read", { board: witness({ ...RECORDS, filesRead: ["travel/0102"] }) }, false],
    ["a command that no gate may send", { board: witness({ ...RECORDS, tripwires: 1 }) }, false],
  ])("%s", (_what, change, clean) => {
    expect(isClean({ ...SUMMARY, ...change })).toBe(clean);
  });

  test("is told", () => {
    const lines = describeSummary({ ...SUMMARY, unexpected: [OUTCOME] });
    expect(lines).toContain("as expected: 0 of 1");
    expect(lines).toContain("  NOT as expected: stadium: CNIe: granted, not granted verifiedDocument");
    expect(lines.at(-1)).toBe("travel documents gave out CardAccess, DG1; 0 commands that no gate may send");
  });
});

test("a presentation is told on one line below its heading, with what was expected of it", () => {
  const [line = ""] = describeOutcome({ ...OUTCOME, event: GRANTED }, false);
  const heading = HEADING.at(-1) ?? "";
  expect(line).toMatch(
    /^stadium: CNIe +granted +granted +verifiedDocument, doors\/lane-3\/groups\/guests +1400\.0 ms$/,
  );
  expect(line.indexOf("verifiedDocument")).toBe(heading.indexOf("why"));
});

test("a seal among the proofs is told beside the level", () => {
  const [line] = describeOutcome({ ...OUTCOME, event: SEALED }, false);
  expect(line).toContain(" verifiedDocument + seal, doors/lane-3/groups/guests ");
});

test("a seal alone is told by its level, which says so", () => {
  const [line] = describeOutcome({ ...OUTCOME, event: SEAL_ALONE }, false);
  expect(line).toContain(" documentSeal, doors/lane-4/groups/guests ");
});
