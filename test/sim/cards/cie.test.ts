import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/bytes/hex.ts";
import type { CieSpec } from "../../../src/sim/cards/cie.ts";
import { CIE_FAMILIES, CIE_FAMILY_NAMES } from "../../../src/sim/cards/cie-families.table.ts";
import { LIST_ONE_TYPE_A, NODE, packet, SpiHost } from "../spi-host.ts";

const SELECT_IAS = "00A4040C0DA0000000308000000009816001";
const SELECT_CIE = "00A4040C06A00000000039";
const SELECT_MF = "00A40000";
const NIS = "313233343536373839303132";
const LIKE_THE_FIRST = { card: "cie", family: "gemalto", nis: "123456789012" } as const;

/** A host with this card activated. */
async function withCard(spec: Partial<CieSpec> = {}) {
  const host = await new SpiHost().start();
  const { cie } = host.board.place(NODE, { ...LIKE_THE_FIRST, ...spec });
  const found = packet(await host.command(LIST_ONE_TYPE_A, 60));
  if (cie === undefined) throw new Error("not a CIE");
  return { host, cie, found };
}

/** A host with the CIE application selected. */
async function withApplication(spec: Partial<CieSpec> = {}) {
  const card = await withCard(spec);
  await card.host.apdu(SELECT_IAS);
  expect(await card.host.apdu(SELECT_CIE)).toBe("9000");
  return card;
}

describe.each(CIE_FAMILY_NAMES)("family %s", (family) => {
  const { historicalBytes, root } = CIE_FAMILIES[family];

  test("activation shows a random UID and the family's historical bytes", async () => {
    const { found } = await withCard({ family });
    const ats = toHex(Uint8Array.of(5 + historicalBytes.length)) + "78338002".slice(0, 8);
    expect(found).toMatch(
      new RegExp(`^4B0101000820 ?0408[0-9A-F]{6}${ats}${toHex(historicalBytes)}$`.replace(" ?", "")),
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
