/**
 * A door that goes by a seal alone, by its operator's word: who passes without any card, who does not, and that neither a seal in
 * view of the scanner, nor a flood of them, nor one that comes while a card is read, does more than one presentation may.
 */
import { afterEach, describe, expect, test } from "vitest";
import { SEAL_REARM_MS, UNSEEN_REARM_MS } from "../../src/gate/lane.ts";
import { SEAL_PACE_MS } from "../../src/gate/seal-alone.ts";
import type { Log, LogFields } from "../../src/ports/log.ts";
import { ARRIVALS } from "../../src/sim/arrivals.table.ts";
import { arrival } from "../../src/sim/arrivals.ts";
import { documentSeal, type SealFault } from "../../src/sim/seal/document-seal.ts";
import { identifiersOf } from "./document-stage.ts";
import { type Lane, leave, node } from "./one-lane.ts";
import {
  ANNAS_CARD,
  anna,
  annasSeal,
  cnie,
  lastRow,
  lay,
  PERSONAL,
  type SealLaneOptions,
  sealLane,
  show,
  takeAway,
  typeCan,
} from "./seal-stage.ts";

afterEach(leave);

const door = (options: Partial<SealLaneOptions> = {}): Promise<Lane> =>
  sealLane({ demands: "documentSeal", ...options });

const GRANTED = "access.granted";
const STRANGER = "access.denied CredentialNotFound";
const lucas = arrival("lucas");
const LUCAS_CARD = `FRA${lucas.holder.documentNumber}`;
const lucasSeal = documentSeal(ARRIVALS.lucas);
const numbered = (documentNumber: string): string => documentSeal({ ...anna, documentNumber });
const ANNA_BY_NAME = {
  ...lucas.holder,
  ...{ familyNames: "SPECIMEN", givenNames: "ANNA MARIA", birth: "1985-07-12" },
};
const DECIDING_MS = 1_500;

async function shown(here: Lane, seal: string, waitMs = DECIDING_MS): Promise<readonly string[]> {
  show(here, seal);
  await here.gate.pass(waitMs);
  return here.rows();
}

describe("a seal of somebody on the list", () => {
  test("opens without any card: one durable row that names level and proof, and nothing of the person", async () => {
    const here = await door();
    expect(await shown(here, annasSeal())).toEqual([GRANTED]);
    expect(here.openings()).toBe(1);
    const row = lastRow(here);
    expect(row?.data).toMatchObject({
      ...{ level: "documentSeal", proofs: ["seal"], demands: ["documentSeal"] },
      ...{ match: "document", rule: "doors/lane-1/groups/members", dated: true },
    });
    expect(row?.personal).toBeDefined();
    const told = JSON.stringify(here.gate.events().map(({ data }) => data));
    for (const fact of PERSONAL) expect(told).not.toContain(fact);
  });

  test("leaves nothing of the person in a log at the level of traces", async () => {
    const lines: string[] = [];
    const line = (event: string, fields?: LogFields) => void lines.push(JSON.stringify({ event, ...fields }));
    const log: Log = { trace: line, debug: line, info: line, warn: line, error: line };
    const here = await door({ log });
    await shown(here, annasSeal());
    await shown(here, annasSeal({ fault: "tampered" }));
    await shown(here, annasSeal().slice(0, 60));
    expect(lines.join("\n")).toContain("sealShown");
    for (const fact of PERSONAL) expect(lines.join("\n")).not.toContain(fact);
  });

  test("counts by name where the door looks for names and the seal says when he was born", async () => {
    const { birth } = ANNA_BY_NAME;
    const here = await door({ document: "match: [document, name]", admitted: [] });
    for (const key of identifiersOf(ANNA_BY_NAME, "name")) here.gate.admitAs("name", key);
    await here.gate.pass(1_000);
    expect(await shown(here, annasSeal())).toEqual([STRANGER]);
    expect(await shown(here, annasSeal({ birth }))).toEqual([STRANGER, GRANTED]);
    expect(lastRow(here)?.data["match"]).toBe("name");
  });

  test("suffices beside the chip of a card where the operator says so", async () => {
    const here = await sealLane({
      demands: "originalChip",
      more: "\n    alsoAccepts: [documentSeal]\n    sealOnly: acceptsCopiedSeals",
    });
    expect(await shown(here, annasSeal())).toEqual([GRANTED]);
    expect(lastRow(here)?.data["demands"]).toEqual(["originalChip", "documentSeal"]);
  });

  test("is too little where a step-up demands the document", async () => {
    const here = await door({ more: "\n    stepUp: [{ level: verifiedDocument, groups: [members] }]" });
    expect(await shown(here, annasSeal())).toEqual(["access.denied acs:SecurityLevelTooLow"]);
    expect(lastRow(here)?.data).toMatchObject({ rule: "doors/lane-1/stepUp/0", proofs: ["seal"] });
  });

  test("has dates: by a clock that nobody trusts it opens nothing, where the gate is told so", async () => {
    const here = await door({ more: "\nunsyncedClock: deny", clock: "unsynced" });
    expect(await shown(here, annasSeal())).toEqual(["access.denied acs:ClockUntrusted"]);
    expect(here.openings()).toBe(0);
  });
});

describe("nobody passes", () => {
  test("who is on no list, and no pseudonym of him is kept", async () => {
    const here = await door({ admitted: [] });
    expect(await shown(here, annasSeal())).toEqual([STRANGER]);
    expect([here.openings(), lastRow(here)?.personal]).toEqual([0, undefined]);
  });

  test("who is on the deny list, also by what the door does not look for", async () => {
    const here = await door({ document: "match: [document]" });
    for (const key of identifiersOf(ANNA_BY_NAME, "name")) here.gate.denyAs("name", key);
    await here.gate.pass(1_000);
    expect(await shown(here, annasSeal({ birth: ANNA_BY_NAME.birth }))).toEqual([
      "access.denied acs:DenyListed",
    ]);
    expect(lastRow(here)?.data["match"]).toBe("name");
  });

  test("from a country whose documents are not taken", async () => {
    const here = await door({ document: "countries: [ITA]" });
    expect(await shown(here, annasSeal())).toEqual(["access.denied Unauthorized country"]);
  });

  test("by the seal of a document that says it has run out", async () => {
    const here = await door();
    expect(await shown(here, annasSeal({ validUntil: "2026-11-21" }))).toEqual([
      "access.denied acs:DocumentExpired documentExpired",
    ]);
    expect(await shown(here, annasSeal({ validUntil: "2026-11-22" }))).toHaveLength(2);
    expect(here.openings()).toBe(1);
  });

  test.each<[SealFault, readonly string[]]>([
    [
      "tampered",
      [
        "security.cardNotGenuine sealSignatureInvalid",
        "access.denied acs:DocumentAuthenticationFailed sealSignatureInvalid",
      ],
    ],
    [
      "wrongKey",
      [
        "security.cardNotGenuine sealSignatureInvalid",
        "access.denied acs:DocumentAuthenticationFailed sealSignatureInvalid",
      ],
    ],
    [
      "testAuthority",
      ["security.signerUnknown sealTestAuthority", "access.denied acs:TrustAnchorMissing sealTestAuthority"],
    ],
    [
      "expiredSigner",
      ["security.signerUnknown sealSignerExpired", "access.denied acs:TrustAnchorMissing sealSignerExpired"],
    ],
    ["cutOff", ["access.denied acs:DocumentAuthenticationFailed sealMalformed"]],
    ["otherType", ["access.denied Other sealOtherKind"]],
  ])("by one that is %s, and the red lamp says so", async (fault, rows) => {
    const here = await door();
    show(here, annasSeal({ fault }));
    await here.gate.pass(600);
    const red = here.gate.config.doors[0]?.red?.line ?? -1;
    expect(here.gate.board.pins.level(red)).toBe("high");
    expect([here.rows(), here.openings(), lastRow(here)?.personal]).toEqual([rows, 0, undefined]);
    expect(lastRow(here)?.data).toMatchObject({ rule: "seal", proofs: [] });
  });
});

describe("one presentation is one decision", () => {
  test("for a seal that stays in view of a scanner that reads it again and again", async () => {
    const here = await door();
    for (let sight = 0; sight < 30; sight++) await shown(here, annasSeal(), 700);
    expect([here.rows(), here.openings()]).toEqual([[GRANTED], 1]);
    await here.gate.pass(SEAL_REARM_MS);
    await shown(here, annasSeal());
    expect([here.rows(), here.openings()]).toEqual([[GRANTED, GRANTED], 2]);
  });

  test("for a refused one, too", async () => {
    const here = await door({ admitted: [] });
    for (let sight = 0; sight < 30; sight++) await shown(here, annasSeal(), 700);
    for (let sight = 0; sight < 30; sight++) await shown(here, annasSeal({ fault: "cutOff" }), 700);
    expect(here.rows()).toEqual([STRANGER, "access.denied acs:DocumentAuthenticationFailed sealMalformed"]);
  });

  test("a restart between two sights makes no second one", async () => {
    const here = await door();
    await shown(here, annasSeal());
    here.gate.kill();
    await here.gate.start();
    await here.gate.pass(500);
    await shown(here, annasSeal());
    expect([here.rows(), here.openings()]).toEqual([[GRANTED], 1]);
    await here.gate.pass(UNSEEN_REARM_MS);
    await shown(here, annasSeal());
    expect([here.rows(), here.openings()]).toEqual([[GRANTED, GRANTED], 2]);
  });

  test("two holders one after the other are two", async () => {
    const here = await door({ admitted: [ANNAS_CARD, LUCAS_CARD] });
    await shown(here, annasSeal());
    await shown(here, lucasSeal);
    expect([here.rows(), here.openings()]).toEqual([[GRANTED, GRANTED], 2]);
  });

  test("a flood of seals, each another's, is decided on at a walking pace", async () => {
    const here = await door();
    const seals = Array.from({ length: 60 }, (_, index) => numbered(`CA000${1_000 + index}`));
    const beganMs = here.gate.timeline.nowUs() / 1_000;
    for (const seal of seals) await shown(here, seal, 220);
    const tookMs = here.gate.timeline.nowUs() / 1_000 - beganMs;
    const rows = here.rows().length;
    expect(rows).toBeGreaterThan(5);
    expect(rows).toBeLessThanOrEqual(1 + tookMs / SEAL_PACE_MS);
    await here.gate.pass(2_000);
    expect((await shown(here, annasSeal())).at(-1)).toBe(GRANTED);
  });
});

describe("a card at the same time", () => {
  test("is read undisturbed, and the seal of somebody else is decided on when it has left", async () => {
    const here = await door({ admitted: [ANNAS_CARD, LUCAS_CARD] });
    typeCan(here);
    lay(here);
    await here.gate.pass(600);
    show(here, lucasSeal);
    await here.gate.pass(3_000);
    expect([here.rows(), lastRow(here)?.data["level"]]).toEqual([[GRANTED], "verifiedDocument"]);
    takeAway(here);
    await here.gate.pass(1_000);
    expect([here.rows(), lastRow(here)?.data["level"]]).toEqual([[GRANTED, GRANTED], "documentSeal"]);
  });

  test("that slips away is looked for undisturbed, before the seal is decided on", async () => {
    const here = await door({ admitted: [ANNAS_CARD, LUCAS_CARD] });
    typeCan(here);
    lay(here);
    await here.gate.pass(500);
    show(here, lucasSeal);
    await here.gate.pass(300);
    takeAway(here);
    await here.gate.pass(2_000);
    expect([here.rows(), here.openings()]).toEqual([
      ["access.denied acs:ReadIncomplete tries:1", GRANTED],
      1,
    ]);
  });

  test("of the same holder as the seal that is shown meanwhile: one grant", async () => {
    const here = await door();
    typeCan(here);
    lay(here);
    await here.gate.pass(600);
    show(here, annasSeal());
    await here.gate.pass(3_000);
    takeAway(here);
    await here.gate.pass(8_000);
    expect([here.rows(), here.openings()]).toEqual([[GRANTED], 1]);
  });

  test("that is laid down right after its seal has opened: one grant", async () => {
    const here = await door();
    await shown(here, annasSeal());
    typeCan(here);
    lay(here);
    await here.gate.pass(3_000);
    takeAway(here);
    await here.gate.pass(1_000);
    expect([here.rows(), here.openings()]).toEqual([[GRANTED], 1]);
  });

  test("that waits for its digits, may be answered for by its seal", async () => {
    const here = await door();
    lay(here);
    await here.gate.pass(3_000);
    expect(await shown(here, annasSeal())).toEqual([GRANTED]);
    expect([here.openings(), lastRow(here)?.data["proofs"]]).toEqual([1, ["seal"]]);
    takeAway(here);
    await here.gate.pass(1_000);
    expect(here.rows()).toEqual([GRANTED]);
  });

  test("that waits for its digits, may be taken away to show its seal: one grant, and no row of a reading that broke off", async () => {
    const here = await door();
    lay(here);
    await here.gate.pass(3_000);
    takeAway(here);
    await here.gate.pass(1_500);
    expect(here.rows()).toEqual([]);
    expect(await shown(here, annasSeal())).toEqual([GRANTED]);
    expect(here.openings()).toBe(1);
  });

  test("that its seal answered for, leaves, and the scanner still sees the seal: one grant", async () => {
    const here = await door();
    lay(here);
    await here.gate.pass(3_000);
    await shown(here, annasSeal());
    takeAway(here);
    await here.gate.pass(500);
    for (let sight = 0; sight < 5; sight++) await shown(here, annasSeal(), 2_000);
    expect([here.rows(), here.openings()]).toEqual([[GRANTED], 1]);
    await here.gate.pass(SEAL_REARM_MS);
    expect(await shown(here, annasSeal())).toEqual([GRANTED, GRANTED]);
  });

  test("that its seal was refused for, too: one refusal", async () => {
    const here = await door({ admitted: [] });
    lay(here);
    await here.gate.pass(3_000);
    await shown(here, annasSeal({ fault: "cutOff" }));
    takeAway(here);
    await here.gate.pass(500);
    for (let sight = 0; sight < 5; sight++) await shown(here, annasSeal({ fault: "cutOff" }), 2_000);
    expect(here.rows()).toHaveLength(1);
  });

  test("proves as much as a seal and more: whoever types passes, too", async () => {
    const here = await door();
    lay(here, cnie);
    await here.gate.pass(2_000);
    typeCan(here);
    await here.gate.pass(4_000);
    expect([here.rows(), lastRow(here)?.data["level"]]).toEqual([[GRANTED], "verifiedDocument"]);
  });

  test("that nobody takes away holds up a seal as it holds up cards, and one too old is nobody's", async () => {
    const here = await door();
    here.gate.board.place(node(here.gate), { card: "phone" });
    await here.gate.pass(1_000);
    await shown(here, annasSeal(), 11_000);
    takeAway(here);
    await here.gate.pass(2_000);
    expect([here.rows().filter((row) => row.startsWith("access")), here.openings()]).toEqual([
      ["access.denied Other notAnIdentityCard:unknown"],
      0,
    ]);
  });
});
