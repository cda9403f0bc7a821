/**
 * The lane that takes travel documents, through the whole line in virtual time: password typed before or after, by CAN and by
 * zone, honest documents of every kind, forgeries, copies, strangers and mistakes, at readers on SPI and on I2C.
 */
import { afterEach, describe, expect, test } from "vitest";
import { pseudonym } from "../../src/crypto/pseudonym.ts";
import { CredentialStore } from "../../src/journal/credential-store.ts";
import { contentOf } from "../../src/sim/emrtd/documents/content-of.ts";
import { PERSONS } from "../../src/sim/emrtd/documents/holders.table.ts";
import type { ProfileName } from "../../src/sim/emrtd/documents/profiles.table.ts";
import type { EmrtdSpec } from "../../src/sim/emrtd/emrtd-spec.ts";
import { good } from "../good.ts";
import { ANNAS_CARD, hold, lane, leave, node } from "./one-lane.ts";

afterEach(leave);

const { anna, max } = PERSONS;
/** What every passage shows before its outcome is known here: nothing of the person. */
const PERSONAL = [anna.documentNumber, anna.can, anna.familyNames, "ANNA", anna.birth];

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

test("a document on the deny list is refused by whatever the lane matches, and its row says whose it was", async () => {
  const here = await lane("spi", { more: "match: [name]", admitted: [] });
  const { gate } = here;
  const denied = pseudonym(gate.scopeKey, "doc", new TextEncoder().encode(ANNAS_CARD));
  const keyId = gate.scopeKey.keyId;
  good(CredentialStore.open(gate.database)).deny({
    ...{ pseudonym: denied, kind: "doc", displayTag: "card#0001", keyId },
  });
  await gate.pass(1_000);
  gate.type(`${anna.can}\r`);
  await hold(here, cnie);
  expect(here.rows()).toEqual(["access.denied acs:DenyListed denyListed"]);
  expect(gate.events().at(-1)?.data["match"]).toBe("document");
});

test("the same mistake three times within seconds is three refusals", async () => {
  const here = await lane("spi");
  for (let turn = 0; turn < 3; turn++) {
    here.gate.type(`00000${turn}\r`);
    here.gate.board.place(node(here.gate), cnie);
    await here.gate.pass(6_000);
    here.gate.board.remove(node(here.gate));
    await here.gate.pass(600);
  }
  expect(here.rows()).toEqual(Array.from({ length: 3 }, () => "access.denied InvalidPIN wrongPassword"));
});

test("a document that brushes the field after its grant is asked for nothing, and refused nothing", async () => {
  const here = await lane("spi");
  here.gate.type(`${anna.can}\r`);
  await hold(here, cnie, { forMs: 4_000, thenMs: 500 });
  await hold(here, cnie, { forMs: 300 });
  expect(here.rows()).toEqual(["access.granted"]);
});

test("a telephone is not asked for digits", async () => {
  const here = await lane("spi");
  await hold(here, { card: "phone" }, { forMs: 1_500 });
  expect(here.rows()).toEqual(["access.denied Other notAnIdentityCard:unknown"]);
});

test("a gate that waits for digits is alive, and can be stopped at once", async () => {
  const { gate } = await lane("spi");
  gate.board.place(node(gate), cnie);
  for (let second = 0; second < 18; second++) {
    await gate.pass(1_000);
    expect(gate.gate.isAlive()).toBe(true);
  }
  const before = gate.timeline.nowUs();
  await gate.stop();
  expect(gate.timeline.nowUs() - before).toBeLessThan(1_000_000);
});

test("a clock that cannot be trusted admits nobody by a document, where it is told so", async () => {
  const here = await lane("spi", { root: "\nunsyncedClock: deny", clock: "unsynced" });
  here.gate.type(`${anna.can}\r`);
  await hold(here, cnie);
  expect(here.rows()).toEqual(["access.denied acs:ClockUntrusted"]);
});
