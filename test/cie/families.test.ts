import { expect, test } from "vitest";
import { hex } from "../../src/bytes/hex.ts";
import { FamilyCache } from "../../src/cie/families.ts";

const GEMALTO = hex("80318065B0850400111 20FFF829000".replace(" ", ""));
const NXP = hex("8031806549544E5850120FFF829000");

test("an unknown family is asked for the IAS application first, the IT… families for the master file", () => {
  const families = new FamilyCache();
  expect(families.routesFor(GEMALTO)).toEqual(["iasApplication", "masterFile", "masterFileById"]);
  expect(families.routesFor(new Uint8Array(0))).toEqual(["iasApplication", "masterFile", "masterFileById"]);
  expect(families.routesFor(NXP)).toEqual(["masterFile", "masterFileById", "iasApplication"]);
});

test("the route that worked comes first for the next card of the family, and for no other", () => {
  const families = new FamilyCache();
  families.remember(GEMALTO, "masterFileById");
  expect(families.routesFor(GEMALTO)).toEqual(["masterFileById", "iasApplication", "masterFile"]);
  expect(families.routesFor(NXP)[0]).toBe("masterFile");
});

test("a parade of invented families forgets the oldest and grows no further", () => {
  const families = new FamilyCache();
  families.remember(GEMALTO, "masterFileById");
  for (let index = 0; index < 64; index++) families.remember(Uint8Array.of(index), "masterFile");
  expect(families.routesFor(GEMALTO)[0]).toBe("iasApplication");
  expect(families.routesFor(Uint8Array.of(63))[0]).toBe("masterFile");
});
