/**
 * A lane that demands a card's seal beside its chip: what is typed, what the chip says and what the State printed on the back
 * have to be of one document. Shown before, meanwhile, afterwards or not at all, of another card, forged, and left behind.
 */
import { afterEach, describe, expect, test } from "vitest";
import { KEPT_MS } from "../../src/gate/kept-entry.ts";
import { ARRIVALS } from "../../src/sim/arrivals.table.ts";
import { arrival } from "../../src/sim/arrivals.ts";
import { documentSeal, type SealFault } from "../../src/sim/seal/document-seal.ts";
import { SCANNER_NODE } from "../world/virtual-gate.ts";
import { type Lane, leave, node } from "./one-lane.ts";
import {
  ANNAS_CARD,
  annasSeal,
  cnie,
  lastRow,
  lay,
  PERSONAL,
  sealAnchorsOf,
  sealLane,
  show,
  takeAway,
  typeCan,
} from "./seal-stage.ts";

afterEach(leave);

const lane = (demands: "verifiedDocument" | "authenticDocument" = "verifiedDocument", document = "") =>
  sealLane({ demands, document: `seal: demanded${document}` });

const READING_MS = 4_000;
/** Some two hundred characters over a line of 9600 bit/s. */
const SCANNING_MS = 300;
const GRANTED = ["access.granted"];
const ALL_PROOFS = ["cardAccess", "documentSignature", "documentChip", "seal"];

/** Digits and card, as far as the decision. */
async function read(here: Lane, forMs = READING_MS): Promise<void> {
  typeCan(here);
  lay(here);
  await here.gate.pass(forMs);
}

describe("digits, chip and seal of one card", () => {
  test("the seal first: granted, with the proof of each, and nothing of the person in any row", async () => {
    const here = await lane();
    show(here, annasSeal());
    await here.gate.pass(1_000);
    expect(here.rows()).toEqual([]);
    await read(here);
    expect([here.rows(), here.openings()]).toEqual([GRANTED, 1]);
    expect(lastRow(here)?.data).toMatchObject({
      level: "verifiedDocument",
      match: "document",
      proofs: ALL_PROOFS,
      demands: ["verifiedDocument"],
    });
    const told = JSON.stringify(here.gate.events().map(({ data }) => data));
    for (const fact of PERSONAL) expect(told).not.toContain(fact);
  });

  test("the seal first, and the digits late: after ten seconds it is wiped, and asked for again", async () => {
    const here = await lane();
    show(here, annasSeal());
    await here.gate.pass(5_000);
    lay(here);
    await here.gate.pass(KEPT_MS - 5_000);
    typeCan(here);
    await here.gate.pass(READING_MS);
    expect(here.rows()).toEqual([]);
    show(here, annasSeal());
    await here.gate.pass(1_000);
    expect([here.rows(), here.openings()]).toEqual([GRANTED, 1]);
  });

  test("the seal while the card waits for its digits", async () => {
    const here = await lane();
    lay(here);
    await here.gate.pass(3_000);
    show(here, annasSeal());
    await here.gate.pass(1_000);
    typeCan(here);
    await here.gate.pass(READING_MS);
    expect([here.rows(), here.openings()]).toEqual([GRANTED, 1]);
  });

  test("the seal after the reading, the card in the hand that shows it: the lane has asked for it", async () => {
    const here = await lane();
    await read(here);
    expect(here.rows()).toEqual([]);
    takeAway(here);
    await here.gate.pass(6_000);
    show(here, annasSeal());
    await here.gate.pass(2_000);
    expect([here.rows(), here.openings()]).toEqual([GRANTED, 1]);
    expect(lastRow(here)?.data["proofs"]).toEqual(ALL_PROOFS);
  });

  test("at a door that takes a copied chip, too", async () => {
    const here = await lane("authenticDocument");
    show(here, annasSeal());
    await read(here);
    expect([here.rows(), lastRow(here)?.data["proofs"]]).toEqual([GRANTED, ALL_PROOFS]);
  });

  test("a seal that says when its holder was born agrees in that", async () => {
    const here = await lane();
    show(here, annasSeal({ birth: "1985-07-12" }));
    await read(here);
    expect(here.rows()).toEqual(GRANTED);
  });

  test("two who come one after the other, each with a seal of his own", async () => {
    const lucas = arrival("lucas");
    const here = await sealLane({
      ...{ demands: "verifiedDocument", document: "seal: demanded" },
      admitted: [ANNAS_CARD, `FRA${lucas.holder.documentNumber}`],
    });
    show(here, annasSeal());
    await read(here);
    takeAway(here);
    await here.gate.pass(1_500);
    typeCan(here, lucas.can);
    here.gate.board.place(node(here.gate), lucas.spec);
    await here.gate.pass(READING_MS);
    show(here, documentSeal(ARRIVALS.lucas));
    await here.gate.pass(1_000);
    expect([here.rows(), here.openings()]).toEqual([[...GRANTED, ...GRANTED], 2]);
  });
});

describe("a seal that is not this card's", () => {
  const DENIED = "access.denied acs:DocumentAuthenticationFailed";
  const ALARM = "security.cardNotGenuine";

  test.each<[string, Parameters<typeof annasSeal>[0], string, "alarm" | "quiet"]>([
    ["of another family name", { fault: "otherFamilyName" }, "sealNameDiffers", "alarm"],
    ["of one given name more", { fault: "otherGivenName" }, "sealNameDiffers", "alarm"],
    ["of another sex", { fault: "otherSex" }, "sealSexDiffers", "alarm"],
    ["of another nationality", { fault: "otherNationality" }, "sealNationalityDiffers", "alarm"],
    ["of another date of birth", { birth: "1985-07-13" }, "sealBirthDateDiffers", "alarm"],
    ["of a passport", { fault: "otherKind" }, "sealKindDiffers", "alarm"],
    ["of another State", { fault: "otherIssuer" }, "sealIssuerDiffers", "alarm"],
  ])("%s is refused for that", async (_, options, detail, alarm) => {
    const here = await lane();
    show(here, annasSeal(options));
    await read(here);
    const denied = `${DENIED} ${detail}`;
    expect(here.rows()).toEqual(alarm === "alarm" ? [`${ALARM} ${detail}`, denied] : [denied]);
    expect(here.openings()).toBe(0);
    expect(lastRow(here)?.data).toMatchObject({
      rule: "document/seal",
      proofs: ["cardAccess", "documentSignature", "documentChip"],
    });
  });
});

describe("a seal that was there before the card, and is none", () => {
  test.each<[SealFault, string]>([
    ["tampered", "access.denied acs:DocumentAuthenticationFailed sealSignatureInvalid"],
    ["otherType", "access.denied Other sealOtherKind"],
    ["unlistedSigner", "access.denied acs:TrustAnchorMissing sealSignerUnknown"],
    ["cutOff", "access.denied acs:DocumentAuthenticationFailed sealMalformed"],
  ])(
    "%s, may be a stranger's: the holder passes by his own, or is refused without being accused",
    async (fault, denied) => {
      const here = await lane();
      show(here, annasSeal({ fault }));
      await read(here);
      expect(here.rows()).toEqual([]);
      show(here, annasSeal());
      await here.gate.pass(1_000);
      expect([here.rows(), here.openings()]).toEqual([GRANTED, 1]);
      takeAway(here);
      await here.gate.pass(1_500);
      show(here, annasSeal({ fault }));
      await read(here);
      takeAway(here);
      await here.gate.pass(KEPT_MS);
      expect([here.rows(), here.openings()]).toEqual([[...GRANTED, denied], 1]);
    },
  );
});

describe("a seal of another number", () => {
  const NUMBER_DIFFERS = "access.denied acs:DocumentAuthenticationFailed sealNumberDiffers";

  test("that was there before the card may be somebody else's: the holder is asked for his own, and passes by it", async () => {
    const here = await lane();
    show(here, annasSeal({ fault: "otherNumber" }));
    await read(here);
    expect(here.rows()).toEqual([]);
    show(here, annasSeal());
    await here.gate.pass(1_000);
    expect([here.rows(), here.openings()]).toEqual([GRANTED, 1]);
  });

  test("is what he is refused for where he has no better one, without an alarm", async () => {
    const here = await lane();
    show(here, annasSeal({ fault: "otherNumber" }));
    await read(here);
    takeAway(here);
    await here.gate.pass(KEPT_MS);
    expect([here.rows(), here.openings()]).toEqual([[NUMBER_DIFFERS], 0]);
    expect(lastRow(here)?.data).toMatchObject({ rule: "document/seal" });
  });

  test("that he shows when he is asked is refused at once", async () => {
    const here = await lane();
    await read(here);
    show(here, annasSeal({ fault: "otherNumber" }));
    await here.gate.pass(1_000);
    expect(here.rows()).toEqual([NUMBER_DIFFERS]);
  });
});

describe("a seal that is none", () => {
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
      "revokedSigner",
      [
        "security.cardNotGenuine sealSignerRevoked",
        "access.denied acs:DocumentAuthenticationFailed sealSignerRevoked",
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
    [
      "unlistedSigner",
      ["security.signerUnknown sealSignerUnknown", "access.denied acs:TrustAnchorMissing sealSignerUnknown"],
    ],
    [
      "inventedAuthority",
      [
        "security.signerUnknown sealAuthorityUnknown",
        "access.denied acs:TrustAnchorMissing sealAuthorityUnknown",
      ],
    ],
    ["future", ["access.denied acs:DocumentAuthenticationFailed sealSignatureDateFuture"]],
    ["cutOff", ["access.denied acs:DocumentAuthenticationFailed sealMalformed"]],
    ["otherType", ["access.denied Other sealOtherKind"]],
  ])("%s is refused with its reason, and the lane is clean for the next", async (fault, rows) => {
    const here = await lane();
    await read(here);
    show(here, annasSeal({ fault }));
    await here.gate.pass(1_000);
    expect([here.rows(), here.openings()]).toEqual([rows, 0]);
    takeAway(here);
    await here.gate.pass(2_000);
    show(here, annasSeal());
    await read(here);
    expect([here.rows(), here.openings()]).toEqual([[...rows, ...GRANTED], 1]);
  });

  test("where the trust store cannot be used nothing is", async () => {
    const here = await sealLane({
      ...{ demands: "verifiedDocument", document: "seal: demanded", sealAnchors: () => undefined },
    });
    show(here, annasSeal());
    await read(here);
    expect(here.rows()).toEqual([
      "security.signerUnknown trustStoreUnusable",
      "access.denied acs:TrustAnchorMissing trustStoreUnusable",
    ]);
  });

  test("a laboratory takes those of the test authority", async () => {
    const anchors = sealAnchorsOf({ testAnchors: "accept" });
    const here = await sealLane({
      ...{ demands: "verifiedDocument", document: "seal: demanded", sealAnchors: () => anchors },
    });
    show(here, annasSeal({ fault: "testAuthority" }));
    await read(here);
    expect(here.rows()).toEqual(GRANTED);
  });
});

describe("a seal that does not come", () => {
  test("is waited for while what the chip said may be held, and the gate is alive; then the card is refused for want of it", async () => {
    const here = await lane();
    await read(here, 3_000);
    takeAway(here);
    for (let second = 0; second < 7; second++) {
      await here.gate.pass(1_000);
      expect([here.rows(), here.gate.gate.isAlive()]).toEqual([[], true]);
    }
    await here.gate.pass(2_500);
    expect([here.rows(), here.openings()]).toEqual([
      ["access.denied acs:SecurityLevelTooLow sealMissing"],
      0,
    ]);
  });

  test("stops no gate from stopping", async () => {
    const { gate } = await lane().then(async (here) => {
      await read(here);
      return here;
    });
    const before = gate.timeline.nowUs();
    await gate.stop();
    expect(gate.timeline.nowUs() - before).toBeLessThan(1_000_000);
  });

  test("does not open by itself, before any card", async () => {
    const here = await lane();
    show(here, annasSeal());
    await here.gate.pass(KEPT_MS + 1_000);
    expect([here.rows(), here.openings()]).toEqual([[], 0]);
  });
});

describe("a seal that was left behind", () => {
  test("is nothing to who comes ten seconds later: he is asked for his own", async () => {
    const here = await lane();
    show(here, annasSeal({ fault: "otherNumber" }));
    await here.gate.pass(SCANNING_MS + KEPT_MS);
    await read(here);
    expect(here.rows()).toEqual([]);
    show(here, annasSeal());
    await here.gate.pass(1_000);
    expect(here.rows()).toEqual(GRANTED);
  });

  test("by who was refused for another kind of card, is nothing to who comes next", async () => {
    const here = await lane();
    show(here, annasSeal({ fault: "otherNumber" }));
    await here.gate.pass(SCANNING_MS);
    here.gate.board.place(node(here.gate), { card: "phone" });
    await here.gate.pass(2_000);
    takeAway(here);
    await here.gate.pass(600);
    await read(here);
    show(here, annasSeal());
    await here.gate.pass(1_000);
    expect(here.rows().at(-1)).toBe(GRANTED.at(-1));
  });

  test("by whose card was refused, is nothing to who comes next", async () => {
    const here = await lane();
    show(here, annasSeal({ fault: "otherNumber" }));
    typeCan(here, "000000");
    lay(here);
    await here.gate.pass(2_000);
    takeAway(here);
    await here.gate.pass(600);
    await read(here);
    show(here, annasSeal());
    await here.gate.pass(1_000);
    expect(here.rows()).toEqual(["access.denied InvalidPIN wrongPassword", ...GRANTED]);
  });

  test("beside a passport, which bears none, is neither asked for nor kept", async () => {
    const greta = arrival("greta");
    const here = await sealLane({
      ...{ demands: "verifiedDocument", document: "seal: demanded" },
      admitted: [ANNAS_CARD, `D<<${greta.holder.documentNumber}`],
    });
    show(here, annasSeal({ fault: "otherNumber" }));
    here.gate.type(`${greta.mrzLines.join("\r")}\r`, SCANNER_NODE);
    here.gate.board.place(node(here.gate), greta.spec);
    await here.gate.pass(READING_MS);
    expect([here.rows(), lastRow(here)?.data["proofs"]]).toEqual([GRANTED, ALL_PROOFS.slice(0, 3)]);
    takeAway(here);
    await here.gate.pass(1_500);
    await read(here);
    show(here, annasSeal());
    await here.gate.pass(1_000);
    expect(here.rows()).toEqual([...GRANTED, ...GRANTED]);
  });

  test("for a card that slipped away it is still the seal when that is back", async () => {
    const here = await lane();
    show(here, annasSeal());
    typeCan(here);
    lay(here);
    await here.gate.pass(600);
    takeAway(here);
    await here.gate.pass(400);
    lay(here);
    await here.gate.pass(READING_MS);
    expect(here.rows()).toEqual(GRANTED);
  });

  test("by a process that was killed, is unknown to the next one", async () => {
    const here = await lane();
    show(here, annasSeal());
    await here.gate.pass(500);
    here.gate.kill();
    await here.gate.start();
    await here.gate.pass(1_000);
    await read(here);
    expect(here.rows()).toEqual([]);
    show(here, annasSeal());
    await here.gate.pass(1_000);
    expect(here.rows()).toEqual(GRANTED);
  });
});

test("a card on the deny list is refused as such, and asked for no seal", async () => {
  const here = await lane();
  here.gate.denyAs("doc", ANNAS_CARD);
  await here.gate.pass(1_000);
  await read(here);
  expect(here.rows()).toEqual(["access.denied acs:DenyListed denyListed"]);
});

test("what the seal does not say of a card that is no original stays the chip's affair", async () => {
  const here = await lane();
  show(here, annasSeal());
  typeCan(here);
  lay(here, { ...cnie, fault: "copied" });
  await here.gate.pass(READING_MS);
  expect(here.rows()).toEqual([
    "security.cloneSuspected chipRefuted",
    "access.denied acs:ChipAuthenticationFailed chipRefuted",
  ]);
});

test("where no seal counts, one that is shown is no password, and nobody is blocked for it", async () => {
  const here = await sealLane({ demands: "verifiedDocument" });
  show(here, annasSeal());
  await here.gate.pass(500);
  await read(here);
  expect([here.rows(), lastRow(here)?.data["proofs"]]).toEqual([GRANTED, ALL_PROOFS.slice(0, 3)]);
});
