import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/bytes/hex.ts";
import { CIE_FAMILIES, CIE_FAMILY_NAMES } from "../../../src/sim/cards/cie-families.table.ts";
import type { CieSpec } from "../../../src/sim/cards/cie-spec.ts";
import { LIST_ONE_TYPE_A, NODE, packet, SpiHost } from "../spi-host.ts";

const SELECT_IAS = "00A4040C0DA0000000308000000009816001";
const SELECT_CIE = "00A4040C06A00000000039";
const SELECT_MF = "00A40000";
const NIS = "313233343536373839303132";
const EF_ATR =
  "80004301B846044070141047039401804F0BF0496173456363526F6F74" +
  "E010020200FF020200FF0202010002020100780806062B8122F8780282029000";
const CARD_ACCESS = "31143012060A04007F00070202040101020102020102";

/** A host with this card activated. */
async function withCard(spec: Partial<CieSpec> = {}) {
  const host = await new SpiHost().start();
  const { cie } = host.board.place(NODE, { card: "cie", family: "gemalto", nis: "123456789012", ...spec });
  const found = packet(await host.command(LIST_ONE_TYPE_A, 60));
  if (cie === undefined) throw new Error("not a CIE");
  return { host, cie, found };
}

/** A host with the CIE application selected. */
async function withApplication(spec: Partial<CieSpec> = {}) {
  const card = await withCard(spec);
  await card.host.apdu(SELECT_IAS);
  expect(await card.host.apdu(SELECT_CIE)).toBe("009000");
  return card;
}

describe.each(CIE_FAMILY_NAMES)("family %s", (family) => {
  const { historicalBytes, root } = CIE_FAMILIES[family];

  test("activation shows a random UID and the family's historical bytes", async () => {
    const { found } = await withCard({ family });
    const length = toHex(Uint8Array.of(5 + historicalBytes.length));
    expect(found).toMatch(
      new RegExp(`^4B01010008200408[0-9A-F]{6}${length}78338002${toHex(historicalBytes)}$`),
    );
  });

  test("the NIS is read after the selection that the family wants", async () => {
    const { host, cie } = await withCard({ family });
    expect(await host.apdu(SELECT_IAS)).toBe(root === "iasApplication" ? "009000" : "006A82");
    if (root === "masterFile") expect(await host.apdu(SELECT_MF)).toBe("009000");
    expect(await host.apdu(SELECT_CIE)).toBe("009000");
    expect(await host.apdu("00B081000C")).toBe(`00${NIS}9000`);
    expect([cie.unexpected, cie.tripwires]).toEqual([[], 0]);
  });
});

describe("selection", () => {
  test("a family with an IAS root hides the CIE application until the root is selected", async () => {
    const { host } = await withCard({ family: "stm" });
    expect(await host.apdu(SELECT_CIE)).toBe("006A82");
  });

  test.each([
    ["by AID, with file control information", "00A4040406A00000000039", "006F088406A000000000399000"],
    ["by AID of an application that the card lacks", "00A4040C07A0000002471001", "006A82"],
    ["by file identifier", "00A4020C021001", "009000"],
    ["by file identifier, with FCP", "00A40204021001", "0062088002000C830210019000"],
    ["of a file that is not there", "00A4020C021008", "006A82"],
    ["of the master file by its name", "00A4000C023F00", "009000"],
    ["with a P2 of another kind", "00A4040F06A00000000039", "006A86"],
  ])("%s", async (_name, apdu, answer) => {
    const { host } = await withApplication();
    expect(await host.apdu(apdu)).toBe(answer);
  });

  test("field off for 5 ms loses every selection", async () => {
    const { host } = await withApplication();
    await host.command("0000FF04FCD4320100F900");
    await host.pass(5_000);
    await host.command(LIST_ONE_TYPE_A, 60);
    expect(await host.apdu("00B081000C")).toBe("006A82");
  });
});

describe("reading", () => {
  test.each([
    ["NIS by odd instruction", "00B100010454020000" + "0E", `00530C${NIS}9000`],
    ["NIS from an offset", "00B0810606", `00${NIS.slice(12)}9000`],
    ["a file that needs a PIN", "00B0820009", "006982"],
    ["no current file", "00B0000001", "006986"],
    ["past the end by offset", "00B0810D01", "006B00"],
    ["without Le", "00B08100", "006700"],
  ])("%s", async (_name, apdu, answer) => {
    const { host } = await withApplication();
    expect(await host.apdu(apdu)).toBe(answer);
  });

  test("files under the master file: EF.ATR, EF.SN_ICC with the digits of the NIS, EF.CardAccess", async () => {
    const { host } = await withCard();
    await host.apdu(SELECT_MF);
    expect(await host.apdu("00B09D003D")).toBe(`00${EF_ATR}9000`);
    expect(await host.apdu("00A4020C02D003")).toBe("009000");
    expect(await host.apdu("00B000000C")).toBe("005A0A9380001234567890123F9000");
    expect(await host.apdu("00B09C0016")).toBe(`00${CARD_ACCESS}9000`);
  });

  test("a filler lies behind the twelve digits, and Le 00 shows it", async () => {
    const { host } = await withApplication({ filler: true });
    expect(await host.apdu("00B081000C")).toBe(`00${NIS}9000`);
    expect(await host.apdu("00B0810000")).toBe(`00${NIS}0022009000`);
  });

  test.each([
    ["6282", `00${NIS}6282`, "006B00"],
    ["6B00", `00${NIS}9000`, "006B00"],
    ["exact", `00${NIS}9000`, "009000"],
  ] as const)("end of file as %s", async (eof, across, atEnd) => {
    const { host } = await withApplication({ eof });
    expect(await host.apdu("00B0810010")).toBe(across);
    expect(await host.apdu("00B0000C10")).toBe(atEnd);
  });

  test("with sw61 data waits for GET RESPONSE, in parts if so asked", async () => {
    const { host } = await withApplication({ sw61: true });
    expect(await host.apdu("00B081000C")).toBe("00610C");
    expect(await host.apdu("00C0000008")).toBe(`00${NIS.slice(0, 16)}6104`);
    expect(await host.apdu("00C0000004")).toBe(`00${NIS.slice(16)}9000`);
    expect(await host.apdu("00C0000004")).toBe("006985");
  });

  test("with sw6C a wrong Le is corrected", async () => {
    const { host } = await withApplication({ sw6C: true });
    expect(await host.apdu("00B0810000")).toBe("006C0C");
    expect(await host.apdu("00B081000C")).toBe(`00${NIS}9000`);
  });
});

describe("what a gate must not do is on record", () => {
  test.each([
    "0020008108" + "3132333435363738",
    "00240081",
    "002C0281",
    "00820000",
    "002241A406800102840181",
    "002241A40684018280019B",
    "002281B606800141830184",
    `002241A61080019B8301819108${"00".repeat(8)}`,
  ])("tripwire %s", async (apdu) => {
    const { host, cie } = await withApplication();
    expect(await host.apdu(apdu)).toBe("006982");
    expect(cie.tripwires).toBe(1);
  });

  test("unknown commands get their status word and are listed by header", async () => {
    const { host, cie } = await withApplication();
    expect(await host.apdu("00CA0101")).toBe("006D00");
    expect(await host.apdu("8084000008")).toBe("006E00");
    expect(await host.apdu("00B08100020000")).toBe("006700");
    expect(cie.unexpected).toEqual(["00CA0101", "80840000"]);
  });
});

test("a card that tears itself away after two answers is silent until it is placed anew", async () => {
  const { host } = await withCard({ tearAfterApdu: 2 });
  expect(await host.apdu(SELECT_IAS)).toBe("009000");
  expect(await host.apdu(SELECT_CIE)).toBe("009000");
  expect(await host.apdu("00B081000C")).toBe("01");
  expect(packet(await host.command(LIST_ONE_TYPE_A, 60))).toBe("4B00");
});

test("a card slower than its frame waiting time asks for more by S(WTX), unseen by the host", async () => {
  const { host } = await withCard({ apduUs: 400_000 });
  const before = host.timeline.nowUs();
  expect(await host.apdu(SELECT_IAS)).toBe("009000");
  expect(host.timeline.nowUs() - before).toBeGreaterThan(400_000);
});
