/**
 * The lane that takes travel documents, through the whole line in virtual time: password typed before or after, by CAN and by
 * zone, honest documents of every kind, forgeries, copies, strangers and mistakes, at readers on SPI and on I2C.
 */
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
import type { ProfileName } from "../../src/sim/emrtd/documents/profiles.table.ts";
import type { EmrtdSpec } from "../../src/sim/emrtd/emrtd-spec.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { documentTrust } from "../../src/sim/pki/document-trust.ts";
import { sharedAnchors } from "../emrtd/whole-document.ts";
import { good } from "../good.ts";
import { DOORS, KEYPAD_NODE, VirtualGate } from "../world/virtual-gate.ts";

let world: VirtualGate | undefined;
afterEach(() => {
  world?.kill();
  world?.remove();
  world = undefined;
});

const KEYPAD = `keypad: { serial: { node: ${KEYPAD_NODE}, baud: 9600 } }`;
const { anna, max } = PERSONS;
const ANNAS_CARD = `FRA${anna.documentNumber}`;
/** What every passage shows before its outcome is known here: nothing of the person. */
const PERSONAL = [anna.documentNumber, anna.can, anna.familyNames, "ANNA", anna.birth];

interface Lane {
  readonly gate: VirtualGate;
  /** Rows of what happened meanwhile: type and reason. */
  readonly rows: () => readonly string[];
  readonly openings: () => number;
}

async function lane(
  bus: "spi" | "i2c",
  {
    demands = "verifiedDocument" as "verifiedDocument" | "authenticDocument",
    more = "match: [document]",
    admitted = [ANNAS_CARD] as readonly string[],
  } = {},
): Promise<Lane> {
  const wiring = DOORS.find(({ reader }) => reader.bus === bus);
  if (wiring === undefined) throw new Error(`no door on ${bus}`);
  const door = { ...wiring, demands, more: `document: { ${KEYPAD}, ${more} }` };
  const gate = new VirtualGate({ seed: 1, doors: [door], anchors: () => sharedAnchors() });
  world = gate;
  await gate.start();
  for (const document of admitted) gate.admitAs("doc", document);
  await gate.pass(1_000);
  return laneOf(gate, door.relayLine);
}

/** What happens at the gate's only door from now on. */
function laneOf(gate: VirtualGate, relayLine: number): Lane {
  const before = gate.events().length;
  return {
    gate,
    rows: () =>
      gate
        .events()
        .slice(before)
        .map(({ type, data }) =>
          [type.replace(/^acs\./, ""), data["reason"] ?? data["why"], data["detail"]]
            .filter((word) => word !== undefined)
            .join(" "),
        ),
    openings: () =>
      gate.board.pins.edges().filter(({ line, level }) => line === relayLine && level === "high").length,
  };
}

const node = (gate: VirtualGate): string => gate.config.doors[0]?.reader.node ?? "";

async function hold(
  { gate }: Lane,
  spec: EmrtdSpec,
  { forMs = 8_000, meanwhile = async () => {} } = {},
): Promise<void> {
  gate.board.place(node(gate), spec);
  await meanwhile();
  await gate.pass(forMs);
  gate.board.remove(node(gate));
  await gate.pass(2_000);
}

const cnie: EmrtdSpec = { card: "emrtd", profile: "cnie" };

describe.each(["spi", "i2c"] as const)("at a reader on %s", (bus) => {
  test("digits typed first, then the card: granted, and nothing of the person in any row", async () => {
    const here = await lane(bus);
    here.gate.type(`${anna.can}\r`);
    await hold(here, cnie);
    expect(here.rows()).toEqual(["access.granted"]);
    expect(here.openings()).toBe(1);
    const [row] = here.gate.events().slice(-1);
    expect(row?.data).toMatchObject({
      level: "verifiedDocument",
      match: "document",
      proofs: ["cardAccess", "documentSignature", "documentChip"],
    });
    const told = JSON.stringify(here.gate.events().map(({ data }) => data));
    for (const fact of PERSONAL) expect(told).not.toContain(fact);
  });

  test("the card first: it is waited for the digits", async () => {
    const here = await lane(bus);
    await hold(here, cnie, {
      meanwhile: async () => {
        await here.gate.pass(4_000);
        here.gate.type(`${anna.can}\r`);
      },
    });
    expect(here.rows()).toEqual(["access.granted", "system.cardLeftLying"]);
  });

  test("the zone in place of the digits", async () => {
    const here = await lane(bus, { admitted: [`D<<${max.documentNumber}`] });
    const zone = new TextDecoder().decode(contentOf("passport-de").application.get(0x0101)?.subarray(5));
    here.gate.type(`${zone.slice(0, 44)}\r${zone.slice(44)}\r`);
    await hold(here, { card: "emrtd", profile: "passport-de" });
    expect(here.rows()).toEqual(["access.granted"]);
  });

  test("nobody types anything: refused, for want of a password", async () => {
    const here = await lane(bus);
    await hold(here, cnie, { forMs: 25_000 });
    expect(here.rows()).toEqual([
      "access.denied acs:SecurityLevelTooLow passwordMissing",
      "system.cardLeftLying",
    ]);
    expect(here.openings()).toBe(0);
  });

  test("whoever leaves before typing has not been read", async () => {
    const here = await lane(bus);
    await hold(here, cnie, { forMs: 3_000 });
    expect(here.rows()).toEqual(["access.denied acs:ReadIncomplete tries:1"]);
  });

  test.each<[string, EmrtdSpec, string, readonly string[]]>([
    ["a wrong CAN", cnie, "000000", ["access.denied InvalidPIN wrongPassword"]],
    [
      "a forged document",
      { ...cnie, fault: "tamperedDg1" },
      anna.can,
      [
        "security.cardNotGenuine dataGroupChanged",
        "access.denied acs:DocumentAuthenticationFailed dataGroupChanged",
      ],
    ],
    [
      "a copy",
      { ...cnie, fault: "copied" },
      anna.can,
      ["security.cloneSuspected chipRefuted", "access.denied acs:ChipAuthenticationFailed chipRefuted"],
    ],
    [
      "a signer whom nobody knows",
      { ...cnie, fault: "unknownAuthority" },
      anna.can,
      ["security.signerUnknown noTrustAnchor", "access.denied acs:TrustAnchorMissing noTrustAnchor"],
    ],
    [
      "an expired document",
      { ...cnie, fault: "documentExpired" },
      anna.can,
      ["access.denied acs:DocumentExpired documentExpired"],
    ],
  ])("%s is refused with its reason, and the lane is clean for the next", async (_, spec, can, rows) => {
    const here = await lane(bus);
    here.gate.type(`${can}\r`);
    await hold(here, spec);
    expect(here.rows()).toEqual(rows);
    expect(here.openings()).toBe(0);
    here.gate.type(`${anna.can}\r`);
    await hold(here, cnie);
    expect(here.rows()).toEqual([...rows, "access.granted"]);
  });

  test("an authentic document of somebody who is not on the list leaves no pseudonym", async () => {
    const here = await lane(bus, { admitted: [] });
    here.gate.type(`${anna.can}\r`);
    await hold(here, cnie);
    expect(here.rows()).toEqual(["access.denied CredentialNotFound"]);
    expect(here.gate.events().at(-1)?.personal).toBeUndefined();
  });

  test("a country that is not wanted is not read further than DG1", async () => {
    const here = await lane(bus, { more: "match: [document], countries: [ITA]" });
    here.gate.type(`${anna.can}\r`);
    await hold(here, cnie);
    expect(here.rows()).toEqual(["access.denied Unauthorized country"]);
  });

  test("guessing ends after ten wrong digits, also for a new process", async () => {
    const here = await lane(bus);
    for (let guess = 0; guess < 11; guess++) {
      here.gate.type(`00000${guess % 10}\r`);
      await hold(here, cnie, { forMs: 3_000 });
    }
    const wrong = Array.from({ length: 10 }, () => "access.denied InvalidPIN wrongPassword");
    expect(here.rows()).toEqual([...wrong, "access.denied acs:Blocked passwordTries"]);
    here.gate.kill();
    await here.gate.start();
    await here.gate.pass(1_000);
    here.gate.type(`${anna.can}\r`);
    await hold(here, cnie, { forMs: 3_000 });
    expect(here.rows().at(-1)).toBe("access.denied acs:Blocked passwordTries");
    expect(here.openings()).toBe(0);
  });

  test("a card pulled away in PACE is read when it is back, without new digits", async () => {
    const here = await lane(bus);
    here.gate.type(`${anna.can}\r`);
    here.gate.board.place(node(here.gate), cnie);
    await here.gate.pass(300);
    here.gate.board.remove(node(here.gate));
    await here.gate.pass(300);
    await hold(here, cnie);
    expect(here.rows()).toEqual(["access.granted"]);
  });
});

const BY_CAN: readonly ProfileName[] = ["cnie", "cie", "identity-dh-im"];

test.each(BY_CAN)("%s reaches the level by its CAN", async (profile) => {
  const here = await lane("spi", { admitted: [] });
  const { can } = contentOf(profile);
  here.gate.type(`${can ?? ""}\r`);
  await hold(here, { card: "emrtd", profile });
  expect(here.rows()).toEqual(["access.denied CredentialNotFound"]);
});

test("a document whose chip cannot prove itself passes where that is enough, and not where it is not", async () => {
  const anybody = { more: "match: [document], bac: withoutPace", admitted: [] };
  const zone = new TextDecoder().decode(contentOf("passport-us").application.get(0x0101)?.subarray(5));
  const spec: EmrtdSpec = { card: "emrtd", profile: "passport-us" };
  const strict = await lane("spi", anybody);
  strict.gate.type(`${zone.slice(0, 44)}\r${zone.slice(44)}\r`);
  await hold(strict, spec);
  expect(strict.rows()).toEqual(["access.denied acs:SecurityLevelTooLow"]);
  strict.gate.kill();
  strict.gate.remove();
  const lenient = await lane("spi", { ...anybody, demands: "authenticDocument" });
  lenient.gate.type(`${zone.slice(0, 44)}\r${zone.slice(44)}\r`);
  await hold(lenient, spec);
  expect(lenient.rows()).toEqual(["access.denied CredentialNotFound"]);
});

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

  /** The chip is pinned in a first presentation, which lacks the digits; then they are kept, and the document, as at a desk. */
  async function enrolled(document: string): Promise<Lane> {
    const trusted = both();
    const wiring = DOORS[0];
    if (wiring === undefined) throw new Error("no door");
    const more = `stepUp: [{ level: verifiedDocument }]\n    document: { ${KEYPAD} }`;
    const gate = new VirtualGate({
      ...{
        seed: 1,
        doors: [{ ...wiring, demands: "originalChip, enrolling" as const, more }],
        anchors: () => trusted,
      },
    });
    world = gate;
    await gate.start();
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
    return laneOf(gate, wiring.relayLine);
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
    const trusted = both();
    const wiring = DOORS[0];
    if (wiring === undefined) throw new Error("no door");
    const door = { ...wiring, demands: "verifiedDocument" as const, more: `document: { ${KEYPAD} }` };
    const gate = new VirtualGate({ seed: 1, doors: [door], anchors: () => trusted });
    world = gate;
    await gate.start();
    await gate.pass(1_000);
    const here = laneOf(gate, wiring.relayLine);
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
});
