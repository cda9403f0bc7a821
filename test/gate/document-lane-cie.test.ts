/** Both sides of a CIE at a lane: its number finds what was enrolled, its document proves it, in one presentation. */
import { afterEach, describe, expect, test } from "vitest";
import { pseudonym } from "../../src/crypto/pseudonym.ts";
import { seal } from "../../src/crypto/sealed.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { ChipPinRows } from "../../src/journal/chip-pin-rows.ts";
import { parseCertificate } from "../../src/pki/certificate.ts";
import { anchorRecord, TrustAnchors } from "../../src/pki/trust-anchors.ts";
import type { CardSpec } from "../../src/sim/cards/make-card.ts";
import { contentOf } from "../../src/sim/emrtd/documents/content-of.ts";
import { PERSONS } from "../../src/sim/emrtd/documents/holders.table.ts";
import type { EmrtdSpec } from "../../src/sim/emrtd/emrtd-spec.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { documentTrust } from "../../src/sim/pki/document-trust.ts";
import { good } from "../good.ts";
import { DOORS } from "../world/virtual-gate.ts";
import { hold, KEYPAD, type Lane, laneOf, leave, node, open } from "./one-lane.ts";

afterEach(leave);

const { anna } = PERSONS;
const cnie: EmrtdSpec = { card: "emrtd", profile: "cnie" };

const wrongTries = ({ gate }: Lane): unknown =>
  gate.database.connection.prepare("SELECT count(*) FROM password_try").pluck().get();

describe("a CIE with both its sides", () => {
  const NIS = "123456789012";
  const can = contentOf("cie").can ?? "";
  const cie = (document: { readonly fault?: "copied" } = {}): CardSpec => ({
    ...{ card: "cie", family: "gemalto", nis: NIS, key: 0, document },
  });
  const both = () => {
    const signers = ([1, 2] as const).map(
      (generation) => authority("self-made").countrySigner(generation).certificate,
    );
    return new TrustAnchors({
      anchors: [...documentTrust().certificates, ...signers].map((der) =>
        anchorRecord(good(parseCertificate(der))),
      ),
      revocationLists: [],
      crl: "warn",
      testAnchors: "refuse",
    });
  };

  async function atDoor(
    demands: "verifiedDocument" | "originalChip, enrolling",
    before = "",
  ): Promise<Lane & { readonly relayLine: number }> {
    const wiring = DOORS[0];
    if (wiring === undefined) throw new Error("no door");
    const trusted = both();
    const door = { ...wiring, demands, more: `${before}document: { ${KEYPAD} }` };
    const gate = await open({ seed: 1, doors: [door], anchors: () => trusted });
    await gate.pass(1_000);
    return { ...laneOf(gate, wiring.relayLine), relayLine: wiring.relayLine };
  }

  /** The chip is pinned in a first presentation, which lacks the digits; then they are kept, and the document, as at a desk. */
  async function enrolled(document: string): Promise<Lane> {
    const { gate, relayLine } = await atDoor(
      "originalChip, enrolling",
      "stepUp: [{ level: verifiedDocument }]\n    ",
    );
    gate.admit(NIS);
    await gate.pass(1_000);
    gate.board.place(node(gate), cie());
    await gate.pass(30_000);
    gate.board.remove(node(gate));
    await gate.pass(12_000);
    const who = pseudonym(gate.scopeKey, "nis", new TextEncoder().encode(NIS));
    const sealing = { siteKey: gate.siteKey, purpose: "cardAccessNumber", pseudonym: who } as const;
    new ChipPinRows(gate.database.connection).keepDocument(who, {
      sealedCan: seal(new TextEncoder().encode(can), sealing, systemRandom),
      document: pseudonym(gate.scopeKey, "doc", new TextEncoder().encode(document)),
    });
    return laneOf(gate, relayLine);
  }

  const holdCie = async ({ gate }: Lane, spec: CardSpec): Promise<void> => {
    gate.board.place(node(gate), spec);
    await gate.pass(9_000);
    gate.board.remove(node(gate));
    await gate.pass(12_000);
  };

  test("whoever is enrolled only taps, and proves number, chip and document at once", async () => {
    const here = await enrolled(`ITA${anna.documentNumber}`);
    await holdCie(here, cie());
    expect(here.rows()).toEqual(["access.granted"]);
    expect(here.gate.events().at(-1)?.data["proofs"]).toEqual([
      ...["nisRead", "chipKey", "cardAccess", "documentSignature", "documentChip"],
    ]);
    expect(here.openings()).toBe(1);
  });

  test("the enrolled number with another document is refused, with an alarm", async () => {
    const here = await enrolled("ITAXX99999XX");
    await holdCie(here, cie());
    expect(here.rows()).toEqual([
      "security.cloneSuspected otherDocument",
      "access.denied acs:ChipAuthenticationFailed otherDocument",
    ]);
    expect(here.openings()).toBe(0);
  });

  test("a number that nobody proved does not forget the guesses at it, whatever document lies beside it", async () => {
    const here = await atDoor("verifiedDocument");
    const { gate } = here;
    for (const typed of ["000000", "000001", "000002", "000003", can, "000004", can]) {
      gate.board.place(node(gate), cie());
      await gate.pass(1_500);
      gate.type(`${typed}\r`);
      await gate.pass(8_000);
      gate.board.remove(node(gate));
      await gate.pass(12_000);
    }
    expect(here.rows()).toEqual([
      ...Array.from({ length: 4 }, () => "access.denied InvalidPIN wrongPassword"),
      "access.denied CredentialNotFound",
      "access.denied InvalidPIN wrongPassword",
      "access.denied acs:Blocked passwordTries",
    ]);
  });

  test("a copy of its document side is refused", async () => {
    const here = await enrolled(`ITA${anna.documentNumber}`);
    await holdCie(here, cie({ fault: "copied" }));
    expect(here.rows().at(-1)).toBe("access.denied acs:ChipAuthenticationFailed chipRefuted");
    expect(here.openings()).toBe(0);
  });

  const ANNAS_CIE = `ITA${anna.documentNumber}`;

  test.each([
    ["his own", can],
    ["somebody else's, left in the pad", "000000"],
  ])("an enrolled holder passes although digits were typed: %s", async (_whose, typed) => {
    const here = await enrolled(ANNAS_CIE);
    here.gate.type(`${typed}\r`);
    await here.gate.pass(1_000);
    await holdCie(here, cie());
    await hold(here, cnie, { forMs: 1_500 });
    expect(here.rows()[0]).toBe("access.granted");
    expect(here.openings()).toBe(1);
    expect(wrongTries(here)).toBe(0);
  });

  test("digits left in the pad are gone once a card has passed that needed none", async () => {
    const here = await atDoor("verifiedDocument", "alsoAccepts: [originalChip]\n    ");
    const { gate } = here;
    gate.admit(NIS, { enabled: false });
    gate.deny(NIS);
    gate.type("000000\r");
    await hold(here, cie(), { forMs: 1_500 });
    await hold(here, cnie, { forMs: 1_500 });
    expect(here.rows()[0]).toBe("access.denied acs:DenyListed");
    expect(here.rows()).not.toContain("access.denied InvalidPIN wrongPassword");
    expect(wrongTries(here)).toBe(0);
  });

  test("who is denied by his number does not pass by his document", async () => {
    const here = await enrolled(ANNAS_CIE);
    here.gate.deny(NIS);
    here.gate.admitAs("doc", ANNAS_CIE);
    await here.gate.pass(1_000);
    here.gate.type(`${can}\r`);
    await holdCie(here, cie());
    expect(here.rows()).toEqual(["access.denied acs:DenyListed"]);
  });

  test("one entry that is over takes nothing from another that is not", async () => {
    const here = await enrolled(ANNAS_CIE);
    here.gate.admit(NIS, { enabled: false });
    here.gate.admitAs("doc", ANNAS_CIE);
    await here.gate.pass(1_000);
    await holdCie(here, cie());
    expect(here.rows()).toEqual(["access.granted"]);
    expect(here.gate.events().at(-1)?.data["match"]).toBe("document");
  });

  test("a lane that is closed to guessers lets those pass who only tap", async () => {
    const here = await enrolled(ANNAS_CIE);
    for (let guess = 0; guess < 10; guess++) {
      here.gate.type(`00000${guess}\r`);
      await hold(here, cnie, { forMs: 3_000 });
    }
    here.gate.type("000010\r");
    await hold(here, cnie, { forMs: 3_000 });
    expect(here.rows().at(-1)).toBe("access.denied acs:Blocked passwordTries");
    await holdCie(here, cie());
    expect(here.rows().at(-1)).toBe("access.granted");
  });

  test.each(["laid first", "typed first"])(
    "on the list by its document alone it passes an enrolling door, %s",
    async (order) => {
      const here = await atDoor("originalChip, enrolling", "alsoAccepts: [verifiedDocument]\n    ");
      const { gate } = here;
      gate.admitAs("doc", ANNAS_CIE);
      await gate.pass(1_000);
      if (order === "typed first") gate.type(`${can}\r`);
      await hold(here, cie(), {
        forMs: 4_000,
        meanwhile: async () => {
          await gate.pass(3_000);
          if (order === "laid first") gate.type(`${can}\r`);
        },
      });
      expect(here.rows()).toEqual(["access.granted"]);
    },
  );

  test("wrong digits count for the number, typed before the card or after it", async () => {
    const here = await atDoor("verifiedDocument");
    const { gate } = here;
    for (let guess = 0; guess < 6; guess++) {
      gate.type(`00000${guess}\r`);
      await holdCie(here, cie());
    }
    expect(here.rows().filter((row) => row === "access.denied InvalidPIN wrongPassword")).toHaveLength(5);
    expect(here.rows().at(-1)).toBe("access.denied acs:Blocked passwordTries");
  });
});
