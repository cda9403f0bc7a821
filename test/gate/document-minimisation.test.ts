/**
 * What the chips of documents hear at a lane, its protection taken off: in every kind of document, at lanes of every kind, of
 * welcome and unwelcome holders, no file but those that the case needs, in an order in which each is opened only when those
 * before it gave no reason to stop; and never a photograph, fingerprints, or a command of the PIN. Privacy rules, 1 and 2.
 */
import { afterEach, describe, expect, test } from "vitest";
import { ARRIVALS } from "../../src/sim/arrivals.table.ts";
import { ARRIVAL_NAMES, type ArrivalName, arrival } from "../../src/sim/arrivals.ts";
import type { ContentFault } from "../../src/sim/emrtd/documents/content-faults.ts";
import type { HeardCommand } from "../../src/sim/emrtd/emrtd-application.ts";
import { examine } from "../emrtd/whole-document.ts";
import { excesses, filesIn, type Mishap, neededFiles, type Situation } from "./document-files.ts";
import { DocumentStage, type Ear, type StageOptions } from "./document-stage.ts";
import { enterFor } from "./document-torn.ts";

let stage: DocumentStage | undefined;
afterEach(() => {
  stage?.close();
  stage = undefined;
});

async function lane(match: Situation["match"], options: StageOptions = {}): Promise<DocumentStage> {
  const document = `match: [${match.join(", ")}], bac: withoutPace${options.document ?? ""}`;
  stage = await DocumentStage.open({ ...options, document });
  return stage;
}

const FAULTS: Readonly<Partial<Record<Mishap, ContentFault>>> = {
  expired: "documentExpired",
  forged: "tamperedDg1",
  copied: "copied",
  unknownSigner: "unknownAuthority",
};

/** Enters what stands on the document, and lays it down. */
async function present(at: DocumentStage, { who, mishap }: Pick<Situation, "who" | "mishap">): Promise<Ear> {
  const person = arrival(who, FAULTS[mishap]);
  const entered = mishap === "wrongPassword" ? { ...person, can: "000000" } : person;
  await enterFor(at, entered, person.can === undefined ? "zone" : "digits");
  const card = await at.present(person, 1_500);
  expect(card.made.emrtd?.tripwires, who).toBe(0);
  expect(card.made.emrtd?.unexpected, who).toEqual([]);
  return card;
}

const EXPIRED: ArrivalName = "elena";
const VALID = ARRIVAL_NAMES.filter((name) => name !== EXPIRED);
/** Nothing on it tells its chip from a copy. */
const proves = (who: ArrivalName): boolean => ARRIVALS[who].profile !== "passport-us";

describe("of welcome holders of every kind of document", () => {
  test.each<[Situation["match"], "spi" | "i2c"]>([
    [["document"], "spi"],
    [["document", "fiscalCode"], "i2c"],
  ])("listed for %s, at a reader on %s", { timeout: 60_000 }, async (match, bus) => {
    const here = await lane(match, { bus });
    for (const who of VALID) {
      here.admit(arrival(who));
      const situation: Situation = { who, match, mishap: "none" };
      const { heard } = await present(here, situation);
      expect(excesses(situation, heard), who).toEqual([]);
      expect(filesIn(heard), who).toEqual(expect.arrayContaining([...neededFiles(situation)]));
      expect(here.rows(), who).toEqual([
        proves(who) ? "access.granted" : "access.denied acs:SecurityLevelTooLow",
      ]);
    }
  });

  test("a lane that demands an authentic document alone", async () => {
    const here = await lane(["document"], { demands: "authenticDocument" });
    const situation: Situation = { who: "grace", match: ["document"], mishap: "none" };
    here.admit(arrival("grace"));
    const { heard } = await present(here, situation);
    expect(excesses(situation, heard)).toEqual([]);
    expect(here.rows()).toEqual(["access.granted"]);
  });

  test("a list of names is served by DG1", async () => {
    const here = await lane(["name"]);
    for (const who of ["chiara", "sanne"] as const) {
      here.admit(arrival(who), "name");
      const situation: Situation = { who, match: ["name"], mishap: "none" };
      const { heard } = await present(here, situation);
      expect(excesses(situation, heard), who).toEqual([]);
    }
    expect(here.rows()).toEqual(["access.granted", "access.granted"]);
  });

  test("a list of fiscal codes by DG11, and strangers are asked no more than others", async () => {
    const here = await lane(["fiscalCode"]);
    here.admit(arrival("chiara"), "cf");
    for (const who of ["chiara", "marco"] as const) {
      const situation: Situation = { who, match: ["fiscalCode"], mishap: "none" };
      const { heard } = await present(here, situation);
      expect(excesses(situation, heard), who).toEqual([]);
    }
    expect(here.rows()).toEqual(["access.granted", "access.denied CredentialNotFound"]);
  });
});

describe("of unwelcome holders, at a lane that would read DG11 too", () => {
  const match = ["document", "fiscalCode"] as const;

  test.each<[Mishap, string]>([
    ["wrongPassword", "access.denied InvalidPIN wrongPassword"],
    ["expired", "access.denied acs:DocumentExpired documentExpired"],
    ["deniedByDocument", "access.denied acs:DenyListed denyListed"],
    ["forged", "access.denied acs:DocumentAuthenticationFailed dataGroupChanged"],
    ["copied", "access.denied acs:ChipAuthenticationFailed chipRefuted"],
    ["unknownSigner", "access.denied acs:TrustAnchorMissing noTrustAnchor"],
  ])("%s", async (mishap, row) => {
    const here = await lane(match);
    for (const who of ["chiara", "sanne"] as const) {
      const typed = mishap === "wrongPassword" ? "chiara" : who;
      here.admit(arrival(typed));
      if (mishap === "deniedByDocument") here.deny(arrival(typed));
      const situation: Situation = { who: typed, match, mishap };
      const { heard } = await present(here, situation);
      expect(excesses(situation, heard), typed).toEqual([]);
      expect(here.rows().at(-1), typed).toBe(row);
    }
  });

  test("another country", async () => {
    const here = await lane(match, { document: ", countries: [ITA]" });
    const situation: Situation = { who: "sanne", match, mishap: "country" };
    here.admit(arrival("sanne"));
    const { heard } = await present(here, situation);
    expect(excesses(situation, heard)).toEqual([]);
    expect(here.rows()).toEqual(["access.denied Unauthorized country"]);
  });
});

describe("of a CIE with both its sides", () => {
  test("whoever enters his digits gives the number by which guesses are counted, and nothing else there", async () => {
    const here = await lane(["document"]);
    const { made } = await present(here, { who: "chiara", mishap: "none" });
    expect([...(made.cie?.filesRead ?? [])]).toHaveLength(1);
    expect(made.cie?.tripwires).toBe(0);
  });

  test("whose number is enough is asked for nothing else", async () => {
    const chiara = arrival("chiara");
    const here = await lane(["document"], {
      ...{ demands: "identifier", door: "stepUp: [{ level: verifiedDocument, groups: [staff] }]" },
    });
    here.gate.admit(chiara.holder.nis ?? "");
    const { heard, made } = await here.present(chiara);
    expect(here.rows()).toEqual(["access.granted"]);
    expect(filesIn(heard)).toEqual([]);
    expect([...(made.cie?.filesRead ?? [])]).toHaveLength(1);
  });

  test("who only taps is enrolled: its number, and of its document what proves it", async () => {
    const chiara = arrival("chiara");
    const here = await lane(["document"], {
      ...{ demands: "originalChip, enrolling", door: "stepUp: [{ level: verifiedDocument }]" },
    });
    await here.enrol(chiara);
    const { heard, made } = await here.present(chiara);
    expect(here.rows()).toEqual(["access.granted"]);
    expect(excesses({ who: "chiara", match: ["document"], mishap: "none" }, heard)).toEqual([]);
    expect([...(made.cie?.filesRead ?? [])]).toHaveLength(1);
    expect([made.cie?.tripwires, made.emrtd?.tripwires]).toEqual([0, 0]);
  });
});

describe("a lane that asks too much is found", () => {
  const holder: Situation = { who: "chiara", match: ["document"], mishap: "none" };

  test.each(["DG2", "DG11", "DG12"] as const)("by %s", async (needless) => {
    const heard: HeardCommand[] = [];
    const onCommand = (command: HeardCommand) => void heard.push(command);
    const { result } = await examine({ card: "emrtd", profile: "cie" }, { wanted: [needless], onCommand });
    expect(result.ok).toBe(true);
    expect(excesses(holder, heard)).toHaveLength(1);
    expect(excesses({ ...holder, match: ["fiscalCode"] }, heard)).toHaveLength(needless === "DG11" ? 0 : 1);
    for (const mishap of ["expired", "wrongPassword", "copied"] as const)
      expect(excesses({ ...holder, match: ["fiscalCode"], mishap }, heard), mishap).not.toEqual([]);
  });

  const at = (ins: number, p1: number, p2: number, data = "", file?: string): HeardCommand => ({
    ...{ cla: 0, ins, p1, p2, data: Uint8Array.from(Buffer.from(data, "hex")), file },
  });

  test.each([
    ["VERIFY", at(0x20, 0x00, 0x81)],
    ["CHANGE REFERENCE DATA", at(0x24, 0x00, 0x81)],
    ["RESET RETRY COUNTER", at(0x2c, 0x00, 0x81)],
    ["PACE by the PIN", at(0x22, 0xc1, 0xa4, "830103")],
    ["PACE by the PUK", at(0x22, 0xc1, 0xa4, "830104")],
    ["fingerprints", at(0xb0, 0x83, 0x00, "", "travel/0103")],
    ["irises", at(0xb0, 0x84, 0x00, "", "travel/0104")],
    ["the signature drawn by the holder", at(0xb0, 0x87, 0x00, "", "travel/0107")],
  ])("by %s", (_, command) => {
    expect(excesses(holder, [command])).toHaveLength(1);
  });

  test("by DG11 before the signature was seen", () => {
    const [dg1, dg11, sod] = ["travel/0101", "travel/010B", "travel/011D"].map((file) =>
      at(0xb0, 0, 0, "", file),
    );
    if (dg1 === undefined || dg11 === undefined || sod === undefined) throw new Error("three files");
    const asked: Situation = { ...holder, match: ["fiscalCode"] };
    expect(excesses(asked, [dg1, sod, dg11])).toEqual([]);
    expect(excesses(asked, [dg1, dg11, sod])).toHaveLength(1);
  });
});
